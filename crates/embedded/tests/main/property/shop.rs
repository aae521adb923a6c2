//! A data model from a seed: three cubes over a few rows of their own, and rollups of whatever members.

use std::fmt::Write;

use chrono_tz::Tz;
use fastrand::Rng;
use semantic::granularity::{iso, parse_iso};

/// Nights on which clocks of some zone are moved, ends of months, and a leap day.
const MOMENTS: [&str; 12] = [
    "2024-02-29T23:30:00.000",
    "2024-03-01T00:00:00.000",
    "2024-03-10T06:30:00.000",
    "2024-03-10T07:15:00.000",
    "2024-03-30T22:45:00.000",
    "2024-03-31T00:30:00.000",
    "2024-03-31T01:30:00.000",
    "2024-06-30T23:59:59.000",
    "2024-10-27T00:30:00.000",
    "2024-10-27T01:30:00.000",
    "2024-11-03T05:30:00.000",
    "2024-11-03T06:30:00.000",
];

/// Ends of builds: between two partitions, inside of one, inside of a stored bin, before all rows.
const ENDS: [&str; 5] = [
    "2024-05-31T23:59:59.999",
    "2024-03-30T23:59:59.999",
    "2024-06-15T23:59:59.999",
    "2024-06-15T12:00:00.000",
    "2023-05-31T23:59:59.999",
];

/// Zones whose clocks are moved, or stand between hours.
pub(super) const ZONES: [Tz; 5] =
    [Tz::UTC, Tz::Europe__Berlin, Tz::America__New_York, Tz::Asia__Kolkata, Tz::Asia__Tokyo];

/// A model, and the zones that it is built for.
pub(super) struct Shop {
    pub(super) text: String,
    pub(super) zones: Vec<Tz>,
}

/// The cubes that a rollup may begin at, with what it can store there.
struct Ground {
    cube: &'static str,
    dimensions: &'static [&'static str],
    measures: &'static [&'static str],
    segments: &'static [&'static str],
    times: &'static [&'static str],
    /// The cubes of which a row of this one has several.
    to_many: &'static str,
}

const GROUNDS: [Ground; 3] = [
    Ground {
        cube: "orders",
        dimensions: &[
            "status",
            "city",
            "id",
            "loud_city",
            "CUBE.users.country",
            "CUBE.users.age",
            "CUBE.items.sku",
        ],
        measures: &[
            "count",
            "total",
            "amount",
            "lo",
            "hi",
            "people",
            "people_approx",
            "mean",
            "ratio",
            "big_count",
            "spread",
            "inline",
            "CUBE.items.count",
            "CUBE.items.pieces",
            "CUBE.users.ages",
        ],
        segments: &["big", "in_oslo"],
        times: &["created_at", "updated_at"],
        to_many: "CUBE.items",
    },
    Ground {
        cube: "items",
        dimensions: &["sku", "id", "CUBE.orders.status", "CUBE.orders.city", "CUBE.orders.users.country"],
        measures: &["count", "pieces", "dearest", "CUBE.orders.count", "CUBE.orders.total", "CUBE.orders.hi"],
        segments: &["many"],
        times: &["CUBE.orders.created_at"],
        to_many: "none",
    },
    Ground {
        cube: "users",
        dimensions: &["country", "age", "CUBE.orders.status", "CUBE.orders.city"],
        measures: &[
            "count",
            "ages",
            "oldest",
            "CUBE.orders.count",
            "CUBE.orders.total",
            "CUBE.orders.people",
        ],
        segments: &["grown"],
        times: &["born_at", "CUBE.orders.created_at"],
        to_many: "CUBE.orders",
    },
];

impl Shop {
    /// The same model for the same seed, for all time.
    pub(super) fn of(seed: u64) -> Self {
        let rng = &mut Rng::with_seed(seed);
        let mut text = "cubes:\n".to_owned();
        for (ground, (rows, members)) in
            GROUNDS.iter().zip([(orders(rng), ORDERS), (items(rng), ITEMS), (users(rng), USERS)])
        {
            let cube = ground.cube;
            let rollups: String = (0..rng.u8(2..6)).map(|place| ground.rollup(place, rng)).collect();
            let rollups = rollups + &ground.lambda(rng) + joins_of(cube);
            let members =
                members.replace("type: time }", &format!("type: time, granularities: [{GRANULARITIES}] }}"));
            _ = write!(
                text,
                "  - name: {cube}\n    sql: >\n      {rows}\n{members}    pre_aggregations:\n{rollups}"
            );
        }
        text += VIEWS;
        let mut zones = vec![*rng.choice(&ZONES).expect("a few zones")];
        zones.extend(rng.bool().then_some(Tz::UTC).filter(|zone| !zones.contains(zone)));
        Self { text, zones }
    }
}

