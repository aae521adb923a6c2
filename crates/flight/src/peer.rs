//! What is known of a connection before its first call.

use std::sync::Arc;

use uuid::Uuid;

/// The other end of a connection. The transport gives it to every request as an extension.
#[derive(Debug, Clone, Default)]
pub struct Peer {
    /// The client's certificate in DER, verified against the authorities that the transport trusts.
    pub certificate: Option<Arc<[u8]>>,
    /// What tells the connection from others of this process.
    pub connection: Uuid,
}
