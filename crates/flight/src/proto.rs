//! Generated from `protos/`; rebuilt by `make regen`.
#![expect(unreachable_pub, clippy::enum_variant_names, reason = "generated")]

/// What Flight and Flight SQL are made of, a `FileDescriptorSet`.
pub const DESCRIPTORS: &[u8] = include_bytes!("proto/descriptors.bin");

pub(crate) mod session {
    //! Session messages of Flight that the `arrow-flight` crate does not have.
    include!("proto/arrow.flight.protocol.rs");
}

pub(crate) mod sealed {
    //! What is sealed into tickets and handles.
    include!("proto/cubeflight.v1.rs");
}
