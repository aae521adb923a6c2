//! Answers that cannot be used, and why.

use expect_test::expect;
use semantic::granularity::parse_iso;

use super::{PARTITIONS, SQL_BERLIN, SQL_UTC, check, found, rows, version};
use crate::tables::{Catalog, Tables, described};

#[test]
fn a_build_range_that_only_the_source_knows_must_be_given() {
    let sql = SQL_UTC.replace("SELECT DATE '2024-12-31'", "SELECT MAX(created_at) FROM orders");
    expect!["`orders.main`: its build range is not known here; take it from the list of its partitions"]
        .assert_eq(&found(&sql, rows()).unwrap_err().to_string());
    let range = ["2024-03-05", "2024-04-01"].map(|day| parse_iso(day).unwrap());
    let given = described(&sql).unwrap()[0].built(Some(range.into()), &Catalog::new(rows())).unwrap();
    check(
        &[given],
        expect![[r#"
        orders.main UTC Some(("2024-03-05T00:00:00.000", "2024-04-01T00:00:00.000"))
        2024-03-01T00:00:00.000 prod_pre_aggregations.orders_main20240301_n3oun5sy_f2fzm33x_1lg090p 2024-03-31T23:59:59.999
        2024-04-01T00:00:00.000 prod_pre_aggregations.orders_main20240401_v50p1jsm_2qd22fsf_1lg090o 2024-04-30T23:59:59.999
    "#]],
    );
}

#[test]
fn what_is_not_understood_is_named() {
    let cases = [
        (
            "\"month\"",
            "\"fortnight\"",
            expect!["`orders.main`: the partition granularity `fortnight` is not understood"],
        ),
        (
            "ss.SSS[Z]",
            "ss",
            expect!["`orders.main`: the format of moments `YYYY-MM-DD[T]HH:mm:ss` is not understood"],
        ),
        (
            "\"timestampPrecision\": 3",
            "\"timestampPrecision\": 6",
            expect!["`orders.main`: the format of moments `YYYY-MM-DD[T]HH:mm:ss.SSS[Z]` is not understood"],
        ),
        ("\"orders.main\"", "\"main\"", expect!["`main`: the name `main` is not understood"]),
        ("\"UTC\"", "\"Mars\"", expect!["the answer is not what Cube's API gives"]),
        (
            "DATE '2023",
            "DATE '1023",
            expect!["`orders.main`: its build range has more than 10000 partitions"],
        ),
        ("\"month\"", "\"minute\"", expect!["`orders.main`: its build range has more than 10000 partitions"]),
        (
            "2023-01-01",
            "today",
            expect![
                "`orders.main`: its build range is not known here; take it from the list of its partitions"
            ],
        ),
    ];
    for (from, to, expect) in cases {
        assert!(SQL_UTC.contains(from), "{from}");
        let told = found(&SQL_UTC.replace(from, to), rows());
        expect.assert_eq(&told.map_or_else(|error| error.to_string(), |built| built.len().to_string()));
    }
    let cases = [
        (
            "\"errors\": []",
            "\"errors\": [\"no source\"]",
            expect![[r#"`orders.main`: Cube lists no partitions: "no source""#]],
        ),
        (
            "\"prod_pre_aggregations.orders_main20230101\"",
            "\"prod; DROP orders_main20230101\"",
            expect![
                "`orders.main`: the table name `prod; DROP orders_main20230101_vsywoh0s_xebzrffz_1lg090v` is not understood"
            ],
        ),
        (
            "2023-02-01T00:00:00.000",
            "2023-01-31",
            expect!["`orders.main`: the start of a partition `2023-01-31` is not understood"],
        ),
        ("\"month\"", "5", expect!["the answer is not what Cube's API gives"]),
        (
            "2023-02-28T23:59:59.999Z",
            "soon",
            expect!["`orders.main`: the end of a build `soon` is not understood"],
        ),
    ];
    for (from, to, expect) in cases {
        assert!(PARTITIONS.contains(from), "{from}");
        let told = Tables::from_partitions(&version(), &PARTITIONS.replace(from, to));
        expect.assert_eq(&told.map_or_else(|error| error.to_string(), |tables| tables.version()));
    }
}

#[test]
fn a_clock_that_is_set_back_shows_an_hour_twice() {
    let sql = SQL_BERLIN.replace("\"month\"", "\"hour\"");
    let day = ["2023-10-29T02:00", "2023-10-29T04:00"].map(|at| parse_iso(&format!("{at}:00.000")).unwrap());
    let told = described(&sql).unwrap()[0].built(Some(day.into()), &Catalog::default()).unwrap_err();
    expect!["`orders.main`: the clock of its zone does not show 2023-10-29T02:00:00.000 once"]
        .assert_eq(&told.to_string());
}
