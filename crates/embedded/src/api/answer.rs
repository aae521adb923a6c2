//! Rows as the API's JSON, with the types that a Postgres source gives: whole numbers of 8 bytes, decimals and
//! floating point numbers are texts.

use datafusion::arrow::{
    array::{Array, ArrayRef, AsArray, RecordBatch},
    compute::cast,
    datatypes::{DataType, Float64Type, Int32Type, TimeUnit, TimestampMillisecondType},
    error::ArrowError,
    util::display::{ArrayFormatter, FormatOptions},
};
use semantic::granularity::iso;
use serde_json::{Map, Value, json};

use super::question::{Key, Question};

/// The names of the columns: keys, measures, and each time once more under its bare name.
pub(super) fn columns(question: &Question<'_>) -> Vec<(String, usize)> {
    let keys = question.keys.iter().map(Key::name);
    let measures = question.measures.iter().map(|asked| asked.name.to_string());
    let mut columns: Vec<_> = keys.chain(measures).enumerate().map(|(place, name)| (name, place)).collect();
    let mut times: Vec<_> =
        question.keys.iter().enumerate().filter(|(_, key)| key.granularity.is_some()).collect();
    // The finest bin of a time stands for the time itself.
    times.sort_by_key(|(_, key)| key.granularity.as_ref().map(|(_, bins)| bins.length()));
    for (place, key) in times {
        let name = key.asked.name.to_string();
        if !columns.iter().any(|(other, _)| *other == name) {
            columns.push((name, place));
        }
    }
    columns
}

/// `data` of an answer.
pub(super) fn data(question: &Question<'_>, batches: &[RecordBatch]) -> Result<Value, ArrowError> {
    let columns = columns(question);
    let mut rows = Vec::new();
    for batch in batches {
        let values: Result<Vec<_>, _> = batch.columns().iter().map(self::values).collect();
        let values = values?;
        let row = |row: usize| {
            let row = columns.iter().map(|(name, place)| (name, values[*place][row].clone()));
            if question.compact { compact(row) } else { object(row) }
        };
        rows.extend((0..batch.num_rows()).map(row));
    }
    Ok(if question.compact {
        let names: Vec<_> = columns.iter().map(|(name, _)| name).collect();
        json!({ "members": names, "dataset": rows })
    } else {
        Value::Array(rows)
    })
}

fn compact<'n>(row: impl Iterator<Item = (&'n String, Value)>) -> Value {
    row.map(|(_, value)| value).collect()
}

fn object<'n>(row: impl Iterator<Item = (&'n String, Value)>) -> Value {
    Value::Object(row.map(|(name, value)| (name.clone(), value)).collect::<Map<_, _>>())
}

fn values(column: &ArrayRef) -> Result<Vec<Value>, ArrowError> {
    let column = match column.data_type() {
        DataType::Date32 | DataType::Timestamp(..) => {
            &cast(column, &DataType::Timestamp(TimeUnit::Millisecond, None))?
        }
        DataType::Int8 | DataType::Int16 => &cast(column, &DataType::Int32)?,
        _ => column,
    };
    let formatter = ArrayFormatter::try_new(column, &FormatOptions::default())?;
    let value = |row: usize| {
        if column.is_null(row) {
            return Ok(Value::Null);
        }
        Ok(match column.data_type() {
            DataType::Boolean => json!(column.as_boolean().value(row)),
            DataType::Int32 => json!(column.as_primitive::<Int32Type>().value(row)),
            DataType::Timestamp(..) => {
                json!(iso(column.as_primitive::<TimestampMillisecondType>().value(row)))
            }
            DataType::Float64 => json!(column.as_primitive::<Float64Type>().value(row).to_string()),
            _ => json!(formatter.value(row).try_to_string()?),
        })
    };
    (0..column.len()).map(value).collect()
}
