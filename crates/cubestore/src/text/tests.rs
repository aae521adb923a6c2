//! Text rows against what they mean: a table of values, round trips of generated arrays, and forgeries.

use std::sync::Arc;

use arrow_array::{ArrayRef, RecordBatch, StringArray};
use arrow_schema::{DataType, Field, Schema, TimeUnit};
use bytes::Bytes;
use proptest::prelude::*;

use super::print::print;
use super::{Cell, column};
use crate::codec::build::{Builder, finish, put, table};
use crate::codec::reply::{Reply, ResultSet};
use crate::codec::slots::{http_command, http_result_set, http_row};
use crate::decode::Pieces;
use crate::error::{Error, Misfit, Result};
use crate::shape::Shape;

const MICROS: DataType = DataType::Timestamp(TimeUnit::Microsecond, None);

fn shape(types: &[DataType]) -> Shape {
    let field =
        |(index, data_type): (usize, &DataType)| Field::new(format!("c{index}"), data_type.clone(), true);
    let fields: Vec<Field> = types.iter().enumerate().map(field).collect();
    Shape::new(Arc::new(Schema::new(fields))).expect("supported types")
}

fn decode(bytes: &Bytes, shape: &Shape) -> Result<Vec<RecordBatch>> {
    Pieces::new(Reply::read(bytes)?.body?, shape.clone(), 0)?.map(|piece| piece?.batch()).collect()
}

fn encode(rows: &[Vec<Option<String>>], width: usize) -> Bytes {
    let mut set = ResultSet::new((0..width).map(|index| format!("c{index}")), 0);
    for row in rows {
        set.row(row.iter().map(Option::as_deref)).expect("it is small");
    }
    set.finish(1, None)
}

/// One value through the parser of a type and back to text.
fn value(data_type: &DataType, text: &str) -> std::result::Result<String, Misfit> {
    let cells = [Cell::new(0, text.len()).expect("it is small")];
    let field = Field::new("v", data_type.clone(), false);
    match column(&field, text.as_bytes(), &cells, 7) {
        Ok(array) => {
            let printed = print(&array).expect("every announced type is printed");
            Ok(String::from_utf8(printed.text).expect("text"))
        }
        Err(Error::Value { column, row, data_type: announced, misfit }) => {
            assert_eq!((column.as_str(), row, &announced), ("v", 7, data_type));
            Err(misfit)
        }
        Err(other) => panic!("{other}"),
    }
}

/// A text that comes back as it was.
fn same(data_type: &DataType, texts: &[&str]) {
    for text in texts {
        assert_eq!(value(data_type, text).as_deref(), Ok(*text), "{data_type} {text}");
    }
}

/// Texts that mean something shorter.
fn reads(data_type: &DataType, texts: &[(&str, &str)]) {
    for (text, meant) in texts {
        assert_eq!(value(data_type, text).as_deref(), Ok(*meant), "{data_type} {text}");
    }
}

fn unfit(data_type: &DataType, misfit: Misfit, texts: &[&str]) {
    for text in texts {
        assert_eq!(value(data_type, text), Err(misfit), "{data_type} {text:?}");
    }
}

#[test]
fn booleans() {
    same(&DataType::Boolean, &["true", "false"]);
    unfit(&DataType::Boolean, Misfit::Unreadable, &["", "t", "TRUE", "1"]);
}

#[test]
fn integers() {
    same(&DataType::Int64, &["0", "-1", "9223372036854775807", "-9223372036854775808"]);
    same(&DataType::Int8, &["-128", "127"]);
    same(&DataType::UInt64, &["18446744073709551615"]);
    unfit(&DataType::Int64, Misfit::OutOfRange, &["9223372036854775808", "-9223372036854775809"]);
    unfit(&DataType::Int8, Misfit::OutOfRange, &["128", "-129", "1000000000000000000000"]);
    unfit(&DataType::Int16, Misfit::OutOfRange, &["32768"]);
    unfit(&DataType::Int32, Misfit::OutOfRange, &["2147483648"]);
    unfit(&DataType::UInt8, Misfit::OutOfRange, &["256", "-1"]);
    unfit(&DataType::UInt64, Misfit::OutOfRange, &["-1", "18446744073709551616"]);
    unfit(
        &DataType::Int64,
        Misfit::Unreadable,
        &["", "-", "1.0", "1e3", " 1", "+1", "0x1", "1_000", "--1", "-9223372036854775808x"],
    );
}

