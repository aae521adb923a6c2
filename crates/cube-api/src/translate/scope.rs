//! The query at hand beside its model. Owns the questions that every part of the translation asks of them.

use semantic::{
    Column, Filter, MemberName, Model, Output, SemanticQuery,
    model::{Bins, Grain, NoBins},
    query::{Grouping, UnknownMember},
};

use super::fold;
use crate::request::NotExact;

/// A query whose every member is in the model.
pub(super) struct Scope<'a> {
    pub(super) query: &'a SemanticQuery,
    pub(super) model: &'a Model,
}

impl<'a> Scope<'a> {
    pub(super) fn new(query: &'a SemanticQuery, model: &'a Model) -> Result<Self, UnknownMember> {
        let mut known = Ok(());
        query.members(|member| {
            if let Err(unknown) = semantic::query::column(model, member) {
                known = Err(unknown);
            }
        });
        known.map(|()| Self { query, model })
    }

    pub(super) fn column(&self, member: &MemberName) -> &'a Column {
        self.model.column(member).expect("a scope is only made of a query whose members were all found")
    }

    /// The joins of a statement that joins cubes, which Cube would otherwise find from the members alone. Cubes that a
    /// caller may not know of are left out: Cube finds the shortest way, as the statement's was found.
    pub(super) fn join_hints(&self) -> Vec<Vec<String>> {
        let mut hints = Vec::new();
        self.query.members(|member| {
            if member.asked() == member.as_str() {
                return;
            }
            let way = self.column(member).source.path.cubes().iter();
            let way: Vec<_> = way.filter(|cube| self.model.table(cube).is_some()).collect();
            for edge in way.windows(2) {
                let edge: Vec<_> = edge.iter().map(ToString::to_string).collect();
                if !hints.contains(&edge) {
                    hints.push(edge);
                }
            }
        });
        hints
    }

    pub(super) fn is_measure(&self, member: &MemberName) -> bool {
        self.column(member).is_measure()
    }

    pub(super) fn is_grouped(&self) -> bool {
        self.query.grouping == Grouping::Grouped
    }

    /// True when the answer has one row, whatever rows there are: a group without keys.
    pub(super) fn is_one_row(&self) -> bool {
        self.is_grouped() && self.query.keys().next().is_none()
    }

    /// True when the stored value of `member` is among the outputs.
    pub(super) fn is_output(&self, member: &MemberName) -> bool {
        self.query.outputs.iter().any(|output| match output {
            Output::Dimension(m) | Output::Measure(m) => m == member,
            Output::Time(..) | Output::Custom(..) | Output::Segment(_) => false,
        })
    }

    /// The times among the outputs that are cut to bins.
    pub(super) fn bins(&self) -> impl Iterator<Item = (&'a MemberName, Grain)> {
        self.query.outputs.iter().filter_map(Output::bins)
    }

    /// Where the bins of a time start.
    pub(super) fn starts(&self, member: &MemberName, grain: &Grain) -> Result<Bins, NoBins> {
        self.column(member).source.bins(grain, self.model)
    }

    /// What is tested on rows and what on groups, with constants folded.
    ///
    /// A test of group keys gives the same on rows, and a row of an ungrouped query is its own group.
    pub(super) fn predicates(&self) -> Result<(Filter, Filter), NotExact> {
        let having = fold::fold(&self.query.having, self);
        let mut rows = vec![self.query.filter.clone()];
        let mut groups = Vec::new();
        for part in having.conjuncts() {
            self.demand_keys(part)?;
            let is_of_keys = !members(part).iter().any(|member| self.is_measure(member));
            if !self.is_grouped() || (is_of_keys && !fold::is_never(part)) {
                rows.push(part.clone());
            } else {
                groups.push(part.clone());
            }
        }
        Ok((fold::fold(&Filter::all(rows), self), Filter::all(groups)))
    }

    /// Every dimension in a test of groups must be one of their keys.
    fn demand_keys(&self, filter: &Filter) -> Result<(), NotExact> {
        let is_key = |member: &MemberName| self.is_measure(member) || self.is_output(member);
        match members(filter).into_iter().find(|member| !is_key(member)) {
            Some(member) if self.is_grouped() => Err(NotExact::NotAKey { member }),
            _ => Ok(()),
        }
    }
}

/// The distinct members that a predicate names, in order.
pub(super) fn members(filter: &Filter) -> Vec<MemberName> {
    let mut members = Vec::new();
    filter.members(&mut |member| {
        if !members.contains(member) {
            members.push(member.clone());
        }
    });
    members
}
