//! Statements that no generator reaches, beside SQL by hand over the rows.

use super::{
    opinion,
    roads::{Asked, Roads},
};

/// A statement, the same by hand, and the road where it is known.
struct Case {
    sql: &'static str,
    by_hand: &'static str,
    road: Option<&'static str>,
}

const fn rollup(sql: &'static str, by_hand: &'static str) -> Case {
    Case { sql, by_hand, road: Some("rollup") }
}

const fn cube(sql: &'static str, by_hand: &'static str) -> Case {
    Case { sql, by_hand, road: Some("cube") }
}

const UTC: &[Case] = &[
    // Granularities of one's own: from finer bins, as stored, of values that do not add up, tested, in no rollup.
    rollup(
        "SELECT DATE_TRUNC('fiscal_quarter', t) AS q, txt, MEASURE(sum_n) AS s FROM things GROUP BY 1, 2",
        "SELECT DATE_TRUNC('quarter', t - INTERVAL '1 month') + INTERVAL '1 month' AS q, txt, SUM(n) AS s FROM things GROUP BY 1, 2",
    ),
    rollup(
        "SELECT DATE_TRUNC('sunday_week', t) AS w, MEASURE(count) AS c FROM things WHERE t >= '2024-02-01' AND t < '2024-04-01' GROUP BY 1 ORDER BY 1 LIMIT 3",
        "SELECT DATE_TRUNC('week', t + INTERVAL '1 day') - INTERVAL '1 day' AS w, COUNT(*) AS c FROM things WHERE t >= '2024-02-01' AND t < '2024-04-01' GROUP BY 1 ORDER BY 1 LIMIT 3",
    ),
    rollup(
        "SELECT DATE_TRUNC('fortnight', t) AS w, MEASURE(kinds) AS k FROM things GROUP BY 1",
        "SELECT DATE_BIN(INTERVAL '14 days', t, TIMESTAMP '2024-01-03') AS w, COUNT(DISTINCT txt) AS k FROM things GROUP BY 1",
    ),
    rollup(
        "SELECT MEASURE(sum_n) AS s FROM things WHERE DATE_TRUNC('fortnight', t) > '2024-02-01'",
        "SELECT SUM(n) AS s FROM things WHERE DATE_BIN(INTERVAL '14 days', t, TIMESTAMP '2024-01-03') > TIMESTAMP '2024-02-01'",
    ),
    rollup(
        "SELECT EXTRACT(YEAR FROM DATE_TRUNC('Fiscal_Quarter', t)) AS y, MEASURE(sum_d2) AS s FROM things GROUP BY 1",
        "SELECT EXTRACT(YEAR FROM DATE_TRUNC('quarter', t - INTERVAL '1 month') + INTERVAL '1 month') AS y, SUM(d2) AS s FROM things GROUP BY 1",
    ),
    rollup(
        "SELECT txt, DATE_TRUNC('fortnight', t) AS w, MEASURE(sum_d2) AS s, MEASURE(count) AS c FROM things WHERE b GROUP BY 1, 2 HAVING MEASURE(count) > 1 ORDER BY 1, 2 LIMIT 7 OFFSET 1",
        "SELECT txt, DATE_BIN(INTERVAL '14 days', t, TIMESTAMP '2024-01-03') AS w, SUM(d2) AS s, COUNT(*) AS c FROM things WHERE b GROUP BY 1, 2 HAVING COUNT(*) > 1 ORDER BY 1, 2 LIMIT 7 OFFSET 1",
    ),
    rollup(
        "SELECT DATE_TRUNC('fortnight', t) AS w, MEASURE(sum_d2) AS s FROM things WHERE b GROUP BY 1 HAVING MEASURE(count) > 1",
        "SELECT DATE_BIN(INTERVAL '14 days', t, TIMESTAMP '2024-01-03') AS w, SUM(d2) AS s FROM things WHERE b GROUP BY 1 HAVING COUNT(*) > 1",
    ),
    cube(
        "SELECT txt, DATE_TRUNC('fortnight', t) AS w, MEASURE(kinds) AS k FROM things GROUP BY 1, 2",
        "SELECT txt, DATE_BIN(INTERVAL '14 days', t, TIMESTAMP '2024-01-03') AS w, COUNT(DISTINCT txt) AS k FROM things GROUP BY 1, 2",
    ),
    cube(
        "SELECT DATE_TRUNC('fiscal_quarter', t) AS q, MEASURE(kinds) AS k FROM things GROUP BY 1",
        "SELECT DATE_TRUNC('quarter', t - INTERVAL '1 month') + INTERVAL '1 month' AS q, COUNT(DISTINCT txt) AS k FROM things GROUP BY 1",
    ),
    // Patterns that the engine above leaves has to test.
    rollup(
        r"SELECT id FROM things WHERE UPPER(txt) LIKE 'A!%B' ESCAPE '!' OR txt || '' LIKE 'a\b' ESCAPE '!' GROUP BY 1",
        r"SELECT id FROM things WHERE UPPER(txt) LIKE 'A\%B' OR txt LIKE 'a\\b'",
    ),
    rollup(
        "SELECT id FROM things WHERE txt NOT LIKE 'a!%b' ESCAPE '!' OR NOT (txt NOT ILIKE '%') GROUP BY 1",
        r"SELECT id FROM things WHERE txt NOT LIKE 'a\%b' OR NOT (txt NOT ILIKE '%')",
    ),
    // What only floating point has. No text of it may become another number.
    rollup(
        "SELECT id, MEASURE(max_wild) AS w, MEASURE(sum_wild) AS s FROM things GROUP BY 1",
        "SELECT id, wild AS w, wild AS s FROM things",
    ),
    rollup(
        "SELECT wild, MEASURE(count) AS c FROM things GROUP BY 1",
        "SELECT wild + 0.0 AS wild, COUNT(*) AS c FROM things GROUP BY 1",
    ),
    rollup("SELECT id FROM things WHERE wild > 1 GROUP BY 1", "SELECT id FROM things WHERE wild > 1"),
    rollup("SELECT id FROM things WHERE wild = 0 GROUP BY 1", "SELECT id FROM things WHERE wild = 0"),
    rollup(
        "SELECT id FROM things WHERE wild <= -1e-300 GROUP BY 1",
        "SELECT id FROM things WHERE wild <= -1e-300",
    ),
    rollup(
        "SELECT f, MEASURE(count) AS c FROM things GROUP BY 1",
        "SELECT f + 0.0 AS f, COUNT(*) AS c FROM things GROUP BY 1",
    ),
    rollup(
        "SELECT id FROM things WHERE f NOT IN (0, 3) OR f IN (0, 3, 4) GROUP BY 1 HAVING MEASURE(max_f) IN (0, 5)",
        "SELECT id FROM things WHERE f + 0.0 = 0 OR f = 5",
    ),
    rollup(
        "SELECT id, MEASURE(max_d6) AS m FROM things WHERE n < 0 GROUP BY 1 HAVING MEASURE(max_f) NOT IN (0, 5, 6) OR MEASURE(max_day) > DATE '2024-06-30'",
        "SELECT id, d6 AS m FROM things WHERE n < 0 AND (f + 0.0 <> 0 OR day > '2024-06-30')",
    ),
    rollup(
        "SELECT id FROM things GROUP BY 1 HAVING MEASURE(max_f) = 0 AND MEASURE(max_day) < DATE '2024-06-30'",
        "SELECT id FROM things WHERE f + 0.0 = 0 AND day < '2024-06-30'",
    ),
    // Digits.
    cube(
        "SELECT id, txt, n, f, wild, d2, d6, d0, b, t, day FROM things",
        "SELECT id, txt, n, f, wild, d2, d6, d0, b, t, day FROM things",
    ),
    rollup(
        "SELECT id, d0, MEASURE(max_d0) AS m FROM things GROUP BY 1, 2",
        "SELECT id, d0, d0 AS m FROM things",
    ),
    rollup(
        "SELECT id FROM things WHERE d0 = CAST('99999999999999999999' AS DECIMAL(38, 0)) OR d2 = 9999999999.99 GROUP BY 1",
        "SELECT id FROM things WHERE d0 = CAST('99999999999999999999' AS DECIMAL(38, 0)) OR d2 = CAST('9999999999.99' AS DECIMAL(12, 2))",
    ),
    rollup(
        "SELECT id FROM things WHERE d6 = CAST('12345678901234.567891' AS DECIMAL(20, 6)) GROUP BY 1",
        "SELECT id FROM things WHERE d6 = CAST('12345678901234.567891' AS DECIMAL(20, 6))",
    ),
    rollup(
        "SELECT MEASURE(sum_n) AS s, MEASURE(twice) AS t, MEASURE(sum_positive) AS p FROM things",
        "SELECT SUM(n) AS s, 2 * SUM(n) AS t, SUM(n) FILTER (WHERE n > 0) AS p FROM things",
    ),
    rollup(
        "SELECT b, COUNT(*) FILTER (WHERE txt LIKE '%a%') AS a, SUM(sum_n) FILTER (WHERE n > 0 OR n IS NULL) AS s, \
         MAX(n) FILTER (WHERE d2 < 3) AS m, MEASURE(count) AS c FROM things GROUP BY 1",
        "SELECT b, COUNT(*) FILTER (WHERE txt LIKE '%a%') AS a, SUM(n) FILTER (WHERE n > 0 OR n IS NULL) AS s, \
         MAX(n) FILTER (WHERE d2 < 3) AS m, COUNT(*) AS c FROM things GROUP BY 1",
    ),
    // Texts by code point, and what stands above leaves.
    rollup(
        "SELECT txt, MEASURE(count) AS c FROM things GROUP BY 1 ORDER BY 1 DESC LIMIT 7",
        "SELECT txt, COUNT(*) AS c FROM things GROUP BY 1 ORDER BY 1 DESC LIMIT 7",
    ),
    rollup(
        "SELECT COALESCE(txt, '∅') AS k, UPPER(txt) AS u, CHAR_LENGTH(txt) AS l, MEASURE(count) AS c FROM things GROUP BY 1, 2, 3",
        "SELECT COALESCE(txt, '∅') AS k, UPPER(txt) AS u, CHAR_LENGTH(txt) AS l, COUNT(*) AS c FROM things GROUP BY 1, 2, 3",
    ),
    rollup(
        r"SELECT txt || '\''%' AS k, MEASURE(sum_n) AS s FROM things WHERE txt IN ('\', '%', 'o''neil') GROUP BY 1",
        r"SELECT txt || '\''%' AS k, SUM(n) AS s FROM things WHERE txt IN ('\', '%', 'o''neil') GROUP BY 1",
    ),
    rollup(
        "SELECT COUNT(DISTINCT txt) AS d, MIN(txt) AS a, MAX(txt) AS z FROM things",
        "SELECT COUNT(DISTINCT txt) AS d, MIN(txt) AS a, MAX(txt) AS z FROM things",
    ),
    rollup(
        "SELECT q.*, RANK() OVER (ORDER BY c DESC, txt) AS r FROM (SELECT txt, MEASURE(count) AS c FROM things GROUP BY 1) AS q",
        "SELECT txt, COUNT(*) AS c, RANK() OVER (ORDER BY COUNT(*) DESC, txt) AS r FROM things GROUP BY txt",
    ),
    // Unknown.
    rollup(
        "SELECT id FROM things WHERE n BETWEEN 0 AND NULL GROUP BY 1",
        "SELECT id FROM things WHERE FALSE",
    ),
    rollup(
        "SELECT id FROM things WHERE n NOT BETWEEN 1 AND NULL GROUP BY 1",
        "SELECT id FROM things WHERE n < 1",
    ),
    rollup(
        "SELECT id FROM things WHERE NOT (n IN (1, NULL)) GROUP BY 1",
        "SELECT id FROM things WHERE FALSE",
    ),
    rollup(
        "SELECT id FROM things WHERE NOT (n NOT IN (1, NULL)) GROUP BY 1",
        "SELECT id FROM things WHERE n = 1",
    ),
    rollup(
        "SELECT id FROM things WHERE (n IN (1, NULL) AND n NOT IN (-1, NULL)) OR n = 7 GROUP BY 1",
        "SELECT id FROM things WHERE n = 7",
    ),
    rollup(
        "SELECT id FROM things WHERE (txt = NULL) IS NULL AND b GROUP BY 1",
        "SELECT id FROM things WHERE b",
    ),
    rollup(
        "SELECT id FROM things WHERE NOT (b AND lettered) GROUP BY 1",
        "SELECT id FROM things WHERE NOT (b AND txt LIKE '%a%')",
    ),
    rollup(
        "SELECT lettered, whole, MEASURE(count) AS c FROM things GROUP BY 1, 2",
        "SELECT txt LIKE '%a%' AS lettered, f >= 1 AS whole, COUNT(*) AS c FROM things GROUP BY 1, 2",
    ),
    cube(
        "SELECT MEASURE(count) AS c, MEASURE(sum_n) AS s, MEASURE(trues) AS t, MEASURE(kinds) AS k, MEASURE(mean) AS m, MEASURE(share) AS h, MEASURE(label) AS l, MEASURE(any_true) AS a FROM things WHERE txt = 'no such'",
        "SELECT 0 AS c, CAST(NULL AS BIGINT) AS s, 0 AS t, 0 AS k, CAST(NULL AS DOUBLE) AS m, CAST(NULL AS DOUBLE) AS h, CAST(NULL AS VARCHAR) AS l, CAST(NULL AS BOOLEAN) AS a",
    ),
    rollup(
        "SELECT MEASURE(count) AS c, MEASURE(sum_n) AS s, MEASURE(kinds) AS k, MEASURE(mean) AS m, MEASURE(label) AS l, MEASURE(any_true) AS a, MEASURE(latest) AS t FROM things",
        "SELECT COUNT(*) AS c, SUM(n) AS s, COUNT(DISTINCT txt) AS k, AVG(f) AS m, MAX(txt) AS l, BOOL_OR(b) AS a, MAX(t) AS t FROM things",
    ),
    // Cubes joined as the model joins them, whichever of them is written first, and along its first way.
    rollup(
        "SELECT p.name, t.b, MEASURE(t.count) AS c, SUM(t.sum_n) AS s FROM things t JOIN parents p ON t.__cubeJoinField = p.__cubeJoinField GROUP BY 1, 2",
        "SELECT p.name, t.b, COUNT(*) AS c, SUM(t.n) AS s FROM things t LEFT JOIN parents p ON t.parent_id = p.id GROUP BY 1, 2",
    ),
    rollup(
        "SELECT p.name, COUNT(*) AS c FROM parents p, things t WHERE p.__cubeJoinField = t.__cubeJoinField AND p.name <> 'p_3' GROUP BY 1",
        "SELECT p.name, COUNT(*) AS c FROM things t LEFT JOIN parents p ON t.parent_id = p.id WHERE p.name <> 'p_3' GROUP BY 1",
    ),
    rollup(
        "SELECT x.name, MEASURE(count) AS c FROM things t JOIN top x ON t.__cubeJoinField = x.__cubeJoinField GROUP BY 1",
        "SELECT x.name, COUNT(*) AS c FROM things t LEFT JOIN left_side l ON t.left_id = l.id LEFT JOIN top x ON l.top_id = x.id GROUP BY 1",
    ),
    rollup(
        "SELECT t.txt, b.note, MEASURE(t.count) AS c, SUM(t.sum_n) AS s, MEASURE(b.count) AS n, SUM(b.size) AS z FROM things t LEFT JOIN bits b ON b.thing_id = t.id GROUP BY 1, 2",
        "SELECT a.txt, a.note, a.c, a.s, COALESCE(b.b, 0) AS n, b.z FROM \
         (SELECT txt, note, COUNT(*) AS c, SUM(n) AS s FROM (SELECT DISTINCT things.id, txt, n, note FROM things LEFT JOIN bits ON thing_id = things.id) AS d GROUP BY 1, 2) AS a LEFT JOIN \
         (SELECT txt, note, COUNT(bits.id) AS b, CAST(SUM(size) AS DECIMAL(19, 3)) AS z FROM things LEFT JOIN bits ON thing_id = things.id GROUP BY 1, 2) AS b \
         ON (a.txt IS NOT DISTINCT FROM b.txt) AND (a.note IS NOT DISTINCT FROM b.note)",
    ),
    rollup(
        "SELECT t.b, t.txt, MEASURE(t.count_of_b) AS x, MEASURE(p.count) AS n FROM bits p JOIN things t ON p.__cubeJoinField = t.__cubeJoinField GROUP BY 1, 2",
        "SELECT b, txt, SUM(c) OVER (PARTITION BY b) AS x, n FROM (SELECT t.b, t.txt, COUNT(DISTINCT t.id) AS c, COUNT(*) AS n \
         FROM bits LEFT JOIN things AS t ON thing_id = t.id GROUP BY 1, 2)",
    ),
    // Rows without partner are dropped where that is written.
    rollup(
        "SELECT p.name, COUNT(*) AS c FROM things t JOIN parents p ON p.id = t.parent_id GROUP BY 1",
        "SELECT p.name, COUNT(*) AS c FROM things t JOIN parents p ON t.parent_id = p.id GROUP BY 1",
    ),
    cube(
        "SELECT x.name AS l, y.name AS r, COUNT(*) AS c FROM things t JOIN top x ON t.__cubeJoinField = x.__cubeJoinField JOIN parents y ON y.__cubeJoinField = t.__cubeJoinField WHERE t.id > 5 GROUP BY 1, 2",
        "SELECT x.name AS l, y.name AS r, COUNT(*) AS c FROM things t LEFT JOIN left_side l ON t.left_id = l.id LEFT JOIN top x ON l.top_id = x.id \
         LEFT JOIN parents y ON t.parent_id = y.id WHERE t.id > 5 GROUP BY 1, 2",
    ),
    // Rollups of several cubes, joined above them by keys that nobody may name.
    rollup(
        "SELECT parent, left_top, MEASURE(max_f) AS m, MEASURE(count) AS c FROM all_things GROUP BY 1, 2",
        "SELECT p.name AS parent, lt.name AS left_top, MAX(f) + 0.0 AS m, COUNT(*) AS c FROM things LEFT JOIN parents p ON parent_id = p.id LEFT JOIN left_side ls ON left_id = ls.id LEFT JOIN top lt ON ls.top_id = lt.id GROUP BY 1, 2",
    ),
    rollup(
        "SELECT parent, MEASURE(max_f) AS m FROM all_things WHERE parent <> 'p_3' AND n IS NOT NULL GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 2 OFFSET 1",
        "SELECT p.name AS parent, MAX(f) + 0.0 AS m FROM things LEFT JOIN parents p ON parent_id = p.id LEFT JOIN left_side ls ON left_id = ls.id LEFT JOIN top lt ON ls.top_id = lt.id WHERE p.name <> 'p_3' AND n IS NOT NULL GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 2 OFFSET 1",
    ),
    rollup(
        "SELECT n, MEASURE(max_f) AS m, MEASURE(count) AS c FROM all_things WHERE parent IS NULL GROUP BY 1",
        "SELECT n, MAX(f) + 0.0 AS m, COUNT(*) AS c FROM things LEFT JOIN parents p ON parent_id = p.id LEFT JOIN left_side ls ON left_id = ls.id LEFT JOIN top lt ON ls.top_id = lt.id WHERE p.name IS NULL GROUP BY 1",
    ),
    rollup(
        "SELECT b, MEASURE(max_f) AS m, MEASURE(count) AS c FROM all_things WHERE left_top IS NULL OR parent LIKE 'p%' AND n > 0 GROUP BY 1 HAVING MEASURE(count) > 1",
        "SELECT b, MAX(f) + 0.0 AS m, COUNT(*) AS c FROM things LEFT JOIN parents p ON parent_id = p.id LEFT JOIN left_side ls ON left_id = ls.id LEFT JOIN top lt ON ls.top_id = lt.id WHERE lt.name IS NULL OR p.name LIKE 'p%' AND n > 0 GROUP BY 1 HAVING COUNT(*) > 1",
    ),
    rollup(
        "SELECT DATE_TRUNC('month', t) AS m, parent, MEASURE(min_d2) AS d FROM all_things WHERE left_top = 'one' AND t >= '2024-01-01' GROUP BY 1, 2",
        "SELECT DATE_TRUNC('month', t) AS m, p.name AS parent, MIN(d2) AS d FROM things LEFT JOIN parents p ON parent_id = p.id LEFT JOIN left_side ls ON left_id = ls.id LEFT JOIN top lt ON ls.top_id = lt.id WHERE lt.name = 'one' AND t >= '2024-01-01' GROUP BY 1, 2",
    ),
    rollup(
        "SELECT MEASURE(count) AS c, MEASURE(max_f) AS m FROM all_things WHERE parent = 'childless'",
        "SELECT 0 AS c, CAST(NULL AS DOUBLE) AS m",
    ),
    rollup(
        "SELECT parent, MEASURE(max_f) AS m FROM all_things WHERE parent = 'childless' GROUP BY 1",
        "SELECT name AS parent, 0.0 AS m FROM parents WHERE FALSE",
    ),
    rollup(
        "SELECT p.name AS p, l.name AS l, MAX(t.max_f) AS m FROM parents p RIGHT JOIN things t ON p.id = t.parent_id JOIN top l ON t.__cubeJoinField = l.__cubeJoinField WHERE p.name > 'a' GROUP BY 1, 2",
        "SELECT p.name AS p, lt.name AS l, MAX(f) + 0.0 AS m FROM things LEFT JOIN parents p ON parent_id = p.id LEFT JOIN left_side ls ON left_id = ls.id LEFT JOIN top lt ON ls.top_id = lt.id WHERE p.name > 'a' GROUP BY 1, 2",
    ),
    // What does not add up, and what is counted behind the join, is of the joined rows.
    cube(
        "SELECT parent, MEASURE(kinds) AS k FROM all_things GROUP BY 1",
        "SELECT p.name AS parent, COUNT(DISTINCT txt) AS k FROM things LEFT JOIN parents p ON parent_id = p.id LEFT JOIN left_side ls ON left_id = ls.id LEFT JOIN top lt ON ls.top_id = lt.id GROUP BY 1",
    ),
    cube(
        "SELECT parent, MEASURE(count) AS c, MEASURE(parent_count) AS p FROM all_things GROUP BY 1",
        "SELECT p.name AS parent, COUNT(*) AS c, COUNT(DISTINCT p.id) AS p FROM things LEFT JOIN parents p ON parent_id = p.id LEFT JOIN left_side ls ON left_id = ls.id LEFT JOIN top lt ON ls.top_id = lt.id GROUP BY 1",
    ),
    // Groups of the other cube alone, over the rows of the join.
    cube(
        "SELECT p.name, MEASURE(p.count) AS c FROM things t JOIN parents p ON t.__cubeJoinField = p.__cubeJoinField GROUP BY 1",
        "SELECT p.name, COUNT(DISTINCT p.id) AS c FROM things t LEFT JOIN parents p ON t.parent_id = p.id GROUP BY 1",
    ),
    cube(
        "SELECT t.id, p.name FROM things t JOIN parents p ON t.__cubeJoinField = p.__cubeJoinField",
        "SELECT t.id, p.name FROM things t LEFT JOIN parents p ON t.parent_id = p.id",
    ),
    // Rows that the join repeats are joined above their leaves, each on a road of its own.
    Case {
        sql: "SELECT t.id, b.note FROM things t JOIN bits b ON b.thing_id = t.id",
        by_hand: "SELECT t.id, b.note FROM things t JOIN bits b ON b.thing_id = t.id",
        road: None,
    },
    // Joins that repeat rows, on both sides.
    rollup(
        "SELECT txt, note, MEASURE(count) AS c, MEASURE(sum_n) AS s, MEASURE(bit_count) AS b, MEASURE(size) AS z FROM all_things GROUP BY 1, 2",
        "SELECT a.txt, a.note, a.c, a.s, COALESCE(b.b, 0) AS b, b.z FROM \
         (SELECT txt, note, COUNT(*) AS c, SUM(n) AS s FROM (SELECT DISTINCT things.id, txt, n, note FROM things LEFT JOIN bits ON thing_id = things.id) AS d GROUP BY 1, 2) AS a LEFT JOIN \
         (SELECT txt, note, COUNT(bits.id) AS b, CAST(SUM(size) AS DECIMAL(19, 3)) AS z FROM things LEFT JOIN bits ON thing_id = things.id GROUP BY 1, 2) AS b \
         ON (a.txt IS NOT DISTINCT FROM b.txt) AND (a.note IS NOT DISTINCT FROM b.note)",
    ),
    cube(
        "SELECT note, MEASURE(count) AS c, MEASURE(sum_n) AS s, MEASURE(bit_count) AS b, MEASURE(size) AS z FROM all_things GROUP BY 1",
        "SELECT a.note, a.c, a.s, COALESCE(b.b, 0) AS b, b.z FROM \
         (SELECT note, COUNT(*) AS c, SUM(n) AS s FROM (SELECT DISTINCT things.id, n, note FROM things LEFT JOIN bits ON thing_id = things.id) AS d GROUP BY 1) AS a LEFT JOIN \
         (SELECT note, COUNT(bits.id) AS b, CAST(SUM(size) AS DECIMAL(19, 3)) AS z FROM things LEFT JOIN bits ON thing_id = things.id GROUP BY 1) AS b \
         ON a.note IS NOT DISTINCT FROM b.note",
    ),
    cube(
        "SELECT left_top, right_top, parent, MEASURE(count) AS c, MEASURE(parent_count) AS p FROM all_things GROUP BY 1, 2, 3",
        "SELECT lt.name AS left_top, rt.name AS right_top, parents.name AS parent, COUNT(*) AS c, COUNT(DISTINCT parents.id) AS p FROM things \
         LEFT JOIN parents ON parent_id = parents.id LEFT JOIN left_side ON left_id = left_side.id LEFT JOIN top AS lt ON left_side.top_id = lt.id \
         LEFT JOIN right_side ON right_id = right_side.id LEFT JOIN top AS rt ON right_side.top_id = rt.id GROUP BY 1, 2, 3",
    ),
    // A column that a join makes of two has the value of the side that is kept.
    rollup(
        "SELECT * FROM (SELECT id, MEASURE(count) AS c FROM things WHERE n < 0 GROUP BY 1) AS x RIGHT JOIN (SELECT id, txt FROM things GROUP BY 1, 2) AS y USING (id)",
        "SELECT y.id, c, txt FROM (SELECT id, COUNT(*) AS c FROM things WHERE n < 0 GROUP BY 1) AS x RIGHT JOIN (SELECT id, txt FROM things) AS y ON x.id = y.id",
    ),
    rollup(
        "SELECT id, c, d FROM (SELECT id, MEASURE(count) AS c FROM things WHERE n < 0 GROUP BY 1) AS x FULL JOIN (SELECT id, MEASURE(max_day) AS d FROM things WHERE n >= 0 GROUP BY 1) AS y USING (id) WHERE id IS NOT NULL",
        "SELECT COALESCE(x.id, y.id) AS id, c, d FROM (SELECT id, COUNT(*) AS c FROM things WHERE n < 0 GROUP BY 1) AS x FULL JOIN (SELECT id, MAX(day) AS d FROM things WHERE n >= 0 GROUP BY 1) AS y ON x.id = y.id",
    ),
    // Months without rows, and rows without a month.
    rollup(
        "SELECT DATE_TRUNC('month', t) AS m, MEASURE(count) AS c FROM things GROUP BY 1 ORDER BY 1",
        "SELECT DATE_TRUNC('month', t) AS m, COUNT(*) AS c FROM things GROUP BY 1 ORDER BY 1",
    ),
    rollup(
        "SELECT txt, MEASURE(count) AS c FROM things WHERE t >= '2024-04-01' AND t < '2024-06-01' GROUP BY 1",
        "SELECT txt, COUNT(*) AS c FROM things WHERE FALSE GROUP BY 1",
    ),
    rollup(
        "SELECT b, DATE_TRUNC('week', day) AS w, MEASURE(count) AS c, MEASURE(max_day) AS d FROM things WHERE day <= '2024-12-30' GROUP BY 1, 2",
        "SELECT b, DATE_TRUNC('week', CAST(day AS TIMESTAMP)) AS w, COUNT(*) AS c, MAX(day) AS d FROM things WHERE day <= DATE '2024-12-30' GROUP BY 1, 2",
    ),
];

