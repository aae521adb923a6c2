//! The straight line from text to plan.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use datafusion::{
    arrow::datatypes::{Schema, SchemaRef},
    common::{
        ScalarValue,
        config::ConfigOptions,
        tree_node::{TreeNode, TreeNodeRecursion},
    },
    logical_expr::{Expr, LogicalPlan, Volatility, expr::ScalarFunction},
    optimizer::{
        Analyzer, Optimizer, OptimizerContext, analyzer::resolve_grouping_function::ResolveGroupingFunction,
        optimize_projections::OptimizeProjections,
    },
    sql::{
        planner::{ParserOptions, SqlToRel},
        sqlparser::ast::{Query, Statement as SqlStatement},
    },
};
use semantic::Model;

use crate::{
    announce::announced,
    bind,
    catalog::Catalog,
    coerce::Coercion,
    error::{PlanError, Result},
    fractions,
    freeze::{Leaf, freeze},
    functions::Functions,
    guard::guarded,
    joined, lists,
    lower::Lower,
    parse::{Parsed, StatementKind, Traits, parse},
    resolve::{Copied, resolve},
    rewrite::has,
    select::Selects,
    temporary::TemporaryTable,
    used::Used,
    zeros,
};

/// Plans statements. Holds the functions and rules, which take a while to build; cheap to use.
pub struct Planner {
    functions: Functions,
    options: Arc<ConfigOptions>,
    analyzer: Analyzer,
    optimizer: Optimizer,
    /// For plans that only choose columns.
    projections: Optimizer,
}

/// A statement whose names and types are known. Independent of parameters, zone and time.
#[derive(Debug, Clone)]
pub struct Statement {
    /// Rows, or how they would be got.
    pub kind: StatementKind,
    /// One field per parameter.
    pub parameters: SchemaRef,
    /// The schema of its rows.
    pub schema: SchemaRef,
    /// The data model, with the columns of cubes that it joins.
    pub model: Arc<Model>,
    /// Whether its rows come in an order that it asks for.
    pub ordered: bool,
    /// Whether the moment that it runs at may have a part in its plan.
    pub reads_clock: bool,
    /// Whether it reads temporary tables.
    pub reads_temporary: bool,
    /// Analyzed already when there are no parameters, whose values could still change its types.
    plan: LogicalPlan,
    traits: Traits,
}

/// A statement ready to run: leaves, and a plan over them.
#[derive(Debug, Clone)]
pub struct Plan {
    /// Its table scans are the leaves, see [`crate::LeafScan`].
    pub logical: LogicalPlan,
    /// By id.
    pub leaves: Vec<Leaf>,
    /// The announced schema of the rows.
    pub schema: SchemaRef,
}

impl Default for Planner {
    fn default() -> Self {
        Self::new()
    }
}

impl Planner {
    /// Builds the functions and rules.
    pub fn new() -> Self {
        Self {
            functions: Functions::new(),
            options: Arc::new(options()),
            analyzer: Analyzer::with_rules(vec![
                Arc::new(ResolveGroupingFunction::new()),
                Arc::new(Coercion),
            ]),
            optimizer: Optimizer::new(),
            projections: Optimizer::with_rules(vec![Arc::new(OptimizeProjections::new())]),
        }
    }

    /// Reads a statement, resolves its names and finds the types of its columns and parameters.
    pub fn prepare(&self, text: &str, model: &Arc<Model>) -> Result<Statement> {
        self.prepare_beside(text, model, &[])
    }

    /// The same for a caller who has temporary tables. A name means one only where it means nothing else.
    pub fn prepare_beside(
        &self,
        text: &str,
        model: &Arc<Model>,
        temporary: &[TemporaryTable],
    ) -> Result<Statement> {
        let parsed = parse(text)?;
        deep(parsed.traits, || self.typed(text, parsed, model, temporary))
    }

    fn typed(
        &self,
        text: &str,
        parsed: Parsed,
        model: &Arc<Model>,
        temporary: &[TemporaryTable],
    ) -> Result<Statement> {
        let Parsed { kind, mut query, traits } = parsed;
        let ordered = kind == StatementKind::Query && query.order_by.is_some();
        if traits.has_fractions {
            fractions::check(&query)?;
        }
        let copies = self.named(&mut query, model, temporary)?;
        let used = Used::by(&query);
        let catalog =
            Catalog { used: &used, model, temporary, functions: &self.functions, options: &self.options };
        let plan = self.relational(text, query, traits.has_parameters, &catalog)?;
        let mut model = model.clone();
        let mut plan = joined::fold(plan, &mut model, &used)?;
        let mut parameters = SchemaRef::new(Schema::empty());
        let schema;
        if traits.has_parameters {
            plan = bind::with_types(plan)?;
            parameters = bind::parameters(&plan)?;
            schema = announced(self.analyze(plan.clone(), traits.has_fractions)?.schema(), &copies);
        } else {
            plan = self.analyze(plan, traits.has_fractions)?;
            schema = announced(plan.schema(), &copies);
        }
        let reads_clock = reads_clock(&plan)?;
        let reads_temporary = !TemporaryTable::all_of(&plan)?.is_empty();
        Ok(Statement { kind, parameters, schema, model, ordered, reads_clock, reads_temporary, plan, traits })
    }

    /// Resolves the names of a query, and says which columns of its rows were told apart.
    fn named(&self, query: &mut Query, model: &Model, temporary: &[TemporaryTable]) -> Result<Vec<Copied>> {
        resolve(query, model, temporary, &|name| self.functions.aggregate.contains_key(name))
    }

