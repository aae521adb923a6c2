//! What the gateway adds to a query of ten rows.

use crate::{
    Result,
    bare::Bare,
    fixture::SMALL,
    report::{Goal, Report, Row, time},
    stand::Stand,
    timing::{Rounds, alternate},
};

const ROUNDS: usize = 500;

pub(crate) async fn small(stand: &mut Stand, report: &mut Report) -> Result<()> {
    let bare = Bare::new(&stand.url, None)?;
    let small = stand.small.clone();
    let theirs = async || bare.rows(&small).await.and_then(ten);
    let reader = &mut stand.reader;
    let rounds = alternate(ROUNDS, async || ten(reader.query(SMALL).await?), theirs).await?;
    report.add(row("10 rows, GetFlightInfo and DoGet, p50; against a WebSocket client", &rounds));
    let mut count = 0;
    let unseen = async || {
        count += 1;
        ten(reader.query(&format!("/* {count} */ {SMALL}")).await?)
    };
    let rounds = alternate(ROUNDS, unseen, theirs).await?;
    report.add(row("the same, each time with a text never seen", &rounds));
    // One more for the round that warms up.
    let mut tickets = Vec::new();
    for _ in 0..=ROUNDS {
        tickets.push(reader.info(SMALL).await?.0);
    }
    let get = async || ten(reader.rows(tickets.pop().ok_or("there is a ticket per round")?).await?);
    let rounds = alternate(ROUNDS, get, theirs).await?;
    report.add(row("the same, DoGet alone", &rounds));
    Ok(())
}

fn ten(rows: usize) -> Result<()> {
    if rows == 10 { Ok(()) } else { Err(format!("{rows} rows came").into()) }
}

fn row(what: &'static str, rounds: &Rounds) -> Row {
    let (ours, theirs) = (rounds.ours.median(), rounds.theirs.median());
    let added = ours.saturating_sub(theirs);
    Row {
        what,
        ours: time(ours),
        against: time(theirs),
        result: format!("{} more", time(added)),
        goal: Goal::at_most("≤ 1 ms more", added.as_secs_f64() * 1e3, 1.0),
    }
}
