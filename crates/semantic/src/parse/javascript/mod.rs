//! Reads JavaScript into values, and never runs it: `cube(..)` and `view(..)` with literals, references and templates.
//! What would have to be run is a problem that names its place and the way out.

mod expression;
mod path;
mod source;
mod statement;
mod template;

use oxc_allocator::Allocator;
use oxc_parser::{ParseOptions, Parser};
use oxc_span::{LabeledSpan, SourceType, Span};

use super::{
    SourceFile,
    node::Problems,
    value::{Data, Value},
};
use source::Source;

/// Brackets inside of each other; the parser goes down as deep.
const DEEPEST: usize = 200;

/// The cubes and views of a file.
pub(super) fn load(file: &SourceFile, problems: &Problems) -> Value {
    let source = Source::new(file, problems);
    if let Some(at) = too_deep(&file.text) {
        return source.told(Span::sized(at, 1), &format!("brackets are nested more than {DEEPEST} deep"));
    }
    let allocator = Allocator::default();
    let parsed = parser(&allocator, &file.text).parse();
    let Some(error) = parsed.diagnostics.errors().next() else {
        return statement::definitions(&parsed.program, &source);
    };
    let place = error.labels.first().map_or(Span::empty(0), LabeledSpan::span);
    source.told(place, &error.message.to_lowercase())
}

/// The value of one expression that is in no file.
pub(super) fn expression(file: &SourceFile, member: &str, problems: &Problems) -> Value {
    let source = Source::without_places(file, problems).of(member);
    if too_deep(&file.text).is_some() {
        return source.told(Span::empty(0), &format!("brackets are nested more than {DEEPEST} deep"));
    }
    let allocator = Allocator::default();
    match parser(&allocator, &file.text).parse_expression() {
        Ok(expression) => expression::value(&expression, &source),
        Err(_) => {
            source.refused(Span::sized(0, file.text.len() as u32), "no expression", "use the model's files")
        }
    }
}

fn parser<'a>(allocator: &'a Allocator, text: &'a str) -> Parser<'a> {
    Parser::new(allocator, text, SourceType::mjs())
        .with_options(ParseOptions { preserve_parens: false, ..ParseOptions::default() })
}

/// Where the brackets go too deep. Those in texts and comments are counted too; nobody writes that many.
fn too_deep(text: &str) -> Option<u32> {
    let mut depth: usize = 0;
    for (at, letter) in text.bytes().enumerate() {
        match letter {
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > DEEPEST {
            return u32::try_from(at).ok();
        }
    }
    None
}

/// Text that is as it stands, braces included.
fn verbatim(text: &str) -> Data {
    Data::Verbatim(text.to_owned())
}
