//! Reads rolling windows, shifts of time and the keys of multi-stage measures.

use super::{dimension::DIRECTIONS, index::Scope, map::Map, node::Node};
use crate::model::{
    CalendarShift, Grain, RankKey, RollingWindow, ShiftDirection, Stages, TimeShift, WindowOffset,
};

const SHIFTS: [(&str, ShiftDirection); 2] =
    [("prior", ShiftDirection::Prior), ("next", ShiftDirection::Next)];
const OFFSETS: [(&str, WindowOffset); 2] = [("start", WindowOffset::Start), ("end", WindowOffset::End)];

/// The types of windows: those up to a date are the second kind.
const WINDOWS: [(&str, bool); 2] = [("fixed", false), ("to_date", true)];

/// `rolling_window`
pub(super) fn window(map: &Map<'_>) -> Option<RollingWindow> {
    let map = map.get("rolling_window")?.map()?;
    let window = match map.word("type", &WINDOWS).unwrap_or_default() {
        true => map.required("granularity").and_then(|node| {
            let name = node.text()?;
            let granularity = name.parse().map_or_else(|_| Grain::Custom(name.into()), Grain::Standard);
            Some(RollingWindow::ToDate { granularity })
        }),
        false => Some(RollingWindow::Fixed {
            trailing: map.parsed("trailing"),
            leading: map.parsed("leading"),
            offset: map.word("offset", &OFFSETS),
        }),
    };
    map.finish();
    window
}

/// The keys of a multi-stage measure.
pub(super) fn stages(map: &Map<'_>, scope: Scope<'_>) -> Stages {
    let references = |key| map.get(key).map(|node| scope.references(&node));
    Stages {
        multi_stage: map.boolean("multi_stage", false),
        group_by: references("group_by"),
        reduce_by: references("reduce_by"),
        add_group_by: references("add_group_by"),
        order_by: map.list("order_by").iter().filter_map(|node| rank_key(node, scope)).collect(),
        time_shift: map.list("time_shift").iter().filter_map(|node| shift(node, scope)).collect(),
    }
}

fn rank_key(node: &Node<'_>, scope: Scope<'_>) -> Option<RankKey> {
    let map = node.map()?;
    let sql = map.required("sql").and_then(|sql| scope.template(&sql));
    let dir = map.word("dir", &DIRECTIONS);
    map.finish();
    Some(RankKey { sql: sql?, dir })
}

fn shift(node: &Node<'_>, scope: Scope<'_>) -> Option<TimeShift> {
    let map = node.map()?;
    let time = map.get("time_dimension");
    let shift = TimeShift {
        time_dimension: time.as_ref().and_then(|node| scope.reference(node)),
        interval: map.parsed("interval"),
        direction: map.word("type", &SHIFTS),
        name: map.text("name"),
    };
    if map.get("name").is_none() && (map.get("interval").is_none() || map.get("type").is_none()) {
        map.node()
            .problem("a time shift needs an `interval` and a `type`, or the `name` of a calendar's shift");
    }
    map.finish();
    Some(shift)
}

/// An entry of `time_shift` of a calendar's time dimension.
pub(super) fn of_calendar(node: &Node<'_>, scope: Scope<'_>) -> Option<CalendarShift> {
    let map = node.map()?;
    let shift = CalendarShift {
        name: map.text("name"),
        interval: map.parsed("interval"),
        direction: map.word("type", &SHIFTS),
        sql: map.get("sql").and_then(|sql| scope.template(&sql)),
    };
    map.finish();
    Some(shift)
}
