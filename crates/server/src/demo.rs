//! The gateway over TPC-H on the dev stack: real servers, real wire, one process.

use std::{
    fs,
    io::Write,
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    time::Duration,
};

use auth::Secret;
use embedded::{ModelFiles, Stack, store};
use url::Url;
use uuid::Uuid;

use crate::{
    cli::{DemoArgs, StoreFormat},
    config::{AdminSettings, FlightSettings, ModelSettings, Settings},
    error::{Result, ServerError},
    run::{self, Flags, Gateway},
    telemetry,
};

/// Generates what is missing, starts everything, serves until asked to stop.
pub(crate) async fn run(args: &DemoArgs) -> Result<()> {
    let secret = kept_secret(&args.data_dir)?;
    let mut settings = settings(args, &secret);
    telemetry::log(&settings)?;
    let stack = embedded::start(stack_config(args, &secret)).await?;
    settings.store =
        Some(cubestore::Config { url: url(&stack.store_url())?, ..cubestore::Config::default() });
    settings.cube = Some(cube_api::Config { url: url(&stack.cube_url())?, ..cube_api::Config::default() });
    settings.tables.manifest = Some(stack.manifest_path());
    let flags = Flags { flight: "--port", admin: "--admin-port" };
    let gateway = Gateway::open(&settings, stack.model().clone(), &flags).await?;
    greet(&gateway, &stack, args);
    let served = gateway.run(settings.shutdown_grace).await;
    run::at_most(Duration::from_secs(5), stack.shutdown()).await;
    served
}

/// The secret that tokens of the demo in `data_dir` are signed with.
pub(crate) fn secret(data_dir: &Path) -> Result<Secret> {
    let path = secret_path(data_dir);
    let text = fs::read_to_string(&path).map_err(|error| ServerError::File { path, error })?;
    Ok(Secret::new(text.trim()))
}

fn secret_path(data_dir: &Path) -> PathBuf {
    data_dir.join("secret")
}

/// Makes the secret at the first start, for nobody else to read.
fn kept_secret(data_dir: &Path) -> Result<Secret> {
    let path = secret_path(data_dir);
    if !path.exists() {
        let failed = |error| ServerError::File { path: path.clone(), error };
        fs::create_dir_all(data_dir).map_err(failed)?;
        let mut file =
            fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path).map_err(failed)?;
        let text = format!("{}{}", Uuid::new_v4().simple(), Uuid::new_v4().simple());
        file.write_all(text.as_bytes()).map_err(failed)?;
    }
    secret(data_dir)
}

fn settings(args: &DemoArgs, secret: &Secret) -> Settings {
    Settings {
        node_id: "demo".to_owned(),
        shutdown_grace: Duration::from_secs(5),
        model: ModelSettings::default(),
        access: engine::Access { rules: Some(engine::Rules::Model), ..engine::Access::default() },
        auth: auth::Config {
            jwt_secret: Some(secret.clone()),
            insecure_no_auth: args.insecure_no_auth,
            ..auth::Config::default()
        },
        flight: FlightSettings { listen: ([127, 0, 0, 1], args.port).into(), ..FlightSettings::default() },
        admin: AdminSettings { listen: ([127, 0, 0, 1], args.admin_port).into() },
        ..Settings::default()
    }
}

fn stack_config(args: &DemoArgs, secret: &Secret) -> embedded::Config {
    let version = (args.store_version != "none").then(|| args.store_version.clone());
    let format = match args.format {
        StoreFormat::Auto => store::Format::Auto,
        StoreFormat::Text => store::Format::Text,
        StoreFormat::Arrow => store::Format::Arrow,
    };
    embedded::Config {
        data_dir: args.data_dir.clone(),
        scale: args.scale,
        model: ModelFiles::Demo,
        store: store::Config { format, version, ..store::Config::default() },
        cube: embedded::api::Config {
            secret: cubestore::Secret::new(secret.expose()),
            ..embedded::api::Config::default()
        },
        ..embedded::Config::default()
    }
}

fn url(text: &str) -> Result<Url> {
    text.parse().map_err(|_| ServerError::Query(format!("`{text}` is no address")))
}

fn greet(gateway: &Gateway, stack: &Stack, args: &DemoArgs) {
    let data_dir = args.data_dir.display();
    eprintln!("Flight SQL   grpc://{}", gateway.address);
    eprintln!("admin        http://{}", gateway.admin_address);
    eprintln!("CubeStore    {} (embedded)", stack.store_url());
    eprintln!("Cube API     {} (embedded)", stack.cube_url());
    eprintln!("a token      cubeflight token --demo --data-dir {data_dir}");
    eprintln!("a query      cubeflight sql \"SELECT returnflag, MEASURE(revenue) FROM sales GROUP BY 1\"");
}
