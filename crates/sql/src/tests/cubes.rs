//! Cubes joined to each other: one leaf where the join is the model's.

use expect_test::expect;

use super::{check, check_alike, check_schema};

#[test]
fn the_joins_of_the_model() {
    check_alike(
        &[
            "SELECT u.name, MEASURE(o.count), SUM(o.total) FROM orders o \
             JOIN users u ON o.__cubeJoinField = u.__cubeJoinField WHERE u.name <> 'x' AND o.paid GROUP BY 1",
            "SELECT u.name, MEASURE(o.count), SUM(o.total) FROM orders o \
             LEFT JOIN users u ON u.__cubejoinfield = o.__cubejoinfield WHERE u.name <> 'x' AND o.paid GROUP BY 1",
            "SELECT u.name, MEASURE(o.count), SUM(o.total) FROM users u \
             JOIN orders o ON o.__cubeJoinField = u.__cubeJoinField WHERE u.name <> 'x' AND o.paid GROUP BY 1",
            "SELECT u.name, MEASURE(o.count), SUM(o.total) FROM orders o, users u \
             WHERE o.__cubeJoinField = u.__cubeJoinField AND u.name <> 'x' AND o.paid GROUP BY 1",
            "SELECT u.name, MEASURE(o.count), SUM(o.total) FROM orders o \
             LEFT JOIN users u ON o.user_id = u.id WHERE u.name <> 'x' AND o.paid GROUP BY 1",
            "SELECT u.name, MEASURE(o.count), SUM(o.total) FROM users u \
             RIGHT JOIN orders o ON o.user_id = u.id WHERE u.name <> 'x' AND o.paid GROUP BY 1",
        ],
        expect![[r#"
            0: [orders.count, orders.total] by [orders.users.name] where orders.users.name <> 'x' AND orders.paid = true in UTC (3 visible, 1 uses)
            Projection: leaf.users.name AS name, leaf.count AS count, CAST(leaf.total AS Decimal128(35, 2)) AS sum(o.total)
              TableScan: leaf"#]],
    );
}

#[test]
fn a_condition_of_its_own_drops_rows_without_partner() {
    check(
        "SELECT u.name, COUNT(*) FROM orders o JOIN users u ON o.user_id = u.id GROUP BY 1",
        expect![[r#"
            0: [orders.count] by [orders.users.name] where orders.users.id IS NOT NULL in UTC (2 visible, 1 uses)
            Projection: leaf.users.name AS name, leaf.count AS count(*)
              TableScan: leaf"#]],
    );
    check(
        "SELECT u.name, COUNT(*) FROM orders o LEFT JOIN users u ON o.user_id = u.id WHERE u.id = o.user_id GROUP BY 1",
        expect![[r#"
            0: [orders.count] by [orders.users.name] where orders.users.id IS NOT NULL in UTC (2 visible, 1 uses)
            Projection: leaf.users.name AS name, leaf.count AS count(*)
              TableScan: leaf"#]],
    );
}

#[test]
fn other_equalities_are_tested_on_joined_rows() {
    check_alike(
        &[
            "SELECT u.name, COUNT(*) FROM orders o JOIN users u ON o.user_id = u.id AND u.name = o.status GROUP BY 1",
            "SELECT u.name, COUNT(*) FROM orders o LEFT JOIN users u ON o.user_id = u.id \
             WHERE o.status = u.name GROUP BY 1",
        ],
        expect![[r#"
            0: [orders.count] by [orders.users.name, orders.status] where orders.users.id IS NOT NULL in UTC (3 visible, 1 uses)
            Projection: leaf.users.name AS name, CASE WHEN __common_expr_1 IS NULL THEN Int64(0) ELSE __common_expr_1 END AS count(*)
              Projection: CAST(sum(leaf.count) AS Int64) AS __common_expr_1, leaf.users.name
                Aggregate: groupBy=[[leaf.users.name]], aggr=[[sum(CAST(leaf.count AS Decimal256(76, 0)))]]
                  Projection: leaf.users.name, leaf.count
                    Filter: leaf.users.name = leaf.status
                      TableScan: leaf"#]],
    );
    check(
        "SELECT u.name, COUNT(*) FROM orders o JOIN users u ON o.__cubeJoinField = u.__cubeJoinField \
         WHERE o.status = u.name GROUP BY 1",
        expect![[r#"
            0: [orders.count] by [orders.users.name, orders.status] in UTC (3 visible, 1 uses)
            Projection: leaf.users.name AS name, CASE WHEN __common_expr_1 IS NULL THEN Int64(0) ELSE __common_expr_1 END AS count(*)
              Projection: CAST(sum(leaf.count) AS Int64) AS __common_expr_1, leaf.users.name
                Aggregate: groupBy=[[leaf.users.name]], aggr=[[sum(CAST(leaf.count AS Decimal256(76, 0)))]]
                  Projection: leaf.users.name, leaf.count
                    Filter: leaf.users.name = leaf.status
                      TableScan: leaf"#]],
    );
    check(
        "SELECT u.name, COUNT(*) FROM orders o LEFT JOIN users u ON o.user_id = u.id AND u.name = o.status GROUP BY 1",
        expect![
            "`orders` and `users` are joined below an aggregate; use a view that joins them, or for cubes ON a.__cubeJoinField = b.__cubeJoinField"
        ],
    );
}

#[test]
fn names_of_both_sides_stay_apart() {
    check_schema(
        "SELECT u.count, o.count, u.id, o.id FROM orders o JOIN users u ON o.__cubeJoinField = u.__cubeJoinField",
        expect![[r#"
            Field { "count": Int64 }
            Field { "count": Int64 }
            Field { "id": nullable Int64 }
            Field { "id": nullable Int64 }
        "#]],
    );
    check(
        "SELECT MEASURE(u.count) AS people, COUNT(*) AS all FROM orders o \
         JOIN users u ON o.__cubeJoinField = u.__cubeJoinField WHERE u.id > 5 AND o.id > 7",
        expect![[r#"
            0: [orders.users.count, orders.count] by [] where orders.users.id > 5 AND orders.id > 7 in UTC (2 visible, 1 uses)
            Projection: leaf.users.count AS people, leaf.count AS all
              TableScan: leaf"#]],
    );
    check(
        "SELECT DATE_TRUNC('month', u.joined) AS m, MAX(t.t) FROM orders o \
         JOIN users u ON o.__cubeJoinField = u.__cubeJoinField \
         JOIN (SELECT status, MEASURE(total) AS t FROM orders GROUP BY 1) t ON t.status = o.status GROUP BY 1",
        expect![[r#"
            0: [] by [orders.users.joined.month, orders.status] in UTC (2 visible, 1 uses)
            1: [orders.total] by [orders.status] in UTC (2 visible, 1 uses)
            Projection: date_trunc(Utf8("month"),u.joined) AS m, max(t.t)
              Aggregate: groupBy=[[date_trunc(Utf8("month"),u.joined)]], aggr=[[max(t.t)]]
                Projection: date_trunc(Utf8("month"),u.joined), t.t
                  Inner Join: o.status = t.status
                    Projection: leaf.users.joined.month AS date_trunc(Utf8("month"),u.joined), leaf.status AS status
                      TableScan: leaf
                    SubqueryAlias: t
                      Projection: leaf.status AS status, leaf.total AS t
                        TableScan: leaf"#]],
    );
}

#[test]
fn rows_of_a_join() {
    check(
        "SELECT o.id, u.name FROM orders o JOIN users u ON o.__cubeJoinField = u.__cubeJoinField",
        expect![[r#"
            0: [] ungrouped [orders.id, orders.users.name] in UTC (2 visible, 1 uses)
            Projection: leaf.id AS id, leaf.users.name AS name
              TableScan: leaf"#]],
    );
    check(
        "SELECT * FROM orders o JOIN notes n ON o.__cubeJoinField = n.__cubeJoinField",
        expect![
            "the join repeats rows of `orders`, so that they can be neither listed nor counted by COUNT(*); select measures"
        ],
    );
    check(
        "SELECT COUNT(*) FROM orders o JOIN notes n ON o.__cubeJoinField = n.__cubeJoinField",
        expect![
            "the join repeats rows of `orders`, so that they can be neither listed nor counted by COUNT(*); select measures"
        ],
    );
    check(
        "SELECT o.id, n.text FROM orders o JOIN notes n ON n.order_id = o.id",
        expect![[r#"
            0: [] ungrouped [orders.id] in UTC (1 visible, 1 uses)
            1: [] ungrouped [notes.order_id, notes.text] in UTC (2 visible, 1 uses)
            Projection: o.id, n.text
              Inner Join: o.id = n.order_id
                SubqueryAlias: o
                  Projection: leaf.id AS id
                    TableScan: leaf
                SubqueryAlias: n
                  Projection: leaf.order_id AS order_id, leaf.text AS text
                    TableScan: leaf"#]],
    );
    check(
        "SELECT n.text, MEASURE(o.total) FROM orders o LEFT JOIN notes n ON n.order_id = o.id GROUP BY 1",
        expect![[r#"
            0: [orders.total] by [orders.notes.text] in UTC (2 visible, 1 uses)
            Projection: leaf.notes.text AS text, leaf.total AS total
              TableScan: leaf"#]],
    );
}

#[test]
fn other_joins_are_refused_under_an_aggregate() {
    for (sql, told) in [
        (
            "SELECT COUNT(*) FROM orders o JOIN users u ON o.id = u.id",
            expect![
                "`orders` and `users` are joined below an aggregate; use a view that joins them, or for cubes ON a.__cubeJoinField = b.__cubeJoinField"
            ],
        ),
        (
            "SELECT COUNT(*) FROM orders o, users u",
            expect![
                "`orders` and `users` are joined below an aggregate; use a view that joins them, or for cubes ON a.__cubeJoinField = b.__cubeJoinField"
            ],
        ),
        (
            "SELECT COUNT(*) FROM users u LEFT JOIN orders o ON o.user_id = u.id",
            expect![
                "`users` and `orders` are joined below an aggregate; use a view that joins them, or for cubes ON a.__cubeJoinField = b.__cubeJoinField"
            ],
        ),
        (
            "SELECT COUNT(*) FROM orders o FULL JOIN users u ON o.user_id = u.id",
            expect![
                "`orders` and `users` are joined below an aggregate; use a view that joins them, or for cubes ON a.__cubeJoinField = b.__cubeJoinField"
            ],
        ),
        (
            "SELECT COUNT(*) FROM orders o FULL JOIN users u ON o.__cubeJoinField = u.__cubeJoinField",
            expect!["FULL JOIN of cubes is not supported"],
        ),
        (
            "SELECT COUNT(*) FROM users u JOIN notes n ON u.__cubeJoinField = n.__cubeJoinField",
            expect!["the data model has no joins that connect `users` and `notes`"],
        ),
        (
            "SELECT COUNT(*) FROM orders a JOIN orders b ON a.__cubeJoinField = b.__cubeJoinField",
            expect!["`orders` joined to itself is not supported"],
        ),
        (
            "SELECT COUNT(*) FROM orders o LEFT JOIN users u ON o.__cubeJoinField = u.__cubeJoinField AND u.name = 'x'",
            expect![
                "a condition of an outer join of cubes beside the join of the data model is not supported"
            ],
        ),
        (
            "SELECT __cubeJoinField FROM orders",
            expect![
                "`__cubeJoinField` is no column; it joins cubes, as in ON a.__cubeJoinField = b.__cubeJoinField"
            ],
        ),
        (
            "SELECT status FROM orders WHERE __cubeJoinField = 'x'",
            expect![
                "`__cubeJoinField` is no column; it joins cubes, as in ON a.__cubeJoinField = b.__cubeJoinField"
            ],
        ),
    ] {
        check(sql, told);
    }
}
