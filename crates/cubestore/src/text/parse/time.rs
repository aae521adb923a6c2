//! Dates and times. The store prints `2024-01-02T03:04:05.678Z`: always UTC, always three digits, finer ones
//! cut off. Text columns that hold dates are written by people, so a bare date, a blank for the `T`, other
//! numbers of digits and an absent `Z` are read too. A moment is milliseconds since 1970 here, whatever the
//! announced unit: that is as fine as this wire ever is.

use arrow_schema::TimeUnit;

use crate::error::Misfit;

pub(crate) const DAY: i64 = 86_400_000;

/// A moment in milliseconds.
#[inline]
pub(crate) fn millis(text: &[u8]) -> Result<i64, Misfit> {
    if let Some(millis) = text.as_array().and_then(usual) {
        return Ok(millis);
    }
    unusual(text)
}

/// A day; a moment counts if it is midnight.
pub(crate) fn date(text: &[u8]) -> Result<i32, Misfit> {
    let millis = millis(text)?;
    if millis.rem_euclid(DAY) != 0 {
        return Err(Misfit::TimeOfDay);
    }
    i32::try_from(millis.div_euclid(DAY)).map_err(|_| Misfit::OutOfRange)
}

/// Milliseconds in an announced unit.
#[inline]
pub(crate) fn in_unit(millis: i64, unit: TimeUnit) -> Result<i64, Misfit> {
    match unit {
        TimeUnit::Second if millis % 1000 != 0 => Err(Misfit::TooFine),
        TimeUnit::Second => Ok(millis / 1000),
        TimeUnit::Millisecond => Ok(millis),
        TimeUnit::Microsecond => millis.checked_mul(1_000).ok_or(Misfit::OutOfRange),
        TimeUnit::Nanosecond => millis.checked_mul(1_000_000).ok_or(Misfit::OutOfRange),
    }
}

/// `2024-01-02T03:04:05.678Z`, or `None` for any other text.
#[inline]
fn usual(text: &[u8; 24]) -> Option<i64> {
    // Eight bytes and not seven, so that they are compared as one word.
    let separators = [text[4], text[7], text[10], text[13], text[16], text[19], text[23], 0];
    if separators != *b"--T::.Z\0" {
        return None;
    }
    let two = |at: usize| number(&text[at..at + 2]);
    let year = two(0)? * 100 + two(2)?;
    let time = Time { hour: two(11)?, minute: two(14)?, second: two(17)?, millis: number(&text[20..23])? };
    Some(days(year, two(5)?, two(8)?)? * DAY + time.millis()?)
}

#[inline]
fn number(digits: &[u8]) -> Option<i64> {
    digits.iter().try_fold(0, |number, byte| {
        let digit = byte.wrapping_sub(b'0');
        (digit < 10).then(|| number * 10 + i64::from(digit))
    })
}

/// A time of day.
struct Time {
    hour: i64,
    minute: i64,
    second: i64,
    millis: i64,
}

impl Time {
    #[inline]
    fn millis(&self) -> Option<i64> {
        let Self { hour, minute, second, millis } = *self;
        (hour < 24 && minute < 60 && second < 60)
            .then_some(((hour * 60 + minute) * 60 + second) * 1000 + millis)
    }
}

/// Days from 1970-01-01 in the Gregorian calendar, which is extended to all years; `None` for no date.
/// Counts in eras of 400 years whose years start in March, so that the leap day is the last one.
#[inline]
fn days(year: i64, month: i64, day: i64) -> Option<i64> {
    if !(1..=12).contains(&month) || day < 1 || day > days_in(year, month) {
        return None;
    }
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    Some(era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468)
}

#[inline]
fn days_in(year: i64, month: i64) -> i64 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        _ => 31,
    }
}

#[cold]
fn unusual(text: &[u8]) -> Result<i64, Misfit> {
    let mut scan = Scan(text);
    let moment = scan.moment().ok_or(Misfit::Unreadable)?;
    if scan.0.is_empty() { Ok(moment) } else { Err(Misfit::Unreadable) }
}

/// What is left to read.
struct Scan<'a>(&'a [u8]);

impl Scan<'_> {
    fn moment(&mut self) -> Option<i64> {
        let midnight = self.date()? * DAY;
        if self.0.is_empty() {
            return Some(midnight);
        }
        if !(self.take(b"T") || self.take(b" ")) {
            return None;
        }
        let time = self.time()?;
        if !self.take(b"Z") {
            self.take(b"+00:00");
        }
        Some(midnight + time)
    }

    /// A year of four digits or, with a sign, of up to six: the range of the store's microseconds.
    fn date(&mut self) -> Option<i64> {
        let negative = self.take(b"-");
        let most = if negative || self.take(b"+") { 6 } else { 4 };
        let year = self.number(4, most)?;
        let year = if negative { -year } else { year };
        let month = self.take(b"-").then(|| self.number(2, 2))??;
        let day = self.take(b"-").then(|| self.number(2, 2))??;
        days(year, month, day)
    }

    fn time(&mut self) -> Option<i64> {
        let hour = self.number(2, 2)?;
        let minute = self.take(b":").then(|| self.number(2, 2))??;
        let second = self.take(b":").then(|| self.number(2, 2))??;
        let millis = if self.take(b".") { self.fraction()? } else { 0 };
        Time { hour, minute, second, millis }.millis()
    }

    /// One to nine digits, cut to three.
    fn fraction(&mut self) -> Option<i64> {
        let before = self.0.len();
        let fraction = self.number(1, 9)?;
        let digits = (before - self.0.len()) as u32;
        Some(fraction * 10_i64.pow(9 - digits) / 1_000_000)
    }

    fn number(&mut self, least: usize, most: usize) -> Option<i64> {
        let len = self.0.iter().take(most).take_while(|byte| byte.is_ascii_digit()).count();
        if len < least {
            return None;
        }
        let (digits, rest) = self.0.split_at(len);
        self.0 = rest;
        number(digits)
    }

    fn take(&mut self, expected: &[u8]) -> bool {
        match self.0.strip_prefix(expected) {
            Some(rest) => {
                self.0 = rest;
                true
            }
            None => false,
        }
    }
}

/// Year, month and day of a day: the inverse of [`days`].
pub(crate) fn civil(day: i64) -> (i64, i64, i64) {
    let day = day + 719_468;
    let era = day.div_euclid(146_097);
    let day_of_era = day.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let month = (shifted + 2) % 12 + 1;
    let year = era * 400 + year_of_era + i64::from(month <= 2);
    (year, month, day_of_year - (153 * shifted + 2) / 5 + 1)
}
