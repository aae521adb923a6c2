//! One socket: frames in, frames out, until either side has enough.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use cubestore::codec::{reply, request::Request};
use futures::{SinkExt, StreamExt};
use tokio::{io::AsyncWriteExt, net::TcpStream, sync::mpsc};
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{
        Error, Message,
        protocol::{CloseFrame, Role, WebSocketConfig, frame::coding::CloseCode},
    },
};

use super::{
    State,
    inbox::{Outgoing, Socket},
    serve,
};

/// Replies that may wait for one socket, as many as with the real store.
const WAITING: usize = 10_000;

/// Who has not asked for a WebSocket by then never will.
const UPGRADE: Duration = Duration::from_secs(10);

/// Serves a connection to its end.
pub(super) async fn run(mut stream: TcpStream, state: Arc<State>) {
    // Replies are whole frames: waiting for more bytes would only delay them.
    _ = stream.set_nodelay(true);
    let opened = tokio::time::timeout(UPGRADE, state.door.open(&mut stream)).await;
    let Ok(Ok(Some(rest))) = opened else { return };
    let limit = state.request_limit();
    let config = WebSocketConfig::default().max_message_size(Some(limit)).max_frame_size(Some(limit));
    let mut socket = WebSocketStream::from_partially_read(stream, rest, Role::Server, Some(config)).await;
    state.sockets.open();
    let end = talk(&mut socket, &state).await;
    state.sockets.close();
    if let Err(error) = end {
        tracing::debug!(%error, "a socket ended");
    }
}

type Ended = Result<(), Error>;

async fn talk(socket: &mut WebSocketStream<TcpStream>, state: &Arc<State>) -> Ended {
    let (sender, mut replies) = mpsc::channel(WAITING);
    loop {
        tokio::select! {
            message = socket.next() => match message {
                Some(Ok(Message::Binary(bytes))) => receive(&bytes, &sender, state).await,
                // A pong of our own takes the place of the one that the library has ready: the real store's are empty.
                Some(Ok(Message::Ping(_))) => socket.send(Message::Pong(Bytes::new())).await?,
                Some(Ok(Message::Pong(_) | Message::Frame(_))) => {}
                Some(Ok(Message::Text(_) | Message::Close(_))) | None => return Ok(()),
                Some(Err(error @ Error::Capacity(_))) if state.abilities.tells_limit => {
                    socket.send(Message::Close(Some(too_long(&error)))).await?;
                    return Err(error);
                }
                Some(Err(error)) => return Err(error),
            },
            Some(reply) = replies.recv() => match reply {
                Outgoing::Frame(bytes) => socket.send(Message::Binary(bytes)).await?,
                Outgoing::Close => return Ok(()),
                Outgoing::Cut(bytes, length) => return cut(socket, &bytes, length).await,
            },
        }
    }
}

/// The last words to a caller whose request is too long even for an error.
fn too_long(error: &Error) -> CloseFrame {
    CloseFrame { code: CloseCode::Size, reason: error.to_string().into() }
}

/// Takes a message in; what is no request gets no answer.
async fn receive(bytes: &Bytes, socket: &Socket, state: &Arc<State>) {
    let request = match Request::decode(bytes) {
        Ok(request) => request,
        Err(error) => return tracing::debug!(%error, "a message is no request"),
    };
    if bytes.len() > state.max_request {
        let text = format!(
            "Request of {} bytes exceeds the maximum message size of {} bytes",
            bytes.len(),
            state.max_request
        );
        let reply = reply::error(request.message_id, request.connection_id.as_deref(), &text);
        _ = socket.try_send(Outgoing::Frame(reply));
        return;
    }
    serve::take(request, socket, state).await;
}

/// Writes the beginning of a frame past the library, which only knows whole ones.
async fn cut(socket: &mut WebSocketStream<TcpStream>, bytes: &[u8], length: usize) -> Ended {
    const FINAL_BINARY: u8 = 0x82;
    const LENGTH_OF_8_BYTES: u8 = 127;
    socket.flush().await?;
    let stream = socket.get_mut();
    let mut frame = vec![FINAL_BINARY, LENGTH_OF_8_BYTES];
    frame.extend((bytes.len() as u64).to_be_bytes());
    frame.extend(&bytes[..length.min(bytes.len())]);
    stream.write_all(&frame).await?;
    Ok(stream.shutdown().await?)
}
