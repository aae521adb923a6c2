//! The rows of a statement: of its one execution, or of one for every row of its parameters, one after the other.

use std::{
    collections::VecDeque,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Instant,
};

use arrow_schema::SchemaRef;
use engine::{Ask, BatchStream, Caller, Chunk, Engine, EngineError, Progress};
use futures::{FutureExt, Stream, StreamExt, future::BoxFuture};

use crate::status::CallError;

/// A stream of rows. Dropping it ends the query that runs.
pub(crate) struct Answer {
    schema: SchemaRef,
    engine: Engine,
    caller: Caller,
    state: State,
    asks: VecDeque<Ask>,
    began: Instant,
    ended: Option<Progress>,
}

enum State {
    Running(Box<BatchStream>),
    Starting(BoxFuture<'static, Result<BatchStream, EngineError>>),
    Ended,
}

impl Answer {
    /// Starts the first execution; the others follow when its rows were read.
    pub(crate) async fn start(
        engine: Engine,
        caller: Caller,
        first: &Ask,
        others: VecDeque<Ask>,
    ) -> Result<Self, EngineError> {
        let began = Instant::now();
        let rows = engine.execute(first, &caller).await?;
        let schema = rows.schema().clone();
        let state = State::Running(Box::new(rows));
        Ok(Self { schema, engine, caller, state, asks: others, began, ended: None })
    }

    /// The schema of the rows.
    pub(crate) fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    /// What has taken how long, of all executions together.
    pub(crate) fn progress(&self) -> Option<Progress> {
        let running = if let State::Running(rows) = &self.state { Some(rows.progress()) } else { None };
        added(self.ended, running)
    }

    /// Ends it at once.
    pub(crate) fn cancel(self) {
        if let State::Running(rows) = self.state {
            rows.cancel();
        }
    }

    fn fail(&mut self, error: CallError) -> Poll<Option<Result<Chunk, CallError>>> {
        self.state = State::Ended;
        Poll::Ready(Some(Err(error)))
    }

    /// Begins the next execution, if there is one, within the time that is left of its own.
    fn next(&mut self) -> State {
        let Some(mut ask) = self.asks.pop_front() else { return State::Ended };
        ask.timeout = ask.timeout.map(|limit| limit.saturating_sub(self.began.elapsed()));
        let (engine, caller) = (self.engine.clone(), self.caller.clone());
        State::Starting(async move { engine.execute(&ask, &caller).await }.boxed())
    }
}

impl Stream for Answer {
    type Item = Result<Chunk, CallError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        loop {
            match &mut this.state {
                State::Ended => return Poll::Ready(None),
                State::Starting(starting) => match ready!(starting.poll_unpin(cx)) {
                    // The data model may have changed since the first execution began.
                    Ok(rows) if *rows.schema() != this.schema => return this.fail(CallError::ModelChanged),
                    Ok(rows) => this.state = State::Running(Box::new(rows)),
                    Err(error) => return this.fail(error.into()),
                },
                State::Running(rows) => match ready!(rows.poll_next_unpin(cx)) {
                    Some(Ok(chunk)) => return Poll::Ready(Some(Ok(chunk))),
                    Some(Err(error)) => return this.fail(error.into()),
                    None => {
                        this.ended = added(this.ended, Some(rows.progress()));
                        this.state = this.next();
                    }
                },
            }
        }
    }
}

/// The sum of two executions; the road is that of the later one.
fn added(first: Option<Progress>, second: Option<Progress>) -> Option<Progress> {
    let (Some(first), Some(second)) = (first, second) else { return first.or(second) };
    Some(Progress {
        road: second.road,
        queue: first.queue + second.queue,
        plan: first.plan + second.plan,
        fetch: first.fetch.into_iter().chain(second.fetch).reduce(std::ops::Add::add),
        rows: first.rows + second.rows,
    })
}
