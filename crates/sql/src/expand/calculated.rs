//! Measures that are calculated from others which come in stages, or roll. Only arithmetic that means the same in every
//! database is computed here: a division of whole numbers does not.

use datafusion::{
    arrow::datatypes::DataType,
    common::{
        Column,
        tree_node::{Transformed, TreeNode},
    },
    functions::core::expr_fn::nullif,
    logical_expr::{Case, Cast, Expr, lit},
    sql::sqlparser::{
        ast::{
            BinaryOperator, CastKind, DataType as Named, ExactNumberInfo, Expr as Ast, FunctionArg,
            FunctionArgExpr, FunctionArguments, UnaryOperator, Value,
        },
        dialect::PostgreSqlDialect,
        parser::Parser,
        tokenizer::Token,
    },
};
use semantic::{ArrowType, MeasureType, MemberName, Model, model::Stages, template::Piece};

use crate::error::Result;

/// Longest text that is read, which is also a limit of its depth.
const MAX_BYTES: usize = 4096;
/// The table of what it is calculated from, whose columns have numbers.
const OVER: &str = "over";

/// A calculation over other measures of the same group, in floating point.
pub(super) struct Calculation<'a> {
    pub(super) measure: &'a MemberName,
    /// What it is calculated from, as callers see it.
    pub(super) over: Vec<&'a MemberName>,
    value: Expr,
}

impl<'a> Calculation<'a> {
    /// `None` for every other measure, and for one whose text may mean something else elsewhere.
    pub(super) fn of(measure: &'a MemberName, model: &'a Model) -> Option<Self> {
        use ArrowType::{Decimal, Float64, Int64};
        let column = model.column(measure).filter(|column| column.data_type == Float64)?;
        let definition = model.measure(&column.source.member)?;
        let same_groups = Stages { multi_stage: definition.stages.multi_stage, ..Stages::default() };
        let is_calculated = definition.kind == MeasureType::Number
            && definition.stages == same_groups
            && definition.case.is_none()
            && definition.filters.is_empty();
        if !is_calculated || !column.source.is_contextual(model) {
            return None;
        }
        let columns = model.table(measure.table())?.columns();
        let (mut text, mut over) = (String::new(), Vec::new());
        for piece in &definition.sql.as_ref()?.pieces {
            match piece {
                // Dollars are ours.
                Piece::Text(written) if !written.contains('$') => text += written,
                Piece::Member { path, member } => {
                    let base = column.source.named(path, member);
                    let base = columns.iter().find(|column| column.source == base)?;
                    if !matches!(base.data_type, Int64 | Float64 | Decimal { .. }) {
                        return None;
                    }
                    over.push(&base.member);
                    text += &format!(" ${} ", over.len());
                }
                _ => return None,
            }
        }
        let Number { value, .. } = number(&parsed(&text)?)?;
        Some(Self { measure, over, value })
    }

    /// The value, over what `column` gives for each measure.
    pub(super) fn value(&self, column: impl Fn(&MemberName) -> Expr) -> Result<Expr> {
        let named = self.value.clone().transform(|part| {
            let place = match &part {
                Expr::Column(Column { relation: Some(table), name, .. }) if table.table() == OVER => {
                    name.parse::<usize>().ok()
                }
                _ => None,
            };
            let member = place.and_then(|place| self.over.get(place.checked_sub(1)?));
            Ok(member.map_or_else(|| Transformed::no(part), |member| Transformed::yes(column(member))))
        });
        Ok(named?.data)
    }
}

/// A part of a calculation.
struct Number {
    value: Expr,
    /// Certainly no whole number to any database, so that a division keeps what is behind the point.
    is_fraction: bool,
    /// Certainly not zero; NULL is not.
    is_divisor: bool,
}

impl Number {
    fn of(value: Expr, is_fraction: bool) -> Self {
        Self { value, is_fraction, is_divisor: false }
    }
}

fn parsed(text: &str) -> Option<Ast> {
    if text.len() > MAX_BYTES {
        return None;
    }
    let mut parser = Parser::new(&PostgreSqlDialect {}).try_with_sql(text).ok()?;
    let expression = parser.parse_expr().ok()?;
    (parser.peek_token().token == Token::EOF).then_some(expression)
}

