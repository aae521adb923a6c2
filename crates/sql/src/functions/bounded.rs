//! Functions that make texts longer, stopped before they fill the memory: a batch of their results has a bound.

use std::{hash::Hash, sync::Arc};

use datafusion::{
    arrow::{
        array::{Array, AsArray, Int64Array},
        compute::{cast, max},
        datatypes::{DataType, FieldRef, Int64Type},
    },
    common::{Result, ScalarValue, exec_err},
    logical_expr::{ColumnarValue, ReturnFieldArgs, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature},
};

/// Bytes that the results of one call may have together.
const LIMIT: u64 = 64 << 20;

/// How long a result can be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Growth {
    /// The first argument as often as the second says.
    Times,
    /// As many characters as the second argument says.
    Padded,
    /// The first argument with every occurrence of the second made the third.
    Replaced,
    /// All arguments together.
    Sum,
}

/// The functions that need a bound.
pub(crate) const GROWING: [(&str, Growth); 6] = [
    ("repeat", Growth::Times),
    ("lpad", Growth::Padded),
    ("rpad", Growth::Padded),
    ("replace", Growth::Replaced),
    ("concat", Growth::Sum),
    ("concat_ws", Growth::Sum),
];

#[derive(Debug, PartialEq, Eq, Hash)]
struct Bounded {
    inner: Arc<ScalarUDF>,
    growth: Growth,
}

/// The function with the bound.
pub(crate) fn udf(inner: Arc<ScalarUDF>, growth: Growth) -> ScalarUDF {
    ScalarUDF::from(Bounded { inner, growth })
}

impl ScalarUDFImpl for Bounded {
    fn name(&self) -> &str {
        self.inner.name()
    }

    fn aliases(&self) -> &[String] {
        self.inner.aliases()
    }

    fn signature(&self) -> &Signature {
        self.inner.signature()
    }

    fn return_type(&self, types: &[DataType]) -> Result<DataType> {
        self.inner.return_type(types)
    }

    fn return_field_from_args(&self, args: ReturnFieldArgs<'_>) -> Result<FieldRef> {
        self.inner.return_field_from_args(args)
    }

    fn coerce_types(&self, types: &[DataType]) -> Result<Vec<DataType>> {
        self.inner.coerce_types(types)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        check(self.growth, &args.args, args.number_rows)?;
        self.inner.invoke_with_args(args)
    }
}

/// An error where the results of so many rows could be too long together.
pub(crate) fn check(growth: Growth, args: &[ColumnarValue], rows: usize) -> Result<()> {
    let length = |position: usize| args.get(position).map_or(0, longest);
    let number = |position: usize| args.get(position).map_or(Ok(0), largest);
    let longest = match growth {
        Growth::Times => length(0).saturating_mul(number(1)?),
        // A character has at most four bytes.
        Growth::Padded => number(1)?.saturating_mul(4),
        // An empty second argument is found around every character.
        Growth::Replaced => length(0).saturating_add(1).saturating_mul(length(2).saturating_add(1)),
        Growth::Sum => (0..args.len()).map(length).fold(0, u64::saturating_add),
    };
    if longest.saturating_mul(rows as u64) > LIMIT {
        return exec_err!("a text function would write more than {LIMIT} bytes for {rows} rows");
    }
    Ok(())
}

/// Bytes of the longest text.
fn longest(value: &ColumnarValue) -> u64 {
    let bytes = match value {
        ColumnarValue::Scalar(
            ScalarValue::Utf8(Some(text))
            | ScalarValue::LargeUtf8(Some(text))
            | ScalarValue::Utf8View(Some(text)),
        ) => text.len(),
        ColumnarValue::Scalar(_) => 0,
        ColumnarValue::Array(array) => match array.data_type() {
            DataType::Utf8 => lengths(array.as_string::<i32>().iter()),
            DataType::LargeUtf8 => lengths(array.as_string::<i64>().iter()),
            DataType::Utf8View => lengths(array.as_string_view().iter()),
            // Numbers and times, made texts.
            _ => 64,
        },
    };
    bytes as u64
}

fn lengths<'a>(texts: impl Iterator<Item = Option<&'a str>>) -> usize {
    texts.flatten().map(str::len).max().unwrap_or(0)
}

/// The largest of whole numbers, at least 0.
fn largest(value: &ColumnarValue) -> Result<u64> {
    let array = match value {
        ColumnarValue::Scalar(scalar) => scalar.to_array()?,
        ColumnarValue::Array(array) => array.clone(),
    };
    let numbers = cast(&array, &DataType::Int64)?;
    let numbers: &Int64Array = numbers.as_primitive::<Int64Type>();
    Ok(max(numbers).and_then(|largest| u64::try_from(largest).ok()).unwrap_or(0))
}
