//! What is read, and what is refused in which words.

use chrono::NaiveDate;
use expect_test::{Expect, expect};
use serde_json::{Value, json};

use super::{AskedQuery, Defaults};

fn read(query: &Value) -> Result<AskedQuery, String> {
    let now = NaiveDate::from_ymd_opt(2024, 5, 15).unwrap().and_hms_opt(23, 30, 0).unwrap();
    AskedQuery::read(query, Defaults { zone: chrono_tz::UTC, now }).map_err(|error| error.to_string())
}

fn range(range: Value, zone: &str) -> String {
    let query = json!({"timeDimensions": [{"dimension": "o.t", "dateRange": range}], "timezone": zone});
    match read(&query) {
        Ok(query) => query.times[0].range.clone().unwrap().join(" .. "),
        Err(error) => error,
    }
}

#[test]
fn ranges() {
    for (words, expected) in [
        ("today", "2024-05-15T00:00:00.000 .. 2024-05-15T23:59:59.999"),
        ("Yesterday", "2024-05-14T00:00:00.000 .. 2024-05-14T23:59:59.999"),
        ("this week", "2024-05-13T00:00:00.000 .. 2024-05-19T23:59:59.999"),
        ("last quarter", "2024-01-01T00:00:00.000 .. 2024-03-31T23:59:59.999"),
        ("next year", "2025-01-01T00:00:00.000 .. 2025-12-31T23:59:59.999"),
        ("last 7 days", "2024-05-08T00:00:00.000 .. 2024-05-14T23:59:59.999"),
        ("last 2 months", "2024-03-01T00:00:00.000 .. 2024-04-30T23:59:59.999"),
        ("next 3 weeks", "2024-05-20T00:00:00.000 .. 2024-06-09T23:59:59.999"),
        ("from 2 days ago to now", "2024-05-13T00:00:00.000 .. 2024-05-15T23:59:59.999"),
        ("2024-02-01", "2024-02-01T00:00:00.000 .. 2024-02-01T23:59:59.999"),
        ("garbage", "`garbage` is no date and no range such as `last 7 days`"),
        (
            "last 99999999999999 days",
            "`last 99999999999999 days` is no date and no range such as `last 7 days`",
        ),
    ] {
        assert_eq!(range(words.into(), "UTC"), expected, "{words}");
    }
    assert_eq!(range("today".into(), "Asia/Tokyo"), "2024-05-16T00:00:00.000 .. 2024-05-16T23:59:59.999");
    assert_eq!(range(json!(["2024-02-01"]), "UTC"), "2024-02-01T00:00:00.000 .. 2024-02-01T23:59:59.999");
    assert_eq!(
        range(json!(["2024-02-01", "2024-02-03T12:00:00"]), "UTC"),
        "2024-02-01T00:00:00.000 .. 2024-02-03T12:00:00.000"
    );
    assert_eq!(range(json!([1]), "UTC"), "`[1]` is no date and no range such as `last 7 days`");
}

#[test]
fn spellings_that_mean_the_same() {
    let long = read(&json!({
        "measures": ["o.n"], "order": [["o.n", "desc"]], "limit": 5,
        "timeDimensions": [{"dimension": "o.t", "granularity": "day"}],
        "filters": [{"member": "o.s", "operator": "equals", "values": ["1", "true", null]}],
    }));
    let short = read(&json!({
        "measures": ["o.n"], "order": {"o.n": "desc"}, "rowLimit": 5, "total": true, "dimensions": ["o.t.day"],
        "filters": [{"dimension": "o.s", "operator": "equals", "values": [1, true, null]}],
    }));
    assert!(long.is_ok());
    assert_eq!(long, short);
}

fn refused(query: Value, expect: Expect) {
    expect.assert_eq(&read(&query).unwrap_err());
}

#[test]
fn what_cannot_be_read_is_named() {
    refused(json!([]), expect!["a query is a JSON object"]);
    refused(json!({"foo": 1}), expect!["`foo` is no key of a query"]);
    refused(json!({"measures": "o.n"}), expect![[r#"`measures` is a list, not "o.n""#]]);
    refused(json!({"measures": ["o"]}), expect!["`o` is not a member name; write `cube.member`"]);
    refused(
        json!({"timezone": "Mars"}),
        expect!["`Mars` is no time zone; write an IANA name such as Europe/Berlin"],
    );
    refused(json!({"limit": -1}), expect!["`limit` is a whole number, not -1"]);
    refused(
        json!({"order": [["o.n", "up"]]}),
        expect![[r#"`order` is pairs of a member and `asc` or `desc`, not "up""#]],
    );
    refused(
        json!({"timeDimensions": [{"dimension": "o.t", "compareDateRange": ["today", "yesterday"]}]}),
        expect!["`compareDateRange` asks several questions at once; ask them one by one"],
    );
    refused(
        json!({"filters": [{"and": [], "or": []}]}),
        expect!["`filters.or` beside `and` is no key of a query"],
    );
    refused(json!({"filters": [{"member": "o.s"}]}), expect!["`operator` is a text, not null"]);
    refused(json!({"subqueryJoins": [{}]}), expect!["`subqueryJoins` is written by Cube's own SQL API only"]);
    refused(json!({"joinHints": ["a"]}), expect![[r#"`joinHints` is a list of lists of cubes, not "a""#]]);
}
