//! What a member is to Cube's planner: owned by its cube or made of others, another name of one, additive.

use semantic::{
    Column, ColumnKind, Dimension, DimensionType, Measure, MeasureType, MemberName, Model, Segment,
    model::{Formula, Reference},
    template::{Piece, Template},
};

/// The definition behind a name.
#[derive(Debug, Clone, Copy)]
pub(super) enum Definition<'m> {
    View(&'m Column),
    Measure(&'m Measure),
    Dimension(&'m Dimension),
    Segment(&'m Segment),
}

/// The definition, public or not.
pub(super) fn definition<'m>(model: &'m Model, member: &MemberName) -> Option<Definition<'m>> {
    if let Some(view) = model.view(member.table()) {
        return view.table.column(member.member()).map(Definition::View);
    }
    let measure = model.measure(member).map(Definition::Measure);
    let dimension = || model.dimension(member).map(Definition::Dimension);
    measure.or_else(dimension).or_else(|| model.segment(member).map(Definition::Segment))
}

impl<'m> Definition<'m> {
    pub(super) fn is_measure(self) -> bool {
        matches!(self, Self::Measure(_) | Self::View(Column { kind: ColumnKind::Measure(_), .. }))
    }

    pub(super) fn is_segment(self) -> bool {
        matches!(self, Self::Segment(_) | Self::View(Column { kind: ColumnKind::Segment, .. }))
    }

    /// The member of a cube that a view shows.
    pub(super) fn source(self) -> Option<&'m Reference> {
        match self {
            Self::View(column) => Some(&column.source),
            Self::Measure(_) | Self::Dimension(_) | Self::Segment(_) => None,
        }
    }

    /// False for members that are computed from other members alone.
    pub(super) fn is_owned(self) -> bool {
        let staged = match self {
            Self::View(_) => return false,
            Self::Measure(measure) => measure.stages.multi_stage,
            Self::Dimension(dimension) => dimension.is_staged(),
            Self::Segment(_) => false,
        };
        !staged && self.sql().is_none_or(is_of_columns)
    }

    /// The member that this is nothing but another name of.
    pub(super) fn alias(self) -> Option<&'m MemberName> {
        let has_plain_type = match self {
            Self::View(column) => {
                let kind = column.kind;
                let odd = [DimensionType::Geo, DimensionType::Switch];
                let plain = !odd.iter().any(|odd| kind == ColumnKind::Dimension(*odd));
                return plain.then_some(&column.source.member);
            }
            Self::Measure(measure) => measure.kind.is_calculated() && measure.filters.is_empty(),
            Self::Dimension(dimension) => {
                !matches!(dimension.kind, DimensionType::Geo | DimensionType::Switch)
            }
            Self::Segment(_) => true,
        };
        let proxy = self.sql().and_then(Template::proxy).map(|(_, member)| member);
        proxy.filter(|_| has_plain_type && !self.is_owned())
    }

    // The SQL of a sub-query is another cube's matter.
    fn sql(self) -> Option<&'m Template> {
        match self {
            Self::View(_) => None,
            Self::Measure(measure) => measure.sql.as_ref(),
            Self::Dimension(dimension) => match &dimension.formula {
                Formula::Sql(sql) if !dimension.sub_query => Some(&sql.sql),
                _ => None,
            },
            Self::Segment(segment) => Some(&segment.sql),
        }
    }

    /// True when values of bins add up.
    pub(super) fn is_additive(self) -> bool {
        // A view's measure is a number to Cube, whatever stands behind it.
        matches!(self, Self::Measure(measure) if measure.kind.is_additive() && !measure.stages.multi_stage)
    }

    pub(super) fn is_multi_stage(self, model: &Model) -> bool {
        match self {
            Self::Measure(measure) => measure.stages.multi_stage,
            Self::Dimension(dimension) => dimension.multi_stage,
            Self::Segment(_) => false,
            Self::View(column) => definition(model, &column.source.member)
                .is_some_and(|source| source.source().is_none() && source.is_multi_stage(model)),
        }
    }

    /// True when rows of other bins take part.
    pub(super) fn is_cumulative(self) -> bool {
        matches!(self, Self::Measure(measure)
            if measure.rolling_window.is_some() || measure.kind == MeasureType::RunningTotal)
    }
}

/// False when SQL takes everything from members and nothing from its cube's own table.
fn is_of_columns(sql: &Template) -> bool {
    let names = sql.pieces.iter().any(|piece| !matches!(piece, Piece::Text(_)));
    !names || sql.pieces.iter().any(|piece| matches!(piece, Piece::Table(_)))
}
