//! Why a pre-aggregation does not answer a query: data, a stable code, and a sentence with the way out.

use chrono_tz::Tz;
use semantic::{
    Granularity, MemberName, RulesUnknown,
    granularity::iso,
    model::{Grain, NoBins, Reference},
};

/// A pre-aggregation that was looked at and not used, with every reason.
#[derive(Debug, Clone, PartialEq)]
pub struct Refused {
    /// `cube.name`
    pub pre_aggregation: MemberName,
    /// Never empty.
    pub reasons: Vec<Refusal>,
}

/// One reason.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Refusal {
    /// Who may see which rows is not known here.
    #[error("row and member rules are not known here: {0}")]
    RulesUnknown(RulesUnknown),
    /// The pre-aggregation's own SQL differs per caller.
    #[error("its own SQL depends on `{0}`, which differs per caller; leave that out of it")]
    Context(String),
    /// No list of built tables.
    #[error("which tables hold which build is not known; set `[tables] manifest`")]
    TablesUnknown,
    /// Tables of another data model.
    #[error("the built tables belong to another version of the data model; build them again")]
    OtherModel,
    /// Not in the list.
    #[error("it is not built; build it, and list its tables")]
    NotBuilt,
    /// Stored times show the clock of another zone.
    #[error("it is built for the zone {built}, the query asks for {wanted}; build it for {wanted} too")]
    Zone {
        /// The zone of the tables.
        built: Tz,
        /// The zone of the query.
        wanted: Tz,
    },
    /// A partition of the asked range has no table.
    #[error("the partition that starts {} is not built; build it, or restrict the time to others", iso(*.0))]
    PartitionMissing(i64),
    /// A table that Cube's naming says there must be.
    #[error("there is no table `{0}`; build it again")]
    TableMissing(String),
    /// A partition was built in part only.
    #[error("the partition that starts {} is built only up to {}; build it again", iso(*.start), iso(*.end))]
    PartitionTruncated {
        /// Its start.
        start: i64,
        /// Where the build stopped.
        end: i64,
    },
    /// Rows whose partition time is NULL are in no partition.
    #[error("rows without `{0}` are in none of its partitions; restrict `{0}` to a range")]
    NullTimes(Reference),
    /// `original_sql`, which keeps rows of the source.
    #[error("pre-aggregations of type {0} are not read directly; declare a `rollup`")]
    Kind(&'static str),
    /// `external: false`
    #[error("it is not kept in the store; leave out `external: false`")]
    Internal,
    /// Everything is stored, under names that Cube does not find together.
    #[error(
        "its members are spelled in another way than Cube looks for; write each with its whole join path"
    )]
    Spelling,
    /// The newest rows are in no table.
    #[error("its newest rows come from the source, not from the store; leave out `union_with_source_data`")]
    SourceData,
    /// Whose values the column holds cannot be told.
    #[error("it would keep `{0}` and `{1}` in one column; leave one of them out")]
    SharedColumn(Reference, Reference),
    /// A join or lambda whose rollups do not make up the rows of the source.
    #[error("it cannot be read from its rollups: {0}")]
    Parts(String),
    /// Rows were asked for that no stored rows stand for.
    #[error("the query asks for rows, and stored groups do not tell them apart; ask for groups")]
    Ungrouped,
    /// Rows were asked for, and stored rows may stand for several.
    #[error("the query asks for rows, which only `{0}` tells apart; add `{0}` to `dimensions`")]
    RowKey(Reference),
    /// A dimension or segment that is not stored.
    #[error("`{member}` is not stored; add `{member}` to `{list}`")]
    Missing {
        /// The member.
        member: Reference,
        /// The list of the pre-aggregation that it belongs in.
        list: &'static str,
    },
    /// The member is stored, reached by another way, hence for other rows.
    #[error("`{stored}` is stored along another join path, which holds other rows; add `{member}`")]
    JoinPath {
        /// As asked for.
        member: Reference,
        /// As stored.
        stored: Reference,
    },
    /// A time that is not stored at all.
    #[error("`{0}` is none of its times; add it to `time_dimensions`")]
    TimeMissing(Reference),
    /// Stored bins are too coarse.
    #[error("`{member}` is stored by {stored}, the query needs {wanted}; set its `granularity` to {wanted}")]
    Granularity {
        /// The time.
        member: Reference,
        /// As stored.
        stored: Grain,
        /// As asked for.
        wanted: Grain,
    },
    /// Bins that a time declares cannot be made of others.
    #[error(
        "bins of `{granularity}` of `{member}` are only read where they are stored: {}; set `granularity` to `{granularity}`",
        .why.map_or("the store has no function for them".to_owned(), |why| why.to_string())
    )]
    OwnBins {
        /// The time.
        member: Reference,
        /// The granularity's name.
        granularity: String,
        /// What keeps other stored bins from making them up; `None`: the store does.
        why: Option<NoBins>,
    },
    /// Bins that a time declares, and that are others in another year.
    #[error("bins of `{granularity}` of `{member}` begin anew with every year; give it an `origin`")]
    YearlyBins {
        /// The time.
        member: Reference,
        /// The granularity's name.
        granularity: String,
    },
    /// Stored bins whose starts are not known.
    #[error("`{member}` is stored by {stored}, and where those begin is not known here: {why}")]
    BinsUnknown {
        /// The time.
        member: Reference,
        /// As stored.
        stored: String,
        /// Why nobody knows where they start.
        why: NoBins,
    },
    /// Stored bins, under any name, do not make up the asked ones.
    #[error("`{member}` is stored by {stored}, the query needs {wanted}; set its `granularity` to {wanted}")]
    Bins {
        /// The time.
        member: Reference,
        /// As stored.
        stored: String,
        /// As asked for.
        wanted: String,
    },
    /// A bound of a date range cuts through a stored bin.
    #[error("the bound {} of `{member}` cuts through a stored {stored}; {}", iso(*.bound), finer(*.bound))]
    OffGrain {
        /// The time.
        member: Reference,
        /// The bound.
        bound: i64,
        /// As stored.
        stored: Grain,
    },
    /// The raw moment is needed, only bins are stored.
    #[error(
        "`{member}` is stored by {stored}, the query needs the moment itself; add `{member}` to `dimensions`"
    )]
    RawTime {
        /// The time.
        member: Reference,
        /// As stored.
        stored: Grain,
    },
    /// A predicate that bins of time cannot answer.
    #[error("the predicate on the time `{0}` cannot be tested on stored bins; write it as a range")]
    TimePredicate(Reference),
    /// A measure without stored value and without stored parts.
    #[error("`{measure}` is not stored; add `{missing}` to `measures`")]
    MeasureMissing {
        /// As asked for.
        measure: Reference,
        /// The part that is missing; the measure itself when it has none.
        missing: Reference,
    },
    /// Stored values cannot be added up to the asked groups.
    #[error("`{measure}` ({kind}) cannot be added up: group by `{over}` too, or store it without")]
    NotAdditive {
        /// The measure.
        measure: Reference,
        /// Cube's word for its type.
        kind: &'static str,
        /// A stored key that the query sums over.
        over: String,
    },
    /// Stored bins lie in two partitions, with a value in each.
    #[error(
        "`{measure}` cannot be added up, and `{bins}` may lie in two partitions by {partition}; leave out `partition_granularity`"
    )]
    Partitions {
        /// The measure.
        measure: Reference,
        /// The stored time.
        bins: String,
        /// The size of a partition.
        partition: Granularity,
    },
    /// Stored values repeat rows.
    #[error(
        "the joins repeat rows of `{measure}`, so stored values cannot be added up: group by `{over}` too, or store it without"
    )]
    Multiplied {
        /// The measure.
        measure: Reference,
        /// A stored key that the query sums over.
        over: String,
    },
    /// The store has no exact literal for a decimal.
    #[error("`{member}` is compared with {value}, which the store would round; write fewer digits")]
    Literal {
        /// The decimal.
        member: Reference,
        /// What it is compared with.
        value: String,
    },
    /// Bins of other times take part.
    #[error("`{0}` has a rolling window")]
    Rolling(Reference),
    /// Other groups or other times take part.
    #[error("`{0}` is computed in stages, over other groups or times than the query's")]
    MultiStage(Reference),
    /// A row may have several values of a switch.
    #[error("`{0}` is a switch, whose values share their rows")]
    Switch(Reference),
    /// Stored values know nothing of the query's filters.
    #[error("the value of `{0}` changes with the filters of the query")]
    FilteredSubQuery(Reference),
    /// Bins that are not those of the calendar.
    #[error("`{member}` has a granularity `{granularity}` of its own, whose bins are not known here")]
    CustomGranularity {
        /// The time.
        member: Reference,
        /// The granularity's name.
        granularity: String,
    },
}

