//! ORDER BY, by position; Cube has an order of its own where a query says none.

use semantic::{
    MemberName,
    asked::{AskedOrder, AskedTime},
};

use crate::planner::{grains, question::Question};

pub(super) fn by(question: &Question<'_>) -> String {
    let keys = question.ask.order.clone().unwrap_or_else(|| by_default(question));
    let keys = keys.iter().filter_map(|key| {
        let direction = if key.descending { "DESC" } else { "ASC" };
        Some(format!("{} {direction}", position(question, &key.member)?))
    });
    let keys: Vec<_> = keys.collect();
    if keys.is_empty() { String::new() } else { format!(" ORDER BY {}", keys.join(", ")) }
}

/// By time, else by the greatest measure, else by the first dimension.
fn by_default(question: &Question<'_>) -> Vec<AskedOrder> {
    let ask = question.ask;
    let key = |member: &MemberName, descending| AskedOrder { member: member.to_string(), descending };
    let time =
        ask.times.iter().find(|time| time.granularity.is_some()).map(|time| key(&time.dimension, false));
    let measure = || ask.measures.first().filter(|_| !ask.dimensions.is_empty()).map(|name| key(name, true));
    let dimension = || ask.dimensions.first().map(|name| key(name, false));
    time.or_else(measure).or_else(dimension).into_iter().collect()
}

fn position(question: &Question<'_>, name: &str) -> Option<usize> {
    let ask = question.ask;
    let bins: Vec<_> = ask.times.iter().filter(|time| time.granularity.is_some()).collect();
    let is_it = |member: &MemberName| member.as_str().eq_ignore_ascii_case(name);
    let dimension = ask.dimensions.iter().position(is_it);
    let named = |time: &AskedTime| {
        time.granularity
            .as_ref()
            .is_some_and(|bins| format!("{}.{bins}", time.dimension).eq_ignore_ascii_case(name))
    };
    let exact = || bins.iter().position(|time| named(time));
    let finest = || {
        let of_it = bins.iter().enumerate().filter(|(_, time)| is_it(&time.dimension));
        of_it.min_by_key(|(_, time)| finest_of(question, time)).map(|(at, _)| at)
    };
    let time = || exact().or_else(finest).map(|at| ask.dimensions.len() + at);
    let measure = || Some(ask.dimensions.len() + bins.len() + ask.measures.iter().position(is_it)?);
    dimension.filter(|_| finest().is_none()).or_else(time).or_else(measure).map(|at| at + 1)
}

/// The standard granularity that makes up the bins.
fn finest_of(question: &Question<'_>, time: &AskedTime) -> Option<semantic::Granularity> {
    let bins = time.granularity.as_ref()?;
    let finer = grains::made_of(bins, &time.dimension, question.model, question.clock);
    finer.iter().find_map(|name| name.parse().ok())
}
