//! Opens a socket: name, TCP, TLS, upgrade, all within one deadline. Owns the credentials on the wire and
//! what a refused upgrade means; never retries.

use std::io;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rustls_pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_tungstenite::client_async_with_config;
use tokio_tungstenite::tungstenite;
use tungstenite::client::IntoClientRequest;
use tungstenite::handshake::client::{Request, Response};
use tungstenite::http::header::AUTHORIZATION;
use tungstenite::http::{HeaderValue, StatusCode};
use tungstenite::protocol::WebSocketConfig;
use url::{Host, Url};

use super::capabilities::Capabilities;
use super::gate::{Gate, Rules};
use super::link::Link;
use super::tls;
use crate::config::Config;
use crate::error::{Error, Result};

/// A connection before the upgrade, encrypted or not.
pub(super) trait Wire: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Wire for S {}

/// Knows how to reach the store.
pub(super) struct Dialer {
    config: Arc<Config>,
    request: Request,
    tls: Option<TlsConnector>,
}

impl Dialer {
    pub(super) fn new(config: Arc<Config>) -> Result<Self> {
        config.check()?;
        let tls = (config.url.scheme() == "wss").then(|| tls::connector(&config.tls)).transpose()?;
        Ok(Self { request: request(&config)?, tls, config })
    }

    /// Opens a socket under the rules for what may come in through it.
    pub(super) async fn dial(&self, rules: Rules) -> Result<(Link, Capabilities)> {
        let limit = self.config.connect_timeout;
        timeout(limit, self.open(rules)).await.unwrap_or_else(|_| {
            let late =
                io::Error::new(io::ErrorKind::TimedOut, "connecting took longer than `connect_timeout`");
            Err(Error::unavailable(late))
        })
    }

    async fn open(&self, rules: Rules) -> Result<(Link, Capabilities)> {
        let wire = self.wire().await.map_err(Error::unavailable)?;
        // The gate has its own limits, which know what they refuse.
        let config = WebSocketConfig::default().max_message_size(None).max_frame_size(None);
        let gate = Gate::new(wire, rules);
        let upgraded = client_async_with_config(self.request.clone(), gate, Some(config)).await;
        let (socket, response) = upgraded.map_err(refused)?;
        Ok((Link::new(socket), capabilities(&response)))
    }

    async fn wire(&self) -> io::Result<Box<dyn Wire>> {
        let url = &self.config.url;
        let port = url.port_or_known_default().unwrap_or(80);
        let host = url.host().ok_or(io::ErrorKind::InvalidInput)?;
        let stream = match host {
            Host::Domain(name) => TcpStream::connect((name, port)).await?,
            Host::Ipv4(address) => TcpStream::connect((address, port)).await?,
            Host::Ipv6(address) => TcpStream::connect((address, port)).await?,
        };
        // Requests are small and alone: without this each would wait for the acknowledgement of the last.
        stream.set_nodelay(true)?;
        let Some(tls) = &self.tls else { return Ok(Box::new(stream)) };
        let name = match host {
            Host::Domain(name) => ServerName::try_from(name.to_owned()).map_err(io::Error::other)?,
            Host::Ipv4(address) => ServerName::from(std::net::IpAddr::from(address)),
            Host::Ipv6(address) => ServerName::from(std::net::IpAddr::from(address)),
        };
        Ok(Box::new(tls.connect(name, stream).await?))
    }
}

fn request(config: &Config) -> Result<Request> {
    let unusable = |error| Error::config_by("url", "it is not the address of a WebSocket", error);
    let mut request = address(&config.url).as_str().into_client_request().map_err(unusable)?;
    if let Some(user) = &config.user {
        let password = config.password.as_ref().map_or("", |password| password.expose());
        let basic = format!("Basic {}", STANDARD.encode(format!("{user}:{password}")));
        let mut basic = HeaderValue::try_from(basic).expect("Base64 is fit for a header");
        basic.set_sensitive(true);
        request.headers_mut().insert(AUTHORIZATION, basic);
    }
    Ok(request)
}

/// CubeStore listens at `/ws`.
fn address(url: &Url) -> Url {
    let mut url = url.clone();
    if matches!(url.path(), "" | "/") {
        url.set_path("/ws");
    }
    url
}

fn refused(error: tungstenite::Error) -> Error {
    match error {
        tungstenite::Error::Http(response)
            if matches!(response.status(), StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN) =>
        {
            Error::Auth
        }
        // The body of a response is the proxy's or the store's own text: only the status is kept.
        other => Error::unavailable(other),
    }
}

fn capabilities(response: &Response) -> Capabilities {
    let header = response.headers().get(Capabilities::HEADER);
    Capabilities::of(header.and_then(|value| value.to_str().ok()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_path_is_ws_unless_it_is_given() {
        for (url, address_of) in [
            ("ws://store:3030", "ws://store:3030/ws"),
            ("ws://store:3030/", "ws://store:3030/ws"),
            ("wss://store/cube/ws", "wss://store/cube/ws"),
            ("ws://[::1]:3030", "ws://[::1]:3030/ws"),
        ] {
            assert_eq!(address(&Url::parse(url).expect(url)).as_str(), address_of);
        }
    }
}
