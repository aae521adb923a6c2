//! `cubeflight sql`: one statement over Flight SQL, its rows on the standard output.

use std::io::{Write, stdout};

use arrow::{
    array::RecordBatch, csv, ipc::writer::StreamWriter, json::LineDelimitedWriter,
    util::pretty::pretty_format_batches,
};
use arrow_flight::{error::FlightError, sql::client::FlightSqlServiceClient};
use futures::TryStreamExt;
use tonic::transport::{Channel, ClientTlsConfig, Endpoint};

use crate::{
    cli::{Format, SqlArgs},
    demo,
    error::{Result, ServerError},
    token,
};

pub(crate) async fn run(args: &SqlArgs) -> Result<()> {
    let mut client = FlightSqlServiceClient::new(connect(&args.url).await?);
    client.set_token(bearer(args)?);
    let info = client.execute(args.statement.clone(), None).await.map_err(told)?;
    let schema = std::sync::Arc::new(info.clone().try_decode_schema().map_err(failed)?);
    let mut batches = Vec::new();
    for endpoint in info.endpoint {
        let ticket =
            endpoint.ticket.ok_or_else(|| ServerError::Query("an endpoint has no ticket".to_owned()))?;
        let rows = client.do_get(ticket).await.map_err(told)?;
        batches.extend(rows.try_collect::<Vec<RecordBatch>>().await.map_err(told)?);
    }
    if batches.is_empty() {
        batches.push(RecordBatch::new_empty(schema));
    }
    print(&batches, args.format)
}

async fn connect(url: &str) -> Result<Channel> {
    let (address, tls) = match url.split_once("://") {
        Some(("grpc" | "grpc+tcp", rest)) => (format!("http://{rest}"), false),
        Some(("grpc+tls", rest)) => (format!("https://{rest}"), true),
        _ => {
            return Err(ServerError::Query(format!(
                "`{url}`: write grpc://host:port or grpc+tls://host:port"
            )));
        }
    };
    let endpoint = Endpoint::new(address).map_err(failed)?;
    let endpoint = if tls {
        endpoint.tls_config(ClientTlsConfig::new().with_enabled_roots()).map_err(failed)?
    } else {
        endpoint
    };
    endpoint.connect().await.map_err(|error| ServerError::Query(format!("no gateway at {url}: {error}")))
}

fn bearer(args: &SqlArgs) -> Result<String> {
    match &args.token {
        Some(token) => Ok(token.clone()),
        None => {
            let secret = demo::secret(&args.data_dir).map_err(|_| ServerError::Missing {
                setting: "--token",
                why: "no demo was started in this folder whose token could be used",
            })?;
            Ok(token::token(&secret, r#"{"sub":"demo"}"#, 300)?.expose().to_owned())
        }
    }
}

fn print(batches: &[RecordBatch], format: Format) -> Result<()> {
    let mut out = stdout().lock();
    match format {
        Format::Table => writeln!(out, "{}", pretty_format_batches(batches).map_err(failed)?).map_err(failed),
        Format::Csv => {
            let mut writer = csv::Writer::new(out);
            batches.iter().try_for_each(|batch| writer.write(batch)).map_err(failed)
        }
        Format::Json => {
            let mut writer = LineDelimitedWriter::new(out);
            batches.iter().try_for_each(|batch| writer.write(batch)).map_err(failed)?;
            writer.finish().map_err(failed)
        }
        Format::Arrow => {
            let mut writer = StreamWriter::try_new(out, &batches[0].schema()).map_err(failed)?;
            batches.iter().try_for_each(|batch| writer.write(batch)).map_err(failed)?;
            writer.finish().map_err(failed)
        }
    }
}

// The gateway's own words, without those of the transport around them.
fn told(error: FlightError) -> ServerError {
    match error {
        FlightError::Tonic(status) => ServerError::Query(status.message().to_owned()),
        other => failed(other),
    }
}

fn failed(error: impl std::error::Error) -> ServerError {
    ServerError::Query(error.to_string())
}
