//! Planning that grows: wide statements, long lists, models with many members.

use std::{fmt::Write as _, sync::Arc, time::Duration};

use chrono::Utc;
use chrono_tz::Tz;
use semantic::{
    Model,
    parse::{self, SourceFile},
};
use sql::Planner;

use crate::{
    Result,
    report::{Goal, Report, Row},
    timing::Times,
};

const ROUNDS: usize = 50;
/// Columns of the wide statement, in each of its parts.
const WIDE: usize = 60;
const LISTED: usize = 10_000;

pub(crate) fn statements(report: &mut Report) -> Result<()> {
    let planner = Planner::new();
    let small = wide_model(1_000)?;
    let wide = planned(&planner, &small, &wide_statement())?;
    let goal = Goal::within("< 5 ms", wide, Duration::from_millis(5));
    report.add(Row::alone("plan 60 columns over 3 CTEs, p50", wide, goal));
    let list = planned(&planner, &small, &list_statement())?;
    let goal = Goal::within("< 20 ms", list, Duration::from_millis(20));
    report.add(Row::alone("plan an IN list of 10,000, p50", list, goal));
    let large = wide_model(10_000)?;
    let [in_small, in_large] =
        [&small, &large].map(|model| planned(&planner, model, "SELECT d1, MEASURE(m1) FROM c GROUP BY 1"));
    report.add(Row::alone("plan a simple statement, 1,000 members in the cube, p50", in_small?, Goal::Open));
    report.add(Row::alone("the same, 10,000 members", in_large?, Goal::Open));
    Ok(())
}

/// From text to leaves, each time as if never seen.
fn planned(planner: &Planner, model: &Arc<Model>, text: &str) -> Result<Duration> {
    let times = Times::measured(ROUNDS, || {
        let statement = planner.prepare(text, model)?;
        planner.plan(&statement, &[], Tz::UTC, Utc::now())?;
        Ok(())
    });
    Ok(times?.median())
}

/// A cube with so many members, half of them measures.
fn wide_model(members: usize) -> Result<Arc<Model>> {
    let mut text = "cubes:\n  - name: c\n    sql_table: c\n    dimensions:\n".to_owned();
    for at in 0..members / 2 {
        writeln!(text, "      - {{ name: d{at}, sql: d{at}, type: string }}")?;
    }
    text.push_str("    measures:\n");
    for at in 0..members / 2 {
        writeln!(text, "      - {{ name: m{at}, sql: m{at}, type: sum }}")?;
    }
    Ok(Arc::new(parse::model(&[SourceFile { path: "wide.yml".to_owned(), text }])?))
}

fn wide_statement() -> String {
    let keys: Vec<_> = (0..WIDE / 2).map(|at| format!("d{at}")).collect();
    let measures: Vec<_> = (0..WIDE / 2).map(|at| format!("MEASURE(m{at}) AS m{at}")).collect();
    let part = |name: &str, value: &str| {
        let (keys, measures) = (keys.join(", "), measures.join(", "));
        format!("{name} AS (SELECT {keys}, {measures} FROM c WHERE d40 = '{value}' GROUP BY ALL)")
    };
    let parts = [part("a", "x"), part("b", "y"), part("z", "z")].join(", ");
    format!("WITH {parts} SELECT * FROM a UNION ALL SELECT * FROM b UNION ALL SELECT * FROM z")
}

fn list_statement() -> String {
    let values: Vec<_> = (0..LISTED).map(|value| format!("'value {value}'")).collect();
    format!("SELECT d1, MEASURE(m1) FROM c WHERE d2 IN ({}) GROUP BY 1", values.join(", "))
}
