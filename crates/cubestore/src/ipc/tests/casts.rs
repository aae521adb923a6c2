//! Columns of one type announced as another: the same value as through the text, or the same error.

use std::sync::Arc;

use arrow_array::types::{Decimal128Type, Int64Type};
use arrow_array::{
    Array, ArrayRef, BinaryViewArray, BooleanArray, Date32Array, Decimal128Array, Decimal256Array,
    FixedSizeBinaryArray, Float32Array, Float64Array, Int8Array, Int32Array, Int64Array, LargeBinaryArray,
    LargeStringArray, NullArray, PrimitiveArray, StringArray, StringViewArray, TimestampMicrosecondArray,
    TimestampMillisecondArray, TimestampNanosecondArray, TimestampSecondArray, UInt64Array,
};
use arrow_buffer::i256;
use arrow_schema::{DataType, Field, TimeUnit};
use proptest::prelude::*;

use super::super::cast::{direct, fit, through_text};
use super::{announced, batch, decode, stream};
use crate::error::{Error, ErrorKind, Misfit};

fn field(data_type: &DataType) -> Field {
    Field::new("c0", data_type.clone(), true)
}

/// A column that arrives as `source` and is announced like `expected`.
fn becomes(source: ArrayRef, expected: ArrayRef) {
    let shape = announced(vec![field(expected.data_type())]);
    let what = format!("{source:?}");
    let batches =
        decode(stream(&[batch(vec![source])]), &shape).unwrap_or_else(|error| panic!("{what}: {error}"));
    assert_eq!(batches[0].column(0), &expected, "{what}");
}

fn fails(source: ArrayRef, data_type: &DataType, row: u64, misfit: Misfit) {
    let what = format!("{source:?} as {data_type}");
    match decode(stream(&[batch(vec![source])]), &announced(vec![field(data_type)])) {
        Err(Error::Value { row: at, misfit: why, .. }) => assert_eq!((at, why), (row, misfit), "{what}"),
        other => panic!("{what}: {other:?}"),
    }
}

fn arc(array: impl Array + 'static) -> ArrayRef {
    Arc::new(array)
}

fn decimals(values: Vec<Option<i128>>, precision: u8, scale: i8) -> ArrayRef {
    arc(Decimal128Array::from(values).with_precision_and_scale(precision, scale).expect("a decimal"))
}

#[test]
fn texts_and_bytes_lose_only_their_encoding() {
    let texts = vec![Some("a"), None, Some(""), Some("a text too long to stand in a view")];
    let expected = || arc(StringArray::from(texts.clone()));
    becomes(arc(LargeStringArray::from(texts.clone())), expected());
    becomes(arc(StringViewArray::from(texts.clone())), expected());
    let bytes: Vec<Option<&[u8]>> = vec![Some(b"\x00\xff"), None, Some(b"")];
    let expected = || arc(arrow_array::BinaryArray::from(bytes.clone()));
    becomes(arc(LargeBinaryArray::from(bytes.clone())), expected());
    becomes(arc(BinaryViewArray::from(bytes.clone())), expected());
    let fixed = FixedSizeBinaryArray::try_from_iter([b"ab", b"cd"].into_iter()).expect("two of two");
    becomes(arc(fixed), arc(arrow_array::BinaryArray::from(vec![&b"ab"[..], b"cd"])));
}

#[test]
fn numbers_stay_themselves_or_fail() {
    becomes(arc(Int64Array::from(vec![Some(1), None])), arc(Int32Array::from(vec![Some(1), None])));
    fails(arc(Int64Array::from(vec![1, 1 << 31])), &DataType::Int32, 1, Misfit::OutOfRange);
    becomes(arc(Int64Array::from(vec![15])), decimals(vec![Some(1500)], 18, 2));
    fails(arc(Int64Array::from(vec![i64::MAX])), &DataType::Decimal128(18, 2), 0, Misfit::OutOfRange);
    let exact = 1_i64 << 53;
    becomes(
        arc(Int64Array::from(vec![exact, -exact])),
        arc(Float64Array::from(vec![exact as f64, -exact as f64])),
    );
    fails(arc(Int64Array::from(vec![0, exact + 1])), &DataType::Float64, 1, Misfit::LosesDigits);
    fails(arc(UInt64Array::from(vec![u64::MAX])), &DataType::Float64, 0, Misfit::LosesDigits);
    fails(arc(UInt64Array::from(vec![u64::MAX])), &DataType::Int64, 0, Misfit::OutOfRange);
    becomes(arc(Float64Array::from(vec![2.0, -7.0])), arc(Int64Array::from(vec![2, -7])));
    fails(arc(Float64Array::from(vec![2.5])), &DataType::Int64, 0, Misfit::Unreadable);
    becomes(arc(Float32Array::from(vec![0.1])), arc(Float64Array::from(vec![0.1])));
    becomes(arc(NullArray::new(2)), arc(Int64Array::from(vec![None, None])));
}

