//! Gateways as child processes, the stacks that they ask, and clients.

mod client;
mod gateway;
mod ingest;
mod rows;
mod stack;

pub(crate) use client::{Client, bearer, said, status_said};
pub(crate) use gateway::{Gateway, Settings, binary};
pub(crate) use ingest::{created, messages};
pub(crate) use rows::{Cell, Rows};
pub(crate) use stack::{
    ABSENT, SECRET, Stacks, Wire, hostile_model, hostile_stacks, own_stack, scale_one, stack_over, stacks,
    token,
};
