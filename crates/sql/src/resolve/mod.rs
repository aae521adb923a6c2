//! Names, on the syntax tree: every table, column and alias gets the spelling of the model or of its definition.
//!
//! Done before planning, because afterwards nobody knows any more what was quoted and what was folded.

mod expr;
mod scope;
mod select;
mod using;

use std::ops::ControlFlow;

use datafusion::{
    arrow::datatypes::Schema,
    sql::sqlparser::ast::{
        Cte, Ident, LimitClause, ObjectName, Query, SetExpr, TableAlias, TableAliasColumnDef, TableFactor,
        Value, ValueWithSpan, VisitMut, VisitorMut,
    },
};
use semantic::{
    Column, ColumnKind, Model, Table,
    model::TableKind,
    name::{CATALOG, SCHEMA},
};

use crate::{
    error::{PlanError, Result},
    joined::JOIN_FIELD,
    own::OwnTable,
    temporary::{TEMPORARY, TemporaryTable},
};
use expr::Clause;
pub(crate) use scope::Copied;
use scope::{ColumnName, Meaning, Names, Relation, Scope, near, pick};

/// Resolves the names of a whole query in place; which of its columns are shown by the names of others.
pub(crate) fn resolve(
    query: &mut Query,
    model: &Model,
    temporary: &[TemporaryTable],
    is_aggregate: &dyn Fn(&str) -> bool,
) -> Result<Vec<Copied>> {
    let _ = query.visit(&mut NumberParameters(0));
    let resolver = Resolver { model, temporary, is_aggregate };
    Ok(resolver.query(query, &Around::default())?.copies)
}

/// `?` becomes `$1`, `$2`, … in the order of the text.
struct NumberParameters(usize);

impl VisitorMut for NumberParameters {
    type Break = ();

    fn pre_visit_value(&mut self, value: &mut ValueWithSpan) -> ControlFlow<()> {
        if let Value::Placeholder(text) = &mut value.value
            && text == "?"
        {
            self.0 += 1;
            *text = format!("${}", self.0);
        }
        ControlFlow::Continue(())
    }
}

struct Resolver<'m> {
    model: &'m Model,
    temporary: &'m [TemporaryTable],
    is_aggregate: &'m dyn Fn(&str) -> bool,
}

/// What a query sees of the text around it.
#[derive(Default, Clone)]
struct Around<'s> {
    ctes: Vec<(String, Names)>,
    outer: Option<&'s Scope<'s>>,
}

