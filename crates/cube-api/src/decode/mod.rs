//! Cube's compact answer as Arrow: `{"query": {…}, …, "data": {"members": […], "dataset": [[…], …]}}`.
//!
//! The rows of an answer are decoded batch by batch, as they are wanted, straight into Arrow builders. Owns what
//! an answer must look like; never knows how it arrived.

mod column;
mod cursor;
mod data;
mod echo;
mod layout;
mod number;
mod time;

use arrow_array::RecordBatch;

use crate::error::{Error, Misfit, Result};
use column::Column;
use cursor::{Broken, Cursor};
pub(crate) use echo::Asked;
pub(crate) use layout::Layout;

/// Rows of a batch at most.
const BATCH_ROWS: usize = 8192;

/// An answer whose rows are being read.
#[derive(Debug)]
pub(crate) struct Page {
    body: String,
    /// Where the next row begins.
    at: usize,
    /// Where each member of a row goes; `None` for what was not asked for.
    places: Vec<Option<usize>>,
    /// Rows decoded.
    rows: u64,
    asked: Asked,
    /// What is still to be read.
    left: Left,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Left {
    /// Rows, and then the rest of the answer.
    RowsAndRest,
    /// Rows; the rest stands before them or was read ahead.
    Rows,
    Nothing,
}

impl Page {
    /// Reads an answer up to its first row.
    pub(crate) fn open(body: String, asked: Asked, layout: &Layout) -> Result<Self> {
        let mut cursor = Cursor::new(&body, 0);
        cursor.expect(b'{', "it is no JSON object")?;
        let mut first = true;
        while let Some(key) = cursor.next_key(&mut first)? {
            if key != "data" {
                envelope_value(&mut cursor, &key, &asked)?;
                continue;
            }
            let mut data = data::open(&mut cursor)?;
            let left = if data.is_open { Left::RowsAndRest } else { Left::Rows };
            if left == Left::Rows {
                rest_of_envelope(&mut cursor, &asked)?;
            }
            // Without rows Cube does not always know its members.
            let is_empty = data.rows.peek() == Some(b']');
            let places = if is_empty { Vec::new() } else { layout.places(&data.members)? };
            let at = data.rows.position();
            return Ok(Self { body, at, places, rows: 0, asked, left });
        }
        Err(Error::malformed("it has neither `data` nor `error`"))
    }

    /// Rows decoded so far.
    pub(crate) fn rows(&self) -> u64 {
        self.rows
    }

    /// The next rows, or `None` behind the last one. `before` is the number of rows of earlier pages.
    pub(crate) fn next_batch(&mut self, layout: &Layout, before: u64) -> Result<Option<RecordBatch>> {
        let mut columns = layout.columns()?;
        let mut count = 0;
        let mut cursor = Cursor::new(&self.body, self.at);
        while self.left != Left::Nothing && count < BATCH_ROWS {
            let mut first = self.rows == 0;
            if !cursor.next_item(&mut first, b']')? {
                if self.left == Left::RowsAndRest {
                    data::close(&mut cursor)?;
                    rest_of_envelope(&mut cursor, &self.asked)?;
                }
                self.left = Left::Nothing;
                break;
            }
            if self.rows == self.asked.limit {
                return Err(Error::PageOverrun { asked: self.asked.limit });
            }
            row(&mut cursor, &self.places, &mut columns)
                .map_err(|wrong| wrong.at(before + self.rows, layout))?;
            self.rows += 1;
            count += 1;
        }
        self.at = cursor.position();
        if count == 0 {
            return Ok(None);
        }
        let arrays = columns.into_iter().map(Column::finish).collect();
        let batch = RecordBatch::try_new(layout.schema().clone(), arrays);
        batch.map(Some).map_err(|error| Error::Schema(error.to_string()))
    }
}

/// Reads what follows `data`. An answer that ends early is no answer.
fn rest_of_envelope(cursor: &mut Cursor<'_>, asked: &Asked) -> Result<()> {
    let mut first = false;
    while let Some(key) = cursor.next_key(&mut first)? {
        envelope_value(cursor, &key, asked)?;
    }
    Ok(cursor.end()?)
}

fn envelope_value(cursor: &mut Cursor<'_>, key: &str, asked: &Asked) -> Result<()> {
    match key {
        "query" => asked.check(&cursor.value("its `query` is malformed")?),
        "error" => Err(Error::user(cursor.string()?.into_owned())),
        "data" => Err(Error::malformed("it has `data` twice")),
        _ => Ok(cursor.skip()?),
    }
}

/// What is wrong with a row.
enum Wrong {
    Row(Broken),
    Value { column: usize, misfit: Misfit },
}

impl From<Broken> for Wrong {
    fn from(broken: Broken) -> Self {
        Self::Row(broken)
    }
}

impl Wrong {
    fn at(self, row: u64, layout: &Layout) -> Error {
        match self {
            Self::Row(broken) => broken.into(),
            Self::Value { column, misfit } => {
                let field = layout.schema().field(column);
                let (column, data_type) = (field.name().clone(), field.data_type().clone());
                Error::Value { column, row, data_type, misfit }
            }
        }
    }
}

#[inline]
fn row(cursor: &mut Cursor<'_>, places: &[Option<usize>], columns: &mut [Column]) -> Result<(), Wrong> {
    const LENGTH: &str = "a row has not one value per member";
    cursor.expect(b'[', "a row is no list")?;
    for (at, place) in places.iter().enumerate() {
        if at > 0 {
            cursor.expect(b',', LENGTH)?;
        }
        let scalar = cursor.scalar()?;
        if let Some(column) = *place {
            columns[column].append(&scalar).map_err(|misfit| Wrong::Value { column, misfit })?;
        }
    }
    Ok(cursor.expect(b']', LENGTH)?)
}

impl From<Broken> for Error {
    fn from(broken: Broken) -> Self {
        Self::malformed(broken.0)
    }
}

#[cfg(test)]
mod tests;
