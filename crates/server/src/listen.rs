//! Ports, and the connections that come in.

mod connection;
mod incoming;
mod tls;

use std::{net::SocketAddr, os::unix::fs::FileTypeExt, path::Path};

use tokio::net::{TcpListener, UnixListener, UnixStream};

use crate::error::{Result, ServerError};

pub(crate) use incoming::{Incoming, Listeners};
pub(crate) use tls::{ClientAuth, Tls};

/// Binds, or says which flag chooses another port.
pub(crate) async fn bind(address: SocketAddr, flag: &'static str) -> Result<(TcpListener, SocketAddr)> {
    let failed = |error| ServerError::Listen { address, error, flag };
    let listener = TcpListener::bind(address).await.map_err(failed)?;
    let bound = listener.local_addr().map_err(failed)?;
    Ok((listener, bound))
}

/// Binds a Unix socket in place of one that nobody listens on any more.
pub(crate) async fn bind_unix(path: &Path) -> Result<UnixListener> {
    let failed = |error| ServerError::File { path: path.to_owned(), error };
    let is_socket = std::fs::symlink_metadata(path).is_ok_and(|found| found.file_type().is_socket());
    if is_socket && UnixStream::connect(path).await.is_err() {
        std::fs::remove_file(path).map_err(failed)?;
    }
    UnixListener::bind(path).map_err(failed)
}