#[test]
fn floats() {
    same(
        &DataType::Float64,
        &["0", "2", "-0.5", "10.01626121280842", "NaN", "inf", "-inf", "9007199254740992"],
    );
    same(&DataType::Float64, &["0.0000001", &1e300.to_string(), &f64::MIN_POSITIVE.to_string()]);
    same(&DataType::Float32, &["0.1", "16777216"]);
    reads(&DataType::Float64, &[("1.50", "1.5"), ("-7.0", "-7")]);
    unfit(&DataType::Float64, Misfit::LosesDigits, &["9007199254740993", "-123456789012345678"]);
    unfit(&DataType::Float32, Misfit::LosesDigits, &["16777217"]);
    unfit(&DataType::Float64, Misfit::OutOfRange, &[&format!("1{}", "0".repeat(400))]);
    unfit(&DataType::Float64, Misfit::Unreadable, &["", "abc", "1,5", "0x10", " 1"]);
}

#[test]
fn decimals() {
    let money = DataType::Decimal128(18, 2);
    same(&money, &["0", "1.5", "-1234567.89", "100", "9999999999999999.99", "-0.01"]);
    reads(&money, &[("1.50", "1.5"), ("1.5000", "1.5"), ("-0", "0"), ("007", "7")]);
    unfit(&money, Misfit::TooFine, &["1.005", "0.001", "10.01626121280842"]);
    unfit(&money, Misfit::OutOfRange, &["10000000000000000", "170141183460469231731687303715884105728"]);
    unfit(&money, Misfit::Unreadable, &["", "-", ".", "1.", ".5", "1.2.3", "1e5", "+1", "NaN", "1 "]);
    same(
        &DataType::Decimal128(38, 0),
        &["170141183460469231731", &"9".repeat(38), &format!("-{}", "9".repeat(38))],
    );
    same(&DataType::Decimal128(38, 5), &["12345678901234567890.12345"]);
    same(&DataType::Decimal128(38, 38), &["0.00000000000000000000000000000000000001"]);
    unfit(&DataType::Decimal128(38, 0), Misfit::OutOfRange, &[&"9".repeat(39), &"9".repeat(60)]);
    unfit(&DataType::Decimal128(38, 38), Misfit::OutOfRange, &["1"]);
    reads(&DataType::Decimal128(5, -2), &[("1200", "1200"), ("0", "0")]);
    unfit(&DataType::Decimal128(5, -2), Misfit::TooFine, &["1250"]);
    reads(&money, &[(&format!("0.{}", "0".repeat(50)), "0")]);
}

#[test]
fn texts() {
    same(&DataType::Utf8, &["", " ", "abc", "it's", "ÄÖ €", "日本語", "🦀"]);
}

#[test]
fn times() {
    same(
        &MICROS,
        &[
            "2024-01-02T03:04:05.678Z",
            "1970-01-01T00:00:00.000Z",
            "1969-12-31T23:59:59.999Z",
            "2024-02-29T00:00:00.000Z",
            "2000-02-29T23:59:59.999Z",
            "0000-01-01T00:00:00.000Z",
            "9999-12-31T23:59:59.999Z",
            "+10000-01-01T00:00:00.000Z",
            "-0001-03-01T00:00:00.000Z",
        ],
    );
    reads(
        &MICROS,
        &[
            ("2024-01-02", "2024-01-02T00:00:00.000Z"),
            ("2024-01-02 03:04:05", "2024-01-02T03:04:05.000Z"),
            ("2024-01-02T03:04:05.1", "2024-01-02T03:04:05.100Z"),
            ("2024-01-02T03:04:05.123999Z", "2024-01-02T03:04:05.123Z"),
            ("2024-01-02T03:04:05.123456789+00:00", "2024-01-02T03:04:05.123Z"),
            ("1969-12-31T23:59:59.999999Z", "1969-12-31T23:59:59.999Z"),
        ],
    );
    unfit(
        &MICROS,
        Misfit::Unreadable,
        &[
            "",
            "2023-02-29T00:00:00.000Z",
            "1900-02-29T00:00:00.000Z",
            "2024-13-01T00:00:00.000Z",
            "2024-00-01T00:00:00.000Z",
            "2024-01-00T00:00:00.000Z",
            "2024-04-31T00:00:00.000Z",
            "2024-01-02T24:00:00.000Z",
            "2024-01-02T00:60:00.000Z",
            "2024-01-02T00:00:60.000Z",
            "2024-01-02T03:04:05.678+01:00",
            "2024-01-02T03:04:05.678ZZ",
            "2024-01-02T03:04",
            "2024-01-02T03:04:05.",
            "02024-01-02",
            "2024-1-2",
            "1704164645",
            "2O24-01-02T03:04:05.678Z",
        ],
    );
}

