//! `cubeflight explain`: which pre-aggregation each query of a file would be answered from, and why no other.

use std::{
    fs::File,
    io::{BufRead, BufReader, BufWriter, IsTerminal, Write, stdin, stdout},
    path::Path,
};

use chrono::Utc;
use engine::offline::{Explained, Offline, Policy, Question, Terms};

use crate::{
    cli::{ExplainArgs, Mode},
    error::{Result, ServerError},
    model,
};

pub(crate) fn run(args: &ExplainArgs) -> Result<()> {
    let (model, problems) = model::load_readable(&args.model)?;
    for problem in &problems {
        eprintln!("cubeflight: left out: {problem}");
    }
    if args.strict && !problems.is_empty() {
        return Err(ServerError::Model(semantic::parse::ModelError { problems }));
    }
    let policy = match args.mode {
        Mode::Cube => Policy::CUBE,
        Mode::Best => Policy::BEST,
    };
    // Relative dates of all lines count from one moment.
    let terms = Terms { policy, zone: args.zone, now: Utc::now(), schema: args.schema.clone() };
    let offline = Offline::new(&model, terms);
    let for_people = stdout().is_terminal();
    let mut out = BufWriter::new(stdout().lock());
    for (number, line) in lines(&args.file)?.enumerate() {
        let line = line.map_err(|error| ServerError::File { path: args.file.clone(), error })?;
        if line.trim().is_empty() {
            continue;
        }
        let question: Question = serde_json::from_str(&line).map_err(|error| {
            ServerError::Query(format!("{}:{}: {error}", args.file.display(), number + 1))
        })?;
        let explained = offline.explain(&question);
        let written = if for_people { table(&mut out, &explained) } else { json(&mut out, &explained) };
        written.map_err(|error| ServerError::Query(format!("the standard output: {error}")))?;
    }
    out.flush().map_err(|error| ServerError::Query(format!("the standard output: {error}")))
}

fn lines(file: &Path) -> Result<Box<dyn Iterator<Item = std::io::Result<String>>>> {
    if file.as_os_str() == "-" {
        return Ok(Box::new(stdin().lock().lines()));
    }
    let opened = File::open(file).map_err(|error| ServerError::File { path: file.to_owned(), error })?;
    Ok(Box::new(BufReader::new(opened).lines()))
}

fn json(out: &mut impl Write, explained: &Explained) -> std::io::Result<()> {
    serde_json::to_writer(&mut *out, explained)?;
    writeln!(out)
}

fn table(out: &mut impl Write, explained: &Explained) -> std::io::Result<()> {
    let id = explained.id.as_str().map_or_else(|| explained.id.to_string(), str::to_owned);
    let answer = match (&explained.pre_aggregation, &explained.error) {
        (_, Some(error)) => format!("error: {error}"),
        (Some(name), None) => format!("{name} ({})", explained.kind.unwrap_or_default()),
        (None, None) => "no pre-aggregation".to_owned(),
    };
    writeln!(out, "{id:<24} {answer}")?;
    for table in &explained.tables {
        writeln!(out, "{:<24}   reads {}", "", table.table_name)?;
    }
    for reason in &explained.refused {
        writeln!(out, "{:<24}   not {}: {}", "", reason.pre_aggregation, reason.reason)?;
    }
    Ok(())
}