impl Ground {
    /// A batch that ends somewhere in the year and newer rows, read as one.
    fn lambda(&self, rng: &mut Rng) -> String {
        let time = self.times[0];
        let (dimension, segment) = (self.dimensions[rng.usize(..2)], self.segments[0]);
        let members = format!(
            "measures: [{}, count], dimensions: [{dimension}], segments: [{segment}], time_dimension: {time}, granularity: day",
            self.measures[rng.usize(1..self.measures.len())],
        );
        let end = *rng.choice(&ENDS).expect("a few ends");
        let recent = if rng.u8(..12) == 0 { "day" } else { "month" };
        format!(
            "      - {{ name: batch, {members}, partition_granularity: month, build_range_end: {{ sql: \"SELECT '{end}'\" }} }}
      - {{ name: recent, {members}, partition_granularity: {recent} }}
      - {{ name: both, type: rollup_lambda, rollups: [CUBE.batch, CUBE.recent] }}\n"
        )
    }

    fn rollup(&self, place: u8, rng: &mut Rng) -> String {
        let reach = rng.u8(..3);
        let reached = |name: &&str| match reach {
            0 => !name.contains('.'),
            1 => !name.starts_with(self.to_many),
            _ => true,
        };
        let some = |all: &[&'static str], of: u8, rng: &mut Rng| {
            let some: Vec<_> = all.iter().copied().filter(reached).filter(|_| rng.u8(..of) == 0).collect();
            some.join(", ")
        };
        let mut measures = some(self.measures, 3, rng);
        if measures.is_empty() {
            measures = "count".to_owned();
        }
        let (dimensions, segments) = (some(self.dimensions, 3, rng), some(self.segments, 5, rng));
        let time = match rng.u8(..4) {
            0 => String::new(),
            _ => time(&self.times.iter().copied().filter(reached).collect::<Vec<_>>(), rng),
        };
        format!(
            "      - {{ name: r{place}, measures: [{measures}], dimensions: [{dimensions}], segments: [{segments}]{time} }}\n"
        )
    }
}

/// Joins of rollups, over two cubes and over three.
fn joins_of(cube: &str) -> &'static str {
    match cube {
        "orders" => {
            "      - { name: hourly, measures: [count, total, hi], dimensions: [status], time_dimension: created_at, granularity: hour, partition_granularity: month }
      - { name: keyed, measures: [count, total, hi, mean], dimensions: [user_id, status, id], time_dimension: created_at, granularity: day }
      - { name: by_user, measures: [count, total, lo, big_count], dimensions: [user_id, city], segments: [big] }
      - { name: with_users, type: rollup_join, measures: [count, total], dimensions: [city, CUBE.users.country], rollups: [by_user, CUBE.users.each] }
"
        }
        "items" => {
            "      - { name: by_order, measures: [count, pieces, dearest], dimensions: [order_id, sku] }
      - { name: with_users, type: rollup_join, measures: [count, pieces], dimensions: [sku, CUBE.orders.status, CUBE.orders.users.country],
          rollups: [by_order, CUBE.orders.keyed, CUBE.orders.users.each] }
"
        }
        _ => "      - { name: each, measures: [count, ages, oldest], dimensions: [id, country, age] }\n",
    }
}

fn time(times: &[&str], rng: &mut Rng) -> String {
    let Some(time) = rng.choice(times) else { return String::new() };
    let grain = match rng.u8(..5) {
        0 | 1 => rng.choice(&[
            "fiscal_year",
            "fiscal_quarter",
            "mid_month",
            "sunday_week",
            "fortnight",
            "late_day",
        ]),
        _ => rng.choice(&["hour", "day", "day", "week", "month", "quarter"]),
    };
    let grain = *grain.expect("a few grains");
    let partition = match rng.u8(..3) {
        0 => "",
        1 => ", partition_granularity: month",
        _ => ", partition_granularity: quarter",
    };
    let partition = match grain {
        "quarter" => partition.strip_suffix("month").map_or(partition, |_| ", partition_granularity: year"),
        _ => partition,
    };
    format!(", time_dimension: {time}, granularity: {grain}{partition}")
}

