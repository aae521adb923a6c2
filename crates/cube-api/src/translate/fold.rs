//! Constants and repeated time ranges folded out of a predicate, so that nothing empty is ever sent.
//! Owns rewrites that change no truth value of a row; knows nothing of Cube's operators.

use semantic::{Filter, MemberName};

use super::scope::Scope;

pub(super) fn is_never(filter: &Filter) -> bool {
    matches!(filter, Filter::Any(parts) if parts.is_empty())
}

/// The same predicate without constants; always true and always false are left as such.
pub(super) fn fold(filter: &Filter, scope: &Scope<'_>) -> Filter {
    match filter {
        Filter::All(parts) => {
            let parts = ranges_met(conjuncts(parts, scope));
            if parts.iter().any(is_never) { Filter::never() } else { Filter::all(parts) }
        }
        Filter::Any(parts) => {
            let parts: Vec<_> = parts.iter().map(|part| fold(part, scope)).collect();
            if parts.iter().any(Filter::is_always) { Filter::always() } else { Filter::any(parts) }
        }
        // Only counts are never NULL.
        Filter::Null { member, negated } if !scope.column(member).is_nullable() => constant(*negated),
        Filter::In { values, negated, .. } if values.is_empty() => constant(*negated),
        other if is_empty_range(other) => Filter::never(),
        other => other.clone(),
    }
}

fn constant(truth: bool) -> Filter {
    if truth { Filter::always() } else { Filter::never() }
}

fn conjuncts(parts: &[Filter], scope: &Scope<'_>) -> Vec<Filter> {
    let mut flat = Vec::new();
    for part in parts {
        match fold(part, scope) {
            Filter::All(inner) => flat.extend(inner),
            other => flat.push(other),
        }
    }
    flat
}

/// All ranges of one time at the place of the first: `t >= a AND t < b` arrives as two.
fn ranges_met(parts: Vec<Filter>) -> Vec<Filter> {
    let mut met: Vec<Filter> = Vec::new();
    for part in parts {
        let Filter::During { member, from, to } = &part else {
            met.push(part);
            continue;
        };
        match met.iter_mut().find_map(|other| bounds_of(other, member)) {
            Some((from_met, to_met)) => {
                *from_met = (*from_met).max(*from);
                *to_met = (*to_met).into_iter().chain(*to).min();
            }
            None => met.push(part),
        }
    }
    met.into_iter().map(|part| if is_empty_range(&part) { Filter::never() } else { part }).collect()
}

fn bounds_of<'f>(
    filter: &'f mut Filter,
    time: &MemberName,
) -> Option<(&'f mut Option<i64>, &'f mut Option<i64>)> {
    match filter {
        Filter::During { member, from, to } if member == time => Some((from, to)),
        _ => None,
    }
}

// Unknown for NULL rather than false, which is the same for a row: there is no NOT above.
fn is_empty_range(filter: &Filter) -> bool {
    matches!(filter, Filter::During { from: Some(from), to: Some(to), .. } if from >= to)
}
