//! Floating point numbers. The store prints the shortest digits that read back to the same number and never
//! an exponent: 1e300 has 301 digits, and a whole number looks like an integer.

use std::fmt::{Display, Write as _};

use fast_float2::FastFloat;

use crate::error::Misfit;

/// A double.
#[inline]
pub(crate) fn double(text: &[u8]) -> Result<f64, Misfit> {
    // Up to 15 digits survive a double whatever they are.
    number(text, 15, f64::is_infinite)
}

/// A single.
#[inline]
pub(crate) fn single(text: &[u8]) -> Result<f32, Misfit> {
    number(text, 6, f32::is_infinite)
}

#[inline]
fn number<T>(text: &[u8], safe_digits: usize, is_infinite: fn(T) -> bool) -> Result<T, Misfit>
where
    T: FastFloat + Display + Copy,
{
    let value: T = fast_float2::parse(text).map_err(|_| Misfit::Unreadable)?;
    if is_infinite(value) {
        return if text.ends_with(b"inf") { Ok(value) } else { Err(Misfit::OutOfRange) };
    }
    if text.len() > safe_digits && text.iter().all(|byte| byte.is_ascii_digit() || *byte == b'-') {
        return whole(text, value);
    }
    Ok(value)
}

/// A long whole number may come from an integer column, which must not change, or from a float column, which
/// prints like this. A float prints back to its own text; an integer that would change does not.
#[cold]
fn whole<T: Display>(text: &[u8], value: T) -> Result<T, Misfit> {
    let mut printed = String::with_capacity(text.len());
    write!(printed, "{value}").expect("a String takes everything");
    if printed.as_bytes() == text { Ok(value) } else { Err(Misfit::LosesDigits) }
}
