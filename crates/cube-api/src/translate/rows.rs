//! The test of rows (WHERE) cut into what is sent and what is tested above.

use semantic::{ColumnKind, Filter, Table, json::JsonFilter};

use super::{
    fold, like,
    predicate::{self, Inexact},
    scope::{Scope, members},
    time::{self, DateRange},
};
use crate::request::NotExact;

/// What is sent of a WHERE, and what is tested above.
pub(super) struct Rows {
    pub(super) filters: Vec<JsonFilter>,
    pub(super) segments: Vec<String>,
    pub(super) range: Option<DateRange>,
    pub(super) above: Filter,
}

pub(super) fn translate(filter: &Filter, scope: &Scope<'_>) -> Result<Rows, NotExact> {
    let mut rows = Rows { filters: Vec::new(), segments: Vec::new(), range: None, above: Filter::always() };
    if fold::is_never(filter) {
        rows.filters = contradiction(scope)?;
        return Ok(rows);
    }
    let range = time::date_range(filter.conjuncts(), scope);
    let ranged = range.as_ref().map(|(at, _)| *at);
    let mut above = Vec::new();
    for (at, part) in filter.conjuncts().iter().enumerate() {
        if Some(at) != ranged {
            rows.demand(part, &mut above, scope)?;
        }
    }
    rows.range = range.map(|(_, range)| range);
    rows.above = Filter::all(above);
    Ok(rows)
}

impl Rows {
    fn demand(&mut self, part: &Filter, above: &mut Vec<Filter>, scope: &Scope<'_>) -> Result<(), NotExact> {
        if let Filter::Segment { member, holds: true } = part {
            self.segments.push(member.asked().to_owned());
            return Ok(());
        }
        match sent(part, scope) {
            Ok(filter) => self.filters.extend(predicate::conjuncts(filter)),
            Err(Inexact::Above) => {
                self.filters.extend(superset(part));
                above.push(part.clone());
            }
            Err(Inexact::Refused(refusal)) => return Err(refusal),
        }
        Ok(())
    }
}

fn sent(part: &Filter, scope: &Scope<'_>) -> Result<JsonFilter, Inexact> {
    let Some(measure) = members(part).into_iter().find(|member| scope.is_measure(member)) else {
        return predicate::exact(part, scope);
    };
    if scope.is_grouped() {
        return Err(NotExact::MeasureInWhere { measure }.into());
    }
    // Cube tests measures on groups only; what it would refuse there is refused above too.
    match predicate::exact(part, scope) {
        Err(refused @ Inexact::Refused(_)) => Err(refused),
        Ok(_) | Err(Inexact::Above) => Err(Inexact::Above),
    }
}

/// What can be sent of a predicate that is tested above: never stricter than it.
fn superset(part: &Filter) -> Vec<JsonFilter> {
    match part {
        Filter::Like { member, like, negated } => vec![like::superset(member, like, *negated)],
        Filter::During { member, from, to } => time::superset(member, *from, *to),
        _ => Vec::new(),
    }
}

/// Filters that no row passes. Only a group without keys needs them: it has a row even over nothing.
fn contradiction(scope: &Scope<'_>) -> Result<Vec<JsonFilter>, NotExact> {
    let table = scope.query.outputs.first().and_then(|output| scope.model.table(output.member().table()));
    let mut columns = table.into_iter().flat_map(Table::columns);
    let dimension = columns.find(|column| matches!(column.kind, ColumnKind::Dimension(_)));
    let member = &dimension.ok_or(NotExact::NoDimension)?.member;
    Ok(vec![predicate::set(member), predicate::not_set(member)])
}
