//! What programs read of an error: a stable word, and the name that it is about.

use super::PlanError;

impl PlanError {
    /// A stable word.
    pub fn code(&self) -> &'static str {
        match self {
            Self::At { error, .. } => error.code(),
            Self::Syntax(_) => "syntax",
            Self::TooLong { .. } | Self::TooDeep | Self::TooComplex(_) => "statement_too_large",
            Self::NotOneStatement(_) => "not_one_statement",
            Self::Unsupported(_) => "unsupported",
            Self::UnknownTable { .. } => "unknown_table",
            Self::UnknownColumn { .. } | Self::Member(_) => "unknown_column",
            Self::Ambiguous { .. } => "ambiguous_name",
            Self::BareMeasure(_) | Self::MeasureInWhere(_) | Self::MeasureLeft(_) => "misplaced_measure",
            Self::NotAMeasure(_) => "not_a_measure",
            Self::Granularity(_) => "unknown_granularity",
            Self::Misfit { .. } => "aggregate_misfit",
            Self::DimensionAggregate { .. } | Self::BesideGroups { .. } | Self::RowsOfJoin(_) => "needs_rows",
            Self::NoCount(_) => "no_count",
            Self::NotAdditive { .. } | Self::Repeated { .. } => "not_additive",
            Self::NoRowValue { .. } => "no_row_value",
            Self::Join(..) | Self::NoJoin(_) | Self::OtherJoin(..) | Self::JoinField | Self::NotKept(_) => {
                "join"
            }
            Self::TooFine(_) | Self::Fraction(_) => "precision",
            Self::Pattern(_) | Self::Escape => "pattern",
            Self::Parameters { .. } | Self::Parameter { .. } => "parameter",
            Self::DataFusion(_) => "plan",
        }
    }

    /// The table, column or member that it is about.
    pub fn subject(&self) -> Option<String> {
        match self {
            Self::At { error, .. } => error.subject(),
            Self::UnknownTable { name, .. }
            | Self::UnknownColumn { name, .. }
            | Self::Ambiguous { name, .. }
            | Self::NotAMeasure(name)
            | Self::Granularity(name)
            | Self::NoCount(name)
            | Self::NotKept(name)
            | Self::RowsOfJoin(name)
            | Self::DimensionAggregate { dimension: name, .. }
            | Self::BesideGroups { table: name, .. } => Some(name.clone()),
            Self::BareMeasure(member)
            | Self::MeasureInWhere(member)
            | Self::TooFine(member)
            | Self::Misfit { measure: member, .. }
            | Self::NotAdditive { measure: member, .. }
            | Self::Repeated { measure: member, .. }
            | Self::NoRowValue { measure: member, .. } => Some(member.to_string()),
            Self::Member(unknown) => Some(unknown.0.to_string()),
            Self::Syntax(_)
            | Self::TooLong { .. }
            | Self::TooDeep
            | Self::TooComplex(_)
            | Self::NotOneStatement(_)
            | Self::Unsupported(_)
            | Self::MeasureLeft(_)
            | Self::Join(..)
            | Self::NoJoin(_)
            | Self::OtherJoin(..)
            | Self::JoinField
            | Self::Fraction(_)
            | Self::Pattern(_)
            | Self::Escape
            | Self::Parameters { .. }
            | Self::Parameter { .. }
            | Self::DataFusion(_) => None,
        }
    }

    /// The line and column where the name stands, from 1.
    pub fn place(&self) -> Option<(u64, u64)> {
        if let Self::At { line, column, .. } = self { Some((*line, *column)) } else { None }
    }
}
