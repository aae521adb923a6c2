//! Answers as texts, and what becomes of them.

mod random;
mod values;

use arrow_array::RecordBatch;
use arrow_cast::display::{ArrayFormatter, FormatOptions};
use arrow_schema::{DataType, Field, Schema, TimeUnit};
use expect_test::{Expect, expect};
use semantic::{Granularity, MemberName, Output};
use std::sync::Arc;

use super::{Asked, Layout, Page};
use crate::error::Result;

const TIMESTAMP: DataType = DataType::Timestamp(TimeUnit::Microsecond, None);

fn member(name: &str) -> MemberName {
    MemberName::new("orders", name)
}

/// `orders.status` text, `orders.created_at.day`, `orders.count` never NULL, `orders.total` of the given type.
fn layout(total: DataType) -> Layout {
    let columns = [
        Output::Dimension(member("status")),
        Output::Time(member("created_at"), Granularity::Day),
        Output::Measure(member("count")),
        Output::Measure(member("total")),
    ];
    let fields = vec![
        Field::new("status", DataType::Utf8, true),
        Field::new("created_at.day", TIMESTAMP, true),
        Field::new("count", DataType::Int64, false),
        Field::new("total", total, true),
    ];
    Layout::new(&columns, Arc::new(Schema::new(fields))).unwrap()
}

fn asked() -> Asked {
    Asked { limit: 50_000, offset: 0, timezone: "UTC".to_owned() }
}

fn decode(body: &str, layout: &Layout) -> Result<Vec<RecordBatch>> {
    let mut page = Page::open(body.to_owned(), asked(), layout)?;
    let mut batches = Vec::new();
    while let Some(batch) = page.next_batch(layout, 0)? {
        batches.push(batch);
    }
    Ok(batches)
}

fn show(batch: &RecordBatch) -> Vec<String> {
    let options = FormatOptions::new().with_null("NULL");
    let columns: Vec<_> =
        batch.columns().iter().map(|column| ArrayFormatter::try_new(column, &options).unwrap()).collect();
    (0..batch.num_rows())
        .map(|row| columns.iter().map(|column| column.value(row).to_string()).collect::<Vec<_>>().join(" | "))
        .collect()
}

fn outcome(body: &str, layout: &Layout) -> String {
    match decode(body, layout) {
        Ok(batches) => batches.iter().flat_map(show).collect::<Vec<_>>().join("\n"),
        Err(error) => error.to_string(),
    }
}

fn body(members: &str, rows: &str) -> String {
    format!(
        r#"{{"query":{{"limit":50000}},"data":{{"members":[{members}],"dataset":[{rows}]}},"total":null}}"#
    )
}

const MEMBERS: &str =
    r#""orders.status","orders.created_at.day","orders.count","orders.total","orders.created_at""#;

fn check_rows(rows: &str, expect: Expect) {
    expect.assert_eq(&outcome(&body(MEMBERS, rows), &layout(DataType::Float64)));
}

