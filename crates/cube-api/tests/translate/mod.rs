//! SQL's meaning to Cube's JSON and what remains, as tables.

mod cuts;
mod groups;
mod rows;
mod stages;
mod times;

use cube_api::{Ask, Request, translate};
use expect_test::Expect;
use semantic::{Filter, SemanticQuery};

use crate::build::{MODEL, filtered};

/// What becomes of each predicate in `SELECT status, SUM(total) … GROUP BY status`.
fn check(filters: impl IntoIterator<Item = Filter>, expect: Expect) {
    check_with("status total", filters, expect);
}

fn check_with(outputs: &str, filters: impl IntoIterator<Item = Filter>, expect: Expect) {
    let shown = filters.into_iter().map(|filter| {
        let title = filter.to_string();
        format!("{title}\n{}", outcome(&filtered(outputs, filter)))
    });
    expect.assert_eq(&shown.collect::<String>());
}

fn check_queries(queries: impl IntoIterator<Item = SemanticQuery>, expect: Expect) {
    let shown = queries.into_iter().map(|query| format!("{query}\n{}", outcome(&query)));
    expect.assert_eq(&shown.collect::<String>());
}

fn outcome(query: &SemanticQuery) -> String {
    match translate(query, &MODEL) {
        Ok(request) => format!("  {}\n{}", sent(&request), remainder(&request)),
        Err(refusal) => format!("  refused: {refusal}\n"),
    }
}

/// The request without what every request has.
fn sent(request: &Request) -> String {
    let Ask::Load(load) = &request.ask else { return request.to_string() };
    let text = request.to_string();
    for constant in [r#""responseFormat":"compact""#, r#""order":"#, r#""timezone":"#] {
        assert!(text.contains(constant), "{text}");
    }
    let paging = match load.paging {
        cube_api::Paging::Total => String::new(),
        cube_api::Paging::FirstOnly(reason) => format!(" [{reason:?}]"),
    };
    let brief = text.replace(r#","responseFormat":"compact""#, "").replace(r#","timezone":"UTC""#, "");
    format!("{brief}{paging}")
}

fn remainder(request: &Request) -> String {
    if request.remainder.is_nothing() {
        return String::new();
    }
    let columns: Vec<_> = request.columns.iter().map(ToString::to_string).collect();
    format!("  then {} over [{}]\n", request.remainder, columns.join(", "))
}
