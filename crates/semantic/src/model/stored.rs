//! How Cube names members in tables of the store, and pre-aggregations that would keep two of them in one column.

use std::{collections::BTreeMap, sync::Arc};

use indexmap::IndexMap;

use super::{Cube, Model, PreAggregation, Reference};
use crate::name::MemberName;

/// Two members of a pre-aggregation in one column, by its name.
pub(super) type Shared = BTreeMap<MemberName, (Reference, Reference)>;

type Cubes = IndexMap<Arc<str>, Cube>;

impl Model {
    /// The name that Cube gives a member in SQL: `orders__created_at`.
    pub fn stored_name(&self, member: &MemberName) -> String {
        name(member, &self.cubes)
    }

    /// The cube's part of names in the store.
    pub fn stored_cube(&self, cube: &str) -> String {
        cube_part(cube, &self.cubes)
    }

    /// Two members of a pre-aggregation that would be kept in one column: one cube on two ways, or names that differ
    /// in case only. Known since the model was read.
    pub fn shared_column(&self, pre_aggregation: &MemberName) -> Option<&(Reference, Reference)> {
        self.shared.get(pre_aggregation)
    }
}

/// `createdAt` → `created_at`.
pub fn underscore(name: &str) -> String {
    let mut out = String::with_capacity(name.len() + 4);
    for letter in name.chars() {
        if letter.is_ascii_uppercase() && !out.is_empty() {
            out.push('_');
        }
        out.push(letter.to_ascii_lowercase());
    }
    out
}

pub(super) fn shared(cubes: &Cubes) -> Shared {
    let rollups = cubes.values().flat_map(|cube| &cube.pre_aggregations);
    rollups.filter_map(|rollup| Some((rollup.name.clone(), shared_in(rollup, cubes)?))).collect()
}

fn shared_in(rollup: &PreAggregation, cubes: &Cubes) -> Option<(Reference, Reference)> {
    let times = rollup.time_dimensions.iter().map(|time| {
        (&time.dimension, format!("{}_{}", name(&time.dimension.member, cubes), time.granularity))
    });
    let others = rollup.measures.iter().chain(&rollup.dimensions).chain(&rollup.segments);
    let others = others.map(|reference| (reference, name(&reference.member, cubes)));
    let mut seen: BTreeMap<String, &Reference> = BTreeMap::new();
    for (reference, column) in others.chain(times) {
        match seen.insert(column, reference) {
            Some(before) if before != reference => return Some((before.clone(), reference.clone())),
            _ => {}
        }
    }
    None
}

fn name(member: &MemberName, cubes: &Cubes) -> String {
    format!("{}__{}", cube_part(member.table(), cubes), underscore(member.member()))
}

fn cube_part(cube: &str, cubes: &Cubes) -> String {
    let alias = cubes.get(cube).and_then(|cube| cube.sql_alias.as_deref());
    alias.map_or_else(|| underscore(cube), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::underscore;

    #[test]
    fn camel_case_becomes_snake_case() {
        assert_eq!(underscore("createdAt"), "created_at");
        assert_eq!(underscore("OrderItems"), "order_items");
    }
}