#[test]
fn units_of_time() {
    let in_unit = |unit| DataType::Timestamp(unit, None);
    same(&in_unit(TimeUnit::Millisecond), &["2024-01-02T03:04:05.678Z", "+262142-01-01T00:00:00.000Z"]);
    same(&in_unit(TimeUnit::Nanosecond), &["2024-01-02T03:04:05.678Z", "1677-09-22T00:00:00.000Z"]);
    same(&in_unit(TimeUnit::Second), &["2024-01-02T03:04:05.000Z"]);
    unfit(&in_unit(TimeUnit::Second), Misfit::TooFine, &["2024-01-02T03:04:05.678Z"]);
    unfit(
        &in_unit(TimeUnit::Nanosecond),
        Misfit::OutOfRange,
        &["2262-04-12T00:00:00.000Z", "1677-09-21T00:00:00.000Z"],
    );
    unfit(&MICROS, Misfit::OutOfRange, &["+300000-01-01T00:00:00.000Z"]);
    same(&DataType::Date32, &["2024-01-02T00:00:00.000Z", "1969-12-31T00:00:00.000Z"]);
    reads(&DataType::Date32, &[("2024-01-02", "2024-01-02T00:00:00.000Z")]);
    unfit(&DataType::Date32, Misfit::TimeOfDay, &["2024-01-02T00:00:00.001Z", "1969-12-31T23:59:59.999Z"]);
}

#[test]
fn bytes() {
    same(&DataType::Binary, &["0x", "0x00FF10", "0x020C0200C02FF58941D5F0C6"]);
    reads(&DataType::Binary, &[("0xabCD", "0xABCD")]);
    unfit(&DataType::Binary, Misfit::Unreadable, &["", "0", "00FF", "0x0", "0xGG", "0X00"]);
}

#[test]
fn empty_is_not_null() {
    let rows = vec![vec![Some(String::new())], vec![None], vec![Some("x".to_owned())]];
    let batches = decode(&encode(&rows, 1), &shape(&[DataType::Utf8])).expect("rows");
    assert_eq!(batches[0].column(0).as_ref(), &StringArray::from(vec![Some(""), None, Some("x")]));
}

#[test]
fn a_null_too_many_is_named() {
    let mut rows = vec![vec![Some("1".to_owned())]; 9000];
    rows[8500] = vec![None];
    let schema = Schema::new(vec![Field::new("n", DataType::Int64, false)]);
    let error = decode(&encode(&rows, 1), &Shape::new(Arc::new(schema)).expect("supported"));
    let error = error.expect_err("a NULL").to_string();
    assert_eq!(error, "row 8500 of column `n` does not fit Int64: it is NULL");
}

#[test]
fn invalid_utf8_is_named_even_where_two_values_share_a_character() {
    let whole = "é".as_bytes();
    let cells = [Cell::new(0, 1).expect("small"), Cell::new(1, 1).expect("small")];
    let error =
        column(&Field::new("t", DataType::Utf8, false), whole, &cells, 0).expect_err("half a character");
    assert!(matches!(error, Error::Value { row: 0, misfit: Misfit::NotUtf8, .. }), "{error}");
}

#[test]
fn every_announceable_type_has_a_parser() {
    let numbers = [DataType::Int8, DataType::Int16, DataType::Int32, DataType::Int64, DataType::UInt8];
    let more = [DataType::UInt16, DataType::UInt32, DataType::UInt64, DataType::Float32, DataType::Float64];
    let others =
        [DataType::Boolean, DataType::Utf8, DataType::Binary, DataType::Date32, DataType::Decimal128(9, 2)];
    let times = [TimeUnit::Second, TimeUnit::Millisecond, TimeUnit::Microsecond, TimeUnit::Nanosecond];
    let times = times.map(|unit| DataType::Timestamp(unit, None));
    for data_type in numbers.into_iter().chain(more).chain(others).chain(times) {
        let batches =
            decode(&encode(&[vec![None]], 1), &shape(std::slice::from_ref(&data_type))).expect("NULL");
        assert_eq!(batches[0].column(0).null_count(), 1, "{data_type}");
    }
    let zoned = DataType::Timestamp(TimeUnit::Second, Some("UTC".into()));
    for data_type in [DataType::LargeUtf8, DataType::Null, DataType::Decimal128(39, 0), zoned] {
        let schema = Schema::new(vec![Field::new("c", data_type, true)]);
        assert!(matches!(Shape::new(Arc::new(schema)), Err(Error::UnsupportedType { .. })));
    }
}

/// A result set whose rows are all the same table.
fn one_row_repeated(times: usize, cells: usize) -> Bytes {
    let mut builder = Builder::with_capacity(1024);
    let text = builder.create_string(&"x".repeat(1000));
    let value = table(&mut builder, |b| put(b, 0, text));
    let values = builder.create_vector(&vec![value; cells]);
    let row = table(&mut builder, |b| put(b, http_row::VALUES, values));
    let rows = builder.create_vector(&vec![row; times]);
    let set = table(&mut builder, |b| put(b, http_result_set::ROWS, rows));
    finish(builder, 1, None, (http_command::RESULT_SET, set))
}