/// `{t}` is what the zone's clocks show.
const ZONED: &[Case] = &[
    // Granularities of one's own, on the clocks of the zone.
    cube(
        "SELECT DATE_TRUNC('sunday_week', t) AS w, MEASURE(count) AS c, MEASURE(kinds) AS k FROM things GROUP BY 1",
        "SELECT DATE_TRUNC('week', {t} + INTERVAL '1 day') - INTERVAL '1 day' AS w, COUNT(*) AS c, COUNT(DISTINCT txt) AS k FROM things GROUP BY 1",
    ),
    cube(
        "SELECT DATE_TRUNC('fortnight', t) AS w, MEASURE(sum_n) AS s FROM things WHERE t >= '2024-03-30' GROUP BY 1",
        "SELECT DATE_BIN(INTERVAL '14 days', {t}, TIMESTAMP '2024-01-03') AS w, SUM(n) AS s FROM things WHERE {t} >= TIMESTAMP '2024-03-30' GROUP BY 1",
    ),
    rollup(
        "SELECT txt, MEASURE(count) AS c FROM things GROUP BY 1",
        "SELECT txt, COUNT(*) AS c FROM things GROUP BY 1",
    ),
    cube(
        "SELECT DATE_TRUNC('day', t) AS d, MEASURE(count) AS c, MEASURE(kinds) AS k FROM things GROUP BY 1",
        "SELECT DATE_TRUNC('day', {t}) AS d, COUNT(*) AS c, COUNT(DISTINCT txt) AS k FROM things GROUP BY 1",
    ),
    cube(
        "SELECT DATE_TRUNC('hour', t) AS h, MEASURE(count) AS c FROM things GROUP BY 1",
        "SELECT DATE_TRUNC('hour', {t}) AS h, COUNT(*) AS c FROM things GROUP BY 1",
    ),
    cube(
        "SELECT DATE_TRUNC('year', t) AS y, MEASURE(sum_d2) AS s FROM things GROUP BY 1",
        "SELECT DATE_TRUNC('year', {t}) AS y, SUM(d2) AS s FROM things GROUP BY 1",
    ),
    cube("SELECT id, t FROM things", "SELECT id, {t} AS t FROM things"),
    cube(
        "SELECT id FROM things WHERE t >= '2024-03-31 02:30:00' GROUP BY 1",
        "SELECT id FROM things WHERE {t} >= TIMESTAMP '2024-03-31 02:30:00'",
    ),
    cube(
        "SELECT id FROM things WHERE t < '2024-10-27 02:30:00' GROUP BY 1",
        "SELECT id FROM things WHERE {t} < TIMESTAMP '2024-10-27 02:30:00'",
    ),
    cube(
        "SELECT id FROM things WHERE t BETWEEN '2024-10-27 02:30:00' AND '2024-11-03 01:30:00' GROUP BY 1",
        "SELECT id FROM things WHERE {t} BETWEEN TIMESTAMP '2024-10-27 02:30:00' AND TIMESTAMP '2024-11-03 01:30:00'",
    ),
    cube(
        "SELECT id FROM things WHERE t = '2024-11-03 01:30:00' OR t IN ('2024-03-10 03:00:00', '2024-03-10 02:00:00') GROUP BY 1",
        "SELECT id FROM things WHERE {t} = TIMESTAMP '2024-11-03 01:30:00' OR {t} IN (TIMESTAMP '2024-03-10 03:00:00', TIMESTAMP '2024-03-10 02:00:00')",
    ),
    cube(
        "SELECT MEASURE(count) AS c FROM things WHERE DATE_TRUNC('day', t) = '2024-03-31' OR CAST(t AS DATE) = DATE '2024-11-03'",
        "SELECT COUNT(*) AS c FROM things WHERE DATE_TRUNC('day', {t}) IN (TIMESTAMP '2024-03-31 00:00:00', TIMESTAMP '2024-11-03 00:00:00')",
    ),
    cube(
        "SELECT MEASURE(count) AS c FROM things WHERE NOT (t >= '2024-03-31' AND t < '2024-04-01')",
        "SELECT COUNT(*) AS c FROM things WHERE NOT ({t} >= TIMESTAMP '2024-03-31 00:00:00' AND {t} < TIMESTAMP '2024-04-01 00:00:00')",
    ),
];

