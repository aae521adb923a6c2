//! What the caller announced an answer to be. The schema comes from the model, never from the answer: the
//! store says no types, and not even names for an empty result. Never knows how an answer is read.

use std::sync::Arc;

use arrow_array::types::{Decimal128Type, validate_decimal_precision_and_scale};
use arrow_schema::{DataType, Field, SchemaRef};

use crate::error::{Error, Result};

/// The announced columns, matched by position.
#[derive(Debug, Clone)]
pub struct Shape {
    schema: SchemaRef,
    names: Option<Arc<[String]>>,
}

impl Shape {
    /// Announces a schema; an error if one of its types cannot come out of the store.
    pub fn new(schema: SchemaRef) -> Result<Self> {
        if let Some(field) = schema.fields().iter().find(|field| !is_supported(field.data_type())) {
            return Err(Error::UnsupportedType {
                column: field.name().clone(),
                data_type: field.data_type().clone(),
            });
        }
        Ok(Self { schema, names: None })
    }

    /// Also announces what the store calls the columns, which need not be the schema's names.
    #[must_use]
    pub fn with_names<S: Into<String>>(self, names: impl IntoIterator<Item = S>) -> Self {
        Self { names: Some(names.into_iter().map(Into::into).collect()), ..self }
    }

    /// The announced schema: every batch has exactly this one.
    pub fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    pub(crate) fn width(&self) -> usize {
        self.schema.fields().len()
    }

    pub(crate) fn fields(&self) -> impl Iterator<Item = &Field> {
        self.schema.fields().iter().map(AsRef::as_ref)
    }

    /// Checks the answer's columns, which an answer without any row may leave out.
    pub(crate) fn check<'a>(&self, found: usize, names: impl Iterator<Item = Result<&'a str>>) -> Result<()> {
        self.check_width(found)?;
        let announced = self.names.iter().flat_map(|names| names.iter());
        for (index, (announced, found)) in announced.zip(names).enumerate() {
            let found = found?;
            if announced != found {
                let (announced, found) = (announced.clone(), found.to_owned());
                return Err(Error::ColumnName { index, announced, found });
            }
        }
        Ok(())
    }

    pub(crate) fn check_width(&self, found: usize) -> Result<()> {
        if found != self.width() {
            return Err(Error::ColumnCount { found, announced: self.width() });
        }
        Ok(())
    }
}

fn is_supported(data_type: &DataType) -> bool {
    use DataType as T;
    match data_type {
        T::Boolean | T::Utf8 | T::Binary | T::Date32 | T::Timestamp(_, None) => true,
        T::Float32 | T::Float64 => true,
        T::Decimal128(precision, scale) => {
            validate_decimal_precision_and_scale::<Decimal128Type>(*precision, *scale).is_ok()
        }
        other => other.is_integer(),
    }
}
