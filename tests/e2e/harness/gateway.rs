//! `cubeflight serve` as a child process.

use std::{
    fs,
    io::{BufRead, BufReader},
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    sync::{Arc, Mutex, mpsc},
    thread::JoinHandle,
    time::Duration,
};

use embedded::Stack;
use serde_json::Value;
use tempfile::TempDir;

use super::{SECRET, client::Client, token};

/// The program under test.
pub(crate) fn binary() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cubeflight"));
    command.env_clear();
    command
}

/// Lines of TOML on top of a test's own.
#[derive(Debug, Clone, Default)]
pub(crate) struct Settings {
    lines: String,
    /// The data model, when it is not the demo's.
    model: Option<PathBuf>,
}

impl Settings {
    /// Rollups from the stack's store under the model's rules, everything else from its Cube API.
    pub(crate) fn both_roads(stack: &Stack) -> Self {
        Self::rollups(stack).and(&Self::cube(&stack.cube_url()))
    }

    /// Rollups only.
    pub(crate) fn rollups(stack: &Stack) -> Self {
        Self::rollups_at(&stack.store_url(), stack)
    }

    /// Rollups only, from a store at this address.
    pub(crate) fn rollups_at(url: &str, stack: &Stack) -> Self {
        let manifest = stack.manifest_path();
        let manifest = manifest.display();
        let lines = format!(
            "access.rules = \"model\"\ntables.manifest = \"{manifest}\"\nstore.url = \"{url}\"\n\
             store.connect_attempts = 2\n"
        );
        Self::default().with(&lines)
    }

    /// Cube's API only.
    pub(crate) fn cube(url: &str) -> Self {
        Self::default().with(&format!("cube.url = \"{url}\""))
    }

    /// Over another data model than the demo's.
    pub(crate) fn over(self, model: &Path) -> Self {
        Self { model: Some(model.to_owned()), ..self }
    }

    /// For long runs: a call that is sent as its connection ends is lost to this client, which does not send it again.
    pub(crate) fn on_one_connection(self) -> Self {
        self.with("flight.max_connection_age = \"1d\"")
    }

    /// With answers in as many parts as there may be, however small.
    pub(crate) fn in_parts(self) -> Self {
        self.with("flight.endpoints = 64\nflight.endpoint_rows = 0")
    }

    /// With more lines.
    pub(crate) fn with(mut self, lines: &str) -> Self {
        self.lines.push_str(lines);
        self.lines.push('\n');
        self
    }

    fn and(self, other: &Self) -> Self {
        self.with(&other.lines)
    }
}

/// A running gateway; killed when it is dropped.
pub(crate) struct Gateway {
    child: Child,
    address: SocketAddr,
    admin: SocketAddr,
    log: Arc<Mutex<Vec<Value>>>,
    reader: Option<JoinHandle<()>>,
    _dir: TempDir,
}

impl Gateway {
    /// Starts one and waits until it serves.
    pub(crate) fn start(settings: &Settings) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let config = dir.path().join("cubeflight.toml");
        fs::write(&config, Self::toml(settings)).unwrap();
        let mut command = binary();
        command.arg("serve").arg("--config").arg(&config).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let log = Arc::new(Mutex::new(Vec::new()));
        let (serving, addresses) = mpsc::channel();
        let kept = log.clone();
        let reader = std::thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                // What stops a gateway from starting is no line of its log.
                let line = serde_json::from_str(&line).unwrap_or(Value::String(line));
                // Nobody waits for the addresses any more when the test has given up.
                let _ = listening(&line).map(|addresses| serving.send(addresses));
                kept.lock().unwrap().push(line);
            }
        });
        let (address, admin) = addresses
            .recv_timeout(Duration::from_secs(60))
            .unwrap_or_else(|_| panic!("the gateway does not serve: {:#?}", log.lock().unwrap()));
        Self { child, address, admin, log, reader: Some(reader), _dir: dir }
    }

    /// Everything that `serve` needs beside the test's own settings.
    fn toml(settings: &Settings) -> String {
        let demo = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../embedded/demo/model");
        let model = settings.model.clone().unwrap_or_else(demo);
        let model = model.display();
        format!(
            "log_format = \"json\"\nshutdown_grace = \"5s\"\nmodel.path = \"{model}\"\n\
             flight.listen = \"127.0.0.1:0\"\nadmin.listen = \"127.0.0.1:0\"\n\
             auth.jwt_secret = \"{SECRET}\"\n{}",
            settings.lines
        )
    }

    /// Where it serves Flight SQL.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// The process.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// `grpc://127.0.0.1:port`
    pub(crate) fn url(&self) -> String {
        format!("grpc://{}", self.address)
    }

    /// A client with a good token.
    pub(crate) async fn client(&self) -> Client {
        // Longer than the long run.
        self.client_with(&token("tests", 86_400)).await
    }

    /// A client with this token.
    pub(crate) async fn client_with(&self, token: &str) -> Client {
        Client::connect(self.address, token).await
    }

    /// What the admin service answers.
    pub(crate) async fn admin(&self, path: &str) -> (u16, String) {
        let answer = reqwest::get(format!("http://{}{path}", self.admin)).await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    }

    /// The sum of a metric's values whose labels contain `label`.
    pub(crate) async fn metric(&self, name: &str, label: &str) -> f64 {
        let (_, text) = self.admin("/metrics").await;
        let lines = text.lines().filter(|line| line.split(['{', ' ']).next() == Some(name));
        let values = lines.filter(|line| line.contains(label)).filter_map(|line| line.rsplit(' ').next());
        values.map(|value| value.parse::<f64>().unwrap()).sum()
    }

    /// Log lines with this message.
    pub(crate) fn logged(&self, message: &str) -> Vec<Value> {
        let log = self.log.lock().unwrap();
        let text = |line: &Value| line["message"].as_str().unwrap_or_default().to_owned();
        log.iter().filter(|line| text(line).contains(message)).cloned().collect()
    }

    /// The same, as soon as there is one: what the process wrote may still be on its way.
    pub(crate) async fn logged_soon(&self, message: &str) -> Vec<Value> {
        for _ in 0..200 {
            let lines = self.logged(message);
            if !lines.is_empty() {
                return lines;
            }
            tokio::time::sleep(std::time::Duration::from_millis(25)).await;
        }
        Vec::new()
    }

    /// The last line that warns of something.
    pub(crate) fn last_warning(&self) -> Option<Value> {
        let log = self.log.lock().unwrap();
        log.iter().rev().find(|line| line["level"] == "WARN" || line["level"] == "ERROR").cloned()
    }

    /// True while the process lives.
    pub(crate) fn lives(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }

    /// Asks the process to stop.
    pub(crate) fn terminate(&self) {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
    }

    /// Waits until it has stopped.
    pub(crate) fn wait(mut self) -> ExitStatus {
        let status = self.child.wait().unwrap();
        self.reader.take().map(JoinHandle::join);
        status
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        // It may have stopped already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn listening(line: &Value) -> Option<(SocketAddr, SocketAddr)> {
    let of = |name: &str| line[name].as_str()?.parse().ok();
    (line["message"] == "serving Flight SQL").then_some(())?;
    Some((of("address")?, of("admin_address")?))
}
