//! Values that are hard to write, sent instead of written. What is right comes from no engine.

use std::{collections::BTreeSet, sync::Arc};

use arrow::{
    array::{ArrayRef, Float64Array, Int64Array, RecordBatch, StringArray},
    compute::cast,
    datatypes::{DataType, TimeUnit},
};

use super::{
    operator::{Kind, Op, Predicate},
    opinion,
    roads::Roads,
    third::Things,
};
use crate::harness::{Client, said};

/// Operators, as SQL writes them.
type Operators = &'static [(Op, &'static str)];

/// What is tested, and its column.
const TESTED: &[(Kind, &str, Operators)] = &[
    (
        Kind::Text,
        "txt",
        &[(Op::Equals, "="), (Op::Ne, "<>"), (Op::Like, "LIKE"), (Op::NotILike, "NOT ILIKE")],
    ),
    (Kind::Int, "n", &[(Op::Equals, "="), (Op::Ge, ">=")]),
    (Kind::Float, "f", &[(Op::Ne, "<>"), (Op::Lt, "<")]),
    (Kind::Decimal, "d2", &[(Op::Equals, "="), (Op::Gt, ">")]),
    (Kind::Timestamp, "t", &[(Op::Equals, "="), (Op::Le, "<=")]),
    (Kind::Date, "day", &[(Op::Equals, "="), (Op::Lt, "<")]),
];

#[tokio::test(flavor = "multi_thread")]
async fn parameters_mean_what_literals_mean() {
    let mut roads = Roads::start("UTC").await;
    let stack = &roads.stacks.arrow;
    let tables = opinion::tables(stack);
    let mut wrong = Vec::new();
    for (kind, column, operators) in TESTED {
        let rows = format!("SELECT id, txt, {column} AS tested FROM things");
        let things = Things::of(&opinion::rows(stack, &tables, &rows).await, *kind);
        for (op, word) in *operators {
            let sql = format!("SELECT id FROM things WHERE {column} {word} ? GROUP BY 1");
            for value in kind.values() {
                // A pattern must not end with its escape character.
                if matches!(op, Op::Like | Op::NotILike) && value.ends_with('\\') {
                    continue;
                }
                let predicate = Predicate { kind: *kind, op: *op, values: vec![value] };
                let right: BTreeSet<String> = things.ids(&predicate).into_keys().collect();
                for (name, _, client) in &mut roads.open {
                    match asked(client, &sql, array(*kind, value)).await {
                        Ok(found) if found == right => {}
                        Ok(found) => wrong.push(format!("{name}: {sql} {value}: {found:?} not {right:?}")),
                        Err(text) => wrong.push(format!("{name}: {sql} {value}: {text}")),
                    }
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    roads.no_fallbacks().await;
}

async fn asked(client: &mut Client, sql: &str, value: ArrayRef) -> Result<BTreeSet<String>, String> {
    let text = |error| said(error).1;
    let mut prepared = client.sql.prepare(sql.to_owned(), None).await.map_err(text)?;
    let batch = RecordBatch::try_from_iter([("1", value)]).unwrap();
    prepared.set_parameters(batch).unwrap();
    let info = prepared.execute().await.map_err(text)?;
    let rows = client.read(info).await.map_err(|(_, text)| text)?;
    Ok(rows.values.iter().map(|row| row[0].to_string()).collect())
}

/// As drivers send it; a decimal comes as floating point.
fn array(kind: Kind, value: &str) -> ArrayRef {
    let text: ArrayRef = Arc::new(StringArray::from(vec![value]));
    match kind {
        Kind::Text => text,
        Kind::Int => Arc::new(Int64Array::from(vec![value.parse::<i64>().unwrap()])),
        Kind::Float | Kind::Decimal => Arc::new(Float64Array::from(vec![value.parse::<f64>().unwrap()])),
        Kind::Timestamp => cast(&text, &DataType::Timestamp(TimeUnit::Microsecond, None)).unwrap(),
        Kind::Date => cast(&text, &DataType::Date32).unwrap(),
        Kind::Boolean | Kind::Segment => panic!("these have no values that are hard to write"),
    }
}
