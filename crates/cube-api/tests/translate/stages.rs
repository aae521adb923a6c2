//! Members whose values Cube computes from what else is asked.

use expect_test::expect;

use semantic::{Filter, Grouping, SemanticQuery};

use super::check_queries;
use crate::build::{during, eq, filtered, grouped};

#[test]
fn what_depends_on_other_rows_is_asked_for_as_a_whole_or_not_at_all() {
    let days = || during("created_at", "2024-03-01", "2024-04-01");
    check_queries(
        [
            grouped("status prior"),
            grouped("growth"),
            grouped("share"),
            grouped("bucket count"),
            filtered("count", eq("bucket", true)),
            grouped("median"),
            filtered("created_at:day running total", days()),
            filtered("running", days()),
            grouped("created_at:day running"),
            filtered("created_at:day running", during("created_at", "2024-03-01", "")),
            filtered("created_at:day running", during("created_at", "2024-03-01T00:00:01", "2024-04-01")),
            filtered("created_at:day day:day running", days()),
            filtered(
                "created_at:day running",
                Filter::all([days(), Filter::any([days(), eq("city", "Ulm")])]),
            ),
            filtered("running", Filter::any([eq("city", "Ulm"), eq("id", 1)])),
            SemanticQuery { grouping: Grouping::Ungrouped, ..grouped("running") },
            SemanticQuery { unrolled: true, ..grouped("running") },
            SemanticQuery { having: eq("running", 1), ..grouped("status running") },
            SemanticQuery { limit: Some(3), ..filtered("created_at:day running", days()) },
        ],
        expect![[r#"
            [orders.prior] by [orders.status] in UTC
              {"measures":["orders.prior"],"dimensions":["orders.status"],"order":[["orders.status","asc"]]}
            [orders.growth] by [] in UTC
              {"measures":["orders.growth"],"order":[]}
            [orders.share] by [] in UTC
              {"measures":["orders.share"],"order":[]}
            [orders.count] by [orders.bucket] in UTC
              refused: `orders.bucket` is computed in stages, which have another meaning in Cube's API than in SQL
            [orders.count] by [] where orders.bucket = true in UTC
              refused: `orders.bucket` is computed in stages, which have another meaning in Cube's API than in SQL
            [orders.median] by [] in UTC
              {"measures":["orders.median"],"order":[]}
            [orders.running, orders.total] by [orders.created_at.day] where orders.created_at >= '2024-03-01T00:00:00.000' AND orders.created_at < '2024-04-01T00:00:00.000' in UTC
              {"measures":["orders.running","orders.total"],"timeDimensions":[{"dimension":"orders.created_at","granularity":"day","dateRange":["2024-03-01T00:00:00.000","2024-03-31T23:59:59.999"]}],"order":[["orders.created_at","asc"]]}
            [orders.running] by [] where orders.created_at >= '2024-03-01T00:00:00.000' AND orders.created_at < '2024-04-01T00:00:00.000' in UTC
              {"measures":["orders.running"],"timeDimensions":[{"dimension":"orders.created_at","dateRange":["2024-03-01T00:00:00.000","2024-03-31T23:59:59.999"]}],"order":[]}
            [orders.running] by [orders.created_at.day] in UTC
              refused: measure `orders.running`, which is computed from rows of other groups too, needs a range of the time with both ends on the grain of its rollups
            [orders.running] by [orders.created_at.day] where orders.created_at >= '2024-03-01T00:00:00.000' in UTC
              refused: measure `orders.running`, which is computed from rows of other groups too, needs a range of the time with both ends on the grain of its rollups
            [orders.running] by [orders.created_at.day] where orders.created_at >= '2024-03-01T00:00:01.000' AND orders.created_at < '2024-04-01T00:00:00.000' in UTC
              refused: measure `orders.running`, which is computed from rows of other groups too, needs a range of the time with both ends on the grain of its rollups
            [orders.running] by [orders.created_at.day, orders.day.day] where orders.created_at >= '2024-03-01T00:00:00.000' AND orders.created_at < '2024-04-01T00:00:00.000' in UTC
              refused: measure `orders.running`, which is computed from rows of other groups too, is asked for by bins of several times
            [orders.running] by [orders.created_at.day] where orders.created_at >= '2024-03-01T00:00:00.000' AND orders.created_at < '2024-04-01T00:00:00.000' AND (orders.created_at >= '2024-03-01T00:00:00.000' AND orders.created_at < '2024-04-01T00:00:00.000' OR orders.city = 'Ulm') in UTC
              refused: measure `orders.running`, which is computed from rows of other groups too, is restricted in time by more than one range
            [orders.running] by [] where orders.city = 'Ulm' OR orders.id = 1 in UTC
              {"measures":["orders.running"],"filters":[{"or":[{"member":"orders.city","operator":"equals","values":["Ulm"]},{"member":"orders.id","operator":"equals","values":["1"]}]}],"order":[]}
            [orders.running] ungrouped [] in UTC
              refused: measure `orders.running`, which is computed from rows of other groups too, has no value in a row
            [orders.running] by [] in UTC
              refused: Cube's API does not give rolling measures without their windows
            [orders.running] by [orders.status] having orders.running = 1 in UTC
              refused: measure `orders.running`, which is computed from rows of other groups too, cannot be computed again from rows that a predicate is tested on
            [orders.running] by [orders.created_at.day] where orders.created_at >= '2024-03-01T00:00:00.000' AND orders.created_at < '2024-04-01T00:00:00.000' limit 3 in UTC
              {"measures":["orders.running"],"timeDimensions":[{"dimension":"orders.created_at","granularity":"day","dateRange":["2024-03-01T00:00:00.000","2024-03-31T23:59:59.999"]}],"order":[["orders.created_at","asc"]]}
              then limit 3 over [orders.created_at.day, orders.running]
        "#]],
    );
}

#[test]
fn a_sub_query_that_follows_filters_is_asked_for_without_them() {
    check_queries(
        [grouped("sold count"), filtered("sold count", eq("status", "x"))],
        expect![[r#"
        [orders.count] by [orders.sold] in UTC
          {"measures":["orders.count"],"dimensions":["orders.sold"],"order":[["orders.sold","asc"]]}
        [orders.count] by [orders.sold] where orders.status = 'x' in UTC
          refused: in Cube's API the value of `orders.sold` changes with the filters of the query
    "#]],
    );
}

#[test]
fn bins_of_ones_own_are_not_those_of_sql() {
    check_queries(
        [
            grouped("fiscal_at:month count"),
            grouped("fiscal_at:quarter count"),
            filtered("fiscal_at:quarter count", during("fiscal_at", "2024-01-01", "2024-07-01")),
            filtered("created_at:quarter count", during("created_at", "2024-01-01", "2024-07-01")),
        ],
        expect![[r#"
            [orders.count] by [orders.fiscal_at.month] in UTC
              refused: `orders.fiscal_at` has a month of its own, which is not the month of SQL
            [orders.count] by [orders.fiscal_at.quarter] in UTC
              {"measures":["orders.count"],"timeDimensions":[{"dimension":"orders.fiscal_at","granularity":"quarter"}],"order":[["orders.fiscal_at","asc"]]}
            [orders.count] by [orders.fiscal_at.quarter] where orders.fiscal_at >= '2024-01-01T00:00:00.000' AND orders.fiscal_at < '2024-07-01T00:00:00.000' in UTC
              {"measures":["orders.count"],"timeDimensions":[{"dimension":"orders.fiscal_at","granularity":"quarter"}],"filters":[{"member":"orders.fiscal_at","operator":"afterOrOnDate","values":["2024-01-01T00:00:00.000"]},{"member":"orders.fiscal_at","operator":"beforeDate","values":["2024-07-01T00:00:00.000"]}],"order":[["orders.fiscal_at","asc"]]}
            [orders.count] by [orders.created_at.quarter] where orders.created_at >= '2024-01-01T00:00:00.000' AND orders.created_at < '2024-07-01T00:00:00.000' in UTC
              {"measures":["orders.count"],"timeDimensions":[{"dimension":"orders.created_at","granularity":"quarter","dateRange":["2024-01-01T00:00:00.000","2024-06-30T23:59:59.999"]}],"order":[["orders.created_at","asc"]]}
        "#]],
    );
}
