//! Whole numbers: an optional minus and digits.

use crate::error::Misfit;

// `parse_any` and not `parse`: to report what follows a number, `parse` negates i64::MIN, which panics where
// overflows are checked.

/// A signed integer of any width.
#[inline]
pub(crate) fn signed<T: TryFrom<i64>>(text: &[u8]) -> Result<T, Misfit> {
    match atoi_simd::parse_any::<i64>(text) {
        Ok((value, len)) if len == text.len() => T::try_from(value).map_err(|_| Misfit::OutOfRange),
        _ => Err(why(text)),
    }
}

/// An unsigned integer of any width.
#[inline]
pub(crate) fn unsigned<T: TryFrom<u64>>(text: &[u8]) -> Result<T, Misfit> {
    match atoi_simd::parse_any::<u64>(text) {
        Ok((value, len)) if len == text.len() => T::try_from(value).map_err(|_| Misfit::OutOfRange),
        _ => Err(why(text)),
    }
}

#[cold]
fn why(text: &[u8]) -> Misfit {
    let digits = text.strip_prefix(b"-").unwrap_or(text);
    if !digits.is_empty() && digits.iter().all(u8::is_ascii_digit) {
        Misfit::OutOfRange
    } else {
        Misfit::Unreadable
    }
}
