//! Ranges of time, on rows.

use chrono_tz::Tz;
use expect_test::expect;
use semantic::{Filter, SemanticQuery};

use super::{check_queries, check_with};
use crate::build::{during, eq, filtered, not};

fn year() -> Filter {
    during("created_at", "2024-01-01", "2025-01-01")
}

#[test]
fn bins_of_ones_own_are_asked_by_name() {
    let own = |outputs: &str| filtered(outputs, during("created_at", "2024-02-01", "2025-02-01"));
    let stored = |outputs: &str| filtered(outputs, during("created_at", "2024-02-01T00:00:00.001", ""));
    check_queries(
        [
            own("created_at:fiscal_year total"),
            stored("created_at:fiscal_year total"),
            own("created_at:month created_at:fiscal_year total"),
            own("created_at:week created_at:fiscal_year total"),
            own("created_at:month created_at:half_year total"),
            own("created_at created_at:fiscal_year total"),
        ],
        expect![[r#"
            [orders.total] by [orders.created_at.fiscal_year] where orders.created_at >= '2024-02-01T00:00:00.000' AND orders.created_at < '2025-02-01T00:00:00.000' in UTC
              {"measures":["orders.total"],"timeDimensions":[{"dimension":"orders.created_at","granularity":"fiscal_year","dateRange":["2024-02-01T00:00:00.000","2025-01-31T23:59:59.999"]}],"order":[["orders.created_at","asc"]]}
            [orders.total] by [orders.created_at.fiscal_year] where orders.created_at >= '2024-02-01T00:00:00.001' in UTC
              {"measures":["orders.total"],"timeDimensions":[{"dimension":"orders.created_at","granularity":"fiscal_year"}],"filters":[{"member":"orders.created_at","operator":"afterOrOnDate","values":["2024-02-01T00:00:00.001"]}],"order":[["orders.created_at","asc"]]}
            [orders.total] by [orders.created_at.month, orders.created_at.fiscal_year] where orders.created_at >= '2024-02-01T00:00:00.000' AND orders.created_at < '2025-02-01T00:00:00.000' in UTC
              {"measures":["orders.total"],"timeDimensions":[{"dimension":"orders.created_at","granularity":"month","dateRange":["2024-02-01T00:00:00.000","2025-01-31T23:59:59.999"]},{"dimension":"orders.created_at","granularity":"fiscal_year"}],"order":[["orders.created_at","asc"]]}
            [orders.total] by [orders.created_at.week, orders.created_at.fiscal_year] where orders.created_at >= '2024-02-01T00:00:00.000' AND orders.created_at < '2025-02-01T00:00:00.000' in UTC
              {"measures":["orders.total"],"timeDimensions":[{"dimension":"orders.created_at","granularity":"week","dateRange":["2024-02-01T00:00:00.000","2025-01-31T23:59:59.999"]},{"dimension":"orders.created_at","granularity":"fiscal_year"}],"order":[["orders.created_at","asc"]]} [CrossingBins]
            [orders.total] by [orders.created_at.month, orders.created_at.half_year] where orders.created_at >= '2024-02-01T00:00:00.000' AND orders.created_at < '2025-02-01T00:00:00.000' in UTC
              {"measures":["orders.total"],"timeDimensions":[{"dimension":"orders.created_at","granularity":"half_year","dateRange":["2024-02-01T00:00:00.000","2025-01-31T23:59:59.999"]},{"dimension":"orders.created_at","granularity":"month"}],"order":[["orders.created_at","asc"]]} [CrossingBins]
            [orders.total] by [orders.created_at, orders.created_at.fiscal_year] where orders.created_at >= '2024-02-01T00:00:00.000' AND orders.created_at < '2025-02-01T00:00:00.000' in UTC
              refused: `orders.created_at` is asked for as stored and cut to bins at once: ask for one of them
        "#]],
    );
}

#[test]
fn a_range_on_every_grain_is_a_date_range() {
    check_with(
        "status total",
        [year()],
        expect![[r#"
        orders.created_at >= '2024-01-01T00:00:00.000' AND orders.created_at < '2025-01-01T00:00:00.000'
          {"measures":["orders.total"],"dimensions":["orders.status"],"timeDimensions":[{"dimension":"orders.created_at","dateRange":["2024-01-01T00:00:00.000","2024-12-31T23:59:59.999"]}],"order":[["orders.status","asc"]]}
    "#]],
    );
    check_with(
        "created_at:month total",
        [year()],
        expect![[r#"
        orders.created_at >= '2024-01-01T00:00:00.000' AND orders.created_at < '2025-01-01T00:00:00.000'
          {"measures":["orders.total"],"timeDimensions":[{"dimension":"orders.created_at","granularity":"month","dateRange":["2024-01-01T00:00:00.000","2024-12-31T23:59:59.999"]}],"order":[["orders.created_at","asc"]]}
    "#]],
    );
    check_with(
        "created_at total",
        [year()],
        expect![[r#"
        orders.created_at >= '2024-01-01T00:00:00.000' AND orders.created_at < '2025-01-01T00:00:00.000'
          {"measures":["orders.total"],"dimensions":["orders.created_at"],"timeDimensions":[{"dimension":"orders.created_at","dateRange":["2024-01-01T00:00:00.000","2024-12-31T23:59:59.999"]}],"order":[["orders.created_at","asc"]]}
    "#]],
    );
    check_with(
        "total",
        [during("day", "2024-03-05", "2024-03-06")],
        expect![[r#"
        orders.day >= '2024-03-05T00:00:00.000' AND orders.day < '2024-03-06T00:00:00.000'
          {"measures":["orders.total"],"timeDimensions":[{"dimension":"orders.day","dateRange":["2024-03-05T00:00:00.000","2024-03-05T23:59:59.999"]}],"order":[]}
    "#]],
    );
}

#[test]
fn a_range_off_some_grain_is_no_date_range() {
    let days = || during("created_at", "2024-01-15", "2024-02-20");
    // The monthly rollup could answer this, without January.
    check_with(
        "total",
        [days()],
        expect![[r#"
        orders.created_at >= '2024-01-15T00:00:00.000' AND orders.created_at < '2024-02-20T00:00:00.000'
          {"measures":["orders.total"],"filters":[{"member":"orders.created_at","operator":"afterOrOnDate","values":["2024-01-15T00:00:00.000"]},{"member":"orders.created_at","operator":"beforeDate","values":["2024-02-20T00:00:00.000"]}],"order":[]}
    "#]],
    );
    // It cannot answer this.
    check_with(
        "created_at:day total",
        [days()],
        expect![[r#"
        orders.created_at >= '2024-01-15T00:00:00.000' AND orders.created_at < '2024-02-20T00:00:00.000'
          {"measures":["orders.total"],"timeDimensions":[{"dimension":"orders.created_at","granularity":"day","dateRange":["2024-01-15T00:00:00.000","2024-02-19T23:59:59.999"]}],"order":[["orders.created_at","asc"]]}
    "#]],
    );
    check_with(
        "created_at:week total",
        [days()],
        expect![[r#"
        orders.created_at >= '2024-01-15T00:00:00.000' AND orders.created_at < '2024-02-20T00:00:00.000'
          {"measures":["orders.total"],"timeDimensions":[{"dimension":"orders.created_at","granularity":"week","dateRange":["2024-01-15T00:00:00.000","2024-02-19T23:59:59.999"]}],"order":[["orders.created_at","asc"]]}
    "#]],
    );
    check_with(
        "created_at:day total",
        [during("created_at", "2024-01-15T12:00:00", "2024-02-20")],
        expect![[r#"
        orders.created_at >= '2024-01-15T12:00:00.000' AND orders.created_at < '2024-02-20T00:00:00.000'
          {"measures":["orders.total"],"timeDimensions":[{"dimension":"orders.created_at","granularity":"day"}],"filters":[{"member":"orders.created_at","operator":"afterOrOnDate","values":["2024-01-15T12:00:00.000"]},{"member":"orders.created_at","operator":"beforeDate","values":["2024-02-20T00:00:00.000"]}],"order":[["orders.created_at","asc"]]}
    "#]],
    );
    // A rollup over what a time is a copy of.
    check_with(
        "total",
        [during("created_copy", "2024-01-15", "2024-02-20")],
        expect![[r#"
        orders.created_copy >= '2024-01-15T00:00:00.000' AND orders.created_copy < '2024-02-20T00:00:00.000'
          {"measures":["orders.total"],"filters":[{"member":"orders.created_copy","operator":"afterOrOnDate","values":["2024-01-15T00:00:00.000"]},{"member":"orders.created_copy","operator":"beforeDate","values":["2024-02-20T00:00:00.000"]}],"order":[]}
    "#]],
    );
}

#[test]
fn one_sided_and_several_ranges() {
    check_with(
        "total",
        [
            during("created_at", "2024-01-01", ""),
            during("created_at", "", "2024-01-01T12:30:00.123"),
            Filter::all([during("created_at", "2024-01-01", ""), during("created_at", "", "2025-01-01")]),
            Filter::all([year(), during("created_at", "2024-03-01", "2026-01-01"), eq("city", "Ulm")]),
            Filter::all([year(), during("created_at", "2025-01-01", "")]),
            Filter::all([year(), during("day", "2024-03-05", "2024-03-06")]),
            Filter::any([year(), during("day", "2024-03-05", "")]),
            not(year()),
        ],
        expect![[r#"
            orders.created_at >= '2024-01-01T00:00:00.000'
              {"measures":["orders.total"],"filters":[{"member":"orders.created_at","operator":"afterOrOnDate","values":["2024-01-01T00:00:00.000"]}],"order":[]}
            orders.created_at < '2024-01-01T12:30:00.123'
              {"measures":["orders.total"],"filters":[{"member":"orders.created_at","operator":"beforeDate","values":["2024-01-01T12:30:00.123"]}],"order":[]}
            orders.created_at >= '2024-01-01T00:00:00.000' AND orders.created_at < '2025-01-01T00:00:00.000'
              {"measures":["orders.total"],"timeDimensions":[{"dimension":"orders.created_at","dateRange":["2024-01-01T00:00:00.000","2024-12-31T23:59:59.999"]}],"order":[]}
            orders.created_at >= '2024-01-01T00:00:00.000' AND orders.created_at < '2025-01-01T00:00:00.000' AND orders.created_at >= '2024-03-01T00:00:00.000' AND orders.created_at < '2026-01-01T00:00:00.000' AND orders.city = 'Ulm'
              {"measures":["orders.total"],"timeDimensions":[{"dimension":"orders.created_at","dateRange":["2024-03-01T00:00:00.000","2024-12-31T23:59:59.999"]}],"filters":[{"member":"orders.city","operator":"equals","values":["Ulm"]}],"order":[]}
            orders.created_at >= '2024-01-01T00:00:00.000' AND orders.created_at < '2025-01-01T00:00:00.000' AND orders.created_at >= '2025-01-01T00:00:00.000'
              {"measures":["orders.total"],"filters":[{"member":"orders.id","operator":"set"},{"member":"orders.id","operator":"notSet"}],"order":[]}
            orders.created_at >= '2024-01-01T00:00:00.000' AND orders.created_at < '2025-01-01T00:00:00.000' AND orders.day >= '2024-03-05T00:00:00.000' AND orders.day < '2024-03-06T00:00:00.000'
              {"measures":["orders.total"],"timeDimensions":[{"dimension":"orders.created_at","dateRange":["2024-01-01T00:00:00.000","2024-12-31T23:59:59.999"]}],"filters":[{"member":"orders.day","operator":"afterOrOnDate","values":["2024-03-05T00:00:00.000"]},{"member":"orders.day","operator":"beforeDate","values":["2024-03-06T00:00:00.000"]}],"order":[]}
            orders.created_at >= '2024-01-01T00:00:00.000' AND orders.created_at < '2025-01-01T00:00:00.000' OR orders.day >= '2024-03-05T00:00:00.000'
              {"measures":["orders.total"],"filters":[{"or":[{"and":[{"member":"orders.created_at","operator":"afterOrOnDate","values":["2024-01-01T00:00:00.000"]},{"member":"orders.created_at","operator":"beforeDate","values":["2025-01-01T00:00:00.000"]}]},{"member":"orders.day","operator":"afterOrOnDate","values":["2024-03-05T00:00:00.000"]}]}],"order":[]}
            orders.created_at < '2024-01-01T00:00:00.000' OR orders.created_at >= '2025-01-01T00:00:00.000'
              {"measures":["orders.total"],"filters":[{"or":[{"member":"orders.created_at","operator":"beforeDate","values":["2024-01-01T00:00:00.000"]},{"member":"orders.created_at","operator":"afterOrOnDate","values":["2025-01-01T00:00:00.000"]}]}],"order":[]}
        "#]],
    );
}

#[test]
fn a_range_beside_another_time() {
    check_with(
        "day:month total",
        [year()],
        expect![[r#"
        orders.created_at >= '2024-01-01T00:00:00.000' AND orders.created_at < '2025-01-01T00:00:00.000'
          {"measures":["orders.total"],"timeDimensions":[{"dimension":"orders.day","granularity":"month"}],"filters":[{"member":"orders.created_at","operator":"afterOrOnDate","values":["2024-01-01T00:00:00.000"]},{"member":"orders.created_at","operator":"beforeDate","values":["2025-01-01T00:00:00.000"]}],"order":[["orders.day","asc"]]}
    "#]],
    );
    check_with(
        "created_at:month day:month total",
        [year()],
        expect![[r#"
        orders.created_at >= '2024-01-01T00:00:00.000' AND orders.created_at < '2025-01-01T00:00:00.000'
          {"measures":["orders.total"],"timeDimensions":[{"dimension":"orders.created_at","granularity":"month"},{"dimension":"orders.day","granularity":"month"}],"filters":[{"member":"orders.created_at","operator":"afterOrOnDate","values":["2024-01-01T00:00:00.000"]},{"member":"orders.created_at","operator":"beforeDate","values":["2025-01-01T00:00:00.000"]}],"order":[["orders.created_at","asc"],["orders.day","asc"]]}
    "#]],
    );
    check_with(
        "created_at:month created_at:day total",
        [year()],
        expect![[r#"
        orders.created_at >= '2024-01-01T00:00:00.000' AND orders.created_at < '2025-01-01T00:00:00.000'
          {"measures":["orders.total"],"timeDimensions":[{"dimension":"orders.created_at","granularity":"day","dateRange":["2024-01-01T00:00:00.000","2024-12-31T23:59:59.999"]},{"dimension":"orders.created_at","granularity":"month"}],"order":[["orders.created_at","asc"]]}
    "#]],
    );
}

fn in_zone(zone: Tz, outputs: &str, filter: Filter) -> SemanticQuery {
    SemanticQuery { zone, ..filtered(outputs, filter) }
}

#[test]
fn clocks_that_skip_and_repeat() {
    let berlin = |filter| in_zone(Tz::Europe__Berlin, "total", filter);
    check_queries(
        [
            berlin(year()),
            berlin(during("created_at", "2023-03-26T02:30:00", "2023-03-26T12:00:00")),
            berlin(during("created_at", "2023-10-29T02:30:00", "2023-10-29T12:00:00")),
            berlin(during("day", "2023-10-29T01:00:00", "2023-10-29T03:00:00")),
            berlin(Filter::any([during("created_at", "2023-10-29T02:30:00", ""), eq("city", "Ulm")])),
            in_zone(Tz::Europe__Berlin, "mean", during("created_at", "2023-10-29T02:30:00", "")),
            in_zone(
                Tz::Europe__Berlin,
                "created_at:day total",
                during("created_at", "2023-10-29T02:30:00", ""),
            ),
            in_zone(Tz::America__Havana, "total", during("day", "2023-11-04", "2023-11-05")),
            in_zone(Tz::America__Havana, "total", during("day", "2023-11-05", "2023-11-06")),
            in_zone(Tz::Africa__Cairo, "total", during("day", "2023-04-28", "2023-04-29")),
        ],
        expect![[r#"
            [orders.total] by [] where orders.created_at >= '2024-01-01T00:00:00.000' AND orders.created_at < '2025-01-01T00:00:00.000' in Europe/Berlin
              {"measures":["orders.total"],"timeDimensions":[{"dimension":"orders.created_at","dateRange":["2024-01-01T00:00:00.000","2024-12-31T23:59:59.999"]}],"order":[],"timezone":"Europe/Berlin"}
            [orders.total] by [] where orders.created_at >= '2023-03-26T02:30:00.000' AND orders.created_at < '2023-03-26T12:00:00.000' in Europe/Berlin
              {"measures":["orders.total"],"filters":[{"member":"orders.created_at","operator":"afterOrOnDate","values":["2023-03-26T03:00:00.000"]},{"member":"orders.created_at","operator":"beforeDate","values":["2023-03-26T12:00:00.000"]}],"order":[],"timezone":"Europe/Berlin"}
            [orders.total] by [] where orders.created_at >= '2023-10-29T02:30:00.000' AND orders.created_at < '2023-10-29T12:00:00.000' in Europe/Berlin
              {"measures":["orders.total"],"dimensions":["orders.created_at"],"filters":[{"member":"orders.created_at","operator":"afterOrOnDate","values":["2023-10-28T02:30:00.000"]},{"member":"orders.created_at","operator":"beforeDate","values":["2023-10-30T12:00:00.000"]}],"order":[["orders.created_at","asc"]],"timezone":"Europe/Berlin"}
              then filter orders.created_at >= '2023-10-29T02:30:00.000' AND orders.created_at < '2023-10-29T12:00:00.000', regroup over [orders.total, orders.created_at]
            [orders.total] by [] where orders.day >= '2023-10-29T01:00:00.000' AND orders.day < '2023-10-29T03:00:00.000' in Europe/Berlin
              {"measures":["orders.total"],"filters":[{"member":"orders.day","operator":"afterOrOnDate","values":["2023-10-29T01:00:00.000"]},{"member":"orders.day","operator":"beforeDate","values":["2023-10-29T03:00:00.000"]}],"order":[],"timezone":"Europe/Berlin"}
            [orders.total] by [] where orders.created_at >= '2023-10-29T02:30:00.000' OR orders.city = 'Ulm' in Europe/Berlin
              {"measures":["orders.total"],"dimensions":["orders.created_at","orders.city"],"order":[["orders.created_at","asc"],["orders.city","asc"]],"timezone":"Europe/Berlin"}
              then filter orders.created_at >= '2023-10-29T02:30:00.000' OR orders.city = 'Ulm', regroup over [orders.total, orders.created_at, orders.city]
            [orders.mean] by [] where orders.created_at >= '2023-10-29T02:30:00.000' in Europe/Berlin
              refused: `orders.created_at >= '2023-10-29T02:30:00.000'` can only be tested on rows grouped by `orders.created_at` too, and avg measure `orders.mean` does not add up from those
            [orders.total] by [orders.created_at.day] where orders.created_at >= '2023-10-29T02:30:00.000' in Europe/Berlin
              refused: `orders.created_at >= '2023-10-29T02:30:00.000'` can only be tested on `orders.created_at` as stored, which Cube's API does not give beside its bins
            [orders.total] by [] where orders.day >= '2023-11-04T00:00:00.000' AND orders.day < '2023-11-05T00:00:00.000' in America/Havana
              {"measures":["orders.total"],"timeDimensions":[{"dimension":"orders.day","dateRange":["2023-11-04T00:00:00.000","2023-11-04T23:59:59.999"]}],"order":[],"timezone":"America/Havana"}
            [orders.total] by [] where orders.day >= '2023-11-05T00:00:00.000' AND orders.day < '2023-11-06T00:00:00.000' in America/Havana
              {"measures":["orders.total"],"dimensions":["orders.day"],"filters":[{"member":"orders.day","operator":"afterOrOnDate","values":["2023-11-04T00:00:00.000"]},{"member":"orders.day","operator":"beforeDate","values":["2023-11-07T00:00:00.000"]}],"order":[["orders.day","asc"]],"timezone":"America/Havana"}
              then filter orders.day >= '2023-11-05T00:00:00.000' AND orders.day < '2023-11-06T00:00:00.000', regroup over [orders.total, orders.day]
            [orders.total] by [] where orders.day >= '2023-04-28T00:00:00.000' AND orders.day < '2023-04-29T00:00:00.000' in Africa/Cairo
              {"measures":["orders.total"],"filters":[{"member":"orders.day","operator":"afterOrOnDate","values":["2023-04-28T01:00:00.000"]},{"member":"orders.day","operator":"beforeDate","values":["2023-04-29T00:00:00.000"]}],"order":[],"timezone":"Africa/Cairo"}
        "#]],
    );
}

#[test]
fn a_time_that_a_rollup_keeps_is_compared_in_utc_by_old_cubes() {
    let paid = || during("paid_at", "2024-01-01T10:00:00", "");
    check_queries(
        [
            filtered("total", paid()),
            in_zone(Tz::Europe__Berlin, "total", paid()),
            in_zone(Tz::Europe__Berlin, "mean", paid()),
            in_zone(Tz::Europe__Berlin, "total", during("paid_at", "2024-01-01", "2024-01-02")),
        ],
        expect![[r#"
            [orders.total] by [] where orders.paid_at >= '2024-01-01T10:00:00.000' in UTC
              {"measures":["orders.total"],"filters":[{"member":"orders.paid_at","operator":"afterOrOnDate","values":["2024-01-01T10:00:00.000"]}],"order":[]}
            [orders.total] by [] where orders.paid_at >= '2024-01-01T10:00:00.000' in Europe/Berlin
              {"measures":["orders.total"],"dimensions":["orders.paid_at"],"filters":[{"member":"orders.paid_at","operator":"afterOrOnDate","values":["2023-12-31T10:00:00.000"]}],"order":[["orders.paid_at","asc"]],"timezone":"Europe/Berlin"}
              then filter orders.paid_at >= '2024-01-01T10:00:00.000', regroup over [orders.total, orders.paid_at]
            [orders.mean] by [] where orders.paid_at >= '2024-01-01T10:00:00.000' in Europe/Berlin
              refused: `orders.paid_at >= '2024-01-01T10:00:00.000'` can only be tested on rows grouped by `orders.paid_at` too, and avg measure `orders.mean` does not add up from those
            [orders.total] by [] where orders.paid_at >= '2024-01-01T00:00:00.000' AND orders.paid_at < '2024-01-02T00:00:00.000' in Europe/Berlin
              {"measures":["orders.total"],"timeDimensions":[{"dimension":"orders.paid_at","dateRange":["2024-01-01T00:00:00.000","2024-01-01T23:59:59.999"]}],"order":[],"timezone":"Europe/Berlin"}
        "#]],
    );
}

#[test]
fn the_calendar_ends() {
    let at = |from, to| filtered("total", Filter::During { member: crate::build::member("day"), from, to });
    check_queries(
        [
            filtered("total", during("day", "0001-01-01", "9999-12-31")),
            at(Some(i64::MIN), Some(0)),
            at(None, Some(i64::MAX)),
            at(Some(253_402_300_800_000), None),
        ],
        expect![[r#"
            [orders.total] by [] where orders.day >= '0001-01-01T00:00:00.000' AND orders.day < '9999-12-31T00:00:00.000' in UTC
              {"measures":["orders.total"],"timeDimensions":[{"dimension":"orders.day","dateRange":["0001-01-01T00:00:00.000","9999-12-30T23:59:59.999"]}],"order":[]}
            [orders.total] by [] where orders.day >= '-9223372036854775808' AND orders.day < '1970-01-01T00:00:00.000' in UTC
              refused: a bound of `orders.day >= '-9223372036854775808' AND orders.day < '1970-01-01T00:00:00.000'` is outside the years 1 to 9999
            [orders.total] by [] where orders.day < '9223372036854775807' in UTC
              refused: a bound of `orders.day < '9223372036854775807'` is outside the years 1 to 9999
            [orders.total] by [] where orders.day >= '+10000-01-01T00:00:00.000' in UTC
              refused: a bound of `orders.day >= '+10000-01-01T00:00:00.000'` is outside the years 1 to 9999
        "#]],
    );
}

#[test]
fn a_stored_time_beside_its_bins_is_refused() {
    check_with(
        "created_at created_at:day total",
        [Filter::always()],
        expect![[r#"
        true
          refused: `orders.created_at` is asked for as stored and cut to bins at once: ask for one of them
    "#]],
    );
}
