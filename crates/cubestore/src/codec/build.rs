//! Writes FlatBuffers tables over the library's builder. Owns the root table that requests and replies
//! share; never knows what a command holds.

use bytes::Bytes;
use flatbuffers::{FlatBufferBuilder, TableFinishedWIPOffset, WIPOffset};

use super::slots::{http_message, vtable_offset};

pub(crate) type Builder = FlatBufferBuilder<'static>;
pub(crate) type Done = WIPOffset<TableFinishedWIPOffset>;

/// A table of fields that are written already: strings, vectors and other tables.
pub(crate) fn table(builder: &mut Builder, fields: impl FnOnce(&mut Builder)) -> Done {
    let start = builder.start_table();
    fields(builder);
    builder.end_table(start)
}

/// Puts an offset into a slot.
pub(crate) fn put<T>(builder: &mut Builder, slot: u16, offset: WIPOffset<T>) {
    builder.push_slot_always(vtable_offset(slot), offset);
}

/// Writes the root around a command and gives the buffer away without a copy.
pub(crate) fn finish(
    mut builder: Builder,
    message_id: u32,
    connection_id: Option<&str>,
    (tag, command): (u8, Done),
) -> Bytes {
    let connection_id = connection_id.map(|id| builder.create_string(id));
    let root = table(&mut builder, |b| {
        b.push_slot(vtable_offset(http_message::MESSAGE_ID), message_id, 0);
        put(b, http_message::COMMAND, command);
        if let Some(id) = connection_id {
            put(b, http_message::CONNECTION_ID, id);
        }
        b.push_slot(vtable_offset(http_message::COMMAND_TYPE), tag, 0);
    });
    builder.finish_minimal(root);
    let (buffer, head) = builder.collapse();
    Bytes::from(buffer).slice(head..)
}
