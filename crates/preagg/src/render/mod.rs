//! The store's SQL for a scan. Texts are parameters where the store knows them, doubly escaped literals elsewhere.

mod filter;
mod writer;

use arrow_schema::SchemaRef;
use semantic::{Grouping, OrderBy, Value, model::Cut};

use crate::cover::shift::Shift;
use crate::scan::{Combine, Expression, Key, Measure, Part, Scan, Source, SourceTable};
use writer::Writer;

/// What the store can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Dialect {
    /// It takes parameters (CubeStore from 1.6.38 on).
    pub parameters: bool,
}

/// A query for the store.
#[derive(Debug, Clone, PartialEq)]
pub struct StoreQuery {
    /// Its SQL, with `?` for parameters.
    pub sql: String,
    /// The parameters, in order.
    pub params: Vec<Value>,
    /// What the answer must look like, column by column.
    pub schema: SchemaRef,
    /// The physical tables that it reads.
    pub tables: Vec<String>,
}

/// Writes the query down.
pub fn render(scan: &Scan, dialect: Dialect) -> StoreQuery {
    let mut out = Writer::new(dialect);
    out.text("SELECT ");
    select_list(scan, &mut out);
    from(scan, &mut out);
    if !scan.query.filter.is_always() {
        out.text(" WHERE ");
        filter::rows(scan, &mut out);
    }
    group_by(scan, &mut out);
    if !scan.query.having.is_always() {
        out.text(" HAVING ");
        filter::groups(scan, &mut out);
    }
    order_by(&scan.query.order, &mut out);
    if let Some(limit) = scan.query.limit {
        out.text(&format!(" LIMIT {limit}"));
    }
    if scan.query.offset > 0 {
        out.text(&format!(" OFFSET {}", scan.query.offset));
    }
    let (sql, params) = out.finish();
    StoreQuery { sql, params, schema: scan.schema.clone(), tables: scan.tables.clone() }
}

fn select_list(scan: &Scan, out: &mut Writer) {
    for (position, (expression, output)) in scan.outputs.iter().zip(&scan.query.outputs).enumerate() {
        if position > 0 {
            out.text(", ");
        }
        match expression {
            Expression::Key(key) => write_key(key, out),
            Expression::Measure(measure) => write_measure(measure, out),
        }
        // Unaliased columns get names that differ between versions of the store; positions keep these unique.
        out.text(" AS ");
        out.identifier(&format!("{}_{}", output.name().replace(['.', ' '], "_"), position + 1));
    }
}

fn from(scan: &Scan, out: &mut Writer) {
    out.text(" FROM ");
    for (place, source) in scan.sources.iter().enumerate() {
        out.text(if place > 0 { " LEFT JOIN " } else { "" });
        tables(source, out);
        out.text(" AS ");
        out.identifier(&source.alias);
        for (place, [one, other]) in source.on.iter().enumerate() {
            out.text(if place > 0 { " AND " } else { " ON " });
            qualified(one, out);
            out.text(" = ");
            qualified(other, out);
        }
    }
}

fn qualified((source, column): &(String, String), out: &mut Writer) {
    out.identifier(source);
    out.text(".");
    out.identifier(column);
}

fn tables(source: &Source, out: &mut Writer) {
    if let [SourceTable { name, since: None, .. }] = source.tables.as_slice() {
        return out.text(name);
    }
    for (place, SourceTable { name, since, .. }) in source.tables.iter().enumerate() {
        out.text(if place > 0 { " UNION ALL SELECT " } else { "(SELECT " });
        for (place, column) in source.columns.iter().enumerate() {
            out.text(if place > 0 { ", " } else { "" });
            out.identifier(column);
        }
        out.text(if source.columns.is_empty() { "* FROM " } else { " FROM " });
        out.text(name);
        if let Some((time, at)) = since {
            out.text(" WHERE ");
            out.identifier(time);
            out.text(" >= ");
            out.moment(*at);
        }
    }
    out.text(")");
}

