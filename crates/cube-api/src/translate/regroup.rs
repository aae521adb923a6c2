//! Finer groups: which members a test above the rows needs, and whether each measure adds up again from them.

use std::{collections::BTreeSet, sync::Arc};

use semantic::{Column, ColumnKind, Filter, MeasureType, MemberName, Output, model::JoinTree};

use super::scope::{Scope, members};
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
    let cubes: BTreeSet<_> = measures.iter().map(|measure| measure.source.path.last()).collect();
    for key in keys {
        let rows = joined(measures.iter().copied().chain([scope.column(key)]), scope);
        for measure in &measures {
            check_one(measure, key, (&rows, cubes.len() == 1), above, scope)?;
        }
    }
    Ok(())
}

fn check_one(
    measure: &Column,
    key: &MemberName,
    (rows, alone): (&JoinTree, bool),
    above: &Filter,
    scope: &Scope<'_>,
) -> Result<(), NotExact> {
    let ColumnKind::Measure(kind) = measure.kind else { return Ok(()) };
    let (predicate, member) = (shown(above), key.clone());
    let (measure, cube) = (measure.member.clone(), measure.source.path.last());
    if !adds_up(kind) {
        return Err(NotExact::NotAdditive { predicate, member, measure, kind: kind.name() });
    }
    let repeats = |cube: &Arc<str>| match alone {
        true => {
            let reached = scope.column(key).source.reached(scope.model);
            let mut cubes = reached.iter().filter_map(|reached| reached.path.last());
            cubes.any(|of_key| rows.repeats(cube, of_key, scope.model))
        }
        // Cube joins the groups of each cube's measures, and finer groups otherwise than coarse ones.
        false => rows.multiplies(cube, scope.model),
    };
    if cube.is_none_or(repeats) {
        return Err(NotExact::Repeated { predicate, member, measure });
    }
    Ok(())
}

// An approximate count is a sketch in the source and a plain number here, and numbers of that kind do not add up.
fn adds_up(kind: MeasureType) -> bool {
    matches!(kind, MeasureType::Count | MeasureType::Sum | MeasureType::Min | MeasureType::Max)
}

/// The joins behind all measures and a key. Where they repeat the rows of a measure, one row may have several values
/// of the key.
fn joined<'c>(columns: impl Iterator<Item = &'c Column>, scope: &Scope<'_>) -> JoinTree {
    let reached: Vec<_> = columns.flat_map(|column| column.source.reached(scope.model)).collect();
    JoinTree::of(reached.iter().map(|reached| &reached.path))
}
