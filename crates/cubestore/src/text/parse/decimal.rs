//! Decimals: an optional minus, digits, and after a point more digits. The store strips trailing zeros, so
//! the text has as many digits as it needs and the announced scale decides the rest. Never rounds.

use crate::error::Misfit;

/// The announced type.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Target {
    scale: i32,
    /// The first value that has too many digits.
    beyond: u128,
}

impl Target {
    pub(crate) fn new(precision: u8, scale: i8) -> Self {
        Self { scale: i32::from(scale), beyond: power(i32::from(precision)).unwrap_or(u128::MAX) }
    }

    /// Whether an unscaled value has few enough digits.
    pub(crate) fn holds(&self, value: i128) -> bool {
        value.unsigned_abs() < self.beyond
    }

    #[inline]
    pub(crate) fn parse(&self, text: &[u8]) -> Result<i128, Misfit> {
        let (negative, digits) = match text.split_first() {
            Some((b'-', digits)) => (true, digits),
            _ => (false, text),
        };
        let (unscaled, fraction) = unscaled(digits)?;
        let value = self.rescale(unscaled, fraction)?;
        if value >= self.beyond {
            return Err(Misfit::OutOfRange);
        }
        // Below 10^38, so inside i128 on both sides of zero.
        let value = value as i128;
        Ok(if negative { -value } else { value })
    }

    #[inline]
    fn rescale(&self, unscaled: u128, fraction: i32) -> Result<u128, Misfit> {
        let missing = self.scale - fraction;
        if missing >= 0 {
            return match power(missing).and_then(|power| unscaled.checked_mul(power)) {
                Some(value) => Ok(value),
                None if unscaled == 0 => Ok(0),
                None => Err(Misfit::OutOfRange),
            };
        }
        match power(-missing) {
            Some(power) if unscaled.is_multiple_of(power) => Ok(unscaled / power),
            None if unscaled == 0 => Ok(0),
            _ => Err(Misfit::TooFine),
        }
    }
}

/// The digits as one number, and how many of them stand after the point.
#[inline]
fn unscaled(text: &[u8]) -> Result<(u128, i32), Misfit> {
    // Nineteen digits always fit a u64, which is several times faster than a u128.
    if text.len() > 19 {
        return unscaled_long(text);
    }
    let mut value = 0_u64;
    let mut point = None;
    for (at, byte) in text.iter().enumerate() {
        let digit = byte.wrapping_sub(b'0');
        if digit < 10 {
            value = value * 10 + u64::from(digit);
        } else {
            point = separator(*byte, point, at)?;
        }
    }
    Ok((u128::from(value), fraction(text, point)?))
}

#[cold]
fn unscaled_long(text: &[u8]) -> Result<(u128, i32), Misfit> {
    let mut value = 0_u128;
    let mut point = None;
    for (at, byte) in text.iter().enumerate() {
        if byte.is_ascii_digit() {
            let grown = value.checked_mul(10).and_then(|value| value.checked_add(u128::from(byte - b'0')));
            value = grown.ok_or(Misfit::OutOfRange)?;
        } else {
            point = separator(*byte, point, at)?;
        }
    }
    Ok((value, fraction(text, point)?))
}

#[inline]
fn separator(byte: u8, before: Option<usize>, at: usize) -> Result<Option<usize>, Misfit> {
    if byte == b'.' && before.is_none() { Ok(Some(at)) } else { Err(Misfit::Unreadable) }
}

/// Digits after the point; there must be one on each side of it.
#[inline]
fn fraction(text: &[u8], point: Option<usize>) -> Result<i32, Misfit> {
    match point {
        None if !text.is_empty() => Ok(0),
        Some(point) if point > 0 && point + 1 < text.len() => {
            i32::try_from(text.len() - point - 1).map_err(|_| Misfit::TooFine)
        }
        _ => Err(Misfit::Unreadable),
    }
}

/// 10 to the power of `exponent`, if that has less than 39 digits.
#[inline]
fn power(exponent: i32) -> Option<u128> {
    POWERS.get(usize::try_from(exponent).ok()?).copied()
}

static POWERS: [u128; 39] = {
    let mut powers = [1; 39];
    let mut index = 1;
    while index < powers.len() {
        powers[index] = powers[index - 1] * 10;
        index += 1;
    }
    powers
};
