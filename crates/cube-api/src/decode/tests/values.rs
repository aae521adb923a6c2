//! Values of each type.

use arrow_schema::DataType;
use expect_test::{Expect, expect};

use super::{TIMESTAMP, body, layout, outcome};

/// What becomes of each value of a column of `total`'s type.
fn check_values(total: DataType, values: &[&str], expect: Expect) {
    let layout = layout(total);
    let shown = values.iter().map(|value| {
        let members = r#""orders.total","orders.status","orders.count","orders.created_at.day""#;
        let shown = outcome(&body(members, &format!("[{value},null,1,null]")), &layout);
        format!("{value} -> {}\n", shown.trim_start_matches("NULL | NULL | 1 | "))
    });
    expect.assert_eq(&shown.collect::<String>());
}

#[test]
fn truth_values() {
    check_values(
        DataType::Boolean,
        &[
            "true",
            "false",
            r#""true""#,
            r#""false""#,
            "1",
            "0",
            r#""1""#,
            r#""0""#,
            "2",
            r#""t""#,
            r#""""#,
            "null",
        ],
        expect![[r#"
            true -> true
            false -> false
            "true" -> true
            "false" -> false
            1 -> true
            0 -> false
            "1" -> true
            "0" -> false
            2 -> row 0 of column `total` does not fit Boolean: it cannot be read as one
            "t" -> row 0 of column `total` does not fit Boolean: it cannot be read as one
            "" -> row 0 of column `total` does not fit Boolean: it cannot be read as one
            null -> NULL
        "#]],
    );
}

#[test]
fn whole_numbers() {
    check_values(
        DataType::Int64,
        &[
            r#""40000""#,
            "5156",
            r#""9223372036854775807""#,
            "9223372036854775807",
            r#""9223372036854775808""#,
            r#""7.000""#,
            "7.5",
            "1e3",
            "true",
            r#""NaN""#,
            "null",
        ],
        expect![[r#"
            "40000" -> 40000
            5156 -> 5156
            "9223372036854775807" -> 9223372036854775807
            9223372036854775807 -> row 0 of column `total` does not fit Int64: it was sent as a JSON number with more digits than those keep; cast it to text in the data model
            "9223372036854775808" -> row 0 of column `total` does not fit Int64: it is out of range
            "7.000" -> 7
            7.5 -> row 0 of column `total` does not fit Int64: it is finer than the type; declare a finer one in `meta.arrow_type` or under `[types]`
            1e3 -> 1000
            true -> row 0 of column `total` does not fit Int64: it cannot be read as one
            "NaN" -> row 0 of column `total` does not fit Int64: it cannot be read as one
            null -> NULL
        "#]],
    );
}

#[test]
fn fractions() {
    check_values(
        DataType::Float64,
        &[
            r#""12.5158565000000000""#,
            "0.1",
            r#""9007199254740993""#,
            "9007199254740993",
            r#""NaN""#,
            "false",
        ],
        expect![[r#"
            "12.5158565000000000" -> 12.5158565
            0.1 -> 0.1
            "9007199254740993" -> row 0 of column `total` does not fit Float64: it would lose digits; declare `int64` or `decimal(p,s)` in `meta.arrow_type` or under `[types]`
            9007199254740993 -> row 0 of column `total` does not fit Float64: it would lose digits; declare `int64` or `decimal(p,s)` in `meta.arrow_type` or under `[types]`
            "NaN" -> NaN
            false -> row 0 of column `total` does not fit Float64: it cannot be read as one
        "#]],
    );
    check_values(
        DataType::Decimal128(15, 4),
        &[
            r#""12.5158000000000000""#,
            r#""12.51585""#,
            "12.5",
            r#""100000000000.0""#,
            "0.12345678901234567",
            "null",
        ],
        expect![[r#"
            "12.5158000000000000" -> 12.5158
            "12.51585" -> row 0 of column `total` does not fit Decimal128(15, 4): it is finer than the type; declare a finer one in `meta.arrow_type` or under `[types]`
            12.5 -> 12.5000
            "100000000000.0" -> row 0 of column `total` does not fit Decimal128(15, 4): it is out of range
            0.12345678901234567 -> row 0 of column `total` does not fit Decimal128(15, 4): it was sent as a JSON number with more digits than those keep; cast it to text in the data model
            null -> NULL
        "#]],
    );
}

#[test]
fn texts() {
    check_values(
        DataType::Utf8,
        &[
            r#""""#,
            r#""\ud83d\udeb2\n""#,
            "3",
            "1.50",
            "true",
            "null",
            "[1]",
            r#"{"a":1}"#,
            r#""\ud83d""#,
            r#""\x""#,
        ],
        expect![[r#"
            "" -> 
            "\ud83d\udeb2\n" -> 🚲

            3 -> 3
            1.50 -> 1.50
            true -> true
            null -> NULL
            [1] -> Cube's API sent a malformed answer: a value of a row is an array or an object
            {"a":1} -> Cube's API sent a malformed answer: a value of a row is an array or an object
            "\ud83d" -> Cube's API sent a malformed answer: a text has a wrong escape
            "\x" -> Cube's API sent a malformed answer: a text has a wrong escape
        "#]],
    );
}

#[test]
fn times() {
    check_values(
        TIMESTAMP,
        &[
            r#""2024-12-30T23:55:58.000""#,
            r#""2024-12-30T23:55:58Z""#,
            r#""Invalid date""#,
            "1735602958",
            "null",
        ],
        expect![[r#"
            "2024-12-30T23:55:58.000" -> 2024-12-30T23:55:58
            "2024-12-30T23:55:58Z" -> 2024-12-30T23:55:58
            "Invalid date" -> row 0 of column `total` does not fit Timestamp(µs): it cannot be read as one
            1735602958 -> row 0 of column `total` does not fit Timestamp(µs): it cannot be read as one
            null -> NULL
        "#]],
    );
    check_values(
        DataType::Date32,
        &[r#""2024-12-30T00:00:00.000""#, r#""2024-12-30""#, r#""2024-12-30T23:55:58.000""#],
        expect![[r#"
            "2024-12-30T00:00:00.000" -> 2024-12-30
            "2024-12-30" -> 2024-12-30
            "2024-12-30T23:55:58.000" -> row 0 of column `total` does not fit Date32: it has a time of day; declare `timestamp` in `meta.arrow_type` or under `[types]`
        "#]],
    );
}
