//! How much memory the gateway takes for one large answer, over what it had before.

use embedded::store::Format;

use crate::{
    Result,
    fixture::{Fixture, LARGE, SMALL},
    gateway::Gateway,
    report::{Goal, Report, Row, megabytes},
    stand::Stand,
};

/// What a stream may take besides the store's message.
const STREAM: f64 = 8e6;

/// In a gateway that has answered nothing large before.
pub(crate) async fn memory(fixture: &Fixture, stand: &Stand, report: &mut Report) -> Result<()> {
    let mut gateway = Gateway::start(fixture, &stand.url)?;
    let mut reader = gateway.reader().await?;
    reader.query(SMALL).await?;
    let before = gateway.peak_memory()?;
    reader.query(LARGE).await?;
    let taken = gateway.peak_memory()?.saturating_sub(before) as f64;
    let message = stand.large.message.len() as f64;
    report.add(Row {
        what: match stand.format {
            Format::Arrow => {
                "peak memory of the gateway for 1 M rows in Arrow, over what it had before; \
                 against the store's message"
            }
            _ => {
                "peak memory of the gateway for 1 M rows of text, over what it had before; \
                 against the store's message"
            }
        },
        ours: megabytes(taken),
        against: megabytes(message),
        result: format!("{:.2}×", taken / message),
        goal: Goal::at_most("≤ 1.15× + 8 MB", taken, 1.15 * message + STREAM),
    });
    Ok(())
}