#[tokio::test(flavor = "multi_thread")]
async fn what_no_generator_reaches_agrees_with_sql_by_hand() {
    let mut wrong = check("UTC", UTC).await;
    for zone in ["Europe/Berlin", "America/New_York"] {
        wrong.extend(check(zone, ZONED).await);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

async fn check(zone: &str, cases: &[Case]) -> Vec<String> {
    let mut roads = Roads::start(zone).await;
    let stack = &roads.stacks.arrow;
    let tables = opinion::tables(stack);
    let wall_clock = format!("to_local_time(t AT TIME ZONE 'UTC' AT TIME ZONE '{zone}')");
    let mut wrong = Vec::new();
    for Case { sql, by_hand, road } in cases {
        let by_hand = by_hand.replace("{t}", &wall_clock);
        let right = opinion::rows(stack, &tables, &by_hand).await;
        let asked = Asked { sql, road: *road, ordered: sql.contains("ORDER BY 1"), members: &["things."] };
        if let Err(difference) = roads.check(&asked, &right).await {
            wrong.push(format!("{zone}: {difference}\n{sql}\n{by_hand}"));
        }
    }
    for (why, count) in &roads.refused {
        println!("{zone}: {count} refused, because {why}");
    }
    roads.no_fallbacks().await;
    wrong
}
