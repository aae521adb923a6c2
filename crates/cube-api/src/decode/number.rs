//! Numbers as Cube writes them: text of any length from CubeStore and from exact types of the source, JSON numbers
//! from the rest. Owns what is lost in a type and what is not.

use std::cmp::Ordering;

use crate::error::Misfit;

/// Integers below are exact in floating point, and so in a JSON number that JavaScript wrote; this one may be rounded.
const EXACT: f64 = 9_007_199_254_740_992.0;

/// Decimal digits that floating point always keeps.
const SAFE_DIGITS: usize = 15;

/// A whole number.
pub(super) fn integer(text: &str) -> Result<i64, Misfit> {
    match text.parse() {
        Ok(value) => Ok(value),
        Err(_) => i64::try_from(unscaled(text, 0)?).map_err(|_| Misfit::OutOfRange),
    }
}

/// `text * 10^scale`, exactly, with at most `precision` digits.
pub(super) fn decimal(text: &str, precision: u8, scale: i8) -> Result<i128, Misfit> {
    let value = match short(text, scale) {
        Some(value) => value.into(),
        None => unscaled(text, scale)?,
    };
    let limit = 10_u128.checked_pow(precision.into()).ok_or(Misfit::OutOfRange)?;
    if value.unsigned_abs() < limit { Ok(value) } else { Err(Misfit::OutOfRange) }
}

/// A floating point number. Fractions are rounded, as they always are; digits before the point are not lost.
pub(super) fn float(text: &str) -> Result<f64, Misfit> {
    let value: f64 = text.parse().map_err(|_| Misfit::Unreadable)?;
    if value.abs() < EXACT {
        return Ok(value);
    }
    if !value.is_finite() {
        return if text.contains(|c: char| c.is_ascii_digit()) { Err(Misfit::OutOfRange) } else { Ok(value) };
    }
    // A float of the source, or of JavaScript, has its own shortest digits; whatever has more was no float.
    let same = Parts::of(text).zip(Parts::of(&format!("{value:e}"))).is_some_and(|(a, b)| a.is_same(&b));
    if same { Ok(value) } else { Err(Misfit::LosesDigits) }
}

/// A JSON number for an exact type: JavaScript may have rounded it before it was written.
pub(super) fn check_unrounded(text: &str) -> Result<(), Misfit> {
    // Nothing longer is asked for its digits, because nearly every number is short.
    if text.len() <= SAFE_DIGITS {
        return Ok(());
    }
    let parts = Parts::of(text).ok_or(Misfit::Unreadable)?;
    let small = text.parse::<i64>().is_ok_and(|value| value.unsigned_abs() < EXACT as u64);
    if small || parts.significant().count() <= SAFE_DIGITS { Ok(()) } else { Err(Misfit::LostDigits) }
}

/// The common case of [`unscaled`]: few digits, at most one point, nothing to cut.
fn short(text: &str, scale: i8) -> Option<i64> {
    let (negative, digits) = match text.as_bytes() {
        [b'-', digits @ ..] => (true, digits),
        digits => (false, digits),
    };
    let point = digits.iter().position(|b| *b == b'.').unwrap_or(digits.len());
    let (whole, fraction) = (&digits[..point], digits.get(point + 1..).unwrap_or_default());
    let missing = u32::try_from(scale).ok()?.checked_sub(fraction.len() as u32)?;
    if whole.is_empty() || digits.len() + missing as usize > 18 {
        return None;
    }
    let mut value = 0;
    for digit in whole.iter().chain(fraction) {
        value = value * 10 + i64::from(digit.is_ascii_digit().then(|| digit - b'0')?);
    }
    value *= 10_i64.pow(missing);
    Some(if negative { -value } else { value })
}

fn unscaled(text: &str, scale: i8) -> Result<i128, Misfit> {
    let parts = Parts::of(text).ok_or(Misfit::Unreadable)?;
    let mut value: i128 = 0;
    for digit in parts.significant() {
        let shifted = value.checked_mul(10).and_then(|value| value.checked_add(i128::from(digit - b'0')));
        value = shifted.ok_or(Misfit::OutOfRange)?;
    }
    let power = parts.last_power() + i64::from(scale);
    let value = match power.cmp(&0) {
        _ if value == 0 => 0,
        Ordering::Less => return Err(Misfit::TooFine),
        Ordering::Equal => value,
        Ordering::Greater => {
            let factor = u32::try_from(power).ok().and_then(|power| 10_i128.checked_pow(power));
            factor.and_then(|factor| value.checked_mul(factor)).ok_or(Misfit::OutOfRange)?
        }
    };
    Ok(if parts.negative { -value } else { value })
}

/// A number cut at its point and exponent, without needless zeros.
struct Parts<'a> {
    negative: bool,
    whole: &'a [u8],
    fraction: &'a [u8],
    exponent: i32,
    /// Zeros that end the digits, behind the point or before it.
    trailing: usize,
}

