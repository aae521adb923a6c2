//! What recorded answers become, and what is said about answers that are not enough.

mod told;

use expect_test::expect;

use super::{Vouched, model};
use crate::{
    Column, Model,
    access::{self, RowRules},
    context::SecurityContext,
    model::Reference,
    parse::tests::{file, fixtures::parsed},
    query::SemanticQuery,
};

const DEFINITIONS: &str = include_str!("../../../../tests/fixtures/api/definitions.json");
const META: &str = include_str!("../../../../tests/fixtures/api/meta.json");

const ALL: Vouched = Vouched { no_rules: true, no_stages: true };

fn recorded(vouched: Vouched) -> Model {
    model(DEFINITIONS, META, vouched).unwrap_or_else(|error| panic!("{error}"))
}

/// The same model from the files that the server had.
fn of_files() -> Model {
    let texts = [
        include_str!("../../../../tests/fixtures/orders.yml"),
        include_str!("../../../../tests/fixtures/others.yaml"),
        include_str!("../../../../tests/fixtures/views.yml"),
    ];
    parsed(&texts.map(file))
}

fn sorted<T: Ord>(values: impl Iterator<Item = T>) -> Vec<T> {
    let mut values: Vec<_> = values.collect();
    values.sort();
    values
}

#[test]
fn columns_are_those_of_the_files() {
    let column =
        |column: &Column| (column.member.clone(), column.source.clone(), column.data_type, column.kind);
    let columns = |model: &Model| {
        let tables = model.tables().filter(|table| &*table.name != "stores");
        let shown = tables.flat_map(crate::Table::columns).map(|c| format!("{:?}", column(c)));
        sorted(shown)
    };
    assert_eq!(columns(&recorded(ALL)), columns(&of_files()));
}

#[test]
fn pre_aggregations_are_those_of_the_files() {
    let shown = |model: &Model| {
        let rollups = model.pre_aggregations().map(|rollup| {
            let names = |list: &[Reference]| sorted(list.iter().map(ToString::to_string)).join(", ");
            let times: Vec<_> = rollup
                .time_dimensions
                .iter()
                .map(|t| format!("{} {:?}", t.dimension, t.granularity))
                .collect();
            format!(
                "{} {:?} [{}] [{}] [{}] {times:?} {:?} {:?} {:?} {:?}\n",
                rollup.name,
                rollup.kind,
                names(&rollup.measures),
                names(&rollup.dimensions),
                names(&rollup.segments),
                rollup.rollups,
                rollup.partition_granularity,
                rollup.external,
                (
                    rollup.union_with_source_data.unwrap_or_default(),
                    rollup.build.use_original_sql_pre_aggregations
                ),
            )
        });
        sorted(rollups).concat()
    };
    assert_eq!(shown(&recorded(ALL)), shown(&of_files()));
}

#[test]
fn sql_is_that_of_the_files() {
    let (ours, theirs) = (recorded(ALL), of_files());
    for cube in theirs.cubes() {
        let found = ours.cube(&cube.name).unwrap();
        assert!(found.joins.iter().eq(&cube.joins), "{}", cube.name);
        for (name, measure) in cube.measures.iter().filter(|(_, measure)| !measure.is_rolling()) {
            let found = &found.measures[name];
            assert_eq!(
                (found.kind, &found.sql, &found.filters),
                (measure.kind, &measure.sql, &measure.filters)
            );
            assert!(!found.is_multi_stage(), "{name}");
        }
        for (name, dimension) in cube.dimensions.iter().filter(|(_, dimension)| dimension.about.public) {
            // Where a place is, is not told.
            if dimension.kind != crate::DimensionType::Geo {
                assert_eq!(found.dimensions[name].formula, dimension.formula, "{}.{name}", cube.name);
            }
            assert_eq!(found.dimensions[name].sub_query, dimension.sub_query, "{}.{name}", cube.name);
            assert_eq!(found.dimensions[name].granularities.len(), dimension.granularities.len());
        }
        for (name, segment) in &cube.segments {
            assert_eq!(found.segments[name].sql, segment.sql);
        }
    }
}

#[test]
fn what_is_not_vouched_for_is_taken_for_the_worst() {
    let model = recorded(Vouched::default());
    let orders = model.cube("orders").unwrap();
    assert!(orders.measures["completed_rate"].is_multi_stage());
    assert!(orders.measures["rolling_7d"].is_multi_stage());
    assert!(!orders.measures["total_shipping"].is_multi_stage());
    assert!(orders.dimensions["items_count"].propagate_filters_to_sub_query);
    assert!(model.has_policies());

    let empty = || SemanticQuery::grouped(Vec::new(), chrono_tz::UTC);
    let nobody = SecurityContext::new(serde_json::Map::new());
    let unknown = |model: &Model| {
        let scoped = access::narrow(empty(), model, RowRules::Model, &nobody);
        scoped.get().unknown().map(ToString::to_string)
    };
    assert_eq!(unknown(&recorded(ALL)), None);
    expect!["who may see which rows is known only to Cube; set `[access] rules = \"model\"` if the model files hold every rule"]
        .assert_eq(&unknown(&model).unwrap());
    let typed = model.with_types(&[("orders.count".to_owned(), crate::ArrowType::Int64)].into()).unwrap();
    assert!(unknown(&typed.restricted(|_| true)).is_some());
}
