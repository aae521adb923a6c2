//! Logs and metrics of the process.

use std::fmt;

use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use tracing::{Event, Subscriber};
use tracing_subscriber::{
    EnvFilter,
    fmt::{
        FmtContext, FormatEvent, FormatFields,
        format::{self, Writer},
    },
    layer::SubscriberExt,
    registry::LookupSpan,
    util::SubscriberInitExt,
};

use crate::{
    config::{LogFormat, Settings},
    error::{Result, ServerError},
};

/// Edges of the histograms of durations, in seconds.
const SECONDS: [f64; 14] =
    [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0, 60.0, 300.0];

/// Starts logging to the standard error.
pub(crate) fn log(settings: &Settings) -> Result<()> {
    let filter = EnvFilter::try_new(&settings.log).map_err(|error| ServerError::Log(error.to_string()))?;
    let node = settings.node_id.clone();
    let registry = tracing_subscriber::registry().with(filter);
    let layer = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
    match settings.log_format {
        LogFormat::Text => {
            let inner = tracing_subscriber::fmt::format().with_ansi(false);
            registry.with(layer.with_ansi(false).event_format(Text { node, inner })).init();
        }
        LogFormat::Json => {
            let inner = tracing_subscriber::fmt::format().json().flatten_event(true);
            let fields = format::JsonFields::new();
            registry.with(layer.fmt_fields(fields).event_format(Json { node, inner })).init();
        }
    }
    Ok(())
}

/// Starts counting.
pub(crate) fn metrics() -> Result<PrometheusHandle> {
    let failed = |error: metrics_exporter_prometheus::BuildError| ServerError::Metrics(error.to_string());
    let builder = PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), &SECONDS)
        .map_err(failed)?;
    let handle = builder.install_recorder().map_err(failed)?;
    engine::describe_metrics();
    cubestore::describe_metrics();
    flight::describe_metrics();
    cube_api::describe_metrics();
    Ok(handle)
}

/// Text lines that name the process.
struct Text {
    node: String,
    inner: format::Format<format::Full>,
}

/// JSON lines that name the process. Its name needs no escaping: the settings allow letters, digits and hyphens.
struct Json {
    node: String,
    inner: format::Format<format::Json>,
}

impl<S, N> FormatEvent<S, N> for Text
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'w> FormatFields<'w> + 'static,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, N>,
        mut out: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        write!(out, "node_id={} ", self.node)?;
        self.inner.format_event(context, out, event)
    }
}

impl<S, N> FormatEvent<S, N> for Json
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'w> FormatFields<'w> + 'static,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, N>,
        mut out: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let mut line = String::new();
        self.inner.format_event(context, Writer::new(&mut line), event)?;
        match line.strip_prefix('{') {
            Some(rest) => write!(out, "{{\"node_id\":\"{}\",{rest}", self.node),
            None => out.write_str(&line),
        }
    }
}
