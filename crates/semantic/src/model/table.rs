//! What SQL sees: each public cube and view as a table of columns.

use std::{collections::HashMap, sync::Arc};

use arrow_schema::{DataType, Field, FieldRef, Schema, SchemaRef};

use crate::{
    model::{About, DimensionType, MeasureType, Reference},
    name::MemberName,
    types::ArrowType,
};

/// A cube or view as callers see it.
#[derive(Debug, Clone, PartialEq)]
pub struct Table {
    /// Its name.
    pub name: Arc<str>,
    /// Cube or view.
    pub kind: TableKind,
    /// Shown to people.
    pub title: Option<String>,
    /// Shown to people.
    pub description: Option<String>,
    columns: Vec<Column>,
    by_name: HashMap<Arc<str>, usize>,
    schema: SchemaRef,
    repeated: bool,
}

/// Cube or view.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "Cube's words")]
pub enum TableKind {
    Cube,
    View,
}

/// A column: a public member of a cube or view.
#[derive(Debug, Clone, PartialEq)]
pub struct Column {
    /// `table.column`
    pub member: MemberName,
    /// Measure, dimension or segment.
    pub kind: ColumnKind,
    /// The cube's member behind it, with the way to it.
    pub source: Reference,
    /// The Arrow type of its values.
    pub data_type: ArrowType,
    /// Shown to people.
    pub title: Option<String>,
    /// Shown to people.
    pub description: Option<String>,
    /// Part of the primary key of a cube.
    pub primary_key: bool,
    /// The names of the granularities that it declares for itself, beside the standard ones.
    pub granularities: Arc<[Arc<str>]>,
}

/// What a column is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ColumnKind {
    /// Aggregated.
    Measure(MeasureType),
    /// Grouped by.
    Dimension(DimensionType),
    /// A named predicate.
    Segment,
}

impl ColumnKind {
    /// Cube's words for the kind of member, and for its type where it has one.
    pub fn words(self) -> (&'static str, Option<&'static str>) {
        match self {
            Self::Measure(kind) => ("measure", Some(kind.name())),
            Self::Dimension(kind) => ("dimension", Some(kind.name())),
            Self::Segment => ("segment", None),
        }
    }
}

impl Table {
    /// Puts columns in the order that SQL shows: measures, dimensions, segments; their schema is built once.
    pub fn new(name: Arc<str>, kind: TableKind, about: &About, mut columns: Vec<Column>) -> Self {
        columns.sort_by_key(|column| match column.kind {
            ColumnKind::Measure(_) => 0,
            ColumnKind::Dimension(_) => 1,
            ColumnKind::Segment => 2,
        });
        let by_name = columns.iter().enumerate().map(|(i, c)| (c.name().into(), i)).collect();
        let schema = Arc::new(Schema::new(columns.iter().map(Column::field).collect::<Vec<_>>()));
        let (title, description) = (about.title.clone(), about.description.clone());
        Self { name, kind, title, description, columns, by_name, schema, repeated: false }
    }

    /// The table with the shown columns only; `None` when none is.
    pub(crate) fn restricted(&self, shows: impl Fn(&MemberName) -> bool) -> Option<Self> {
        let columns: Vec<_> = self.columns.iter().filter(|column| shows(&column.member)).cloned().collect();
        if columns.is_empty() {
            return None;
        }
        Some(self.with_columns(columns))
    }

    /// The same table with other columns.
    pub(super) fn with_columns(&self, columns: Vec<Column>) -> Self {
        let (title, description) = (self.title.clone(), self.description.clone());
        let about = About { title, description, ..About::default() };
        Self::new(self.name.clone(), self.kind, &about, columns)
    }

    /// The same table, whose rows are those of a join that repeats its own.
    pub(super) fn repeated(self) -> Self {
        Self { repeated: true, ..self }
    }

    /// True when joins that a statement writes repeat the rows of the cube that they begin at.
    pub fn is_repeated(&self) -> bool {
        self.repeated
    }

    /// All columns: measures, dimensions, segments.
    pub fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// A column by its exact name.
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.by_name.get(name).map(|i| &self.columns[*i])
    }

    /// The Arrow schema, in the order of the columns.
    pub fn schema(&self) -> &SchemaRef {
        &self.schema
    }
}

impl Column {
    /// The column's own name.
    pub fn name(&self) -> &str {
        self.member.member()
    }

    /// The field that SQL sees. Only counts are never NULL.
    pub fn field(&self) -> FieldRef {
        Arc::new(Field::new(self.name(), DataType::from(self.data_type), self.is_nullable()))
    }

    /// False for counts.
    pub fn is_nullable(&self) -> bool {
        !matches!(self.kind, ColumnKind::Measure(kind) if kind.is_count())
    }

    /// The granularity that a name in SQL means: its exact spelling, else the only one that differs in case only.
    pub fn granularity(&self, name: &str) -> Option<&Arc<str>> {
        let exact = self.granularities.iter().find(|own| ***own == *name);
        let alike = || {
            let mut alike = self.granularities.iter().filter(|own| own.eq_ignore_ascii_case(name));
            alike.next().filter(|_| alike.next().is_none())
        };
        exact.or_else(alike)
    }

    /// False for a switch: it has no rows, and a row may have several of its values.
    pub(crate) fn is_shown(&self) -> bool {
        self.kind != ColumnKind::Dimension(DimensionType::Switch)
    }

    /// True for measures.
    pub fn is_measure(&self) -> bool {
        matches!(self.kind, ColumnKind::Measure(_))
    }
}
