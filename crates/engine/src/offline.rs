//! What would be read for a question, told from the data model alone: no store, no Cube, no caller.
//!
//! Without a caller there are no row rules, so they stop no choice here; without a manifest, tables have their
//! logical names.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use cube_api::{Ask, translate};
pub use preagg::planner::Policy;
use preagg::{
    names,
    planner::{Choice, Chosen, Planner},
};
use semantic::{
    AskedQuery, MemberName, Model, PreAggregation,
    asked::{AskedFilter, AskedTest, AskedTime, DEFAULT_LIMIT, Defaults},
    granularity::{iso, parse_iso},
    model::PreAggregationKind,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// How the question of a line is told.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Question {
    /// Whatever tells it from others.
    #[serde(default)]
    pub id: Value,
    /// Cube's JSON query.
    pub query: Option<Value>,
    /// SQL over the cubes and views.
    pub sql: Option<String>,
}

/// What would be read, and why nothing else.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Explained {
    /// As asked.
    pub id: Value,
    /// `cube.name`
    pub pre_aggregation: Option<MemberName>,
    /// Its type, in Cube's word.
    #[serde(rename = "type")]
    pub kind: Option<&'static str>,
    /// Its times in their bins.
    pub granularity: Option<Vec<Bins>>,
    /// The tables behind it, or those of `original_sql`.
    pub tables: Vec<TableOf>,
    /// The store's SQL.
    pub sql: Option<String>,
    /// Its parameters.
    pub params: Option<Vec<String>>,
    /// Every reason against every other pre-aggregation of the query's cubes.
    pub refused: Vec<Reason>,
    /// Why there is no answer at all.
    pub error: Option<String>,
}

/// A time in bins.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Bins {
    /// Along the joins.
    pub dimension: String,
    /// The name of the bins.
    pub granularity: String,
}

/// A table that rows are read from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TableOf {
    /// The pre-aggregation: `cube.name`.
    pub id: MemberName,
    /// Its logical name.
    pub table_name: String,
    /// Its type, in Cube's word.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// Whether it is kept in the store.
    pub external: bool,
    /// One physical table per bin.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub partition_granularity: Option<&'static str>,
    /// The bins of its first time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub granularity: Option<String>,
    /// The zone whose clock its times show.
    pub timezone: &'static str,
}

/// A reason against a pre-aggregation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Reason {
    /// `cube.name`
    pub pre_aggregation: MemberName,
    /// A stable word.
    pub code: &'static str,
    /// A sentence.
    pub reason: String,
}

/// How questions are read and answered.
#[derive(Debug, Clone)]
pub struct Terms {
    /// What counts as fit, and which one is taken.
    pub policy: Policy,
    /// The zone of questions that name none.
    pub zone: Tz,
    /// The moment that relative dates count from.
    pub now: DateTime<Utc>,
    /// The schema of the logical tables.
    pub schema: String,
}

/// A model whose pre-aggregations are ready to be asked for.
pub struct Offline<'m> {
    model: &'m Arc<Model>,
    planner: Planner<'m>,
    sql: sql::Planner,
    terms: Terms,
}

impl<'m> Offline<'m> {
    /// Reads the references of every pre-aggregation.
    pub fn new(model: &'m Arc<Model>, terms: Terms) -> Self {
        Self { model, planner: Planner::new(model), sql: sql::Planner::new(), terms }
    }

    /// Answers a question; what is wrong with it is part of the answer.
    pub fn explain(&self, question: &Question) -> Explained {
        let answer = self.asked(question).and_then(|ask| {
            let choice = self
                .planner
                .choose(&ask, self.terms.policy, &self.terms.schema)
                .map_err(|error| error.to_string())?;
            Ok(self.explained(&question.id, &ask, choice))
        });
        answer.unwrap_or_else(|error| Explained { error: Some(error), ..nothing(&question.id) })
    }

    /// What is wrong with the model's pre-aggregations before any query is asked.
    pub fn check(&self) -> Vec<Reason> {
        let findings = self.planner.lint(self.terms.zone, self.terms.now.naive_utc()).into_iter();
        let reason = |found: preagg::planner::Finding| Reason {
            code: found.flaw.code(),
            reason: found.flaw.to_string(),
            pre_aggregation: found.pre_aggregation,
        };
        findings.map(reason).collect()
    }

    fn asked(&self, question: &Question) -> Result<AskedQuery, String> {
        match (&question.query, &question.sql) {
            (Some(query), None) => self.read(query),
            (None, Some(sql)) => self.of_sql(sql),
            _ => Err("a question has either `query` or `sql`".to_owned()),
        }
    }

    fn read(&self, query: &Value) -> Result<AskedQuery, String> {
        let defaults = Defaults { zone: self.terms.zone, now: self.terms.now.naive_utc() };
        let ask = AskedQuery::read(query, defaults).map_err(|error| error.to_string())?;
        Ok(AskedQuery { limit: ask.limit.or(Some(DEFAULT_LIMIT)), ..ask })
    }

