//! Ports.

use std::net::SocketAddr;

use tokio::net::TcpListener;

use crate::error::{Result, ServerError};

/// Binds, or says which flag chooses another port.
pub(crate) async fn bind(address: SocketAddr, flag: &'static str) -> Result<(TcpListener, SocketAddr)> {
    let failed = |error| ServerError::Listen { address, error, flag };
    let listener = TcpListener::bind(address).await.map_err(failed)?;
    let bound = listener.local_addr().map_err(failed)?;
    Ok((listener, bound))
}