fn group_by(scan: &Scan, out: &mut Writer) {
    let keys = scan.outputs.iter().enumerate().filter(|(_, output)| matches!(output, Expression::Key(_)));
    let ordinals: Vec<_> = keys.map(|(position, _)| (position + 1).to_string()).collect();
    if scan.query.grouping == Grouping::Grouped && !ordinals.is_empty() {
        out.text(&format!(" GROUP BY {}", ordinals.join(", ")));
    }
}

// Where NULLs go is always said: the store's own choice differs from SQL's.
fn order_by(order: &[OrderBy], out: &mut Writer) {
    let keys: Vec<_> = order
        .iter()
        .map(|key| {
            let direction = if key.descending { "DESC" } else { "ASC" };
            let nulls = if key.nulls_first { "FIRST" } else { "LAST" };
            format!("{} {direction} NULLS {nulls}", key.output + 1)
        })
        .collect();
    if !keys.is_empty() {
        out.text(&format!(" ORDER BY {}", keys.join(", ")));
    }
}

fn write_key(key: &Key, out: &mut Writer) {
    match key {
        Key::Column(column) => out.identifier(column),
        Key::Bin(cut, column) => write_bins(*cut, out, |out| out.identifier(column)),
        Key::Shifted(cut, column, shift) => write_bins(*cut, out, |out| write_shifted(shift, column, out)),
    }
}

/// The start of the bin that a time lies in.
fn write_bins(Cut { unit, by }: Cut, out: &mut Writer, time: impl Fn(&mut Writer)) {
    let Some((count, of)) = by else {
        out.text(&format!("date_trunc('{unit}', "));
        time(out);
        return out.text(")");
    };
    let (back, forth) = if count < 0 { ("DATE_ADD", "DATE_SUB") } else { ("DATE_SUB", "DATE_ADD") };
    let interval = format!(", INTERVAL '{} {}')", count.abs(), of.name().to_uppercase());
    out.text(&format!("{forth}(date_trunc('{unit}', {back}("));
    time(out);
    out.text(&format!("{interval}){interval}"));
}

/// A time of UTC as the clocks of a zone show it.
fn write_shifted(shift: &Shift, column: &str, out: &mut Writer) {
    let converted = |hours: i64, out: &mut Writer| {
        out.text("convert_tz(");
        out.identifier(column);
        let sign = if hours < 0 { '-' } else { '+' };
        out.text(&format!(", '{sign}{:02}:00')", hours.abs()));
    };
    let mut hours = shift.first;
    out.text(if shift.changes.is_empty() { "" } else { "CASE" });
    for (change, next) in &shift.changes {
        out.text(" WHEN ");
        out.identifier(column);
        out.text(" < ");
        out.moment(*change);
        out.text(" THEN ");
        converted(hours, out);
        hours = *next;
    }
    out.text(if shift.changes.is_empty() { "" } else { " ELSE " });
    converted(hours, out);
    out.text(if shift.changes.is_empty() { "" } else { " END" });
}

fn write_measure(measure: &Measure, out: &mut Writer) {
    match measure {
        Measure::Stored { column, combine, zero } => {
            out.text(if *zero { "COALESCE(" } else { "" });
            let (open, close) = call(*combine);
            out.text(open);
            out.identifier(column);
            out.text(close);
            out.text(if *zero { ", 0)" } else { "" });
        }
        Measure::Calculated(parts) => parts.iter().for_each(|part| write_part(part, out)),
    }
}

fn write_part(part: &Part, out: &mut Writer) {
    match part {
        Part::Text(text) => out.text(text),
        Part::Measure(calculated @ Measure::Calculated(_)) => {
            out.text("(");
            write_measure(calculated, out);
            out.text(")");
        }
        Part::Measure(stored) => write_measure(stored, out),
    }
}

fn call(combine: Combine) -> (&'static str, &'static str) {
    match combine {
        Combine::Sum => ("sum(", ")"),
        Combine::Min => ("min(", ")"),
        Combine::Max => ("max(", ")"),
        Combine::Alone => ("", ""),
        Combine::Merge => ("cardinality(merge(", "))"),
    }
}
