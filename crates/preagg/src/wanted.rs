//! The query with every member followed to its cube: what a pre-aggregation must hold to answer it.

use std::{
    cell::{OnceCell, RefCell},
    collections::HashMap,
};

use semantic::{
    ColumnKind, Filter, Grouping, JoinPath, MemberName, Model, Output, SemanticQuery,
    model::{JoinTree, Reference},
};

use crate::refusal::Refusal;

/// A query whose members are all known.
pub(crate) struct Wanted<'a> {
    pub(crate) query: &'a SemanticQuery,
    pub(crate) model: &'a Model,
    /// The joins that its rows come from.
    pub(crate) tree: JoinTree,
    /// WHERE and HAVING in literals that the store keeps, or what stands against it.
    pub(crate) kept: OnceCell<Result<[Filter; 2], Refusal>>,
    /// What stands against every rollup, whatever it stores.
    pub(crate) staged: OnceCell<Vec<Refusal>>,
    /// What stands against measures, by measure: rollups are many and ask for the same ones.
    pub(crate) staged_measures: RefCell<HashMap<Reference, Option<Refusal>>>,
}

impl<'a> Wanted<'a> {
    /// `None` when a member is not in the model.
    pub(crate) fn of(query: &'a SemanticQuery, model: &'a Model) -> Option<Self> {
        let mut paths = Vec::new();
        let mut known = true;
        query.members(|member| match model.column(member) {
            Some(column) => paths.push(&column.source.path),
            None => known = false,
        });
        known.then(|| Self {
            query,
            model,
            tree: JoinTree::of(paths),
            kept: OnceCell::new(),
            staged: OnceCell::new(),
            staged_measures: RefCell::default(),
        })
    }

    /// The cube's member behind a name of the query.
    pub(crate) fn source(&self, member: &MemberName) -> &'a Reference {
        &self.model.column(member).expect("Wanted::of looked every member up").source
    }

    /// True when a member holds whole days only.
    pub(crate) fn is_date(&self, member: &MemberName) -> bool {
        self.model.column(member).is_some_and(|column| column.data_type == semantic::ArrowType::Date32)
    }

    /// True when a member is a time dimension.
    pub(crate) fn is_time(&self, member: &MemberName) -> bool {
        let kind = self.model.column(member).map(|column| column.kind);
        matches!(kind, Some(ColumnKind::Dimension(semantic::DimensionType::Time)))
    }

    /// The measures of the output and of HAVING.
    pub(crate) fn measures(&self) -> Vec<&'a MemberName> {
        let mut measures: Vec<&MemberName> = self.query.measures().collect();
        self.query.having.members(&mut |member| {
            if self.model.column(member).is_some_and(semantic::Column::is_measure) {
                measures.push(member);
            }
        });
        measures
    }

    pub(crate) fn is_grouped(&self) -> bool {
        self.query.grouping == Grouping::Grouped
    }

    /// The part of a time's AND-ed ranges that every row must lie in: `from <= t < to`.
    pub(crate) fn range(&self, time: &Reference) -> Option<(Option<i64>, Option<i64>)> {
        let mut found = None;
        for part in self.query.filter.conjuncts() {
            let Filter::During { member, from, to } = part else { continue };
            if self.source(member) == time {
                let (low, high) = found.unwrap_or((None, None));
                let high: Option<i64> = high;
                found = Some((low.max(*from), high.into_iter().chain(*to).min()));
            }
        }
        found
    }

    /// True when a key of the rollup has one value for the whole query: `member = value` or IS NULL, AND-ed.
    pub(crate) fn is_fixed(&self, key: &Reference) -> bool {
        self.query.filter.conjuncts().iter().any(|part| match part {
            Filter::Compare { member, op: semantic::CompareOp::Eq, .. }
            | Filter::Null { member, negated: false }
            | Filter::Segment { member, .. } => self.source(member) == key,
            Filter::In { member, values, negated: false } => values.len() == 1 && self.source(member) == key,
            _ => false,
        })
    }

    /// True when the query groups by the stored value itself.
    pub(crate) fn groups_by(&self, key: &Reference) -> bool {
        self.query.keys().any(|output| match output {
            Output::Dimension(member) | Output::Segment(member) => self.source(member) == key,
            Output::Time(..) | Output::Custom(..) | Output::Measure(_) => false,
        })
    }
}

/// The full path of a member that SQL of a cube at `path` names by `relative`.
pub(crate) fn absolute(path: &JoinPath, relative: &JoinPath, member: &MemberName) -> Reference {
    let mut full = path.clone();
    for cube in relative.cubes().iter().skip(1) {
        full = full.join(cube);
    }
    Reference::new(full, member.clone())
}
