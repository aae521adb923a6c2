//! Expressions: what the store knows, in DataFusion's words.

use cubestore::codec::request::Parameter;
use datafusion::sql::sqlparser::ast::{
    BinaryOperator, CastKind, DataType, Expr, Ident, TimezoneInfo, UnaryOperator, Value, ValueWithSpan,
};
use semantic::granularity::parse_iso;

use super::{functions::call, query::Rewriter, refusal::Refusal};

impl Rewriter<'_> {
    /// Refuses or rewrites an expression.
    pub(super) fn expression(&mut self, expr: &mut Expr) -> Result<(), Refusal> {
        if let Some(parts) = plain_parts(expr) {
            return self.each(parts);
        }
        let rewritten = match expr {
            Expr::Value(value) => Some(self.value(value)?),
            Expr::Function(function) => self.function(function)?,
            Expr::Substring { shorthand: true, .. } => {
                let mut call = substring(expr.clone());
                self.expression(&mut call)?;
                Some(call)
            }
            Expr::Between { expr: tested, negated, low, high } => {
                self.each([&mut **tested, low, high])?;
                Some(between(tested, *negated, low, high))
            }
            Expr::InList { expr: tested, list, negated } => {
                self.each([&mut **tested].into_iter().chain(list.iter_mut()))?;
                Some(in_list(tested, list, *negated)?)
            }
            Expr::BinaryOp { left, op, right } => {
                known_operator(op, left, right)?;
                self.each([&mut **left, right])?;
                None
            }
            Expr::Cast { .. } => {
                self.cast(expr)?;
                None
            }
            Expr::Like { escape_char: Some(_), .. } | Expr::ILike { escape_char: Some(_), .. } => {
                return Err(Refusal::Syntax("Expected end of statement, found: ESCAPE".to_owned()));
            }
            other => return Err(Refusal::node(other)),
        };
        rewritten.into_iter().for_each(|rewritten| *expr = rewritten);
        Ok(())
    }

    fn each<'e>(&mut self, parts: impl IntoIterator<Item = &'e mut Expr>) -> Result<(), Refusal> {
        parts.into_iter().try_for_each(|part| self.expression(part))
    }

    /// A literal, or the value of a parameter.
    fn value(&mut self, value: &ValueWithSpan) -> Result<Expr, Refusal> {
        match &value.value {
            Value::Number(..) | Value::SingleQuotedString(_) | Value::Boolean(_) | Value::Null => {
                Ok(Expr::Value(value.clone()))
            }
            Value::Placeholder(sign) if sign == "?" => self.parameter(),
            // To the store this is a column of an odd name, which no table has.
            Value::Placeholder(sign) => Ok(Expr::Identifier(Ident::with_quote('"', sign))),
            other => Err(Refusal::node(&Expr::value(other.clone()))),
        }
    }

    fn parameter(&mut self) -> Result<Expr, Refusal> {
        let Some(parameters) = self.parameters else {
            return Err(Refusal::NotImplemented(
                "Unsupported ast node Value(Placeholder(\"?\")) in sqltorel".to_owned(),
            ));
        };
        let parameter = parameters.get(self.used).ok_or_else(|| {
            Refusal::Planning(format!("No value for parameter {} of the statement", self.used + 1))
        })?;
        self.used += 1;
        Ok(match parameter {
            Parameter::Null => Expr::value(Value::Null),
            Parameter::Bool(truth) => Expr::value(Value::Boolean(*truth)),
            Parameter::Int64(number) => Expr::value(Value::Number(number.to_string(), false)),
            Parameter::Float64(number) => float(*number),
            Parameter::String(text) => Expr::value(Value::SingleQuotedString(text.clone())),
            Parameter::Binary(bytes) => {
                let digits: String = bytes.iter().map(|byte| format!("{byte:02X}")).collect();
                Expr::value(Value::HexStringLiteral(digits))
            }
        })
    }

    fn cast(&mut self, cast: &mut Expr) -> Result<(), Refusal> {
        let Expr::Cast { kind, expr, data_type, format: None, array: false } = cast else {
            return Err(Refusal::node(cast));
        };
        if !matches!(kind, CastKind::Cast | CastKind::DoubleColon) {
            return Err(Refusal::node(cast));
        }
        if let Some(text) = text_literal(expr).filter(|_| matches!(data_type, DataType::Timestamp(..))) {
            *cast = self.cast_to_timestamp(text)?;
            return Ok(());
        }
        *data_type = known_type(data_type)?;
        self.expression(expr)
    }

    // A text without a time of day becomes NULL, which then stops a comparison.
    fn cast_to_timestamp(&self, text: &str) -> Result<Expr, Refusal> {
        if text.contains(['T', ' ']) && parse_iso(&text.replace(' ', "T")).is_some() {
            return Ok(call("to_timestamp", vec![Expr::value(Value::SingleQuotedString(text.to_owned()))]));
        }
        if self.tests {
            let text = "Internal error: Cannot convert TimestampNanosecond(NULL) to i64. This was likely caused by a \
                        bug in DataFusion's code and we would welcome that you file an bug report in our issue tracker";
            return Err(Refusal::Execution(text.to_owned()));
        }
        Ok(call("to_timestamp", vec![Expr::value(Value::Null)]))
    }
}

