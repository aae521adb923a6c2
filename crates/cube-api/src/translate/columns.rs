//! The columns of a request: which outputs Cube can answer, and what is fetched beside them.

use semantic::{Filter, MemberName, Output};

use super::scope::{Scope, members};
use crate::request::NotExact;

/// Refuses outputs that Cube's API cannot answer.
pub(super) fn check(scope: &Scope<'_>) -> Result<(), NotExact> {
    let outputs = &scope.query.outputs;
    if outputs.is_empty() {
        return Err(NotExact::NoColumns);
    }
    for (at, output) in outputs.iter().enumerate() {
        if outputs[..at].contains(output) {
            return Err(NotExact::Twice { column: output.to_string() });
        }
        match output {
            Output::Segment(member) => return Err(NotExact::SegmentColumn { member: member.clone() }),
            Output::Measure(member) => check_measure(member, scope)?,
            Output::Time(member, _) if scope.is_output(member) => {
                return Err(NotExact::StoredAndBins { member: member.clone() });
            }
            Output::Dimension(_) | Output::Time(..) => {}
        }
    }
    Ok(())
}

fn check_measure(member: &MemberName, scope: &Scope<'_>) -> Result<(), NotExact> {
    let reached = scope.column(member).source.reached(scope.model);
    let rolls = |member: &MemberName| scope.model.measure(member).is_some_and(|measure| measure.rolling);
    if reached.iter().any(|reached| rolls(&reached.member)) {
        return Err(NotExact::Rolling { measure: member.clone() });
    }
    Ok(())
}

/// The outputs, then the keys and measures that are only tested above.
pub(super) fn fetched(keys: &[MemberName], having: &Filter, scope: &Scope<'_>) -> Vec<Output> {
    let mut columns = scope.query.outputs.clone();
    let tested = members(having).into_iter().filter(|member| scope.is_measure(member));
    for member in keys.iter().cloned().chain(tested) {
        let column =
            if scope.is_measure(&member) { Output::Measure(member) } else { Output::Dimension(member) };
        if !columns.contains(&column) {
            columns.push(column);
        }
    }
    columns
}
