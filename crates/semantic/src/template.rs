//! SQL of the data model: text with references in braces, resolved against the model when it is read.

use std::{fmt, sync::Arc};

use crate::{model::JoinPath, name::MemberName};

/// A piece of model SQL whose references are resolved.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Template {
    /// Text and references, in order.
    pub pieces: Vec<Piece>,
}

/// Text or a reference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// SQL as written.
    Text(String),
    /// `{CUBE}` or `{cube}`: the alias of a cube's table.
    Table(Arc<str>),
    /// `{member}`, `{CUBE.member}`, `{a.b.member}`.
    Member {
        /// How the cube is reached; empty means the cube that the SQL belongs to.
        path: JoinPath,
        /// The member, in its own cube.
        member: MemberName,
    },
    /// `{cube.sql()}`: the rows of another cube.
    Source(Arc<str>),
    /// SECURITY_CONTEXT, COMPILE_CONTEXT, FILTER_PARAMS: known only to Cube, per caller.
    Context(String),
}

/// What braces in a template may hold.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TemplateError {
    /// `{` without `}`.
    #[error("`{{` without its `}}`")]
    Unclosed,
    /// Jinja.
    #[error("Jinja templates are not read; write plain YAML, or point `[model] path` at rendered files")]
    Jinja,
    /// A reference that the model has no answer for.
    #[error("`{{{0}}}` names no cube and no member")]
    Unknown(String),
}

/// Words that only Cube can resolve, for one caller.
const CONTEXTS: [&str; 5] =
    ["SECURITY_CONTEXT", "COMPILE_CONTEXT", "FILTER_PARAMS", "FILTER_GROUP", "USER_CONTEXT"];

impl Template {
    /// Reads `text`; `resolve` is asked for each reference that is no context word.
    pub fn parse(text: &str, mut resolve: impl FnMut(&str) -> Option<Piece>) -> Result<Self, TemplateError> {
        if text.contains("{{") || text.contains("{%") {
            return Err(TemplateError::Jinja);
        }
        let mut pieces = Vec::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('{') {
            let (inner, behind) = after.split_once('}').ok_or(TemplateError::Unclosed)?;
            push_text(&mut pieces, before);
            let inner = inner.trim();
            pieces.push(if context_word(inner).is_some_and(|at| at == 0) {
                Piece::Context(inner.to_owned())
            } else {
                resolve(inner).ok_or_else(|| TemplateError::Unknown(inner.to_owned()))?
            });
            rest = behind;
        }
        push_text(&mut pieces, rest);
        Ok(Self { pieces })
    }

    /// The members that the SQL names.
    pub fn members(&self) -> impl Iterator<Item = (&JoinPath, &MemberName)> {
        self.pieces.iter().filter_map(|piece| match piece {
            Piece::Member { path, member } => Some((path, member)),
            Piece::Text(_) | Piece::Table(_) | Piece::Source(_) | Piece::Context(_) => None,
        })
    }

    /// The cubes that the SQL names, by themselves or by a member.
    pub fn cubes(&self) -> impl Iterator<Item = &str> {
        self.pieces.iter().filter_map(|piece| match piece {
            Piece::Table(cube) | Piece::Source(cube) => Some(&**cube),
            Piece::Member { member, .. } => Some(member.table()),
            Piece::Text(_) | Piece::Context(_) => None,
        })
    }

    /// The first reference that only Cube can resolve.
    pub fn context(&self) -> Option<&str> {
        self.pieces.iter().find_map(|piece| match piece {
            Piece::Context(word) => Some(word.as_str()),
            Piece::Text(_) | Piece::Table(_) | Piece::Source(_) | Piece::Member { .. } => None,
        })
    }

    /// The member, when the SQL is nothing but one reference.
    pub fn proxy(&self) -> Option<(&JoinPath, &MemberName)> {
        match self.pieces.as_slice() {
            [Piece::Member { path, member }] => Some((path, member)),
            _ => None,
        }
    }
}

impl Template {
    /// Appends SQL as written.
    pub(crate) fn text(&mut self, text: &str) -> &mut Self {
        push_text(&mut self.pieces, text);
        self
    }

    /// Appends another template.
    pub(crate) fn template(&mut self, other: &Self) -> &mut Self {
        self.pieces.extend(other.pieces.iter().cloned());
        self
    }
}

/// Where `text` first names something that only Cube can resolve.
pub fn context_word(text: &str) -> Option<usize> {
    CONTEXTS.iter().filter_map(|word| text.find(word)).min()
}

fn push_text(pieces: &mut Vec<Piece>, text: &str) {
    if !text.is_empty() {
        pieces.push(Piece::Text(text.to_owned()));
    }
}

impl fmt::Display for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.pieces.iter().try_for_each(|piece| match piece {
            Piece::Text(text) => f.write_str(text),
            Piece::Table(cube) => write!(f, "{{{cube}}}"),
            Piece::Source(cube) => write!(f, "{{{cube}.sql()}}"),
            Piece::Member { path, member } if path.is_empty() => write!(f, "{{{member}}}"),
            Piece::Member { path, member } => write!(f, "{{{path}.{}}}", member.member()),
            Piece::Context(word) => write!(f, "{{{word}}}"),
        })
    }
}

impl serde::Serialize for Template {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::{Piece, Template};
    use crate::{model::JoinPath, name::MemberName};
    use expect_test::{Expect, expect};

    fn check(text: &str, expect: Expect) {
        let resolve = |inner: &str| match inner {
            "CUBE" => Some(Piece::Table("orders".into())),
            "total" => {
                Some(Piece::Member { path: JoinPath::default(), member: MemberName::new("orders", "total") })
            }
            _ => None,
        };
        let shown = match Template::parse(text, resolve) {
            Ok(template) => format!("{:?}", template.pieces),
            Err(error) => error.to_string(),
        };
        expect.assert_eq(&shown);
    }

    #[test]
    fn references() {
        check(
            "{CUBE}.a + { total }",
            expect![[
                r#"[Table("orders"), Text(".a + "), Member { path: JoinPath([]), member: orders.total }]"#
            ]],
        );
        check("plain", expect![[r#"[Text("plain")]"#]]);
        check(
            "{SECURITY_CONTEXT.tenant.filter('x')}",
            expect![[r#"[Context("SECURITY_CONTEXT.tenant.filter('x')")]"#]],
        );
        check("{nope}", expect!["`{nope}` names no cube and no member"]);
        check("{CUBE.a", expect!["`{` without its `}`"]);
        check(
            "{{ jinja }}",
            expect![
                "Jinja templates are not read; write plain YAML, or point `[model] path` at rendered files"
            ],
        );
    }
}
