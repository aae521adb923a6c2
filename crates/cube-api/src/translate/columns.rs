//! The columns of a request: which outputs Cube can answer, and what is fetched beside them.

use semantic::{Dimension, Filter, Granularity, MemberName, Output, model::Reference};

use super::scope::{Scope, members};
use crate::request::NotExact;

/// Refuses outputs that Cube's API cannot answer.
pub(super) fn check(scope: &Scope<'_>) -> Result<(), NotExact> {
    let outputs = &scope.query.outputs;
    if outputs.is_empty() {
        return Err(NotExact::NoColumns);
    }
    check_stages(scope)?;
    for (at, output) in outputs.iter().enumerate() {
        if outputs[..at].contains(output) {
            return Err(NotExact::Twice { column: output.to_string() });
        }
        match output {
            Output::Segment(member) => return Err(NotExact::SegmentColumn { member: member.clone() }),
            Output::Time(member, _) | Output::Custom(member, _) if scope.is_output(member) => {
                return Err(NotExact::StoredAndBins { member: member.clone() });
            }
            Output::Time(member, granularity) => check_bins(member, *granularity, scope)?,
            Output::Custom(..) | Output::Dimension(_) | Output::Measure(_) => {}
        }
    }
    Ok(())
}

/// Refuses members whose values Cube computes from what else is asked.
fn check_stages(scope: &Scope<'_>) -> Result<(), NotExact> {
    let mut members = Vec::new();
    scope.query.members(|member| members.push(member.clone()));
    let is_filtered = scope.query.filter != Filter::always();
    for member in members {
        let reached = scope.column(&member).source.reached(scope.model);
        let dimension = |at: &Reference| scope.model.dimension(&at.member);
        let is_staged = |at: &Reference| dimension(at).is_some_and(Dimension::is_staged);
        if reached.iter().any(is_staged) {
            return Err(NotExact::MultiStage { member });
        }
        let follows = |at: &Reference| dimension(at).is_some_and(|d| d.propagate_filters_to_sub_query);
        if is_filtered && reached.iter().any(follows) {
            return Err(NotExact::FilteredSubQuery { member });
        }
    }
    Ok(())
}

/// Refuses bins that are a calendar's own.
fn check_bins(member: &MemberName, granularity: Granularity, scope: &Scope<'_>) -> Result<(), NotExact> {
    let reached = scope.column(member).source.reached(scope.model);
    let replaces =
        |at: &Reference| scope.model.dimension(&at.member).is_some_and(|d| d.replaces(granularity));
    if reached.iter().any(replaces) {
        return Err(NotExact::OwnGranularity { member: member.clone(), granularity });
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
