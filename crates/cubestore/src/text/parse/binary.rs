//! Bytes: `0x` and an even number of hexadecimal digits.

use crate::error::Misfit;

/// Appends the bytes that `text` stands for.
pub(crate) fn decode(text: &[u8], to: &mut Vec<u8>) -> Result<(), Misfit> {
    let digits = text.strip_prefix(b"0x").ok_or(Misfit::Unreadable)?;
    let (pairs, rest) = digits.as_chunks::<2>();
    if !rest.is_empty() {
        return Err(Misfit::Unreadable);
    }
    for [high, low] in pairs {
        to.push(nibble(*high)? << 4 | nibble(*low)?);
    }
    Ok(())
}

fn nibble(digit: u8) -> Result<u8, Misfit> {
    match digit {
        b'0'..=b'9' => Ok(digit - b'0'),
        b'A'..=b'F' => Ok(digit - b'A' + 10),
        b'a'..=b'f' => Ok(digit - b'a' + 10),
        _ => Err(Misfit::Unreadable),
    }
}