#[test]
fn decimals_are_rescaled_exactly_or_fail() {
    becomes(decimals(vec![Some(150), None], 10, 2), decimals(vec![Some(15_000), None], 18, 4));
    becomes(decimals(vec![Some(15_000), None], 18, 4), decimals(vec![Some(150), None], 10, 2));
    fails(decimals(vec![Some(100), Some(15_005)], 18, 4), &DataType::Decimal128(10, 2), 1, Misfit::TooFine);
    becomes(decimals(vec![Some(999)], 38, 2), decimals(vec![Some(999)], 3, 2));
    fails(decimals(vec![Some(1_000)], 38, 2), &DataType::Decimal128(3, 2), 0, Misfit::OutOfRange);
    becomes(decimals(vec![Some(300)], 18, 2), arc(Int64Array::from(vec![3])));
    fails(decimals(vec![Some(301)], 18, 2), &DataType::Int64, 0, Misfit::Unreadable);
    becomes(decimals(vec![Some(1_001_626)], 18, 5), arc(Float64Array::from(vec![10.01626])));
    let wide = Decimal256Array::from(vec![i256::from_i128(150)]).with_precision_and_scale(40, 2);
    becomes(arc(wide.expect("a decimal")), decimals(vec![Some(150)], 18, 2));
    becomes(decimals(vec![Some(150)], 18, 2), arc(StringArray::from(vec!["1.5"])));
}

#[test]
fn times_are_cut_to_milliseconds_like_the_text() {
    let millis = |values: Vec<i64>| arc(TimestampMillisecondArray::from(values));
    let micros = |values: Vec<i64>| arc(TimestampMicrosecondArray::from(values));
    becomes(micros(vec![1_234_567, -1]), micros(vec![1_234_000, -1_000]));
    becomes(micros(vec![1_234_567, -1]), millis(vec![1_234, -1]));
    becomes(arc(TimestampNanosecondArray::from(vec![1_234_567_891])), micros(vec![1_234_000]));
    becomes(arc(TimestampSecondArray::from(vec![7])), micros(vec![7_000_000]));
    becomes(arc(TimestampMicrosecondArray::from(vec![1_000]).with_timezone("+02:00")), micros(vec![1_000]));
    let seconds = DataType::Timestamp(TimeUnit::Second, None);
    becomes(millis(vec![5_000]), arc(TimestampSecondArray::from(vec![5])));
    fails(millis(vec![5_000, 5_001]), &seconds, 1, Misfit::TooFine);
    becomes(micros(vec![86_400_000_000]), arc(Date32Array::from(vec![1])));
    fails(micros(vec![86_400_001_000]), &DataType::Date32, 0, Misfit::TimeOfDay);
    becomes(arc(Date32Array::from(vec![-1])), micros(vec![-86_400_000_000]));
    becomes(micros(vec![1_678]), arc(StringArray::from(vec!["1970-01-01T00:00:00.001Z"])));
    becomes(arc(StringArray::from(vec!["2024-01-02"])), arc(Date32Array::from(vec![19_724])));
    fails(arc(TimestampSecondArray::from(vec![i64::MAX])), &DataType::Date32, 0, Misfit::Unreadable);
}

#[test]
fn a_list_cannot_become_anything() {
    let list = arrow_array::ListArray::from_iter_primitive::<Int64Type, _, _>([Some([Some(1)])]);
    let error = decode(stream(&[batch(vec![arc(list)])]), &announced(vec![field(&DataType::Int64)]));
    assert_eq!(error.expect_err("a list").kind(), ErrorKind::Malformed);
    let span = PrimitiveArray::<arrow_array::types::DurationSecondType>::from(vec![1]);
    let error = decode(stream(&[batch(vec![arc(span)])]), &announced(vec![field(&DataType::Int64)]));
    assert_eq!(error.expect_err("a duration").kind(), ErrorKind::Malformed);
}

