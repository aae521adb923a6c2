//! Predicates on groups.

use expect_test::expect;
use semantic::{CompareOp, Filter, SemanticQuery};

use super::{check_queries, outcome};
use crate::build::{compare, during, eq, filtered, grouped, gt, is_null, like, lt, ne, not, one_of, segment};

fn having(filter: Filter) -> SemanticQuery {
    SemanticQuery { having: filter, ..grouped("status count total") }
}

fn check(filters: impl IntoIterator<Item = Filter>, expect: expect_test::Expect) {
    let shown = filters.into_iter().map(|filter| {
        let title = filter.to_string();
        format!("{title}\n{}", outcome(&having(filter)))
    });
    expect.assert_eq(&shown.collect::<String>());
}

#[test]
fn null_fails_every_test() {
    check(
        [
            gt("total", 3),
            ne("total", 3),
            not(one_of("total", [3, 4])),
            is_null("total"),
            not(is_null("total")),
            eq("any_gift", true),
            ne("statuses", "a"),
            Filter::any([gt("total", 3), gt("largest", 7)]),
        ],
        expect![[r#"
            orders.total > 3
              {"measures":["orders.count","orders.total"],"dimensions":["orders.status"],"filters":[{"member":"orders.total","operator":"gt","values":["3"]}],"order":[["orders.status","asc"]]}
            orders.total <> 3
              {"measures":["orders.count","orders.total"],"dimensions":["orders.status"],"filters":[{"member":"orders.total","operator":"notEquals","values":["3"]},{"member":"orders.total","operator":"set"}],"order":[["orders.status","asc"]]}
            orders.total NOT IN (3, 4)
              {"measures":["orders.count","orders.total"],"dimensions":["orders.status"],"filters":[{"member":"orders.total","operator":"notEquals","values":["3","4"]},{"member":"orders.total","operator":"set"}],"order":[["orders.status","asc"]]}
            orders.total IS NULL
              {"measures":["orders.count","orders.total"],"dimensions":["orders.status"],"filters":[{"member":"orders.total","operator":"notSet"}],"order":[["orders.status","asc"]]}
            orders.total IS NOT NULL
              {"measures":["orders.count","orders.total"],"dimensions":["orders.status"],"filters":[{"member":"orders.total","operator":"set"}],"order":[["orders.status","asc"]]}
            orders.any_gift = true
              {"measures":["orders.count","orders.total"],"dimensions":["orders.status"],"filters":[{"member":"orders.any_gift","operator":"equals","values":["true"]}],"order":[["orders.status","asc"]]}
            orders.statuses <> 'a'
              {"measures":["orders.count","orders.total"],"dimensions":["orders.status"],"filters":[{"member":"orders.statuses","operator":"notEquals","values":["a"]},{"member":"orders.statuses","operator":"set"}],"order":[["orders.status","asc"]]}
            orders.total > 3 OR orders.largest > 7
              {"measures":["orders.count","orders.total"],"dimensions":["orders.status"],"filters":[{"or":[{"member":"orders.total","operator":"gt","values":["3"]},{"member":"orders.largest","operator":"gt","values":["7"]}]}],"order":[["orders.status","asc"]]}
        "#]],
    );
}

#[test]
fn a_count_of_nothing_is_zero() {
    check(
        [
            gt("count", 3),
            lt("count", 3),
            lt("count", 0),
            eq("count", 0),
            eq("count", 1),
            ne("count", 0),
            ne("count", 1),
            compare("count", CompareOp::Ge, 0),
            compare("count", CompareOp::Le, (-5, 1)),
            one_of("count", [0, 1]),
            one_of("count", [1, 2]),
            not(one_of("count", [0, 1])),
            not(one_of("count", [1, 2])),
            is_null("count"),
            not(is_null("count")),
        ],
        expect![[r#"
            orders.count > 3
              {"measures":["orders.count","orders.total"],"dimensions":["orders.status"],"filters":[{"member":"orders.count","operator":"gt","values":["3"]}],"order":[["orders.status","asc"]]}
            orders.count < 3
              {"measures":["orders.count","orders.total"],"dimensions":["orders.status"],"filters":[{"or":[{"member":"orders.count","operator":"lt","values":["3"]},{"member":"orders.count","operator":"notSet"}]}],"order":[["orders.status","asc"]]}
            orders.count < 0
              {"measures":["orders.count","orders.total"],"dimensions":["orders.status"],"filters":[{"member":"orders.count","operator":"lt","values":["0"]}],"order":[["orders.status","asc"]]}
            orders.count = 0
              {"measures":["orders.count","orders.total"],"dimensions":["orders.status"],"filters":[{"or":[{"member":"orders.count","operator":"equals","values":["0"]},{"member":"orders.count","operator":"notSet"}]}],"order":[["orders.status","asc"]]}
            orders.count = 1
              {"measures":["orders.count","orders.total"],"dimensions":["orders.status"],"filters":[{"member":"orders.count","operator":"equals","values":["1"]}],"order":[["orders.status","asc"]]}
            orders.count <> 0
              {"measures":["orders.count","orders.total"],"dimensions":["orders.status"],"filters":[{"member":"orders.count","operator":"notEquals","values":["0"]},{"member":"orders.count","operator":"set"}],"order":[["orders.status","asc"]]}
            orders.count <> 1
              {"measures":["orders.count","orders.total"],"dimensions":["orders.status"],"filters":[{"member":"orders.count","operator":"notEquals","values":["1"]}],"order":[["orders.status","asc"]]}
            orders.count >= 0
              {"measures":["orders.count","orders.total"],"dimensions":["orders.status"],"filters":[{"or":[{"member":"orders.count","operator":"gte","values":["0"]},{"member":"orders.count","operator":"notSet"}]}],"order":[["orders.status","asc"]]}
            orders.count <= -0.5
              {"measures":["orders.count","orders.total"],"dimensions":["orders.status"],"filters":[{"member":"orders.count","operator":"lte","values":["-0.5"]}],"order":[["orders.status","asc"]]}
            orders.count IN (0, 1)
              {"measures":["orders.count","orders.total"],"dimensions":["orders.status"],"filters":[{"or":[{"member":"orders.count","operator":"equals","values":["0","1"]},{"member":"orders.count","operator":"notSet"}]}],"order":[["orders.status","asc"]]}
            orders.count IN (1, 2)
              {"measures":["orders.count","orders.total"],"dimensions":["orders.status"],"filters":[{"member":"orders.count","operator":"equals","values":["1","2"]}],"order":[["orders.status","asc"]]}
            orders.count NOT IN (0, 1)
              {"measures":["orders.count","orders.total"],"dimensions":["orders.status"],"filters":[{"member":"orders.count","operator":"notEquals","values":["0","1"]},{"member":"orders.count","operator":"set"}],"order":[["orders.status","asc"]]}
            orders.count NOT IN (1, 2)
              {"measures":["orders.count","orders.total"],"dimensions":["orders.status"],"filters":[{"member":"orders.count","operator":"notEquals","values":["1","2"]}],"order":[["orders.status","asc"]]}
            orders.count IS NULL
              nothing
            orders.count IS NOT NULL
              {"measures":["orders.count","orders.total"],"dimensions":["orders.status"],"order":[["orders.status","asc"]]}
        "#]],
    );
}

#[test]
fn what_cube_cannot_test_is_tested_above() {
    check(
        [
            like("statuses", "%a%"),
            during("last_at", "2024-01-01", ""),
            gt("statuses", "a"),
            Filter::any([gt("total", 3), eq("status", "new")]),
            Filter::all([gt("total", 3), like("statuses", "%a%")]),
            Filter::any([gt("total", 3), eq("city", "Ulm")]),
            Filter::any([gt("total", 3), segment("big")]),
        ],
        expect![[r#"
            orders.statuses LIKE '%a%'
              {"measures":["orders.count","orders.total","orders.statuses"],"dimensions":["orders.status"],"order":[["orders.status","asc"]]}
              then having orders.statuses LIKE '%a%' over [orders.status, orders.count, orders.total, orders.statuses]
            orders.last_at >= '2024-01-01T00:00:00.000'
              {"measures":["orders.count","orders.total","orders.last_at"],"dimensions":["orders.status"],"order":[["orders.status","asc"]]}
              then having orders.last_at >= '2024-01-01T00:00:00.000' over [orders.status, orders.count, orders.total, orders.last_at]
            orders.statuses > 'a'
              refused: Cube's API cannot compare text by order: `orders.statuses > 'a'`
            orders.total > 3 OR orders.status = 'new'
              {"measures":["orders.count","orders.total"],"dimensions":["orders.status"],"order":[["orders.status","asc"]]}
              then having orders.total > 3 OR orders.status = 'new' over [orders.status, orders.count, orders.total]
            orders.total > 3 AND orders.statuses LIKE '%a%'
              {"measures":["orders.count","orders.total","orders.statuses"],"dimensions":["orders.status"],"filters":[{"member":"orders.total","operator":"gt","values":["3"]}],"order":[["orders.status","asc"]]}
              then having orders.statuses LIKE '%a%' over [orders.status, orders.count, orders.total, orders.statuses]
            orders.total > 3 OR orders.city = 'Ulm'
              refused: `orders.city` in HAVING is not among the group keys
            orders.total > 3 OR orders.big
              refused: `orders.big` in HAVING is not among the group keys
        "#]],
    );
}

#[test]
fn keys_are_tested_on_rows() {
    check(
        [eq("status", "new"), like("status", "n%"), eq("city", "Ulm"), Filter::never(), Filter::always()],
        expect![[r#"
            orders.status = 'new'
              {"measures":["orders.count","orders.total"],"dimensions":["orders.status"],"filters":[{"member":"orders.status","operator":"equals","values":["new"]}],"order":[["orders.status","asc"]]}
            orders.status LIKE 'n%'
              {"measures":["orders.count","orders.total"],"dimensions":["orders.status"],"filters":[{"member":"orders.status","operator":"contains","values":["n"]}],"order":[["orders.status","asc"]]}
              then filter orders.status LIKE 'n%' over [orders.status, orders.count, orders.total]
            orders.city = 'Ulm'
              refused: `orders.city` in HAVING is not among the group keys
            false
              nothing
            true
              {"measures":["orders.count","orders.total"],"dimensions":["orders.status"],"order":[["orders.status","asc"]]}
        "#]],
    );
}

#[test]
fn finer_groups_are_tested_after_they_are_grouped_again() {
    let query = |having| SemanticQuery { having, ..filtered("status total", like("city", "U%")) };
    check_queries(
        [query(gt("total", 3)), query(gt("count", 3)), query(gt("mean", 3)), query(eq("status", "new"))],
        expect![[r#"
            [orders.total] by [orders.status] where orders.city LIKE 'U%' having orders.total > 3 in UTC
              {"measures":["orders.total"],"dimensions":["orders.status","orders.city"],"filters":[{"member":"orders.city","operator":"contains","values":["U"]}],"order":[["orders.status","asc"],["orders.city","asc"]]}
              then filter orders.city LIKE 'U%', regroup, having orders.total > 3 over [orders.status, orders.total, orders.city]
            [orders.total] by [orders.status] where orders.city LIKE 'U%' having orders.count > 3 in UTC
              {"measures":["orders.total","orders.count"],"dimensions":["orders.status","orders.city"],"filters":[{"member":"orders.city","operator":"contains","values":["U"]}],"order":[["orders.status","asc"],["orders.city","asc"]]}
              then filter orders.city LIKE 'U%', regroup, having orders.count > 3 over [orders.status, orders.total, orders.city, orders.count]
            [orders.total] by [orders.status] where orders.city LIKE 'U%' having orders.mean > 3 in UTC
              refused: `orders.city LIKE 'U%'` can only be tested on rows grouped by `orders.city` too, and avg measure `orders.mean` does not add up from those
            [orders.total] by [orders.status] where orders.city LIKE 'U%' having orders.status = 'new' in UTC
              {"measures":["orders.total"],"dimensions":["orders.status","orders.city"],"filters":[{"member":"orders.city","operator":"contains","values":["U"]},{"member":"orders.status","operator":"equals","values":["new"]}],"order":[["orders.status","asc"],["orders.city","asc"]]}
              then filter orders.city LIKE 'U%', regroup over [orders.status, orders.total, orders.city]
        "#]],
    );
}
