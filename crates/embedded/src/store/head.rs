//! The HTTP request in front of a WebSocket: which path, which credentials, and the answer to it.

use base64::{Engine, prelude::BASE64_STANDARD};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;

/// Longer requests are nobody's.
const LONGEST: usize = 16 * 1024;

/// What an upgrade must show.
#[derive(Debug, Clone)]
pub(super) struct Door {
    /// `user:password`; without, any Basic credentials and none are fine.
    pub(super) credentials: Option<String>,
    /// What `X-CubeStore-Version` says.
    pub(super) version: Option<String>,
}

struct Head {
    method: String,
    path: String,
    headers: Vec<(String, String)>,
}

impl Door {
    /// Reads a request and answers it. Gives the bytes behind it back when the connection is a WebSocket from now on.
    pub(super) async fn open<S>(&self, stream: &mut S) -> std::io::Result<Option<Vec<u8>>>
    where
        S: AsyncReadExt + AsyncWriteExt + Unpin,
    {
        let Some((head, rest)) = read(stream).await? else { return Ok(None) };
        let accepted = self.accept(&head);
        let answer = match &accepted {
            Ok(key) => self.upgrade(key),
            Err(refusal) => refusal.clone(),
        };
        stream.write_all(answer.as_bytes()).await?;
        stream.flush().await?;
        Ok(accepted.is_ok().then_some(rest))
    }

    /// The key of the upgrade, or the answer that refuses it.
    fn accept(&self, head: &Head) -> Result<String, String> {
        let path = head.path.split('?').next().unwrap_or_default();
        if !matches!(path, "/ws" | "/ws/") {
            return Err(answer("404 Not Found", ""));
        }
        let is_upgrade = head.header("upgrade").is_some_and(|word| word.eq_ignore_ascii_case("websocket"));
        let key = head.header("sec-websocket-key").filter(|_| is_upgrade && head.method == "GET");
        let key = key.ok_or_else(|| answer("400 Bad Request", "Missing request header \"upgrade\""))?;
        if !self.admits(head.header("authorization")) {
            return Err(answer("403 Forbidden", r#"{"error":"Not authorized"}"#));
        }
        Ok(key.to_owned())
    }

    fn admits(&self, header: Option<&str>) -> bool {
        let Some(header) = header else { return self.credentials.is_none() };
        let encoded = header.strip_prefix("Basic ").and_then(|encoded| BASE64_STANDARD.decode(encoded).ok());
        let Some(given) = encoded.and_then(|bytes| String::from_utf8(bytes).ok()) else { return false };
        given.contains(':') && self.credentials.as_ref().is_none_or(|wanted| *wanted == given)
    }

    fn upgrade(&self, key: &str) -> String {
        let accept = derive_accept_key(key.as_bytes());
        let version = self.version.iter().map(|version| format!("X-CubeStore-Version: {version}\r\n"));
        format!(
            "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
             Sec-WebSocket-Accept: {accept}\r\n{}\r\n",
            version.collect::<String>()
        )
    }
}

impl Head {
    fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(other, _)| other.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }

    fn parse(text: &str) -> Option<Self> {
        let mut lines = text.split("\r\n");
        let mut first = lines.next()?.split(' ');
        let (method, path) = (first.next()?.to_owned(), first.next()?.to_owned());
        let header = |line: &str| {
            let (name, value) = line.split_once(':')?;
            Some((name.trim().to_owned(), value.trim().to_owned()))
        };
        Some(Self { method, path, headers: lines.filter_map(header).collect() })
    }
}

async fn read<S: AsyncReadExt + Unpin>(stream: &mut S) -> std::io::Result<Option<(Head, Vec<u8>)>> {
    let mut bytes = Vec::with_capacity(1024);
    while bytes.len() < LONGEST {
        if stream.read_buf(&mut bytes).await? == 0 {
            return Ok(None);
        }
        if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            let rest = bytes.split_off(end + 4);
            let head = String::from_utf8(bytes).ok();
            return Ok(head.and_then(|text| Head::parse(&text)).map(|head| (head, rest)));
        }
    }
    Ok(None)
}

fn answer(status: &str, body: &str) -> String {
    let kind = if body.starts_with('{') { "application/json" } else { "text/plain; charset=utf-8" };
    format!(
        "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    )
}

#[cfg(test)]
mod tests {
    use super::{Door, Head};

    fn check(credentials: Option<&str>, header: Option<&str>, admitted: bool) {
        let door = Door { credentials: credentials.map(str::to_owned), version: None };
        assert_eq!(door.admits(header), admitted, "{credentials:?} {header:?}");
    }

    #[test]
    fn credentials() {
        let ann = Some("Basic YW5uOnNlY3JldA==");
        check(None, None, true);
        check(None, ann, true);
        check(None, Some("Bearer x"), false);
        check(None, Some("Basic ???"), false);
        check(Some("ann:secret"), ann, true);
        check(Some("ann:other"), ann, false);
        check(Some("ann:secret"), None, false);
    }

    #[test]
    fn paths() {
        let door = Door { credentials: None, version: Some("1.6.66".to_owned()) };
        for (line, status) in [
            ("GET /ws HTTP/1.1", "101"),
            ("GET /ws/ HTTP/1.1", "101"),
            ("GET /ws?x=1 HTTP/1.1", "101"),
            ("GET / HTTP/1.1", "404"),
            ("GET /wss HTTP/1.1", "404"),
            ("POST /ws HTTP/1.1", "400"),
        ] {
            let text =
                format!("{line}\r\nUpgrade: websocket\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n");
            let head = Head::parse(&text).unwrap();
            let answer = door.accept(&head).map_or_else(|refusal| refusal, |key| door.upgrade(&key));
            assert_eq!(&answer[9..12], status, "{line}");
            assert!(status != "101" || answer.contains("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="), "{answer}");
        }
    }
}
