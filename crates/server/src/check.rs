//! `cubeflight check`: pre-aggregations of a data model that are built and never read.

use std::io::{Write, stdout};

use chrono::Utc;
use engine::offline::{Offline, Policy, Terms};

use crate::{
    cli::CheckArgs,
    error::{Result, ServerError},
    model,
};

/// Prints a line per finding, and fails when there is one.
pub(crate) fn run(args: &CheckArgs) -> Result<()> {
    let (model, problems) = model::load_readable(&args.model)?;
    let terms = Terms { policy: Policy::CUBE, zone: chrono_tz::UTC, now: Utc::now(), schema: String::new() };
    let findings = Offline::new(&model, terms).check();
    let mut out = stdout().lock();
    let problems = problems.iter().map(ToString::to_string);
    let findings =
        findings.iter().map(|found| format!("{} [{}]: {}", found.pre_aggregation, found.code, found.reason));
    let lines: Vec<_> = problems.chain(findings).collect();
    for line in &lines {
        writeln!(out, "{line}")
            .map_err(|error| ServerError::Query(format!("the standard output: {error}")))?;
    }
    match lines.len() {
        0 => Ok(()),
        count => Err(ServerError::Query(format!("{count} to look at"))),
    }
}
