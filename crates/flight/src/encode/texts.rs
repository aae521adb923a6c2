//! How texts are written.

use std::sync::Arc;

use arrow_array::RecordBatch;
use arrow_cast::cast;
use arrow_schema::{ArrowError, DataType, Field, Schema, SchemaRef};

/// How texts are written. Few drivers read dictionaries well, so nobody gets them who did not ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Texts {
    /// Each as it is.
    #[default]
    Plain,
    /// Every column as numbers of the texts that are in the batch.
    Dictionary,
}

impl Texts {
    /// A schema of plain texts as it is announced.
    pub(crate) fn schema(self, plain: SchemaRef) -> SchemaRef {
        let field = |field: &Arc<Field>| match field.data_type() {
            DataType::Utf8 => Arc::new(field.as_ref().clone().with_data_type(numbered())),
            _ => field.clone(),
        };
        match self {
            Self::Plain => plain,
            Self::Dictionary => {
                let fields: Vec<_> = plain.fields().iter().map(field).collect();
                Arc::new(Schema::new(fields).with_metadata(plain.metadata().clone()))
            }
        }
    }

    /// A batch of plain texts with the columns of `announced`.
    pub(super) fn batch(self, plain: &RecordBatch, announced: &SchemaRef) -> Result<RecordBatch, ArrowError> {
        match self {
            Self::Plain => Ok(plain.clone()),
            Self::Dictionary => {
                let fields = announced.fields().iter().zip(plain.columns());
                let columns = fields.map(|(field, column)| cast(column, field.data_type()));
                RecordBatch::try_new(announced.clone(), columns.collect::<Result<_, _>>()?)
            }
        }
    }
}

fn numbered() -> DataType {
    DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8))
}
