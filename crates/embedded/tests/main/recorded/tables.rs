//! Tables of pre-aggregations with rows that somebody asked for: values of the queries' filters, NULLs, nights on
//! which clocks are moved.

use std::{collections::BTreeMap, sync::Arc};

use datafusion::arrow::{
    array::{
        Array, ArrayRef, AsArray, BinaryArray, BooleanArray, Float64Array, Int64Array, RecordBatch,
        StringArray, TimestampMicrosecondArray,
    },
    datatypes::{Field, Schema},
};
use embedded::Stack;
use fastrand::Rng;
use preagg::names;
use semantic::{
    DimensionType, MeasureType, Model, PreAggregation,
    granularity::parse_iso,
    model::{Reference, StoredTime},
};
use serde_json::Value;

pub(super) const SCHEMA: &str = "pre_agg";

const ROWS: usize = 400;

/// The first day with rows; the last one is two years later.
const FIRST: &str = "2023-01-01";

const NIGHTS: [&str; 4] = ["2024-03-10", "2024-03-31", "2024-10-27", "2024-11-03"];

/// What columns are filled with.
pub(super) struct Fill {
    /// Values that filters look for, by the last word of the member's name.
    values: BTreeMap<String, Vec<String>>,
    sketches: BinaryArray,
}

impl Fill {
    /// From the filters of these queries.
    pub(super) async fn of(queries: impl Iterator<Item = &Value>, stack: &Stack) -> Self {
        let mut values = BTreeMap::new();
        queries.for_each(|query| wanted(&query["filters"], &mut values));
        let sql = "SELECT hll_sketch(n) FROM (SELECT n, k FROM (VALUES (1, 1), (2, 1), (3, 2), (1, 2), (4, 3), (5, 4)) AS v(n, k)) \
                   GROUP BY k";
        let sketches = stack.source().sql(sql).await.unwrap();
        let sketches = datafusion::arrow::compute::concat_batches(&sketches[0].schema(), &sketches).unwrap();
        Self { values, sketches: sketches.column(0).as_binary::<i32>().clone() }
    }

    /// Puts the table of a pre-aggregation into the store, under its logical name.
    pub(super) fn register(&self, stack: &Stack, rollup: &PreAggregation, model: &Model) {
        let logical = names::logical_table(SCHEMA, rollup, model);
        let (schema, table) = logical.split_once('.').unwrap();
        let rng = &mut Rng::with_seed(u64::try_from(table.len()).unwrap());
        let mut columns: Vec<(Field, ArrayRef)> = Vec::new();
        let mut add = |name: String, column: ArrayRef, is_sketch: bool| {
            let field = Field::new(name, column.data_type().clone(), true);
            let mark = [("cubestore.type".to_owned(), "hyperloglog".to_owned())];
            columns.push((if is_sketch { field.with_metadata(mark.into()) } else { field }, column));
        };
        for reference in &rollup.dimensions {
            add(names::column(reference, model), self.dimension(reference, model, rng), false);
        }
        for reference in &rollup.segments {
            add(names::column(reference, model), booleans(rng), false);
        }
        for StoredTime { dimension, granularity, .. } in &rollup.time_dimensions {
            let name = format!("{}_{granularity}", names::column(dimension, model));
            add(name, times(granularity.standard(), rng), false);
        }
        for reference in &rollup.measures {
            let kind = model.measure(&reference.member).unwrap().kind;
            let column = self.measure(kind, rng);
            add(names::column(reference, model), column, kind == MeasureType::CountDistinctApprox);
        }
        // Two members of one column are one column.
        columns.sort_by(|(one, _), (other, _)| one.name().cmp(other.name()));
        columns.dedup_by(|(one, _), (other, _)| one.name() == other.name());
        if columns.is_empty() {
            return;
        }
        let (fields, columns): (Vec<_>, Vec<_>) = columns.into_iter().unzip();
        let rows = RecordBatch::try_new(Arc::new(Schema::new(fields)), columns).unwrap();
        stack.store().register(schema, table, vec![rows]).unwrap();
    }

