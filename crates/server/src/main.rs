//! `cubeflight`: the gateway, its demo, and small tools for people at a terminal.

mod admin;
mod check;
mod cli;
mod config;
mod demo;
mod error;
mod explain;
mod listen;
mod model;
mod run;
mod sql;
mod telemetry;
mod token;

use std::process::ExitCode;

use clap::Parser;

/// Keeps the pages of one large answer for the next: fresh ones from the system cost as much as reading it.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Deep statements are planned on these threads.
const STACK: usize = 8 << 20;

fn main() -> ExitCode {
    let command = cli::Cli::parse().command;
    // One TLS library for everything, chosen before anything connects.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().thread_stack_size(STACK).build();
    let outcome = match runtime {
        Ok(runtime) => runtime.block_on(cli::run(command)),
        Err(error) => Err(error::ServerError::Runtime(error)),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("cubeflight: {error}");
            ExitCode::FAILURE
        }
    }
}
