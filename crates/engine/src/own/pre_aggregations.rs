//! `system.pre_aggregations`: what the model declares, and what of it was built.

use preagg::Tables;
use semantic::{MemberName, Model, PreAggregation, Table, model::PreAggregationKind};

use super::Cell;

/// Those whose every member the caller may name; of other kinds than rollups that is not known.
pub(super) fn built(model: &Model, tables: &Tables) -> Vec<Vec<Cell>> {
    let named = |rollup: &&PreAggregation| {
        let columns = || model.tables().flat_map(Table::columns);
        let is_column = |member: &MemberName| columns().any(|column| column.source.member == *member);
        let is_shown = rollup.kind == PreAggregationKind::Rollup
            && columns().any(|column| column.source.member.table() == rollup.cube())
            && rollup.references().all(|reference| is_column(&reference.member));
        !model.is_restricted() || is_shown
    };
    model.pre_aggregations().filter(named).map(|rollup| row(rollup, tables)).collect()
}

fn row(rollup: &PreAggregation, tables: &Tables) -> Vec<Cell> {
    let partition = rollup.partition_granularity.as_ref().map(ToString::to_string);
    let built = tables.get(&rollup.name);
    let rows = built.and_then(|built| {
        let counted = built.partitions.values().map(|table| table.rows);
        counted.sum::<Option<u64>>()
    });
    vec![
        rollup.name.to_string().into(),
        rollup.kind.name().into(),
        partition.into(),
        built.map(|built| built.zone.to_string()).into(),
        Cell::from(built.map_or(0, |built| built.partitions.len() as u64)),
        rows.into(),
    ]
}
