//! What a road leaves to be done above the rows that it fetched.

use crate::{filter::Filter, query::OrderBy};

/// The steps above a fetch, in this order. The fetched columns are the leaf's own outputs, then the extra ones.
#[derive(Debug, Clone, PartialEq)]
pub struct Remainder {
    /// Tested on the fetched rows.
    pub filter: Filter,
    /// Group what passed by the leaf's keys again, each measure re-aggregated by its type; drops the extra keys.
    pub regroup: bool,
    /// Tested on groups; may name extra measures, which are dropped after it.
    pub having: Filter,
    /// Positions are those of the leaf's outputs.
    pub order: Vec<OrderBy>,
    /// Rows at most, behind `offset`.
    pub limit: Option<u64>,
    /// Rows to skip.
    pub offset: u64,
}

impl Remainder {
    /// Nothing is left to do.
    pub const fn nothing() -> Self {
        Self {
            filter: Filter::always(),
            regroup: false,
            having: Filter::always(),
            order: Vec::new(),
            limit: None,
            offset: 0,
        }
    }

    /// True when the fetched rows are the answer.
    pub fn is_nothing(&self) -> bool {
        *self == Self::nothing()
    }
}

impl std::fmt::Display for Remainder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let steps = [
            (!self.filter.is_always()).then(|| format!("filter {}", self.filter)),
            self.regroup.then(|| "regroup".to_owned()),
            (!self.having.is_always()).then(|| format!("having {}", self.having)),
            (!self.order.is_empty()).then(|| format!("sort by {} keys", self.order.len())),
            self.limit.map(|limit| format!("limit {limit}")),
            (self.offset > 0).then(|| format!("offset {}", self.offset)),
        ];
        let steps: Vec<_> = steps.into_iter().flatten().collect();
        f.write_str(if steps.is_empty() { "nothing" } else { "" })?;
        f.write_str(&steps.join(", "))
    }
}
