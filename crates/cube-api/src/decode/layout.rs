//! Which members the rows must have, in the order of the announced schema.

use std::borrow::Cow;

use arrow_schema::SchemaRef;
use semantic::Output;

use super::column::Column;
use crate::error::{Error, Result};

/// The announced schema and the member behind each of its fields.
#[derive(Debug)]
pub(crate) struct Layout {
    members: Vec<String>,
    /// Cube shows the bins of a time under the time's own name too.
    echoes: Vec<String>,
    schema: SchemaRef,
}

impl Layout {
    pub(crate) fn new(columns: &[Output], schema: SchemaRef) -> Result<Self> {
        if schema.fields().len() != columns.len() {
            let (fields, columns) = (schema.fields().len(), columns.len());
            return Err(Error::Schema(format!("{fields} fields for {columns} columns")));
        }
        let members = columns.iter().map(Output::asked).collect();
        let times = columns.iter().filter(|column| column.bins().is_some());
        let layout =
            Self { members, echoes: times.map(|time| time.member().asked().to_owned()).collect(), schema };
        layout.columns()?;
        Ok(layout)
    }

    pub(crate) fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    /// An empty column per field.
    pub(super) fn columns(&self) -> Result<Vec<Column>> {
        self.schema.fields().iter().map(|field| Column::new(field)).collect()
    }

    /// Where each member of the answer goes. Every column must be there once, and nothing else.
    pub(super) fn places(&self, found: &[Cow<'_, str>]) -> Result<Vec<Option<usize>>> {
        let position = |member: &str| self.members.iter().position(|wanted| wanted == member);
        let mut places = Vec::with_capacity(found.len());
        for member in found {
            let place = position(member);
            if (place.is_none() && !self.echoes.iter().any(|echo| echo == member))
                || (place.is_some() && places.contains(&place))
            {
                return Err(Error::Columns { problem: "with an unexpected", column: member.to_string() });
            }
            places.push(place);
        }
        match (0..self.members.len()).find(|column| !places.contains(&Some(*column))) {
            Some(absent) => Err(Error::Columns { problem: "without", column: self.members[absent].clone() }),
            None => Ok(places),
        }
    }
}
