//! The gate over a network that delivers in pieces of any size.

use std::collections::VecDeque;

use bytes::Bytes;
use futures::FutureExt;
use proptest::prelude::*;
use tokio::io::AsyncReadExt;

use super::*;
use crate::client::Lane;
use crate::codec::reply::completed;
use crate::codec::request::Query;

const HEAD: &[u8] = b"HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\n\r\n";

/// Delivers given pieces.
struct Pieces(VecDeque<Bytes>);

impl AsyncRead for Pieces {
    fn poll_read(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        out: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if let Some(mut piece) = self.0.pop_front() {
            out.put_slice(&piece.split_to(out.remaining().min(piece.len())));
            if !piece.is_empty() {
                self.0.push_front(piece);
            }
        }
        Poll::Ready(Ok(()))
    }
}

/// An unmasked binary frame.
fn frame(payload: &[u8]) -> Vec<u8> {
    let mut frame = vec![0x82];
    match payload.len() {
        len @ ..126 => frame.push(len as u8),
        len => {
            frame.push(127);
            frame.extend_from_slice(&(len as u64).to_be_bytes());
        }
    }
    frame.extend_from_slice(payload);
    frame
}

fn gate(input: &[u8], sizes: &[usize], pending: &Arc<Pending>) -> Gate<Pieces> {
    let mut input = Bytes::copy_from_slice(input);
    let mut pieces = VecDeque::new();
    for size in sizes.iter().cycle() {
        if input.is_empty() {
            break;
        }
        pieces.push_back(input.split_to((*size).min(input.len())));
    }
    let budget = Budget::new(1 << 20);
    let rules = Rules { limit: 1 << 20, budget, wait: Duration::ZERO, pending: pending.clone() };
    Gate::new(Pieces(pieces), rules)
}

fn read(gate: &mut Gate<Pieces>, buffer: &mut [u8]) -> io::Result<usize> {
    gate.read(buffer).now_or_never().expect("the pieces are all there")
}

/// What each read of the library gets.
fn reads(gate: &mut Gate<Pieces>) -> Vec<Vec<u8>> {
    let mut reads = Vec::new();
    loop {
        let mut buffer = vec![0; 1 << 20];
        let read = read(gate, &mut buffer).expect("nothing is refused");
        if read == 0 {
            return reads;
        }
        buffer.truncate(read);
        reads.push(buffer);
    }
}

#[test]
fn a_read_ends_where_a_header_or_a_payload_ends() {
    let pending = Arc::new(Pending::new(Lane::Small, 1));
    let rubbish = vec![0xff; 100_000];
    let input = [HEAD, &frame(&rubbish), &[0x8a, 0], &frame(&[])].concat();
    let mut gate = gate(&input, &[usize::MAX], &pending);
    let reads = reads(&mut gate);
    assert_eq!(reads[0], HEAD);
    assert_eq!(reads[1], frame(&rubbish)[..10], "the header alone");
    let end = reads.iter().rposition(|read| read == &[0x8a, 0]).expect("the pong");
    assert_eq!(reads[2..end].concat(), rubbish);
    assert_eq!(reads[end + 1..], [[0x82, 0]]);
    assert_eq!(gate.take_admitted().map(|held| held.bytes()), Some(100_000));
    assert_eq!(gate.received(), input.len() as u64);
}

#[test]
fn a_message_that_nobody_waits_for_never_reaches_the_library() {
    let pending = Arc::new(Pending::new(Lane::Small, 5));
    let _wanted = pending.submit(Query::new("x")).expect("it is open");
    let input = [HEAD, &frame(&completed(4, None)), &frame(&completed(5, None))].concat();
    let passed = reads(&mut gate(&input, &[usize::MAX], &pending)).concat();
    assert_eq!(passed, [HEAD, &frame(&completed(5, None))].concat());
}

#[test]
fn a_control_frame_that_is_too_long_is_an_error() {
    let pending = Arc::new(Pending::new(Lane::Small, 1));
    let mut gate = gate(&[HEAD, &[0x8a, 126, 0, 126]].concat(), &[usize::MAX], &pending);
    let mut buffer = [0; 1024];
    assert_eq!(read(&mut gate, &mut buffer).expect("the head"), HEAD.len());
    assert_eq!(read(&mut gate, &mut buffer).expect_err("too long").kind(), io::ErrorKind::InvalidData);
}

proptest! {
    #[test]
    fn it_does_not_matter_how_the_network_cuts(
        payloads in proptest::collection::vec(proptest::collection::vec(0xf0_u8..=0xff, 0..600), 0..6),
        sizes in proptest::collection::vec(1_usize..700, 1..8),
    ) {
        let pending = Arc::new(Pending::new(Lane::Small, 1));
        let frames: Vec<u8> = payloads.iter().flat_map(|payload| frame(payload)).collect();
        let input = [HEAD, &frames].concat();
        let mut gate = gate(&input, &sizes, &pending);
        prop_assert_eq!(reads(&mut gate).concat(), input);
        let held = gate.take_admitted().map_or(0, |held| held.bytes());
        prop_assert_eq!(held, payloads.concat().len());
    }
}
