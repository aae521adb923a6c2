//! Rebuilds the protobuf code under `crates/flight/src/proto` from the files beside this package, without protoc.

use std::path::Path;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let files = protox::compile(["ticket.proto", "session.proto"], [here])?;
    let target = here.join("../crates/flight/src/proto");
    let mut config = prost_build::Config::new();
    config.out_dir(&target).bytes(["."]).compile_fds(files)?;
    Ok(())
}
