//! Cubes and views as the tables that DataFusion's SQL planner looks up.

use std::{any::Any, sync::Arc};

use datafusion::{
    arrow::datatypes::{DataType, Field, FieldRef, Schema, SchemaRef},
    common::{DataFusionError, Result, TableReference, config::ConfigOptions},
    logical_expr::{
        AggregateUDF, HigherOrderUDF, LogicalPlan, ScalarUDF, TableSource, WindowUDF, planner::ExprPlanner,
    },
    sql::planner::ContextProvider,
};
use semantic::{ColumnKind, Model, Table, model::TableKind};

use crate::{
    error::PlanError, functions::Functions, joined::JOIN_FIELD, own::OwnTable, temporary::TemporaryTable,
    used::Used,
};

/// What the SQL planner may look up.
pub(crate) struct Catalog<'c> {
    pub(crate) model: &'c Arc<Model>,
    pub(crate) temporary: &'c [TemporaryTable],
    /// Tables have these columns only.
    pub(crate) used: &'c Used,
    pub(crate) functions: &'c Functions,
    pub(crate) options: &'c ConfigOptions,
}

/// A cube or view before its measures are lowered.
#[derive(Debug)]
pub(crate) struct SemanticTable {
    model: Arc<Model>,
    name: Arc<str>,
    schema: SchemaRef,
}

impl SemanticTable {
    /// The columns of the table that the statement can mean, and at least one.
    fn new(model: Arc<Model>, table: &Table, used: &Used) -> Self {
        let fields = table.schema().fields();
        let mut kept: Vec<_> = fields.iter().filter(|field| used.has(field.name())).cloned().collect();
        if kept.is_empty() {
            // Rows are counted by a column that has a value in each.
            let mut kinds = table.columns().iter().map(|column| column.kind);
            let any = kinds.position(|kind| matches!(kind, ColumnKind::Dimension(_))).unwrap_or_default();
            kept.extend(fields.get(any).cloned());
        }
        if table.kind == TableKind::Cube && used.names(JOIN_FIELD) {
            kept.push(Arc::new(Field::new(JOIN_FIELD, DataType::Utf8, true)));
        }
        Self::with_fields(model, table.name.clone(), kept)
    }

    /// The table with these of its columns.
    pub(crate) fn with_fields(model: Arc<Model>, name: Arc<str>, fields: Vec<FieldRef>) -> Self {
        Self { model, name, schema: Arc::new(Schema::new(fields)) }
    }

    pub(crate) fn table(&self) -> &Table {
        self.model.table(&self.name).expect("the catalog hands out tables of its own model")
    }

    pub(crate) fn name(&self) -> &Arc<str> {
        &self.name
    }

    pub(crate) fn model(&self) -> &Arc<Model> {
        &self.model
    }

    /// The cube or view behind a plan node.
    pub(crate) fn of(plan: &LogicalPlan) -> Option<&Self> {
        match plan {
            LogicalPlan::TableScan(scan) => (scan.source.as_ref() as &dyn Any).downcast_ref(),
            _ => None,
        }
    }
}

impl TableSource for SemanticTable {
    fn schema(&self) -> SchemaRef {
        self.schema.clone()
    }
}

impl ContextProvider for Catalog<'_> {
    fn get_table_source(&self, name: TableReference) -> Result<Arc<dyn TableSource>> {
        // Names were resolved before: whatever is not a table now is none.
        if let Some(own) = OwnTable::ALL.into_iter().find(|own| own.key() == name.table()) {
            return Ok(own.source());
        }
        if let Some(table) = self.temporary.iter().find(|table| table.key() == name.table()) {
            return Ok(table.source());
        }
        let table = self.model.table(name.table());
        let table = table.ok_or_else(|| {
            let unknown =
                PlanError::UnknownTable { name: name.to_string(), near: crate::error::Near::default() };
            DataFusionError::from(unknown)
        })?;
        Ok(Arc::new(SemanticTable::new(self.model.clone(), table, self.used)))
    }

    fn get_expr_planners(&self) -> &[Arc<dyn ExprPlanner>] {
        &self.functions.planners
    }

    fn get_function_meta(&self, name: &str) -> Option<Arc<ScalarUDF>> {
        self.functions.scalar.get(name).cloned()
    }

    fn get_higher_order_meta(&self, _name: &str) -> Option<Arc<HigherOrderUDF>> {
        None
    }

    fn get_aggregate_meta(&self, name: &str) -> Option<Arc<AggregateUDF>> {
        self.functions.aggregate.get(name).cloned()
    }

    fn get_window_meta(&self, name: &str) -> Option<Arc<WindowUDF>> {
        self.functions.window.get(name).cloned()
    }

    fn get_variable_type(&self, _names: &[String]) -> Option<DataType> {
        None
    }

    fn options(&self) -> &ConfigOptions {
        self.options
    }

    fn udf_names(&self) -> Vec<String> {
        sorted(self.functions.scalar.keys())
    }

    fn higher_order_function_names(&self) -> Vec<String> {
        Vec::new()
    }

    fn udaf_names(&self) -> Vec<String> {
        sorted(self.functions.aggregate.keys())
    }

    fn udwf_names(&self) -> Vec<String> {
        sorted(self.functions.window.keys())
    }
}

/// In one order, so that a name that does not exist is always likened to the same one.
fn sorted<'n>(names: impl Iterator<Item = &'n String>) -> Vec<String> {
    let mut names: Vec<String> = names.cloned().collect();
    names.sort_unstable();
    names
}
