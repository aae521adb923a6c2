//! Columns that a join makes one, and columns of one name.

use expect_test::expect;

use super::{check, check_schema};

const A: &str = "(SELECT 1 AS id, 2 AS w) a";
const B: &str = "(SELECT 2 AS id, 3 AS v) b";
const C: &str = "(SELECT 2 AS id, 3 AS v, 4 AS u) c";

#[test]
fn the_side_that_is_kept_has_the_value() {
    check(
        &format!("SELECT id, w FROM {A} JOIN {B} USING (id)"),
        expect![[r#"
        Projection: a.id, a.w
          Inner Join: a.id = b.id
            SubqueryAlias: a
              Projection: Int64(1) AS id, Int64(2) AS w
                EmptyRelation: rows=1
            SubqueryAlias: b
              Projection: Int64(2) AS id
                EmptyRelation: rows=1"#]],
    );
    check(
        &format!("SELECT ID, w FROM {A} RIGHT JOIN {B} USING (Id) WHERE id > 1 ORDER BY id"),
        expect![[r#"
        Sort: b.id ASC NULLS LAST
          Projection: b.id, Int64(NULL) AS w
            SubqueryAlias: b
              Projection: Int64(2) AS id
                EmptyRelation: rows=1"#]],
    );
    check(
        &format!("SELECT id, COUNT(*) AS n FROM {A} FULL JOIN {B} USING (id) GROUP BY id"),
        expect![[r#"
        Projection: coalesce(a.id,b.id) AS id, count(Int64(1)) AS count(*) AS n
          Aggregate: groupBy=[[CASE WHEN a.id IS NOT NULL THEN a.id ELSE b.id END AS coalesce(a.id,b.id)]], aggr=[[count(Int64(1))]]
            Full Join: a.id = b.id
              SubqueryAlias: a
                Projection: Int64(1) AS id
                  EmptyRelation: rows=1
              SubqueryAlias: b
                Projection: Int64(2) AS id
                  EmptyRelation: rows=1"#]],
    );
    check(
        &format!("SELECT a.id, b.id FROM {A} RIGHT JOIN {B} USING (id)"),
        expect![[r#"
        Right Join: a.id = b.id
          SubqueryAlias: a
            Projection: Int64(1) AS id
              EmptyRelation: rows=1
          SubqueryAlias: b
            Projection: Int64(2) AS id
              EmptyRelation: rows=1"#]],
    );
    check(
        &format!("SELECT id, v FROM {A} FULL JOIN {B} USING (id) LEFT JOIN {C} USING (id, v)"),
        expect![[r#"
            Projection: CASE WHEN a.id IS NOT NULL THEN a.id ELSE b.id END AS id, b.v
              Left Join: CASE WHEN a.id IS NOT NULL THEN a.id ELSE b.id END = c.id, b.v = c.v
                Full Join: a.id = b.id
                  SubqueryAlias: a
                    Projection: Int64(1) AS id
                      EmptyRelation: rows=1
                  SubqueryAlias: b
                    Projection: Int64(2) AS id, Int64(3) AS v
                      EmptyRelation: rows=1
                SubqueryAlias: c
                  Projection: Int64(2) AS id, Int64(3) AS v
                    EmptyRelation: rows=1"#]],
    );
    check(
        &format!("SELECT id FROM {A} NATURAL RIGHT JOIN ({B} NATURAL JOIN {C})"),
        expect![[r#"
        Projection: b.id
          Right Join: a.id = b.id
            SubqueryAlias: a
              Projection: Int64(1) AS id
                EmptyRelation: rows=1
            Projection: b.id
              Inner Join: b.id = c.id, b.v = c.v
                SubqueryAlias: b
                  Projection: Int64(2) AS id, Int64(3) AS v
                    EmptyRelation: rows=1
                SubqueryAlias: c
                  Projection: Int64(2) AS id, Int64(3) AS v
                    EmptyRelation: rows=1"#]],
    );
}

#[test]
fn star_shows_it_once_and_first() {
    check_schema(
        &format!("SELECT * FROM {A} LEFT JOIN {B} USING (id)"),
        expect![[r#"
        Field { "id": Int64 }
        Field { "w": Int64 }
        Field { "v": nullable Int64 }
    "#]],
    );
    check_schema(
        &format!("SELECT * FROM {B} LEFT JOIN {C} USING (v) JOIN (SELECT 4 AS u, 5 AS w) d USING (u)"),
        expect![[r#"
            Field { "u": nullable Int64 }
            Field { "v": Int64 }
            Field { "id": Int64 }
            Field { "id": nullable Int64 }
            Field { "w": Int64 }
        "#]],
    );
    check_schema(
        &format!("SELECT * FROM {B} JOIN {C} USING (v, id), {A}"),
        expect![[r#"
        Field { "v": Int64 }
        Field { "id": Int64 }
        Field { "u": Int64 }
        Field { "id": Int64 }
        Field { "w": Int64 }
    "#]],
    );
    check_schema(
        &format!("SELECT *, b.* FROM {A} FULL JOIN {B} USING (id)"),
        expect![
            "Schema contains qualified field name b.id and unqualified field name id which would be ambiguous"
        ],
    );
    check_schema(
        &format!("SELECT * FROM {B} NATURAL JOIN {C}"),
        expect![[r#"
        Field { "id": Int64 }
        Field { "v": Int64 }
        Field { "u": Int64 }
    "#]],
    );
}

#[test]
fn what_cannot_be_made_one() {
    check(&format!("SELECT 1 FROM {A} JOIN {B} USING (nobody)"), expect!["there is no column `nobody`"]);
    check(
        &format!("SELECT 1 FROM {A} JOIN {B} ON true JOIN {C} USING (id)"),
        expect!["USING or NATURAL over `id`, which a and b have (write ON) is not supported"],
    );
    check(
        "SELECT * FROM (SELECT 1 AS id, ABS(2)) a JOIN (SELECT 1 AS id) b USING (id)",
        expect![
            "`*` over USING or NATURAL of columns without names (name them with AS, or list them) is not supported"
        ],
    );
    check(
        "SELECT 1 FROM (SELECT 1 AS id, ABS(2)) a NATURAL JOIN (SELECT 1 AS id) b",
        expect!["NATURAL JOIN of columns without names (name them with AS, or write ON) is not supported"],
    );
    check(
        "SELECT id FROM (SELECT 1 AS id) JOIN (SELECT 1 AS id) USING (id)",
        expect!["USING and NATURAL over a sub-query without a name (name it with AS) is not supported"],
    );
}

#[test]
fn columns_of_one_name_are_shown_by_it() {
    check_schema(
        "SELECT status, status, count(*), count(*), 1 AS x, 2 AS x FROM orders GROUP BY 1, 2",
        expect![[r#"
            Field { "status": nullable Utf8 }
            Field { "status": nullable Utf8 }
            Field { "count(*)": Int64 }
            Field { "count(*)": Int64 }
            Field { "x": Int64 }
            Field { "x": Int64 }
        "#]],
    );
    check_schema(
        "SELECT NULL, NULL UNION ALL SELECT 1, 2",
        expect![[r#"
        Field { "NULL": nullable Int64 }
        Field { "NULL": nullable Int64 }
    "#]],
    );
    check_schema(
        "SELECT MEASURE(count), MEASURE(count) FROM orders",
        expect![[r#"
        Field { "count": Int64 }
        Field { "count": Int64 }
    "#]],
    );
    check_schema(
        "SELECT *, status FROM (SELECT status, status FROM orders) t",
        expect![[r#"
        Field { "status": nullable Utf8 }
        Field { "status:1": nullable Utf8 }
        Field { "status": nullable Utf8 }
    "#]],
    );
    check(
        "SELECT status, status, MEASURE(count) FROM orders GROUP BY 1, 2 ORDER BY status",
        expect![[r#"
        0: [orders.count] by [orders.status] order by orders.status asc nulls last in UTC (2 visible, 1 uses)
        Projection: leaf.status AS status, leaf.status AS status:1, leaf.count AS count
          TableScan: leaf"#]],
    );
}

#[test]
fn columns_are_counted_in_grouping_sets() {
    check(
        "SELECT status, paid, MEASURE(count) FROM orders GROUP BY GROUPING SETS ((1, 2), (1))",
        expect![[r#"
            0: [orders.count] by [orders.status, orders.paid] in UTC (3 visible, 1 uses)
            Projection: leaf.status AS status, leaf.paid AS paid, CASE WHEN __common_expr_1 IS NULL THEN Int64(0) ELSE __common_expr_1 END AS count
              Projection: CAST(sum(leaf.count) AS Int64) AS __common_expr_1, leaf.status, leaf.paid
                Aggregate: groupBy=[[GROUPING SETS ((leaf.status, leaf.paid), (leaf.status))]], aggr=[[sum(CAST(leaf.count AS Decimal256(76, 0)))]]
                  TableScan: leaf"#]],
    );
    check(
        "SELECT status, paid, MEASURE(count) FROM orders GROUP BY ROLLUP (1, 3)",
        expect![[r#"Schema contains duplicate unqualified field name "measure(orders.count)""#]],
    );
}
