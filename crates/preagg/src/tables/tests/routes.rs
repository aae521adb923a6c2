//! What queries read of the tables that were found.

use chrono_tz::Tz;
use expect_test::{Expect, expect};
use semantic::parse::{SourceFile, model};

use super::{SQL_LOS_ANGELES, SQL_UTC, found, rows};
use crate::{
    Route, Tables, choose,
    tests::setup::{during, query, scoped},
};

/// Where a query over the e-commerce model goes, with the tables that each zone has in the catalog.
fn route(from: &str, to: &str, zone: Tz, expect: Expect) {
    let texts = [
        include_str!("../../../../semantic/tests/fixtures/orders.yml"),
        include_str!("../../../../semantic/tests/fixtures/others.yaml"),
        include_str!("../../../../semantic/tests/fixtures/views.yml"),
    ];
    let files = texts.map(|text| SourceFile { path: "m.yml".to_owned(), text: text.to_owned() });
    let model = model(&files).unwrap();
    let built = [SQL_UTC, SQL_LOS_ANGELES].map(|sql| found(sql, rows()).unwrap());
    let tables = Tables::from_catalog(model.version(), built.concat());
    let mut query = query(&model, "orders", "count, store_id");
    query.zone = zone;
    query.filter = during("orders.created_at", from, to);
    let route = choose(&scoped(query, &model), &model, &tables);
    let shown = match &route {
        Route::Rollup { scan, .. } => scan.tables.join("\n"),
        Route::Source { refused } => {
            let hourly =
                refused.iter().find(|r| r.pre_aggregation.as_str() == "orders.hourly_store").unwrap();
            hourly.reasons.iter().map(|reason| format!("{}: {reason}\n", reason.code())).collect()
        }
    };
    expect.assert_eq(&shown);
}

#[test]
fn queries_read_what_is_built_and_nothing_else() {
    let los_angeles = Tz::America__Los_Angeles;
    route(
        "2023-03-01",
        "2023-03-12T12:00:00.000",
        los_angeles,
        expect!["prod_pre_aggregations.orders_hourly_store20230101_aa51cjmc_smpdf3il_1lg097u"],
    );
    route(
        "2023-03-01",
        "2023-03-14",
        los_angeles,
        expect![[r#"
            partition_truncated: the partition that starts 2023-01-01T00:00:00.000 is built only up to 2023-03-12T23:59:59.999; build it again
        "#]],
    );
    route(
        "2023-04-01",
        "2023-04-02",
        los_angeles,
        expect![[r#"
            table_missing: there is no table `prod_pre_aggregations.orders_hourly_store20230401_*_lbd2jpuk_*`; build it again
        "#]],
    );
    route(
        "2023-03-01",
        "2023-03-12",
        Tz::UTC,
        expect![[r#"
            zone: it is built for the zone America/Los_Angeles, the query asks for UTC; build it for UTC too
        "#]],
    );
}
