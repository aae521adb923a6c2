//! Rolling measures on every road, beside SQL by hand over the rows.

use semantic::granularity::{Granularity, iso, parse_iso};
use tonic::Code;

use super::{
    opinion,
    roads::{Asked, Roads},
};
use crate::harness::{Gateway, Settings, Wire, hostile_model, hostile_stacks};

/// A statement, and the same by hand over `months` and `days`, which are bins of 2024.
const CASES: &[(&str, &str)] = &[
    (
        "SELECT DATE_TRUNC('month', t) AS m, MEASURE(running_n) AS r FROM things \
         WHERE t >= '2024-02-10' AND t < '2024-07-01' GROUP BY 1",
        "SELECT m, SUM(n) AS r FROM months LEFT JOIN things ON t < m + INTERVAL '1 month' \
         WHERE m >= '2024-02-01' AND m < '2024-07-01' GROUP BY 1",
    ),
    (
        "SELECT b, DATE_TRUNC('month', t) AS m, MEASURE(count) AS c, MEASURE(running_count) AS r FROM things \
         WHERE t >= '2024-02-10' AND t < '2024-12-01' GROUP BY 1, 2",
        "SELECT p.b, p.m, c, r FROM (SELECT b, date_trunc('month', t) AS m, COUNT(*) AS c FROM things \
         WHERE t >= '2024-02-10' AND t < '2024-12-01' GROUP BY 1, 2) AS p JOIN (SELECT b, m, COUNT(*) AS r \
         FROM months JOIN things ON t < m + INTERVAL '1 month' GROUP BY 1, 2) AS w \
         ON (p.b IS NOT DISTINCT FROM w.b) AND p.m = w.m",
    ),
    (
        "SELECT DATE_TRUNC('day', t) AS d, MEASURE(week_n) AS w FROM things \
         WHERE t >= '2024-10-20' AND t < '2024-11-10' AND txt <> 'ß' GROUP BY 1 ORDER BY w DESC NULLS LAST, d",
        "SELECT d, SUM(n) AS w FROM days LEFT JOIN (SELECT * FROM things WHERE txt <> 'ß') \
         ON t < d + INTERVAL '1 day' AND t >= d - INTERVAL '6 day' WHERE d >= '2024-10-20' AND d < '2024-11-10' \
         GROUP BY 1 ORDER BY w DESC NULLS LAST, d",
    ),
    (
        "SELECT DATE_TRUNC('quarter', t) AS q, MEASURE(before_f) AS f, MEASURE(year_d2) AS y FROM things \
         WHERE t >= '2024-01-01' AND t < '2025-01-01' GROUP BY 1",
        "SELECT q, f, y FROM (SELECT m AS q, MAX(f) AS f FROM months LEFT JOIN things \
         ON t >= m - INTERVAL '2 month' AND t < m GROUP BY 1) JOIN (SELECT m, SUM(d2) AS y FROM months LEFT JOIN \
         things ON t >= date_trunc('year', m) AND t < m + INTERVAL '3 month' GROUP BY 1) ON q = m \
         WHERE q = date_trunc('quarter', q)",
    ),
    (
        "SELECT DATE_TRUNC('day', t) AS d, MEASURE(ahead_f) AS f FROM things \
         WHERE t >= '2024-06-28' AND t < '2024-07-03' GROUP BY 1",
        "SELECT d, MAX(f) AS f FROM days LEFT JOIN things ON t >= d AND t < d + INTERVAL '60 hour' \
         WHERE d >= '2024-06-28' AND d < '2024-07-03' GROUP BY 1",
    ),
    (
        "SELECT DATE_TRUNC('month', t) AS m, MEASURE(year_d2) AS y FROM things WHERE t >= '2024-01-01' AND \
         t < '2025-01-01' GROUP BY 1 HAVING MEASURE(year_d2) > 10 AND DATE_TRUNC('month', t) > '2024-02-01' \
         ORDER BY 1 DESC LIMIT 3",
        "SELECT m, SUM(d2) AS y FROM months JOIN things ON t >= '2024-01-01' AND t < m + INTERVAL '1 month' \
         WHERE m > '2024-02-01' GROUP BY 1 HAVING SUM(d2) > 10 ORDER BY 1 DESC LIMIT 3",
    ),
    // Without bins there is one window: everything.
    (
        "SELECT b, MEASURE(running_count) AS r, MEASURE(year_d2) AS s, MEASURE(count) AS c FROM things GROUP BY 1",
        "SELECT b, COUNT(*) AS r, SUM(d2) AS s, COUNT(*) AS c FROM things GROUP BY 1",
    ),
    // The bins are there whatever is read of them, and a later test does not narrow the windows.
    (
        "SELECT COUNT(*) AS c FROM (SELECT DATE_TRUNC('day', t) AS d, MEASURE(week_n) AS w FROM things \
         WHERE t >= '2024-10-20' AND t < '2024-11-10' GROUP BY 1)",
        "SELECT COUNT(*) AS c FROM days WHERE d >= '2024-10-20' AND d < '2024-11-10'",
    ),
    (
        "WITH r AS (SELECT b, DATE_TRUNC('month', t) AS m, MEASURE(running_count) AS r FROM things \
         WHERE t >= '2024-01-01' AND t < '2025-01-01' GROUP BY 1, 2), c AS (SELECT b, DATE_TRUNC('month', t) AS m, \
         MEASURE(count) AS c FROM things WHERE t >= '2024-01-01' AND t < '2025-01-01' GROUP BY 1, 2) \
         SELECT r.m, r, c FROM r LEFT JOIN c ON r.b = c.b AND r.m = c.m WHERE r.b AND r.m >= '2024-06-01'",
        "SELECT r.m, r, c FROM (SELECT m, COUNT(*) AS r FROM months JOIN things ON t < m + INTERVAL '1 month' \
         WHERE b GROUP BY 1) AS r LEFT JOIN (SELECT date_trunc('month', t) AS m, COUNT(*) AS c FROM things \
         WHERE b AND t >= '2024-01-01' GROUP BY 1) AS c ON r.m = c.m WHERE r.m >= '2024-06-01'",
    ),
    // Another time. The last days of long months end with a shorter one.
    (
        "SELECT DATE_TRUNC('month', t) AS m, MEASURE(last_month_n) AS p FROM things \
         WHERE t >= '2024-01-01' AND t < '2025-01-01' GROUP BY 1",
        "SELECT date_trunc('month', t + INTERVAL '1 month') AS m, SUM(n) AS p FROM things WHERE \
         t + INTERVAL '1 month' >= '2024-01-01' AND t + INTERVAL '1 month' < '2025-01-01' GROUP BY 1",
    ),
    (
        "SELECT DATE_TRUNC('month', t) AS m, MEASURE(last_month_n) AS p, SUM(sum_d2) AS d FROM things \
         WHERE t >= '2024-01-01' AND t < '2025-01-01' AND txt <> 'ab' GROUP BY 1 ORDER BY p DESC NULLS LAST, m",
        "SELECT m, p, d FROM (SELECT date_trunc('month', t) AS m, SUM(d2) AS d FROM things \
         WHERE t >= '2024-01-01' AND txt <> 'ab' GROUP BY 1) AS a JOIN \
         (SELECT date_trunc('month', t + INTERVAL '1 month') AS o, SUM(n) AS p FROM things WHERE txt <> 'ab' GROUP BY 1) AS b \
         ON m = o ORDER BY p DESC NULLS LAST, m",
    ),
    (
        "SELECT DATE_TRUNC('day', t) AS d, b, MEASURE(next_year_count) AS p FROM things \
         WHERE t >= '2023-02-01' AND t < '2023-12-31' GROUP BY 1, 2",
        "SELECT date_trunc('day', t - INTERVAL '1 year') AS d, b, COUNT(*) AS p FROM things WHERE \
         t - INTERVAL '1 year' >= '2023-02-01' AND t - INTERVAL '1 year' < '2023-12-31' GROUP BY 1, 2",
    ),
    (
        "SELECT DATE_TRUNC('day', t) AS d, MEASURE(last_month_n) AS p FROM things \
         WHERE t >= '2024-02-01' AND t < '2024-12-31' GROUP BY 1",
        "SELECT date_trunc('day', t + INTERVAL '1 month') AS d, SUM(n) AS p FROM things WHERE \
         t + INTERVAL '1 month' >= '2024-02-01' AND t + INTERVAL '1 month' < '2024-12-31' GROUP BY 1",
    ),
    // Other groups.
    (
        "SELECT b, DATE_TRUNC('month', t) AS m, MEASURE(count_of_b) AS x, MEASURE(timeless_d2) AS s, MEASURE(count) AS c \
         FROM things WHERE t >= '2024-01-01' AND t < '2025-01-01' GROUP BY 1, 2",
        "SELECT b, m, SUM(c) OVER (PARTITION BY b) AS x, SUM(d) OVER (PARTITION BY b) AS s, c FROM \
         (SELECT b, date_trunc('month', t) AS m, COUNT(*) AS c, SUM(d2) AS d FROM things WHERE t >= '2024-01-01' GROUP BY 1, 2)",
    ),
    (
        "SELECT txt, MEASURE(whole_n) AS w, MEASURE(sum_n) AS s FROM things WHERE n < 100 GROUP BY 1",
        "SELECT txt, SUM(s) OVER () AS w, s FROM (SELECT txt, SUM(n) AS s FROM things WHERE n < 100 GROUP BY 1)",
    ),
    (
        "SELECT MEASURE(whole_n) AS w FROM things WHERE n < 100",
        "SELECT SUM(n) AS w FROM things WHERE n < 100",
    ),
    (
        "SELECT b, txt, MEASURE(place_n) AS p, MEASURE(sum_n) AS s FROM things GROUP BY 1, 2",
        "SELECT b, txt, CAST(RANK() OVER (PARTITION BY b ORDER BY s DESC NULLS FIRST) AS DOUBLE) AS p, s FROM \
         (SELECT b, txt, SUM(n) AS s FROM things GROUP BY 1, 2)",
    ),
    (
        "SELECT b, txt, MEASURE(place_f) AS p, MEASURE(count) AS c FROM things WHERE n < 100 OR n IS NULL GROUP BY 1, 2 \
         HAVING MEASURE(place_f) BETWEEN 2 AND 40 ORDER BY p DESC, b, c, txt",
        "SELECT b, txt, p, c FROM (SELECT b, txt, CAST(RANK() OVER (PARTITION BY b ORDER BY f + 0.0 ASC NULLS LAST) AS DOUBLE) \
         AS p, c FROM (SELECT b, txt, MAX(f) AS f, COUNT(*) AS c FROM things WHERE n < 100 OR n IS NULL GROUP BY 1, 2)) \
         WHERE p BETWEEN 2 AND 40 ORDER BY p DESC, b, c, txt",
    ),
    (
        "SELECT b, MEASURE(mean_of_txts) AS m, MEASURE(most_of_txts) AS t, MEASURE(count) AS c FROM things GROUP BY 1",
        "SELECT b, AVG(CAST(s AS DOUBLE)) AS m, MAX(c) AS t, SUM(c) AS c FROM \
         (SELECT b, txt, SUM(n) AS s, COUNT(*) AS c FROM things GROUP BY 1, 2) GROUP BY 1",
    ),
    (
        "SELECT MEASURE(mean_of_txts) AS m, MEASURE(most_of_txts) AS t FROM things WHERE n < 100",
        "SELECT (SELECT AVG(CAST(s AS DOUBLE)) FROM (SELECT SUM(n) AS s FROM things WHERE n < 100 GROUP BY txt)) AS m, \
         (SELECT MAX(c) FROM (SELECT COUNT(*) AS c FROM things WHERE n < 100 GROUP BY txt, b)) AS t",
    ),
    // Calculations over several stages.
    (
        "SELECT txt, MEASURE(part_n) AS p, MEASURE(count) AS c FROM things WHERE n < 100 GROUP BY 1",
        "SELECT txt, 100.0 * s / NULLIF(CAST(SUM(s) OVER () AS DOUBLE), 0.0) AS p, c FROM \
         (SELECT txt, SUM(n) AS s, COUNT(*) AS c FROM things WHERE n < 100 GROUP BY 1)",
    ),
    (
        "SELECT DATE_TRUNC('month', t) AS m, MEASURE(growth_n) AS g, MEASURE(part_n) AS p FROM things \
         WHERE t >= '2024-01-01' AND t < '2025-01-01' AND n < 1000 GROUP BY 1",
        "SELECT m, COALESCE(s, 0) * 1.0 / NULLIF(CAST(l AS DOUBLE), 0.0) - 1 AS g, \
         100.0 * s / NULLIF(CAST(SUM(s) OVER () AS DOUBLE), 0.0) AS p FROM (SELECT date_trunc('month', t) AS m, SUM(n) AS s FROM things \
         WHERE t >= '2024-01-01' AND n < 1000 GROUP BY 1) JOIN \
         (SELECT date_trunc('month', t + INTERVAL '1 month') AS o, SUM(n) AS l FROM things WHERE n < 1000 GROUP BY 1) ON m = o",
    ),
];

