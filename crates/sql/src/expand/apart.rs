//! Cubes that the model joins, read from rollups of their own and joined above them: what is summed on one side, grouped
//! by the keys of the joins, and of the other sides the rows that these keys find.

use std::sync::Arc;

use datafusion::{
    common::{Column, JoinType, NullEquality},
    logical_expr::{LogicalPlan, LogicalPlanBuilder},
};
use semantic::{
    ColumnKind, Filter, MemberName, Model, Output, Remainder, SemanticQuery,
    model::{Apart, JoinCut},
    query,
};

use super::{
    bins::{adds_up, tested},
    name, of, plain_leaf, scan,
};
use crate::{
    error::Result,
    freeze::Leaf,
    leaf::LEAF,
    remainder::{finished, predicate, regrouped},
};

/// A leaf whose cubes are apart.
#[derive(Debug, Clone)]
pub struct Joined<'a> {
    /// The parts, the one whose rows are kept first.
    pub leaves: Vec<Leaf>,
    /// The model that the parts are asked by. It has keys that callers may not name.
    pub model: Arc<Model>,
    whole: &'a Leaf,
    shown: &'a Model,
    cuts: Vec<JoinCut>,
    parts: Parts<'a>,
}

/// The ways to read the cubes of a leaf apart; none where values do not add up over the keys of the joins.
pub fn apart<'a>(leaf: &'a Leaf, model: &'a Model) -> impl Iterator<Item = Result<Joined<'a>>> {
    let query = &leaf.query;
    let is_plain = !leaf.contextual && !query.unrolled && query.measures().next().is_some();
    let ways = is_plain.then(|| Apart::all(query, model)).into_iter().flatten();
    ways.filter_map(move |apart| {
        let parts = Parts::of(query, &apart)?;
        let leaves = parts.leaves(&apart.model);
        let (cuts, seen) = (apart.cuts, Arc::new(apart.model));
        Some(leaves.map(|leaves| Joined { leaves, model: seen, whole: leaf, shown: model, cuts, parts }))
    })
}

impl Joined<'_> {
    /// Joins the parts, and shows the visible columns of the leaf.
    pub fn plan(&self) -> Result<LogicalPlan> {
        let (query, model) = (&self.whole.query, self.shown);
        let columns = self.parts.fetched.iter().map(|(part, output)| {
            of(&name(*part), &output.name()).alias_qualified(Some(LEAF), output.name())
        });
        let mut plan = self.found()?.project(columns.collect::<Vec<_>>())?;
        if !self.parts.above.is_empty() {
            plan = plan.filter(predicate(&Filter::all(self.parts.above.iter().cloned()), model)?)?;
        }
        let tested = tested(query, model);
        let plan = regrouped(plan, &query.outputs.iter().chain(&tested).collect::<Vec<_>>(), model)?;
        let (having, order) = (query.having.clone(), query.order.clone());
        let rest =
            Remainder { having, order, limit: query.limit, offset: query.offset, ..Remainder::nothing() };
        finished(plan, self.whole, &rest, model)
    }

    /// The rows of the first part with what they find. The others are on the left, where a join keeps what it reads: the
    /// first is the long one.
    fn found(&self) -> Result<LogicalPlanBuilder> {
        let mut plan: LogicalPlan = scan(0, &self.leaves[0])?;
        for (place, cut) in self.cuts.iter().enumerate() {
            let part = place + 1;
            let key = |part: usize, key: &MemberName| Column::new(Some(name(part)), key.member());
            let on = (
                cut.keys.iter().map(|[_, far]| key(part, far)).collect::<Vec<_>>(),
                cut.keys.iter().map(|[near, _]| key(cut.from, near)).collect::<Vec<_>>(),
            );
            let kind = if self.parts.asked[part].demanded { JoinType::Inner } else { JoinType::Right };
            let behind = LogicalPlanBuilder::from(scan(part, &self.leaves[part])?);
            plan = behind.join_detailed(plan, kind, on, None, NullEquality::NullEqualsNothing)?.build()?;
        }
        Ok(LogicalPlanBuilder::from(plan))
    }
}

/// What each part is asked, and what is left to be tested on the joined rows.
#[derive(Debug, Clone)]
struct Parts<'a> {
    query: &'a SemanticQuery,
    asked: Vec<Asked>,
    above: Vec<Filter>,
    /// What is shown or tested above, by part.
    fetched: Vec<(usize, Output)>,
}

/// The query of a part.
#[derive(Debug, Clone, Default)]
struct Asked {
    outputs: Vec<Output>,
    filters: Vec<Filter>,
    /// Rows that find nothing in it are dropped.
    demanded: bool,
}

impl<'a> Parts<'a> {
    fn of(query: &'a SemanticQuery, apart: &Apart) -> Option<Self> {
        let asked = vec![Asked::default(); apart.cuts.len() + 1];
        let mut parts = Self { query, asked, above: Vec::new(), fetched: Vec::new() };
        for output in query.outputs.iter().chain(&tested(query, &apart.model)) {
            parts.fetch(apart.part(output.member())?, output.clone());
        }
        for test in query.filter.conjuncts() {
            parts.test(test, apart)?;
        }
        for (place, cut) in apart.cuts.iter().enumerate() {
            for [near, far] in &cut.keys {
                parts.asked[cut.from].outputs.push(Output::Dimension(near.clone()));
                parts.asked[place + 1].outputs.push(Output::Dimension(far.clone()));
            }
        }
        // The groups of the first part are finer than those of the leaf by what only it has.
        let first = parts.asked[0].outputs.iter();
        let first = first.filter(|output| !output.is_measure() && !query.outputs.contains(output));
        let finer: Vec<_> = first.map(|output| output.member().clone()).collect();
        adds_up(query, &finer, &apart.model).then_some(parts)
    }

    fn fetch(&mut self, part: usize, output: Output) {
        if !self.fetched.iter().any(|(_, known)| *known == output) {
            self.asked[part].outputs.push(output.clone());
            self.fetched.push((part, output));
        }
    }

    /// A test goes to the part that it is about, if rows that find nothing there do not pass it. Others are made above.
    fn test(&mut self, test: &Filter, apart: &Apart) -> Option<()> {
        let mut members: Vec<(usize, &MemberName)> = Vec::new();
        let mut known = true;
        test.members(&mut |member| match apart.part(member) {
            Some(part) => members.push((part, member)),
            None => known = false,
        });
        let part = members.first().map_or(0, |(part, _)| *part);
        let is_of_one = known && members.iter().all(|(other, _)| *other == part);
        if is_of_one && (part == 0 || !test.passes_nulls()) {
            self.asked[part].demanded = true;
            self.asked[part].filters.push(test.clone());
            return Some(());
        }
        for (part, member) in members {
            let output = match query::column(&apart.model, member).ok()? {
                column if column.kind == ColumnKind::Segment => Output::Segment(member.clone()),
                // A range may be tested on stored bins, which are no value to test above.
                column if column.data_type.is_time() => return None,
                _ => Output::Dimension(member.clone()),
            };
            self.fetch(part, output);
        }
        self.above.push(test.clone());
        known.then_some(())
    }

    fn leaves(&self, model: &Model) -> Result<Vec<Leaf>> {
        let leaf = |Asked { outputs, filters, .. }: &Asked| {
            let filter = Filter::all(filters.iter().cloned());
            let query = SemanticQuery::grouped(outputs.clone(), self.query.zone);
            plain_leaf(SemanticQuery { filter, ..query }, model)
        };
        self.asked.iter().map(leaf).collect()
    }
}
