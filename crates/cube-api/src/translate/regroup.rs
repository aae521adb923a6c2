//! Finer groups: which members a test above the rows needs, and whether each measure adds up again from them.

use semantic::{Column, ColumnKind, Filter, MeasureType, MemberName, Output, model::JoinTree};

use super::{
    reach,
    scope::{Scope, members},
};
use crate::request::{NotExact, not_exact::shown};

/// The members that `above` tests and the outputs do not show.
pub(super) fn extra_keys(above: &Filter, scope: &Scope<'_>) -> Result<Vec<MemberName>, NotExact> {
    let mut keys = members(above);
    keys.retain(|member| !scope.is_output(member));
    match keys.iter().find(|key| scope.bins().any(|(member, _)| member == *key)) {
        Some(member) => Err(NotExact::BinsOnly { member: member.clone(), predicate: shown(above) }),
        None => Ok(keys),
    }
}

/// Every measure must add up over the extra keys.
pub(super) fn check(
    above: &Filter,
    keys: &[MemberName],
    columns: &[Output],
    scope: &Scope<'_>,
) -> Result<(), NotExact> {
    let measures = columns.iter().filter(|column| column.is_measure());
    let measures: Vec<_> = measures.map(|column| scope.column(column.member())).collect();
    for key in keys {
        let rows = joined(measures.iter().copied().chain([scope.column(key)]), scope);
        for measure in &measures {
            check_one(measure, key, &rows, above, scope)?;
        }
    }
    Ok(())
}

fn check_one(
    measure: &Column,
    key: &MemberName,
    rows: &JoinTree,
    above: &Filter,
    scope: &Scope<'_>,
) -> Result<(), NotExact> {
    let ColumnKind::Measure(kind) = measure.kind else { return Ok(()) };
    let (predicate, member) = (shown(above), key.clone());
    let (measure, cube) = (measure.member.clone(), measure.source.path.last());
    if !adds_up(kind) {
        return Err(NotExact::NotAdditive { predicate, member, measure, kind: kind.name() });
    }
    if cube.is_none_or(|cube| rows.multiplies(cube, scope.model)) {
        return Err(NotExact::Repeated { predicate, member, measure });
    }
    Ok(())
}

// An approximate count is a sketch in the source and a plain number here, and numbers of that kind do not add up.
fn adds_up(kind: MeasureType) -> bool {
    matches!(kind, MeasureType::Count | MeasureType::Sum | MeasureType::Min | MeasureType::Max)
}

/// The joins behind all measures and a key. Where they repeat the rows of a measure, one row may have several values
/// of the key; and where measures of several cubes meet, Cube joins their groups, finer ones otherwise than coarse.
fn joined<'c>(columns: impl Iterator<Item = &'c Column>, scope: &Scope<'_>) -> JoinTree {
    let reached: Vec<_> = columns.flat_map(|column| reach::of(&column.source, scope.model)).collect();
    JoinTree::of(reached.iter().map(|reached| &reached.path))
}
