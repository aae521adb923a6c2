//! Answers as rows of text: how the store prints each type.

use std::fmt::Write;

use bytes::Bytes;
use chrono::DateTime;
use cubestore::codec::reply::ResultSet;
use datafusion::arrow::{
    array::{Array, ArrayRef, AsArray, RecordBatch, StringArray, StringBuilder},
    datatypes::{DataType, Decimal128Type, Float64Type, Int64Type, TimestampMicrosecondType},
};

use super::{Rows, To};
use crate::Error;

/// A guess, from answers of the real store.
const BYTES_PER_VALUE: usize = 36;

/// The frame of a reply.
pub(super) fn encode(rows: &Rows, to: To<'_>) -> Result<Bytes, Error> {
    let is_named = rows.count() > 0 || rows.named_when_empty;
    let names = rows.columns.fields().iter().filter(|_| is_named).map(|field| field.name().clone());
    let capacity = 1_024 + rows.count() * rows.columns.fields().len() * BYTES_PER_VALUE;
    let mut set = ResultSet::new(names, capacity);
    for batch in &rows.batches {
        write(batch, &mut set)?;
    }
    Ok(set.finish(to.message_id, to.connection_id))
}

fn write(batch: &RecordBatch, set: &mut ResultSet) -> Result<(), Error> {
    let columns: Vec<_> = batch.columns().iter().map(texts).collect();
    for row in 0..batch.num_rows() {
        let values = columns.iter().map(|column| column.is_valid(row).then(|| column.value(row)));
        set.row(values).map_err(Error::Reply)?;
    }
    Ok(())
}

fn texts(column: &ArrayRef) -> StringArray {
    match column.data_type() {
        DataType::Int64 => {
            print(column, |row, out| write!(out, "{}", column.as_primitive::<Int64Type>().value(row)))
        }
        DataType::Float64 => {
            print(column, |row, out| write!(out, "{}", column.as_primitive::<Float64Type>().value(row)))
        }
        DataType::Boolean => print(column, |row, out| write!(out, "{}", column.as_boolean().value(row))),
        DataType::Decimal128(_, scale) => {
            print(column, |row, out| decimal(column.as_primitive::<Decimal128Type>().value(row), *scale, out))
        }
        DataType::Timestamp(..) => {
            let mut day = Day::default();
            print(column, |row, out| {
                day.time(column.as_primitive::<TimestampMicrosecondType>().value(row), out)
            })
        }
        DataType::Binary => print(column, |row, out| hexadecimal(column.as_binary::<i32>().value(row), out)),
        _ => column.as_string::<i32>().clone(),
    }
}

type Printed = std::fmt::Result;

fn print(column: &ArrayRef, mut value: impl FnMut(usize, &mut StringBuilder) -> Printed) -> StringArray {
    let mut out = StringBuilder::with_capacity(column.len(), column.len() * 16);
    for row in 0..column.len() {
        if column.is_null(row) {
            out.append_null();
        } else {
            value(row, &mut out).expect("a builder takes every text");
            out.append_value("");
        }
    }
    out.finish()
}

/// No zeros behind the last digit, no point behind a whole number.
fn decimal(mut unscaled: i128, scale: i8, out: &mut StringBuilder) -> Printed {
    let Ok(mut scale) = usize::try_from(scale) else {
        let zeros = if unscaled == 0 { 0 } else { usize::from(scale.unsigned_abs()) };
        return write!(out, "{unscaled}{:0<zeros$}", "");
    };
    while scale > 0 && unscaled % 10 == 0 {
        unscaled /= 10;
        scale -= 1;
    }
    if scale == 0 {
        return write!(out, "{unscaled}");
    }
    let factor = 10_i128.pow(u32::try_from(scale).unwrap_or(0));
    let sign = if unscaled < 0 { "-" } else { "" };
    let (whole, fraction) =
        (unscaled.unsigned_abs() / factor as u128, unscaled.unsigned_abs() % factor as u128);
    write!(out, "{sign}{whole}.{fraction:0scale$}")
}

fn hexadecimal(bytes: &[u8], out: &mut StringBuilder) -> Printed {
    out.write_str("0x")?;
    bytes.iter().try_for_each(|byte| write!(out, "{byte:02X}"))
}

/// The date that was printed last: neighbours are often of one day.
#[derive(Default)]
struct Day {
    number: i64,
    text: String,
}

impl Day {
    /// Always with milliseconds; what is finer is cut.
    fn time(&mut self, micros: i64, out: &mut StringBuilder) -> Printed {
        const DAY: i64 = 86_400_000;
        let millis = micros.div_euclid(1_000);
        let (number, rest) = (millis.div_euclid(DAY), millis.rem_euclid(DAY));
        if self.text.is_empty() || self.number != number {
            let date = DateTime::from_timestamp_millis(number * DAY).map(|at| at.date_naive());
            self.text = date.map(|date| date.to_string()).unwrap_or_default();
            self.number = number;
        }
        let (seconds, millis) = (rest / 1_000, rest % 1_000);
        let (hour, minute, second) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
        write!(out, "{}T{hour:02}:{minute:02}:{second:02}.{millis:03}Z", self.text)
    }
}
