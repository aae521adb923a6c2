//! A million rows through the gateway, against the least that anybody could do for them.

use std::num::NonZeroUsize;

use embedded::store::Format;
use tokio::task::JoinSet;

use crate::{
    Result,
    bare::Bare,
    data::ROWS,
    fixture::LARGE,
    prebuilt,
    reader::Reader,
    report::{Goal, Report, Row, time},
    stand::Stand,
    timing::{Rounds, alternate},
};

const ROUNDS: usize = 15;

pub(crate) async fn road(stand: &mut Stand, report: &mut Report) -> Result<()> {
    match stand.format {
        Format::Arrow => arrow(stand, report).await,
        _ => text(stand, report).await,
    }
}

/// Against a client of the store that decodes as the gateway does, on one thread and on every core.
async fn text(stand: &mut Stand, report: &mut Report) -> Result<()> {
    let rounds = beside(stand, Some(NonZeroUsize::MIN)).await?;
    let what = "1 M rows, store in text; against a WebSocket client that decodes on one thread";
    report.add(row(what, &rounds, |ratio| Goal::at_most("≤ 1.15×", ratio, 1.15)));
    let rounds = beside(stand, None).await?;
    let what = "the same; against one that decodes on every core";
    report.add(row(what, &rounds, |_| Goal::Open));
    Ok(())
}

async fn beside(stand: &mut Stand, threads: Option<NonZeroUsize>) -> Result<Rounds> {
    let bare = Bare::new(&stand.url, threads)?;
    let large = stand.large.clone();
    let reader = &mut stand.reader;
    alternate(ROUNDS, async || all(reader.query(LARGE).await?), async || all(bare.rows(&large).await?)).await
}

/// Against a Flight server that has nothing to do but send.
async fn arrow(stand: &mut Stand, report: &mut Report) -> Result<()> {
    let bare = Bare::new(&stand.url, None)?;
    if !bare.passes_on(&stand.large).await? {
        return Err("the store's batches are not what the gateway announces: they would be decoded".into());
    }
    let mut tasks = JoinSet::new();
    let address = prebuilt::serve(bare.batches(&stand.large).await?, &mut tasks).await?;
    let mut least = Reader::connect(address).await?;
    let reader = &mut stand.reader;
    let ours = async || all(reader.query(LARGE).await?);
    let rounds = alternate(ROUNDS, ours, async || all(least.rows(prebuilt::ticket()).await?)).await?;
    let what =
        "1 M rows, store in Arrow; against DoGet of the same batches from a server that only sends them";
    report.add(row(what, &rounds, |ratio| Goal::at_most("≤ 1.6×", ratio, 1.6)));
    Ok(())
}

fn row(what: &'static str, rounds: &Rounds, goal: impl FnOnce(f64) -> Goal) -> Row {
    let (ours, theirs) = (rounds.ours.shortest(), rounds.theirs.shortest());
    let ratio = ours.as_secs_f64() / theirs.as_secs_f64();
    Row { what, ours: time(ours), against: time(theirs), result: format!("{ratio:.2}×"), goal: goal(ratio) }
}

fn all(rows: usize) -> Result<()> {
    if rows == ROWS { Ok(()) } else { Err(format!("{rows} rows came").into()) }
}