    fn dimension(&self, reference: &Reference, model: &Model, rng: &mut Rng) -> ArrayRef {
        let none = Vec::new();
        let values = self.values.get(reference.member.member()).unwrap_or(&none);
        match model.dimension(&reference.member).map(|dimension| dimension.kind) {
            Some(DimensionType::Number) => {
                let numbers: Vec<i64> =
                    values.iter().filter_map(|value| value.parse().ok()).chain(1..9).collect();
                Arc::new(some(rng, |rng| *rng.choice(&numbers).unwrap()).collect::<Int64Array>())
            }
            Some(DimensionType::Boolean) => booleans(rng),
            Some(DimensionType::Time) => times(None, rng),
            _ => {
                let mut words: Vec<&str> = values.iter().map(String::as_str).collect();
                words.extend(["a", "b", "Oslo", "o'hare", "50%_"]);
                Arc::new(some(rng, |rng| *rng.choice(&words).unwrap()).collect::<StringArray>())
            }
        }
    }

    fn measure(&self, kind: MeasureType, rng: &mut Rng) -> ArrayRef {
        match kind {
            MeasureType::Count | MeasureType::CountDistinct => {
                Arc::new((0..ROWS).map(|_| Some(rng.i64(0..30))).collect::<Int64Array>())
            }
            MeasureType::CountDistinctApprox => {
                let all = &self.sketches;
                let places = some(rng, |rng| rng.usize(..all.len()));
                Arc::new(
                    places.map(|place| place.map(|place| all.value(place).to_vec())).collect::<BinaryArray>(),
                )
            }
            MeasureType::String => {
                Arc::new(some(rng, |rng| rng.alphabetic().to_string()).collect::<StringArray>())
            }
            MeasureType::Boolean => booleans(rng),
            MeasureType::Time => times(None, rng),
            // Halves add up to the same in every order.
            _ => Arc::new(some(rng, |rng| f64::from(rng.i16(-40..400)) / 2.0).collect::<Float64Array>()),
        }
    }
}

fn wanted(filters: &Value, found: &mut BTreeMap<String, Vec<String>>) {
    for filter in filters.as_array().into_iter().flatten() {
        wanted(&filter["and"], found);
        wanted(&filter["or"], found);
        let member = filter["member"].as_str().or(filter["dimension"].as_str()).unwrap_or_default();
        let values = filter["values"].as_array().into_iter().flatten();
        let texts = values.filter_map(|value| value.as_str().map(str::to_owned).or(Some(value.to_string())));
        found.entry(member.rsplit('.').next().unwrap_or_default().to_owned()).or_default().extend(texts);
    }
}

/// A value for most rows.
fn some<'r, T>(
    rng: &'r mut Rng,
    mut value: impl FnMut(&mut Rng) -> T + 'r,
) -> impl Iterator<Item = Option<T>> + 'r {
    (0..ROWS).map(move |_| (rng.u8(..8) > 0).then(|| value(rng)))
}

fn booleans(rng: &mut Rng) -> ArrayRef {
    Arc::new(some(rng, Rng::bool).collect::<BooleanArray>())
}

fn times(bins: Option<semantic::Granularity>, rng: &mut Rng) -> ArrayRef {
    let first = parse_iso(FIRST).unwrap();
    let time = |rng: &mut Rng| {
        let day = match rng.u8(..4) {
            0 => parse_iso(rng.choice(&NIGHTS).unwrap()).unwrap(),
            _ => first + i64::from(rng.u16(..730)) * 86_400_000,
        };
        let at = day + i64::from(rng.u8(..48)) * 1_800_000;
        bins.map_or(day, |bins| bins.floor(at).unwrap()) * 1000
    };
    Arc::new(some(rng, time).collect::<TimestampMicrosecondArray>())
}
