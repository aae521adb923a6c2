//! Cube's words for the operators of a filter.

/// An operator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operator {
    Equals,
    NotEquals,
    Contains,
    NotContains,
    StartsWith,
    NotStartsWith,
    EndsWith,
    NotEndsWith,
    Gt,
    Gte,
    Lt,
    Lte,
    Set,
    NotSet,
    InDateRange,
    NotInDateRange,
    OnTheDate,
    BeforeDate,
    BeforeOrOnDate,
    AfterDate,
    AfterOrOnDate,
    MeasureFilter,
}

impl Operator {
    /// All of them, by Cube's word.
    pub(super) const ALL: [(&'static str, Self); 24] = [
        ("equals", Self::Equals),
        ("in", Self::Equals),
        ("notEquals", Self::NotEquals),
        ("notIn", Self::NotEquals),
        ("contains", Self::Contains),
        ("notContains", Self::NotContains),
        ("startsWith", Self::StartsWith),
        ("notStartsWith", Self::NotStartsWith),
        ("endsWith", Self::EndsWith),
        ("notEndsWith", Self::NotEndsWith),
        ("gt", Self::Gt),
        ("gte", Self::Gte),
        ("lt", Self::Lt),
        ("lte", Self::Lte),
        ("set", Self::Set),
        ("notSet", Self::NotSet),
        ("inDateRange", Self::InDateRange),
        ("notInDateRange", Self::NotInDateRange),
        ("onTheDate", Self::OnTheDate),
        ("beforeDate", Self::BeforeDate),
        ("beforeOrOnDate", Self::BeforeOrOnDate),
        ("afterDate", Self::AfterDate),
        ("afterOrOnDate", Self::AfterOrOnDate),
        ("measureFilter", Self::MeasureFilter),
    ];

    /// Reads Cube's word.
    pub(super) fn read(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|(name, _)| *name == word).map(|(_, operator)| operator)
    }

    /// False for operators that stand alone.
    pub(super) fn needs_values(self) -> bool {
        !matches!(self, Self::Set | Self::NotSet | Self::MeasureFilter)
    }
}
