//! The order of start and stop.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use arrow_flight::flight_service_server::FlightServiceServer;
use auth::{Authenticator, KeyRing};
use cubestore::Budget;
use engine::{Engine, Parts};
use flight::{Served, Service};
use futures::TryFutureExt;
use semantic::Model;
use tokio::{
    signal::unix::{SignalKind, signal},
    task::JoinSet,
    time::timeout,
};
use tonic::transport::Server;
use uuid::Uuid;

use crate::{
    admin::{self, Admin},
    config::{FlightSettings, Settings},
    error::{Result, ServerError},
    listen::{self, Incoming, Listeners, Tls},
    model, telemetry,
};

/// The flags that choose ports, as the one who started the process wrote them.
pub(crate) struct Flags {
    pub(crate) flight: &'static str,
    pub(crate) admin: &'static str,
}

/// Serves with the settings until the process is asked to stop.
pub(crate) async fn serve(settings: Settings) -> Result<()> {
    telemetry::log(&settings)?;
    if settings.store.is_none() && settings.cube.is_none() {
        return Err(ServerError::Missing {
            setting: "store.url",
            why: "CubeStore; or `cube.url`, Cube's API",
        });
    }
    if settings.store.is_none() && settings.tables.manifest.is_some() {
        return Err(ServerError::Missing {
            setting: "store.url",
            why: "where the tables of `tables.manifest` are",
        });
    }
    let model = model::load(&settings)?;
    let gateway =
        Gateway::open(&settings, model, &Flags { flight: "flight.listen", admin: "admin.listen" }).await?;
    gateway.run(settings.shutdown_grace).await
}

/// Everything that is open while the process serves.
pub(crate) struct Gateway {
    pub(crate) address: std::net::SocketAddr,
    pub(crate) admin_address: std::net::SocketAddr,
    server: Server,
    listeners: Listeners,
    service: Served,
    reflection: bool,
    ready: Arc<AtomicBool>,
    /// The admin service and the watch over certificates, which end with this value.
    _tasks: JoinSet<()>,
}

impl Gateway {
    /// Connects the parts and opens the ports.
    pub(crate) async fn open(settings: &Settings, model: Arc<Model>, flags: &Flags) -> Result<Self> {
        let metrics = telemetry::metrics()?;
        let keys = Arc::new(KeyRing::new(&settings.auth.keys)?);
        if settings.auth.keys.is_empty() {
            tracing::warn!(
                "no `auth.keys`: tokens and tickets end with this process and no other one takes them"
            );
        }
        let auth = Arc::new(Authenticator::new(&settings.auth, keys)?);
        if settings.auth.insecure_no_auth {
            tracing::warn!("`insecure_no_auth`: EVERYBODY WHO REACHES THIS PORT IS LET IN");
        }
        let (listener, address) = listen::bind(settings.flight.listen, flags.flight).await?;
        let (admin_listener, admin_address) = listen::bind(settings.admin.listen, flags.admin).await?;
        let engine = engine(settings, model).await?;
        let ready = Arc::new(AtomicBool::new(true));
        let mut tasks = JoinSet::new();
        let admin = Admin { engine: engine.clone(), metrics, ready: ready.clone() };
        tasks.spawn(admin::serve(admin_listener, admin));
        let rows = usize::try_from(settings.temporary.max_message.0).unwrap_or(usize::MAX);
        let service = Served::new(Service::new(engine, auth, settings.flight.service()), rows);
        let tls = match settings.flight.tls().map(Tls::open).transpose()? {
            Some((acceptor, follow)) => {
                tasks.spawn(follow);
                Some(acceptor)
            }
            None => None,
        };
        let unix = match &settings.flight.unix_socket {
            Some(path) => Some(listen::bind_unix(path).await?),
            None => None,
        };
        let listeners = Listeners { tcp: listener, tls, unix, most: settings.flight.max_connections };
        let server = server(&settings.flight);
        let reflection = settings.flight.reflection;
        Ok(Self { address, admin_address, server, listeners, service, reflection, ready, _tasks: tasks })
    }

