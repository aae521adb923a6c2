//! Measures whose values depend on other rows than those of their group: windows, other times, other groups. Cube
//! computes them along the bins of one time, over the range that goes as `dateRange`. A predicate in any other form
//! would take away rows that they need.

use semantic::{Filter, MemberName};

use super::{
    rows::Rows,
    scope::{Scope, members},
    time::DateRange,
};
use crate::request::NotExact;

/// Refuses such measures in queries that Cube would answer for other rows.
pub(super) fn check(rows: &Rows, having: &Filter, scope: &Scope<'_>) -> Result<(), NotExact> {
    if scope.query.unrolled {
        return Err(NotExact::Unrolled);
    }
    let contextual = |member: &&MemberName| scope.column(member).source.is_contextual(scope.model);
    let Some(measure) = scope.query.measures().find(contextual) else { return Ok(()) };
    match in_the_way(rows, having, scope) {
        None => Ok(()),
        Some(why) => Err(NotExact::Contextual { measure: measure.clone(), why }),
    }
}

fn in_the_way(rows: &Rows, having: &Filter, scope: &Scope<'_>) -> Option<&'static str> {
    if !scope.is_grouped() {
        return Some("has no value in a row");
    }
    if !rows.above.is_always() || !having.is_always() {
        return Some("cannot be computed again from rows that a predicate is tested on");
    }
    let bins: Vec<_> = scope.bins().map(|(time, _)| time).collect();
    let range = rows.range.as_ref().map(DateRange::member);
    match (bins.as_slice(), range) {
        ([], _) => {}
        ([time], Some(ranged)) if *time == ranged => {}
        ([_], _) => return Some("needs a range of the time with both ends on the grain of its rollups"),
        _ => return Some("is asked for by bins of several times"),
    }
    let is_time = |member: &MemberName| bins.contains(&member) || range == Some(member);
    let tests = scope.query.filter.conjuncts().iter().filter(|part| members(part).iter().any(is_time));
    let tests_times = |part: &Filter| matches!(part, Filter::During { .. });
    let loose = bins.is_empty() && range.is_none() && scope.query.filter.conjuncts().iter().any(tests_times);
    (loose || tests.count() > 1).then_some("is restricted in time by more than one range")
}
