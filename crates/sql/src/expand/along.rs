//! The time that windows and shifts are measured along: its bins, in a range with both ends.

use semantic::{Filter, Granularity, Grouping, MemberName, Output, SemanticQuery};

use super::NotExpanded;

/// Bins of an answer. Each is a row of the plan.
pub(super) const MAX_BINS: usize = 20_000;

/// The time that windows are measured along.
pub(super) struct Along<'a> {
    pub(super) time: &'a MemberName,
    pub(super) bin: Granularity,
    /// The starts of the bins.
    pub(super) bins: Vec<i64>,
    /// The asked range.
    pub(super) from: i64,
    pub(super) to: i64,
}

impl<'a> Along<'a> {
    pub(super) fn of(query: &'a SemanticQuery) -> std::result::Result<Option<Self>, NotExpanded> {
        if let Some(Output::Custom(time, _)) = query.keys().find(|key| matches!(key, Output::Custom(..))) {
            return Err(NotExpanded::Custom(time.clone()));
        }
        let times = query.keys().filter_map(|key| match key {
            Output::Time(time, bin) => Some((time, *bin)),
            _ => None,
        });
        let (time, bin) = match times.collect::<Vec<_>>().as_slice() {
            // Without bins, a range would be that of the whole window.
            [] if !has_range(&query.filter) => return Ok(None),
            [one] if query.grouping == Grouping::Grouped => *one,
            _ => return Err(NotExpanded::Range),
        };
        let mut range = (None::<i64>, None::<i64>);
        for part in query.filter.conjuncts() {
            match part {
                Filter::During { member, from, to } if member == time => {
                    range.0 = range.0.max(*from);
                    range.1 = range.1.into_iter().chain(*to).min();
                }
                other => {
                    let mut tested = false;
                    other.members(&mut |member| tested |= member == time);
                    if tested {
                        return Err(NotExpanded::Tested(time.clone()));
                    }
                }
            }
        }
        let (Some(from), Some(to)) = range else { return Err(NotExpanded::Range) };
        let mut bins = Vec::new();
        let mut start = bin.floor(from).ok_or(NotExpanded::Calendar)?;
        while start < to {
            if bins.len() == MAX_BINS {
                return Err(NotExpanded::Bins);
            }
            bins.push(start);
            start = bin.next(start).ok_or(NotExpanded::Calendar)?;
        }
        Ok(Some(Self { time, bin, bins, from, to }))
    }

    pub(super) fn is_range(&self, filter: &Filter) -> bool {
        matches!(filter, Filter::During { member, .. } if member == self.time)
    }
}

fn has_range(filter: &Filter) -> bool {
    filter.conjuncts().iter().any(|part| matches!(part, Filter::During { .. }))
}
