//! The test of groups (HAVING) cut into what is sent and what is tested above.

use semantic::{Filter, json::JsonFilter};

use super::{
    predicate::{self, Inexact},
    scope::{Scope, members},
};
use crate::request::NotExact;

/// What is sent of a HAVING, and what is tested above.
pub(super) struct Having {
    pub(super) filters: Vec<JsonFilter>,
    pub(super) above: Filter,
}

/// `regrouped`: groups are finer than those that the test is about, so all of it is tested above.
pub(super) fn translate(having: &Filter, regrouped: bool, scope: &Scope<'_>) -> Result<Having, NotExact> {
    let mut filters = Vec::new();
    let mut above = Vec::new();
    for part in having.conjuncts() {
        // Cube refuses dimensions and measures in one group of filters.
        let is_of_measures = members(part).iter().all(|member| scope.is_measure(member));
        match predicate::exact(part, scope) {
            Err(Inexact::Refused(refusal)) => return Err(refusal),
            Ok(filter) if is_of_measures && !regrouped => filters.extend(predicate::conjuncts(filter)),
            Ok(_) | Err(Inexact::Above) => above.push(part.clone()),
        }
    }
    Ok(Having { filters, above: Filter::all(above) })
}
