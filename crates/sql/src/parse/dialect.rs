//! The SQL that is read: what SELECT has in most engines, and nothing of DDL, settings or types that nest.

use std::cell::Cell;

use datafusion::sql::sqlparser::{
    ast::Expr,
    dialect::Dialect,
    parser::{Parser, ParserError},
};

/// Expressions that the parser may begin to read, however short the statement.
const MIN_TRIES: usize = 10_000;
const TRIES_PER_TOKEN: usize = 10;

/// The parser goes back and tries another way when it comes to a bad end, at every level of a nested statement:
/// without a limit, forty times `CAST(` would keep it for years.
#[derive(Debug)]
pub(crate) struct Semantic {
    tries: Cell<usize>,
}

impl Semantic {
    pub(crate) fn new() -> Self {
        Self { tries: Cell::new(0) }
    }

    /// Gives the parser as many tries as a statement of so many tokens can need.
    pub(super) fn begin(&self, tokens: usize) {
        self.tries.set(MIN_TRIES + TRIES_PER_TOKEN * tokens);
    }
}

impl Dialect for Semantic {
    fn is_identifier_start(&self, letter: char) -> bool {
        letter.is_alphabetic() || letter == '_'
    }

    fn is_identifier_part(&self, letter: char) -> bool {
        letter.is_alphanumeric() || letter == '_' || letter == '$'
    }

    fn is_delimited_identifier_start(&self, letter: char) -> bool {
        letter == '"' || letter == '`'
    }

    fn parse_prefix(&self, _: &mut Parser<'_>) -> Option<Result<Expr, ParserError>> {
        let left = self.tries.get().checked_sub(1);
        self.tries.set(left.unwrap_or(0));
        if left.is_some() { None } else { Some(Err(ParserError::RecursionLimitExceeded)) }
    }

    fn supports_unicode_string_literal(&self) -> bool {
        true
    }

    fn supports_string_escape_constant(&self) -> bool {
        true
    }

    fn supports_nested_comments(&self) -> bool {
        true
    }

    fn supports_group_by_expr(&self) -> bool {
        true
    }

    fn supports_filter_during_aggregation(&self) -> bool {
        true
    }

    fn supports_window_function_null_treatment_arg(&self) -> bool {
        true
    }

    fn supports_window_clause_named_window_reference(&self) -> bool {
        true
    }

    fn supports_select_wildcard_except(&self) -> bool {
        true
    }

    fn supports_select_wildcard_exclude(&self) -> bool {
        true
    }

    fn supports_select_wildcard_replace(&self) -> bool {
        true
    }

    fn supports_select_wildcard_rename(&self) -> bool {
        true
    }

    fn supports_select_wildcard_ilike(&self) -> bool {
        true
    }

    fn allow_extract_custom(&self) -> bool {
        true
    }

    fn allow_extract_single_quotes(&self) -> bool {
        true
    }

    fn supports_extract_comma_syntax(&self) -> bool {
        true
    }

    fn supports_limit_comma(&self) -> bool {
        true
    }

    fn supports_parens_around_table_factor(&self) -> bool {
        true
    }

    fn supports_values_as_table_factor(&self) -> bool {
        true
    }

    fn supports_try_convert(&self) -> bool {
        true
    }

    fn supports_bitwise_shift_operators(&self) -> bool {
        true
    }

    fn supports_interval_options(&self) -> bool {
        true
    }

    fn supports_explain_with_utility_options(&self) -> bool {
        true
    }
}
