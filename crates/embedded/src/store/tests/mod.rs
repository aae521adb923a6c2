//! Statements in, texts out, against the very engine that the server runs.

mod formats;
mod refused;
mod system;
mod works;

use std::sync::Arc;

use cubestore::{
    Shape,
    codec::{
        reply::{Body, Reply, Rows},
        request::Parameter,
    },
    decode::Pieces,
};
use datafusion::arrow::{
    array::{
        Array, ArrayRef, AsArray, BinaryArray, BooleanArray, Decimal128Array, Float64Array, Int64Array,
        RecordBatch, StringArray, TimestampMicrosecondArray,
    },
    datatypes::{DataType, Field, Schema},
};
use semantic::granularity::parse_iso;

use super::{
    catalogue::Catalogue,
    reply::{To, Wanted},
    session::Engine,
    version::Abilities,
};
use crate::store_types::sketch;

pub(super) struct Bench {
    engine: Engine,
    catalogue: Catalogue,
}

fn at(text: &str) -> i64 {
    parse_iso(text).unwrap() * 1_000
}

fn rows(columns: Vec<(&str, ArrayRef)>) -> Vec<RecordBatch> {
    vec![RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(n, c)| (n, c, true))).unwrap()]
}

/// Tables like those that the real store was recorded with, and a few for the dialect.
pub(super) fn bench(version: Option<&str>) -> Bench {
    let catalogue = Catalogue::new(Abilities::of(version));
    let add = |schema: &str, name: &str, columns| catalogue.register(schema, name, rows(columns)).unwrap();
    let ints = |values: &[Option<i64>]| Arc::new(Int64Array::from(values.to_vec())) as ArrayRef;
    let texts = |values: &[Option<&str>]| Arc::new(StringArray::from(values.to_vec())) as ArrayRef;
    let decimals = |values: &[Option<i128>], precision, scale| {
        let values = Decimal128Array::from(values.to_vec());
        Arc::new(values.with_precision_and_scale(precision, scale).unwrap()) as ArrayRef
    };
    let id = |n: i64| ints(&(0..n).map(Some).collect::<Vec<_>>());
    let v = ints(&[Some(0), Some(-2_147_483_648), Some(2_147_483_647), None]);
    add("rec", "t_int", vec![("id", id(4)), ("v", v)]);
    add("rec", "t_varchar", vec![("id", id(4)), ("v", texts(&[Some("abc"), Some(""), Some("it's"), None]))]);
    let v = decimals(&[Some(0), Some(150), Some(-123_456_789), Some(10_000), Some(1), None], 10, 2);
    add("rec", "t_decimal_10_2", vec![("id", id(6)), ("v", v)]);
    let v = decimals(&[Some(0), Some(1_234_567_890_123_456_789_012_345), Some(-50_000), None], 27, 5);
    add("rec", "t_decimal_27_5", vec![("id", id(4)), ("v", v)]);
    add("rec", "t_decimal_18_8", vec![("v", decimals(&[Some(100_000_001)], 18, 8))]);
    let v = Float64Array::from(vec![Some(0.0), Some(2.0), Some(std::f64::consts::PI), None]);
    add("rec", "t_double", vec![("id", id(4)), ("v", Arc::new(v))]);
    let odd = [0.0, 1.5, -0.1, 1e300, 1e-7, f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -0.0];
    add("rec", "t_float", vec![("v", Arc::new(Float64Array::from(odd.to_vec())))]);
    add("rec", "t_boolean", vec![("v", Arc::new(BooleanArray::from(vec![Some(true), Some(false), None])))]);
    let times =
        ["2024-01-02T03:04:05.678", "2024-01-02T03:04:05.000", "1970-01-01", "1969-12-31T23:59:59.999"];
    let mut micros: Vec<_> = times.iter().map(|text| Some(at(text))).collect();
    micros.extend([Some(at("2024-01-02T03:04:05.123") + 456), None]);
    add("rec", "t_timestamp", vec![("id", id(6)), ("v", Arc::new(TimestampMicrosecondArray::from(micros)))]);
    let bytes = BinaryArray::from(vec![Some(&b"\x00\xff\x10"[..]), Some(b""), None]);
    add("rec", "t_bytes", vec![("v", Arc::new(bytes))]);
    let field = sketch(Field::new("v", DataType::Binary, true));
    let column = Arc::new(BinaryArray::from(vec![Some(&b"\x02\x0c"[..]), None]));
    let sketches = RecordBatch::try_new(Arc::new(Schema::new(vec![field])), vec![column]).unwrap();
    catalogue.register("rec", "t_hyperloglog", vec![sketches]).unwrap();
    add("rec", "t_empty", vec![("id", ints(&[])), ("name", texts(&[]))]);
    let s = texts(&[Some("x"), Some("y"), None]);
    add("rec", "p1", vec![("a", ints(&[Some(1), Some(2), None])), ("s", s)]);
    add("rec", "p2", vec![("a", ints(&[Some(3)])), ("s", texts(&[Some("z")]))]);
    let day = |text| Some(at(text));
    let when =
        TimestampMicrosecondArray::from(vec![day("2024-01-31"), day("2024-02-29"), day("2024-05-05"), None]);
    add(
        "rec",
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
    Bench { engine: Engine::new().unwrap(), catalogue }
}

impl Bench {
    /// The answer as text: names, then rows; or the error.
    pub(super) async fn ask(&self, sql: &str, parameters: Option<&[Parameter]>) -> String {
        let answer = match self.engine.answer(sql, parameters, &self.catalogue).await {
            Ok(answer) => answer,
            Err(refusal) => return refusal.to_string(),
        };
        let frames = answer.encode(Wanted::Text, To { message_id: 1, connection_id: None }).unwrap();
        let Ok(Body::Text(rows)) = Reply::read(&frames[0]).unwrap().body else { panic!("no rows") };
        printed(rows)
    }
}

/// Names, then rows, a line each.
fn printed(rows: Rows) -> String {
    let names: Vec<String> = rows.names().map(|name| name.unwrap().to_owned()).collect();
    let mut lines = vec![names.join("|")];
    let fields = names.iter().map(|name| Field::new(name, DataType::Utf8, true)).collect::<Vec<_>>();
    let shape = Shape::new(Arc::new(Schema::new(fields))).unwrap();
    for piece in Pieces::new(Body::Text(rows), shape, 0).unwrap() {
        let batch = piece.unwrap().batch().unwrap();
        let columns: Vec<_> = batch.columns().iter().map(AsArray::as_string::<i32>).collect();
        lines.extend((0..batch.num_rows()).map(|row| {
            let value = |column: &&StringArray| column.is_valid(row).then(|| column.value(row).to_owned());
            let values = columns.iter().map(|column| value(column).unwrap_or("NULL".to_owned()));
            values.collect::<Vec<_>>().join("|")
        }));
    }
    lines.join("\n")
}