/// The parts of an expression that is the same in DataFusion; `None` for one that needs a closer look.
fn plain_parts(expr: &mut Expr) -> Option<Vec<&mut Expr>> {
    match expr {
        Expr::Identifier(_) | Expr::CompoundIdentifier(_) => Some(Vec::new()),
        Expr::Nested(inner) | Expr::IsNull(inner) | Expr::IsNotNull(inner) => Some(vec![inner]),
        Expr::UnaryOp { op: UnaryOperator::Not | UnaryOperator::Minus | UnaryOperator::Plus, expr } => {
            Some(vec![expr])
        }
        Expr::Like { any: false, expr, pattern, escape_char: None, .. }
        | Expr::ILike { any: false, expr, pattern, escape_char: None, .. } => Some(vec![expr, pattern]),
        Expr::Case { operand, conditions, else_result, .. } => {
            let arms = conditions.iter_mut().flat_map(|arm| [&mut arm.condition, &mut arm.result]);
            Some(operand.as_deref_mut().into_iter().chain(arms).chain(else_result.as_deref_mut()).collect())
        }
        Expr::Interval(interval) if interval.leading_precision.is_none() && interval.last_field.is_none() => {
            Some(Vec::new())
        }
        _ => None,
    }
}

fn known_operator(op: &BinaryOperator, left: &Expr, right: &Expr) -> Result<(), Refusal> {
    use BinaryOperator::{
        And, Divide, Eq, Gt, GtEq, Lt, LtEq, Minus, Modulo, Multiply, NotEq, Or, Plus, StringConcat,
    };
    match op {
        Plus | Minus if [left, right].iter().any(|side| matches!(side, Expr::Interval(_))) => {
            Err(Refusal::Planning(format!(
                "'Timestamp(Microsecond, None) {op} Interval(YearMonth)' can't be evaluated because there isn't a \
                 common type to coerce the types to"
            )))
        }
        Plus | Minus | Multiply | Divide | Modulo | And | Or | Eq | NotEq | Lt | LtEq | Gt | GtEq => Ok(()),
        StringConcat => {
            Err(Refusal::NotImplemented("Unsupported SQL binary operator StringConcat".to_owned()))
        }
        other => Err(Refusal::NotImplemented(format!("Unsupported SQL binary operator {other:?}"))),
    }
}

// NaN and the infinities have no literal.
fn float(number: f64) -> Expr {
    let text = if number.is_finite() { format!("{number:?}") } else { number.to_string() };
    Expr::Cast {
        kind: CastKind::Cast,
        expr: Box::new(Expr::value(Value::SingleQuotedString(text))),
        data_type: DataType::DoublePrecision,
        array: false,
        format: None,
    }
}

fn text_literal(expr: &Expr) -> Option<&str> {
    match expr {
        Expr::Value(ValueWithSpan { value: Value::SingleQuotedString(text), .. }) => Some(text),
        _ => None,
    }
}

/// Every kind of float is one of 8 bytes.
fn known_type(data_type: &DataType) -> Result<DataType, Refusal> {
    match data_type {
        DataType::Float(_) | DataType::Real | DataType::Double(_) | DataType::DoublePrecision => {
            Ok(DataType::DoublePrecision)
        }
        DataType::Int(None) | DataType::Integer(None) => Ok(DataType::Int(None)),
        DataType::BigInt(None) => Ok(DataType::BigInt(None)),
        DataType::Varchar(_) | DataType::Char(_) => Ok(DataType::Varchar(None)),
        DataType::Boolean => Ok(DataType::Boolean),
        DataType::Timestamp(_, TimezoneInfo::None | TimezoneInfo::WithoutTimeZone) => {
            Ok(DataType::Timestamp(Some(6), TimezoneInfo::None))
        }
        DataType::Decimal(info) | DataType::Numeric(info) | DataType::Dec(info) => {
            use datafusion::sql::sqlparser::ast::ExactNumberInfo::{None, Precision, PrecisionAndScale};
            let numbers = match info {
                None => "None, None".to_owned(),
                Precision(precision) => format!("Some({precision}), None"),
                PrecisionAndScale(precision, scale) => format!("Some({precision}), Some({scale})"),
            };
            Err(Refusal::NotImplemented(format!("Unsupported SQL type Decimal({numbers})")))
        }
        other => Err(Refusal::NotImplemented(format!("Unsupported SQL type {other:?}"))),
    }
}

fn binary(left: Expr, op: BinaryOperator, right: Expr) -> Expr {
    Expr::Nested(Box::new(Expr::BinaryOp { left: Box::new(left), op, right: Box::new(right) }))
}

fn negated_if(negated: bool, expr: Expr) -> Expr {
    if negated { Expr::UnaryOp { op: UnaryOperator::Not, expr: Box::new(expr) } } else { expr }
}

// Comparisons have rules about types that DataFusion would not apply to BETWEEN and IN.
fn between(tested: &Expr, negated: bool, low: &Expr, high: &Expr) -> Expr {
    let from = binary(tested.clone(), BinaryOperator::GtEq, low.clone());
    let to = binary(tested.clone(), BinaryOperator::LtEq, high.clone());
    negated_if(negated, binary(from, BinaryOperator::And, to))
}

fn in_list(tested: &Expr, list: &[Expr], negated: bool) -> Result<Expr, Refusal> {
    let tests = list.iter().map(|value| binary(tested.clone(), BinaryOperator::Eq, value.clone()));
    let any = any_of(tests.collect());
    let any = any.ok_or_else(|| Refusal::Syntax("Expected an expression:, found: )".to_owned()))?;
    Ok(negated_if(negated, any))
}

// Halved again and again, so that a long list is no deep tree.
fn any_of(mut tests: Vec<Expr>) -> Option<Expr> {
    if tests.len() < 2 {
        return tests.pop();
    }
    let right = tests.split_off(tests.len() / 2);
    Some(binary(any_of(tests)?, BinaryOperator::Or, any_of(right)?))
}

fn substring(expr: Expr) -> Expr {
    match expr {
        Expr::Substring { expr, substring_from, substring_for, .. } => {
            let rest = [substring_from, substring_for].into_iter().flatten();
            call("substr", [expr].into_iter().chain(rest).map(|part| *part).collect())
        }
        other => other,
    }
}
