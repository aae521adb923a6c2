//! Order, limit and offset, pages, and the shape of the whole request.

use expect_test::expect;
use semantic::{Filter, OrderBy, SemanticQuery};

use super::check_queries;
use crate::build::{ascending, descending, eq, grouped, gt, like, ungrouped};

fn cut(query: SemanticQuery, order: &[OrderBy], limit: u64, offset: u64) -> SemanticQuery {
    SemanticQuery { order: order.to_vec(), limit: Some(limit), offset, ..query }
}

#[test]
fn rows_are_cut_in_cube_only_by_counts() {
    check_queries(
        [
            cut(grouped("status count"), &[descending(1)], 10, 0),
            cut(grouped("status count"), &[ascending(1)], 10, 5),
            cut(grouped("status count"), &[], 10, 0),
            SemanticQuery { offset: 5, ..grouped("status count") },
            cut(grouped("status count total"), &[descending(2)], 10, 0),
            cut(grouped("status count"), &[ascending(0)], 10, 0),
            cut(grouped("status count"), &[descending(1), ascending(0)], 10, 0),
            cut(grouped("id count"), &[ascending(0)], 10, 0),
            cut(grouped("created_at:month count"), &[ascending(0)], 10, 0),
            cut(grouped("sales.country sales.count sales.total"), &[descending(1)], 10, 0),
            cut(grouped("sales.country sales.count sales.quantity"), &[descending(1)], 10, 0),
            cut(grouped("count"), &[descending(0)], 10, 1),
        ],
        expect![[r#"
            [orders.count] by [orders.status] order by orders.count desc nulls first limit 10 in UTC
              {"measures":["orders.count"],"dimensions":["orders.status"],"order":[["orders.count","desc"],["orders.status","asc"]],"limit":10}
            [orders.count] by [orders.status] order by orders.count asc nulls last limit 10 offset 5 in UTC
              {"measures":["orders.count"],"dimensions":["orders.status"],"order":[["orders.count","asc"],["orders.status","asc"]],"limit":10,"offset":5}
            [orders.count] by [orders.status] limit 10 in UTC
              {"measures":["orders.count"],"dimensions":["orders.status"],"order":[["orders.status","asc"]],"limit":10}
            [orders.count] by [orders.status] offset 5 in UTC
              {"measures":["orders.count"],"dimensions":["orders.status"],"order":[["orders.status","asc"]],"offset":5}
            [orders.count, orders.total] by [orders.status] order by orders.total desc nulls first limit 10 in UTC
              {"measures":["orders.count","orders.total"],"dimensions":["orders.status"],"order":[["orders.status","asc"]]}
              then sort by 1 keys, limit 10 over [orders.status, orders.count, orders.total]
            [orders.count] by [orders.status] order by orders.status asc nulls last limit 10 in UTC
              {"measures":["orders.count"],"dimensions":["orders.status"],"order":[["orders.status","asc"]]}
              then sort by 1 keys, limit 10 over [orders.status, orders.count]
            [orders.count] by [orders.status] order by orders.count desc nulls first, orders.status asc nulls last limit 10 in UTC
              {"measures":["orders.count"],"dimensions":["orders.status"],"order":[["orders.status","asc"]]}
              then sort by 2 keys, limit 10 over [orders.status, orders.count]
            [orders.count] by [orders.id] order by orders.id asc nulls last limit 10 in UTC
              {"measures":["orders.count"],"dimensions":["orders.id"],"order":[["orders.id","asc"]]}
              then sort by 1 keys, limit 10 over [orders.id, orders.count]
            [orders.count] by [orders.created_at.month] order by orders.created_at.month asc nulls last limit 10 in UTC
              {"measures":["orders.count"],"timeDimensions":[{"dimension":"orders.created_at","granularity":"month"}],"order":[["orders.created_at","asc"]]}
              then sort by 1 keys, limit 10 over [orders.created_at.month, orders.count]
            [sales.count, sales.total] by [sales.country] order by sales.count desc nulls first limit 10 in UTC
              {"measures":["sales.count","sales.total"],"dimensions":["sales.country"],"order":[["sales.count","desc"],["sales.country","asc"]],"limit":10}
            [sales.count, sales.quantity] by [sales.country] order by sales.count desc nulls first limit 10 in UTC
              {"measures":["sales.count","sales.quantity"],"dimensions":["sales.country"],"order":[["sales.country","asc"]]}
              then sort by 1 keys, limit 10 over [sales.country, sales.count, sales.quantity]
            [orders.count] by [] order by orders.count desc nulls first limit 10 offset 1 in UTC
              {"measures":["orders.count"],"order":[]}
              then sort by 1 keys, limit 10, offset 1 over [orders.count]
        "#]],
    );
}

#[test]
fn nothing_is_cut_below_a_remainder() {
    let by_count = |query| cut(query, &[descending(1)], 10, 0);
    check_queries(
        [
            by_count(SemanticQuery { filter: like("status", "n%"), ..grouped("status count") }),
            by_count(SemanticQuery { filter: like("city", "U%"), ..grouped("status count") }),
            by_count(SemanticQuery { having: like("statuses", "n%"), ..grouped("status count") }),
            by_count(SemanticQuery { having: gt("total", 3), ..grouped("status count") }),
        ],
        expect![[r#"
            [orders.count] by [orders.status] where orders.status LIKE 'n%' order by orders.count desc nulls first limit 10 in UTC
              {"measures":["orders.count"],"dimensions":["orders.status"],"filters":[{"member":"orders.status","operator":"contains","values":["n"]}],"order":[["orders.status","asc"]]}
              then filter orders.status LIKE 'n%', sort by 1 keys, limit 10 over [orders.status, orders.count]
            [orders.count] by [orders.status] where orders.city LIKE 'U%' order by orders.count desc nulls first limit 10 in UTC
              {"measures":["orders.count"],"dimensions":["orders.status","orders.city"],"filters":[{"member":"orders.city","operator":"contains","values":["U"]}],"order":[["orders.status","asc"],["orders.city","asc"]]}
              then filter orders.city LIKE 'U%', regroup, sort by 1 keys, limit 10 over [orders.status, orders.count, orders.city]
            [orders.count] by [orders.status] having orders.statuses LIKE 'n%' order by orders.count desc nulls first limit 10 in UTC
              {"measures":["orders.count","orders.statuses"],"dimensions":["orders.status"],"order":[["orders.status","asc"]]}
              then having orders.statuses LIKE 'n%', sort by 1 keys, limit 10 over [orders.status, orders.count, orders.statuses]
            [orders.count] by [orders.status] having orders.total > 3 order by orders.count desc nulls first limit 10 in UTC
              {"measures":["orders.count"],"dimensions":["orders.status"],"filters":[{"member":"orders.total","operator":"gt","values":["3"]}],"order":[["orders.count","desc"],["orders.status","asc"]],"limit":10}
        "#]],
    );
}

#[test]
fn nothing_is_fetched_for_nothing() {
    check_queries(
        [
            cut(grouped("status count"), &[descending(1)], 0, 0),
            cut(grouped("count"), &[], 0, 0),
            SemanticQuery { having: Filter::never(), ..grouped("count") },
            SemanticQuery { filter: Filter::never(), ..ungrouped("id") },
        ],
        expect![[r#"
            [orders.count] by [orders.status] order by orders.count desc nulls first limit 0 in UTC
              nothing
            [orders.count] by [] limit 0 in UTC
              nothing
            [orders.count] by [] having false in UTC
              nothing
            [] ungrouped [orders.id] where false in UTC
              nothing
        "#]],
    );
}

#[test]
fn pages_follow_all_keys() {
    check_queries(
        [
            grouped("city total created_at:month status"),
            grouped("created_at:month created_at:day total"),
            grouped("created_at:month created_at:week total"),
            SemanticQuery { order: vec![ascending(0)], ..grouped("city total") },
            grouped("status"),
        ],
        expect![[r#"
            [orders.total] by [orders.city, orders.created_at.month, orders.status] in UTC
              {"measures":["orders.total"],"dimensions":["orders.city","orders.status"],"timeDimensions":[{"dimension":"orders.created_at","granularity":"month"}],"order":[["orders.city","asc"],["orders.created_at","asc"],["orders.status","asc"]]}
            [orders.total] by [orders.created_at.month, orders.created_at.day] in UTC
              {"measures":["orders.total"],"timeDimensions":[{"dimension":"orders.created_at","granularity":"day"},{"dimension":"orders.created_at","granularity":"month"}],"order":[["orders.created_at","asc"]]}
            [orders.total] by [orders.created_at.month, orders.created_at.week] in UTC
              {"measures":["orders.total"],"timeDimensions":[{"dimension":"orders.created_at","granularity":"week"},{"dimension":"orders.created_at","granularity":"month"}],"order":[["orders.created_at","asc"]]} [CrossingBins]
            [orders.total] by [orders.city] order by orders.city asc nulls last in UTC
              {"measures":["orders.total"],"dimensions":["orders.city"],"order":[["orders.city","asc"]]}
              then sort by 1 keys over [orders.city, orders.total]
            [] by [orders.status] in UTC
              {"dimensions":["orders.status"],"order":[["orders.status","asc"]]}
        "#]],
    );
}

#[test]
fn ungrouped_rows_are_paged_by_their_primary_key() {
    check_queries(
        [
            ungrouped("city id total"),
            ungrouped("city total"),
            ungrouped("id sku"),
            ungrouped("sales.id sales.sku"),
            SemanticQuery { filter: eq("sales.sku", "A"), ..ungrouped("sales.id") },
            ungrouped("counters.count"),
            cut(ungrouped("city"), &[], 10, 2),
            cut(ungrouped("id count"), &[descending(1)], 10, 0),
        ],
        expect![[r#"
            [orders.total] ungrouped [orders.city, orders.id] in UTC
              {"measures":["orders.total"],"dimensions":["orders.city","orders.id"],"order":[["orders.id","asc"]],"ungrouped":true}
            [orders.total] ungrouped [orders.city] in UTC
              {"measures":["orders.total"],"dimensions":["orders.city"],"order":[],"ungrouped":true} [NoUniqueKey]
            [] ungrouped [orders.id, orders.sku] in UTC
              {"dimensions":["orders.id","orders.sku"],"order":[],"ungrouped":true} [NoUniqueKey]
            [] ungrouped [sales.id, sales.sku] in UTC
              {"dimensions":["sales.id","sales.sku"],"order":[],"ungrouped":true} [NoUniqueKey]
            [] ungrouped [sales.id] where sales.sku = 'A' in UTC
              {"dimensions":["sales.id"],"filters":[{"member":"sales.sku","operator":"equals","values":["A"]}],"order":[],"ungrouped":true} [NoUniqueKey]
            [counters.count] ungrouped [] in UTC
              {"measures":["counters.count"],"order":[],"ungrouped":true} [NoUniqueKey]
            [] ungrouped [orders.city] limit 10 offset 2 in UTC
              {"dimensions":["orders.city"],"order":[],"limit":10,"offset":2,"ungrouped":true} [NoUniqueKey]
            [orders.count] ungrouped [orders.id] order by orders.count desc nulls first limit 10 in UTC
              {"measures":["orders.count"],"dimensions":["orders.id"],"order":[["orders.id","asc"]],"ungrouped":true}
              then sort by 1 keys, limit 10 over [orders.id, orders.count]
        "#]],
    );
}

#[test]
fn columns_that_cube_cannot_answer() {
    check_queries(
        [
            grouped(""),
            grouped("status big"),
            grouped("status running"),
            grouped("running_share"),
            grouped("status status"),
            grouped("orders.nope count"),
            SemanticQuery { filter: eq("orders.nope", 1), ..grouped("count") },
        ],
        expect![[r#"
            [] by [] in UTC
              refused: a query without columns has no form in Cube's API
            [] by [orders.status, orders.big] in UTC
              refused: segment `orders.big` is no column of Cube's API: use it in WHERE
            [orders.running] by [orders.status] in UTC
              {"measures":["orders.running"],"dimensions":["orders.status"],"order":[["orders.status","asc"]]}
            [orders.running_share] by [] in UTC
              {"measures":["orders.running_share"],"order":[]}
            [] by [orders.status, orders.status] in UTC
              refused: `orders.status` is asked for twice
            [orders.count] by [orders.nope] in UTC
              refused: the data model has no member `orders.nope`
            [orders.count] by [] where orders.nope = 1 in UTC
              refused: the data model has no member `orders.nope`
        "#]],
    );
}
