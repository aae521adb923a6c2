//! EXPLAIN: what each leaf asks, which road it takes, and why not another.

use std::sync::Arc;

use datafusion::arrow::{
    array::{Int32Array, RecordBatch, StringArray},
    datatypes::{DataType, Field, Schema, SchemaRef},
};
use preagg::{Dialect, Route};
use semantic::{MemberName, Model};
use sql::{Plan, TemporaryTable};

use crate::{
    error::{EngineError, Result},
    roads::RoutedLeaf,
    temporary::Snapshot,
};

/// The columns of EXPLAIN.
pub(crate) fn schema() -> SchemaRef {
    Arc::new(Schema::new(vec![
        Field::new("leaf", DataType::Int32, true),
        Field::new("item", DataType::Utf8, false),
        Field::new("name", DataType::Utf8, true),
        Field::new("detail", DataType::Utf8, true),
    ]))
}

#[derive(Default)]
struct Rows {
    leaf: Vec<Option<i32>>,
    item: Vec<&'static str>,
    name: Vec<Option<String>>,
    detail: Vec<Option<String>>,
}

impl Rows {
    fn add(&mut self, leaf: Option<usize>, item: &'static str, name: Option<String>, detail: Option<String>) {
        self.leaf.push(leaf.and_then(|leaf| i32::try_from(leaf).ok()));
        self.item.push(item);
        self.name.push(name);
        self.detail.push(detail);
    }

    fn into_batch(self) -> Result<RecordBatch> {
        let batch = RecordBatch::try_new(
            schema(),
            vec![
                Arc::new(Int32Array::from(self.leaf)),
                Arc::new(StringArray::from(self.item)),
                Arc::new(StringArray::from(self.name)),
                Arc::new(StringArray::from(self.detail)),
            ],
        );
        batch.map_err(|error| EngineError::Internal(Arc::new(error.into())))
    }
}

/// The rows of EXPLAIN. A caller who is shown a part of the model reads no names of what stores the rest.
pub(crate) fn explain(
    plan: &Plan,
    leaves: &[Arc<RoutedLeaf>],
    model: &Model,
    temporary: &Snapshot,
    dialect: Dialect,
) -> Result<RecordBatch> {
    let mut rows = Rows::default();
    for leaf in leaves {
        explain_leaf(leaf, model, dialect, &mut rows);
    }
    for table in TemporaryTable::all_of(&plan.logical)? {
        let size = temporary.planned(&table).map(|table| table.size());
        let size = size.map(|(rows, bytes)| format!("{rows} rows, {bytes} bytes"));
        rows.add(None, "temporary", Some(table.name.to_string()), size);
    }
    let rest = plan.logical.display_indent().to_string();
    rows.add(None, "remainder", Some("plan".to_owned()), Some(rest));
    rows.into_batch()
}

fn explain_leaf(leaf: &RoutedLeaf, model: &Model, dialect: Dialect, rows: &mut Rows) {
    let (id, open) = (Some(leaf.id), !model.is_restricted());
    rows.add(id, "query", None, Some(leaf.leaf.query.to_string()));
    rows.add(id, "road", Some(leaf.road().to_owned()), None);
    match &leaf.windows {
        None => {}
        Some(Err(why)) => rows.add(id, "refused", Some("windows".to_owned()), Some(why.to_string())),
        Some(Ok(windows)) => {
            for part in &windows.leaves {
                rows.add(id, "query", Some("part".to_owned()), Some(part.leaf.query.to_string()));
                // The store's SQL has the names of keys.
                let shown = (open || windows.joined.is_none()).then_some(dialect);
                explain_route(part, id, open, shown, rows);
            }
            let plan = windows.logical.display_indent().to_string();
            let how = if windows.joined.is_some() { "joined" } else { "windows" };
            rows.add(id, "remainder", Some(how.to_owned()), Some(plan));
        }
    }
    explain_route(leaf, id, open, Some(dialect), rows);
    explain_request(leaf, model, rows);
}

/// `sql`: in which words the store's SQL is shown, if at all.
fn explain_route(leaf: &RoutedLeaf, id: Option<usize>, open: bool, sql: Option<Dialect>, rows: &mut Rows) {
    let name = |name: &MemberName| open.then(|| name.to_string());
    if let Route::Rollup { scan, costlier, .. } = &leaf.route {
        let counted = scan.rows.map(|count| format!("{count} rows"));
        rows.add(id, "rollup", Some(scan.pre_aggregation.to_string()), counted);
        for table in &scan.tables {
            rows.add(id, "table", Some(table.clone()), None);
        }
        if let Some(dialect) = sql {
            rows.add(id, "sql", None, Some(shown_sql(scan, dialect)));
        }
        for dearer in costlier {
            let why = "costlier: it fits too and is dearer to read".to_owned();
            rows.add(id, "refused", name(dearer), Some(why));
        }
    }
    for refused in leaf.route.refused() {
        for reason in &refused.reasons {
            let told = open || reason.names_nothing();
            let detail = if told { format!("{}: {reason}", reason.code()) } else { reason.code().to_owned() };
            rows.add(id, "refused", name(&refused.pre_aggregation), Some(detail));
        }
    }
}

// What Cube is asked, or would be asked if the rollup could not be read.
fn explain_request(leaf: &RoutedLeaf, model: &Model, rows: &mut Rows) {
    let id = Some(leaf.id);
    match leaf.request(model) {
        Ok(request) => {
            rows.add(id, "query", Some("cube".to_owned()), Some(request.to_string()));
            rows.add(id, "remainder", Some("cube".to_owned()), Some(request.remainder.to_string()));
        }
        Err(why) => rows.add(id, "refused", Some("cube".to_owned()), Some(format!("not_exact: {why}"))),
    }
}

fn shown_sql(scan: &preagg::Scan, dialect: Dialect) -> String {
    let query = preagg::render(scan, dialect);
    if query.params.is_empty() {
        return query.sql;
    }
    let params: Vec<_> = query.params.iter().map(ToString::to_string).collect();
    format!("{} -- {}", query.sql, params.join(", "))
}