#[test]
fn rows_in_the_order_of_the_schema() {
    check_rows(
        r#"["new","2024-01-01T00:00:00.000","3","1.50","2024-01-01T00:00:00.000"],
           [null,null,null,null,null], [ "a\"\u00fc\\" , null , 7 , -0.0 , "ignored" ]"#,
        expect![[r#"
            new | 2024-01-01T00:00:00 | 3 | 1.5
            NULL | NULL | 0 | NULL
            a"ü\ | NULL | 7 | -0.0"#]],
    );
    let other_order =
        r#""orders.total","orders.created_at","orders.count","orders.status","orders.created_at.day""#;
    expect!["new | 2024-01-01T00:00:00 | 3 | 1.5"].assert_eq(&outcome(
        &body(other_order, r#"[1.5,"x",3,"new","2024-01-01"]"#),
        &layout(DataType::Float64),
    ));
}

#[test]
fn rows_before_their_names() {
    let layout = layout(DataType::Float64);
    let row = r#"["new",null,"3","1.50",null]"#;
    let body = |rest: &str| format!(r#"{{"data":{{"dataset":[{row},{row}],"members":[{MEMBERS}]}}{rest}"#);
    expect![[r#"
        new | NULL | 3 | 1.5
        new | NULL | 3 | 1.5"#]]
    .assert_eq(&outcome(&body(r#","query":{"limit":50000}}"#), &layout));
    for rest in ["", "}}", r#","query":{"limit":1}}"#, r#","error":"late"}"#] {
        assert!(decode(&body(rest), &layout).is_err(), "{rest}");
    }
}

#[test]
fn no_rows() {
    check_rows("", expect![""]);
    // Cube does not know its members when the source sent no row.
    expect![""].assert_eq(&outcome(&body("", ""), &layout(DataType::Utf8)));
}

#[test]
fn members_are_those_that_were_asked_for() {
    for (members, expect) in [
        (
            r#""orders.status","orders.count","orders.total""#,
            expect!["Cube's API answered without column `orders.created_at.day`"],
        ),
        (
            r#""orders.status","orders.created_at.day","orders.count","orders.total","orders.city""#,
            expect!["Cube's API answered with an unexpected column `orders.city`"],
        ),
        (
            r#""orders.status","orders.created_at.month","orders.count","orders.total""#,
            expect!["Cube's API answered with an unexpected column `orders.created_at.month`"],
        ),
        (
            r#""orders.status","orders.created_at.day","orders.count","orders.total","orders.count""#,
            expect!["Cube's API answered with an unexpected column `orders.count`"],
        ),
        ("", expect!["Cube's API answered without column `orders.status`"]),
        ("1", expect!["Cube's API sent a malformed answer: its `members` are no list of texts"]),
    ] {
        expect.assert_eq(&outcome(&body(members, "[1]"), &layout(DataType::Utf8)));
    }
}

#[test]
fn an_error_names_the_place_and_not_the_value() {
    check_rows(
        r#"["a",null,1,"5",null],["b",null,1,"secret",null]"#,
        expect!["row 1 of column `total` does not fit Float64: it cannot be read as one"],
    );
    let columns = [Output::Dimension(member("status"))];
    let schema = Schema::new(vec![Field::new("status", DataType::Utf8, false)]);
    let never_null = Layout::new(&columns, Arc::new(schema)).unwrap();
    expect!["row 1 of column `status` does not fit Utf8: it is NULL"]
        .assert_eq(&outcome(&body(r#""orders.status""#, r#"["a"],[null]"#), &never_null));
}

#[test]
fn broken_answers() {
    let layout = layout(DataType::Float64);
    let row = r#"["new",null,"3","1.50",null]"#;
    let whole = body(MEMBERS, row);
    assert_eq!(decode(&whole, &layout).unwrap()[0].num_rows(), 1);
    for (text, expect) in [
        ("", expect!["Cube's API sent a malformed answer: it is no JSON object"]),
        (
            "<html><body>Bad Gateway</body></html>",
            expect!["Cube's API sent a malformed answer: it is no JSON object"],
        ),
        ("{}", expect!["Cube's API sent a malformed answer: it has neither `data` nor `error`"]),
        ("[]", expect!["Cube's API sent a malformed answer: it is no JSON object"]),
        (r#"{"error":"Something else"}"#, expect!["Cube refused the query: Something else"]),
        (
            r#"{"data":[{"orders.count":"1"}]}"#,
            expect!["Cube's API sent a malformed answer: its `data` is not in the compact format"],
        ),
        (
            r#"{"data":{"members":[]}}"#,
            expect!["Cube's API sent a malformed answer: its `data` has no `dataset`"],
        ),
        (
            r#"{"data":{"dataset":[]}}"#,
            expect!["Cube's API sent a malformed answer: its `data` has no `members`"],
        ),
        (
            r#"{"data":{"members":[],"dataset":[],"dataset":[]}}"#,
            expect!["Cube's API sent a malformed answer: its `data` has two `dataset`s"],
        ),
        (
            r#"{"data":{"members":[],"dataset":{}}}"#,
            expect!["Cube's API sent a malformed answer: its `dataset` is no list"],
        ),
        (
            r#"{"data":{"members":[],"dataset":[]}} {}"#,
            expect!["Cube's API sent a malformed answer: something follows the answer"],
        ),
        (
            r#"{"data":{"members":[],"dataset":[]},"data":{}}"#,
            expect!["Cube's API sent a malformed answer: it has `data` twice"],
        ),
        (r#"{"data":{"members":[],"dataset":[]},"error":"late"}"#, expect!["Cube refused the query: late"]),
        (
            r#"{"query":{"limit":100},"data":{"members":[],"dataset":[]}}"#,
            expect![
                "Cube answered with limit 100 where 50000 was asked for: its queryRewrite must leave that alone"
            ],
        ),
        (
            r#"{"query":{"rowLimit":100},"data":{"members":[],"dataset":[]}}"#,
            expect![
                "Cube answered with limit 100 where 50000 was asked for: its queryRewrite must leave that alone"
            ],
        ),
        (
            r#"{"query":{"timezone":"Asia/Tokyo"},"data":{"members":[],"dataset":[]}}"#,
            expect![
                "Cube answered with timezone Asia/Tokyo where UTC was asked for: its queryRewrite must leave that alone"
            ],
        ),
        (
            r#"{"query":{"offset":7},"data":{"members":[],"dataset":[]}}"#,
            expect![
                "Cube answered with offset 7 where 0 was asked for: its queryRewrite must leave that alone"
            ],
        ),
    ] {
        expect.assert_eq(&outcome(text, &layout));
    }
    for rows in [
        r#"["new",null,"3","1.50"]"#,
        r#"["new",null,"3","1.50",null,null]"#,
        r#"["new",null,"3","1.50",null,]"#,
        r#"["new" null,"3","1.50",null]"#,
        r#"["new",null,"3","1.50",null] ["new",null,"3","1.50",null]"#,
        r#"["new",null,"3","1.50",null],"#,
        r#"{"orders.status":"new"}"#,
        "null",
        r#"["new",null,"3",01,null]"#,
        r#"["new",null,"3",1.,null]"#,
        r#"["new",null,"3",-,null]"#,
        r#"["new",null,"3",+1,null]"#,
        r#"["new",null,"3",nul,null]"#,
        "[\"a\nb\",null,\"3\",1,null]",
    ] {
        let error = decode(&body(MEMBERS, rows), &layout).unwrap_err();
        assert_eq!(error.kind(), crate::ErrorKind::Malformed, "{rows}: {error}");
    }
}

#[test]
fn an_answer_cut_anywhere_is_no_answer() {
    let layout = layout(DataType::Float64);
    let whole = body(MEMBERS, r#"["nü",null,"3","1.50",null],["\n",null,"4",2,null]"#);
    for (end, _) in whole.char_indices() {
        assert!(decode(&whole[..end], &layout).is_err(), "{}", &whole[..end]);
    }
}

#[test]
fn batches_are_bounded() {
    let rows = vec![r#"["new",null,"3","1.50",null]"#; 20_000].join(",");
    let batches = decode(&body(MEMBERS, &rows), &layout(DataType::Float64)).unwrap();
    let sizes: Vec<_> = batches.iter().map(RecordBatch::num_rows).collect();
    assert_eq!(sizes, [8192, 8192, 3616]);
}

#[test]
fn more_rows_than_asked_for() {
    let layout = layout(DataType::Float64);
    let rows = [r#"["new",null,"3","1.50",null]"#; 3].join(",");
    let asked = Asked { limit: 2, ..asked() };
    let mut page = Page::open(body(MEMBERS, &rows).replace("50000", "2"), asked, &layout).unwrap();
    expect!["Cube answered more than the 2 rows of `row_page_size` that were asked for"]
        .assert_eq(&page.next_batch(&layout, 0).unwrap_err().to_string());
}
