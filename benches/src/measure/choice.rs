//! Choosing among many wide rollups: what the gateway reads, and what Cube would.

use std::{fmt::Write as _, hint::black_box, time::Duration};

use chrono_tz::Tz;
use preagg::{
    Manifest, ManifestRollup, ManifestTable, Tables, choose,
    planner::{Planner, Policy},
};
use semantic::{
    Access, AskedQuery, Filter, Granularity, MemberName, Model, Output, RowRules, Scoped, SecurityContext,
    SemanticQuery, Value, access,
    asked::Defaults,
    parse::{self, SourceFile},
};
use serde_json::{Map, json};

use crate::{
    Result,
    report::{Goal, Report, Row},
    timing::Times,
};

const ROLLUPS: usize = 200;
const MEMBERS: usize = 300;
const ROUNDS: usize = 1_000;
const LISTED: usize = 10_000;

pub(crate) fn choice(report: &mut Report) -> Result<()> {
    let model = model()?;
    let tables = tables(&model)?;
    let chosen = |listed: usize| -> Result<Duration> {
        let leaf = asked(&model, listed)?;
        let times = Times::measured(ROUNDS, || {
            black_box(choose(&leaf, &model, &tables));
            Ok(())
        });
        Ok(times?.median())
    };
    let (one, list, explained) = (chosen(1)?, chosen(LISTED)?, explained(&model)?);
    let goal = |took| Goal::within("< 300 µs", took, Duration::from_micros(300));
    report.add(Row::alone("choose among 200 rollups of 300 members, p50", one, goal(one)));
    let limit = Goal::within("< 5 ms", list, Duration::from_millis(5));
    report.add(Row::alone("the same, an IN list of 10,000", list, limit));
    report.add(Row::alone("explain Cube's choice among them, p50", explained, goal(explained)));
    Ok(())
}

fn explained(model: &Model) -> Result<Duration> {
    let planner = Planner::new(model);
    let now = chrono::NaiveDate::from_ymd_opt(2026, 1, 1).and_then(|day| day.and_hms_opt(0, 0, 0));
    let query = json!({
        "measures": ["wide.m1", "wide.m8"],
        "dimensions": ["wide.d1"],
        "timeDimensions": [{ "dimension": "wide.at", "granularity": "month" }],
        "filters": [{ "member": "wide.d3", "operator": "equals", "values": ["value"] }],
    });
    let ask = AskedQuery::read(&query, Defaults { zone: Tz::UTC, now: now.ok_or("a date")? })?;
    let times = Times::measured(ROUNDS, || {
        black_box(planner.choose(&ask, Policy::CUBE, "pre_aggregations")?);
        Ok(())
    });
    Ok(times?.median())
}

/// Some dimensions and measures are in no seventh rollup.
fn model() -> Result<Model> {
    let mut text = "cubes:\n  - name: wide\n    sql_table: wide\n    dimensions:\n      - { name: at, sql: at, type: time }\n".to_owned();
    for i in 0..MEMBERS / 2 {
        writeln!(text, "      - {{ name: d{i}, sql: d{i}, type: string }}")?;
    }
    text += "    measures:\n";
    for i in 0..MEMBERS / 2 {
        writeln!(text, "      - {{ name: m{i}, sql: m{i}, type: sum }}")?;
    }
    text += "    pre_aggregations:\n";
    for i in 0..ROLLUPS {
        let stored = (0..MEMBERS / 2).filter(|j| (i + j) % 7 != 0);
        let (measures, dimensions): (Vec<_>, Vec<_>) =
            stored.map(|j| (format!("m{j}"), format!("d{j}"))).unzip();
        let (measures, dimensions) = (measures.join(", "), dimensions.join(", "));
        writeln!(
            text,
            "      - {{ name: r{i}, measures: [{measures}], dimensions: [{dimensions}], time_dimension: at, granularity: day }}"
        )?;
    }
    Ok(parse::model(&[SourceFile { path: "wide.yml".to_owned(), text }])?)
}

fn tables(model: &Model) -> Result<Tables> {
    let rollups = model.pre_aggregations().map(|rollup| ManifestRollup {
        pre_aggregation: rollup.name.to_string(),
        zone: Tz::UTC,
        range: None,
        holds_null_times: true,
        tables: vec![ManifestTable {
            table: format!("s.{}", rollup.name.member()),
            partition: None,
            rows: None,
            build_range_end: None,
        }],
    });
    let manifest = Manifest { model_version: model.version().to_string(), rollups: rollups.collect() };
    Ok(Tables::from_manifest(&manifest)?)
}

fn asked(model: &Model, listed: usize) -> Result<Scoped<Access>> {
    let member = |name: &str| MemberName::new("wide", name);
    let outputs = vec![
        Output::Dimension(member("d1")),
        Output::Measure(member("m1")),
        Output::Measure(member("m8")),
        Output::Time(member("at"), Granularity::Month),
    ];
    let values = (0..listed).map(|i| Value::Text(format!("value {i}").into())).collect();
    let filter = Filter::In { member: member("d3"), values, negated: false };
    let query = SemanticQuery { filter, ..SemanticQuery::grouped(outputs, Tz::UTC) };
    let context = SecurityContext::new(Map::new());
    Ok(access::narrow(query, model, RowRules::Model, &context))
}
