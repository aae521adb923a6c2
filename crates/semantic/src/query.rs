//! A semantic query: what one leaf of a SQL plan asks of the data model, with SQL's meaning.

use std::{fmt, sync::Arc};

use arrow_schema::{DataType, Field, FieldRef, Schema, SchemaRef};
use chrono_tz::Tz;

use crate::{
    filter::Filter,
    granularity::Granularity,
    model::{Column, Grain, Model},
    name::MemberName,
    types::ArrowType,
};

/// A query over members of one cube or view.
#[derive(Debug, Clone, PartialEq)]
pub struct SemanticQuery {
    /// The output columns, group keys and measures mixed as SQL put them.
    pub outputs: Vec<Output>,
    /// Tested on rows, before they are grouped.
    pub filter: Filter,
    /// Tested on groups; over measures and group keys.
    pub having: Filter,
    /// The order of the output; empty means none is promised.
    pub order: Vec<OrderBy>,
    /// At most so many rows, behind `offset`.
    pub limit: Option<u64>,
    /// Rows to skip.
    pub offset: u64,
    /// Groups or rows.
    pub grouping: Grouping,
    /// Measures with a rolling window stand for their aggregate over the rows of the group alone, as rollups keep it.
    pub unrolled: bool,
    /// The zone that times are wall-clock values of.
    pub zone: Tz,
}

/// One row per group, or one per row of the join.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "said above")]
pub enum Grouping {
    Grouped,
    Ungrouped,
}

/// An output column.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Output {
    /// A dimension as stored.
    Dimension(MemberName),
    /// A time, cut to the start of its bin.
    Time(MemberName, Granularity),
    /// A time, cut to the start of its bin in a granularity that the time dimension declares.
    Custom(MemberName, Arc<str>),
    /// A segment, as boolean.
    Segment(MemberName),
    /// A measure.
    Measure(MemberName),
}

/// One sort key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct OrderBy {
    /// Position in `outputs`.
    pub output: usize,
    /// DESC
    pub descending: bool,
    /// NULLS FIRST
    pub nulls_first: bool,
}

/// A member that the model does not have.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the data model has no member `{0}`")]
pub struct UnknownMember(pub MemberName);

impl Output {
    /// The member behind the column.
    pub fn member(&self) -> &MemberName {
        match self {
            Self::Dimension(m)
            | Self::Time(m, _)
            | Self::Custom(m, _)
            | Self::Segment(m)
            | Self::Measure(m) => m,
        }
    }

    /// The time and the granularity of bins.
    pub fn bins(&self) -> Option<(&MemberName, Grain)> {
        match self {
            Self::Time(member, granularity) => Some((member, Grain::Standard(*granularity))),
            Self::Custom(member, granularity) => Some((member, Grain::Custom(granularity.clone()))),
            Self::Dimension(_) | Self::Segment(_) | Self::Measure(_) => None,
        }
    }

    /// True for measures.
    pub fn is_measure(&self) -> bool {
        matches!(self, Self::Measure(_))
    }

    /// The column's name inside a leaf: `status`, `created_at.month`.
    pub fn name(&self) -> String {
        match self {
            Self::Time(member, granularity) => format!("{}.{granularity}", member.member()),
            Self::Custom(member, granularity) => format!("{}.{granularity}", member.member()),
            other => other.member().member().to_owned(),
        }
    }

    /// The column's name in Cube's API: `orders.status`, `orders.created_at.month`.
    pub fn asked(&self) -> String {
        match self {
            Self::Time(member, granularity) => format!("{}.{granularity}", member.asked()),
            Self::Custom(member, granularity) => format!("{}.{granularity}", member.asked()),
            other => other.member().asked().to_owned(),
        }
    }

    /// The column's field.
    pub fn field(&self, model: &Model) -> Result<FieldRef, UnknownMember> {
        let column = column(model, self.member())?;
        let data_type = match self {
            Self::Time(..) | Self::Custom(..) => ArrowType::Timestamp,
            _ => column.data_type,
        };
        Ok(Arc::new(Field::new(self.name(), DataType::from(data_type), column.is_nullable())))
    }
}

