//! What a member is to Cube's planner: owned by its cube or made of others, another name of one, additive.

use semantic::{
    ColumnKind, Cube, Dimension, DimensionType, Measure, MeasureType, MemberName, Model, Segment,
    model::{Formula, Includes, JoinPath, View, ViewPart},
    template::{Piece, Template},
};

/// The definition behind a name.
#[derive(Debug, Clone, Copy)]
pub(super) enum Definition<'m> {
    View(Shown<'m>),
    Measure(&'m Measure),
    Dimension(&'m Dimension),
    Segment(&'m Segment),
}

/// What a view shows: a member of a cube, and the way to it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Shown<'m> {
    pub(super) path: &'m JoinPath,
    pub(super) member: &'m MemberName,
    kind: ColumnKind,
}

/// The definition, public or not.
pub(super) fn definition<'m>(model: &'m Model, member: &MemberName) -> Option<Definition<'m>> {
    if let Some(view) = model.view(member.table()) {
        return shown(model, view, member.member()).map(Definition::View);
    }
    let measure = model.measure(member).map(Definition::Measure);
    let dimension = || model.dimension(member).map(Definition::Dimension);
    measure.or_else(dimension).or_else(|| model.segment(member).map(Definition::Segment))
}

/// A column of a view, or what its `*` stands for beside the columns: members that are hidden from SQL.
fn shown<'m>(model: &'m Model, view: &'m View, name: &str) -> Option<Shown<'m>> {
    let column = view.table.column(name).map(|column| Shown {
        path: &column.source.path,
        member: &column.source.member,
        kind: column.kind,
    });
    column.or_else(|| view.cubes.iter().find_map(|part| hidden(model, part, name)))
}

fn hidden<'m>(model: &'m Model, part: &'m ViewPart, name: &str) -> Option<Shown<'m>> {
    let cube: &Cube = model.cube(part.join_path.last()?)?;
    let prefix = part.prefix.then(|| part.alias.as_deref().unwrap_or(&cube.name));
    let name = match prefix {
        Some(prefix) => name.strip_prefix(prefix)?.strip_prefix('_')?,
        None => name,
    };
    if part.includes != Includes::All || part.excludes.iter().any(|excluded| excluded == name) {
        return None;
    }
    let of = |member: &'m MemberName, kind| Shown { path: &part.join_path, member, kind };
    let measure = cube.measures.get(name).map(|found| of(&found.name, ColumnKind::Measure(found.kind)));
    let dimension =
        || cube.dimensions.get(name).map(|found| of(&found.name, ColumnKind::Dimension(found.kind)));
    let segment = || cube.segments.get(name).map(|found| of(&found.name, ColumnKind::Segment));
    measure.or_else(dimension).or_else(segment)
}

impl<'m> Definition<'m> {
    pub(super) fn is_measure(self) -> bool {
        matches!(self, Self::Measure(_) | Self::View(Shown { kind: ColumnKind::Measure(_), .. }))
    }

    pub(super) fn is_segment(self) -> bool {
        matches!(self, Self::Segment(_) | Self::View(Shown { kind: ColumnKind::Segment, .. }))
    }

    /// True for what Cube has no SQL for: a place that a view shows, or a rank by a member that the view has not.
    pub(super) fn is_lost_in_view(self, view: &str, model: &Model) -> bool {
        let Self::View(Shown { member, kind, .. }) = self else { return false };
        let keys = model.measure(member).into_iter().flat_map(|measure| &measure.stages.order_by);
        let mut named =
            keys.flat_map(|key| key.sql.members()).map(|(_, named)| MemberName::new(view, named.member()));
        kind == ColumnKind::Dimension(DimensionType::Geo)
            || named.any(|named| definition(model, &named).is_none())
    }

    /// The member of a cube that a view shows.
    pub(super) fn source(self) -> Option<Shown<'m>> {
        match self {
            Self::View(shown) => Some(shown),
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
            Self::View(shown) => {
                let odd = [DimensionType::Geo, DimensionType::Switch];
                let plain = !odd.iter().any(|odd| shown.kind == ColumnKind::Dimension(*odd));
                return plain.then_some(shown.member);
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
            Self::View(shown) => definition(model, shown.member)
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
