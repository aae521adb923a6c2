//! Expressions over a semantic table as expressions over the group keys of its leaf.

use datafusion::{
    arrow::datatypes::DataType,
    common::tree_node::{Transformed, TreeNode, TreeNodeRecursion},
    logical_expr::{Cast, Expr},
};
use semantic::{ArrowType, Column, Granularity, MemberName, Output, Table, Value};

use super::{filter::date_trunc, leaf_column, literal};
use crate::error::{PlanError, Result};

/// The group keys that a leaf needs.
#[derive(Debug, Default)]
pub(super) struct Keys(pub(super) Vec<Output>);

impl Keys {
    fn add(&mut self, output: Output) -> Expr {
        let name = output.name();
        if !self.0.contains(&output) {
            self.0.push(output);
        }
        leaf_column(&name)
    }

    /// Rewrites an expression over the table's columns to one over the leaf's, adding the keys that it needs.
    pub(super) fn rewrite(&mut self, expr: Expr, table: &Table) -> Result<Expr> {
        if let Some(measure) = measure_in(&expr, table) {
            return Err(PlanError::BareMeasure(measure));
        }
        if expr.exists(|expr| Ok(is_correlated(expr)))? {
            return Err(PlanError::Unsupported(format!(
                "a sub-query that looks at rows of `{}` below its aggregate",
                table.name
            )));
        }
        let rewritten = expr.transform_down(|expr| {
            if let Some(key) = self.bins(&expr, table) {
                return Ok(Transformed::new(key, true, TreeNodeRecursion::Jump));
            }
            match &expr {
                Expr::Column(column) => match table.column(&column.name) {
                    Some(column) => {
                        let key = self.add(super::rows::output(column));
                        Ok(Transformed::new(key, true, TreeNodeRecursion::Jump))
                    }
                    None => Ok(Transformed::no(expr)),
                },
                _ => Ok(Transformed::no(expr)),
            }
        })?;
        Ok(rewritten.data)
    }

    /// The key that an expression over the leaf is, or that it tells the values of apart.
    pub(super) fn key_of<'e>(&self, expr: &'e Expr) -> Option<&'e str> {
        let bins = |name: &str| {
            let named = self.0.iter().find(|output| output.name() == name);
            match named {
                Some(Output::Time(_, granularity)) => Some(*granularity),
                _ => None,
            }
        };
        match expr {
            Expr::Column(column) => Some(&column.name),
            // Bins that begin days are dates.
            Expr::Cast(cast) if *cast.field.data_type() == DataType::Date32 => {
                let name = self.key_of(&cast.expr)?;
                bins(name)?.is_made_of(Granularity::Day).then_some(name)
            }
            Expr::ScalarFunction(call) if call.name() == "date_part" => {
                let [part, Expr::Column(column)] = call.args.as_slice() else { return None };
                let year = grain_of_part(literal::value(literal::of(part)?)?)? == Granularity::Year;
                (year && bins(&column.name)? == Granularity::Year).then_some(&column.name)
            }
            _ => None,
        }
    }

    /// DATE_TRUNC, CAST AS DATE and EXTRACT need no finer key than their own bins.
    fn bins(&mut self, expr: &Expr, table: &Table) -> Option<Expr> {
        if let Some((granularity, time)) = date_trunc(expr) {
            let column = time_column(time, table)?;
            return Some(self.add(Output::Time(column.member.clone(), granularity)));
        }
        match expr {
            Expr::Cast(cast) if *cast.field.data_type() == DataType::Date32 => {
                let column = time_column(&cast.expr, table)?;
                (column.data_type == ArrowType::Timestamp).then_some(())?;
                let day = self.add(Output::Time(column.member.clone(), Granularity::Day));
                Some(Expr::Cast(Cast::new(Box::new(day), DataType::Date32)))
            }
            Expr::ScalarFunction(call) if call.name() == "date_part" => {
                let [part, time] = call.args.as_slice() else { return None };
                let granularity = grain_of_part(literal::value(literal::of(part)?)?)?;
                let column = time_column(time, table)?;
                let bin = self.add(Output::Time(column.member.clone(), granularity));
                let mut call = call.clone();
                call.args = vec![part.clone(), bin];
                Some(Expr::ScalarFunction(call))
            }
            _ => None,
        }
    }
}

/// The column of a time, through casts that keep it a time.
fn time_column<'t>(expr: &Expr, table: &'t Table) -> Option<&'t Column> {
    match expr {
        Expr::Column(column) => {
            let column = table.column(&column.name)?;
            (column.data_type.is_time() && !column.is_measure()).then_some(column)
        }
        Expr::Cast(cast) if matches!(cast.field.data_type(), DataType::Timestamp(_, None)) => {
            time_column(&cast.expr, table)
        }
        _ => None,
    }
}

/// The coarsest bins that still tell a part of a time.
fn grain_of_part(part: Value) -> Option<Granularity> {
    let Value::Text(part) = part else { return None };
    Some(match part.to_lowercase().as_str() {
        "year" => Granularity::Year,
        "quarter" | "qtr" => Granularity::Quarter,
        "month" => Granularity::Month,
        "week" | "day" | "dow" | "doy" | "isodow" => Granularity::Day,
        "hour" => Granularity::Hour,
        "minute" => Granularity::Minute,
        _ => return None,
    })
}

/// The first measure that an expression over a table's columns names.
pub(super) fn measure_in(expr: &Expr, table: &Table) -> Option<MemberName> {
    let names = expr.column_refs();
    let mut columns = names.into_iter().filter_map(|column| table.column(&column.name));
    columns.find(|column| column.is_measure()).map(|column| column.member.clone())
}

/// A sub-query that names columns of the query around it.
fn is_correlated(expr: &Expr) -> bool {
    let subquery = match expr {
        Expr::Exists(exists) => &exists.subquery,
        Expr::InSubquery(list) => &list.subquery,
        Expr::ScalarSubquery(subquery) => subquery,
        Expr::SetComparison(comparison) => &comparison.subquery,
        _ => return false,
    };
    !subquery.outer_ref_columns.is_empty()
}
