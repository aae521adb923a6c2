//! Predicates of WHERE: every member stored, every range on the grain of stored bins.

use std::collections::HashMap;

use semantic::{
    Filter, MemberName,
    model::{Bins, Grain, List, Reference, StoredBins},
};

use super::{Pair, keys, shift};
use crate::{refusal::Refusal, scan::Scan, wanted::Test};

pub(super) type Columns = HashMap<MemberName, String>;
pub(super) type Ranges = HashMap<(MemberName, Option<i64>, Option<i64>), String>;

/// The stored columns that the predicates test; what is in the way goes to `refused`.
pub(super) fn bind(pair: &Pair<'_>, refused: &mut Vec<Refusal>) -> (Columns, Ranges) {
    let (mut columns, mut ranges) = (Columns::new(), Ranges::new());
    for test in &pair.wanted.tests {
        let bound = match test.filter {
            Filter::During { from, to, .. } => range(pair, test.source, *from, *to)
                .map(|(column, from, to)| _ = ranges.insert((test.member.clone(), from, to), column)),
            _ => column(pair, test).map(|column| _ = columns.insert(test.member.clone(), column)),
        };
        refused.extend(bound.err());
    }
    (columns, ranges)
}

fn column(pair: &Pair<'_>, test: &Test<'_>) -> Result<String, Refusal> {
    let reference = test.source;
    if !test.is_time || pair.holds.has(List::Dimensions, reference) {
        return keys::column(pair, reference);
    }
    // A bin is NULL exactly where its time is.
    let fits = matches!(test.filter, Filter::Null { .. });
    let refusal = |_: &Grain| Refusal::TimePredicate(reference.clone());
    keys::time_column(pair, reference, |_| fits, refusal)
}

fn range(
    pair: &Pair<'_>,
    reference: &Reference,
    from: Option<i64>,
    to: Option<i64>,
) -> Result<(String, Option<i64>, Option<i64>), Refusal> {
    if let Some(built) = pair.shifted.filter(|_| pair.holds.has(List::Dimensions, reference)) {
        return Err(shift::another_zone(pair, built));
    }
    let (from, to) = (shift::bound(pair, from)?, shift::bound(pair, to)?);
    if pair.holds.has(List::Dimensions, reference) {
        return Ok((pair.column(reference), from, to));
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
