//! Room on the stack for statements that are long chains of operators: they become trees as deep as the chain.

use std::{
    pin::Pin,
    task::{Context, Poll},
};

/// Trees of this depth fit any thread's stack.
const SHALLOW: usize = 50;

/// Room for the deepest tree that the grammar lets through; what is not used is never touched.
const STACK: usize = 256 << 20;

/// Runs `f` with room for trees of this depth.
pub(super) fn deep<T>(depth: usize, f: impl FnOnce() -> T) -> T {
    if depth <= SHALLOW { f() } else { stacker::maybe_grow(STACK / 2, STACK, f) }
}

/// A future that works on trees of some depth.
pub(super) struct Deep<F> {
    depth: usize,
    inner: Option<Pin<Box<F>>>,
}

impl<F> Deep<F> {
    pub(super) fn new(depth: usize, inner: F) -> Self {
        Self { depth, inner: Some(Box::pin(inner)) }
    }
}

impl<F: Future> Future for Deep<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let depth = self.depth;
        let inner = self.inner.as_mut().expect("only dropping takes it");
        deep(depth, || inner.as_mut().poll(context))
    }
}

// A query that is given up still holds its trees.
impl<F> Drop for Deep<F> {
    fn drop(&mut self) {
        let inner = self.inner.take();
        deep(self.depth, || drop(inner));
    }
}