    /// The plan of a query whose names are resolved; `text` is the statement that it was read from.
    fn relational(
        &self,
        text: &str,
        query: Box<Query>,
        has_parameters: bool,
        catalog: &Catalog<'_>,
    ) -> Result<LogicalPlan> {
        let options = ParserOptions::from(&self.options.sql_parser);
        let nulls = options.default_null_ordering;
        let planner = SqlToRel::new_with_options(catalog, options);
        let query = if has_parameters {
            query
        } else {
            if let Ok(plan) = (Selects { planner: &planner, nulls }).plan(*query) {
                return Ok(plan);
            }
            // What is wrong is said by the planner that knows every shape.
            let mut again = parse(text)?.query;
            self.named(&mut again, catalog.model, catalog.temporary)?;
            again
        };
        Ok(planner.sql_statement_to_plan(SqlStatement::Query(query))?)
    }

    /// Binds parameters and folds everything that can be folded into leaves.
    ///
    /// `now` is the one moment that the whole statement runs at.
    pub fn plan(
        &self,
        statement: &Statement,
        values: &[ScalarValue],
        zone: Tz,
        now: DateTime<Utc>,
    ) -> Result<Plan> {
        deep(statement.traits, || self.lowered(statement, values, zone, now))
    }

    fn lowered(
        &self,
        statement: &Statement,
        values: &[ScalarValue],
        zone: Tz,
        now: DateTime<Utc>,
    ) -> Result<Plan> {
        // Times are wall-clock values of the zone, so now() is the time that its clocks show.
        let now = now.with_timezone(&zone).naive_local().and_utc();
        let bound = bind::bind(statement.plan.clone(), &statement.parameters, values)?;
        let analyzed = if values.is_empty() { bound } else { self.analyze(bound, true)? };
        let lowered = Lower { zone, now, options: self.options.clone() }.plan(analyzed)?;
        let optimized = zeros::one(self.optimize(guarded(lowered, &self.functions)?, now)?)?;
        check_subqueries(&optimized)?;
        let (logical, leaves) = freeze(optimized)?;
        Ok(Plan { logical, leaves, schema: statement.schema.clone() })
    }

    fn analyze(&self, plan: LogicalPlan, has_fractions: bool) -> Result<LogicalPlan> {
        let plan = lists::known(if has_fractions { fractions::exact(plan)? } else { plan })?;
        Ok(self.analyzer.execute_and_check(plan, &self.options, |_, _| {})?)
    }

    fn optimize(&self, plan: LogicalPlan, now: DateTime<Utc>) -> Result<LogicalPlan> {
        let context = OptimizerContext::new_with_config_options(self.options.clone())
            .with_query_execution_start_time(now);
        let optimizer = if chooses_columns(&plan)? { &self.projections } else { &self.optimizer };
        Ok(optimizer.optimize(plan, &context, |_, _| {})?)
    }
}

pub(crate) fn options() -> ConfigOptions {
    let mut options = ConfigOptions::new();
    options.sql_parser.enable_ident_normalization = false;
    options.sql_parser.map_string_types_to_utf8view = false;
    options
}

/// True of what most statements are once they are lowered: columns of leaves under other names, where every other rule
/// of the optimizer finds nothing.
fn chooses_columns(plan: &LogicalPlan) -> Result<bool> {
    let is_column = |expr: &Expr| match expr {
        Expr::Alias(alias) => matches!(*alias.expr, Expr::Column(_)),
        expr => matches!(expr, Expr::Column(_)),
    };
    let mut chooses = true;
    plan.apply(|node| {
        chooses = match node {
            LogicalPlan::TableScan(_) | LogicalPlan::SubqueryAlias(_) | LogicalPlan::Union(_) => true,
            LogicalPlan::Projection(projection) => projection.expr.iter().all(is_column),
            _ => false,
        };
        Ok(if chooses { TreeNodeRecursion::Continue } else { TreeNodeRecursion::Stop })
    })?;
    Ok(chooses)
}

/// The optimizer makes joins of sub-queries that are tested in WHERE; nobody can run those that are left.
fn check_subqueries(plan: &LogicalPlan) -> Result<()> {
    plan.apply_with_subqueries(|node| {
        node.apply_expressions(|expr| {
            expr.apply(|expr| match expr {
                Expr::Exists(_) | Expr::InSubquery(_) | Expr::SetComparison(_) => {
                    let what = "EXISTS, IN, ANY or ALL of a sub-query outside of WHERE";
                    Err(PlanError::Unsupported(what.to_owned()).into())
                }
                _ => Ok(TreeNodeRecursion::Continue),
            })
        })
    })?;
    Ok(())
}

/// Whether a plan calls a function whose result its arguments alone do not fix.
fn reads_clock(plan: &LogicalPlan) -> Result<bool> {
    let mut found = false;
    plan.apply_with_subqueries(|node| {
        found |= has(node, |expr| matches!(expr, Expr::ScalarFunction(call) if is_moving(call)))?;
        Ok(if found { TreeNodeRecursion::Stop } else { TreeNodeRecursion::Continue })
    })?;
    Ok(found)
}

fn is_moving(call: &ScalarFunction) -> bool {
    call.func.signature().volatility != Volatility::Immutable
}

/// Expressions of this many operators fit any thread's stack.
const SHALLOW: usize = 100;
/// Room for the deepest expression that `parse` lets through.
const STACK: usize = 64 << 20;

/// Runs `f` with stack for expressions that are as deep as the statement has operators.
fn deep<T>(traits: Traits, f: impl FnOnce() -> T) -> T {
    if traits.operators <= SHALLOW { f() } else { stacker::maybe_grow(STACK / 2, STACK, f) }
}
