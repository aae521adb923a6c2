//! Temporary tables beside cubes and views.

use std::sync::Arc;

use chrono::DateTime;
use datafusion::arrow::datatypes::{DataType, Field, Schema};
use expect_test::{Expect, expect};

use super::parsed;
use crate::{Planner, TemporaryTable};

fn tables() -> Vec<TemporaryTable> {
    let table = |name: &str, columns: &[(&str, DataType)], id| {
        let fields: Vec<_> =
            columns.iter().map(|(name, kind)| Field::new(*name, kind.clone(), true)).collect();
        TemporaryTable { name: name.into(), schema: Arc::new(Schema::new(fields)), id }
    };
    vec![
        table("wanted", &[("status", DataType::Utf8), ("Weight", DataType::Int32)], 1),
        table("orders", &[("status", DataType::Utf8)], 2),
    ]
}

fn check(sql: &str, expect: Expect) {
    let planner = Planner::new();
    let shown = planner.prepare_beside(sql, &parsed(), &tables()).and_then(|statement| {
        let now = DateTime::from_timestamp_millis(0).unwrap();
        let plan = planner.plan(&statement, &[], chrono_tz::UTC, now)?;
        let leaves: String = plan.leaves.iter().map(|leaf| format!("{}\n", leaf.query)).collect();
        Ok(format!("reads: {}\n{leaves}{}", statement.reads_temporary, plan.logical.display_indent()))
    });
    expect.assert_eq(&shown.unwrap_or_else(|error| error.to_string()));
}

