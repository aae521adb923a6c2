//! Expressions over a semantic table as expressions over the group keys of its leaf.

use datafusion::{
    arrow::datatypes::DataType,
    common::tree_node::{Transformed, TreeNode, TreeNodeRecursion},
    logical_expr::{Cast, Expr},
};
use semantic::{ArrowType, Column, Granularity, MemberName, Output, Table};

use super::{
    filter::{cut_by_name, date_trunc},
    leaf_column,
    parts::{Part, Tells},
};
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
        check_correlated(&expr, table)?;
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

    /// The keys whose values the groups tell apart, so that no two groups of the leaf fall into one of them.
    pub(super) fn told(&self, groups: &[Expr]) -> Vec<&Output> {
        let mut told: Vec<&Output> = groups.iter().filter_map(|group| self.told_by(group)).collect();
        loop {
            let next = self.0.iter().find(|key| !told.contains(key) && self.follows(key, &told, groups));
            match next {
                Some(key) => told.push(key),
                None => return told,
            }
        }
    }

    /// The key that an expression over the leaf is, or that it tells the values of apart.
    fn told_by(&self, expr: &Expr) -> Option<&Output> {
        match expr {
            Expr::Column(column) => self.0.iter().find(|key| key.name() == column.name),
            // Bins that begin days are dates.
            Expr::Cast(cast) if *cast.field.data_type() == DataType::Date32 => {
                let key = self.told_by(&cast.expr)?;
                bin(key)?.1.is_made_of(Granularity::Day).then_some(key)
            }
            _ => {
                let part = Part::of(expr).filter(|part| part.tells == Tells::Bin)?;
                let key = self.told_by(part.time())?;
                (bin(key)?.1 == part.grain).then_some(key)
            }
        }
    }

    /// Whether a key is known once `told` is: by a finer bin, or by a part of it within a coarser one.
    fn follows(&self, key: &Output, told: &[&Output], groups: &[Expr]) -> bool {
        let Some((member, grain)) = bin(key) else { return false };
        let is_told = |test: &dyn Fn(Granularity) -> bool| {
            told.iter().filter_map(|key| bin(key)).any(|(other, grain)| other == member && test(grain))
        };
        let part_tells = |group: &Expr| {
            let Some(Part { grain: of, tells: Tells::Within(outer), call, at }) = Part::of(group) else {
                return false;
            };
            let same = matches!(&call.args[at], Expr::Column(column) if column.name == key.name());
            same && of == grain && is_told(&|told| told == outer)
        };
        is_told(&|told| grain.is_made_of(told)) || groups.iter().any(part_tells)
    }

    /// DATE_TRUNC, CAST AS DATE and EXTRACT need no finer key than their own bins.
    fn bins(&mut self, expr: &Expr, table: &Table) -> Option<Expr> {
        if let Some((granularity, time)) = date_trunc(expr) {
            let column = time_column(time, table)?;
            return Some(self.add(Output::Time(column.member.clone(), granularity)));
        }
        if let Some((name, time)) = cut_by_name(expr) {
            let column = time_column(time, table)?;
            let granularity = column.granularity(&name)?.clone();
            return Some(self.add(Output::Custom(column.member.clone(), granularity)));
        }
        match expr {
            Expr::Cast(cast) if *cast.field.data_type() == DataType::Date32 => {
                let column = time_column(&cast.expr, table)?;
                (column.data_type == ArrowType::Timestamp).then_some(())?;
                let day = self.add(Output::Time(column.member.clone(), Granularity::Day));
                Some(Expr::Cast(Cast::new(Box::new(day), DataType::Date32)))
            }
            _ => {
                let part = Part::of(expr)?;
                let column = time_column(part.time(), table)?;
                Some(part.over(self.add(Output::Time(column.member.clone(), part.grain))))
            }
        }
    }
}

/// The member and the size of bins.
fn bin(key: &Output) -> Option<(&MemberName, Granularity)> {
    match key {
        Output::Time(member, granularity) => Some((member, *granularity)),
        _ => None,
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

/// The first measure that an expression over a table's columns names.
pub(super) fn measure_in(expr: &Expr, table: &Table) -> Option<MemberName> {
    let names = expr.column_refs();
    let mut columns = names.into_iter().filter_map(|column| table.column(&column.name));
    columns.find(|column| column.is_measure()).map(|column| column.member.clone())
}

/// Rows are not known above groups, and so not to a sub-query that looks at them.
pub(super) fn check_correlated(expr: &Expr, table: &Table) -> Result<()> {
    if expr.exists(|expr| Ok(is_correlated(expr)))? {
        let name = &table.name;
        let what = format!("a sub-query that looks at rows of `{name}` below its aggregate");
        return Err(PlanError::Unsupported(what));
    }
    Ok(())
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
