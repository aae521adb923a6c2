//! Whether each group of a query lies within one table, so that tables can be read apart.

use semantic::{Filter, Model};

use super::setup::{during, parsed, query, route};
use crate::Route;

/// A rollup by day, by hour of another time, and in partitions.
fn partitioned(by: &str) -> Model {
    parsed(&format!(
        "
cubes:
  - name: c
    sql_table: t
    measures: [{{ name: count, type: count }}]
    dimensions:
      - {{ name: id, sql: id, type: number, primary_key: true }}
      - {{ name: kind, sql: kind, type: string }}
      - {{ name: at, sql: at, type: time, meta: {{ arrow_type: date32 }} }}
      - {{ name: paid, sql: paid, type: time }}
    pre_aggregations:
      - name: p
        measures: [count]
        dimensions: [kind]
        time_dimensions:
          - {{ dimension: at, granularity: day }}
          - {{ dimension: paid, granularity: hour }}
        {by}
"
    ))
}

/// `None` when the rollup does not answer.
fn is_disjoint(model: &Model, outputs: &str) -> Option<bool> {
    let mut query = query(model, "c", outputs);
    query.filter = during("c.at", "2024-01-05", "2024-06-05");
    match route(query, model) {
        Route::Rollup { scan, .. } => Some(scan.disjoint),
        Route::Source { .. } => None,
    }
}

#[test]
fn groups_lie_within_a_table_where_bins_of_its_time_do() {
    let partition = |by: &str| partitioned(&format!("partition_granularity: {by}"));
    for (by, outputs, expected) in [
        ("month", "at.day, count", Some(true)),
        ("month", "kind, at.day, count", Some(true)),
        ("month", "at.month, count", Some(true)),
        ("month", "at, count", Some(true)),
        ("month", "at.week, count", Some(false)),
        ("month", "at.quarter, count", Some(false)),
        ("month", "at.year, kind, count", Some(false)),
        ("month", "kind, count", Some(false)),
        ("month", "count", Some(false)),
        ("month", "paid.day, count", Some(false)),
        ("month", "paid.day, at.month, count", Some(true)),
        ("year", "at.quarter, count", Some(true)),
        ("year", "at.week, count", Some(false)),
        ("week", "at.week, count", Some(true)),
        ("week", "at.month, count", Some(false)),
        ("day", "at.day, count", Some(true)),
        ("day", "at.month, count", Some(false)),
    ] {
        assert_eq!(is_disjoint(&partition(by), outputs), expected, "{outputs} in partitions by {by}");
    }
    assert_eq!(is_disjoint(&partitioned("refresh_key: { every: 1 hour }"), "at.day, count"), Some(false));
}

#[test]
fn the_tables_of_several_ranges_are_those_of_their_common_part() {
    let model = partitioned("partition_granularity: month");
    let early = during("c.at", "2024-01-05", "2024-06-05");
    let late = during("c.at", "2024-03-01", "2024-08-01");
    for ranges in [[early.clone(), late.clone()], [late, early]] {
        let mut query = query(&model, "c", "at.day, count");
        query.filter = Filter::all(ranges);
        let Route::Rollup { scan, .. } = route(query, &model) else { panic!("no rollup") };
        let months: Vec<_> = scan.tables.iter().map(|table| &table[table.len() - 8..]).collect();
        assert_eq!(months, ["20240301", "20240401", "20240501", "20240601"]);
    }
}