#[tokio::test(flavor = "multi_thread")]
async fn rolling_measures_are_the_same_on_every_road() {
    let mut roads = Roads::start("UTC").await;
    let stack = &roads.stacks.arrow;
    let bins = |name: &str, column: &str, bin: Granularity| {
        let first = parse_iso("2024-01-01").unwrap();
        let starts = std::iter::successors(Some(first), |start| bin.next(*start)).map(iso);
        let starts = starts.take_while(|start| start.starts_with("2024"));
        let rows: Vec<_> = starts.map(|start| format!("(TIMESTAMP '{start}')")).collect();
        format!("{name} AS (SELECT * FROM (VALUES {}) AS bins({column}))", rows.join(", "))
    };
    let (months, days) = (bins("months", "m", Granularity::Month), bins("days", "d", Granularity::Day));
    let tables = format!("{}, {months}, {days}", opinion::tables(stack));
    let mut wrong = Vec::new();
    for (sql, by_hand) in CASES {
        let right = opinion::rows(stack, &tables, by_hand).await;
        assert!(!right.values.is_empty(), "{by_hand}");
        let asked =
            Asked { sql, road: Some("rollup"), ordered: sql.contains("ORDER BY"), members: &["running_"] };
        if let Err(difference) = roads.check(&asked, &right).await {
            wrong.push(format!("{difference}\n{sql}\n{by_hand}"));
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), CASES.len(), wrong.join("\n\n"));
    roads.no_fallbacks().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn windows_that_nobody_can_measure_are_refused_by_name() {
    let settings = Settings::both_roads(hostile_stacks().of(Wire::Arrow)).over(&hostile_model());
    let gateway = Gateway::start(&settings);
    let mut client = gateway.client().await;
    for (sql, told) in [
        ("SELECT DATE_TRUNC('day', t), MEASURE(week_n) FROM things GROUP BY 1", "needs a range of the time"),
        (
            "SELECT DATE_TRUNC('day', t), MEASURE(week_n) FROM things WHERE t >= '2024-01-01' AND t < '2025-01-01' \
             AND (t < '2024-02-01' OR t > '2024-03-01') GROUP BY 1",
            "more than one range",
        ),
        (
            "SELECT UPPER(txt), MEASURE(week_n) FROM things GROUP BY 1",
            "`things.week_n` (of other rows too) cannot be added up",
        ),
        ("SELECT id, week_n FROM things", "week_n"),
        ("SELECT id FROM things WHERE week_n > 3 GROUP BY 1", "week_n"),
    ] {
        let (code, text) = client.query(sql).await.unwrap_err();
        assert!(code == Code::InvalidArgument && text.contains(told), "{sql}\n{code:?} {text}");
    }
    // What another database would compute differently is Cube's.
    for measure in ["whole_part", "place_label"] {
        let explained = format!("EXPLAIN SELECT b, MEASURE({measure}) FROM things GROUP BY 1");
        let text = format!("{:?}", client.query(&explained).await.unwrap().values);
        assert!(text.contains(&format!("`things.{measure}` does not add up")), "{text}");
    }
}
