//! JavaScript means what the same model in YAML means; what would have to be run is refused.

mod printed;
mod refused;
mod written;

use super::SourceFile;

fn js(text: &str) -> SourceFile {
    SourceFile { path: "m.js".to_owned(), text: text.to_owned() }
}