fn rows(columns: &[&str], values: impl Iterator<Item = String>) -> String {
    let columns: Vec<_> =
        columns.iter().enumerate().map(|(i, c)| c.replace('#', &format!("column{}", i + 1))).collect();
    let values: Vec<_> = values.collect();
    format!("SELECT {} FROM (VALUES {}) AS v", columns.join(", "), values.join(", "))
}

fn orders(rng: &mut Rng) -> String {
    let columns = [
        "# AS id",
        "# AS user_id",
        "# AS status",
        "# AS city",
        "# AS qty",
        "CAST(# AS DECIMAL(10, 2)) AS price",
        "CAST(# AS TIMESTAMP) AS created_at",
        "CAST(# AS TIMESTAMP) AS updated_at",
    ];
    let values = (0..rng.u8(25..45)).map(|id| {
        let user = maybe(rng, |rng| rng.u8(..7).to_string());
        let status = maybe(rng, |rng| word(&["new", "paid", "sent"], rng));
        let city = maybe(rng, |rng| word(&["Oslo", "Bonn", "Rom", "O''Hare"], rng));
        let quantity = maybe(rng, |rng| rng.i8(-3..20).to_string());
        let price = maybe(rng, |rng| format!("'{}.{:02}'", rng.u8(..50), rng.u8(..100)));
        let times = [maybe(rng, moment), maybe(rng, moment)].join(", ");
        format!("({id}, {user}, {status}, {city}, {quantity}, {price}, {times})")
    });
    // What has no row with a value has no type.
    let whole = "(100, 1, 'new', 'Oslo', 5, '1.50', '2024-05-05T05:00:00', '2024-06-06T06:06:00')".to_owned();
    rows(&columns, values.collect::<Vec<_>>().into_iter().chain([whole]))
}

fn items(rng: &mut Rng) -> String {
    let values = (0..rng.u8(20..50)).map(|id| {
        let order = maybe(rng, |rng| rng.u8(..30).to_string());
        let sku = maybe(rng, |rng| word(&["hat", "cap", "bag"], rng));
        let pieces = maybe(rng, |rng| rng.u8(1..9).to_string());
        format!("({id}, {order}, {sku}, {pieces})")
    });
    let whole = "(100, 1, 'hat', 2)".to_owned();
    rows(
        &["# AS id", "# AS order_id", "# AS sku", "# AS pieces"],
        values.collect::<Vec<_>>().into_iter().chain([whole]),
    )
}

fn users(rng: &mut Rng) -> String {
    let values = (0..6).map(|id| {
        let country = maybe(rng, |rng| word(&["NO", "DE", "IT"], rng));
        let age = maybe(rng, |rng| rng.u8(10..70).to_string());
        format!("({id}, {country}, {age}, {})", maybe(rng, moment))
    });
    let whole = "(100, 'NO', 20, '2024-04-04T04:00:00')".to_owned();
    rows(
        &["# AS id", "# AS country", "# AS age", "CAST(# AS TIMESTAMP) AS born_at"],
        values.collect::<Vec<_>>().into_iter().chain([whole]),
    )
}

fn maybe(rng: &mut Rng, value: impl FnOnce(&mut Rng) -> String) -> String {
    if rng.u8(..6) == 0 { "NULL".to_owned() } else { value(rng) }
}

fn word(words: &[&str], rng: &mut Rng) -> String {
    format!("'{}'", rng.choice(words).expect("there are words"))
}

fn moment(rng: &mut Rng) -> String {
    if rng.bool() {
        return word(&MOMENTS, rng);
    }
    let first = parse_iso("2024-01-05").expect("a date");
    format!("'{}'", iso(first + i64::from(rng.u32(..300 * 24 * 12)) * 300_000))
}

/// Of every time.
const GRANULARITIES: &str = "{ name: fiscal_year, interval: 1 year, offset: 1 month }, \
    { name: fiscal_quarter, interval: 1 quarter, offset: -1 month }, \
    { name: mid_month, interval: 1 month, offset: 14 days }, \
    { name: sunday_week, interval: 1 week, offset: -1 day }, \
    { name: fortnight, interval: 2 weeks, origin: '2024-01-03' }, \
    { name: late_day, interval: 1 day, offset: 6 hours }, \
    { name: quarter_day, interval: 6 hours }";

