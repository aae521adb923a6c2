//! From a statement's text to its plan, in process.

use std::{
    hint::black_box,
    sync::Arc,
    time::{Duration, Instant},
};

use chrono::Utc;
use chrono_tz::Tz;
use cubestore::Budget;
use engine::{Access, Caller, Config, Engine, Parts, Rules};
use semantic::SecurityContext;
use serde_json::Map;
use sql::Planner;

use crate::{
    Result,
    fixture::{self, Fixture},
    report::{Goal, Report, Row, time},
    timing::Times,
};

const ROUNDS: usize = 500;

pub(crate) async fn planning(fixture: &Fixture, report: &mut Report) -> Result<()> {
    let engine = engine(fixture).await?;
    let context = SecurityContext::new(Map::new());
    let caller = Caller { principal: "bench".into(), context, credential: None, place: None };
    let (mut new, mut known) = (Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        let sql = statement(round);
        for times in [&mut new, &mut known] {
            let since = Instant::now();
            engine.describe(&sql, &caller).await?;
            times.push(since.elapsed());
        }
    }
    let (new, known) = (Times::of(new).median(), Times::of(known).median());
    let goal = Goal::within("< 1 ms", new, Duration::from_millis(1));
    report.add(Row::alone("describe a statement never seen, p50", new, goal));
    let goal = Goal::within("< 20 µs", known, Duration::from_micros(20));
    report.add(Row::alone("describe a known statement, p50", known, goal));
    let what = "plan a known statement for the values of its parameters, p50";
    report.add(Row::alone(what, plan(fixture)?, Goal::Open));
    schemas(fixture, report)
}

/// What a run does with a statement whose names are resolved; one without parameters keeps its plan.
fn plan(fixture: &Fixture) -> Result<Duration> {
    let planner = Planner::new();
    let statement = planner.prepare(&statement(0), &fixture.model)?;
    let times = Times::measured(ROUNDS, || {
        planner.plan(&statement, &[], Tz::UTC, Utc::now())?;
        Ok(())
    });
    Ok(times?.median())
}

fn schemas(fixture: &Fixture, report: &mut Report) -> Result<()> {
    let first = Times::measured(ROUNDS, || {
        black_box(fixture::model()?);
        Ok(())
    });
    let again = Times::measured(ROUNDS, || {
        black_box(fixture.model.table("traffic").ok_or("the model has no view `traffic`")?.schema().clone());
        Ok(())
    });
    let what = "a view's schema again; against reading the model, which makes it";
    let against = time(first?.median());
    report.add(Row { against, ..Row::alone(what, again?.median(), Goal::Open) });
    Ok(())
}

/// A statement of its own for every round: filters, a time that is cut, an order and a limit.
fn statement(round: usize) -> String {
    format!(
        "SELECT city, DATE_TRUNC('day', at) AS day, MEASURE(clicks) AS clicks, MEASURE(top_price) AS top_price \
         FROM traffic WHERE device = 'phone' AND at >= TIMESTAMP '2024-02-01' AND city <> 'city {round}' \
         GROUP BY 1, 2 ORDER BY 3 DESC LIMIT 10"
    )
}

async fn engine(fixture: &Fixture) -> Result<Engine> {
    let config =
        Config { access: Access { rules: Some(Rules::Model), ..Access::default() }, ..Config::default() };
    let model = Arc::clone(&fixture.model);
    Ok(Engine::new(Parts { config, model, store: None, cube: None, budget: Budget::new(1 << 30) }).await?)
}
