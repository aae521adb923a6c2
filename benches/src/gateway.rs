//! The gateway as a process of its own: `cubeflight serve`.

use std::{
    fs::File,
    net::{SocketAddr, TcpListener},
    path::PathBuf,
    process::{Child, Command, Stdio},
    time::Duration,
};

use crate::{Result, fixture::Fixture, reader::Reader};

const PATIENCE: Duration = Duration::from_secs(20);

/// A running gateway; it is killed with this value.
pub(crate) struct Gateway {
    child: Child,
    address: SocketAddr,
    log: PathBuf,
}

impl Gateway {
    /// Starts one in front of the store at `url`.
    pub(crate) fn start(fixture: &Fixture, url: &str) -> Result<Self> {
        Self::dividing(fixture, url, 1)
    }

    /// The same, announcing so many endpoints at most.
    pub(crate) fn dividing(fixture: &Fixture, url: &str, endpoints: usize) -> Result<Self> {
        let (flight, admin) = (free_port()?, free_port()?);
        let log = fixture.log(flight);
        let child = Command::new(binary()?)
            .arg("serve")
            .arg("--config")
            .arg(fixture.settings(url, (flight, admin), endpoints)?)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(File::create(&log)?)
            .spawn()?;
        Ok(Self { child, address: ([127, 0, 0, 1], flight).into(), log })
    }

    /// A client of it, as soon as it listens.
    pub(crate) async fn reader(&mut self) -> Result<Reader> {
        let deadline = tokio::time::Instant::now() + PATIENCE;
        loop {
            if let Ok(reader) = Reader::connect(self.address).await {
                return Ok(reader);
            }
            if self.child.try_wait()?.is_some() || tokio::time::Instant::now() > deadline {
                let log = std::fs::read_to_string(&self.log)?;
                return Err(format!("the gateway does not listen; its log:\n{log}").into());
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// The most memory that it ever had, in bytes.
    pub(crate) fn peak_memory(&self) -> Result<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kibibytes = line.and_then(|line| line.trim().strip_suffix(" kB")).ok_or("no VmHWM")?;
        Ok(kibibytes.trim().parse::<u64>()? << 10)
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        // It has nothing to save, and the benchmark is over for it.
        _ = self.child.kill();
        _ = self.child.wait();
    }
}

fn free_port() -> Result<u16> {
    Ok(TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port())
}

/// `CUBEFLIGHT_BIN`, or the binary that was built beside this one.
#[expect(clippy::disallowed_methods, reason = "this is no part of the gateway and has no settings file")]
fn binary() -> Result<PathBuf> {
    let named = std::env::var_os("CUBEFLIGHT_BIN").map(PathBuf::from);
    let path = match named {
        Some(path) => path,
        None => std::env::current_exe()?.with_file_name("cubeflight"),
    };
    if !path.exists() {
        let path = path.display();
        return Err(format!("there is no {path}; first: cargo build --release -p server -p bench").into());
    }
    Ok(path)
}
