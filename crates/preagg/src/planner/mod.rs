//! Cube's choice: the first of the query's pre-aggregations that its planner takes for fit, in the words of its rules.
//!
//! Names are compared as its planner compares them: by their way through a join, or by a name that the query has for
//! them. Where that differs from what rows are the same, [`choose`](crate::choose()) is the one to ask.

mod fits;
mod grains;
mod joins;
mod lint;
mod made_of;
mod member;
mod question;
mod sql;
mod stored;
mod trace;

use std::{collections::HashMap, sync::Arc};

use semantic::{AskedQuery, MemberName, Model, PreAggregation, model::PreAggregationKind};

use crate::refusal::Refused;
pub use lint::{Finding, Flaw};
use question::Question;
pub use sql::CubeSql;
use stored::Stored;

/// Which pre-aggregations count as fit, and which of them is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Policy {
    /// Whether a range may cut through stored bins.
    pub dates: Dates,
    /// Which one is taken.
    pub pick: Pick,
}

/// Whether a range may cut through stored bins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dates {
    /// As each pre-aggregation says; it may where nothing is said.
    AsDeclared,
    /// Never.
    Strict,
}

/// Which of several that fit is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pick {
    /// The first one declared.
    First,
    /// Coarser bins first, then fewer columns.
    Cheapest,
}

/// A query that Cube answers with an error, whatever it would read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unanswerable {
    /// A name that the model does not have.
    #[error("the data model has no member `{0}`")]
    UnknownMember(MemberName),
    /// A place or a rank behind a view.
    #[error("`{0}` cannot be asked for through a view; ask its cube")]
    LostInView(MemberName),
    /// Bins that the time does not declare.
    #[error("`{time}` has no granularity `{name}`")]
    UnknownGranularity {
        /// The bins.
        name: String,
        /// The time.
        time: MemberName,
    },
    /// Cubes that no joins lead between.
    #[error("no joins lead from one of {} to all of the others", .0.join(", "))]
    NoJoinPath(Vec<String>),
    /// A group of filters over rows and groups.
    #[error("a filter combines dimensions with measures in one `and` or `or`")]
    MixedFilter,
    /// HAVING without groups.
    #[error("a query for rows cannot filter by measures")]
    FilteredRows,
    /// Rows that nothing tells apart.
    #[error("rows of `{0}` cannot be asked for: it has no primary key")]
    NoPrimaryKey(String),
    /// A pre-aggregation of others that cannot be put together, which stops every query on its cube.
    #[error("`{rollup}` cannot be put together: {why}")]
    BrokenRollup {
        /// Its name.
        rollup: MemberName,
        /// What is wrong.
        why: String,
    },
}

/// A choice with its reasons.
#[derive(Debug, Clone, PartialEq)]
pub struct Choice<'m> {
    /// The pre-aggregation that is read.
    pub chosen: Option<Chosen<'m>>,
    /// The tables of `original_sql` that rows come from where nothing fits, or that what is read is built from.
    pub original: Vec<&'m PreAggregation>,
    /// Others that fit.
    pub passed_over: Vec<MemberName>,
    /// Those that do not fit.
    pub refused: Vec<Refused>,
}

/// The pre-aggregation that is read.
#[derive(Debug, Clone, PartialEq)]
pub struct Chosen<'m> {
    /// Itself.
    pub rollup: &'m PreAggregation,
    /// Its times along the joins, each with the name of its bins.
    pub times: Vec<(String, String)>,
    /// The pre-aggregations that rows are read from: itself, or those that it is made of.
    pub parts: Vec<&'m PreAggregation>,
    /// The store's SQL over logical tables; `None` where that reads more than what is stored.
    pub sql: Option<CubeSql>,
}

/// The pre-aggregations of a model, named as Cube's planner names them. Made once per model.
#[derive(Debug)]
pub struct Planner<'m> {
    model: &'m Model,
    stored: HashMap<Arc<str>, Vec<Read<'m>>>,
}

/// A pre-aggregation whose references were read.
#[derive(Debug)]
struct Read<'m> {
    name: MemberName,
    stored: Result<Stored<'m>, Unanswerable>,
}

impl<'m> Planner<'m> {
    /// Reads the references of every pre-aggregation.
    pub fn new(model: &'m Model) -> Self {
        let stored = model.cubes().map(|cube| {
            let read =
                cube.pre_aggregations.iter().filter(|rollup| rollup.kind != PreAggregationKind::OriginalSql);
            let read =
                read.map(|rollup| Read { name: rollup.name.clone(), stored: Stored::of(rollup, model) });
            (cube.name.clone(), read.collect())
        });
        Self { model, stored: stored.collect() }
    }

    /// Picks the pre-aggregation for a query, whose tables lie in a schema of the store.
    pub fn choose(&self, ask: &AskedQuery, policy: Policy, schema: &str) -> Result<Choice<'m>, Unanswerable> {
        let question = Question::of(ask, self.model)?;
        let (mut fitting, mut refused) = (Vec::new(), Vec::new());
        for read in question.cubes.iter().filter_map(|cube| self.stored.get(cube)).flatten() {
            let stored = read.stored.as_ref().map_err(Clone::clone)?;
            match fits::check(&question, stored, policy) {
                Ok(()) => fitting.push(stored),
                Err(reasons) => {
                    refused.push(Refused { pre_aggregation: stored.rollup.name.clone(), reasons });
                }
            }
        }
        if policy.pick == Pick::Cheapest {
            fitting.sort_by_cached_key(|stored| crate::choose::shape_cost(stored.rollup, self.model));
        }
        let mut fitting = fitting.into_iter();
        let chosen = fitting.next().map(|stored| Chosen {
            rollup: stored.rollup,
            times: stored.times.iter().map(|time| (time.path.clone(), time.granularity.clone())).collect(),
            sql: sql::write(&question, stored, schema),
            parts: if stored.parts.is_empty() { vec![stored.rollup] } else { stored.parts.clone() },
        });
        let passed_over = fitting.map(|stored| stored.rollup.name.clone()).collect();
        let original = match &chosen {
            None => self.original(&question.joined),
            Some(chosen) => {
                let parts = chosen
                    .parts
                    .iter()
                    .filter(|part| part.build.use_original_sql_pre_aggregations == Some(true));
                parts.flat_map(|part| self.original(self.joined(part))).collect()
            }
        };
        Ok(Choice { chosen, original, passed_over, refused })
    }

    /// The first `original_sql` of each cube.
    fn original(&self, cubes: &[Arc<str>]) -> Vec<&'m PreAggregation> {
        let is_original = |rollup: &&PreAggregation| rollup.kind == PreAggregationKind::OriginalSql;
        let cubes = cubes.iter().filter_map(|cube| self.model.cube(cube));
        cubes.filter_map(|cube| cube.pre_aggregations.iter().find(is_original)).collect()
    }

    fn joined(&self, rollup: &PreAggregation) -> &[Arc<str>] {
        let read = self.stored.get(rollup.cube()).into_iter().flatten();
        let mut stored = read.filter_map(|read| read.stored.as_ref().ok());
        stored.find(|stored| stored.rollup.name == rollup.name).map_or(&[], |stored| &stored.joined)
    }
}

impl Policy {
    /// As Cube itself chooses.
    pub const CUBE: Self = Self { dates: Dates::AsDeclared, pick: Pick::First };
    /// By what a read costs, and never approximately.
    pub const BEST: Self = Self { dates: Dates::Strict, pick: Pick::Cheapest };
}
