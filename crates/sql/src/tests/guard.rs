//! Operators and functions that would wrap around or fill the memory.

use expect_test::expect;

use super::check;

#[test]
fn whole_numbers_and_texts_are_computed_with_a_check() {
    check(
        "SELECT MEASURE(count) + 1 AS a, MEASURE(count) * 2 - 3, status || city, MEASURE(total) + 1 FROM orders GROUP BY status, city",
        expect![[r#"
            0: [orders.count, orders.total] by [orders.status, orders.City] in UTC (4 visible, 1 uses)
            Projection: +(leaf.count, Int64(1)) AS a, -(*(leaf.count, Int64(2)), Int64(3)) AS measure(orders.count) * Int64(2) - Int64(3), ||(leaf.status, leaf.City) AS orders.status || orders.City, leaf.total + Decimal128(1,20,0) AS measure(orders.total) + Int64(1)
              TableScan: leaf"#]],
    );
}

#[test]
fn constants_are_folded_before_they_reach_a_leaf() {
    check(
        "SELECT MEASURE(count) FROM orders WHERE status = 'a' || 'b' AND id > 1 + 2 * 3",
        expect![[r#"
        0: [orders.count] by [] where orders.status = 'ab' AND orders.id > 7 in UTC (1 visible, 1 uses)
        Projection: leaf.count AS count
          TableScan: leaf"#]],
    );
}

#[test]
fn what_would_wrap_is_left_for_the_rows_to_find_out() {
    check(
        "SELECT 9223372036854775807 + 1",
        expect![[r#"
        Projection: +(Int64(9223372036854775807), Int64(1)) AS Int64(9223372036854775807) + Int64(1)
          EmptyRelation: rows=1"#]],
    );
    check(
        "SELECT repeat('x', 1000000000)",
        expect![[r#"
        Projection: repeat(Utf8("x"), Int64(1000000000))
          EmptyRelation: rows=1"#]],
    );
}
