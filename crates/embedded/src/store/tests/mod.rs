//! Statements in, texts out, against the very engine that the server runs.

mod formats;
mod hostile;
mod refused;
mod system;
mod tables;
mod works;

use std::sync::Arc;

use super::{
    catalogue::Catalogue,
    reply::{To, Wanted},
    session::Engine,
    version::Abilities,
};
use cubestore::{
    Shape,
    codec::{
        reply::{Body, Reply, Rows},
        request::Parameter,
    },
    decode::Pieces,
};
use datafusion::arrow::{
    array::{Array, AsArray, StringArray},
    datatypes::{DataType, Field, Schema},
};

pub(super) struct Bench {
    engine: Engine,
    catalogue: Catalogue,
}

/// An engine over tables like those that the real store was recorded with, and a few for the dialect.
pub(super) fn bench(version: Option<&str>) -> Bench {
    let catalogue = Catalogue::new(Abilities::of(version));
    tables::of_types(&catalogue);
    tables::of_dialect(&catalogue);
    Bench { engine: Engine::new().unwrap(), catalogue }
}

impl Bench {
    /// The answer as text: names, then rows; or the error.
    pub(super) async fn ask(&self, sql: &str, parameters: Option<&[Parameter]>) -> String {
        let answer = match self.engine.answer(sql, parameters, &self.catalogue).await {
            Ok(answer) => answer,
            Err(refusal) => return refusal.to_string(),
        };
        let frames = answer.encode(Wanted::Text, To { message_id: 1, connection_id: None }).unwrap();
        let Ok(Body::Text(rows)) = Reply::read(&frames[0]).unwrap().body else { panic!("no rows") };
        printed(rows)
    }
}

/// Names, then rows, a line each.
fn printed(rows: Rows) -> String {
    let names: Vec<String> = rows.names().map(|name| name.unwrap().to_owned()).collect();
    let mut lines = vec![names.join("|")];
    let fields = names.iter().map(|name| Field::new(name, DataType::Utf8, true)).collect::<Vec<_>>();
    let shape = Shape::new(Arc::new(Schema::new(fields))).unwrap();
    for piece in Pieces::new(Body::Text(rows), shape, 0).unwrap() {
        let batch = piece.unwrap().batch().unwrap();
        let columns: Vec<_> = batch.columns().iter().map(AsArray::as_string::<i32>).collect();
        lines.extend((0..batch.num_rows()).map(|row| {
            let value = |column: &&StringArray| column.is_valid(row).then(|| column.value(row).to_owned());
            let values = columns.iter().map(|column| value(column).unwrap_or("NULL".to_owned()));
            values.collect::<Vec<_>>().join("|")
        }));
    }
    lines.join("\n")
}
