//! Statements with something taken out, doubled, swapped or put in: each is planned or refused, soon and without a
//! panic.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    time::{Duration, Instant},
};

use chrono::DateTime;
use fastrand::Rng;

use super::parsed;
use crate::Planner;

const STATEMENTS: usize = 10_000;
/// Far beyond what any of them takes, on a busy machine and without optimization.
const HANGS: Duration = Duration::from_secs(10);

pub(super) const SEEDS: [&str; 14] = [
    "SELECT status, MEASURE(count) AS n FROM orders WHERE day >= '2024-01-01' AND price IN (1, 2.5) GROUP BY 1 HAVING MEASURE(total) > 10 ORDER BY 2 DESC NULLS LAST LIMIT 5 OFFSET 1",
    "WITH q AS (SELECT DATE_TRUNC('month', createdAt) AS m, SUM(total) AS t FROM orders GROUP BY 1) SELECT m, t, RANK() OVER (PARTITION BY EXTRACT(YEAR FROM m) ORDER BY t) FROM q WHERE t > (SELECT AVG(t) FROM q)",
    "SELECT CASE WHEN status LIKE 'a!_%' ESCAPE '!' THEN 'x' WHEN big THEN NULL ELSE UPPER(City) END AS k, COUNT(*) FROM orders GROUP BY 1",
    "SELECT o.status, MEASURE(o.ratio) FROM orders o JOIN (SELECT status, MEASURE(total) AS t FROM orders GROUP BY 1 ORDER BY 2 DESC LIMIT 3) t ON o.status = t.status WHERE NOT (o.paid IS FALSE) GROUP BY 1",
    "SELECT * FROM orders WHERE 1 = 0 UNION ALL SELECT * FROM orders ORDER BY 1 LIMIT 3",
    "SELECT status, paid, MEASURE(count) FROM orders GROUP BY GROUPING SETS ((status), (paid), ())",
    "SELECT TO_CHAR(day, 'YYYY-MM \"x\"'), {fn YEAR(day)}, DATEADD(quarter, -1, day), DATEDIFF('week', day, createdAt) FROM orders",
    "SELECT DISTINCT status || '-' || City FROM orders WHERE rate BETWEEN -1e300 AND 0.1 OR id = 9007199254740993",
    "SELECT COUNT(DISTINCT status), MIN(day), MAX(createdAt) - INTERVAL '1 day' FROM orders WHERE createdAt < now()",
    "SELECT t.table_name, count(*) FROM information_schema.columns t, system.queries q GROUP BY ALL",
    "SELECT status FROM orders WHERE status IN (SELECT name FROM users) AND EXISTS (SELECT 1 FROM users WHERE users.name = orders.status) GROUP BY 1",
    "VALUES (1, 'a', NULL), (?, $1, DATE '2024-02-30')",
    "EXPLAIN SELECT TOP 3 \"status\", SUM(1) FROM \"cube\".\"public\".\"orders\" GROUP BY 1 FETCH FIRST 2 ROWS ONLY",
    "SELECT CAST(price AS DECIMAL(38, 10)) * 1000000000000 % 7, SUBSTRING(status FROM 2 FOR 1), status ~* '^a.*[' FROM orders",
];

const PIECES: [&str; 24] = [
    "(",
    ")",
    ",",
    "'",
    "\"",
    "NOT",
    "NULL",
    "*",
    "-",
    "0",
    "1e400",
    "9223372036854775808",
    "SELECT",
    "FROM orders",
    "GROUP BY",
    "OVER ()",
    "CASE",
    "IN ()",
    "LIKE '%'",
    "::DATE",
    "INTERVAL '1 month'",
    "\u{0}",
    "é",
    "MEASURE(",
];

/// What may stand in place of a name or a value and leave a statement.
const NAMES: [&str; 15] = [
    "status",
    "City",
    "price",
    "rate",
    "paid",
    "createdAt",
    "day",
    "id",
    "count",
    "total",
    "ratio",
    "big",
    "1",
    "'x'",
    "NULL",
];

/// One of the statements, changed in a few places.
pub(super) fn mutated(statements: &[&str], rng: &mut Rng) -> String {
    let seed = rng.choice(statements).unwrap();
    let mut words: Vec<String> = seed.split_inclusive([' ', '(', ',']).map(str::to_owned).collect();
    for _ in 0..rng.usize(1..4) {
        let (at, other) = (rng.usize(..words.len()), rng.usize(..words.len()));
        match rng.u8(..12) {
            0 => drop(words.remove(at)),
            1 => words.insert(at, words[other].clone()),
            2 => words.insert(at, (*rng.choice(PIECES).unwrap()).to_owned()),
            3 => words.swap(at, other),
            4 => {
                let tail: Vec<&str> = rng.choice(statements).unwrap().split_inclusive(' ').collect();
                words.truncate(at);
                words.push(tail[rng.usize(..tail.len())..].concat());
            }
            _ => rename(&mut words[at], rng),
        }
        if words.is_empty() {
            break;
        }
    }
    let mut text: Vec<char> = words.concat().chars().collect();
    if rng.u8(..8) == 0 && !text.is_empty() {
        let at = rng.usize(..text.len());
        text[at] = rng.char(..);
    }
    text.into_iter().collect()
}

/// Puts another name in place of a name or value; keywords stay.
fn rename(word: &mut String, rng: &mut Rng) {
    let end = word.find([' ', '(', ',', ')']).unwrap_or(word.len());
    let is_name = word[..end].starts_with(|first: char| !first.is_uppercase() && first.is_alphanumeric());
    if is_name && !word.ends_with('(') {
        word.replace_range(..end, rng.choice(NAMES).unwrap());
    }
}

#[test]
fn nothing_panics_or_hangs() {
    let (model, planner) = (parsed(), Planner::new());
    let now = DateTime::from_timestamp_millis(1_709_210_096_789).unwrap();
    let (mut planned, mut refused) = (0, 0);
    for seed in 0..STATEMENTS as u64 {
        let sql = mutated(&SEEDS, &mut Rng::with_seed(seed));
        let since = Instant::now();
        let outcome = catch_unwind(AssertUnwindSafe(|| {
            let statement = planner.prepare(&sql, &model)?;
            planner.plan(&statement, &[], chrono_tz::UTC, now)
        }));
        match outcome {
            Ok(Ok(_)) => planned += 1,
            Ok(Err(_)) => refused += 1,
            Err(_) => panic!("seed {seed}: {sql}"),
        }
        assert!(since.elapsed() < HANGS, "seed {seed} took {:?}: {sql}", since.elapsed());
    }
    // Mutations that leave nothing valid, or nothing broken, would test little.
    assert!(planned > STATEMENTS / 20 && refused > STATEMENTS / 4, "{planned} planned, {refused} refused");
}
