//! Members whose values Cube computes from what else is asked.

use expect_test::expect;

use super::check_queries;
use crate::build::{during, eq, filtered, grouped};

#[test]
fn stages_have_another_meaning() {
    check_queries(
        [
            grouped("status prior"),
            grouped("growth"),
            grouped("share"),
            grouped("bucket count"),
            filtered("count", eq("bucket", true)),
            grouped("median"),
        ],
        expect![[r#"
            [orders.prior] by [orders.status] in UTC
              refused: `orders.prior` is computed in stages, which have another meaning in Cube's API than in SQL
            [orders.growth] by [] in UTC
              refused: `orders.growth` is computed in stages, which have another meaning in Cube's API than in SQL
            [orders.share] by [] in UTC
              refused: `orders.share` is computed in stages, which have another meaning in Cube's API than in SQL
            [orders.count] by [orders.bucket] in UTC
              refused: `orders.bucket` is computed in stages, which have another meaning in Cube's API than in SQL
            [orders.count] by [] where orders.bucket = true in UTC
              refused: `orders.bucket` is computed in stages, which have another meaning in Cube's API than in SQL
            [orders.median] by [] in UTC
              {"measures":["orders.median"],"order":[]}
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
