//! Text rows into typed columns, on one core: with our bounds checks, and with FlatBuffers' verifier in front.

use bytes::Bytes;
use cubestore::{Shape, codec::reply::Reply, decode::Pieces};

use crate::{
    Result,
    data::ROWS,
    report::{Goal, Report, Row, time},
    stand::Stand,
    timing::alternate,
    verify::verify,
};

const ROUNDS: usize = 11;

pub(crate) async fn decode(stand: &Stand, report: &mut Report) -> Result<()> {
    let message = &stand.large.message;
    let shape = Shape::new(stand.large.schema.clone())?;
    let ours = async || decoded(message, &shape);
    let theirs = async || {
        verify(message)?;
        decoded(message, &shape)
    };
    let rounds = alternate(ROUNDS, ours, theirs).await?;
    let (ours, theirs) = (rounds.ours.shortest(), rounds.theirs.shortest());
    let times = theirs.as_secs_f64() / ours.as_secs_f64();
    report.add(Row {
        what: "decode 1 M text rows, one core; against FlatBuffers' verifier and the same decode",
        ours: time(ours),
        against: time(theirs),
        result: format!("{times:.2}× as fast"),
        goal: Goal::at_least("≥ 3×", times, 3.0),
    });
    let rate = ROWS as f64 / ours.as_secs_f64() / 1e6;
    report.add(Row {
        what: "the same, rows per second",
        ours: format!("{rate:.1} M/s"),
        against: String::new(),
        result: String::new(),
        goal: Goal::at_least("≥ 5 M/s", rate, 5.0),
    });
    Ok(())
}

fn decoded(message: &Bytes, shape: &Shape) -> Result<()> {
    let pieces = Pieces::new(Reply::read(message)?.body?, shape.clone(), 0)?;
    let mut rows = 0;
    for piece in pieces {
        rows += piece?.batch()?.num_rows();
    }
    if rows == ROWS { Ok(()) } else { Err(format!("{rows} rows were decoded").into()) }
}
