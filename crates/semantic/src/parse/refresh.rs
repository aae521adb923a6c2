//! Reads what says when and how tables are built.

use super::{index::Scope, map::Map, naming::titled, node::Node};
use crate::model::{
    Build, Index, IndexColumn, IndexType, OutputColumn, PreAggregationKind, RefreshKey, Sql, StreamOffset,
};

const INDEXES: [(&str, IndexType); 2] =
    [("regular", IndexType::Regular), ("aggregate", IndexType::Aggregate)];
const OFFSETS: [(&str, StreamOffset); 2] =
    [("earliest", StreamOffset::Earliest), ("latest", StreamOffset::Latest)];

/// `refresh_key`
pub(super) fn key(node: &Node<'_>, scope: Scope<'_>) -> Option<RefreshKey> {
    let map = node.map()?;
    let key = RefreshKey {
        every: map.parsed("every"),
        timezone: map.text("timezone"),
        sql: map.get("sql").and_then(|sql| scope.template(&sql)),
        incremental: map.flag("incremental"),
        update_window: map.parsed("update_window"),
        immutable: map.flag("immutable"),
    };
    map.finish();
    Some(key)
}

/// The keys of a pre-aggregation that say how its table is built.
pub(super) fn build(map: &Map<'_>, kind: PreAggregationKind, scope: Scope<'_>) -> Build {
    let columns = map.list("output_column_types");
    Build {
        refresh_key: map.get("refresh_key").and_then(|node| key(&node, scope)),
        scheduled_refresh: map.flag("scheduled_refresh"),
        build_range_start: bound(map, ["build_range_start", "refresh_range_start"], scope),
        build_range_end: bound(map, ["build_range_end", "refresh_range_end"], scope),
        indexes: map.definitions("indexes").iter().filter_map(|node| index(node, kind, scope)).collect(),
        unique_key_columns: map.texts("unique_key_columns"),
        output_column_types: columns.iter().filter_map(|node| output_column(node, scope)).collect(),
        stream_offset: map.word("stream_offset", &OFFSETS),
        read_only: map.flag("read_only"),
        use_original_sql_pre_aggregations: map.flag("use_original_sql_pre_aggregations"),
    }
}

fn bound(map: &Map<'_>, keys: [&str; 2], scope: Scope<'_>) -> Option<Sql> {
    scope.sql(&map.either(&keys)?)
}

fn index(node: &Node<'_>, kind: PreAggregationKind, scope: Scope<'_>) -> Option<Index> {
    let (map, name) = titled(node)?;
    let columns = map.required("columns").map(|node| node.one_or_many()).unwrap_or_default();
    let column = |node: &Node<'_>| match kind {
        // The columns of a query's own result are no members.
        PreAggregationKind::OriginalSql => node.text().map(IndexColumn::Column),
        _ => scope.reference(node).map(IndexColumn::Member),
    };
    let columns = columns.iter().filter_map(column).collect();
    let index = Index { name, columns, kind: map.word("type", &INDEXES) };
    map.finish();
    Some(index)
}

fn output_column(node: &Node<'_>, scope: Scope<'_>) -> Option<OutputColumn> {
    let map = node.map()?;
    let member = map.required("member").and_then(|node| scope.reference(&node));
    let kind = map.required("type").and_then(|node| node.text());
    map.finish();
    Some(OutputColumn { member: member?, kind: kind? })
}
