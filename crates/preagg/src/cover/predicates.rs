//! Predicates of WHERE: every member stored, every range on the grain of stored bins.

use std::collections::HashMap;

use semantic::{
    Filter, MemberName,
    model::{Bins, Grain, List, StoredBins},
};

use super::{Pair, keys, shift};
use crate::{names, refusal::Refusal, scan::Scan};

pub(super) type Columns = HashMap<MemberName, String>;
pub(super) type Ranges = HashMap<(MemberName, Option<i64>, Option<i64>), String>;

/// The stored columns that the predicates test; what is in the way goes to `refused`.
pub(super) fn bind(pair: &Pair<'_>, refused: &mut Vec<Refusal>) -> (Columns, Ranges) {
    let (mut columns, mut ranges) = (Columns::new(), Ranges::new());
    visit(&pair.wanted.query.filter, &mut |filter, member| match filter {
        Filter::During { from, to, .. } => match range(pair, member, *from, *to) {
            Ok((column, from, to)) => _ = ranges.insert((member.clone(), from, to), column),
            Err(reason) => refused.push(reason),
        },
        other => match column(pair, other, member) {
            Ok(column) => _ = columns.insert(member.clone(), column),
            Err(reason) => refused.push(reason),
        },
    });
    (columns, ranges)
}

fn visit<'a>(filter: &'a Filter, found: &mut impl FnMut(&'a Filter, &'a MemberName)) {
    match filter {
        Filter::All(parts) | Filter::Any(parts) => parts.iter().for_each(|part| visit(part, found)),
        leaf => leaf.members(&mut |member| found(leaf, member)),
    }
}

fn column(pair: &Pair<'_>, filter: &Filter, member: &MemberName) -> Result<String, Refusal> {
    let reference = pair.wanted.source(member);
    if !pair.wanted.is_time(member) || pair.holds.has(List::Dimensions, reference) {
        return keys::column(pair, reference);
    }
    // A bin is NULL exactly where its time is.
    let fits = matches!(filter, Filter::Null { .. });
    let refusal = |_: &Grain| Refusal::TimePredicate(reference.clone());
    keys::time_column(pair, reference, |_| fits, refusal)
}

fn range(
    pair: &Pair<'_>,
    member: &MemberName,
    from: Option<i64>,
    to: Option<i64>,
) -> Result<(String, Option<i64>, Option<i64>), Refusal> {
    let reference = pair.wanted.source(member);
    if let Some(built) = pair.shifted.filter(|_| pair.holds.has(List::Dimensions, reference)) {
        return Err(shift::another_zone(pair, built));
    }
    let (from, to) = (shift::bound(pair, from)?, shift::bound(pair, to)?);
    if pair.holds.has(List::Dimensions, reference) {
        return Ok((names::column(reference, pair.wanted.model), from, to));
    }
    let off_grain = |bins: Bins| from.into_iter().chain(to).find(|at| !bins.starts_at(*at));
    let refusal = |stored: &Grain| match reference.bins(stored, pair.wanted.model) {
        Ok(bins) => Refusal::OffGrain {
            member: reference.clone(),
            bound: off_grain(bins).unwrap_or_default(),
            stored: stored.clone(),
        },
        Err(why) => Refusal::BinsUnknown { member: reference.clone(), stored: stored.to_string(), why },
    };
    let fits = |stored: &StoredBins| stored.bins.is_ok_and(|bins| off_grain(bins).is_none());
    keys::time_column(pair, reference, fits, refusal).map(|column| (column, from, to))
}

impl Scan {
    /// The stored column that a predicate on `member` tests.
    pub(crate) fn column(&self, member: &MemberName) -> &str {
        self.columns.get(member).expect("bind met every member of the filter")
    }

    /// The stored column that a range of `member` tests.
    pub(crate) fn range(&self, member: &MemberName, from: Option<i64>, to: Option<i64>) -> &str {
        self.ranges.get(&(member.clone(), from, to)).expect("bind met every range of the filter")
    }
}
