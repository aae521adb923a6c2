//! Predicates on rows.

use expect_test::expect;
use semantic::{CompareOp, Filter};

use super::{check, check_queries, check_with};
use crate::build::{
    compare, during, eq, filtered, gt, ilike, is_null, like, lt, ne, not, one_of, segment, ungrouped,
};

#[test]
fn text() {
    check(
        [
            eq("city", "Ulm"),
            ne("city", "Ulm"),
            one_of("city", ["Ulm", "Bonn"]),
            not(one_of("city", ["Ulm", "Bonn"])),
            is_null("city"),
            not(is_null("city")),
            eq("city", ""),
            eq("city", "null"),
            eq("city", "O'Neil"),
            eq("city", r"back\slash 100%_"),
            ne("city", "Zürich 北京 🚲"),
            gt("city", "M"),
            compare("city", CompareOp::Le, "M"),
            eq("city", 3),
            eq("city", true),
        ],
        expect![[r#"
            orders.city = 'Ulm'
              {"measures":["orders.total"],"dimensions":["orders.status"],"filters":[{"member":"orders.city","operator":"equals","values":["Ulm"]}],"order":[["orders.status","asc"]]}
            orders.city <> 'Ulm'
              {"measures":["orders.total"],"dimensions":["orders.status"],"filters":[{"member":"orders.city","operator":"notEquals","values":["Ulm"]},{"member":"orders.city","operator":"set"}],"order":[["orders.status","asc"]]}
            orders.city IN ('Ulm', 'Bonn')
              {"measures":["orders.total"],"dimensions":["orders.status"],"filters":[{"member":"orders.city","operator":"equals","values":["Ulm","Bonn"]}],"order":[["orders.status","asc"]]}
            orders.city NOT IN ('Ulm', 'Bonn')
              {"measures":["orders.total"],"dimensions":["orders.status"],"filters":[{"member":"orders.city","operator":"notEquals","values":["Ulm","Bonn"]},{"member":"orders.city","operator":"set"}],"order":[["orders.status","asc"]]}
            orders.city IS NULL
              {"measures":["orders.total"],"dimensions":["orders.status"],"filters":[{"member":"orders.city","operator":"notSet"}],"order":[["orders.status","asc"]]}
            orders.city IS NOT NULL
              {"measures":["orders.total"],"dimensions":["orders.status"],"filters":[{"member":"orders.city","operator":"set"}],"order":[["orders.status","asc"]]}
            orders.city = ''
              {"measures":["orders.total"],"dimensions":["orders.status"],"filters":[{"member":"orders.city","operator":"equals","values":[""]}],"order":[["orders.status","asc"]]}
            orders.city = 'null'
              {"measures":["orders.total"],"dimensions":["orders.status"],"filters":[{"member":"orders.city","operator":"equals","values":["null"]}],"order":[["orders.status","asc"]]}
            orders.city = 'O''Neil'
              {"measures":["orders.total"],"dimensions":["orders.status"],"filters":[{"member":"orders.city","operator":"equals","values":["O'Neil"]}],"order":[["orders.status","asc"]]}
            orders.city = 'back\slash 100%_'
              {"measures":["orders.total"],"dimensions":["orders.status"],"filters":[{"member":"orders.city","operator":"equals","values":["back\\slash 100%_"]}],"order":[["orders.status","asc"]]}
            orders.city <> 'Zürich 北京 🚲'
              {"measures":["orders.total"],"dimensions":["orders.status"],"filters":[{"member":"orders.city","operator":"notEquals","values":["Zürich 北京 🚲"]},{"member":"orders.city","operator":"set"}],"order":[["orders.status","asc"]]}
            orders.city > 'M'
              refused: Cube's API cannot compare text by order: `orders.city > 'M'`
            orders.city <= 'M'
              refused: Cube's API cannot compare text by order: `orders.city <= 'M'`
            orders.city = 3
              refused: the literal in `orders.city = 3` is no text
            orders.city = true
              refused: the literal in `orders.city = true` is no text
        "#]],
    );
}

#[test]
fn numbers_and_truth_values() {
    check(
        [
            eq("id", 3),
            ne("id", 3),
            gt("id", -3),
            lt("price", 0.1),
            compare("price", CompareOp::Ge, 1e300),
            compare("tax", CompareOp::Le, (1050, 2)),
            compare("tax", CompareOp::Le, (-105_000, 3)),
            not(one_of("price", [1.0, 2.5])),
            eq("price", f64::NAN),
            eq("price", "3"),
            eq("gift", true),
            ne("gift", false),
            not(one_of("gift", [true, false])),
            gt("gift", false),
            eq("gift", "true"),
        ],
        expect![[r#"
            orders.id = 3
              {"measures":["orders.total"],"dimensions":["orders.status"],"filters":[{"member":"orders.id","operator":"equals","values":["3"]}],"order":[["orders.status","asc"]]}
            orders.id <> 3
              {"measures":["orders.total"],"dimensions":["orders.status"],"filters":[{"member":"orders.id","operator":"notEquals","values":["3"]},{"member":"orders.id","operator":"set"}],"order":[["orders.status","asc"]]}
            orders.id > -3
              {"measures":["orders.total"],"dimensions":["orders.status"],"filters":[{"member":"orders.id","operator":"gt","values":["-3"]}],"order":[["orders.status","asc"]]}
            orders.price < 0.1
              {"measures":["orders.total"],"dimensions":["orders.status"],"filters":[{"member":"orders.price","operator":"lt","values":["0.1"]}],"order":[["orders.status","asc"]]}
            orders.price >= 1e300
              {"measures":["orders.total"],"dimensions":["orders.status"],"filters":[{"member":"orders.price","operator":"gte","values":["1e300"]}],"order":[["orders.status","asc"]]}
            orders.tax <= 10.50
              {"measures":["orders.total"],"dimensions":["orders.status"],"filters":[{"member":"orders.tax","operator":"lte","values":["10.5"]}],"order":[["orders.status","asc"]]}
            orders.tax <= -105.000
              {"measures":["orders.total"],"dimensions":["orders.status"],"filters":[{"member":"orders.tax","operator":"lte","values":["-105"]}],"order":[["orders.status","asc"]]}
            orders.price NOT IN (1.0, 2.5)
              {"measures":["orders.total"],"dimensions":["orders.status"],"filters":[{"member":"orders.price","operator":"notEquals","values":["1","2.5"]},{"member":"orders.price","operator":"set"}],"order":[["orders.status","asc"]]}
            orders.price = NaN
              refused: the literal in `orders.price = NaN` is no finite number
            orders.price = '3'
              refused: the literal in `orders.price = '3'` is no finite number
            orders.gift = true
              {"measures":["orders.total"],"dimensions":["orders.status"],"filters":[{"member":"orders.gift","operator":"equals","values":["true"]}],"order":[["orders.status","asc"]]}
            orders.gift <> false
              {"measures":["orders.total"],"dimensions":["orders.status"],"filters":[{"member":"orders.gift","operator":"notEquals","values":["false"]},{"member":"orders.gift","operator":"set"}],"order":[["orders.status","asc"]]}
            orders.gift NOT IN (true, false)
              {"measures":["orders.total"],"dimensions":["orders.status"],"filters":[{"member":"orders.gift","operator":"notEquals","values":["true","false"]},{"member":"orders.gift","operator":"set"}],"order":[["orders.status","asc"]]}
            orders.gift > false
              refused: Cube's API cannot compare truth values by order: `orders.gift > false`
            orders.gift = 'true'
              refused: the literal in `orders.gift = 'true'` is no truth value
        "#]],
    );
}

#[test]
fn patterns() {
    check(
        [
            like("city", "%Ulm%"),
            not(like("city", "%Ulm%")),
            like("city", "Ulm%am%Rhein"),
            like("city", r"100\%"),
            like("city", "%"),
            like("city", "___"),
            like("city", "Ulm"),
            not(like("city", "Ulm")),
            like("city", ""),
            ilike("city", "Ulm"),
            ilike("city", "%Bookshelf%"),
            not(ilike("city", "%a%")),
            like("city", r"O'Neil\%"),
            like("city", "%Zürich_北京%"),
            like("price", "%1%"),
        ],
        expect![[r#"
            orders.city LIKE '%Ulm%'
              {"measures":["orders.total"],"dimensions":["orders.status","orders.city"],"filters":[{"member":"orders.city","operator":"contains","values":["Ulm"]}],"order":[["orders.status","asc"],["orders.city","asc"]]}
              then filter orders.city LIKE '%Ulm%', regroup over [orders.status, orders.total, orders.city]
            orders.city NOT LIKE '%Ulm%'
              {"measures":["orders.total"],"dimensions":["orders.status","orders.city"],"filters":[{"member":"orders.city","operator":"set"}],"order":[["orders.status","asc"],["orders.city","asc"]]}
              then filter orders.city NOT LIKE '%Ulm%', regroup over [orders.status, orders.total, orders.city]
            orders.city LIKE 'Ulm%am%Rhein'
              {"measures":["orders.total"],"dimensions":["orders.status","orders.city"],"filters":[{"member":"orders.city","operator":"contains","values":["Rhein"]}],"order":[["orders.status","asc"],["orders.city","asc"]]}
              then filter orders.city LIKE 'Ulm%am%Rhein', regroup over [orders.status, orders.total, orders.city]
            orders.city LIKE '100\%'
              {"measures":["orders.total"],"dimensions":["orders.status","orders.city"],"filters":[{"member":"orders.city","operator":"contains","values":["100"]}],"order":[["orders.status","asc"],["orders.city","asc"]]}
              then filter orders.city LIKE '100\%', regroup over [orders.status, orders.total, orders.city]
            orders.city LIKE '%'
              {"measures":["orders.total"],"dimensions":["orders.status","orders.city"],"filters":[{"member":"orders.city","operator":"set"}],"order":[["orders.status","asc"],["orders.city","asc"]]}
              then filter orders.city LIKE '%', regroup over [orders.status, orders.total, orders.city]
            orders.city LIKE '___'
              {"measures":["orders.total"],"dimensions":["orders.status","orders.city"],"filters":[{"member":"orders.city","operator":"set"}],"order":[["orders.status","asc"],["orders.city","asc"]]}
              then filter orders.city LIKE '___', regroup over [orders.status, orders.total, orders.city]
            orders.city LIKE 'Ulm'
              {"measures":["orders.total"],"dimensions":["orders.status"],"filters":[{"member":"orders.city","operator":"equals","values":["Ulm"]}],"order":[["orders.status","asc"]]}
            orders.city NOT LIKE 'Ulm'
              {"measures":["orders.total"],"dimensions":["orders.status"],"filters":[{"member":"orders.city","operator":"notEquals","values":["Ulm"]},{"member":"orders.city","operator":"set"}],"order":[["orders.status","asc"]]}
            orders.city LIKE ''
              {"measures":["orders.total"],"dimensions":["orders.status"],"filters":[{"member":"orders.city","operator":"equals","values":[""]}],"order":[["orders.status","asc"]]}
            orders.city ILIKE 'Ulm'
              {"measures":["orders.total"],"dimensions":["orders.status","orders.city"],"filters":[{"member":"orders.city","operator":"contains","values":["Ulm"]}],"order":[["orders.status","asc"],["orders.city","asc"]]}
              then filter orders.city ILIKE 'Ulm', regroup over [orders.status, orders.total, orders.city]
            orders.city ILIKE '%Bookshelf%'
              {"measures":["orders.total"],"dimensions":["orders.status","orders.city"],"filters":[{"member":"orders.city","operator":"contains","values":["helf"]}],"order":[["orders.status","asc"],["orders.city","asc"]]}
              then filter orders.city ILIKE '%Bookshelf%', regroup over [orders.status, orders.total, orders.city]
            orders.city NOT ILIKE '%a%'
              {"measures":["orders.total"],"dimensions":["orders.status","orders.city"],"filters":[{"member":"orders.city","operator":"set"}],"order":[["orders.status","asc"],["orders.city","asc"]]}
              then filter orders.city NOT ILIKE '%a%', regroup over [orders.status, orders.total, orders.city]
            orders.city LIKE 'O''Neil\%'
              {"measures":["orders.total"],"dimensions":["orders.status","orders.city"],"filters":[{"member":"orders.city","operator":"contains","values":["O'Neil"]}],"order":[["orders.status","asc"],["orders.city","asc"]]}
              then filter orders.city LIKE 'O''Neil\%', regroup over [orders.status, orders.total, orders.city]
            orders.city LIKE '%Zürich_北京%'
              {"measures":["orders.total"],"dimensions":["orders.status","orders.city"],"filters":[{"member":"orders.city","operator":"contains","values":["Zürich"]}],"order":[["orders.status","asc"],["orders.city","asc"]]}
              then filter orders.city LIKE '%Zürich_北京%', regroup over [orders.status, orders.total, orders.city]
            orders.price LIKE '%1%'
              refused: the literal in `orders.price LIKE '%1%'` is no pattern of text
        "#]],
    );
}

#[test]
fn a_tested_key_needs_no_finer_groups() {
    check(
        [like("status", "%new%"), not(like("status", "n_w"))],
        expect![[r#"
        orders.status LIKE '%new%'
          {"measures":["orders.total"],"dimensions":["orders.status"],"filters":[{"member":"orders.status","operator":"contains","values":["new"]}],"order":[["orders.status","asc"]]}
          then filter orders.status LIKE '%new%' over [orders.status, orders.total]
        orders.status NOT LIKE 'n_w'
          {"measures":["orders.total"],"dimensions":["orders.status"],"filters":[{"member":"orders.status","operator":"set"}],"order":[["orders.status","asc"]]}
          then filter orders.status NOT LIKE 'n_w' over [orders.status, orders.total]
    "#]],
    );
    check_with(
        "status buyers mean",
        [like("status", "%new%")],
        expect![[r#"
        orders.status LIKE '%new%'
          {"measures":["orders.buyers","orders.mean"],"dimensions":["orders.status"],"filters":[{"member":"orders.status","operator":"contains","values":["new"]}],"order":[["orders.status","asc"]]}
          then filter orders.status LIKE '%new%' over [orders.status, orders.buyers, orders.mean]
    "#]],
    );
}

#[test]
fn only_what_adds_up_is_grouped_again() {
    for (outputs, expect) in [
        (
            "count total smallest largest",
            expect![[r#"
            orders.city LIKE '%Ulm%'
              {"measures":["orders.count","orders.total","orders.smallest","orders.largest"],"dimensions":["orders.city"],"filters":[{"member":"orders.city","operator":"contains","values":["Ulm"]}],"order":[["orders.city","asc"]]}
              then filter orders.city LIKE '%Ulm%', regroup over [orders.count, orders.total, orders.smallest, orders.largest, orders.city]
        "#]],
        ),
        (
            "buyers",
            expect![[r#"
            orders.city LIKE '%Ulm%'
              refused: `orders.city LIKE '%Ulm%'` can only be tested on rows grouped by `orders.city` too, and count_distinct measure `orders.buyers` does not add up from those
        "#]],
        ),
        (
            "buyers_approx",
            expect![[r#"
            orders.city LIKE '%Ulm%'
              refused: `orders.city LIKE '%Ulm%'` can only be tested on rows grouped by `orders.city` too, and count_distinct_approx measure `orders.buyers_approx` does not add up from those
        "#]],
        ),
        (
            "mean",
            expect![[r#"
            orders.city LIKE '%Ulm%'
              refused: `orders.city LIKE '%Ulm%'` can only be tested on rows grouped by `orders.city` too, and avg measure `orders.mean` does not add up from those
        "#]],
        ),
        (
            "total ratio",
            expect![[r#"
            orders.city LIKE '%Ulm%'
              refused: `orders.city LIKE '%Ulm%'` can only be tested on rows grouped by `orders.city` too, and number measure `orders.ratio` does not add up from those
        "#]],
        ),
        (
            "status",
            expect![[r#"
            orders.city LIKE '%Ulm%'
              {"dimensions":["orders.status","orders.city"],"filters":[{"member":"orders.city","operator":"contains","values":["Ulm"]}],"order":[["orders.status","asc"],["orders.city","asc"]]}
              then filter orders.city LIKE '%Ulm%', regroup over [orders.status, orders.city]
        "#]],
        ),
    ] {
        check_with(outputs, [like("city", "%Ulm%")], expect);
    }
}

#[test]
fn what_a_join_repeats_does_not_add_up() {
    check_with(
        "total",
        [like("sku", "A%")],
        expect![[r#"
        orders.sku LIKE 'A%'
          refused: `orders.sku LIKE 'A%'` can only be tested on rows grouped by `orders.sku` too, and the join to it repeats the rows of measure `orders.total`
    "#]],
    );
    check_with(
        "sales.total",
        [like("sales.sku", "A%")],
        expect![[r#"
        sales.sku LIKE 'A%'
          refused: `sales.sku LIKE 'A%'` can only be tested on rows grouped by `sales.sku` too, and the join to it repeats the rows of measure `sales.total`
    "#]],
    );
}

#[test]
fn and_or_not() {
    check(
        [
            Filter::any([eq("city", "Ulm"), gt("price", 3)]),
            Filter::any([ne("city", "Ulm"), is_null("price")]),
            Filter::any([eq("city", "Ulm"), Filter::all([eq("gift", true), ne("id", 1)])]),
            Filter::any([eq("city", "Ulm"), like("city", "B%")]),
            Filter::any([like("status", "n%"), gt("price", 3)]),
            Filter::any([eq("city", "Ulm"), gt("city", "M")]),
            Filter::all([eq("city", "Ulm"), like("city", "%l%"), Filter::any([gt("id", 3), lt("id", -3)])]),
            not(Filter::any([eq("city", "Ulm"), Filter::all([gt("price", 3), is_null("gift")])])),
            Filter::any([eq("city", "Ulm"), during("created_at", "2024-01-01", "2024-02-01")]),
        ],
        expect![[r#"
            orders.city = 'Ulm' OR orders.price > 3
              {"measures":["orders.total"],"dimensions":["orders.status"],"filters":[{"or":[{"member":"orders.city","operator":"equals","values":["Ulm"]},{"member":"orders.price","operator":"gt","values":["3"]}]}],"order":[["orders.status","asc"]]}
            orders.city <> 'Ulm' OR orders.price IS NULL
              {"measures":["orders.total"],"dimensions":["orders.status"],"filters":[{"or":[{"and":[{"member":"orders.city","operator":"notEquals","values":["Ulm"]},{"member":"orders.city","operator":"set"}]},{"member":"orders.price","operator":"notSet"}]}],"order":[["orders.status","asc"]]}
            orders.city = 'Ulm' OR (orders.gift = true AND orders.id <> 1)
              {"measures":["orders.total"],"dimensions":["orders.status"],"filters":[{"or":[{"member":"orders.city","operator":"equals","values":["Ulm"]},{"and":[{"member":"orders.gift","operator":"equals","values":["true"]},{"member":"orders.id","operator":"notEquals","values":["1"]},{"member":"orders.id","operator":"set"}]}]}],"order":[["orders.status","asc"]]}
            orders.city = 'Ulm' OR orders.city LIKE 'B%'
              {"measures":["orders.total"],"dimensions":["orders.status","orders.city"],"order":[["orders.status","asc"],["orders.city","asc"]]}
              then filter orders.city = 'Ulm' OR orders.city LIKE 'B%', regroup over [orders.status, orders.total, orders.city]
            orders.status LIKE 'n%' OR orders.price > 3
              {"measures":["orders.total"],"dimensions":["orders.status","orders.price"],"order":[["orders.status","asc"],["orders.price","asc"]]}
              then filter orders.status LIKE 'n%' OR orders.price > 3, regroup over [orders.status, orders.total, orders.price]
            orders.city = 'Ulm' OR orders.city > 'M'
              refused: Cube's API cannot compare text by order: `orders.city > 'M'`
            orders.city = 'Ulm' AND orders.city LIKE '%l%' AND (orders.id > 3 OR orders.id < -3)
              {"measures":["orders.total"],"dimensions":["orders.status","orders.city"],"filters":[{"member":"orders.city","operator":"equals","values":["Ulm"]},{"member":"orders.city","operator":"contains","values":["l"]},{"or":[{"member":"orders.id","operator":"gt","values":["3"]},{"member":"orders.id","operator":"lt","values":["-3"]}]}],"order":[["orders.status","asc"],["orders.city","asc"]]}
              then filter orders.city LIKE '%l%', regroup over [orders.status, orders.total, orders.city]
            orders.city <> 'Ulm' AND (orders.price <= 3 OR orders.gift IS NOT NULL)
              {"measures":["orders.total"],"dimensions":["orders.status"],"filters":[{"member":"orders.city","operator":"notEquals","values":["Ulm"]},{"member":"orders.city","operator":"set"},{"or":[{"member":"orders.price","operator":"lte","values":["3"]},{"member":"orders.gift","operator":"set"}]}],"order":[["orders.status","asc"]]}
            orders.city = 'Ulm' OR orders.created_at >= '2024-01-01T00:00:00.000' AND orders.created_at < '2024-02-01T00:00:00.000'
              {"measures":["orders.total"],"dimensions":["orders.status"],"filters":[{"or":[{"member":"orders.city","operator":"equals","values":["Ulm"]},{"and":[{"member":"orders.created_at","operator":"afterOrOnDate","values":["2024-01-01T00:00:00.000"]},{"member":"orders.created_at","operator":"beforeDate","values":["2024-02-01T00:00:00.000"]}]}]}],"order":[["orders.status","asc"]]}
        "#]],
    );
}

#[test]
fn constants_are_never_sent() {
    check_with(
        "status count",
        [
            Filter::always(),
            Filter::never(),
            Filter::any([Filter::never(), eq("city", "Ulm")]),
            Filter::any([Filter::always(), eq("city", "Ulm")]),
            Filter::all([eq("city", "Ulm"), Filter::any([Filter::never(), Filter::never()])]),
            during("created_at", "2024-02-01", "2024-02-01"),
        ],
        expect![[r#"
            true
              {"measures":["orders.count"],"dimensions":["orders.status"],"order":[["orders.status","asc"]]}
            false
              nothing
            orders.city = 'Ulm'
              {"measures":["orders.count"],"dimensions":["orders.status"],"filters":[{"member":"orders.city","operator":"equals","values":["Ulm"]}],"order":[["orders.status","asc"]]}
            true OR orders.city = 'Ulm'
              {"measures":["orders.count"],"dimensions":["orders.status"],"order":[["orders.status","asc"]]}
            orders.city = 'Ulm' AND false
              nothing
            orders.created_at >= '2024-02-01T00:00:00.000' AND orders.created_at < '2024-02-01T00:00:00.000'
              nothing
        "#]],
    );
}

#[test]
fn a_group_without_keys_has_a_row_even_over_nothing() {
    check_with(
        "count",
        [Filter::never()],
        expect![[r#"
        false
          {"measures":["orders.count"],"filters":[{"member":"orders.id","operator":"set"},{"member":"orders.id","operator":"notSet"}],"order":[]}
    "#]],
    );
    check_with(
        "counters.count",
        [Filter::never()],
        expect![[r#"
        false
          refused: a group over no rows cannot be asked of a table without dimensions
    "#]],
    );
}

#[test]
fn segments() {
    check(
        [
            segment("big"),
            not(segment("big")),
            Filter::all([segment("big"), eq("city", "Ulm")]),
            Filter::any([segment("big"), eq("city", "Ulm")]),
            Filter::any([segment("big"), like("city", "U%")]),
        ],
        expect![[r#"
            orders.big
              {"measures":["orders.total"],"dimensions":["orders.status"],"order":[["orders.status","asc"]],"segments":["orders.big"]}
            NOT orders.big
              refused: Cube's API can only demand segment `orders.big` as a whole, not test it in `NOT orders.big`
            orders.big AND orders.city = 'Ulm'
              {"measures":["orders.total"],"dimensions":["orders.status"],"filters":[{"member":"orders.city","operator":"equals","values":["Ulm"]}],"order":[["orders.status","asc"]],"segments":["orders.big"]}
            orders.big OR orders.city = 'Ulm'
              refused: Cube's API can only demand segment `orders.big` as a whole, not test it in `orders.big`
            orders.big OR orders.city LIKE 'U%'
              refused: Cube's API can only demand segment `orders.big` as a whole, not test it in `orders.big`
        "#]],
    );
}

#[test]
fn measures_are_no_test_of_rows() {
    check(
        [gt("total", 3), Filter::any([gt("total", 3), eq("city", "Ulm")])],
        expect![[r#"
        orders.total > 3
          refused: measure `orders.total` is tested in WHERE: use HAVING
        orders.total > 3 OR orders.city = 'Ulm'
          refused: measure `orders.total` is tested in WHERE: use HAVING
    "#]],
    );
    check_queries(
        [
            semantic::SemanticQuery { filter: gt("total", 3), ..ungrouped("id total") },
            semantic::SemanticQuery { filter: gt("total", 3), ..ungrouped("id city") },
            semantic::SemanticQuery { having: gt("total", 3), ..ungrouped("id city") },
            semantic::SemanticQuery { filter: like("city", "U%"), ..ungrouped("id buyers") },
        ],
        expect![[r#"
            [orders.total] ungrouped [orders.id] where orders.total > 3 in UTC
              {"measures":["orders.total"],"dimensions":["orders.id"],"order":[["orders.id","asc"]],"ungrouped":true}
              then filter orders.total > 3 over [orders.id, orders.total]
            [] ungrouped [orders.id, orders.city] where orders.total > 3 in UTC
              {"measures":["orders.total"],"dimensions":["orders.id","orders.city"],"order":[["orders.id","asc"]],"ungrouped":true}
              then filter orders.total > 3 over [orders.id, orders.city, orders.total]
            [] ungrouped [orders.id, orders.city] having orders.total > 3 in UTC
              {"measures":["orders.total"],"dimensions":["orders.id","orders.city"],"order":[["orders.id","asc"]],"ungrouped":true}
              then filter orders.total > 3 over [orders.id, orders.city, orders.total]
            [orders.buyers] ungrouped [orders.id] where orders.city LIKE 'U%' in UTC
              {"measures":["orders.buyers"],"dimensions":["orders.id","orders.city"],"filters":[{"member":"orders.city","operator":"contains","values":["U"]}],"order":[["orders.id","asc"]],"ungrouped":true}
              then filter orders.city LIKE 'U%' over [orders.id, orders.buyers, orders.city]
        "#]],
    );
}

#[test]
fn long_lists_are_cut_in_sentences() {
    let refused = cube_api::translate(&filtered("mean", one_of("city", vec![7; 1000])), &crate::build::MODEL);
    assert!(refused.unwrap_err().to_string().chars().count() < 300);
}

#[test]
fn a_join_to_one_row_repeats_nothing() {
    check_queries(
        [
            filtered("sales.status sales.total", like("sales.country", "%land%")),
            ungrouped("sales.id sales.country"),
        ],
        expect![[r#"
            [sales.total] by [sales.status] where sales.country LIKE '%land%' in UTC
              {"measures":["sales.total"],"dimensions":["sales.status","sales.country"],"filters":[{"member":"sales.country","operator":"contains","values":["land"]}],"order":[["sales.status","asc"],["sales.country","asc"]]}
              then filter sales.country LIKE '%land%', regroup over [sales.status, sales.total, sales.country]
            [] ungrouped [sales.id, sales.country] in UTC
              {"dimensions":["sales.id","sales.country"],"order":[["sales.id","asc"]],"ungrouped":true}
        "#]],
    );
}
