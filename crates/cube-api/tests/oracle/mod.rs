//! The promise of translation, on random predicates over random rows: what Cube passes, tested and grouped again as
//! the remainder says, is what SQL says.

mod cube;
mod sql;

use std::collections::BTreeMap;

use cube_api::{Request, translate};
use proptest::prelude::*;
use semantic::{CompareOp, Filter, Output, SemanticQuery};
use serde_json::Value as Json;

use crate::build::{MODEL, compare, during, grouped, ilike, is_null, like, one_of};

/// A value of a row or group. Times are wall-clock milliseconds.
#[derive(Debug, Clone, PartialEq, PartialOrd)]
pub(crate) enum Value {
    Null,
    Bool(bool),
    Number(f64),
    Text(String),
}

/// Member → value.
pub(crate) type Row = BTreeMap<String, Value>;

fn text() -> impl Strategy<Value = Value> {
    prop_oneof![
        1 => Just(Value::Null),
        4 => r"[aA%\\ΣσkK\u{212a}]{0,4}".prop_map(Value::Text),
    ]
}

fn number() -> impl Strategy<Value = Value> {
    prop_oneof![1 => Just(Value::Null), 4 => (-2..3_i8).prop_map(|n| Value::Number(n.into()))]
}

fn row() -> impl Strategy<Value = Row> {
    let gift = prop_oneof![Just(Value::Null), any::<bool>().prop_map(Value::Bool)];
    let day =
        prop_oneof![Just(Value::Null), (0..6_i32).prop_map(|n| Value::Number(f64::from(n) * 43_200_000.0))];
    (text(), text(), number(), gift, day).prop_map(|(status, city, price, gift, day)| {
        let values = [
            ("status", status),
            ("city", city),
            ("price", price),
            ("gift", gift),
            ("created_at", day),
            ("id", Value::Number(1.0)),
        ];
        values.into_iter().map(|(name, value)| (format!("orders.{name}"), value)).collect()
    })
}

fn op() -> impl Strategy<Value = CompareOp> {
    use CompareOp::{Eq, Ge, Gt, Le, Lt, Ne};
    prop::sample::select(vec![Eq, Ne, Lt, Le, Gt, Ge])
}

fn leaf() -> impl Strategy<Value = Filter> {
    let words = || prop_oneof![Just("%k%".to_owned()), r"%[aΣ]{2}%", r"[aA%_\\ΣσkK]{0,4}"];
    let equality = || prop::sample::select(vec![CompareOp::Eq, CompareOp::Ne]);
    let time =
        || prop::sample::select(vec!["", "1970-01-01", "1970-01-01T12:00:00", "1970-01-02", "1970-01-03"]);
    prop_oneof![
        (prop::sample::select(vec!["status", "city"]), equality(), words())
            .prop_map(|(name, op, word)| compare(name, op, word.as_str())),
        (op(), -2..3_i64).prop_map(|(op, n)| compare("price", op, n)),
        (equality(), any::<bool>()).prop_map(|(op, value)| compare("gift", op, value)),
        proptest::collection::vec(-2..3_i64, 1..3).prop_map(|list| one_of("price", list)),
        prop::sample::select(vec!["status", "city", "price", "gift", "created_at"]).prop_map(is_null),
        (prop::sample::select(vec!["status", "city"]), words(), any::<bool>())
            .prop_map(|(name, word, folded)| if folded { ilike(name, &word) } else { like(name, &word) }),
        (time(), time()).prop_filter_map("a bound", |(from, to)| {
            (!from.is_empty() || !to.is_empty()).then(|| during("created_at", from, to))
        }),
        Just(Filter::never()),
    ]
}

fn tree(leaf: impl Strategy<Value = Filter> + 'static) -> impl Strategy<Value = Filter> {
    leaf.prop_recursive(3, 10, 3, |inner| {
        let parts = || proptest::collection::vec(inner.clone(), 0..3);
        prop_oneof![
            parts().prop_map(Filter::all),
            parts().prop_map(Filter::any),
            inner.clone().prop_map(Filter::negate),
        ]
    })
}

fn having() -> impl Strategy<Value = Filter> {
    let names = || prop::sample::select(vec!["count", "total"]);
    tree(prop_oneof![
        (names(), op(), -2..3_i64).prop_map(|(name, op, n)| compare(name, op, n)),
        (names(), proptest::collection::vec(-1..3_i64, 1..3)).prop_map(|(name, list)| one_of(name, list)),
        names().prop_map(is_null),
    ])
}

