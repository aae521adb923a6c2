//! A store that costs next to nothing: its messages lie ready and are sent as they are. What is timed is then the
//! reader, and not a store that reads tables, prints numbers and copies messages.

use std::sync::Arc;

use cubestore::codec::request::Request;
use futures::{SinkExt, StreamExt};
use tokio::{
    io::AsyncWriteExt,
    net::{TcpListener, TcpStream},
    sync::Mutex,
    task::JoinSet,
};
use tokio_tungstenite::{
    WebSocketStream, accept_hdr_async,
    tungstenite::{
        Message,
        handshake::server::{ErrorResponse, Request as Upgrade, Response},
        http::HeaderValue,
    },
};

use crate::{Result, record::Recorded};

/// What the embedded store says it is.
const VERSION: HeaderValue = HeaderValue::from_static("1.7.43");

/// A statement and the answer to it, whose message id is written anew for everybody who asks.
type Ready = (String, Mutex<Vec<u8>>);

/// Starts it on a free port, and tells its address; `tasks` own it.
pub(crate) async fn serve(recorded: &[Recorded], tasks: &mut JoinSet<()>) -> Result<String> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    let url = format!("ws://{}", listener.local_addr()?);
    let ready = recorded.iter().map(|one| (one.sql.clone(), Mutex::new(one.message.to_vec())));
    let ready: Arc<[Ready]> = ready.collect();
    tasks.spawn(async move {
        let mut sockets = JoinSet::new();
        while let Ok((stream, _)) = listener.accept().await {
            let ready = ready.clone();
            sockets.spawn(async move {
                // A client that is done hangs up without a word.
                if let Err(error) = talk(stream, &ready).await {
                    tracing::debug!(error, "a socket of the replayed store ended");
                }
            });
        }
    });
    Ok(url)
}

#[expect(clippy::result_large_err, reason = "the library's own type")]
fn greet(_upgrade: &Upgrade, mut response: Response) -> std::result::Result<Response, ErrorResponse> {
    response.headers_mut().insert("X-CubeStore-Version", VERSION);
    Ok(response)
}

async fn talk(stream: TcpStream, ready: &[Ready]) -> Result<()> {
    stream.set_nodelay(true)?;
    let mut socket = accept_hdr_async(stream, greet).await?;
    while let Some(message) = socket.next().await.transpose()? {
        match message {
            Message::Binary(bytes) => answer(&Request::decode(&bytes)?, ready, &mut socket).await?,
            // Sends the pong that the library has ready.
            Message::Ping(_) => socket.flush().await?,
            Message::Close(_) => break,
            Message::Text(_) | Message::Pong(_) | Message::Frame(_) => {}
        }
    }
    Ok(())
}

/// Writes a frame past the library, which would copy it.
async fn answer(request: &Request, ready: &[Ready], socket: &mut WebSocketStream<TcpStream>) -> Result<()> {
    const FINAL_BINARY: u8 = 0x82;
    const LENGTH_OF_8_BYTES: u8 = 127;
    let known = ready.iter().find(|(sql, _)| *sql == request.query.sql);
    let (_, message) = known.ok_or_else(|| format!("not recorded: {}", request.query.sql))?;
    let mut message = message.lock().await;
    readdress(&mut message, request.message_id)?;
    let mut frame = vec![FINAL_BINARY, LENGTH_OF_8_BYTES];
    frame.extend((message.len() as u64).to_be_bytes());
    let stream = socket.get_mut();
    stream.write_all(&frame).await?;
    Ok(stream.write_all(&message).await?)
}

/// Writes another message id: the first field of the root table.
fn readdress(message: &mut [u8], id: u32) -> Result<()> {
    const FIRST_FIELD: usize = 4;
    let root = word(message, 0)? as usize;
    let vtable = root.checked_add_signed(-(word(message, root)?.cast_signed() as isize));
    let field = root + usize::from(word(message, vtable.ok_or(BROKEN)? + FIRST_FIELD)? as u16);
    message.get_mut(field..field + 4).ok_or(BROKEN)?.copy_from_slice(&id.to_le_bytes());
    Ok(())
}

const BROKEN: &str = "a recorded message is broken";

fn word(message: &[u8], at: usize) -> Result<u32> {
    let bytes = message.get(at..).and_then(<[u8]>::first_chunk);
    Ok(bytes.map(|bytes| u32::from_le_bytes(*bytes)).ok_or(BROKEN)?)
}