    /// Serves until SIGTERM or SIGINT, then lets running queries go on for `grace`.
    pub(crate) async fn run(self, grace: Duration) -> Result<()> {
        let Self { address, admin_address, mut server, listeners, service, reflection, ready, _tasks } = self;
        tracing::info!(%address, %admin_address, "serving Flight SQL");
        let (health, health_service) = tonic_health::server::health_reporter();
        health.set_serving::<FlightServiceServer<Service>>().await;
        let (stopping, mut stopped) = tokio::sync::watch::channel(());
        let asked = async move {
            signalled().await;
            tracing::info!("stopping: running queries may end, new ones are refused");
            ready.store(false, Ordering::Relaxed);
            health.set_not_serving::<FlightServiceServer<Service>>().await;
            drop(stopping);
        };
        let serving = server
            .add_service(health_service)
            .add_service(service)
            .add_optional_service(reflection.then(|| described().build_v1().expect(DESCRIBED)))
            .add_optional_service(reflection.then(|| described().build_v1alpha().expect(DESCRIBED)))
            .serve_with_incoming_shutdown(Incoming::new(listeners), asked)
            .map_err(ServerError::from);
        let late = async move {
            // The channel closes when the signal comes.
            let _ = stopped.changed().await;
            tokio::time::sleep(grace).await;
        };
        tokio::select! {
            served = serving => served?,
            () = late => tracing::warn!("queries still ran at the end of `shutdown_grace` and were cut off"),
        }
        tracing::info!("stopped");
        Ok(())
    }
}

async fn engine(settings: &Settings, model: Arc<Model>) -> Result<Engine> {
    let budget = Budget::new(usize::try_from(settings.limits.memory.0).unwrap_or(usize::MAX));
    let store =
        settings.store.clone().map(|store| cubestore::Client::new(store, budget.clone())).transpose()?;
    let cube = settings.cube.clone().map(cube_api::Client::new).transpose()?;
    let parts = Parts { config: settings.engine(), model, store, cube, budget };
    Ok(Engine::new(parts).await?)
}

/// What reflection tells of. Both its versions are served, for tools ask for the older one too.
fn described() -> tonic_reflection::server::Builder<'static> {
    tonic_reflection::server::Builder::configure()
        .register_encoded_file_descriptor_set(flight::DESCRIPTORS)
        .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
}

const DESCRIBED: &str = "the descriptors were compiled";

/// How often a silent client is asked whether it is still there, and how long it may take to answer.
const PING: (Duration, Duration) = (Duration::from_secs(30), Duration::from_secs(20));
/// Streams that a client has reset and nobody has looked at yet; more end the connection.
const PENDING_RESETS: usize = 20;

fn server(settings: &FlightSettings) -> Server {
    let server = Server::builder()
        .http2_keepalive_interval(Some(PING.0))
        .http2_keepalive_timeout(Some(PING.1))
        .http2_max_pending_accept_reset_streams(Some(PENDING_RESETS))
        .http2_max_header_list_size(settings.max_header_bytes)
        .max_concurrent_streams(settings.max_streams);
    match settings.max_connection_age {
        Some(age) => server.max_connection_age(age.mul_f64(jitter())),
        None => server,
    }
}

/// Between nine and eleven tenths, so that the clients of replicas that start together do not come back together.
fn jitter() -> f64 {
    0.9 + 0.2 * f64::from(Uuid::new_v4().as_fields().0) / f64::from(u32::MAX)
}

/// Waits for SIGTERM or SIGINT.
async fn signalled() {
    let terminate = signal(SignalKind::terminate());
    let interrupt = signal(SignalKind::interrupt());
    match (terminate, interrupt) {
        (Ok(mut terminate), Ok(mut interrupt)) => {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
        }
        _ => {
            tracing::error!("signals cannot be received; only killing the process stops it");
            std::future::pending::<()>().await;
        }
    }
}

/// Waits for something that stops by itself, but not forever.
pub(crate) async fn at_most(limit: Duration, stopping: impl Future<Output = ()>) {
    if timeout(limit, stopping).await.is_err() {
        tracing::warn!("the dev stack did not stop in time");
    }
}
