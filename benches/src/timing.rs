//! Taking turns and keeping time.

use std::time::{Duration, Instant};

use crate::Result;

/// How long each round of two sides took.
pub(crate) struct Rounds {
    pub(crate) ours: Times,
    pub(crate) theirs: Times,
}

/// How long the rounds of one side took, shortest first.
pub(crate) struct Times(Vec<Duration>);

impl Times {
    pub(crate) fn of(mut times: Vec<Duration>) -> Self {
        times.sort_unstable();
        Self(times)
    }

    /// Of one side alone.
    pub(crate) fn measured(rounds: usize, mut side: impl FnMut() -> Result<()>) -> Result<Self> {
        let mut times = Vec::with_capacity(rounds);
        for _ in 0..rounds {
            let since = Instant::now();
            side()?;
            times.push(since.elapsed());
        }
        Ok(Self::of(times))
    }

    /// The round that was disturbed least.
    pub(crate) fn shortest(&self) -> Duration {
        self.0[0]
    }

    /// The round in the middle.
    pub(crate) fn median(&self) -> Duration {
        self.0[self.0.len() / 2]
    }
}

/// Lets two sides take turns, each as often the first of its round. The round that warms both up is not kept.
pub(crate) async fn alternate(
    rounds: usize,
    mut ours: impl AsyncFnMut() -> Result<()>,
    mut theirs: impl AsyncFnMut() -> Result<()>,
) -> Result<Rounds> {
    let (mut our_times, mut their_times) = (Vec::new(), Vec::new());
    ours().await?;
    theirs().await?;
    for round in 0..rounds {
        if round % 2 == 0 {
            our_times.push(timed(&mut ours).await?);
            their_times.push(timed(&mut theirs).await?);
        } else {
            their_times.push(timed(&mut theirs).await?);
            our_times.push(timed(&mut ours).await?);
        }
    }
    Ok(Rounds { ours: Times::of(our_times), theirs: Times::of(their_times) })
}

async fn timed(side: &mut impl AsyncFnMut() -> Result<()>) -> Result<Duration> {
    let since = Instant::now();
    side().await?;
    Ok(since.elapsed())
}
