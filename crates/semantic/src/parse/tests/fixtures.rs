//! Whole models: every key of theirs is read.

use crate::{
    Model,
    parse::{SourceFile, model, tests::file},
};

/// The models in the directory of fixtures, each with its files.
pub(in crate::parse) fn all() -> Vec<(&'static str, Vec<SourceFile>)> {
    let ecommerce = [
        include_str!("../../../tests/fixtures/orders.yml"),
        include_str!("../../../tests/fixtures/others.yaml"),
        include_str!("../../../tests/fixtures/views.yml"),
    ];
    vec![
        ("ecommerce", ecommerce.map(file).into()),
        ("filters", vec![file(include_str!("../../../tests/fixtures/filters.yml"))]),
        ("joins", vec![file(include_str!("../../../tests/fixtures/joins.yml"))]),
        ("nonadd", vec![file(include_str!("../../../tests/fixtures/nonadd.yml"))]),
        ("overlap", vec![file(include_str!("../../../tests/fixtures/overlap.yml"))]),
        ("rls", vec![file(include_str!("../../../tests/fixtures/rls.yml"))]),
        ("timegran", vec![file(include_str!("../../../tests/fixtures/timegran.yml"))]),
    ]
}

pub(in crate::parse) fn parsed(files: &[SourceFile]) -> Model {
    model(files).unwrap_or_else(|error| panic!("{error}"))
}

#[test]
fn models_are_whole() {
    let counted = |(name, files): (&str, Vec<SourceFile>)| {
        let model = parsed(&files);
        let columns: usize = model.tables().map(|table| table.columns().len()).sum();
        let (tables, rollups) = (model.tables().count(), model.pre_aggregations().count());
        format!("{name}: {tables} tables, {columns} columns, {rollups} pre-aggregations\n")
    };
    expect_test::expect![[r#"
        ecommerce: 8 tables, 161 columns, 36 pre-aggregations
        filters: 1 tables, 17 columns, 10 pre-aggregations
        joins: 7 tables, 51 columns, 16 pre-aggregations
        nonadd: 1 tables, 22 columns, 11 pre-aggregations
        overlap: 1 tables, 19 columns, 15 pre-aggregations
        rls: 6 tables, 44 columns, 0 pre-aggregations
        timegran: 1 tables, 13 columns, 14 pre-aggregations
    "#]]
    .assert_eq(&all().into_iter().map(counted).collect::<String>());
}