#[test]
fn rows_and_values_that_repeat_themselves_are_refused() {
    let texts = |width| shape(&vec![DataType::Utf8; width]);
    for (bytes, width, why) in [
        (one_row_repeated(1_000_000, 1), 1, "rows overlap"),
        (one_row_repeated(10, 1), 1, "values overlap"),
        (one_row_repeated(1, 50), 50, "values overlap"),
    ] {
        let error = decode(&bytes, &texts(width)).expect_err(why);
        assert!(error.to_string().ends_with(why), "{error}");
    }
    assert!(decode(&one_row_repeated(1, 1), &texts(1)).is_ok());
}

fn any_cell() -> impl Strategy<Value = Option<String>> {
    proptest::option::weighted(0.9, "[a-zäö€🦀 0-9.]{0,12}")
}

fn announced() -> impl Strategy<Value = DataType> {
    let units = [TimeUnit::Second, TimeUnit::Millisecond, TimeUnit::Microsecond, TimeUnit::Nanosecond];
    prop_oneof![
        Just(DataType::Int64),
        Just(DataType::UInt8),
        Just(DataType::Float64),
        Just(DataType::Float32),
        Just(DataType::Boolean),
        Just(DataType::Binary),
        Just(DataType::Date32),
        (1_u8..=38, -3_i8..=38)
            .prop_filter("a scale within its precision", |(precision, scale)| *scale <= *precision as i8)
            .prop_map(|(precision, scale)| DataType::Decimal128(precision, scale)),
        proptest::sample::select(units.to_vec()).prop_map(|unit| DataType::Timestamp(unit, None)),
    ]
}

proptest! {
    #[test]
    fn rows_come_back_as_they_were(
        rows in proptest::collection::vec(proptest::collection::vec(any_cell(), 3), 0..40),
    ) {
        let batches = decode(&encode(&rows, 3), &shape(&vec![DataType::Utf8; 3])).expect("rows");
        prop_assert_eq!(batches.iter().map(RecordBatch::num_rows).sum::<usize>(), rows.len());
        for (index, column) in batches.iter().flat_map(|batch| batch.columns().iter().enumerate()) {
            let expected: ArrayRef = Arc::new(StringArray::from_iter(rows.iter().map(|row| row[index].as_deref())));
            prop_assert_eq!(column, &expected);
        }
    }

    #[test]
    fn whatever_is_read_prints_as_a_number_of_the_same_value(data_type in announced(), text in "-?[0-9]{1,25}(\\.[0-9]{1,12})?") {
        if let Ok(printed) = value(&data_type, &text) {
            // Reading is stable: what was printed reads as the same value.
            prop_assert_eq!(value(&data_type, &printed), Ok(printed));
        }
    }

    #[test]
    fn any_text_is_a_value_or_a_misfit(data_type in announced(), text in "\\PC{0,30}") {
        let _ = value(&data_type, &text);
    }

    #[test]
    fn integers_are_read_like_the_standard_library(text in "-?[0-9]{0,21}") {
        let expected = text.parse::<i64>().ok();
        // The standard library also takes any number of leading zeros.
        let leading = text.trim_start_matches('-').starts_with('0') && text.len() > 19;
        let read = super::parse::integer::signed::<i64>(text.as_bytes()).ok();
        prop_assert!(read == expected || leading, "{} {:?} {:?}", text, read, expected);
    }

    #[test]
    fn floats_are_read_like_the_standard_library(number in proptest::num::f64::NORMAL) {
        let text = number.to_string();
        prop_assert_eq!(super::parse::float::double(text.as_bytes()), Ok(number));
    }

    #[test]
    fn decimals_are_exact(unscaled in -(10_i128.pow(30))..10_i128.pow(30), scale in 0_i8..=18) {
        let sign = if unscaled < 0 { "-" } else { "" };
        let digits = format!("{:0>width$}", unscaled.unsigned_abs(), width = scale as usize + 1);
        let (whole, fraction) = digits.split_at(digits.len() - scale as usize);
        let text = if scale == 0 { format!("{sign}{whole}") } else { format!("{sign}{whole}.{fraction}") };
        let target = super::parse::decimal::Target::new(38, scale);
        prop_assert_eq!(target.parse(text.as_bytes()), Ok(unscaled));
    }

    #[test]
    fn times_agree_with_arrow(moment in -62_135_596_800_000_i64..253_402_300_799_999) {
        let nanos_fit = moment.checked_mul(1_000_000);
        let printed = print(&arrow_array::TimestampMillisecondArray::from(vec![moment])).expect("a time");
        let text = String::from_utf8(printed.text).expect("text");
        prop_assert_eq!(super::parse::time::millis(text.as_bytes()), Ok(moment));
        if let Some(nanos) = nanos_fit {
            let parsed = arrow_cast::parse::string_to_timestamp_nanos(&text).expect("a time");
            prop_assert_eq!(parsed, nanos);
        }
    }
}
