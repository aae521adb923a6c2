//! The admin service: is it alive, is it ready, what does it count.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use axum::{Router, extract::State, http::StatusCode, routing::get};
use engine::Engine;
use metrics_exporter_prometheus::PrometheusHandle;
use tokio::net::TcpListener;

/// What the answers are made of.
#[derive(Clone)]
pub(crate) struct Admin {
    pub(crate) engine: Engine,
    pub(crate) metrics: PrometheusHandle,
    /// False while the process stops.
    pub(crate) ready: Arc<AtomicBool>,
}

/// Serves until it is dropped.
pub(crate) async fn serve(listener: TcpListener, admin: Admin) {
    let routes = Router::new()
        .route("/livez", get(|| async { "ok\n" }))
        .route("/readyz", get(ready))
        .route("/metrics", get(metrics))
        .with_state(admin);
    if let Err(error) = axum::serve(listener, routes).await {
        tracing::error!(%error, "the admin service stopped");
    }
}

// Ready does not ask the store or Cube: one of them may be away while the other road is open.
async fn ready(State(admin): State<Admin>) -> (StatusCode, &'static str) {
    if admin.ready.load(Ordering::Relaxed) {
        (StatusCode::OK, "ok\n")
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, "stopping\n")
    }
}

async fn metrics(State(admin): State<Admin>) -> String {
    admin.engine.observe();
    admin.metrics.run_upkeep();
    admin.metrics.render()
}
