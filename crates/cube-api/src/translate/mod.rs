//! SQL's meaning in Cube's words: the request, and what remains to be done above its rows.
//!
//! What Cube can test exactly is sent. What it can only test roughly is sent roughly, never too strictly, and
//! tested again above, on groups that carry the tested member. What neither can do is refused by name.

mod columns;
mod contextual;
mod fold;
mod having;
mod like;
mod literal;
mod order;
mod predicate;
mod regroup;
mod rows;
mod scope;
mod time;

use semantic::{
    Model, Output, Remainder, SemanticQuery,
    json::{JsonQuery, ResponseFormat},
};

use crate::request::{Ask, Load, NotExact, Request};
use having::Having;
use rows::Rows;
use scope::Scope;

/// Puts a semantic query into Cube's words.
pub fn translate(query: &SemanticQuery, model: &Model) -> Result<Request, NotExact> {
    let scope = Scope::new(query, model)?;
    columns::check(&scope)?;
    let (filter, having) = scope.predicates()?;
    if query.limit == Some(0) || fold::is_never(&having) || (fold::is_never(&filter) && !scope.is_one_row()) {
        return Ok(nothing(query));
    }
    let rows = rows::translate(&filter, &scope)?;
    contextual::check(&rows, &having, &scope)?;
    let keys = regroup::extra_keys(&rows.above, &scope)?;
    let regroup = scope.is_grouped() && !keys.is_empty();
    let having = having::translate(&having, regroup, &scope)?;
    let columns = columns::fetched(&keys, &having.above, &scope);
    if regroup {
        regroup::check(&rows.above, &keys, &columns, &scope)?;
    }
    let remainder = Remainder {
        filter: rows.above.clone(),
        regroup,
        having: having.above.clone(),
        ..Remainder::nothing()
    };
    Ok(request(rows, having, columns, remainder, &scope))
}

fn nothing(query: &SemanticQuery) -> Request {
    Request { columns: query.outputs.clone(), ask: Ask::Nothing, remainder: Remainder::nothing() }
}

fn request(
    rows: Rows,
    having: Having,
    columns: Vec<Output>,
    remainder: Remainder,
    scope: &Scope<'_>,
) -> Request {
    let query = scope.query;
    let (keys, paging) = order::total(&columns, scope);
    let cut = order::cut(&remainder, &keys, scope);
    let (order, limit, offset, remainder) = match cut {
        Some(order) => (order, query.limit, query.offset, remainder),
        None => {
            let (order, limit, offset) = (query.order.clone(), query.limit, query.offset);
            (keys, None, 0, Remainder { order, limit, offset, ..remainder })
        }
    };
    let names = |wanted: fn(&Output) -> bool| {
        columns.iter().filter(|column| wanted(column)).map(Output::asked).collect()
    };
    let query = JsonQuery {
        measures: names(Output::is_measure),
        dimensions: names(|column| matches!(column, Output::Dimension(_))),
        time_dimensions: time::dimensions(&columns, rows.range, scope),
        filters: rows.filters.into_iter().chain(having.filters).collect(),
        segments: rows.segments,
        order: Some(order),
        timezone: Some(query.zone.name().to_owned()),
        ungrouped: (!scope.is_grouped()).then_some(true),
        join_hints: scope.join_hints(),
        response_format: Some(ResponseFormat::Compact),
        limit: None,
        offset: None,
    };
    Request { columns, ask: Ask::Load(Box::new(Load { query, offset, limit, paging })), remainder }
}