impl Resolver<'_> {
    /// Resolves a query; its output's names.
    fn query(&self, query: &mut Query, around: &Around<'_>) -> Result<Names> {
        let mut around = around.clone();
        if let Some(with) = &mut query.with {
            if with.recursive {
                return Err(PlanError::Unsupported("WITH RECURSIVE".to_owned()));
            }
            for cte in &mut with.cte_tables {
                let names = self.cte(cte, &around)?;
                around.ctes.push((cte.alias.name.value.clone(), names));
            }
        }
        let order_by = &mut query.order_by;
        let names = match query.body.as_mut() {
            // ORDER BY of a plain SELECT sees its FROM as well.
            SetExpr::Select(select) => self.select(select, order_by.as_mut(), &around)?,
            body => {
                let names = self.set(body, &around)?;
                if let Some(order_by) = order_by {
                    let mut scope = Scope::new(around.outer);
                    scope.relations.push(Relation { name: None, names: names.clone() });
                    self.expressions(order_by, &scope, Clause::Set, &around)?;
                }
                names
            }
        };
        let scope = Scope::new(around.outer);
        if let Some(LimitClause::LimitOffset { limit, .. }) = &mut query.limit_clause {
            self.expressions(limit, &scope, Clause::Set, &around)?;
        }
        Ok(names)
    }

    fn cte(&self, cte: &mut Cte, around: &Around<'_>) -> Result<Names> {
        let names = self.query(&mut cte.query, around)?;
        Ok(renamed(names, Some(&cte.alias)))
    }

    /// A set operation. Chains lean to the left and may be long, so the left side is a loop.
    fn set(&self, body: &mut SetExpr, around: &Around<'_>) -> Result<Names> {
        let mut at = body;
        loop {
            match at {
                SetExpr::SetOperation { left, right, .. } => {
                    self.operand(right, around)?;
                    at = left;
                }
                leaf => return self.operand(leaf, around),
            }
        }
    }

    fn operand(&self, body: &mut SetExpr, around: &Around<'_>) -> Result<Names> {
        match body {
            SetExpr::Select(select) => self.select(select, None, around),
            SetExpr::Query(query) => self.query(query, around),
            SetExpr::SetOperation { .. } => self.set(body, around),
            SetExpr::Values(values) => {
                let scope = Scope::new(around.outer);
                self.expressions(values, &scope, Clause::Set, around)?;
                Ok(Names::unknown())
            }
            other => Err(PlanError::Unsupported(format!("`{other}`"))),
        }
    }

    /// Resolves one relation of FROM and adds what it brings to the scope.
    fn relation(&self, factor: &mut TableFactor, scope: &mut Scope<'_>, around: &Around<'_>) -> Result<()> {
        match factor {
            TableFactor::Table { name, alias, args: None, .. } => {
                let (found, names) = self.table(name, alias, around)?;
                let visible = alias.as_ref().map_or(found, |alias| alias.name.value.clone());
                let names = renamed(names, alias.as_ref());
                scope.relations.push(Relation { name: Some(visible), names });
            }
            TableFactor::Derived { subquery, alias, .. } => {
                let names = renamed(self.query(subquery, around)?, alias.as_ref());
                let name = alias.as_ref().map(|alias| alias.name.value.clone());
                scope.relations.push(Relation { name, names });
            }
            TableFactor::NestedJoin { table_with_joins, alias: None } => {
                self.joined(table_with_joins, scope, around)?;
            }
            other => scope.relations.push(Relation {
                name: alias_of(other).map(|alias| alias.name.value.clone()),
                names: Names::unknown(),
            }),
        }
        Ok(())
    }

    /// A CTE, a table of the gateway's own, or a cube, view or temporary table with or without catalog and schema.
    /// Rewrites the name to one part.
    fn table(
        &self,
        name: &mut ObjectName,
        alias: &mut Option<TableAlias>,
        around: &Around<'_>,
    ) -> Result<(String, Names)> {
        let parts: Vec<String> =
            name.0.iter().filter_map(|part| part.as_ident()).map(|ident| ident.value.clone()).collect();
        let written = parts.last().cloned().unwrap_or_default();
        let (found, names) = match (self.cte_named(&parts, around)?, own(&parts)) {
            (Some(cte), _) => cte,
            (None, Some(own)) => {
                *name = ObjectName::from(quoted(&own.key()));
                alias.get_or_insert_with(|| named(own.name().1));
                return Ok((own.name().1.to_owned(), plain_names(&own.schema())));
            }
            (None, None) => match self.named(&parts, &written) {
                Ok(Meant::Semantic(table)) => (table.name.to_string(), semantic_names(table)),
                Ok(Meant::Temporary(table)) => {
                    *name = ObjectName::from(quoted(&table.key()));
                    alias.get_or_insert_with(|| named(&table.name));
                    return Ok((table.name.to_string(), plain_names(&table.schema)));
                }
                Err(error) => {
                    let first = name.0.first().and_then(|part| part.as_ident());
                    return Err(match first {
                        Some(first) => error.at(first),
                        None => error,
                    });
                }
            },
        };
        *name = ObjectName::from(quoted(&found));
        Ok((found, names))
    }

    fn cte_named(&self, parts: &[String], around: &Around<'_>) -> Result<Option<(String, Names)>> {
        match parts {
            // The innermost definition hides those around it.
            [one] => Ok(pick(one, around.ctes.iter().rev(), |(name, _)| name)?.cloned()),
            _ => Ok(None),
        }
    }

    /// Cubes and views come first, so that a name means the same on a replica that has no temporary tables.
    fn named(&self, parts: &[String], written: &str) -> Result<Meant<'_>> {
        let tables: Vec<&Table> = self.model.tables().collect();
        if is_in(parts, SCHEMA)
            && let Some(table) = pick(written, tables.iter(), |table| &table.name)?
        {
            return Ok(Meant::Semantic(table));
        }
        if is_in(parts, TEMPORARY)
            && let Some(table) = pick(written, self.temporary.iter(), |table| &table.name)?
        {
            return Ok(Meant::Temporary(table));
        }
        let names = tables.iter().map(|table| &*table.name);
        let names = names.chain(self.temporary.iter().map(|table| &*table.name));
        Err(PlanError::UnknownTable { name: parts.join("."), near: near(written, names) })
    }
}