const ORDERS: &str = r#"    joins:
      - { name: users, relationship: many_to_one, sql: "{CUBE.user_id} = {users.id}" }
      - { name: items, relationship: one_to_many, sql: "{CUBE}.id = {items}.order_id" }
    dimensions:
      - { name: id, sql: "{CUBE}.id", type: number, primary_key: true, public: true, meta: { arrow_type: int64 } }
      - { name: user_id, sql: "{CUBE}.user_id", type: number, meta: { arrow_type: int64 } }
      - { name: status, sql: "{CUBE}.status", type: string }
      - { name: city, sql: "{CUBE}.city", type: string }
      - { name: loud_city, sql: "UPPER({city})", type: string }
      - { name: created_at, sql: "{CUBE}.created_at", type: time }
      - { name: updated_at, sql: "{CUBE}.updated_at", type: time }
    segments:
      - { name: big, sql: "{CUBE}.qty > 8" }
      - { name: in_oslo, sql: "{CUBE}.city = 'Oslo'" }
    measures:
      - { name: count, type: count }
      - { name: total, type: sum, sql: "{CUBE}.qty", meta: { arrow_type: int64 } }
      - { name: amount, type: sum, sql: "{CUBE}.price", meta: { arrow_type: "decimal(18,2)" } }
      - { name: lo, type: min, sql: "{CUBE}.qty", meta: { arrow_type: int64 } }
      - { name: hi, type: max, sql: "{CUBE}.price" }
      - { name: people, type: count_distinct, sql: "{CUBE}.user_id" }
      - { name: people_approx, type: count_distinct_approx, sql: "{CUBE}.user_id" }
      - { name: mean, type: avg, sql: "{CUBE}.qty" }
      - { name: ratio, type: number, sql: "1.0 * {total} / NULLIF({count}, 0)" }
      - { name: big_count, type: count, filters: [{ sql: "{CUBE}.qty > 8" }] }
      - { name: spread, type: number, sql: "{hi} - {lo}" }
      - { name: inline, type: number, sql: "1.0 * SUM({CUBE}.qty) / COUNT({CUBE}.qty)" }
"#;

const ITEMS: &str = r#"    joins:
      - { name: orders, relationship: many_to_one, sql: "{CUBE.order_id} = {orders.id}" }
    dimensions:
      - { name: id, sql: "{CUBE}.id", type: number, primary_key: true, public: true, meta: { arrow_type: int64 } }
      - { name: order_id, sql: "{CUBE}.order_id", type: number, meta: { arrow_type: int64 } }
      - { name: sku, sql: "{CUBE}.sku", type: string }
    segments:
      - { name: many, sql: "{CUBE}.pieces > 3" }
    measures:
      - { name: count, type: count }
      - { name: pieces, type: sum, sql: "{CUBE}.pieces", meta: { arrow_type: int64 } }
      - { name: dearest, type: max, sql: "{CUBE}.pieces" }
"#;

const USERS: &str = r#"    joins:
      - { name: orders, relationship: one_to_many, sql: "{CUBE}.id = {orders}.user_id" }
    dimensions:
      - { name: id, sql: "{CUBE}.id", type: number, primary_key: true, public: true, meta: { arrow_type: int64 } }
      - { name: country, sql: "{CUBE}.country", type: string }
      - { name: age, sql: "{CUBE}.age", type: number, meta: { arrow_type: int64 } }
      - { name: born_at, sql: "{CUBE}.born_at", type: time }
    segments:
      - { name: grown, sql: "{CUBE}.age > 17" }
    measures:
      - { name: count, type: count }
      - { name: ages, type: sum, sql: "{CUBE}.age", meta: { arrow_type: int64 } }
      - { name: oldest, type: max, sql: "{CUBE}.age" }
"#;

const VIEWS: &str = r#"views:
  - name: all_orders
    cubes:
      - { join_path: orders, includes: "*" }
      - { join_path: orders.users, prefix: true, includes: "*" }
      - { join_path: orders.items, prefix: true, includes: "*" }
  - name: all_items
    cubes:
      - { join_path: items, includes: "*" }
      - { join_path: items.orders, prefix: true, includes: "*" }
      - { join_path: items.orders.users, prefix: true, includes: "*" }
  - name: all_users
    cubes:
      - { join_path: users, includes: "*" }
      - { join_path: users.orders, prefix: true, includes: "*" }
"#;
