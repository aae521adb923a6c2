//! The rows of the benchmark's rollup: made up, and the same in every run.

use std::sync::Arc;

use arrow_array::{
    ArrayRef, Decimal128Array, Float64Array, Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray,
    cast::AsArray,
};
use semantic::Granularity;

use crate::Result;

/// How many there are.
pub(crate) const ROWS: usize = 1_000_000;

const PER_BATCH: usize = 8_192;
const SEED: u64 = 20_260_611;
/// One value in so many is NULL; the time never is, because it tells the rows apart.
const NULLS: u64 = 50;
/// 2024-01-01
const FIRST_MILLI: i64 = 1_704_067_200_000;
const LONGEST_GAP: u64 = 30_000;

const CITIES: [&str; 10] = [
    "Amsterdam",
    "Berlin",
    "Buenos Aires",
    "Ciudad de México",
    "København",
    "Lagos",
    "Oslo",
    "Rio de Janeiro",
    "São Paulo",
    "Tokyo",
];
const DEVICES: [&str; 4] = ["desktop", "phone", "tablet", "television"];

/// The rows under these names: city, device, at, clicks, score and price.
pub(crate) fn batches(names: &[String; 6]) -> Result<Vec<RecordBatch>> {
    let mut rows = Rows { dice: Dice(SEED), milli: FIRST_MILLI };
    let starts = (0..ROWS).step_by(PER_BATCH);
    starts.map(|start| rows.batch(names, PER_BATCH.min(ROWS - start))).collect()
}

/// The same rows with their times cut to seconds, by the months that they are in: each with its start in milliseconds.
pub(crate) fn by_month(names: &[String; 6]) -> Result<Vec<(i64, Vec<RecordBatch>)>> {
    let mut months: Vec<(i64, Vec<RecordBatch>)> = Vec::new();
    for batch in batches(names)? {
        let times: &TimestampMicrosecondArray = batch.column(2).as_primitive();
        let seconds = times.iter().map(|micros| micros.map(|micros| micros - micros.rem_euclid(1_000_000)));
        let mut columns = batch.columns().to_vec();
        columns[2] = Arc::new(seconds.collect::<TimestampMicrosecondArray>());
        let starts: Vec<i64> = times.iter().flatten().map(|micros| month(micros / 1_000)).collect();
        let batch = RecordBatch::try_new(batch.schema(), columns)?;
        let mut from = 0;
        for same in starts.chunk_by(|one, next| one == next) {
            let rows = batch.slice(from, same.len());
            from += same.len();
            match months.last_mut() {
                Some((start, batches)) if *start == same[0] => batches.push(rows),
                _ => months.push((same[0], vec![rows])),
            }
        }
    }
    Ok(months)
}

/// The start of the month that a moment is in, in milliseconds.
fn month(milli: i64) -> i64 {
    Granularity::Month.floor(milli).unwrap_or(milli)
}

struct Rows {
    dice: Dice,
    milli: i64,
}

impl Rows {
    fn batch(&mut self, names: &[String; 6], count: usize) -> Result<RecordBatch> {
        let dice = &mut self.dice;
        let cities: StringArray = (0..count).map(|_| dice.maybe(|dice| dice.pick(&CITIES))).collect();
        let devices: StringArray = (0..count).map(|_| dice.maybe(|dice| dice.pick(&DEVICES))).collect();
        let clicks: Int64Array =
            (0..count).map(|_| dice.maybe(|dice| dice.below(1_000_000).cast_signed())).collect();
        let scores: Float64Array = (0..count).map(|_| dice.maybe(|dice| dice.unit() * 1_000.0)).collect();
        let prices: Decimal128Array =
            (0..count).map(|_| dice.maybe(|dice| i128::from(dice.below(1_000_000_000)))).collect();
        let times: TimestampMicrosecondArray = (0..count).map(|_| Some(self.next_micro())).collect();
        let columns: [ArrayRef; 6] = [
            Arc::new(cities),
            Arc::new(devices),
            Arc::new(times),
            Arc::new(clicks),
            Arc::new(scores),
            Arc::new(prices.with_precision_and_scale(18, 2)?),
        ];
        Ok(RecordBatch::try_from_iter_with_nullable(
            names.iter().zip(columns).map(|(name, column)| (name.as_str(), column, true)),
        )?)
    }

    fn next_micro(&mut self) -> i64 {
        self.milli += 1 + self.dice.below(LONGEST_GAP).cast_signed();
        self.milli * 1_000
    }
}

/// SplitMix64.
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit
    }

    /// From 0 to 1.
    fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }

    fn pick<'t>(&mut self, of: &[&'t str]) -> &'t str {
        of[self.below(of.len() as u64) as usize]
    }

    fn maybe<T>(&mut self, value: impl FnOnce(&mut Self) -> T) -> Option<T> {
        (self.below(NULLS) > 0).then(|| value(self))
    }
}
