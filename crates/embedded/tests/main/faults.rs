//! What the store does wrong when it is told to, as its client feels it.

use std::time::Duration;

use cubestore::{Client, ErrorKind};
use embedded::{Stack, store::Fault};

use crate::harness::{ask_one, client_with, stack};

fn impatient(stack: &Stack) -> Client {
    client_with(stack, |config| config.request_timeout = Duration::from_secs(2))
}

/// The answer to a query that meets the fault first, or how it failed.
async fn meets(fault: Fault) -> (Result<String, ErrorKind>, u64) {
    let stack = stack(|_| {}).await;
    let client = impatient(&stack);
    stack.store().fault(fault.clone(), 1);
    let answer = ask_one(&client, "SELECT 'right' AS x").await.map_err(|error| error.kind());
    let executions = stack.store().executions();
    assert_eq!(ask_one(&client, "SELECT 'after' AS x").await.unwrap(), "after", "{fault:?}");
    (answer, executions)
}

#[tokio::test]
async fn a_closed_socket_is_resumed_without_running_again() {
    assert_eq!(meets(Fault::CloseBeforeReply).await, (Ok("right".to_owned()), 1));
}

#[tokio::test]
async fn a_cut_frame_is_asked_for_again() {
    assert_eq!(meets(Fault::CutFrameAfter(40)).await, (Ok("right".to_owned()), 2));
}

#[tokio::test]
async fn a_pause_is_waited_for() {
    assert_eq!(meets(Fault::Delay(Duration::from_millis(300))).await, (Ok("right".to_owned()), 1));
}

#[tokio::test]
async fn silence_is_a_timeout() {
    assert_eq!(meets(Fault::Silent).await, (Err(ErrorKind::Timeout), 0));
}

#[tokio::test]
async fn an_error_is_a_refusal() {
    let text = "Internal: Error during planning: Table or CTE with name 'a.b' not found";
    assert_eq!(meets(Fault::Error(text.to_owned())).await, (Err(ErrorKind::Refused), 0));
}

#[tokio::test]
async fn rows_may_be_missing_altogether() {
    assert_eq!(meets(Fault::Completed).await, (Ok(String::new()), 0));
}

#[tokio::test]
async fn broken_replies_are_no_answers() {
    for fault in [Fault::GarbageReply, Fault::TruncatedFlatBuffer] {
        let (answer, _) = meets(fault.clone()).await;
        assert!(matches!(answer, Err(ErrorKind::Malformed | ErrorKind::Timeout)), "{fault:?}: {answer:?}");
    }
}

#[tokio::test]
async fn faults_that_nobody_met_can_be_forgotten() {
    let stack = stack(|_| {}).await;
    stack.store().fault(Fault::Silent, 10);
    stack.store().heal();
    assert_eq!(ask_one(&impatient(&stack), "SELECT 1 AS x").await.unwrap(), "1");
}
