//! What is planned without DataFusion's planner and analyzer is what they make of it.

use std::sync::Arc;

use datafusion::{
    common::Result as Planned,
    logical_expr::LogicalPlan,
    optimizer::{Analyzer, analyzer::resolve_grouping_function::ResolveGroupingFunction},
    sql::{
        planner::{ParserOptions, SqlToRel},
        sqlparser::ast::{Query, Statement},
    },
};
use fastrand::Rng;
use semantic::Model;

use super::{
    mutated::{SEEDS, mutated},
    parsed,
};
use crate::{
    catalog::Catalog,
    coerce::Coercion,
    functions::Functions,
    parse::parse,
    planner::options,
    resolve::resolve,
    select::{Selects, is_ours},
    used::Used,
};

const STATEMENTS: u64 = 20_000;

/// Each word of these is left out, doubled or renamed in turn by [`mutated`].
const OURS: [&str; 12] = [
    "SELECT status FROM orders",
    "SELECT status AS s, createdAt, DATE_TRUNC('day', createdAt) FROM orders AS o WHERE paid AND price > 1.5",
    "SELECT status, City AS c, MEASURE(count) AS n, SUM(total) FROM orders GROUP BY 1, 2 ORDER BY 3 DESC, 1 LIMIT 5",
    "SELECT MEASURE(count), status, COUNT(DISTINCT City) FROM orders GROUP BY status ORDER BY 1 NULLS FIRST OFFSET 2",
    "SELECT status AS s, MEASURE(count), City FROM orders GROUP BY ALL",
    "SELECT City, status AS again, COUNT(day), MEASURE(count) FROM orders GROUP BY 1, 2",
    "SELECT DATE_TRUNC('month', createdAt) AS m, UPPER(status), MIN(day) FROM orders GROUP BY ALL LIMIT 3",
    "SELECT MEASURE(count), MAX(price) AS p FROM orders WHERE status IN ('a', 'b')",
    "SELECT o.status, u.name, MEASURE(o.count) FROM orders o JOIN users u ON o.user_id = u.id GROUP BY 2, 1",
    "SELECT q.s, MAX(q.n) AS n FROM (SELECT status AS s, MEASURE(count) AS n FROM orders GROUP BY 1) q GROUP BY q.s",
    "WITH a AS (SELECT status AS s, MEASURE(total) AS t FROM orders GROUP BY ALL), b AS (SELECT s, t FROM a WHERE t > 3) \
     SELECT s, t FROM a UNION ALL SELECT s, t FROM b UNION ALL SELECT status, price AS p FROM orders",
    "WITH a AS (SELECT status, paid FROM orders) SELECT status, COUNT(paid) AS n FROM a GROUP BY 1 ORDER BY 2",
];

/// Where types meet that are not alike.
const COERCED: [&str; 5] = [
    "SELECT status, MEASURE(count) FILTER (WHERE total > 3) AS n FROM orders GROUP BY 1 ORDER BY price > 2",
    "SELECT status, MAX(price) FILTER (WHERE id = 2.5) FROM orders WHERE NULL GROUP BY ALL",
    "SELECT price, id FROM orders UNION ALL SELECT id, total FROM orders UNION ALL SELECT rate, price FROM orders",
    "SELECT u.name FROM orders o JOIN users u ON o.price = u.id WHERE o.id IN (SELECT rate FROM orders) LIMIT 3",
    "SELECT CASE WHEN paid THEN price ELSE id END AS c, day = '2024-01-01' AS d FROM orders ORDER BY 1",
];

/// The query with its names resolved; `None` where they mean nothing.
fn named(sql: &str, model: &Model, functions: &Functions) -> Option<Box<Query>> {
    let parsed = parse(sql).ok().filter(|parsed| !parsed.traits.has_parameters)?;
    let mut query = parsed.query;
    resolve(&mut query, model, &[], &|name| functions.aggregate.contains_key(name)).ok()?;
    Some(query)
}

/// Our plan of a query and DataFusion's.
fn plans(sql: &str, model: &Arc<Model>, functions: &Functions) -> Option<[Planned<LogicalPlan>; 2]> {
    let query = named(sql, model, functions)?;
    let used = Used::by(&query);
    let catalog = Catalog { used: &used, model, temporary: &[], functions, options: &options() };
    let rules = ParserOptions::from(&options().sql_parser);
    let nulls = rules.default_null_ordering;
    let planner = SqlToRel::new_with_options(&catalog, rules);
    let ours = Selects { planner: &planner, nulls }.plan(*query.clone());
    Some([ours, planner.sql_statement_to_plan(Statement::Query(query))])
}

fn assert_same(ours: &LogicalPlan, theirs: &LogicalPlan, sql: &str) {
    assert_eq!(ours.display_indent_schema().to_string(), theirs.display_indent_schema().to_string(), "{sql}");
    assert_eq!(ours, theirs, "{sql}");
}

#[test]
fn selects_of_our_shapes_have_the_plans_of_others() {
    let (model, functions) = (parsed(), Functions::new());
    for sql in OURS {
        let Some([Ok(ours), Ok(theirs)]) = plans(sql, &model, &functions) else { panic!("{sql}") };
        assert_same(&ours, &theirs, sql);
        let mut query = named(sql, &model, &functions).unwrap();
        let ctes = query.with.take().into_iter().flat_map(|with| with.cte_tables);
        assert!(is_ours(&query) && ctes.into_iter().all(|cte| is_ours(&cte.query)), "{sql}");
    }
    let mut same = 0;
    for seed in 0..STATEMENTS {
        let sql = mutated(&OURS, &mut Rng::with_seed(seed));
        if let Some([Ok(ours), theirs]) = plans(&sql, &model, &functions) {
            let theirs = theirs.unwrap_or_else(|error| panic!("{sql}: {error}"));
            assert_same(&ours, &theirs, &sql);
            same += 1;
        }
    }
    assert!(same > STATEMENTS / 5, "{same}");
}

#[test]
fn types_are_coerced_as_by_the_analyzer() {
    let (model, functions) = (parsed(), Functions::new());
    let theirs = Analyzer::new();
    let ours = Analyzer::with_rules(vec![Arc::new(ResolveGroupingFunction::new()), Arc::new(Coercion)]);
    let [mut same, mut refused] = [0; 2];
    for seed in 0..STATEMENTS {
        let statements: &[&str] = match seed % 3 {
            0 => &OURS,
            1 => &SEEDS,
            _ => &COERCED,
        };
        let sql = mutated(statements, &mut Rng::with_seed(seed));
        let Some([_, Ok(plan)]) = plans(&sql, &model, &functions) else { continue };
        let [ours, theirs] =
            [&ours, &theirs].map(|analyzer| analyzer.execute_and_check(plan.clone(), &options(), |_, _| {}));
        match (ours, theirs) {
            (Ok(ours), Ok(theirs)) => {
                assert_same(&ours, &theirs, &sql);
                same += 1;
            }
            (Err(ours), Err(theirs)) => {
                assert_eq!(ours.to_string(), theirs.to_string(), "{sql}");
                refused += 1;
            }
            (ours, theirs) => panic!("{sql}: {ours:?}, {theirs:?}"),
        }
    }
    assert!(same > STATEMENTS / 5 && refused > 20, "{same} alike, {refused} refused");
}