fn any_source() -> impl Strategy<Value = ArrayRef> {
    let micros = proptest::collection::vec(
        proptest::option::of(-4_000_000_000_000_000_i64..4_000_000_000_000_000),
        1..5,
    );
    let longs = proptest::collection::vec(proptest::option::of(any::<i64>()), 1..5);
    let smalls = proptest::collection::vec(proptest::option::of(-300_i64..300), 1..5);
    let doubles = proptest::collection::vec(proptest::option::of(any::<f64>()), 1..5);
    let unscaled = proptest::collection::vec(proptest::option::of(-(10_i128.pow(20))..10_i128.pow(20)), 1..5);
    prop_oneof![
        longs.prop_map(|values| arc(Int64Array::from(values))),
        smalls.prop_map(|values| arc(Int64Array::from(values))),
        proptest::collection::vec(any::<i8>(), 1..5).prop_map(|values| arc(Int8Array::from(values))),
        proptest::collection::vec(any::<u64>(), 1..5).prop_map(|values| arc(UInt64Array::from(values))),
        proptest::collection::vec(any::<bool>(), 1..5).prop_map(|values| arc(BooleanArray::from(values))),
        doubles.prop_map(|values| arc(Float64Array::from(values))),
        (unscaled, 0_i8..=25).prop_map(|(values, scale)| decimals(values, 38, scale)),
        micros.clone().prop_map(|values| arc(TimestampMicrosecondArray::from(values))),
        micros.clone().prop_map(|values| arc(TimestampNanosecondArray::from(values))),
        micros.prop_map(|values| arc(TimestampMillisecondArray::from_iter(
            values.into_iter().map(|value| value.map(|value| value / 1_000))
        ))),
        proptest::collection::vec("[0-9]{1,3}|[a-z]{0,20}", 1..5)
            .prop_map(|values| arc(StringViewArray::from_iter_values(values))),
    ]
}

fn any_target() -> impl Strategy<Value = DataType> {
    let units = [TimeUnit::Second, TimeUnit::Millisecond, TimeUnit::Microsecond, TimeUnit::Nanosecond];
    prop_oneof![
        Just(DataType::Int64),
        Just(DataType::Int8),
        Just(DataType::UInt64),
        Just(DataType::Float64),
        Just(DataType::Utf8),
        Just(DataType::Boolean),
        Just(DataType::Date32),
        (1_u8..=38, 0_i8..=38)
            .prop_filter("a scale within its precision", |(precision, scale)| *scale <= *precision as i8)
            .prop_map(|(precision, scale)| DataType::Decimal128(precision, scale)),
        proptest::sample::select(units.to_vec()).prop_map(|unit| DataType::Timestamp(unit, None)),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4096))]

    #[test]
    fn a_direct_cast_is_what_the_text_says(source in any_source(), target in any_target()) {
        let field = field(&target);
        if let Some(fitted) = direct(&source, &target) {
            let read = through_text(&source, &field, 0).expect("the text road takes what the direct one takes");
            // NaN is not itself, so what is compared is how it prints.
            prop_assert_eq!(format!("{fitted:?}"), format!("{read:?}"));
        }
        if let Ok(fitted) = fit(&source, &field, 0) {
            prop_assert_eq!(fitted.data_type(), &target);
            prop_assert_eq!(fitted.null_count(), source.null_count());
        }
    }

    #[test]
    fn decimals_become_the_nearest_double(unscaled in -(1_i128 << 60)..1_i128 << 60, scale in 0_i8..=25) {
        let source = decimals(vec![Some(unscaled)], 38, scale);
        let text = <Decimal128Type as arrow_array::types::DecimalType>::format_decimal(unscaled, u8::MAX, scale);
        if let Ok(fitted) = fit(&source, &field(&DataType::Float64), 0) {
            let expected: f64 = text.parse().expect("a number");
            prop_assert_eq!(fitted.as_ref(), &Float64Array::from(vec![expected]) as &dyn Array);
        }
    }
}
