//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::{check, config, demo, error::Result, explain, run, sql, token};

/// Arrow Flight SQL for Cube.
#[derive(Debug, Parser)]
#[command(name = "cubeflight", version, about)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Start the gateway over TPC-H data on an embedded store and an embedded Cube API.
    Demo(DemoArgs),
    /// Start the gateway.
    Serve(ServeArgs),
    /// Tell which pre-aggregations of a data model are built and never read.
    Check(CheckArgs),
    /// Tell which pre-aggregation queries would be answered from, without a store or a Cube.
    Explain(ExplainArgs),
    /// Run one statement and print its rows.
    Sql(SqlArgs),
    /// Print a bearer token.
    Token(TokenArgs),
}

#[derive(Debug, Args)]
pub(crate) struct DemoArgs {
    /// TPC-H's scale factor; 1 is a gigabyte of data.
    #[arg(long, default_value_t = 0.1)]
    pub(crate) scale: f64,
    /// Port of the Flight SQL service on the loopback interface; 0 takes a free one.
    #[arg(long, default_value_t = 31337)]
    pub(crate) port: u16,
    /// Port of the admin service on the loopback interface; 0 takes a free one.
    #[arg(long, default_value_t = 0)]
    pub(crate) admin_port: u16,
    /// How the embedded store answers: in rows of text as old stores do, in Arrow as new ones do, or as its version says.
    #[arg(long, value_enum, default_value_t = StoreFormat::Auto)]
    pub(crate) format: StoreFormat,
    /// The version that the embedded store plays; `none` plays one from before versions were told.
    #[arg(long, default_value = "1.7.43")]
    pub(crate) store_version: String,
    /// Where data, rollups and the token's secret are kept.
    #[arg(long, default_value = ".cubeflight")]
    pub(crate) data_dir: PathBuf,
    /// Let everybody in without a credential.
    #[arg(long)]
    pub(crate) insecure_no_auth: bool,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum StoreFormat {
    Auto,
    Text,
    Arrow,
}

#[derive(Debug, Args)]
pub(crate) struct ServeArgs {
    /// The settings, in TOML.
    #[arg(long)]
    pub(crate) config: Option<PathBuf>,
    /// Print the settings as they are understood, secrets masked, and stop.
    #[arg(long)]
    pub(crate) print_config: bool,
}

#[derive(Debug, Args)]
pub(crate) struct CheckArgs {
    /// The data model: a directory, or one file.
    #[arg(long)]
    pub(crate) model: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct ExplainArgs {
    /// One question per line: `{"id": .., "query": {..}}` or `{"id": .., "sql": ".."}`; `-` is the standard input.
    pub(crate) file: PathBuf,
    /// The data model: a directory, or one file.
    #[arg(long)]
    pub(crate) model: PathBuf,
    /// As which planner to choose.
    #[arg(long, value_enum, default_value_t = Mode::Best)]
    pub(crate) mode: Mode,
    /// The zone of questions that name none.
    #[arg(long, default_value = "UTC")]
    pub(crate) zone: chrono_tz::Tz,
    /// The schema of the logical tables.
    #[arg(long, default_value = "prod_pre_aggregations")]
    pub(crate) schema: String,
    /// Stop when a file of the data model cannot be read, instead of leaving it out.
    #[arg(long)]
    pub(crate) strict: bool,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum Mode {
    /// As Cube does: the first that fits, ranges cut through bins where that is allowed.
    Cube,
    /// The cheapest that fits exactly.
    Best,
}

#[derive(Debug, Args)]
pub(crate) struct SqlArgs {
    /// The statement.
    pub(crate) statement: String,
    /// Address of the gateway.
    #[arg(long, default_value = "grpc://127.0.0.1:31337")]
    pub(crate) url: String,
    /// A bearer token; by default that of the demo in this folder, if one was started here.
    #[arg(long)]
    pub(crate) token: Option<String>,
    /// How rows are printed.
    #[arg(long, value_enum, default_value_t = Format::Table)]
    pub(crate) format: Format,
    /// Where the demo keeps its secret.
    #[arg(long, default_value = ".cubeflight")]
    pub(crate) data_dir: PathBuf,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum Format {
    /// A table for people.
    Table,
    /// CSV with a header.
    Csv,
    /// One JSON object per line.
    Json,
    /// An Arrow IPC stream.
    Arrow,
}

#[derive(Debug, Args)]
pub(crate) struct TokenArgs {
    /// For the demo that was started in this folder.
    #[arg(long)]
    pub(crate) demo: bool,
    /// The settings that hold `auth.jwt_secret`.
    #[arg(long)]
    pub(crate) config: Option<PathBuf>,
    /// The claims, as a JSON object.
    #[arg(long, default_value = r#"{"sub":"demo"}"#)]
    pub(crate) claims: String,
    /// How long the token lives, in seconds.
    #[arg(long, default_value_t = 24 * 3600)]
    pub(crate) ttl: u32,
    /// Where the demo keeps its secret.
    #[arg(long, default_value = ".cubeflight")]
    pub(crate) data_dir: PathBuf,
}

/// Does what the command line asks for.
pub(crate) async fn run(command: Command) -> Result<()> {
    match command {
        Command::Demo(args) => demo::run(&args).await,
        Command::Serve(args) => {
            let settings = config::load(args.config.as_deref())?;
            if args.print_config {
                print!("{}", config::printed(&settings)?);
                return Ok(());
            }
            run::serve(settings).await
        }
        Command::Check(args) => check::run(&args),
        Command::Explain(args) => explain::run(&args),
        Command::Sql(args) => sql::run(&args).await,
        Command::Token(args) => token::run(&args),
    }
}
