//! Bins that make up other bins, and ranges that fall on them.

use super::check;
use crate::planner::Policy;

const VISITS: &str = r#"
cubes:
  - name: visits
    sql_table: visits
    dimensions:
      - { name: id, sql: id, type: number, primary_key: true }
      - name: at
        sql: at
        type: time
        granularities:
          - { name: half, interval: 6 months }
          - { name: fiscal, interval: 1 year, offset: 1 month }
          - { name: sunday, interval: 1 week, offset: -1 day }
          - { name: mid, interval: 6 months, origin: "2024-03-15" }
          - { name: quarter_hour, interval: 15 minutes }
          - { name: fortnight, interval: 2 weeks, origin: "2024-01-08" }
      - { name: left, sql: l, type: time }
    measures:
      - { name: count, type: count }
      - { name: total, sql: x, type: sum }
      - { name: lows, sql: x, type: min }
      - { name: highs, sql: x, type: max }
      - { name: users, sql: u, type: count_distinct }
    pre_aggregations:
      - { name: week, measures: [total], time_dimension: at, granularity: week }
      - { name: month, measures: [total, users], time_dimension: at, granularity: month }
      - { name: day, measures: [count], time_dimension: at, granularity: day, allow_non_strict_date_range_match: false }
      - { name: halves, measures: [lows], time_dimension: at, granularity: half, allow_non_strict_date_range_match: false }
      - { name: fort, measures: [highs], time_dimension: at, granularity: fortnight, allow_non_strict_date_range_match: false }
      - { name: none, measures: [total, count] }
"#;

#[test]
fn finer_bins_make_up_coarser_ones() {
    check(
        VISITS,
        Policy::CUBE,
        &[
            ("m:visits.total t:visits.at/week", "visits.week"),
            ("m:visits.total t:visits.at/month", "visits.month"),
            ("m:visits.total t:visits.at/quarter", "visits.month"),
            ("m:visits.total t:visits.at/year", "visits.month"),
            ("m:visits.total t:visits.at/day", "none"),
            ("m:visits.count t:visits.at/week", "visits.day"),
            ("m:visits.count t:visits.at/hour", "none"),
            ("m:visits.total t:visits.left/month", "none"),
            ("m:visits.total", "visits.week"),
            ("m:visits.count t:visits.at/month t:visits.at/year", "visits.day"),
            ("m:visits.count t:visits.at/month t:visits.left/day", "none"),
            ("m:visits.users t:visits.at/month", "visits.month"),
            ("m:visits.users t:visits.at/year", "none"),
            ("m:visits.users t:visits.at/2024-01-01/2024-01-31", "none"),
        ],
    );
}

#[test]
fn bins_of_ones_own_are_made_of_what_they_start_on() {
    check(
        VISITS,
        Policy::CUBE,
        &[
            ("m:visits.total t:visits.at/half", "visits.month"),
            ("m:visits.total t:visits.at/fiscal", "visits.month"),
            ("m:visits.total t:visits.at/mid", "none"),
            ("m:visits.count t:visits.at/mid", "visits.day"),
            ("m:visits.total t:visits.at/sunday", "none"),
            ("m:visits.count t:visits.at/sunday", "visits.day"),
            ("m:visits.count t:visits.at/quarter_hour", "none"),
            ("m:visits.total t:visits.at/fortnight", "visits.week"),
            // On the clock of UTC the year of Berlin starts within a day.
            ("m:visits.total t:visits.at/half z:Europe/Berlin", "none"),
            ("m:visits.total t:visits.left/half", "error: `visits.left` has no granularity `half`"),
        ],
    );
}

#[test]
fn ranges_fall_on_bins_where_that_is_asked_for() {
    check(
        VISITS,
        Policy::CUBE,
        &[
            ("m:visits.total t:visits.at/month/2024-01-10/2024-02-20", "visits.month"),
            ("m:visits.count t:visits.at/month/2024-01-10/2024-02-20", "visits.day"),
            ("m:visits.count t:visits.at/month/2024-01-10T12:00:00.000/2024-02-20", "none"),
            ("m:visits.count t:visits.at/2024-01-10/2024-02-20", "visits.day"),
            ("m:visits.lows t:visits.at/half/2024-01-01/2024-12-31", "visits.halves"),
            ("m:visits.lows t:visits.at/half/2024-01-01/2024-09-30", "none"),
            ("m:visits.lows t:visits.at/half/2024-04-01/2024-09-30", "none"),
            ("m:visits.highs t:visits.at/fortnight/2024-01-08/2024-02-04", "visits.fort"),
            ("m:visits.highs t:visits.at/fortnight/2024-01-15/2024-02-11", "none"),
        ],
    );
    check(
        VISITS,
        Policy::BEST,
        &[
            ("m:visits.total t:visits.at/month/2024-01-10/2024-02-20", "none"),
            ("m:visits.total t:visits.at/month/2024-01-01/2024-02-29", "visits.month"),
            ("m:visits.total t:visits.at/2024-01-08/2024-01-14", "visits.week"),
            // No time at all costs least.
            ("m:visits.total", "visits.none"),
        ],
    );
}
