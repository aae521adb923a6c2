//! The names that are visible at one place of a statement.

use semantic::MemberName;

use crate::error::{Near, PlanError, Result};

/// The columns of a relation or of a query's output.
#[derive(Debug, Clone, Default)]
pub(super) struct Names {
    pub(super) columns: Vec<ColumnName>,
    /// True when there may be columns that only the planner names.
    pub(super) open: bool,
}

/// A column's name, and what it is in the model.
#[derive(Debug, Clone)]
pub(super) struct ColumnName {
    pub(super) name: String,
    pub(super) meaning: Meaning,
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
        Self { name, meaning: Meaning::Plain }
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
    pub(super) outer: Option<&'s Scope<'s>>,
}

/// A column that a name was resolved to.
#[derive(Debug, Clone)]
pub(super) struct Found {
    pub(super) relation: Option<String>,
    pub(super) column: ColumnName,
}

impl Names {
    pub(super) fn unknown() -> Self {
        Self { columns: Vec::new(), open: true }
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

impl<'s> Scope<'s> {
    /// The column that a bare name means; from the innermost scope that knows it.
    pub(super) fn column(&self, written: &str) -> Result<Option<Found>> {
        let columns = self.relations.iter().flat_map(|relation| &relation.names.columns);
        if let Some(column) = pick(written, columns, |column| &column.name)? {
            let mut owners = self
                .relations
                .iter()
                .filter(|relation| relation.names.columns.iter().any(|other| other.name == column.name));
            let owner = owners.next().and_then(|relation| relation.name.clone());
            // Two relations have it: the planner says so better, with both named.
            let relation = if owners.next().is_some() { None } else { owner };
            return Ok(Some(Found { relation, column: column.clone() }));
        }
        match self.outer {
            Some(outer) if !self.is_open() => outer.column(written),
            _ => Ok(None),
        }
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