impl SemanticQuery {
    /// A grouped query without filter, order and limit.
    pub fn grouped(outputs: Vec<Output>, zone: Tz) -> Self {
        Self {
            outputs,
            filter: Filter::always(),
            having: Filter::always(),
            order: Vec::new(),
            limit: None,
            offset: 0,
            grouping: Grouping::Grouped,
            unrolled: false,
            zone,
        }
    }

    /// The Arrow schema of the answer, on every road.
    pub fn schema(&self, model: &Model) -> Result<SchemaRef, UnknownMember> {
        let fields: Result<Vec<_>, _> = self.outputs.iter().map(|output| output.field(model)).collect();
        Ok(Arc::new(Schema::new(fields?)))
    }

    /// The measures among the outputs.
    pub fn measures(&self) -> impl Iterator<Item = &MemberName> {
        self.outputs.iter().filter(|output| output.is_measure()).map(Output::member)
    }

    /// The group keys among the outputs.
    pub fn keys(&self) -> impl Iterator<Item = &Output> {
        self.outputs.iter().filter(|output| !output.is_measure())
    }

    /// Calls `visit` with every member that the query names, as often as it does.
    pub fn members<'a>(&'a self, mut visit: impl FnMut(&'a MemberName)) {
        self.outputs.iter().for_each(|output| visit(output.member()));
        self.filter.members(&mut visit);
        self.having.members(&mut visit);
    }

    /// True when a measure's values depend on other rows than those of their group. What the query asks for besides then
    /// has a part in them, and in which groups there are.
    pub fn is_contextual(&self, model: &Model) -> bool {
        if self.unrolled || self.grouping == Grouping::Ungrouped {
            return false;
        }
        let mut contextual = false;
        self.members(|member| {
            let source = model.column(member).map(|column| &column.source);
            contextual |= source.is_some_and(|source| source.is_contextual(model));
        });
        contextual
    }

    /// True when rows are cut or their order is promised, so that nothing may be pushed below any more.
    pub fn is_cut(&self) -> bool {
        self.limit.is_some() || self.offset > 0
    }
}

/// The column of a member, or an error that names it.
pub fn column<'a>(model: &'a Model, member: &MemberName) -> Result<&'a Column, UnknownMember> {
    model.column(member).ok_or_else(|| UnknownMember(member.clone()))
}

impl fmt::Display for Output {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Time(member, granularity) => write!(f, "{member}.{granularity}"),
            Self::Custom(member, granularity) => write!(f, "{member}.{granularity}"),
            other => write!(f, "{}", other.member()),
        }
    }
}

/// One line that people read in EXPLAIN.
impl fmt::Display for SemanticQuery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |measures: bool| {
            let texts: Vec<_> =
                self.outputs.iter().filter(|o| o.is_measure() == measures).map(ToString::to_string).collect();
            texts.join(", ")
        };
        let grouping = match self.grouping {
            Grouping::Grouped => "by",
            Grouping::Ungrouped => "ungrouped",
        };
        write!(f, "[{}] {grouping} [{}]", list(true), list(false))?;
        if !self.filter.is_always() {
            write!(f, " where {}", self.filter)?;
        }
        if !self.having.is_always() {
            write!(f, " having {}", self.having)?;
        }
        self.fmt_order(f)?;
        if let Some(limit) = self.limit {
            write!(f, " limit {limit}")?;
        }
        if self.offset > 0 {
            write!(f, " offset {}", self.offset)?;
        }
        write!(f, " in {}", self.zone)
    }
}

impl SemanticQuery {
    fn fmt_order(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let keys: Vec<_> = self
            .order
            .iter()
            .map(|key| {
                let direction = if key.descending { "desc" } else { "asc" };
                let nulls = if key.nulls_first { "first" } else { "last" };
                format!("{} {direction} nulls {nulls}", self.outputs[key.output])
            })
            .collect();
        if keys.is_empty() { Ok(()) } else { write!(f, " order by {}", keys.join(", ")) }
    }
}