impl<'a> Parts<'a> {
    fn of(text: &'a str) -> Option<Self> {
        let (negative, text) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text.strip_prefix('+').unwrap_or(text)),
        };
        let (mantissa, exponent) = match text.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, exponent.parse().ok()?),
            None => (text, 0),
        };
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let (whole, fraction) = (whole.trim_start_matches('0').as_bytes(), fraction.as_bytes());
        let is_number = mantissa.bytes().any(|b| b.is_ascii_digit())
            && whole.iter().chain(fraction).all(u8::is_ascii_digit);
        let trailing = whole.iter().chain(fraction).rev().take_while(|b| **b == b'0').count();
        is_number.then_some(Self { negative, whole, fraction, exponent, trailing })
    }

    /// The digits from the first to the last that is not zero.
    fn significant(&self) -> impl Iterator<Item = u8> + '_ {
        let digits = self.whole.len() + self.fraction.len() - self.trailing;
        self.whole.iter().chain(self.fraction).take(digits).skip_while(|b| **b == b'0').copied()
    }

    /// The power of ten of the last significant digit.
    fn last_power(&self) -> i64 {
        i64::from(self.exponent) - self.fraction.len() as i64 + self.trailing as i64
    }

    fn is_same(&self, other: &Self) -> bool {
        self.negative == other.negative
            && self.last_power() == other.last_power()
            && self.significant().eq(other.significant())
    }
}

#[cfg(test)]
mod tests {
    use super::{check_unrounded, decimal, float, integer, short, unscaled};
    use crate::error::Misfit::{self, LosesDigits, LostDigits, OutOfRange, TooFine, Unreadable};
    use proptest::prelude::*;

    #[test]
    fn integers() {
        for (text, expected) in [
            ("40000", Ok(40000)),
            ("-9223372036854775808", Ok(i64::MIN)),
            ("9223372036854775808", Err(OutOfRange)),
            ("7.0000", Ok(7)),
            ("0.000", Ok(0)),
            ("-0", Ok(0)),
            ("4e3", Ok(4000)),
            ("1.5e1", Ok(15)),
            ("7.5", Err(TooFine)),
            ("1e-3", Err(TooFine)),
            ("0e99999", Ok(0)),
            ("1e99999", Err(OutOfRange)),
            ("1e99999999999", Err(Unreadable)),
            ("", Err(Unreadable)),
            (".", Err(Unreadable)),
            ("-", Err(Unreadable)),
            ("1 ", Err(Unreadable)),
            ("1e", Err(Unreadable)),
            ("0x10", Err(Unreadable)),
            ("١", Err(Unreadable)),
        ] {
            assert_eq!(integer(text), expected, "{text}");
        }
    }

    #[test]
    fn decimals_keep_every_digit() {
        let check = |text, precision, scale, expected: Result<i128, Misfit>| {
            assert_eq!(decimal(text, precision, scale), expected, "{text}");
        };
        check("12.5158565000000000", 18, 7, Ok(125_158_565));
        check("12.5158565000000000", 18, 6, Err(TooFine));
        check("100", 18, 2, Ok(10_000));
        check("0.00", 18, 2, Ok(0));
        check("-1.5", 18, 2, Ok(-150));
        check("999.99", 5, 2, Ok(99_999));
        check("1000.00", 5, 2, Err(OutOfRange));
        check("99999999999999999999999999999999999999", 38, 0, Ok(10_i128.pow(38) - 1));
        check("100000000000000000000000000000000000000", 38, 0, Err(OutOfRange));
        check("1e-7", 18, 7, Ok(1));
        check("NaN", 18, 2, Err(Unreadable));
    }

    proptest! {
        #[test]
        fn short_decimals_are_read_like_long_ones(text in r"-?[0-9]{0,9}\.?[0-9]{0,9}", scale in 0_i8..10) {
            if let Some(value) = short(&text, scale) {
                prop_assert_eq!(Ok(i128::from(value)), unscaled(&text, scale));
            }
        }
    }

    #[test]
    fn floats_keep_digits_before_the_point() {
        for (text, expected) in [
            ("12.5158565000000000", Ok(12.515_856_5)),
            ("0.34530386740331491713", Ok(0.345_303_867_403_314_9)),
            ("9007199254740992", Ok(9_007_199_254_740_992.0)),
            ("9007199254740993", Err(LosesDigits)),
            ("9007199254740993.00", Err(LosesDigits)),
            ("9007199254740994.000", Ok(9_007_199_254_740_994.0)),
            ("-9007199254740993", Err(LosesDigits)),
            ("12345678901234567.89", Err(LosesDigits)),
            ("12345678901234567000", Ok(12_345_678_901_234_567_000.0)),
            ("1.2345678901234567e+19", Ok(12_345_678_901_234_567_000.0)),
            ("1e300", Ok(1e300)),
            ("1e999", Err(OutOfRange)),
            ("Infinity", Ok(f64::INFINITY)),
            ("-inf", Ok(f64::NEG_INFINITY)),
            ("abc", Err(Unreadable)),
        ] {
            assert_eq!(float(text), expected, "{text}");
        }
        assert!(float("NaN").unwrap().is_nan());
        assert!(float("-0").unwrap().is_sign_negative());
    }

    #[test]
    fn json_numbers_are_trusted_as_far_as_javascript_is() {
        for (text, expected) in [
            ("5156", Ok(())),
            ("9007199254740991", Ok(())),
            ("9007199254740992", Err(LostDigits)),
            ("-9007199254740993", Err(LostDigits)),
            ("1230000000000000000", Ok(())),
            ("12.5158565000000000", Ok(())),
            ("0.3453038674033149", Err(LostDigits)),
        ] {
            assert_eq!(check_unrounded(text), expected, "{text}");
        }
    }
}
