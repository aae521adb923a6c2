//! Stacks on stores that answer in text and in Arrow: TPC-H at scale 0.01, and rows that are hard to carry.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::{LazyLock, OnceLock},
};

use auth::Secret;
use chrono::{TimeDelta, Utc};
use embedded::{Config, ModelFiles, Stack, store};
use serde_json::{Map, json};
use tokio::runtime::Runtime;

/// What the tokens of every test are signed with.
pub(crate) const SECRET: &str = "the-tests-sign-with-this-secret-0123456789";

/// A port on which nobody listens.
pub(crate) const ABSENT: &str = "127.0.0.1:9";

/// How a store answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wire {
    /// Rows of text, parameters ignored: a store from before versions were told.
    Old,
    /// Arrow.
    Arrow,
}

/// The stacks that tests only read.
pub(crate) struct Stacks {
    pub(crate) old: Stack,
    pub(crate) arrow: Stack,
}

// Each test has a runtime of its own, and the stacks outlive them all.
static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| Runtime::new().expect("threads can be started"));

/// The shared stacks, started by the first test that asks.
pub(crate) fn stacks() -> &'static Stacks {
    static STACKS: OnceLock<Stacks> = OnceLock::new();
    let started = |wire| started(wire, 0.01, data_dir(), ModelFiles::Demo);
    STACKS.get_or_init(|| Stacks { old: started(Wire::Old), arrow: started(Wire::Arrow) })
}

/// The data model whose rows are hard to carry. Its cubes bring their rows along.
pub(crate) fn hostile_model() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/models/hostile")
}

/// Stacks over that model, started by the first test that asks.
pub(crate) fn hostile_stacks() -> &'static Stacks {
    static STACKS: OnceLock<Stacks> = OnceLock::new();
    let started = |wire| started(wire, 0.001, data_dir(), ModelFiles::Directory(hostile_model()));
    STACKS.get_or_init(|| Stacks { old: started(Wire::Old), arrow: started(Wire::Arrow) })
}

/// A stack for a test that harms it.
pub(crate) fn own_stack(wire: Wire) -> Stack {
    // The shared ones have generated the data by then.
    stacks();
    started(wire, 0.01, data_dir(), ModelFiles::Demo)
}

/// A stack over a data model whose cubes bring their rows along.
pub(crate) fn stack_over(model: &Path, wire: Wire) -> Stack {
    started(wire, 0.001, data_dir(), ModelFiles::Directory(model.to_owned()))
}

/// TPC-H at scale 1, a gigabyte that is generated once.
pub(crate) fn scale_one(wire: Wire) -> Stack {
    started(wire, 1.0, &Path::new(env!("CARGO_TARGET_TMPDIR")).join("scale-one"), ModelFiles::Demo)
}

impl Stacks {
    pub(crate) fn of(&self, wire: Wire) -> &Stack {
        match wire {
            Wire::Old => &self.old,
            Wire::Arrow => &self.arrow,
        }
    }
}

fn started(wire: Wire, scale: f64, data_dir: &Path, model: ModelFiles) -> Stack {
    let store = match wire {
        Wire::Old => store::Config { version: None, format: store::Format::Text, ..store::Config::default() },
        Wire::Arrow => store::Config::default(),
    };
    let mut config = Config { data_dir: data_dir.to_owned(), scale, model, store, ..Config::default() };
    config.cube.secret = cubestore::Secret::new(SECRET);
    // A thread of its own, because a runtime's thread must not wait for another runtime.
    std::thread::spawn(|| RUNTIME.block_on(embedded::start(config)))
        .join()
        .expect("starting a stack does not panic")
        .unwrap_or_else(|error| panic!("{error}: {error:?}"))
}

/// Made anew by every run, so that what an earlier build wrote is not taken for this one's.
fn data_dir() -> &'static Path {
    static DIR: LazyLock<PathBuf> = LazyLock::new(|| {
        let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join("e2e");
        if dir.exists() {
            fs::remove_dir_all(&dir).expect("the data of the last run can be removed");
        }
        dir
    });
    &DIR
}

/// A bearer token for so many seconds from now.
pub(crate) fn token(subject: &str, seconds: i64) -> String {
    let claims = json!({ "sub": subject, "tenant": 7 });
    let claims: &Map<_, _> = claims.as_object().expect("it is an object");
    auth::mint(&Secret::new(SECRET), claims, Utc::now() + TimeDelta::seconds(seconds)).expose().to_owned()
}
