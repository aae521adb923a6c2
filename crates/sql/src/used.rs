//! Which columns a statement can mean. A cube may have thousands, and what plans it copies a schema at every step.

use std::{collections::HashSet, ops::ControlFlow};

use datafusion::sql::sqlparser::ast::{
    Expr, FunctionArg, FunctionArgExpr, FunctionArguments, JoinConstraint, JoinOperator, Query, Select,
    SelectItem, TableFactor, TableWithJoins, Visit, Visitor,
};

/// The columns that a statement names.
#[derive(Debug, Default)]
pub(crate) struct Used {
    names: HashSet<String>,
    /// It takes columns without naming them.
    all: bool,
}

impl Used {
    /// Of a statement whose names are resolved.
    pub(crate) fn by(query: &Query) -> Self {
        let mut used = Self::default();
        let _ = query.visit(&mut used);
        used
    }

    /// True when the statement writes the name.
    pub(crate) fn names(&self, name: &str) -> bool {
        self.names.contains(name)
    }

    /// True when the statement can mean a column of this name.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.all || self.names.contains(name)
    }

    fn joins(&mut self, tables: &TableWithJoins) {
        self.all |= !tables.joins.iter().all(|join| names_its_columns(&join.join_operator));
    }
}

/// USING and NATURAL take columns of both sides without naming whose.
fn names_its_columns(operator: &JoinOperator) -> bool {
    use JoinConstraint::{None, On};
    match operator {
        JoinOperator::Join(on)
        | JoinOperator::Inner(on)
        | JoinOperator::Left(on)
        | JoinOperator::LeftOuter(on)
        | JoinOperator::Right(on)
        | JoinOperator::RightOuter(on)
        | JoinOperator::FullOuter(on)
        | JoinOperator::CrossJoin(on) => matches!(on, On(_) | None),
        _ => false,
    }
}

impl Visitor for Used {
    type Break = ();

    fn pre_visit_select(&mut self, select: &Select) -> ControlFlow<()> {
        let names =
            |item: &SelectItem| matches!(item, SelectItem::UnnamedExpr(_) | SelectItem::ExprWithAlias { .. });
        self.all |= !select.projection.iter().all(names);
        select.from.iter().for_each(|tables| self.joins(tables));
        ControlFlow::Continue(())
    }

    fn pre_visit_table_factor(&mut self, factor: &TableFactor) -> ControlFlow<()> {
        match factor {
            // The first columns get other names.
            TableFactor::Table { alias: Some(alias), .. } => self.all |= !alias.columns.is_empty(),
            TableFactor::NestedJoin { table_with_joins, .. } => self.joins(table_with_joins),
            _ => {}
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<()> {
        match expr {
            Expr::Identifier(ident) => drop(self.names.insert(ident.value.clone())),
            Expr::CompoundIdentifier(parts) => {
                self.names.extend(parts.iter().map(|part| part.value.clone()));
            }
            Expr::Function(function) => {
                let FunctionArguments::List(list) = &function.args else { return ControlFlow::Continue(()) };
                let wildcard = |argument: &FunctionArg| {
                    matches!(argument, FunctionArg::Unnamed(FunctionArgExpr::QualifiedWildcard(_)))
                };
                self.all |= list.args.iter().any(wildcard);
            }
            Expr::Wildcard(_) | Expr::QualifiedWildcard(..) => self.all = true,
            _ => {}
        }
        ControlFlow::Continue(())
    }
}
