//! A position in a JSON text. Reads one token at a time, so that rows are decoded as they are wanted.
//!
//! Owns JSON's grammar of scalars; nested values are stepped over by serde_json. Never allocates for a text
//! without escapes.

use std::borrow::Cow;

use serde::{Deserialize, de::IgnoredAny};

/// What breaks the grammar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Broken(pub(super) &'static str);

/// A value of a row.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Scalar<'a> {
    Null,
    Bool(bool),
    /// As written.
    Number(&'a str),
    Text(Cow<'a, str>),
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Cursor<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Cursor<'a> {
    pub(super) fn new(text: &'a str, at: usize) -> Self {
        Self { text, at }
    }

    pub(super) fn position(&self) -> usize {
        self.at
    }

    fn byte(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    /// The first byte of the next token.
    #[inline]
    pub(super) fn peek(&mut self) -> Option<u8> {
        loop {
            match self.byte() {
                Some(b' ' | b'\n' | b'\r' | b'\t') => self.at += 1,
                byte => return byte,
            }
        }
    }

    /// Steps over `wanted` if it is next.
    #[inline]
    pub(super) fn accept(&mut self, wanted: u8) -> bool {
        let found = self.byte() == Some(wanted) || self.peek() == Some(wanted);
        self.at += usize::from(found);
        found
    }

    #[inline]
    pub(super) fn expect(&mut self, wanted: u8, otherwise: &'static str) -> Result<(), Broken> {
        if self.accept(wanted) { Ok(()) } else { Err(Broken(otherwise)) }
    }

    /// Steps to the next item of an array or object that `end` closes; `false` when there is none.
    #[inline]
    pub(super) fn next_item(&mut self, first: &mut bool, end: u8) -> Result<bool, Broken> {
        if self.accept(end) {
            return Ok(false);
        }
        if !std::mem::take(first) {
            self.expect(b',', "items are not separated by commas")?;
        }
        Ok(true)
    }

    /// The next key of an object, with its colon.
    pub(super) fn next_key(&mut self, first: &mut bool) -> Result<Option<Cow<'a, str>>, Broken> {
        if !self.next_item(first, b'}')? {
            return Ok(None);
        }
        let key = self.string()?;
        self.expect(b':', "a key has no value")?;
        Ok(Some(key))
    }

    pub(super) fn string(&mut self) -> Result<Cow<'a, str>, Broken> {
        self.expect(b'"', "a text was expected")?;
        self.string_body()
    }

    #[inline]
    fn string_body(&mut self) -> Result<Cow<'a, str>, Broken> {
        let start = self.at;
        let rest = &self.text.as_bytes()[start..];
        let length = plain_length(rest).ok_or(Broken("a text has no end"))?;
        match rest[length] {
            b'"' => {
                self.at = start + length + 1;
                Ok(Cow::Borrowed(&self.text[start..start + length]))
            }
            b'\\' => self.escaped(start - 1),
            _ => Err(Broken("a text holds a control character")),
        }
    }

    #[cold]
    fn escaped(&mut self, quote: usize) -> Result<Cow<'a, str>, Broken> {
        self.at = quote;
        self.value::<String>("a text has a wrong escape").map(Cow::Owned)
    }

    #[inline]
    pub(super) fn scalar(&mut self) -> Result<Scalar<'a>, Broken> {
        match self.peek() {
            Some(b'"') => {
                self.at += 1;
                self.string_body().map(Scalar::Text)
            }
            Some(b'n') => self.word("null", Scalar::Null),
            Some(b't') => self.word("true", Scalar::Bool(true)),
            Some(b'f') => self.word("false", Scalar::Bool(false)),
            Some(b'-' | b'0'..=b'9') => self.number().map(Scalar::Number),
            Some(b'[' | b'{') => Err(Broken("a value of a row is an array or an object")),
            _ => Err(Broken("a value was expected")),
        }
    }

    fn word(&mut self, word: &str, value: Scalar<'a>) -> Result<Scalar<'a>, Broken> {
        let found = self.text.as_bytes()[self.at..].starts_with(word.as_bytes());
        self.at += word.len();
        if found { Ok(value) } else { Err(Broken("a value was expected")) }
    }

    fn number(&mut self) -> Result<&'a str, Broken> {
        let start = self.at;
        self.at += usize::from(self.byte() == Some(b'-'));
        let leading_zero = self.byte() == Some(b'0');
        let whole = self.digits();
        let mut is_whole = whole > 0 && (whole == 1 || !leading_zero);
        if self.byte() == Some(b'.') {
            self.at += 1;
            is_whole &= self.digits() > 0;
        }
        if matches!(self.byte(), Some(b'e' | b'E')) {
            self.at += 1;
            self.at += usize::from(matches!(self.byte(), Some(b'+' | b'-')));
            is_whole &= self.digits() > 0;
        }
        if is_whole { Ok(&self.text[start..self.at]) } else { Err(Broken("a number is malformed")) }
    }

    fn digits(&mut self) -> usize {
        let start = self.at;
        while matches!(self.byte(), Some(b'0'..=b'9')) {
            self.at += 1;
        }
        self.at - start
    }

    /// Reads any value with serde.
    pub(super) fn value<T: Deserialize<'a>>(&mut self, otherwise: &'static str) -> Result<T, Broken> {
        let mut values = serde_json::Deserializer::from_str(&self.text[self.at..]).into_iter();
        let value = values.next().and_then(Result::ok).ok_or(Broken(otherwise))?;
        self.at += values.byte_offset();
        Ok(value)
    }

    /// Steps over any value.
    pub(super) fn skip(&mut self) -> Result<(), Broken> {
        self.value::<IgnoredAny>("a value is malformed").map(drop)
    }

    /// Demands that nothing follows.
    pub(super) fn end(&mut self) -> Result<(), Broken> {
        if self.peek().is_none() { Ok(()) } else { Err(Broken("something follows the answer")) }
    }
}

