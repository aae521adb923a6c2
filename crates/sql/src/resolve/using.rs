//! JOIN … USING and NATURAL JOIN, written out as ON: a column that both sides have is one column afterwards, and it has
//! the value of the side that is kept.

use std::ops::Range;

use datafusion::sql::sqlparser::ast::{
    BinaryOperator, Expr, JoinConstraint, JoinOperator, ObjectName, TableWithJoins, Value,
};

use super::{
    Around, Relation, Resolver,
    expr::Clause,
    quoted,
    scope::{Bare, ColumnName, FromItem, Scope, near, pick},
};
use crate::{
    error::{Near, PlanError, Result},
    parse::call,
};

/// Whose rows a join keeps when they find no other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kept {
    Left,
    Right,
    Both,
}

impl Resolver<'_> {
    /// Resolves one item of FROM, and adds what it brings to the scope.
    pub(super) fn item(
        &self,
        item: &mut TableWithJoins,
        scope: &mut Scope<'_>,
        around: &Around<'_>,
    ) -> Result<()> {
        scope.items.push(FromItem { first: scope.relations.len(), merged: Vec::new() });
        self.joined(item, scope, around)
    }

    /// Relations joined to each other, in parentheses or not.
    pub(super) fn joined(
        &self,
        item: &mut TableWithJoins,
        scope: &mut Scope<'_>,
        around: &Around<'_>,
    ) -> Result<()> {
        let first = scope.relations.len();
        self.relation(&mut item.relation, scope, around)?;
        for join in &mut item.joins {
            let right = scope.relations.len();
            self.relation(&mut join.relation, scope, around)?;
            self.join(&mut join.join_operator, first..right, scope, around)?;
        }
        Ok(())
    }

    /// `left` are the positions of the relations on the left side; those after them are on the right.
    fn join(
        &self,
        operator: &mut JoinOperator,
        left: Range<usize>,
        scope: &mut Scope<'_>,
        around: &Around<'_>,
    ) -> Result<()> {
        let Some((constraint, kept)) = constraint(operator) else {
            return self.expressions(operator, scope, Clause::Set, around);
        };
        let names = match constraint {
            JoinConstraint::Using(columns) => columns.iter().map(last_part).collect(),
            JoinConstraint::Natural => common(scope, &left)?,
            JoinConstraint::On(_) | JoinConstraint::None => {
                return self.expressions(operator, scope, Clause::Set, around);
            }
        };
        let merged: Result<Vec<(String, Expr)>> =
            names.iter().map(|written| merge(scope, left.clone(), written, kept)).collect();
        let (names, equal): (Vec<_>, Vec<_>) = merged?.into_iter().unzip();
        let on = equal.into_iter().reduce(|all, equal| binary(all, BinaryOperator::And, equal));
        *constraint = JoinConstraint::On(on.unwrap_or_else(|| Expr::value(Value::Boolean(true))));
        scope.merge(names);
        Ok(())
    }
}

/// The column or table of a name that may have a schema before it.
pub(super) fn last_part(name: &ObjectName) -> String {
    name.0.last().and_then(|part| part.as_ident()).map(|ident| ident.value.clone()).unwrap_or_default()
}

/// The names that NATURAL compares: those that both sides have, in the order of the left one.
fn common(scope: &Scope<'_>, left: &Range<usize>) -> Result<Vec<String>> {
    let [left, right] = [&scope.relations[left.clone()], &scope.relations[left.end..]];
    if left.iter().chain(right).any(|relation| relation.names.open) {
        let what = "NATURAL JOIN of columns without names (name them with AS, or write ON)";
        return Err(PlanError::Unsupported(what.to_owned()));
    }
    let names = |side: &[Relation]| -> Vec<String> {
        let columns = side.iter().flat_map(|relation| &relation.names.columns);
        columns.filter(|column| column.is_natural()).map(|column| column.name.clone()).collect()
    };
    let right = names(right);
    Ok(names(left).into_iter().filter(|name| right.contains(name)).collect())
}

