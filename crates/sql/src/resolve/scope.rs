//! The names that are visible at one place of a statement.

use datafusion::sql::sqlparser::ast::Expr;
use semantic::MemberName;

use super::quoted;
use crate::error::{Near, PlanError, Result};

/// The columns of a relation or of a query's output.
#[derive(Debug, Clone, Default)]
pub(super) struct Names {
    pub(super) columns: Vec<ColumnName>,
    /// True when there may be columns that only the planner names.
    pub(super) open: bool,
    /// Columns that were given names of their own, because an earlier one has theirs.
    pub(super) copies: Vec<Copied>,
}

/// An output column that is shown by the name of an earlier one.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Copied {
    pub(crate) position: usize,
    pub(crate) original: usize,
}

/// A column's name, and what it is in the model.
#[derive(Debug, Clone)]
pub(super) struct ColumnName {
    pub(super) name: String,
    pub(super) meaning: Meaning,
    pub(super) bare: Bare,
}

/// What a column's name means where nothing qualifies it.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Bare {
    /// The column.
    Own,
    /// This, which a join made of the column and of another one.
    Merged(Box<Expr>),
    /// The column that a join made of it and of another one.
    Hidden,
}

/// What a column is in the model.
#[derive(Debug, Clone)]
pub(super) enum Meaning {
    /// A value of every row.
    Plain,
    /// Aggregated.
    Measure(MemberName),
    /// A named predicate.
    Segment,
    /// A word of SQL that stands for the joins of a cube.
    Virtual,
}

impl ColumnName {
    /// A column that the statement itself names.
    pub(super) fn plain(name: String) -> Self {
        Self::new(name, Meaning::Plain)
    }

    pub(super) fn new(name: String, meaning: Meaning) -> Self {
        Self { name, meaning, bare: Bare::Own }
    }

    /// True when NATURAL JOIN takes notice of it.
    pub(super) fn is_natural(&self) -> bool {
        self.bare != Bare::Hidden && matches!(self.meaning, Meaning::Plain | Meaning::Measure(_))
    }
}

/// A relation of FROM.
#[derive(Debug, Clone)]
pub(super) struct Relation {
    /// What qualifies its columns; `None` for a sub-query without alias.
    pub(super) name: Option<String>,
    pub(super) names: Names,
}

/// The relations of one SELECT, inside those of the queries around it.
#[derive(Debug, Default)]
pub(super) struct Scope<'s> {
    pub(super) relations: Vec<Relation>,
    /// What the relations are listed in, by commas.
    pub(super) items: Vec<FromItem>,
    pub(super) outer: Option<&'s Scope<'s>>,
}

/// An item of FROM: relations that are joined.
#[derive(Debug)]
pub(super) struct FromItem {
    /// The position of its first relation.
    pub(super) first: usize,
    /// Columns that its joins made one, in the order of `*`.
    pub(super) merged: Vec<String>,
}

/// A column that a name was resolved to.
#[derive(Debug, Clone)]
pub(super) struct Found {
    pub(super) relation: Option<String>,
    pub(super) column: ColumnName,
}

impl Found {
    /// The expression for it where its bare name was written.
    pub(super) fn bare(&self) -> Expr {
        match &self.column.bare {
            Bare::Merged(value) => Expr::clone(value),
            Bare::Own | Bare::Hidden => self.qualified(),
        }
    }

    /// The expression for the column itself.
    pub(super) fn qualified(&self) -> Expr {
        let column = quoted(&self.column.name);
        match &self.relation {
            Some(relation) => Expr::CompoundIdentifier(vec![quoted(relation), column]),
            None => Expr::Identifier(column),
        }
    }
}

impl Names {
    pub(super) fn unknown() -> Self {
        Self { open: true, ..Self::default() }
    }
}

/// Exact match, else the only one that differs in case.
pub(super) fn pick<'a, T>(
    written: &str,
    candidates: impl Iterator<Item = &'a T> + Clone,
    name: impl Fn(&T) -> &str,
) -> Result<Option<&'a T>> {
    if let Some(exact) = candidates.clone().find(|candidate| name(candidate) == written) {
        return Ok(Some(exact));
    }
    let mut alike: Vec<&T> = candidates.filter(|c| name(c).eq_ignore_ascii_case(written)).collect();
    alike.sort_by_key(|candidate| name(candidate).to_owned());
    alike.dedup_by(|a, b| name(a) == name(b));
    match alike.as_slice() {
        [] => Ok(None),
        [only] => Ok(Some(only)),
        several => {
            let candidates = several.iter().map(|candidate| name(candidate).to_owned()).collect();
            Err(PlanError::Ambiguous { name: written.to_owned(), candidates })
        }
    }
}

