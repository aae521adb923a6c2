//! Dimensions, segments, filters, and rows instead of groups.

use super::check;
use crate::planner::Policy;

const EVENTS: &str = r#"
cubes:
  - name: events
    sql_table: events
    dimensions:
      - { name: id, sql: id, type: number, primary_key: true }
      - { name: kind, sql: kind, type: string }
      - { name: place, sql: place, type: string }
      - { name: upper, sql: "UPPER({kind})", type: string }
      - { name: other_name, sql: "{CUBE.kind}", type: string }
      - { name: mixed, sql: "{CUBE}.raw || {kind}", type: string }
      - { name: at, sql: at, type: time }
      - { name: of_day, sql: "DATE_TRUNC('day', {at})", type: time }
    measures:
      - { name: count, type: count }
      - { name: users, sql: u, type: count_distinct }
    segments:
      - { name: big, sql: "{CUBE}.x > 9" }
      - { name: small, sql: "{CUBE}.x < 2" }
    pre_aggregations:
      - { name: both, measures: [count], dimensions: [kind, place] }
      - { name: exact, measures: [users], dimensions: [kind, place] }
      - { name: one, measures: [users], dimensions: [kind] }
      - { name: seg, measures: [count, users], dimensions: [kind], segments: [big] }
      - { name: moment, measures: [count], dimensions: [at, kind] }
      - { name: binned, measures: [count], dimensions: [kind], time_dimension: at, granularity: day }
      - { name: keyed, measures: [count], dimensions: [id, upper] }
views:
  - name: v
    cubes: [{ join_path: events, includes: [count, users, { name: kind, alias: sort }, place, big, at] }]
"#;

#[test]
fn what_is_named_must_be_stored() {
    check(
        EVENTS,
        Policy::CUBE,
        &[
            ("m:events.count d:events.kind", "events.both"),
            ("m:events.count f:events.place/contains/x", "events.both"),
            ("m:events.count f:or(events.place/gt/x,events.kind/set)", "events.both"),
            ("m:events.count d:events.upper", "events.both"),
            ("m:events.count d:events.other_name", "events.both"),
            ("m:events.count d:events.mixed", "none"),
            ("m:events.users d:events.upper", "none"),
            ("m:events.users d:events.other_name", "events.one"),
            ("m:v.users d:v.sort", "events.one"),
            ("m:v.count d:v.sort f:v.place/equals/x", "events.both"),
            ("m:events.count s:events.big", "events.seg"),
            ("m:events.count s:events.small", "none"),
            ("m:v.count d:v.sort s:v.big", "events.seg"),
            // A time among the filters is a dimension like others.
            ("m:events.count f:events.at/afterDate/2024-01-01", "events.moment"),
            ("m:events.count t:events.at/2024-01-01/2024-01-31", "events.binned"),
            ("m:events.count t:events.of_day/day", "events.binned"),
            ("d:events.kind d:events.place", "events.both"),
        ],
    );
}

#[test]
fn one_value_by_equals_is_as_good_as_a_group() {
    check(
        EVENTS,
        Policy::CUBE,
        &[
            ("m:events.users d:events.kind f:events.place/equals/a", "events.exact"),
            ("m:events.users f:events.kind/equals/a", "events.one"),
            ("m:events.users d:events.kind f:events.place/equals/a/b", "none"),
            ("m:events.users d:events.kind d:events.place f:events.place/equals/a/b", "events.exact"),
            ("m:events.users d:events.kind f:events.kind/gt/a", "events.one"),
            ("m:events.users d:events.kind f:events.kind/gt/a f:events.place/equals/a", "none"),
            ("m:events.users f:and(events.kind/equals/a,events.place/equals/b)", "events.exact"),
            ("m:events.users f:or(events.kind/equals/a,events.place/equals/b)", "none"),
            ("m:events.users d:events.kind f:or(events.place/equals/a)", "none"),
            (
                "m:events.users d:events.kind f:events.place/equals/a/b f:events.place/equals/a",
                "events.exact",
            ),
            ("m:events.users f:events.place/equals/a", "none"),
            ("m:events.users d:events.kind s:events.big", "events.seg"),
            ("m:v.users d:v.sort f:v.place/equals/a", "events.exact"),
        ],
    );
}

#[test]
fn rows_need_the_keys_of_their_cubes() {
    check(
        EVENTS,
        Policy::CUBE,
        &[
            ("m:events.count d:events.id rows", "events.keyed"),
            ("m:events.count d:events.upper rows", "events.keyed"),
            ("m:events.count d:events.kind rows", "none"),
            ("m:events.count d:events.place d:events.id rows", "none"),
        ],
    );
}
