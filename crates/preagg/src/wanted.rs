//! The query with every member followed to its cube: what a pre-aggregation must hold to answer it.

use std::{
    cell::{OnceCell, RefCell},
    collections::{HashMap, HashSet},
};

use semantic::{
    Column, ColumnKind, Filter, Granularity, Grouping, Measure, MemberName, Model, Output, SemanticQuery,
    model::{Bins, Grain, JoinTree, NoBins, Reference},
};

use crate::{cover::staged, refusal::Refusal};

/// A query whose members are all known.
pub(crate) struct Wanted<'a> {
    pub(crate) query: &'a SemanticQuery,
    pub(crate) model: &'a Model,
    /// The joins that its rows come from.
    pub(crate) tree: JoinTree,
    /// Its outputs.
    pub(crate) outputs: Vec<Asked<'a>>,
    /// The tests of WHERE, out of whatever nesting.
    pub(crate) tests: Vec<Test<'a>>,
    /// True when it names a time.
    pub(crate) names_time: bool,
    /// True when it names a time of whole days.
    pub(crate) names_date: bool,
    /// Ranges that every row lies in.
    ranges: Vec<(&'a Reference, Bounds)>,
    /// Members with one value in each group: as stored, or because of WHERE.
    single: HashSet<&'a Reference>,
    /// WHERE and HAVING in literals that the store keeps, or what stands against it.
    pub(crate) kept: OnceCell<Result<[Filter; 2], Refusal>>,
    /// What stands against every rollup, whatever it stores.
    pub(crate) staged: OnceCell<Vec<Refusal>>,
    /// What stands against measures, by measure: rollups are many and ask for the same ones.
    pub(crate) staged_measures: RefCell<HashMap<Reference, Option<Refusal>>>,
}

/// `from <= t < to`
pub(crate) type Bounds = (Option<i64>, Option<i64>);

/// An output with what the model says of it. Rollups are many and are asked for the same ones.
pub(crate) struct Asked<'a> {
    /// The cube's member behind it.
    pub(crate) source: &'a Reference,
    pub(crate) key: AskedKey<'a>,
}

/// What kind of output it is.
pub(crate) enum AskedKey<'a> {
    /// With its definition, and what stands against it in every rollup.
    Measure(Option<(&'a Measure, Option<Refusal>)>),
    Bins(AskedBins),
    /// A time as stored; the days that it is as good as, for whole days.
    Moment(Option<AskedBins>),
    /// A dimension or segment as stored.
    Column,
}

/// Bins of a time.
pub(crate) struct AskedBins {
    pub(crate) grain: Grain,
    /// Where they start.
    pub(crate) starts: Result<Bins, NoBins>,
    /// That they are not those of everybody else.
    pub(crate) replaced: Option<Refusal>,
}

/// A test of WHERE with what the model says of its member.
pub(crate) struct Test<'a> {
    pub(crate) filter: &'a Filter,
    pub(crate) member: &'a MemberName,
    pub(crate) source: &'a Reference,
    pub(crate) is_time: bool,
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
        if !known {
            return None;
        }
        let column = |member: &MemberName| model.column(member);
        let outputs: Vec<_> =
            query.outputs.iter().filter_map(|output| Asked::of(output, query, model)).collect();
        let mut tests = Vec::new();
        query.filter.tests(&mut |filter, member| tests.extend(Test::of(filter, member, model)));
        let (mut names_time, mut names_date) = (false, false);
        query.members(|member| {
            names_time |= column(member).is_some_and(is_time);
            names_date |= column(member).is_some_and(is_date);
        });
        let ranges = query.filter.conjuncts().iter().filter_map(|part| match part {
            Filter::During { member, from, to } => Some((&column(member)?.source, (*from, *to))),
            _ => None,
        });
        let fixed = query.filter.conjuncts().iter().filter_map(fixed).filter_map(column);
        let grouped =
            outputs.iter().filter(|asked| matches!(asked.key, AskedKey::Column | AskedKey::Moment(_)));
        let single = grouped.map(|asked| asked.source).chain(fixed.map(|column| &column.source));
        Some(Self {
            single: single.collect(),
            ranges: ranges.collect(),
            outputs,
            tests,
            names_time,
            names_date,
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

    /// The measures that HAVING tests.
    pub(crate) fn tested_measures(&self) -> Vec<&'a MemberName> {
        let mut measures = Vec::new();
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
    pub(crate) fn range(&self, time: &Reference) -> Option<Bounds> {
        let ranges = self.ranges.iter().filter(|(of, _)| *of == time).map(|(_, range)| *range);
        ranges.reduce(|(low, high), (from, to)| (low.max(from), high.into_iter().chain(to).min()))
    }

    /// True when each group has one value of a key: the query groups by it as stored, or `member = value` or IS NULL is
    /// AND-ed.
    pub(crate) fn is_single(&self, key: &Reference) -> bool {
        self.single.contains(key)
    }
}

impl<'a> Asked<'a> {
    fn of(output: &'a Output, query: &SemanticQuery, model: &'a Model) -> Option<Self> {
        let column = model.column(output.member())?;
        let source = &column.source;
        let bins = |grain: Grain| {
            let replaced =
                grain.standard().and_then(|granularity| staged::replaced(source, granularity, model));
            AskedBins { starts: source.bins(&grain, model), replaced, grain }
        };
        let key = match output {
            Output::Measure(_) => AskedKey::Measure(
                model
                    .measure(&source.member)
                    .map(|definition| (definition, staged::of(source, model, query.unrolled))),
            ),
            Output::Time(..) | Output::Custom(..) => AskedKey::Bins(bins(output.bins()?.1)),
            Output::Dimension(_) if is_time(column) => {
                AskedKey::Moment(is_date(column).then(|| bins(Grain::Standard(Granularity::Day))))
            }
            Output::Dimension(_) | Output::Segment(_) => AskedKey::Column,
        };
        Some(Self { source, key })
    }
}

impl<'a> Test<'a> {
    fn of(filter: &'a Filter, member: &'a MemberName, model: &'a Model) -> Option<Self> {
        let column = model.column(member)?;
        Some(Self { filter, member, source: &column.source, is_time: is_time(column) })
    }
}

/// The member to which a test leaves one value.
fn fixed(test: &Filter) -> Option<&MemberName> {
    match test {
        Filter::Compare { member, op: semantic::CompareOp::Eq, .. }
        | Filter::Null { member, negated: false }
        | Filter::Segment { member, .. } => Some(member),
        Filter::In { member, values, negated: false } if values.len() == 1 => Some(member),
        _ => None,
    }
}

fn is_time(column: &Column) -> bool {
    column.kind == ColumnKind::Dimension(semantic::DimensionType::Time)
}

/// Whole days only.
fn is_date(column: &Column) -> bool {
    column.data_type == semantic::ArrowType::Date32
}
