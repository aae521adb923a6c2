//! What names in a statement mean: the tables of the store and its functions, and nothing else.

use std::{
    collections::{BTreeSet, HashMap},
    ops::ControlFlow,
    sync::Arc,
};

use datafusion::{
    arrow::datatypes::DataType,
    common::{Result, TableReference, config::ConfigOptions},
    datasource::{MemTable, provider_as_source},
    functions::{core, datetime, math, string, unicode},
    functions_aggregate::{average, count, min_max, planner::AggregateFunctionPlanner, sum},
    logical_expr::{
        AggregateUDF, HigherOrderUDF, LogicalPlan, ScalarUDF, TableSource, WindowUDF,
        planner::{ContextProvider, ExprPlanner},
    },
    sql::{
        planner::{NullOrdering, ParserOptions, SqlToRel},
        sqlparser::ast::{ObjectName, Statement, visit_relations},
    },
};

use super::{operators::Operators, refusal::Refusal};
use crate::functions::{hll, time};

/// The functions, by name.
#[derive(Debug)]
pub(in crate::store) struct Functions {
    scalar: HashMap<String, Arc<ScalarUDF>>,
    aggregate: HashMap<String, Arc<AggregateUDF>>,
    planners: Vec<Arc<dyn ExprPlanner>>,
}

impl Functions {
    pub(in crate::store) fn new() -> Self {
        let mut scalar: HashMap<_, _> =
            scalar().map(|function| (function.name().to_owned(), function)).collect();
        // The store's word for it; it does not know the other.
        let length = scalar.remove("character_length");
        scalar.extend(length.map(|function| ("length".to_owned(), function)));
        let aggregate = aggregate().map(|function| (function.name().to_owned(), function)).collect();
        Self {
            scalar,
            aggregate,
            planners: vec![Arc::new(Operators::new()), Arc::new(AggregateFunctionPlanner)],
        }
    }
}

fn scalar() -> impl Iterator<Item = Arc<ScalarUDF>> {
    let engine = [
        core::coalesce(),
        core::nullif(),
        datetime::date_bin(),
        datetime::date_part(),
        datetime::date_trunc(),
        math::abs(),
        math::round(),
        string::concat(),
        string::lower(),
        string::upper(),
        unicode::character_length(),
        unicode::substr(),
    ];
    let own =
        [hll::cardinality(), time::to_timestamp(), time::convert_tz(), time::date_add(), time::date_sub()];
    engine.into_iter().chain(own.map(Arc::new))
}

fn aggregate() -> impl Iterator<Item = Arc<AggregateUDF>> {
    let engine =
        [count::count_udaf(), sum::sum_udaf(), min_max::min_udaf(), min_max::max_udaf(), average::avg_udaf()];
    engine.into_iter().chain([Arc::new(hll::merge())])
}

/// The tables that a statement names, and what it means with them.
pub(in crate::store) struct Scope<'f> {
    pub(in crate::store) tables: HashMap<(String, String), Arc<MemTable>>,
    pub(in crate::store) functions: &'f Functions,
    pub(in crate::store) options: ConfigOptions,
}

impl Scope<'_> {
    /// Plans a SELECT.
    pub(in crate::store) fn plan(&self, statement: Statement) -> Result<LogicalPlan> {
        // Unless a statement says where NULLs go, a store that sorts puts them last, both ways.
        let options = ParserOptions::new()
            .with_enable_ident_normalization(false)
            .with_map_string_types_to_utf8view(false)
            .with_default_null_ordering(NullOrdering::NullsLast);
        SqlToRel::new_with_options(self, options).sql_statement_to_plan(statement)
    }
}

/// The tables that a statement names with their schema; a bare name may be one that the statement itself defines.
pub(in crate::store) fn tables_of(statement: &Statement) -> BTreeSet<(String, String)> {
    let mut names = BTreeSet::new();
    let _: ControlFlow<()> = visit_relations(statement, |name: &ObjectName| {
        if let [schema, table] = &name.0[..]
            && let (Some(schema), Some(table)) = (schema.as_ident(), table.as_ident())
        {
            names.insert((schema.value.clone(), table.value.clone()));
        }
        ControlFlow::Continue(())
    });
    names
}

impl ContextProvider for Scope<'_> {
    fn get_table_source(&self, name: TableReference) -> Result<Arc<dyn TableSource>> {
        let key = name.schema().map(|schema| (schema.to_owned(), name.table().to_owned()));
        let table = key.and_then(|key| self.tables.get(&key));
        table.cloned().map(|table| provider_as_source(table)).ok_or_else(|| {
            let parts = [name.schema(), Some(name.table())];
            Refusal::no_table(&parts.into_iter().flatten().collect::<Vec<_>>().join(".")).into()
        })
    }

    fn get_expr_planners(&self) -> &[Arc<dyn ExprPlanner>] {
        &self.functions.planners
    }

    fn get_function_meta(&self, name: &str) -> Option<Arc<ScalarUDF>> {
        self.functions.scalar.get(name).cloned()
    }

    fn get_higher_order_meta(&self, _: &str) -> Option<Arc<HigherOrderUDF>> {
        None
    }

    fn get_aggregate_meta(&self, name: &str) -> Option<Arc<AggregateUDF>> {
        self.functions.aggregate.get(name).cloned()
    }

    fn get_window_meta(&self, _: &str) -> Option<Arc<WindowUDF>> {
        None
    }

    fn get_variable_type(&self, _: &[String]) -> Option<DataType> {
        None
    }

    fn options(&self) -> &ConfigOptions {
        &self.options
    }

    // The parser proposes the nearest of these for an unknown one; the text is cut off again.
    fn udf_names(&self) -> Vec<String> {
        self.functions.scalar.keys().cloned().collect()
    }

    fn higher_order_function_names(&self) -> Vec<String> {
        Vec::new()
    }

    fn udaf_names(&self) -> Vec<String> {
        self.functions.aggregate.keys().cloned().collect()
    }

    fn udwf_names(&self) -> Vec<String> {
        Vec::new()
    }
}