#[test]
fn names() {
    check(
        "SELECT STATUS, weight FROM Wanted WHERE wanted.weight > 1",
        expect![[r#"
        reads: true
        SubqueryAlias: wanted
          Filter: temporary.wanted.Weight > Int32(1)
            TableScan: temporary.wanted projection=[status, Weight]"#]],
    );
    check(
        "SELECT * FROM cube.temporary.wanted",
        expect![[r#"
        reads: true
        SubqueryAlias: wanted
          TableScan: temporary.wanted projection=[status, Weight]"#]],
    );
    // A cube comes first; the schema tells them apart.
    check(
        "SELECT MEASURE(count) FROM orders",
        expect![[r#"
        reads: false
        [orders.count] by [] in UTC
        Projection: leaf.count AS count
          TableScan: leaf"#]],
    );
    check(
        "SELECT count(*) FROM temporary.orders",
        expect![[r#"
        reads: true
        Projection: count(Int64(1)) AS count(*)
          Aggregate: groupBy=[[]], aggr=[[count(Int64(1))]]
            SubqueryAlias: orders
              TableScan: temporary.orders projection=[]"#]],
    );
    check(
        "SELECT 1 FROM public.wanted",
        expect!["there is no table `public.wanted`; did you mean `wanted`? (line 1, column 15)"],
    );
    check(
        "SELECT 1 FROM temporary.users",
        expect!["there is no table `temporary.users`; did you mean `users` or `orders`? (line 1, column 15)"],
    );
    check(
        "SELECT w.wait FROM wanted w",
        expect!["there is no column `w.wait`; did you mean `Weight`? (line 1, column 8)"],
    );
    check(
        "WITH wanted AS (SELECT 1 AS a) SELECT * FROM wanted",
        expect![[r#"
        reads: false
        SubqueryAlias: wanted
          Projection: Int64(1) AS a
            EmptyRelation: rows=1"#]],
    );
}

#[test]
fn beside_grouped_queries() {
    check(
        "SELECT w.weight, o.n FROM wanted w JOIN (SELECT status, MEASURE(count) AS n FROM orders GROUP BY 1) o \
         ON o.status = w.status",
        expect![[r#"
            reads: true
            [orders.count] by [orders.status] in UTC
            Projection: w.Weight, o.n
              Inner Join: w.status = o.status
                SubqueryAlias: w
                  TableScan: temporary.wanted projection=[status, Weight]
                SubqueryAlias: o
                  Projection: leaf.status AS status, leaf.count AS n
                    TableScan: leaf"#]],
    );
    check(
        "SELECT MEASURE(count) FROM orders WHERE status IN (SELECT status FROM wanted)",
        expect![[r#"
            reads: true
            [orders.count] by [orders.status] in UTC
            Projection: CASE WHEN __common_expr_2 IS NULL THEN Int64(0) ELSE __common_expr_2 END AS count
              Projection: CAST(sum(leaf.count) AS Int64) AS __common_expr_2
                Aggregate: groupBy=[[]], aggr=[[sum(CAST(leaf.count AS Decimal256(76, 0)))]]
                  Projection: leaf.count
                    LeftSemi Join: leaf.status = __correlated_sq_1.status
                      TableScan: leaf
                      SubqueryAlias: __correlated_sq_1
                        SubqueryAlias: wanted
                          TableScan: temporary.wanted projection=[status]"#]],
    );
}

#[test]
fn beside_rows_of_cubes() {
    check(
        "SELECT w.weight, MEASURE(o.count) FROM orders o JOIN wanted w ON o.status = w.status GROUP BY 1",
        expect![[r#"
            reads: true
            [orders.count] by [orders.status] in UTC
            Projection: w.Weight, CASE WHEN __common_expr_1 IS NULL THEN Int64(0) ELSE __common_expr_1 END AS count
              Projection: CAST(sum(measure(o.count)) AS Int64) AS __common_expr_1, w.Weight
                Aggregate: groupBy=[[w.Weight]], aggr=[[sum(CAST(measure(o.count) AS Decimal256(76, 0)))]]
                  Projection: measure(o.count), w.Weight
                    Inner Join: o.status = w.status
                      Projection: leaf.status AS status, leaf.count AS measure(o.count)
                        TableScan: leaf
                      SubqueryAlias: w
                        TableScan: temporary.wanted projection=[status, Weight]"#]],
    );
    check(
        "SELECT o.status, MAX(w.weight), MEASURE(o.count) FROM orders o LEFT JOIN wanted w ON o.status = w.status \
         GROUP BY 1",
        expect![[r#"
            reads: true
            [orders.count] by [orders.status] in UTC
            Projection: o.status, max(w.Weight), CASE WHEN __common_expr_1 IS NULL THEN Int64(0) ELSE __common_expr_1 END AS count
              Projection: CAST(sum(measure(o.count)) AS Int64) AS __common_expr_1, o.status, max(w.Weight)
                Aggregate: groupBy=[[o.status]], aggr=[[max(w.Weight), sum(CAST(measure(o.count) AS Decimal256(76, 0)))]]
                  Projection: o.status, measure(o.count), w.Weight
                    Left Join: o.status = w.status
                      Projection: leaf.status AS status, leaf.count AS measure(o.count)
                        TableScan: leaf
                      SubqueryAlias: w
                        TableScan: temporary.wanted projection=[status, Weight]"#]],
    );
    check(
        "SELECT w.status, MEASURE(o.count) FROM wanted w LEFT JOIN orders o ON o.status = w.status GROUP BY 1",
        expect![
            "this join does not keep the rows of `orders`; put it on the side that is kept, or group it in a sub-query"
        ],
    );
    check(
        "SELECT o.id, w.weight FROM orders o JOIN wanted w ON o.status = w.status",
        expect![[r#"
            reads: true
            [] ungrouped [orders.id, orders.status] in UTC
            Projection: o.id, w.Weight
              Inner Join: o.status = w.status
                SubqueryAlias: o
                  Projection: leaf.id AS id, leaf.status AS status
                    TableScan: leaf
                SubqueryAlias: w
                  TableScan: temporary.wanted projection=[status, Weight]"#]],
    );
    check(
        "SELECT SUM(w.weight) FROM orders o JOIN wanted w ON o.status = w.status",
        expect![
            "SUM over what is joined to `orders` needs rows, which are not known above groups; only MIN, MAX and COUNT(DISTINCT) mean the same"
        ],
    );
}