/// Makes one column of those of a name on both sides; its name, and the condition that they are equal.
fn merge(scope: &mut Scope<'_>, left: Range<usize>, written: &str, kept: Kept) -> Result<(String, Expr)> {
    let (before, right) = scope.relations.split_at_mut(left.end);
    let left = column(&mut before[left.start..], written)?;
    let right = column(right, written)?;
    let name = left.name.clone();
    let (left_value, right_value) = (left.value.clone(), right.value.clone());
    match kept {
        Kept::Left => right.hide(),
        Kept::Right => left.hide(),
        Kept::Both => {
            *left.bare =
                Bare::Merged(Box::new(call("coalesce", vec![left_value.clone(), right_value.clone()])));
            right.hide();
        }
    }
    Ok((name, binary(left_value, BinaryOperator::Eq, right_value)))
}

/// A column of one side.
struct Side<'s> {
    name: String,
    value: Expr,
    bare: &'s mut Bare,
}

impl Side<'_> {
    fn hide(self) {
        *self.bare = Bare::Hidden;
    }
}

fn column<'s>(relations: &'s mut [Relation], written: &str) -> Result<Side<'s>> {
    let name = pick(written, relations.iter().flat_map(Relation::bare), |column| &column.name)?
        .map(|column| column.name.clone());
    let has = |relation: &Relation| match &name {
        Some(name) => relation.bare().any(|column| column.name == *name),
        None => relation.names.open,
    };
    let owners: Vec<usize> = (0..relations.len()).filter(|at| has(&relations[*at])).collect();
    let owner = match owners.as_slice() {
        [owner] => *owner,
        [] => return Err(unknown(relations, written)),
        several => {
            let tables = several.iter().map(|at| relations[*at].name.as_deref().unwrap_or("a sub-query"));
            let tables = tables.collect::<Vec<_>>().join(" and ");
            let what = format!("USING or NATURAL over `{written}`, which {tables} have (write ON)");
            return Err(PlanError::Unsupported(what));
        }
    };
    let Relation { name: relation, names } = &mut relations[owner];
    let name = name.unwrap_or_else(|| {
        names.columns.push(ColumnName::plain(written.to_owned()));
        written.to_owned()
    });
    let Some(relation) = relation else {
        let what = "USING and NATURAL over a sub-query without a name (name it with AS)";
        return Err(PlanError::Unsupported(what.to_owned()));
    };
    let column = names.columns.iter_mut().find(|column| column.name == name && column.bare != Bare::Hidden);
    let Some(column) = column else { return Err(PlanError::UnknownColumn { name, near: Near::default() }) };
    let value = match &column.bare {
        Bare::Merged(value) => Expr::clone(value),
        Bare::Own | Bare::Hidden => Expr::CompoundIdentifier(vec![quoted(relation), quoted(&name)]),
    };
    Ok(Side { name, value, bare: &mut column.bare })
}

fn unknown(relations: &[Relation], written: &str) -> PlanError {
    let names = relations.iter().flat_map(Relation::bare).map(|column| column.name.as_str());
    PlanError::UnknownColumn { name: written.to_owned(), near: near(written, names) }
}

fn binary(left: Expr, op: BinaryOperator, right: Expr) -> Expr {
    Expr::BinaryOp { left: Box::new(left), op, right: Box::new(right) }
}

/// The condition of a join that has one, and whose rows it keeps. What an inner join keeps is equal.
fn constraint(operator: &mut JoinOperator) -> Option<(&mut JoinConstraint, Kept)> {
    Some(match operator {
        JoinOperator::Join(constraint)
        | JoinOperator::Inner(constraint)
        | JoinOperator::Left(constraint)
        | JoinOperator::LeftOuter(constraint) => (constraint, Kept::Left),
        JoinOperator::Right(constraint) | JoinOperator::RightOuter(constraint) => (constraint, Kept::Right),
        JoinOperator::FullOuter(constraint) => (constraint, Kept::Both),
        _ => return None,
    })
}
