//! Measures the gateway against what it cannot beat, on the machine at hand: `make bench` prints the table of
//! `docs/performance.md`.
//!
//! Every number comes from the run that prints it, and the two sides of a ratio take turns.

mod bare;
mod data;
mod fixture;
mod gateway;
mod measure;
mod prebuilt;
mod reader;
mod record;
mod replay;
mod report;
mod stand;
mod timing;
mod verify;

use std::process::ExitCode;

use embedded::store::Format;

use fixture::Fixture;
use report::Report;
use stand::Stand;

/// The gateway's, so that the other side of a ratio does not pay for another.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// A program that runs for a minute at a terminal has one thing to do with an error: print it.
type Error = Box<dyn std::error::Error + Send + Sync>;
type Result<T, E = Error> = std::result::Result<T, E>;

/// As much as the gateway's threads have.
const STACK: usize = 8 << 20;

fn main() -> ExitCode {
    tracing_subscriber::fmt().with_env_filter("warn").with_writer(std::io::stderr).init();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().thread_stack_size(STACK).build();
    let outcome = runtime.map_err(Error::from).and_then(|runtime| runtime.block_on(run()));
    match outcome {
        Ok(report) => {
            print!("{report}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("bench: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<Report> {
    let fixture = Fixture::new()?;
    let mut report = Report::default();
    eprintln!("planning ...");
    measure::planning(&fixture, &mut report).await?;
    measure::statements(&mut report)?;
    measure::choice(&mut report)?;
    for format in [Format::Text, Format::Arrow] {
        eprintln!("{format:?}: generating {} rows, starting store and gateway ...", data::ROWS);
        let mut stand = Stand::start(&fixture, format).await?;
        if format == Format::Text {
            eprintln!("decoding ...");
            measure::decode(&stand, &mut report).await?;
            eprintln!("small queries ...");
            measure::small(&mut stand, &mut report).await?;
        }
        eprintln!("reading ...");
        measure::road(&mut stand, &mut report).await?;
        eprintln!("memory ...");
        measure::memory(&fixture, &stand, &mut report).await?;
    }
    let fixture = Fixture::by_month()?;
    for format in [Format::Text, Format::Arrow] {
        eprintln!("{format:?}: reading in parts ...");
        measure::parts(&fixture, format, &mut report).await?;
    }
    Ok(report)
}