    /// The one query that a statement asks Cube.
    fn of_sql(&self, text: &str) -> Result<AskedQuery, String> {
        let statement = self.sql.prepare(text, self.model).map_err(|error| error.to_string())?;
        let plan = self.sql.plan(&statement, &[], self.terms.zone, self.terms.now);
        let plan = plan.map_err(|error| error.to_string())?;
        let [leaf] = plan.leaves.as_slice() else {
            return Err(format!("the statement asks {} queries; ask them one by one", plan.leaves.len()));
        };
        let request = translate(&leaf.query, &statement.model).map_err(|error| error.to_string())?;
        let Ask::Load(load) = request.ask else {
            return Err("the statement has no rows, whatever is stored".to_owned());
        };
        let query = serde_json::to_value(&load.query).map_err(|error| error.to_string())?;
        let ask = ranged(self.read(&query)?);
        Ok(AskedQuery { limit: load.limit, offset: Some(load.offset).filter(|rows| *rows > 0), ..ask })
    }

    fn explained(&self, id: &Value, ask: &AskedQuery, choice: Choice<'_>) -> Explained {
        let Choice { chosen, original, passed_over: _, refused } = choice;
        let parts = chosen.iter().flat_map(|chosen| &chosen.parts).chain(&original);
        let reasons = refused.into_iter().flat_map(|refused| {
            let reason = move |reason: &preagg::Refusal| Reason {
                pre_aggregation: refused.pre_aggregation.clone(),
                code: reason.code(),
                reason: reason.to_string(),
            };
            refused.reasons.iter().map(reason).collect::<Vec<_>>()
        });
        let tables = parts.map(|part| self.table(part, ask.zone)).collect();
        let explained = Explained { tables, refused: reasons.collect(), ..nothing(id) };
        match chosen {
            None => explained,
            Some(chosen) => with_choice(explained, chosen),
        }
    }

    fn table(&self, rollup: &PreAggregation, zone: Tz) -> TableOf {
        TableOf {
            id: rollup.name.clone(),
            table_name: names::logical_table(&self.terms.schema, rollup, self.model),
            kind: rollup.kind.json_name(),
            // Only Cube's own source holds these, unless it is told otherwise.
            external: rollup.external && rollup.kind != PreAggregationKind::OriginalSql,
            partition_granularity: rollup.partition_granularity.map(semantic::Granularity::name),
            granularity: rollup.time_dimensions.first().map(|time| time.granularity.to_string()),
            timezone: zone.name(),
        }
    }
}

/// Bounds of a time among the filters as its range: the same rows, and what pre-aggregations can be read for.
fn ranged(mut ask: AskedQuery) -> AskedQuery {
    let mut ranges: Vec<(MemberName, [Option<i64>; 2])> = Vec::new();
    ask.filters.retain(|filter| {
        let Some((time, side, at)) = bound(filter) else { return true };
        let known = ranges.iter_mut().find(|(known, _)| known == time);
        match known {
            Some((_, bounds)) if bounds[side].is_none() => bounds[side] = Some(at),
            Some(_) => return true,
            None => {
                let mut bounds = [None, None];
                bounds[side] = Some(at);
                ranges.push((time.clone(), bounds));
            }
        }
        false
    });
    for (time, bounds) in ranges {
        let range = match bounds {
            [Some(from), Some(behind)] => [iso(from), iso(behind - 1)],
            // One side alone is no range.
            [from, behind] => {
                let test = |operator: &str, at: i64| {
                    let (operator, values) = (operator.to_owned(), vec![Some(iso(at))]);
                    AskedFilter::Test(AskedTest { member: time.clone(), operator, values })
                };
                ask.filters.extend(from.map(|at| test("afterOrOnDate", at)));
                ask.filters.extend(behind.map(|at| test("beforeDate", at)));
                continue;
            }
        };
        match ask.times.iter_mut().find(|asked| asked.dimension == time && asked.range.is_none()) {
            Some(asked) => asked.range = Some(range),
            None => ask.times.push(AskedTime { dimension: time, granularity: None, range: Some(range) }),
        }
    }
    ask
}

/// A time, which bound of it a filter is, and where: the first moment inside or the first behind.
fn bound(filter: &AskedFilter) -> Option<(&MemberName, usize, i64)> {
    let AskedFilter::Test(test) = filter else { return None };
    let [Some(at)] = test.values.as_slice() else { return None };
    let at = parse_iso(at)?;
    let (side, at) = match test.operator.as_str() {
        "afterOrOnDate" => (0, at),
        "afterDate" => (0, at + 1),
        "beforeDate" => (1, at),
        "beforeOrOnDate" => (1, at + 1),
        _ => return None,
    };
    Some((&test.member, side, at))
}

fn with_choice(explained: Explained, chosen: Chosen<'_>) -> Explained {
    let bins = |(dimension, granularity)| Bins { dimension, granularity };
    let (sql, params) = chosen.sql.map(|sql| (sql.text, sql.params)).unzip();
    Explained {
        pre_aggregation: Some(chosen.rollup.name.clone()),
        kind: Some(chosen.rollup.kind.json_name()),
        granularity: Some(chosen.times.into_iter().map(bins).collect()),
        sql,
        params,
        ..explained
    }
}

fn nothing(id: &Value) -> Explained {
    Explained {
        id: id.clone(),
        pre_aggregation: None,
        kind: None,
        granularity: None,
        tables: Vec::new(),
        sql: None,
        params: None,
        refused: Vec::new(),
        error: None,
    }
}
