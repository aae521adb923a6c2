//! A million rows in parts that are read at once, each over a connection of its own, against the same rows as a whole.

use embedded::store::Format;
use tokio::task::JoinSet;

use crate::{
    Result,
    fixture::{DIVIDED, Fixture},
    gateway::Gateway,
    reader::Reader,
    record::record_parts,
    replay,
    report::{Goal, Report, Row, time},
    timing::alternate,
};

const ROUNDS: usize = 15;
/// Parts at most; one of them is the whole.
const COUNTS: [usize; 3] = [1, 2, 4];

pub(crate) async fn parts(fixture: &Fixture, format: Format, report: &mut Report) -> Result<()> {
    let (recorded, rows) = record_parts(fixture, format, &COUNTS).await?;
    let mut tasks = JoinSet::new();
    let url = replay::serve(&recorded, &mut tasks).await?;
    let [whole, others @ ..] = COUNTS;
    let mut gateway = Gateway::dividing(fixture, &url, whole)?;
    let mut one = readers(&mut gateway, whole).await?;
    for count in others {
        let mut divided = Gateway::dividing(fixture, &url, count)?;
        let mut several = readers(&mut divided, count).await?;
        let ours = async || at_once(&mut several, rows).await;
        let rounds = alternate(ROUNDS, ours, async || at_once(&mut one, rows).await).await?;
        let (ours, theirs) = (rounds.ours.shortest(), rounds.theirs.shortest());
        let times = theirs.as_secs_f64() / ours.as_secs_f64();
        report.add(Row {
            what: what(format, count),
            ours: time(ours),
            against: time(theirs),
            result: format!("{times:.2}× as fast"),
            goal: Goal::Open,
        });
    }
    tasks.shutdown().await;
    Ok(())
}

fn what(format: Format, count: usize) -> &'static str {
    match (format, count) {
        (Format::Arrow, 2) => {
            "1 M rows by seconds, store in Arrow, as two endpoints that are read at once; against one"
        }
        (Format::Arrow, _) => "the same, as four endpoints",
        (_, 2) => "1 M rows by seconds, store in text, as two endpoints that are read at once; against one",
        (_, _) => "the same, as four endpoints",
    }
}

/// A connection for every part.
async fn readers(gateway: &mut Gateway, count: usize) -> Result<Vec<Reader>> {
    let mut readers = Vec::new();
    for _ in 0..count {
        readers.push(gateway.reader().await?);
    }
    Ok(readers)
}

/// GetFlightInfo, then all parts at once, decoded on as many cores as there are.
async fn at_once(readers: &mut [Reader], rows: usize) -> Result<()> {
    let tickets = readers[0].parts(DIVIDED).await?;
    if tickets.len() != readers.len() {
        return Err(format!("{} parts were announced and not {}", tickets.len(), readers.len()).into());
    }
    let mut reading = JoinSet::new();
    for (reader, ticket) in readers.iter().zip(tickets) {
        let mut reader = reader.clone();
        reading.spawn(async move { reader.rows(ticket).await });
    }
    let mut found = 0;
    while let Some(part) = reading.join_next().await {
        found += part??;
    }
    if found == rows { Ok(()) } else { Err(format!("{found} rows came in parts and not {rows}").into()) }
}