/// `orders.count` and `orders.total`, the sum of `orders.price`, of each group of `rows`.
///
/// A group without keys exists over nothing too; its count is then `nothing`.
fn groups(rows: &[&Row], keys: &[String], nothing: &Value) -> Vec<Row> {
    let mut groups: Vec<(Row, Vec<&Row>)> = Vec::new();
    if keys.is_empty() {
        groups.push((Row::new(), Vec::new()));
    }
    for row in rows {
        let key: Row = keys.iter().map(|key| (key.clone(), row[key].clone())).collect();
        match groups.iter_mut().find(|(other, _)| *other == key) {
            Some((_, members)) => members.push(row),
            None => groups.push((key, vec![row])),
        }
    }
    let measured = groups.into_iter().map(|(mut group, rows)| {
        let count = if rows.is_empty() { nothing.clone() } else { Value::Number(rows.len() as f64) };
        group.insert("orders.total".to_owned(), sum(rows.iter().map(|row| &row["orders.price"])));
        group.insert("orders.count".to_owned(), count);
        group
    });
    measured.collect()
}

fn sum<'a>(values: impl Iterator<Item = &'a Value>) -> Value {
    values.fold(Value::Null, |sum, value| match (sum, value) {
        (Value::Number(a), Value::Number(b)) => Value::Number(a + b),
        (Value::Null, other) => other.clone(),
        (sum, _) => sum,
    })
}

/// Groups what was fetched again, each measure summed: what the engine does above.
fn regrouped(fetched: &[Row], keys: &[String]) -> Vec<Row> {
    let as_rows: Vec<Row> = fetched
        .iter()
        .map(|group| {
            let price = ("orders.price".to_owned(), group["orders.total"].clone());
            group.iter().map(|(name, value)| (name.clone(), value.clone())).chain([price]).collect()
        })
        .collect();
    let mut groups = groups(&as_rows.iter().collect::<Vec<_>>(), keys, &Value::Number(0.0));
    for group in &mut groups {
        let is_of = |row: &&Row| keys.iter().all(|key| row[key] == group[key]);
        let counts = fetched.iter().filter(is_of).map(|row| &row["orders.count"]);
        let count = sum(counts.chain([&Value::Number(0.0)]));
        group.insert("orders.count".to_owned(), count);
    }
    groups
}

fn names(columns: &[Output]) -> Vec<String> {
    columns.iter().filter(|column| !column.is_measure()).map(ToString::to_string).collect()
}

/// The rows of a request, as a server answers it whose rollups count nothing as NULL.
fn fetched(request: &Request, rows: &[Row]) -> Vec<Row> {
    let Ok(query) = serde_json::from_str::<Json>(&request.to_string()) else { return Vec::new() };
    let (on_groups, on_rows) = cube::filters(&query);
    let passed: Vec<_> =
        rows.iter().filter(|row| on_rows.iter().all(|filter| cube::passes(filter, row))).collect();
    let mut groups = groups(&passed, &names(&request.columns), &Value::Null);
    groups.retain(|group| on_groups.iter().all(|filter| cube::passes(filter, group)));
    // Decoding makes a count of it.
    for group in &mut groups {
        if group["orders.count"] == Value::Null {
            group.insert("orders.count".to_owned(), Value::Number(0.0));
        }
    }
    groups
}

fn check(outputs: &str, filter: Filter, having: Filter, rows: &[Row]) -> Result<(), TestCaseError> {
    let query = SemanticQuery { filter, having, ..grouped(outputs) };
    // A refusal promises nothing.
    let Ok(request) = translate(&query, &MODEL) else { return Ok(()) };
    let keys = names(&query.outputs);
    let passed: Vec<_> = rows.iter().filter(|row| sql::passes(&query.filter, row)).collect();
    let mut expected = groups(&passed, &keys, &Value::Number(0.0));
    expected.retain(|group| sql::passes(&query.having, group));

    let mut found = fetched(&request, rows);
    found.retain(|group| sql::passes(&request.remainder.filter, group));
    if request.remainder.regroup {
        found = regrouped(&found, &keys);
    }
    found.retain(|group| sql::passes(&request.remainder.having, group));
    let order = |rows: &mut Vec<Row>| {
        for row in rows.iter_mut() {
            row.retain(|name, _| keys.contains(name) || name == "orders.count" || name == "orders.total");
        }
        rows.sort_by(|a, b| a.partial_cmp(b).expect("no value is NaN"));
    };
    order(&mut expected);
    order(&mut found);
    prop_assert_eq!(found, expected, "{}\n{} then {}", query, request, request.remainder);
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn translation_is_exact(
        filter in tree(leaf()),
        having in having(),
        with_having in any::<bool>(),
        outputs in prop::sample::select(vec!["status count total", "city status count total", "count total"]),
        rows in proptest::collection::vec(row(), 0..12),
    ) {
        check(outputs, filter, if with_having { having } else { Filter::always() }, &rows)?;
    }
}
