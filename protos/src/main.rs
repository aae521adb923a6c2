//! Rebuilds the protobuf code under `crates/flight/src/proto` from the files beside this package, without protoc, and
//! the descriptors of Apache Arrow's protocol, which reflection shows.
//! With `--check` it only compares, and fails where the committed code is not what the files say.

use std::{error::Error, fs, path::Path};

const FILES: [&str; 2] = ["ticket.proto", "session.proto"];

/// Apache Arrow's own, of release 18.3 of its Java libraries, unchanged.
const SHOWN: [&str; 2] = ["apache/Flight.proto", "apache/FlightSql.proto"];

fn main() -> Result<(), Box<dyn Error>> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let committed = here.join("../crates/flight/src/proto");
    if !std::env::args().any(|arg| arg == "--check") {
        return generate(here, &committed);
    }
    let fresh = tempfile::tempdir()?;
    generate(here, fresh.path())?;
    for entry in fs::read_dir(fresh.path())? {
        let name = entry?.file_name();
        if fs::read(fresh.path().join(&name))? != fs::read(committed.join(&name)).unwrap_or_default() {
            return Err(format!("{} is out of step; run `make regen`", name.display()).into());
        }
    }
    Ok(())
}

fn generate(here: &Path, target: &Path) -> Result<(), Box<dyn Error>> {
    let files = protox::compile(FILES, [here])?;
    prost_build::Config::new().out_dir(target).bytes(["."]).btree_map(["."]).compile_fds(files)?;
    let mut shown = protox::Compiler::new([here])?;
    let shown = shown.include_imports(true).include_source_info(false).open_files(SHOWN)?;
    fs::write(target.join("descriptors.bin"), shown.encode_file_descriptor_set())?;
    Ok(())
}
