//! Tables that the gateway fills by itself: what there is to ask, and what was asked of it.

use std::{any::Any, sync::Arc};

use datafusion::{
    arrow::datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit},
    logical_expr::{TableScan, TableSource},
};

/// One of the tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OwnTable {
    /// `information_schema.schemata`
    Schemata,
    /// `information_schema.tables`
    Tables,
    /// `information_schema.columns`
    Columns,
    /// `system.pre_aggregations`: what the model declares, and what of it was built.
    PreAggregations,
    /// `system.queries`: what the caller asked of this process lately.
    Queries,
    /// `system.refusals`: why rollups were not used for those queries.
    Refusals,
    /// `system.settings`
    Settings,
}

const TEXT: DataType = DataType::Utf8;
const INT: DataType = DataType::Int64;
const DOUBLE: DataType = DataType::Float64;
const TIME: DataType = DataType::Timestamp(TimeUnit::Microsecond, None);

type Columns = &'static [(&'static str, DataType)];

impl OwnTable {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Schemata,
        Self::Tables,
        Self::Columns,
        Self::PreAggregations,
        Self::Queries,
        Self::Refusals,
        Self::Settings,
    ];

    /// The schema and the table's name in it.
    pub fn name(self) -> (&'static str, &'static str) {
        match self {
            Self::Schemata => ("information_schema", "schemata"),
            Self::Tables => ("information_schema", "tables"),
            Self::Columns => ("information_schema", "columns"),
            Self::PreAggregations => ("system", "pre_aggregations"),
            Self::Queries => ("system", "queries"),
            Self::Refusals => ("system", "refusals"),
            Self::Settings => ("system", "settings"),
        }
    }

    fn columns(self) -> Columns {
        match self {
            Self::Schemata => &[("catalog_name", TEXT), ("schema_name", TEXT)],
            Self::Tables => &[
                ("table_catalog", TEXT),
                ("table_schema", TEXT),
                ("table_name", TEXT),
                ("table_type", TEXT),
                ("title", TEXT),
                ("description", TEXT),
            ],
            Self::Columns => &[
                ("table_catalog", TEXT),
                ("table_schema", TEXT),
                ("table_name", TEXT),
                ("column_name", TEXT),
                ("ordinal_position", INT),
                ("is_nullable", TEXT),
                ("data_type", TEXT),
                ("numeric_precision", INT),
                ("numeric_scale", INT),
                ("member_kind", TEXT),
                ("member_type", TEXT),
                ("title", TEXT),
                ("description", TEXT),
            ],
            Self::PreAggregations => &[
                ("pre_aggregation", TEXT),
                ("type", TEXT),
                ("partition_granularity", TEXT),
                ("timezone", TEXT),
                ("tables", INT),
                ("rows", INT),
            ],
            Self::Queries => &[
                ("request_id", TEXT),
                ("started", TIME),
                ("took_ms", DOUBLE),
                ("road", TEXT),
                ("status", TEXT),
                ("rows", INT),
                ("bytes", INT),
                ("sql", TEXT),
            ],
            Self::Refusals => &[
                ("request_id", TEXT),
                ("leaf", INT),
                ("pre_aggregation", TEXT),
                ("code", TEXT),
                ("reason", TEXT),
            ],
            Self::Settings => &[("name", TEXT), ("value", TEXT)],
        }
    }

    /// Its columns, each of them nullable.
    pub fn schema(self) -> SchemaRef {
        let field = |(name, data_type): &(&str, DataType)| Field::new(*name, data_type.clone(), true);
        Arc::new(Schema::new(self.columns().iter().map(field).collect::<Vec<_>>()))
    }

    /// The table that a scan reads.
    pub fn of(scan: &TableScan) -> Option<Self> {
        let source: Option<&OwnSource> = (scan.source.as_ref() as &dyn Any).downcast_ref();
        source.map(|source| source.0)
    }

    /// `schema.table`: no cube has a dot in its name.
    pub(crate) fn key(self) -> String {
        let (schema, table) = self.name();
        format!("{schema}.{table}")
    }

    pub(crate) fn source(self) -> Arc<dyn TableSource> {
        Arc::new(OwnSource(self))
    }
}

#[derive(Debug)]
struct OwnSource(OwnTable);

impl TableSource for OwnSource {
    fn schema(&self) -> SchemaRef {
        self.0.schema()
    }
}
