//! The gateway's own tables.

use expect_test::expect;

use super::{check, check_schema};

#[test]
fn names() {
    check(
        "SELECT t.TABLE_NAME FROM Information_Schema.Tables t WHERE tables.table_type = 'VIEW'",
        expect![
            "there is no column `tables.table_type`; did you mean `table_type` or `table_name` or `table_schema`? (line 1, column 60)"
        ],
    );
    check(
        "SELECT tables.table_name AS n, MEASURE(orders.count) FROM information_schema.tables, orders GROUP BY 1",
        expect![[r#"
            0: [orders.count] by [] having orders.count > 0 in UTC (1 visible, 1 uses)
            Projection: tables.table_name AS n, CASE WHEN __common_expr_1 IS NULL THEN Int64(0) ELSE __common_expr_1 END AS count
              Projection: CAST(sum(measure(orders.count)) AS Int64) AS __common_expr_1, tables.table_name
                Aggregate: groupBy=[[tables.table_name]], aggr=[[sum(CAST(measure(orders.count) AS Decimal256(76, 0)))]]
                  Cross Join:
                    SubqueryAlias: tables
                      TableScan: information_schema.tables projection=[table_name]
                    Projection: leaf.count AS measure(orders.count)
                      TableScan: leaf"#]],
    );
    check(
        "SELECT count(*) FROM cube.system.queries WHERE sql LIKE '%x%'",
        expect![[r#"
        Projection: count(Int64(1)) AS count(*)
          Aggregate: groupBy=[[]], aggr=[[count(Int64(1))]]
            SubqueryAlias: queries
              Projection:
                Filter: system.queries.sql LIKE Utf8("%x%")
                  TableScan: system.queries projection=[sql]"#]],
    );
    check("SELECT 1 FROM queries", expect!["there is no table `queries` (line 1, column 15)"]);
    check(
        "SELECT 1 FROM system.orders",
        expect!["there is no table `system.orders`; did you mean `orders` or `users`? (line 1, column 15)"],
    );
    check(
        "SELECT row FROM system.queries",
        expect!["there is no column `row`; did you mean `rows` or `road`? (line 1, column 8)"],
    );
    check(
        "WITH queries AS (SELECT 1 AS a) SELECT q.a, count(*) FROM queries q, system.queries GROUP BY 1",
        expect![[r#"
        Projection: q.a, count(Int64(1)) AS count(*)
          Aggregate: groupBy=[[q.a]], aggr=[[count(Int64(1))]]
            Cross Join:
              SubqueryAlias: q
                SubqueryAlias: queries
                  Projection: Int64(1) AS a
                    EmptyRelation: rows=1
              SubqueryAlias: queries
                TableScan: system.queries projection=[]"#]],
    );
}

#[test]
fn columns() {
    check_schema(
        "SELECT * FROM information_schema.columns",
        expect![[r#"
        Field { "table_catalog": nullable Utf8 }
        Field { "table_schema": nullable Utf8 }
        Field { "table_name": nullable Utf8 }
        Field { "column_name": nullable Utf8 }
        Field { "ordinal_position": nullable Int64 }
        Field { "is_nullable": nullable Utf8 }
        Field { "data_type": nullable Utf8 }
        Field { "numeric_precision": nullable Int64 }
        Field { "numeric_scale": nullable Int64 }
        Field { "member_kind": nullable Utf8 }
        Field { "member_type": nullable Utf8 }
        Field { "title": nullable Utf8 }
        Field { "description": nullable Utf8 }
    "#]],
    );
    check_schema(
        "SELECT * FROM system.queries",
        expect![[r#"
        Field { "request_id": nullable Utf8 }
        Field { "started": nullable Timestamp(µs) }
        Field { "took_ms": nullable Float64 }
        Field { "road": nullable Utf8 }
        Field { "status": nullable Utf8 }
        Field { "rows": nullable Int64 }
        Field { "bytes": nullable Int64 }
        Field { "sql": nullable Utf8 }
    "#]],
    );
}

#[test]
fn sub_queries_that_nobody_can_run() {
    check(
        "SELECT EXISTS (SELECT 1 FROM orders)",
        expect!["EXISTS, IN, ANY or ALL of a sub-query outside of WHERE is not supported"],
    );
    check(
        "SELECT status, status IN (SELECT name FROM users) FROM orders",
        expect!["EXISTS, IN, ANY or ALL of a sub-query outside of WHERE is not supported"],
    );
    check(
        "SELECT status FROM orders WHERE EXISTS (SELECT 1 FROM users WHERE name = 'x') GROUP BY 1",
        expect![[r#"
        0: [] by [orders.status] in UTC (1 visible, 1 uses)
        1: [] ungrouped [users.name] where users.name = 'x' in UTC (0 visible, 1 uses)
        Projection: leaf.status AS status
          LeftSemi Join:
            TableScan: leaf
            SubqueryAlias: __correlated_sq_1
              TableScan: leaf"#]],
    );
}
