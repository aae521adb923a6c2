//! The rows that are right: SQL by hand over the rows that the data model brings along, without model or rollups.

use arrow::compute::concat_batches;
use embedded::Stack;
use semantic::{model::CubeSource, template::Piece};

use crate::harness::Rows;

/// `WITH things AS (...), parents AS (...), ...`
pub(super) fn tables(stack: &Stack) -> String {
    let tables = stack.model().cubes().map(|cube| {
        let CubeSource::Query(sql) = &cube.source else { panic!("{} brings no rows", cube.name) };
        let sql = sql.pieces.iter().map(|piece| match piece {
            Piece::Text(text) => text.as_str(),
            other => panic!("{} is over {other:?}", cube.name),
        });
        format!("{} AS ({})", cube.name, sql.collect::<String>())
    });
    format!("WITH {}", tables.collect::<Vec<_>>().join(", "))
}

/// Rows of a statement over these tables.
pub(super) async fn rows(stack: &Stack, tables: &str, by_hand: &str) -> Rows {
    let batches = stack.source().sql(&format!("{tables} {by_hand}")).await;
    let batches = batches.unwrap_or_else(|error| panic!("{by_hand}: {error:?}"));
    match batches.first() {
        Some(first) => Rows::of(&concat_batches(&first.schema(), &batches).unwrap()),
        None => Rows { columns: Vec::new(), values: Vec::new() },
    }
}
