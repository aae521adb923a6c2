//! The order that is asked for: total, so that pages fit together, and the query's own where rows are cut in Cube.

use semantic::{ColumnKind, Dimension, MemberName, Output, Remainder, json::Direction, model::JoinTree};

use super::scope::Scope;
use crate::request::{NoOrder, Paging};

type Keys = Vec<(String, Direction)>;

/// An order of the fetched rows, and whether it is the same for every page.
pub(super) fn total(columns: &[Output], scope: &Scope<'_>) -> (Keys, Paging) {
    if !scope.is_grouped() {
        return match unique_key(columns, scope) {
            Some(key) => (key.into_iter().map(ascending).collect(), Paging::Total),
            None => (Keys::new(), Paging::FirstOnly(NoOrder::NoUniqueKey)),
        };
    }
    let mut keys = Keys::new();
    for key in columns.iter().filter(|column| !column.is_measure()).map(Output::member).map(ascending) {
        // Cube knows a time by its name alone, whatever its bins.
        if !keys.contains(&key) {
            keys.push(key);
        }
    }
    (
        keys,
        if bins_are_nested(columns, scope) {
            Paging::Total
        } else {
            Paging::FirstOnly(NoOrder::CrossingBins)
        },
    )
}

fn ascending(member: &MemberName) -> (String, Direction) {
    (member.asked().to_owned(), Direction::Asc)
}

/// The finest bin of each time decides its other bins.
fn bins_are_nested(columns: &[Output], scope: &Scope<'_>) -> bool {
    let bins: Vec<_> = columns.iter().filter_map(Output::bins).collect();
    bins.iter().all(|(time, grain)| {
        let others: Vec<_> = bins.iter().filter(|(other, _)| other == time).collect();
        if others.len() == 1 {
            return true;
        }
        let starts: Result<Vec<_>, _> = others.iter().map(|(_, grain)| scope.starts(time, grain)).collect();
        let Ok(starts) = starts else { return false };
        let finest = starts.into_iter().min_by_key(|bins| bins.length());
        finest.zip(scope.starts(time, grain).ok()).is_some_and(|(finest, bins)| bins.is_made_of(finest))
    })
}

/// The columns that hold the root's primary key, when all of it is fetched and no join repeats the root's rows.
fn unique_key<'c>(columns: &'c [Output], scope: &Scope<'_>) -> Option<Vec<&'c MemberName>> {
    let mut reached = Vec::new();
    scope.query.members(|member| reached.extend(scope.column(member).source.reached(scope.model)));
    let root = reached.first()?.path.cubes().first()?;
    let tree = JoinTree::of(reached.iter().map(|reached| &reached.path));
    if tree.multiplies(root, scope.model) {
        return None;
    }
    let holding = |part: &Dimension| {
        columns.iter().filter(|column| matches!(column, Output::Dimension(_))).map(Output::member).find(
            |member| {
                let source = &scope.column(member).source;
                source.path.cubes().len() == 1 && source.member == part.name
            },
        )
    };
    let key: Vec<_> = scope.model.cube(root)?.primary_key().map(holding).collect::<Option<_>>()?;
    (!key.is_empty()).then_some(key)
}

/// The order of a request whose rows Cube may cut, or `None` when they must be cut above.
///
/// Where the source puts NULL and how it sorts text is its own choice, so only counts may decide who is cut. And
/// a count that comes with measures of other cubes can be NULL for a group that only those have.
pub(super) fn cut(remainder: &Remainder, total: &Keys, scope: &Scope<'_>) -> Option<Keys> {
    let query = scope.query;
    // Over a window without rows, a count has no value in Cube.
    if !query.is_cut() || !remainder.is_nothing() || scope.is_one_row() || query.is_contextual(scope.model) {
        return None;
    }
    let mut keys = Keys::new();
    for key in &query.order {
        let output = &query.outputs[key.output];
        if !scope.is_grouped() || !is_count(output, scope) {
            return None;
        }
        let direction = if key.descending { Direction::Desc } else { Direction::Asc };
        keys.push((output.asked(), direction));
    }
    let is_local = |measure| scope.column(measure).source.is_local(scope.model);
    if !keys.is_empty() && !query.measures().all(is_local) {
        return None;
    }
    keys.extend(total.iter().cloned());
    Some(keys)
}

fn is_count(output: &Output, scope: &Scope<'_>) -> bool {
    matches!(scope.column(output.member()).kind, ColumnKind::Measure(kind) if kind.is_count())
}