impl Relation {
    /// Columns that are known by their bare names.
    pub(super) fn bare(&self) -> impl Iterator<Item = &ColumnName> + Clone {
        self.names.columns.iter().filter(|column| column.bare != Bare::Hidden)
    }
}

impl<'s> Scope<'s> {
    /// Without relations yet.
    pub(super) fn new(outer: Option<&'s Scope<'s>>) -> Self {
        Self { outer, ..Self::default() }
    }

    /// Columns of the item of FROM at hand have become one, by the join that comes last.
    pub(super) fn merge(&mut self, names: Vec<String>) {
        let Some(item) = self.items.last_mut() else { return };
        let older = std::mem::replace(&mut item.merged, names);
        let older: Vec<String> = older.into_iter().filter(|name| !item.merged.contains(name)).collect();
        item.merged.extend(older);
    }

    /// The column that a bare name means; from the innermost scope that knows it.
    pub(super) fn column(&self, written: &str) -> Result<Option<Found>> {
        if let Some(found) = self.exactly(written) {
            return Ok(Some(found));
        }
        let columns = self.relations.iter().flat_map(Relation::bare);
        if let Some(column) = pick(written, columns, |column| &column.name)? {
            return Ok(self.exactly(&column.name));
        }
        match self.outer {
            Some(outer) if !self.is_open() => outer.column(written),
            _ => Ok(None),
        }
    }

    /// The column of this very name.
    fn exactly(&self, name: &str) -> Option<Found> {
        let owns = |relation: &Relation| relation.bare().any(|column| column.name == name);
        let mut relations = self.relations.iter();
        let (owner, column) = relations.by_ref().find_map(|relation| {
            let column = relation.bare().find(|column| column.name == name)?;
            Some((&relation.name, column))
        })?;
        // Two relations have it: the planner says so better, with both named.
        let relation = if relations.any(owns) { None } else { owner.clone() };
        Some(Found { relation, column: column.clone() })
    }

    /// The relation that a qualifier means.
    pub(super) fn relation(&self, written: &str) -> Result<Option<&Relation>> {
        let named = self.relations.iter().filter(|relation| relation.name.is_some());
        let found = pick(written, named, |relation| relation.name.as_deref().unwrap_or_default())?;
        match (found, self.outer) {
            (None, Some(outer)) => outer.relation(written),
            (found, _) => Ok(found),
        }
    }

    /// True when joins made columns one.
    pub(super) fn is_merged(&self) -> bool {
        self.items.iter().any(|item| !item.merged.is_empty())
    }

    /// True when some relation here or around has columns that are not known.
    pub(super) fn is_open(&self) -> bool {
        self.relations.iter().any(|relation| relation.names.open) || self.outer.is_some_and(Scope::is_open)
    }

    /// At most three visible column names like `written`.
    pub(super) fn near(&self, written: &str) -> Near {
        let mut names = Vec::new();
        let mut scope = Some(self);
        while let Some(at) = scope {
            let columns = at.relations.iter().flat_map(|relation| &relation.names.columns);
            names.extend(columns.map(|column| column.name.as_str()));
            scope = at.outer;
        }
        near(written, names.into_iter())
    }
}

/// At most three of `names` that look like `written`, best first.
pub(super) fn near<'a>(written: &str, names: impl Iterator<Item = &'a str>) -> Near {
    let written = written.to_lowercase();
    let likeness = |name: &str| {
        datafusion::common::utils::datafusion_strsim::normalized_levenshtein(&written, &name.to_lowercase())
    };
    let mut alike: Vec<(f64, &str)> =
        names.map(|name| (likeness(name), name)).filter(|(likeness, _)| *likeness >= 0.5).collect();
    alike.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(b.1)));
    alike.dedup();
    Near(alike.into_iter().take(3).map(|(_, name)| name.to_owned()).collect())
}
