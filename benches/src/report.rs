//! The table that is printed, and what it was measured on.

use std::{fmt, fs, process::Command, time::Duration};

use chrono::Utc;

/// What was measured, in order.
#[derive(Default)]
pub(crate) struct Report(Vec<Row>);

/// A line of the table.
pub(crate) struct Row {
    pub(crate) what: &'static str,
    pub(crate) ours: String,
    pub(crate) against: String,
    pub(crate) result: String,
    pub(crate) goal: Goal,
}

impl Row {
    /// A time that stands against nothing.
    pub(crate) fn alone(what: &'static str, took: Duration, goal: Goal) -> Self {
        Self { what, ours: time(took), against: String::new(), result: String::new(), goal }
    }
}

/// What a result should be.
pub(crate) enum Goal {
    /// Nothing was promised.
    Open,
    /// It should be this, and is or is not.
    Set { text: &'static str, met: bool },
}

impl Report {
    pub(crate) fn add(&mut self, row: Row) {
        eprintln!("{row}");
        self.0.push(row);
    }
}

impl Goal {
    pub(crate) fn at_most(text: &'static str, found: f64, limit: f64) -> Self {
        Self::Set { text, met: found <= limit }
    }

    /// A time and its limit.
    pub(crate) fn within(text: &'static str, took: Duration, limit: Duration) -> Self {
        Self::Set { text, met: took <= limit }
    }

    pub(crate) fn at_least(text: &'static str, found: f64, limit: f64) -> Self {
        Self::Set { text, met: found >= limit }
    }
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { what, ours, against, result, goal } = self;
        let (goal, verdict) = match goal {
            Goal::Open => ("", ""),
            Goal::Set { text, met } => (*text, if *met { "met" } else { "missed" }),
        };
        write!(f, "| {what} | {ours} | {against} | {result} | {goal} | {verdict} |")
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}\n", machine())?;
        writeln!(f, "| | cubeflight | against | result | goal | |")?;
        writeln!(f, "|---|---:|---:|---:|---:|---|")?;
        self.0.iter().try_for_each(|row| writeln!(f, "{row}"))
    }
}

/// `1.2 µs`, `345 ms`
pub(crate) fn time(duration: Duration) -> String {
    let micros = duration.as_secs_f64() * 1e6;
    match micros {
        ..10.0 => format!("{micros:.2} µs"),
        ..1e3 => format!("{micros:.0} µs"),
        ..1e4 => format!("{:.2} ms", micros / 1e3),
        _ => format!("{:.0} ms", micros / 1e3),
    }
}

/// In millions of bytes.
pub(crate) fn megabytes(bytes: f64) -> String {
    format!("{:.0} MB", bytes / 1e6)
}

fn machine() -> String {
    let processors = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = field(&processors, "model name").unwrap_or("an unknown processor");
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let memory = fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let kibibytes = field(&memory, "MemTotal").and_then(|text| text.strip_suffix(" kB")?.parse::<u64>().ok());
    let memory = kibibytes.unwrap_or_default() >> 20;
    let day = Utc::now().format("%Y-%m-%d");
    format!("{model}, {cores} cores, {memory} GiB; {day}, commit {}", commit())
}

fn field<'t>(text: &'t str, name: &str) -> Option<&'t str> {
    let line = text.lines().find(|line| line.starts_with(name))?;
    Some(line.split_once(':')?.1.trim())
}

/// The commit of the working directory, marked if it has changes.
fn commit() -> String {
    let said = Command::new("git").args(["describe", "--always", "--dirty", "--exclude", "*"]).output();
    let text = said.ok().filter(|said| said.status.success()).map(|said| said.stdout);
    text.map_or("unknown".to_owned(), |text| String::from_utf8_lossy(&text).trim().to_owned())
}
