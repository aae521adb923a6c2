//! `{"members": […], "dataset": […]}`, in either order.

use std::borrow::Cow;

use super::cursor::{Broken, Cursor};

/// The names of a row's values, and where the rows begin.
pub(super) struct Data<'a> {
    pub(super) members: Vec<Cow<'a, str>>,
    pub(super) rows: Cursor<'a>,
    /// True when the rows come next, false when everything around them is read.
    pub(super) is_open: bool,
}

/// Reads up to the first row. Rows that come before their names, which Cube never sends, are stepped over first.
pub(super) fn open<'a>(cursor: &mut Cursor<'a>) -> Result<Data<'a>, Broken> {
    cursor.expect(b'{', "its `data` is not in the compact format")?;
    let (mut members, mut rows) = (None, None);
    let mut first = true;
    while let Some(key) = cursor.next_key(&mut first)? {
        match (&*key, members.take()) {
            ("members", _) => members = Some(cursor.value("its `members` are no list of texts")?),
            ("dataset", Some(members)) => {
                cursor.expect(b'[', "its `dataset` is no list")?;
                return Ok(Data { members, rows: *cursor, is_open: true });
            }
            ("dataset", None) => {
                rows = Some(*cursor);
                cursor.skip()?;
            }
            (_, known) => {
                members = known;
                cursor.skip()?;
            }
        }
    }
    let mut rows = rows.ok_or(Broken("its `data` has no `dataset`"))?;
    let members = members.ok_or(Broken("its `data` has no `members`"))?;
    rows.expect(b'[', "its `dataset` is no list")?;
    Ok(Data { members, rows, is_open: false })
}

/// Reads what follows the rows.
pub(super) fn close(cursor: &mut Cursor<'_>) -> Result<(), Broken> {
    let mut first = false;
    while let Some(key) = cursor.next_key(&mut first)? {
        if key == "dataset" {
            return Err(Broken("its `data` has two `dataset`s"));
        }
        cursor.skip()?;
    }
    Ok(())
}
