//! Dictionaries of a stream: the values that the numbers of some columns point at.
//!
//! A column of numbers is read as such and then filled with the values, so that nothing behind this knows dictionaries.
//! The library's own would be kept with every row, and repeated when rows of several are put together.

use std::{collections::HashMap, sync::Arc};

use arrow_array::{
    Array, ArrayRef, OffsetSizeTrait, RecordBatch, UInt64Array, cast::AsArray, downcast_integer_array,
    new_empty_array, new_null_array,
};
use arrow_buffer::{ArrowNativeType, OffsetBuffer};
use arrow_schema::{DataType, Field, Schema, SchemaRef};
use arrow_select::{
    concat::concat,
    take::{TakeOptions, take},
};

use super::{IpcError, malformed};

/// Values that a dictionary has at most.
pub(super) const MAX_VALUES: usize = 1 << 16;

/// The columns of a stream, and the dictionaries that came so far.
pub(super) struct Columns {
    /// As they are sent: a number in place of a value.
    sent: SchemaRef,
    /// As they are read.
    read: SchemaRef,
    /// The dictionary of each column that has one.
    ids: Vec<Option<i64>>,
    values: HashMap<i64, ArrayRef>,
}

impl Columns {
    /// The columns of a schema; `ids` says which dictionary each uses.
    pub(super) fn new(schema: &Schema, ids: Vec<Option<i64>>) -> Result<Self, IpcError> {
        let mut values: HashMap<i64, ArrayRef> = HashMap::new();
        let (mut sent, mut read) = (Vec::new(), Vec::new());
        for (field, id) in schema.fields().iter().zip(&ids) {
            let (number, value) = match (field.data_type(), id) {
                (DataType::Dictionary(number, value), Some(id)) => {
                    let empty = values.entry(*id).or_insert_with(|| new_empty_array(value));
                    if empty.data_type() != &**value {
                        return Err(malformed("a dictionary is of two types"));
                    }
                    (&**number, &**value)
                }
                (plain, _) => (plain, plain),
            };
            let column = |data_type: &DataType| field.as_ref().clone().with_data_type(data_type.clone());
            sent.push(column(number));
            read.push(column(value));
        }
        let schema = |fields: Vec<Field>| Arc::new(Schema::new(fields));
        Ok(Self { sent: schema(sent), read: schema(read), ids, values })
    }

    /// What batches hold.
    pub(super) fn sent(&self) -> &SchemaRef {
        &self.sent
    }

    /// What is read of them.
    pub(super) fn read(&self) -> &SchemaRef {
        &self.read
    }

    /// What a batch of a dictionary's values holds.
    pub(super) fn dictionary(&self, id: i64) -> Result<SchemaRef, IpcError> {
        let values = self.values.get(&id).ok_or_else(|| malformed("no column has such a dictionary"))?;
        Ok(Arc::new(Schema::new(vec![Field::new("values", values.data_type().clone(), true)])))
    }

    /// Takes the values of a dictionary, in place of those that came before or behind them.
    pub(super) fn learn(&mut self, id: i64, batch: &RecordBatch, more: bool) -> Result<(), IpcError> {
        let mut values = batch.column(0).clone();
        if more && let Some(before) = self.values.get(&id) {
            values = concat(&[before, &values]).map_err(malformed)?;
        }
        if values.len() > MAX_VALUES {
            return Err(IpcError::TooManyValues);
        }
        self.values.insert(id, values);
        Ok(())
    }

    /// Puts values in the place of numbers, at most so many bytes of them.
    pub(super) fn fill(&self, batch: &RecordBatch, most: usize) -> Result<RecordBatch, IpcError> {
        let mut left = most;
        let mut columns = Vec::new();
        for (column, id) in batch.columns().iter().zip(&self.ids) {
            let Some(values) = id.and_then(|id| self.values.get(&id)) else {
                columns.push(column.clone());
                continue;
            };
            let places = places(column);
            left = left.checked_sub(bytes(&places, values)).ok_or(IpcError::TooManyBytes(most))?;
            columns.push(filled(values, &places)?);
        }
        RecordBatch::try_new(self.read.clone(), columns).map_err(malformed)
    }
}

/// Where numbers of any type point. Where there is NULL a sender may leave anything, and the library looks at it.
fn places(numbers: &dyn Array) -> UInt64Array {
    downcast_integer_array!(
        numbers => numbers.iter().map(|at| at.map(|at| at.as_usize() as u64)).collect(),
        _ => UInt64Array::new_null(numbers.len())
    )
}

fn filled(values: &ArrayRef, places: &UInt64Array) -> Result<ArrayRef, IpcError> {
    if places.null_count() == places.len() {
        return Ok(new_null_array(values.data_type(), places.len()));
    }
    let checked = TakeOptions { check_bounds: true };
    take(values, places, Some(checked)).map_err(malformed)
}

/// Bytes of the values at these places, each as often as it is pointed at.
fn bytes(places: &UInt64Array, values: &dyn Array) -> usize {
    let one = |at: usize| match values.data_type() {
        DataType::Utf8 => length(values.as_string::<i32>().offsets(), at),
        DataType::LargeUtf8 => length(values.as_string::<i64>().offsets(), at),
        DataType::Binary => length(values.as_binary::<i32>().offsets(), at),
        DataType::LargeBinary => length(values.as_binary::<i64>().offsets(), at),
        DataType::FixedSizeBinary(width) => usize::try_from(*width).unwrap_or_default(),
        // A view is sixteen bytes however long its text is; nothing else is longer than 32.
        _ => 32,
    };
    places.iter().flatten().map(|at| one(at.as_usize())).sum()
}

fn length<O: OffsetSizeTrait>(offsets: &OffsetBuffer<O>, at: usize) -> usize {
    let end = offsets.get(at.saturating_add(1));
    end.map_or(0, |end| end.as_usize() - offsets[at].as_usize())
}
