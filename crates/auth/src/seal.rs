//! Sealing: what leaves the process and comes back unread and unchanged, to any replica with the same keys.

use std::fmt;

use aws_lc_rs::{
    aead::{AES_256_GCM, Aad, Nonce, RandomizedNonceKey},
    digest,
    rand::{SecureRandom, SystemRandom},
};
use base64::{Engine, engine::general_purpose::STANDARD};

use crate::{error::ConfigError, secret::Secret};

const KEY: usize = 32;
const ID: usize = 4;
const NONCE: usize = 12;

/// Keys that seal and open: the first seals, all open.
pub struct KeyRing {
    keys: Vec<Key>,
}

struct Key {
    id: [u8; ID],
    aead: RandomizedNonceKey,
}

/// What a sealed text is for. One that was sealed for something else does not open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// The gateway's own bearer token.
    Token,
    /// A Flight ticket.
    Ticket,
    /// A prepared statement's handle.
    Handle,
    /// The options of a session.
    Session,
}

/// A sealed text that was changed, made by somebody else, or made for something else. No more is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not sealed by this server for this purpose")]
pub struct Forged;

impl KeyRing {
    /// Keys as configured; a random one when there are none.
    pub fn new(configured: &[Secret]) -> Result<Self, ConfigError> {
        let read = |(position, secret): (usize, &Secret)| {
            let bytes = STANDARD.decode(secret.expose().trim()).ok();
            let bytes: Option<[u8; KEY]> = bytes.and_then(|bytes| bytes.try_into().ok());
            bytes.map(|bytes| Key::new(&bytes)).ok_or(ConfigError::Key(position))
        };
        let keys: Result<Vec<_>, _> = configured.iter().enumerate().map(read).collect();
        let mut keys = keys?;
        if keys.is_empty() {
            keys.push(Key::random());
        }
        Ok(Self { keys })
    }

    /// Encrypts and signs.
    pub fn seal(&self, purpose: Purpose, plain: &[u8]) -> Vec<u8> {
        let key = self.keys.first().expect("a ring has at least one key");
        let mut body = plain.to_vec();
        let sealed = key.aead.seal_in_place_append_tag(aad(purpose), &mut body);
        let nonce = sealed.expect("AES-GCM seals anything shorter than 64 GiB");
        [key.id.as_slice(), nonce.as_ref(), &body].concat()
    }

    /// Checks and decrypts.
    pub fn open(&self, purpose: Purpose, sealed: &[u8]) -> Result<Vec<u8>, Forged> {
        let (id, rest) = sealed.split_at_checked(ID).ok_or(Forged)?;
        let (nonce, body) = rest.split_at_checked(NONCE).ok_or(Forged)?;
        let key = self.keys.iter().find(|key| key.id == id).ok_or(Forged)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| Forged)?;
        let mut body = body.to_vec();
        let plain = key.aead.open_in_place(nonce, aad(purpose), &mut body).map_err(|_| Forged)?;
        let length = plain.len();
        body.truncate(length);
        Ok(body)
    }
}

impl Key {
    fn new(bytes: &[u8; KEY]) -> Self {
        let digest = digest::digest(&digest::SHA256, bytes);
        let id = digest.as_ref()[..ID].try_into().expect("a digest is longer than an id");
        let aead = RandomizedNonceKey::new(&AES_256_GCM, bytes).expect("the key has the cipher's length");
        Self { id, aead }
    }

    fn random() -> Self {
        let mut bytes = [0; KEY];
        SystemRandom::new().fill(&mut bytes).expect("the system has randomness");
        Self::new(&bytes)
    }
}

fn aad(purpose: Purpose) -> Aad<&'static [u8]> {
    Aad::from(match purpose {
        Purpose::Token => b"cubeflight token 1".as_slice(),
        Purpose::Ticket => b"cubeflight ticket 1",
        Purpose::Handle => b"cubeflight handle 1",
        Purpose::Session => b"cubeflight session 1",
    })
}

impl fmt::Debug for KeyRing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyRing({} keys)", self.keys.len())
    }
}

#[cfg(test)]
mod tests {
    use super::{Forged, KeyRing, Purpose};
    use crate::secret::Secret;
    use base64::{Engine, engine::general_purpose::STANDARD};

    fn ring(keys: &[u8]) -> KeyRing {
        let keys: Vec<_> = keys.iter().map(|byte| Secret::new(STANDARD.encode([*byte; 32]))).collect();
        KeyRing::new(&keys).unwrap()
    }

    #[test]
    fn opens_what_it_sealed_and_nothing_else() {
        let ring = ring(&[1]);
        let sealed = ring.seal(Purpose::Ticket, b"SELECT 1");
        assert_eq!(ring.open(Purpose::Ticket, &sealed).unwrap(), b"SELECT 1");
        assert_eq!(ring.open(Purpose::Handle, &sealed), Err(Forged));
        assert!(!sealed.windows(6).any(|part| part == b"SELECT"));
        for bit in 0..sealed.len() * 8 {
            let mut flipped = sealed.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(ring.open(Purpose::Ticket, &flipped), Err(Forged), "bit {bit}");
        }
        for length in 0..sealed.len() {
            assert_eq!(ring.open(Purpose::Ticket, &sealed[..length]), Err(Forged), "length {length}");
        }
        assert_ne!(sealed, ring.seal(Purpose::Ticket, b"SELECT 1"));
    }

    #[test]
    fn the_first_key_seals_and_all_open() {
        let old = ring(&[1]).seal(Purpose::Token, b"x");
        let rotated = ring(&[2, 1]);
        assert_eq!(rotated.open(Purpose::Token, &old).unwrap(), b"x");
        let new = rotated.seal(Purpose::Token, b"y");
        assert_eq!(ring(&[2]).open(Purpose::Token, &new).unwrap(), b"y");
        assert_eq!(ring(&[1]).open(Purpose::Token, &new), Err(Forged));
        assert_eq!(KeyRing::new(&[]).unwrap().open(Purpose::Token, &new), Err(Forged));
    }

    #[test]
    fn keys_are_32_bytes() {
        for text in ["", "short", &STANDARD.encode([1; 31])] {
            assert!(KeyRing::new(&[Secret::new(text)]).is_err(), "{text}");
        }
    }
}
