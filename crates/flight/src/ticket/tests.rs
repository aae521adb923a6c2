//! A ticket that was changed in any bit, cut, made longer, given to somebody else or kept for too long opens nothing.

use std::sync::Arc;

use auth::{Caller, KeyRing, Purpose, SessionOptions, Upstream};
use chrono::{DateTime, SubsecRound, TimeDelta, Utc};
use semantic::SecurityContext;
use serde_json::{Map, json};

use super::{Statement, Ticket};
use crate::{authn::Call, session::Session, status::CallError};

fn call(principal: &str, tenant: i64, now: DateTime<Utc>) -> Call {
    let claims: Map<_, _> = [("tenant".to_owned(), json!(tenant))].into_iter().collect();
    let context = SecurityContext::new(claims);
    let caller = Caller {
        principal: principal.to_owned(),
        context: context.clone(),
        upstream: Upstream::None,
        expires: None,
        session: SessionOptions::new(),
    };
    let engine_caller =
        engine::Caller { principal: Arc::from(principal), context, credential: None, place: None };
    let (session, request_id) = (Session::default(), Arc::from("test"));
    Call { caller, engine_caller, session, unaware: false, compression: None, request_id, timeout: None, now }
}

fn is_refused(ticket: &[u8], call: &Call, keys: &KeyRing) -> bool {
    matches!(Ticket::open(ticket, call, keys), Err(CallError::Ticket))
}

#[test]
fn two_hundred_tickets_changed_in_every_bit() {
    let keys = KeyRing::new(&[]).unwrap();
    // Tickets hold milliseconds.
    let now = Utc::now().trunc_subsecs(3);
    let ann = call("ann", 7, now);
    let mut tried = 0;
    for number in 0..200 {
        let sql = Arc::from(format!("SELECT {number}"));
        let statement = Statement { sql, parameters: None, session: Session::default() };
        let ticket = statement.ticket(now, &arrow_schema::Schema::empty());
        let good = ticket.seal(&ann, &keys, now + TimeDelta::seconds(60)).unwrap();
        assert_eq!(Ticket::open(&good, &ann, &keys).unwrap(), ticket);
        for bit in 0..good.len() * 8 {
            let mut flipped = good.to_vec();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert!(is_refused(&flipped, &ann, &keys), "bit {bit}");
            tried += 1;
        }
        assert!((0..good.len()).all(|length| is_refused(&good[..length], &ann, &keys)));
        assert!(is_refused(&[&good[..], &[0]].concat(), &ann, &keys));
        for other in [call("bob", 7, now), call("ann", 8, now), call("ann", 7, now + TimeDelta::seconds(60))]
        {
            assert!(is_refused(&good, &other, &keys));
        }
        assert!(is_refused(&good, &ann, &KeyRing::new(&[]).unwrap()));
        // A handle holds the same question and is no ticket.
        let handle = keys.open(Purpose::Ticket, &good).map(|plain| keys.seal(Purpose::Handle, &plain));
        assert!(is_refused(&handle.unwrap(), &ann, &keys));
    }
    assert!(tried > 200 * 1_000, "{tried}");
}
