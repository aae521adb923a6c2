//! The tables that statements are asked over.

use std::sync::Arc;

use datafusion::arrow::{
    array::{
        ArrayRef, BinaryArray, BooleanArray, Decimal128Array, Float64Array, Int64Array, RecordBatch,
        StringArray, TimestampMicrosecondArray,
    },
    datatypes::{DataType, Field, Schema},
};
use semantic::granularity::parse_iso;

use super::Catalogue;
use crate::store_types::sketch;

fn at(text: &str) -> i64 {
    parse_iso(text).unwrap() * 1_000
}

fn add(catalogue: &Catalogue, name: &str, columns: Vec<(&str, ArrayRef)>) {
    let columns = columns.into_iter().map(|(name, column)| (name, column, true));
    let rows = RecordBatch::try_from_iter_with_nullable(columns).unwrap();
    catalogue.register("rec", name, vec![rows]).unwrap();
}

fn ints(values: &[Option<i64>]) -> ArrayRef {
    Arc::new(Int64Array::from(values.to_vec()))
}

fn id(rows: i64) -> ArrayRef {
    Arc::new(Int64Array::from_iter_values(0..rows))
}

fn texts(values: &[Option<&str>]) -> ArrayRef {
    Arc::new(StringArray::from(values.to_vec()))
}

fn decimals(values: &[Option<i128>], precision: u8, scale: i8) -> ArrayRef {
    let values = Decimal128Array::from(values.to_vec());
    Arc::new(values.with_precision_and_scale(precision, scale).unwrap())
}

/// One table per type, with values that are printed in special ways.
pub(super) fn of_types(catalogue: &Catalogue) {
    let add = |name: &str, columns| add(catalogue, name, columns);
    let v = ints(&[Some(0), Some(-2_147_483_648), Some(2_147_483_647), None]);
    add("t_int", vec![("id", id(4)), ("v", v)]);
    add("t_varchar", vec![("id", id(4)), ("v", texts(&[Some("abc"), Some(""), Some("it's"), None]))]);
    let v = decimals(&[Some(0), Some(150), Some(-123_456_789), Some(10_000), Some(1), None], 10, 2);
    add("t_decimal_10_2", vec![("id", id(6)), ("v", v)]);
    let v = decimals(&[Some(0), Some(1_234_567_890_123_456_789_012_345), Some(-50_000), None], 27, 5);
    add("t_decimal_27_5", vec![("id", id(4)), ("v", v)]);
    add("t_decimal_18_8", vec![("v", decimals(&[Some(100_000_001)], 18, 8))]);
    let v = Float64Array::from(vec![Some(0.0), Some(2.0), Some(std::f64::consts::PI), None]);
    add("t_double", vec![("id", id(4)), ("v", Arc::new(v))]);
    let odd = [0.0, 1.5, -0.1, 1e300, 1e-7, f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -0.0];
    add("t_float", vec![("v", Arc::new(Float64Array::from(odd.to_vec())))]);
    add("t_boolean", vec![("v", Arc::new(BooleanArray::from(vec![Some(true), Some(false), None])))]);
    let times =
        ["2024-01-02T03:04:05.678", "2024-01-02T03:04:05.000", "1970-01-01", "1969-12-31T23:59:59.999"];
    let mut micros: Vec<_> = times.iter().map(|text| Some(at(text))).collect();
    micros.extend([Some(at("2024-01-02T03:04:05.123") + 456), None]);
    add("t_timestamp", vec![("id", id(6)), ("v", Arc::new(TimestampMicrosecondArray::from(micros)))]);
    let bytes = BinaryArray::from(vec![Some(&b"\x00\xff\x10"[..]), Some(b""), None]);
    add("t_bytes", vec![("v", Arc::new(bytes))]);
    let field = sketch(Field::new("v", DataType::Binary, true));
    let column = Arc::new(BinaryArray::from(vec![Some(&b"\x02\x0c"[..]), None]));
    let sketches = RecordBatch::try_new(Arc::new(Schema::new(vec![field])), vec![column]).unwrap();
    catalogue.register("rec", "t_hyperloglog", vec![sketches]).unwrap();
    add("t_empty", vec![("id", ints(&[])), ("name", texts(&[]))]);
}

/// Two partitions of one rollup, and orders.
pub(super) fn of_dialect(catalogue: &Catalogue) {
    let add = |name: &str, columns| add(catalogue, name, columns);
    let s = texts(&[Some("x"), Some("y"), None]);
    add("p1", vec![("a", ints(&[Some(1), Some(2), None])), ("s", s)]);
    add("p2", vec![("a", ints(&[Some(3)])), ("s", texts(&[Some("z")]))]);
    let day = |text| Some(at(text));
    let when =
        TimestampMicrosecondArray::from(vec![day("2024-01-31"), day("2024-02-29"), day("2024-05-05"), None]);
    add(
        "orders",
        vec![
            ("city", texts(&[Some("Oslo"), Some("Łódź"), Some("Oslo"), None])),
            ("created_at", Arc::new(when)),
            ("cnt", ints(&[Some(3), Some(4), Some(5), Some(0)])),
            ("amount", decimals(&[Some(1_050), Some(200), Some(-333), None], 12, 2)),
            ("ratio", Arc::new(Float64Array::from(vec![Some(0.5), Some(0.25), Some(4.0), None]))),
            ("late", Arc::new(BooleanArray::from(vec![Some(true), Some(false), None, Some(true)]))),
        ],
    );
}