/// The number of bytes before the first quote, backslash or control character.
#[inline]
fn plain_length(text: &[u8]) -> Option<usize> {
    let mut at = 0;
    while let Some(eight) = text[at..].first_chunk() {
        let special = special_bytes(u64::from_le_bytes(*eight));
        if special != 0 {
            return Some(at + special.trailing_zeros() as usize / 8);
        }
        at += 8;
    }
    let last = text[at..].iter().position(|b| matches!(b, b'"' | b'\\' | 0..=0x1f))?;
    Some(at + last)
}

/// Eight bytes at once: the high bit of each special one. Bits above the lowest one may be wrong, because the
/// subtraction borrows from the byte above.
#[inline]
fn special_bytes(eight: u64) -> u64 {
    const ONES: u64 = u64::MAX / 255;
    let is_zero = |bytes: u64| bytes.wrapping_sub(ONES) & !bytes;
    let quote = is_zero(eight ^ (ONES * u64::from(b'"')));
    let backslash = is_zero(eight ^ (ONES * u64::from(b'\\')));
    let control = eight.wrapping_sub(ONES * 0x20) & !eight;
    (quote | backslash | control) & (ONES << 7)
}

#[cfg(test)]
mod tests {
    use super::{Cursor, Scalar, plain_length};
    use proptest::prelude::*;
    use serde::de::IgnoredAny;

    proptest! {
        #[test]
        fn the_end_of_plain_text(text in proptest::collection::vec(any::<u8>(), 0..40)) {
            let expected = text.iter().position(|b| matches!(b, b'"' | b'\\' | 0..=0x1f));
            prop_assert_eq!(plain_length(&text), expected);
        }

        #[test]
        fn scalars_are_json(text in r#"[-0-9.eE+]{1,8}|"[^"]{0,12}"|null|true|nul|\PC{0,6}"#) {
            let mut cursor = Cursor::new(&text, 0);
            let found = cursor.scalar().is_ok() && cursor.end().is_ok();
            let is_scalar = !text.trim_start().starts_with(['[', '{']);
            prop_assert_eq!(found, is_scalar && serde_json::from_str::<IgnoredAny>(&text).is_ok());
        }
    }

    #[test]
    fn texts_are_borrowed_unless_escaped() {
        use std::borrow::Cow::{Borrowed, Owned};
        let scalar = |text| Cursor::new(text, 0).scalar().ok();
        assert!(matches!(scalar(r#""Zürich""#), Some(Scalar::Text(Borrowed("Zürich")))));
        assert!(matches!(scalar(r#""a\tb""#), Some(Scalar::Text(Owned(text))) if text == "a\tb"));
    }
}
