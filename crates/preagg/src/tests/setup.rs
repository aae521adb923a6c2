//! Models, built tables and queries of the tests.

use semantic::{
    Access, CompareOp, Filter, Like, MemberName, Model, Output, RowRules, Scoped, SecurityContext,
    SemanticQuery, Value, access,
    granularity::{iso, parse_iso},
    parse::{SourceFile, model},
};

use crate::{Manifest, ManifestRollup, ManifestTable, Route, Tables, choose};

pub(super) fn parsed(text: &str) -> Model {
    let file = SourceFile { path: "m.yml".to_owned(), text: text.to_owned() };
    model(&[file]).unwrap_or_else(|error| panic!("{error}"))
}

pub(super) fn overlap() -> Model {
    parsed(include_str!("../../../semantic/tests/fixtures/overlap.yml"))
}

pub(super) fn nonadd() -> Model {
    parsed(include_str!("../../../semantic/tests/fixtures/nonadd.yml"))
}

/// Every rollup of the model is built for the first half of 2024.
pub(super) fn manifest(model: &Model) -> Manifest {
    let rollups = model.pre_aggregations().map(|rollup| {
        let name = |suffix: &str| format!("s.{}{suffix}", rollup.name.as_str().replace('.', "_"));
        let (first, last) = (parse_iso("2024-01-01").unwrap(), parse_iso("2024-06-30").unwrap());
        let tables = match rollup.partition_granularity {
            None => vec![table(name(""), None)],
            Some(granularity) => {
                let bins = std::iter::successors(granularity.floor(first), |start| granularity.next(*start));
                bins.take_while(|start| *start <= last)
                    .map(|start| {
                        table(name(&crate::names::partition_suffix(granularity, start)), Some(start))
                    })
                    .collect()
            }
        };
        ManifestRollup {
            pre_aggregation: rollup.name.to_string(),
            zone: chrono_tz::UTC,
            range: Some((iso(first), iso(last))),
            holds_null_times: true,
            tables,
        }
    });
    Manifest { model_version: model.version().to_string(), rollups: rollups.collect() }
}

fn table(table: String, partition: Option<i64>) -> ManifestTable {
    ManifestTable { table, partition: partition.map(iso), rows: None, build_range_end: None }
}

pub(super) fn built(model: &Model) -> Tables {
    Tables::from_manifest(&manifest(model)).unwrap()
}

/// `count, kind, ts.month` on one cube.
pub(crate) fn query(model: &Model, table: &str, outputs: &str) -> SemanticQuery {
    let outputs = outputs.split(", ").map(|name| match name.split_once('.') {
        Some((time, granularity)) => {
            let time = MemberName::new(table, time);
            match granularity.parse() {
                Ok(granularity) => Output::Time(time, granularity),
                Err(_) => Output::Custom(time, granularity.into()),
            }
        }
        None => {
            let member = MemberName::new(table, name);
            match model.column(&member).unwrap_or_else(|| panic!("{member}")).kind {
                semantic::ColumnKind::Measure(_) => Output::Measure(member),
                semantic::ColumnKind::Dimension(_) => Output::Dimension(member),
                semantic::ColumnKind::Segment => Output::Segment(member),
            }
        }
    });
    SemanticQuery::grouped(outputs.collect(), chrono_tz::UTC)
}

pub(crate) fn scoped(query: SemanticQuery, model: &Model) -> Scoped<Access> {
    access::narrow(query, model, RowRules::Model, &SecurityContext::new(serde_json::Map::new()))
}

pub(super) fn route(query: SemanticQuery, model: &Model) -> Route {
    choose(&scoped(query, model), model, &built(model))
}

/// `events.a_kind_month: reasons`, one line per rollup, the chosen one first.
pub(super) fn shown(route: &Route) -> String {
    let mut lines = match route {
        Route::Source { .. } => "source\n".to_owned(),
        Route::Rollup { scan, costlier, .. } => {
            let others: Vec<_> = costlier.iter().map(MemberName::member).collect();
            format!("{} before [{}]\n", scan.pre_aggregation, others.join(", "))
        }
    };
    for refused in route.refused() {
        let reasons: Vec<_> = refused.reasons.iter().map(ToString::to_string).collect();
        lines += &format!("{}: {}\n", refused.pre_aggregation, reasons.join("; "));
    }
    lines
}

pub(super) fn member(name: &str) -> MemberName {
    MemberName::parse(name).unwrap()
}

pub(super) fn is(name: &str, text: &str) -> Filter {
    compare(name, CompareOp::Eq, Value::Text(text.into()))
}

pub(super) fn compare(name: &str, op: CompareOp, value: Value) -> Filter {
    Filter::Compare { member: member(name), op, value }
}

pub(super) fn like(name: &str, pattern: &str, escape: char) -> Filter {
    let like = Like { pattern: pattern.into(), escape, case_insensitive: false };
    Filter::Like { member: member(name), like, negated: false }
}

pub(crate) fn during(name: &str, from: &str, to: &str) -> Filter {
    Filter::During { member: member(name), from: parse_iso(from), to: parse_iso(to) }
}
