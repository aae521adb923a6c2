//! The demo's data model over TPC-H, compiled in.

use semantic::{
    Model,
    parse::{self, ModelError, SourceFile},
};

const FILES: [(&str, &str); 5] = [
    ("lineitem.yml", include_str!("../demo/model/lineitem.yml")),
    ("orders.yml", include_str!("../demo/model/orders.yml")),
    ("parties.yml", include_str!("../demo/model/parties.yml")),
    ("parts.yml", include_str!("../demo/model/parts.yml")),
    ("sales.yml", include_str!("../demo/model/sales.yml")),
];

/// The files of the model.
pub fn files() -> Vec<SourceFile> {
    FILES.map(|(path, text)| SourceFile { path: path.to_owned(), text: text.to_owned() }).into()
}

/// The model.
pub fn model() -> Result<Model, ModelError> {
    parse::model(&files())
}
