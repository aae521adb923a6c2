//! Member names. Parsed once at the door; everybody behind it carries the type.

use std::{fmt, sync::Arc};

/// The one catalog that tables are in.
pub const CATALOG: &str = "cube";
/// The schema of cubes and views.
pub const SCHEMA: &str = "public";

/// `cube.member` or `view.member`, exactly as the model spells it.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct MemberName {
    path: Arc<str>,
    dot: usize,
}

/// A text that is not `cube.member`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a member name; write `cube.member`")]
pub struct NotAMember(String);

impl MemberName {
    /// Joins a cube or view name and a member's own name.
    pub fn new(table: &str, member: &str) -> Self {
        Self { path: format!("{table}.{member}").into(), dot: table.len() }
    }

    /// Reads `cube.member`.
    pub fn parse(text: &str) -> Result<Self, NotAMember> {
        match text.split_once('.') {
            Some((table, member)) if is_identifier(table) && is_identifier(member) => {
                Ok(Self::new(table, member))
            }
            _ => Err(NotAMember(text.to_owned())),
        }
    }

    /// The cube or view.
    pub fn table(&self) -> &str {
        &self.path[..self.dot]
    }

    /// The member without its cube.
    pub fn member(&self) -> &str {
        &self.path[self.dot + 1..]
    }

    /// `cube.member`, behind the cube that it is joined to where a statement joins cubes.
    pub fn as_str(&self) -> &str {
        &self.path
    }

    /// `cube.member` as Cube's API knows it.
    pub fn asked(&self) -> &str {
        let behind = self.path.rmatch_indices('.').nth(1);
        behind.map_or(&self.path, |(dot, _)| &self.path[dot + 1..])
    }
}

/// What Cube accepts as the name of a cube, view or member.
pub fn is_identifier(text: &str) -> bool {
    let mut bytes = text.bytes();
    bytes.next().is_some_and(|b| b.is_ascii_alphabetic() || b == b'_')
        && bytes.all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

impl fmt::Display for MemberName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.path)
    }
}

impl fmt::Debug for MemberName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.path)
    }
}

impl serde::Serialize for MemberName {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.path)
    }
}

#[cfg(test)]
mod tests {
    use super::MemberName;

    #[test]
    fn a_member_over_a_join_is_asked_for_by_its_own_cube() {
        for (name, asked) in [
            (MemberName::new("orders", "count"), "orders.count"),
            (MemberName::new("orders", "users.name"), "users.name"),
        ] {
            assert_eq!(name.asked(), asked);
        }
    }

    #[test]
    fn parses_only_two_identifiers() {
        let name = MemberName::parse("orders.created_at").unwrap();
        assert_eq!((name.table(), name.member()), ("orders", "created_at"));
        for text in ["orders", "orders.", ".count", "a.b.c", "or ders.count", "1a.b", ""] {
            assert!(MemberName::parse(text).is_err(), "{text}");
        }
    }
}
