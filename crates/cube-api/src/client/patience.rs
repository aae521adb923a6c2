//! One answer, however long it takes: Cube says `Continue wait` while it computes, and the identical request is sent
//! again until the deadline. What broke on the way, or met an overloaded server, is repeated a few times.

use std::time::Duration;

use tokio::time::{Instant, sleep, sleep_until, timeout_at};

use super::{Shared, exchange::Exchange, refusal::ErrorBody, retry};
use crate::{
    error::{Error, ErrorKind, Result},
    metrics,
};

/// Cube holds a request for seconds before it asks for patience; one that does not must not be asked in a loop.
const SHORTEST_ROUND: Duration = Duration::from_millis(100);

/// The longest text that can ask for patience; an answer with rows is not read twice.
const LONGEST_WAIT: usize = 256;

/// The body of the answer to `exchange`.
pub(super) async fn answer(shared: &Shared, exchange: &Exchange, deadline: Instant) -> Result<String> {
    let started = Instant::now();
    let mut rounds = 0;
    let outcome = timeout_at(deadline, rounds_until_answer(shared, exchange, &mut rounds)).await;
    outcome.unwrap_or_else(|_| {
        metrics::failed(exchange.endpoint, ErrorKind::Timeout);
        Err(Error::Timeout { waited: started.elapsed(), rounds })
    })
}

async fn rounds_until_answer(shared: &Shared, exchange: &Exchange, rounds: &mut u32) -> Result<String> {
    let mut tried = 0;
    shared.budget.deposit();
    loop {
        let round = Instant::now();
        match exchange.once(shared).await {
            Ok(body) if asks_for_patience(&body) => {
                *rounds += 1;
                metrics::continue_wait();
                sleep_until(round + SHORTEST_ROUND).await;
            }
            Ok(body) => return Ok(body),
            Err(error) => {
                tried += 1;
                if !error.is_transient() || tried > shared.config.retries || !shared.budget.withdraw() {
                    return Err(error.after(tried));
                }
                metrics::retry();
                tracing::warn!(
                    endpoint = exchange.endpoint,
                    tried,
                    error = error.detail(),
                    "a request to Cube is sent again"
                );
                sleep(retry::pause(tried)).await;
            }
        }
    }
}

fn asks_for_patience(body: &str) -> bool {
    let is_short = body.len() <= LONGEST_WAIT;
    is_short && serde_json::from_str::<ErrorBody>(body).is_ok_and(|body| body.error == "Continue wait")
}
