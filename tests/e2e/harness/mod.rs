//! Gateways as child processes, the stacks that they ask, and clients.

mod client;
mod gateway;
mod rows;
mod stack;

pub(crate) use client::{Answer, Client};
pub(crate) use gateway::{Gateway, Settings, binary};
pub(crate) use rows::{Cell, Rows};
pub(crate) use stack::{ABSENT, SECRET, Wire, own_stack, stacks, token};