/// What stored bins would do for a bound.
fn finer(bound: i64) -> String {
    let mut standard = Granularity::ALL.into_iter().rev().filter(|finer| *finer != Granularity::Week);
    match standard.find(|finer| finer.starts_at(bound)) {
        Some(finer) => format!("set its `granularity` to {finer}"),
        None => "write it in whole seconds".to_owned(),
    }
}

impl Refusal {
    /// True when its sentence names no member, cube or pre-aggregation.
    pub fn names_nothing(&self) -> bool {
        matches!(
            self,
            Self::RulesUnknown(RulesUnknown::Unstated)
                | Self::TablesUnknown
                | Self::OtherModel
                | Self::NotBuilt
                | Self::SourceData
                | Self::Spelling
        )
    }

    /// A stable word for metrics, logs and programs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::RulesUnknown(_) => "rules_unknown",
            Self::Context(_) => "context",
            Self::TablesUnknown => "tables_unknown",
            Self::OtherModel => "other_model",
            Self::NotBuilt => "not_built",
            Self::Zone { .. } => "zone",
            Self::PartitionMissing(_) => "partition_missing",
            Self::TableMissing(_) => "table_missing",
            Self::PartitionTruncated { .. } => "partition_truncated",
            Self::NullTimes(_) => "null_times",
            Self::Kind(_) => "kind",
            Self::Internal => "internal",
            Self::SharedColumn(..) => "shared_column",
            Self::Parts(_) => "parts",
            Self::Ungrouped => "ungrouped",
            Self::RowKey(_) => "row_key",
            Self::Missing { .. } => "member_missing",
            Self::JoinPath { .. } => "join_path",
            Self::TimeMissing(_) => "time_missing",
            Self::Granularity { .. } => "granularity",
            Self::Bins { .. } => "bins",
            Self::OwnBins { .. } => "own_bins",
            Self::YearlyBins { .. } => "yearly_bins",
            Self::BinsUnknown { .. } => "bins_unknown",
            Self::Spelling => "spelling",
            Self::SourceData => "source_data",
            Self::OffGrain { .. } => "off_grain",
            Self::RawTime { .. } => "raw_time",
            Self::TimePredicate(_) => "time_predicate",
            Self::MeasureMissing { .. } => "measure_missing",
            Self::NotAdditive { .. } => "not_additive",
            Self::Partitions { .. } => "partitions",
            Self::Multiplied { .. } => "multiplied",
            Self::Literal { .. } => "literal",
            Self::Rolling(_) => "rolling",
            Self::MultiStage(_) => "multi_stage",
            Self::Switch(_) => "switch",
            Self::FilteredSubQuery(_) => "filtered_sub_query",
            Self::CustomGranularity { .. } => "custom_granularity",
        }
    }
}
