//! A file while it is read: places, and what cannot be read.

use oxc_span::Span;

use crate::parse::{
    SourceFile,
    node::Problems,
    value::{Data, Place, Value},
};

/// Letters of the source that a problem shows.
const SHOWN: usize = 40;

/// A file while it is read.
pub(super) struct Source<'s> {
    file: &'s SourceFile,
    /// Where each line begins; empty for code that is in no file.
    lines: Vec<usize>,
    problems: &'s Problems,
    /// The cube or view that is read.
    member: String,
}

impl<'s> Source<'s> {
    pub(super) fn new(file: &'s SourceFile, problems: &'s Problems) -> Self {
        let starts = file.text.match_indices('\n').map(|(at, _)| at + 1);
        Self { file, lines: [0].into_iter().chain(starts).collect(), problems, member: String::new() }
    }

    /// Code that is in no file.
    pub(super) fn without_places(file: &'s SourceFile, problems: &'s Problems) -> Self {
        Self { file, lines: Vec::new(), problems, member: String::new() }
    }

    /// The same file, on behalf of a cube or view.
    pub(super) fn of(&self, member: &str) -> Self {
        Self { member: member.to_owned(), lines: self.lines.clone(), ..*self }
    }

    pub(super) fn value(&self, span: Span, data: Data) -> Value {
        Value { place: self.place(span), data }
    }

    /// What stands in place of a value that cannot be read, once the problem is told.
    pub(super) fn told(&self, span: Span, message: &str) -> Value {
        self.problems.push(&self.file.path, self.place(span), &self.member, message);
        self.value(span, Data::Told)
    }

    /// The same for code that would have to be run.
    pub(super) fn refused(&self, span: Span, what: &str, advice: &str) -> Value {
        let shown = self.shown(span);
        self.told(span, &format!("`{shown}` is {what}; JavaScript is read here and never run: {advice}"))
    }

    pub(super) fn text(&self, span: Span) -> &'s str {
        self.file.text.get(span.start as usize..span.end as usize).unwrap_or_default()
    }

    fn shown(&self, span: Span) -> String {
        let mut letters = self.text(span).chars().take_while(|letter| *letter != '\n').peekable();
        let mut shown: String = letters.by_ref().take(SHOWN).collect();
        if shown.len() < self.text(span).len() {
            shown.truncate(shown.trim_end().len());
            shown.push_str(" …");
        }
        shown
    }

    fn place(&self, span: Span) -> Option<Place> {
        let at = span.start as usize;
        let line = self.lines.partition_point(|start| *start <= at);
        let start = *self.lines.get(line.checked_sub(1)?)?;
        let before = self.file.text.get(start..at).unwrap_or_default();
        Some(Place { line, column: before.chars().count() + 1 })
    }
}
