//! CubeStore's text of a value into the value: one file per family of types. Strict, because a value that is
//! read wrongly is worse than a query that fails: "" is only a text, and nothing becomes NULL.

pub(crate) mod binary;
pub(crate) mod decimal;
pub(crate) mod float;
pub(crate) mod integer;
pub(crate) mod time;

use crate::error::Misfit;

/// `true` or `false`.
pub(crate) fn boolean(text: &[u8]) -> Result<bool, Misfit> {
    match text {
        b"true" => Ok(true),
        b"false" => Ok(false),
        _ => Err(Misfit::Unreadable),
    }
}
