//! Why a query has no exact form in Cube's API. Owns the sentences; each names the predicate or member.

use semantic::{Filter, Granularity, MemberName, query::UnknownMember};

/// Why Cube's API cannot answer a query exactly.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotExact {
    /// Nothing is asked for.
    #[error("a query without columns has no form in Cube's API")]
    NoColumns,
    /// A group over nothing, of a table without dimensions.
    #[error("a group over no rows cannot be asked of a table without dimensions")]
    NoDimension,
    /// A name that is not in the model.
    #[error(transparent)]
    Unknown(#[from] UnknownMember),
    /// A column that is asked for twice.
    #[error("`{column}` is asked for twice")]
    Twice {
        /// The column.
        column: String,
    },
    /// Cube's answer may hold only one of the two under the time's own name.
    #[error("`{member}` is asked for as stored and cut to bins at once: ask for one of them")]
    StoredAndBins {
        /// The time.
        member: MemberName,
    },
    /// A time has to be tested as stored, and only its bins can be fetched.
    #[error(
        "`{predicate}` can only be tested on `{member}` as stored, which Cube's API does not give beside its bins"
    )]
    BinsOnly {
        /// The time.
        member: MemberName,
        /// The predicate.
        predicate: String,
    },
    /// A segment among the columns.
    #[error("segment `{member}` is no column of Cube's API: use it in WHERE")]
    SegmentColumn {
        /// The segment.
        member: MemberName,
    },
    /// Cube's API only knows segments that must hold.
    #[error("Cube's API can only demand segment `{member}` as a whole, not test it in `{predicate}`")]
    Segment {
        /// The segment.
        member: MemberName,
        /// The predicate.
        predicate: String,
    },
    /// Cube's API would compute it for other rows than those that are asked for.
    #[error("measure `{measure}`, which is computed from rows of other groups too, {why}")]
    Contextual {
        /// The measure.
        measure: MemberName,
        /// What is in the way.
        why: &'static str,
    },
    /// Values that only a rollup keeps.
    #[error("Cube's API does not give rolling measures without their windows")]
    Unrolled,
    /// A dimension that other groups take part in.
    #[error("`{member}` is computed in stages, which have another meaning in Cube's API than in SQL")]
    MultiStage {
        /// The member.
        member: MemberName,
    },
    /// A dimension that a filter changes.
    #[error("in Cube's API the value of `{member}` changes with the filters of the query")]
    FilteredSubQuery {
        /// The dimension.
        member: MemberName,
    },
    /// Bins of a calendar's own.
    #[error("`{member}` has a {granularity} of its own, which is not the {granularity} of SQL")]
    OwnGranularity {
        /// The time.
        member: MemberName,
        /// The granularity.
        granularity: Granularity,
    },
    /// A measure is tested before rows are grouped.
    #[error("measure `{measure}` is tested in WHERE: use HAVING")]
    MeasureInWhere {
        /// The measure.
        measure: MemberName,
    },
    /// A dimension is tested on groups that do not have it.
    #[error("`{member}` in HAVING is not among the group keys")]
    NotAKey {
        /// The dimension.
        member: MemberName,
    },
    /// Cube's API has no operator for it.
    #[error("Cube's API cannot compare {what} by order: `{predicate}`")]
    Unordered {
        /// "text" or "truth values".
        what: &'static str,
        /// The predicate.
        predicate: String,
    },
    /// A literal of another type than its member.
    #[error("the literal in `{predicate}` is no {expected}")]
    Literal {
        /// What the member's values are.
        expected: &'static str,
        /// The predicate.
        predicate: String,
    },
    /// A time that Cube cannot read.
    #[error("a bound of `{predicate}` is outside the years 1 to 9999")]
    Calendar {
        /// The predicate.
        predicate: String,
    },
    /// The predicate would have to be tested on finer groups, which this measure cannot be computed from.
    #[error(
        "`{predicate}` can only be tested on rows grouped by `{member}` too, and {kind} measure `{measure}` does not add up from those"
    )]
    NotAdditive {
        /// The predicate.
        predicate: String,
        /// What would have to become a group key.
        member: MemberName,
        /// The measure.
        measure: MemberName,
        /// Its type.
        kind: &'static str,
    },
    /// The predicate would have to be tested on finer groups, which would count rows of this measure repeatedly.
    #[error(
        "`{predicate}` can only be tested on rows grouped by `{member}` too, and the join to it repeats the rows of measure `{measure}`"
    )]
    Repeated {
        /// The predicate.
        predicate: String,
        /// What would have to become a group key.
        member: MemberName,
        /// The measure.
        measure: MemberName,
    },
}

/// A predicate as sentences show it: long lists are cut.
pub(crate) fn shown(filter: &Filter) -> String {
    const LONGEST: usize = 200;
    let text = filter.to_string();
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}