fn number(expression: &Ast) -> Option<Number> {
    match expression {
        Ast::Nested(inner) => number(inner),
        Ast::Value(value) => literal(&value.value),
        Ast::UnaryOp { op: UnaryOperator::Minus, expr } => {
            let inner = number(expr)?;
            Some(Number { value: Expr::Negative(Box::new(inner.value)), ..inner })
        }
        Ast::BinaryOp { left, op, right } => computed(number(left)?, op, number(right)?),
        Ast::Cast { kind: CastKind::Cast | CastKind::DoubleColon, expr, data_type, .. } => {
            let is_double = matches!(
                data_type,
                Named::DoublePrecision
                    | Named::Double(ExactNumberInfo::None)
                    | Named::Float(ExactNumberInfo::None)
                    | Named::Float8
                    | Named::Float64
            );
            let inner = number(expr)?;
            is_double.then_some(Number { is_fraction: true, ..inner })
        }
        Ast::Function(function) => {
            let FunctionArguments::List(list) = &function.args else { return None };
            let arguments = list.args.iter().map(|argument| match argument {
                FunctionArg::Unnamed(FunctionArgExpr::Expr(argument)) => number(argument),
                _ => None,
            });
            called(&function.name.to_string().to_lowercase(), arguments.collect::<Option<Vec<_>>>()?)
        }
        _ => None,
    }
}

fn literal(value: &Value) -> Option<Number> {
    match value {
        Value::Number(text, _) => {
            let number: f64 = text.parse().ok()?;
            let is_fraction = text.contains('.');
            Some(Number { value: lit(number), is_fraction, is_divisor: number != 0.0 })
        }
        Value::Placeholder(place) => {
            let column = Column::new(Some(OVER), place.strip_prefix('$')?);
            let double = Cast::new(Box::new(Expr::Column(column)), DataType::Float64);
            Some(Number::of(Expr::Cast(double), false))
        }
        _ => None,
    }
}

fn computed(left: Number, op: &BinaryOperator, right: Number) -> Option<Number> {
    let is_fraction = left.is_fraction || right.is_fraction;
    let value = match op {
        BinaryOperator::Plus => left.value + right.value,
        BinaryOperator::Minus => left.value - right.value,
        BinaryOperator::Multiply => left.value * right.value,
        // Over zero it is an error in one database and NULL or infinite in another.
        BinaryOperator::Divide if is_fraction && right.is_divisor => left.value / right.value,
        _ => return None,
    };
    Some(Number::of(value, is_fraction))
}

fn called(name: &str, arguments: Vec<Number>) -> Option<Number> {
    let [one, other] = <[Number; 2]>::try_from(arguments).ok()?;
    match name {
        "nullif" => {
            let is_divisor = other.value == lit(0.0);
            let value = nullif(one.value, other.value);
            Some(Number { is_divisor, ..Number::of(value, one.is_fraction) })
        }
        "coalesce" => {
            let found = (Box::new(one.value.clone().is_not_null()), Box::new(one.value));
            let value = Case::new(None, vec![found], Some(Box::new(other.value)));
            Some(Number::of(Expr::Case(value), one.is_fraction && other.is_fraction))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::{number, parsed};

    #[test]
    fn what_means_the_same_everywhere() {
        let is_read = |text: &str| parsed(text).and_then(|expression| number(&expression)).is_some();
        for text in [
            "$1",
            "-$1 + 2 * ($2 - 0.5)",
            "1.0 * $1 / NULLIF($2, 0)",
            "$1 / NULLIF($2 * 1.0, 0)",
            "CAST($1 AS DOUBLE PRECISION) / NULLIF($2, 0)",
            "$1::float8 / 100",
            "COALESCE($1, 0) - COALESCE($2, 0)",
        ] {
            assert!(is_read(text), "{text}");
        }
        for text in [
            // Of whole numbers, or of what may be.
            "$1 / NULLIF($2, 0)",
            "$1 / 100",
            "COALESCE($1 * 1.0, 0) / 3",
            "CAST($1 AS NUMERIC) / 3",
            // Over zero.
            "1.0 * $1 / $2",
            "1.0 * $1 / 0",
            "1.0 * $1 / NULLIF($2, 1)",
            // In words of one database.
            "$1 % 2",
            "ROUND($1, 2)",
            "COALESCE($1, $2, 0)",
            "CASE WHEN $1 > 0 THEN 1 END",
            "$1 2",
            "",
        ] {
            assert!(!is_read(text), "{text}");
        }
    }
}
