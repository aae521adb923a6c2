//! Reads FlatBuffers tables with a bounds check at every step and without a verifying pass before.
//! Owns positions inside one buffer; never knows which table of the schema it reads.

use crate::error::{Error, Result};

// Positions are sums of a buffer index and a few u32: they cannot overflow 64 bits, so plain `+` is safe here.
const _: () = assert!(usize::BITS >= 64, "positions inside a message need 64 bits");

/// A table and where its vtable is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Table<'a> {
    bytes: &'a [u8],
    at: usize,
    vtable: usize,
    vtable_len: usize,
}

/// A vector of four-byte elements, which in this schema are always offsets.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Vector<'a> {
    bytes: &'a [u8],
    /// Position of the first element.
    at: usize,
    len: usize,
}

impl<'a> Table<'a> {
    /// The root table of a message.
    pub(crate) fn root(bytes: &'a [u8]) -> Result<Self> {
        Self::behind(bytes, 0)
    }

    /// The table that the offset at `at` leads to.
    fn behind(bytes: &'a [u8], at: usize) -> Result<Self> {
        Self::at(bytes, follow(bytes, at).ok_or(OUTSIDE)?).ok_or(OUTSIDE)
    }

    fn at(bytes: &'a [u8], at: usize) -> Option<Self> {
        let vtable = vtable_of(bytes, at)?;
        let vtable_len = usize::from(u16_at(bytes, vtable)?);
        Some(Self { bytes, at, vtable, vtable_len })
    }

    /// The position of a field's data, or `None` if the table does not carry it.
    fn field(&self, slot: u16) -> Result<Option<usize>> {
        let entry = usize::from(super::slots::vtable_offset(slot));
        if entry + 2 > self.vtable_len {
            return Ok(None);
        }
        let offset = u16_at(self.bytes, self.vtable + entry).ok_or(OUTSIDE)?;
        Ok((offset != 0).then_some(self.at + usize::from(offset)))
    }

    fn scalar<const N: usize>(&self, slot: u16) -> Result<Option<[u8; N]>> {
        self.field(slot)?.map(|at| array_at(self.bytes, at).ok_or(OUTSIDE)).transpose()
    }

    pub(crate) fn u8(&self, slot: u16) -> Result<u8> {
        Ok(self.scalar(slot)?.map_or(0, u8::from_le_bytes))
    }

    pub(crate) fn bool(&self, slot: u16) -> Result<bool> {
        Ok(self.u8(slot)? != 0)
    }

    pub(crate) fn u32(&self, slot: u16) -> Result<u32> {
        Ok(self.scalar(slot)?.map_or(0, u32::from_le_bytes))
    }

    pub(crate) fn i64(&self, slot: u16) -> Result<i64> {
        Ok(self.scalar(slot)?.map_or(0, i64::from_le_bytes))
    }

    pub(crate) fn f64(&self, slot: u16) -> Result<f64> {
        Ok(self.scalar(slot)?.map_or(0.0, f64::from_le_bytes))
    }

    pub(crate) fn table(&self, slot: u16) -> Result<Option<Table<'a>>> {
        self.field(slot)?.map(|at| Table::behind(self.bytes, at)).transpose()
    }

    /// Like [`table`](Self::table), for a field that a message cannot do without.
    pub(crate) fn required_table(&self, slot: u16) -> Result<Table<'a>> {
        self.table(slot)?.ok_or(Error::malformed("a required table is absent"))
    }

    /// The position and length of a vector of bytes or of a string.
    pub(crate) fn span(&self, slot: u16) -> Result<Option<(usize, usize)>> {
        let span = |at| span_at(self.bytes, follow(self.bytes, at)?);
        self.field(slot)?.map(|at| span(at).ok_or(OUTSIDE)).transpose()
    }

    pub(crate) fn bytes(&self, slot: u16) -> Result<Option<&'a [u8]>> {
        Ok(self.span(slot)?.map(|(at, len)| &self.bytes[at..at + len]))
    }

    pub(crate) fn string(&self, slot: u16) -> Result<Option<&'a str>> {
        self.bytes(slot)?.map(utf8).transpose()
    }

    pub(crate) fn required_string(&self, slot: u16) -> Result<&'a str> {
        self.string(slot)?.ok_or(Error::malformed("a required string is absent"))
    }

    pub(crate) fn vector(&self, slot: u16) -> Result<Option<Vector<'a>>> {
        let vector = |at| Vector::at(self.bytes, follow(self.bytes, at)?);
        self.field(slot)?.map(|at| vector(at).ok_or(OUTSIDE)).transpose()
    }
}

impl<'a> Vector<'a> {
    /// A vector whose place is known already.
    pub(crate) fn new(bytes: &'a [u8], at: usize, len: usize) -> Self {
        Self { bytes, at, len }
    }

    /// The vector at a position; all its elements are inside the buffer.
    pub(crate) fn at(bytes: &'a [u8], at: usize) -> Option<Self> {
        let len = u32_at(bytes, at)? as usize;
        let room = bytes.len().checked_sub(at + 4)?;
        (len <= room / 4).then_some(Self { bytes, at: at + 4, len })
    }

    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// The position of the first element.
    pub(crate) fn start(&self) -> usize {
        self.at
    }

    pub(crate) fn tables(self) -> impl Iterator<Item = Result<Table<'a>>> {
        (0..self.len).map(move |index| Table::behind(self.bytes, self.at + 4 * index))
    }

    pub(crate) fn strings(self) -> impl Iterator<Item = Result<&'a str>> {
        (0..self.len).map(move |index| {
            let (at, len) = follow(self.bytes, self.at + 4 * index)
                .and_then(|at| span_at(self.bytes, at))
                .ok_or(OUTSIDE)?;
            utf8(&self.bytes[at..at + len])
        })
    }
}

fn utf8(bytes: &[u8]) -> Result<&str> {
    simdutf8::basic::from_utf8(bytes).map_err(|_| Error::malformed("a string is not UTF-8"))
}

// The free functions answer with `Option`, because the walk over text rows calls them for every value and
// a `Result` with a rich error would be moved around each time.

#[inline]
pub(crate) fn array_at<const N: usize>(bytes: &[u8], at: usize) -> Option<[u8; N]> {
    bytes.get(at..)?.first_chunk().copied()
}

#[inline]
pub(crate) fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    array_at(bytes, at).map(u16::from_le_bytes)
}

#[inline]
pub(crate) fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    array_at(bytes, at).map(u32::from_le_bytes)
}

/// Where the offset stored at `at` leads: FlatBuffers offsets count from their own position.
#[inline]
pub(crate) fn follow(bytes: &[u8], at: usize) -> Option<usize> {
    Some(at + u32_at(bytes, at)? as usize)
}

/// The position and length of the bytes behind a length prefix, all inside the buffer.
#[inline]
pub(crate) fn span_at(bytes: &[u8], at: usize) -> Option<(usize, usize)> {
    let len = u32_at(bytes, at)? as usize;
    (at + 4 + len <= bytes.len()).then_some((at + 4, len))
}

/// The vtable of the table at `at`: its signed distance is counted backwards.
#[inline]
pub(crate) fn vtable_of(bytes: &[u8], at: usize) -> Option<usize> {
    let distance = i32::from_le_bytes(array_at(bytes, at)?);
    usize::try_from(at as i64 - i64::from(distance)).ok()
}

/// What every read outside the message becomes.
pub(crate) const OUTSIDE: Error = Error::malformed("an offset leads outside the message");
