//! Random rows, and answers that are cut and edited at random.

use arrow_array::{
    Array, RecordBatch,
    cast::AsArray,
    types::{Float64Type, Int64Type},
};
use arrow_schema::DataType;
use proptest::prelude::*;
use serde::de::IgnoredAny;

use super::{MEMBERS, TIMESTAMP, body, decode, layout};

#[derive(Debug, Clone)]
struct Row {
    status: Option<String>,
    count: Option<i64>,
    total: Option<f64>,
    spaced: bool,
}

impl Row {
    fn json(&self) -> String {
        let text = |value: &Option<String>| serde_json::to_string(value).unwrap();
        let total = self.total.map(|total| format!("{total:?}"));
        let count = self.count.map(|count| count.to_string());
        let comma = if self.spaced { " ,\n" } else { "," };
        let fields = [text(&self.status), "null".to_owned(), text(&count), text(&total), "null".to_owned()];
        format!("[{}]", fields.join(comma))
    }

    fn shown(&self) -> (Option<String>, i64, Option<f64>) {
        (self.status.clone(), self.count.unwrap_or(0), self.total)
    }
}

fn rows() -> impl Strategy<Value = Vec<Row>> {
    let row = (any::<Option<String>>(), any::<Option<i64>>(), any::<Option<f64>>(), any::<bool>())
        .prop_map(|(status, count, total, spaced)| Row { status, count, total, spaced });
    proptest::collection::vec(row, 0..20)
}

fn decoded(batches: &[RecordBatch]) -> Vec<(Option<String>, i64, Option<f64>)> {
    let rows = batches.iter().flat_map(|batch| {
        let (status, count) =
            (batch.column(0).as_string::<i32>(), batch.column(2).as_primitive::<Int64Type>());
        let total = batch.column(3).as_primitive::<Float64Type>();
        (0..batch.num_rows()).map(move |row| {
            let text = status.is_valid(row).then(|| status.value(row).to_owned());
            (text, count.value(row), total.is_valid(row).then(|| total.value(row)))
        })
    });
    rows.collect()
}

proptest! {
    #[test]
    fn every_value_arrives(rows in rows()) {
        let text = rows.iter().map(Row::json).collect::<Vec<_>>().join(",");
        let batches = decode(&body(MEMBERS, &text), &layout(DataType::Float64)).unwrap();
        let expected: Vec<_> = rows.iter().map(Row::shown).collect();
        prop_assert_eq!(format!("{:?}", decoded(&batches)), format!("{expected:?}"));
    }

    #[test]
    fn any_text_is_an_error_or_rows(text in any::<String>()) {
        prop_assert!(decode(&text, &layout(DataType::Float64)).is_err());
    }

    #[test]
    fn rows_only_come_from_json(
        rows in rows(),
        edits in proptest::collection::vec((any::<prop::sample::Index>(), r#"[\[\]{}",:\\nu0-9. e+-]{0,3}"#, 0..4_usize), 1..4),
        total in prop::sample::select(vec![DataType::Float64, DataType::Int64, DataType::Utf8, DataType::Boolean, TIMESTAMP, DataType::Date32, DataType::Decimal128(20, 3)]),
    ) {
        let text = rows.iter().map(Row::json).collect::<Vec<_>>().join(",");
        let mut text: Vec<char> = body(MEMBERS, &text).chars().collect();
        for (at, insert, remove) in edits {
            let at = at.index(text.len());
            let end = (at + remove).min(text.len());
            text.splice(at..end, insert.chars());
            text.push(' ');
        }
        let text: String = text.into_iter().collect();
        if decode(&text, &layout(total)).is_ok() {
            prop_assert!(serde_json::from_str::<IgnoredAny>(&text).is_ok(), "{}", text);
        }
    }
}