/// What a name means that stands for rows of somebody else's.
enum Meant<'m> {
    Semantic(&'m Table),
    Temporary(&'m TemporaryTable),
}

/// Whether a name can be one in this schema; schema and catalog may be left out.
fn is_in(parts: &[String], wanted: &str) -> bool {
    match parts {
        [_] => true,
        [schema, _] => schema.eq_ignore_ascii_case(wanted),
        [catalog, schema, _] => catalog.eq_ignore_ascii_case(CATALOG) && schema.eq_ignore_ascii_case(wanted),
        _ => false,
    }
}

/// The gateway's own table that a name with its schema means.
fn own(parts: &[String]) -> Option<OwnTable> {
    let (schema, table) = match parts {
        [schema, table] => (schema, table),
        [catalog, schema, table] if catalog.eq_ignore_ascii_case(CATALOG) => (schema, table),
        _ => return None,
    };
    let same = |(own_schema, own_table): (&str, &str)| {
        own_schema.eq_ignore_ascii_case(schema) && own_table.eq_ignore_ascii_case(table)
    };
    OwnTable::ALL.into_iter().find(|own| same(own.name()))
}

fn plain_names(schema: &Schema) -> Names {
    let columns = schema.fields().iter().map(|field| ColumnName::plain(field.name().clone()));
    Names { columns: columns.collect(), ..Names::default() }
}

fn named(name: &str) -> TableAlias {
    TableAlias { explicit: true, name: quoted(name), columns: Vec::new(), at: None }
}

fn semantic_names(table: &Table) -> Names {
    let meaning = |column: &Column| match column.kind {
        ColumnKind::Measure(_) => Meaning::Measure(column.member.clone()),
        ColumnKind::Dimension(_) => Meaning::Plain,
        ColumnKind::Segment => Meaning::Segment,
    };
    let name = |column: &Column| ColumnName::new(column.name().to_owned(), meaning(column));
    let joins =
        (table.kind == TableKind::Cube).then(|| ColumnName::new(JOIN_FIELD.to_owned(), Meaning::Virtual));
    Names { columns: table.columns().iter().map(name).chain(joins).collect(), ..Names::default() }
}

/// `AS t (a, b)` names the columns anew, all of them.
fn renamed(names: Names, alias: Option<&TableAlias>) -> Names {
    let Some(alias) = alias.filter(|alias| !alias.columns.is_empty()) else { return names };
    // Where only some columns are known, nobody knows which place they have.
    let known = if names.open { Vec::new() } else { names.columns };
    let meanings = known.into_iter().map(|column| column.meaning).chain(std::iter::repeat(Meaning::Plain));
    let columns = alias.columns.iter().zip(meanings);
    let column = |(definition, meaning): (&TableAliasColumnDef, Meaning)| {
        ColumnName::new(definition.name.value.clone(), meaning)
    };
    Names { columns: columns.map(column).collect(), ..Names::default() }
}

fn alias_of(factor: &TableFactor) -> Option<&TableAlias> {
    match factor {
        TableFactor::Table { alias, .. }
        | TableFactor::Derived { alias, .. }
        | TableFactor::TableFunction { alias, .. }
        | TableFactor::Function { alias, .. }
        | TableFactor::UNNEST { alias, .. }
        | TableFactor::NestedJoin { alias, .. } => alias.as_ref(),
        _ => None,
    }
}

/// An identifier that nobody folds.
fn quoted(name: &str) -> Ident {
    Ident::with_quote('"', name)
}
