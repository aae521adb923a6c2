//! Expressions that are values: literals, lists, objects, references, and functions that only stand around those.

use oxc_ast::ast::{
    ArrayExpression, ArrayExpressionElement, ArrowFunctionExpression, Expression, NumericLiteral,
    ObjectExpression, ObjectPropertyKind, PropertyKey, PropertyKind, UnaryExpression, UnaryOperator,
};
use oxc_span::{GetSpan, Span};

use super::{path, source::Source, template};
use crate::parse::value::{Data, Value};

/// Whole numbers up to here are the same in JavaScript as here.
const WHOLE: f64 = 9_007_199_254_740_991.0;

/// The value of an expression.
pub(super) fn value(expression: &Expression<'_>, source: &Source<'_>) -> Value {
    let data = match expression {
        Expression::BooleanLiteral(literal) => Data::Boolean(literal.value),
        Expression::NullLiteral(_) => Data::Null,
        Expression::NumericLiteral(literal) => number(literal, 1.0),
        Expression::UnaryExpression(unary) => match negative(unary) {
            Some(number) => number,
            None => return refused(expression, source),
        },
        Expression::StringLiteral(literal) if !literal.lone_surrogates => super::verbatim(&literal.value),
        Expression::TemplateLiteral(template) => return template::value(template, source),
        Expression::ObjectExpression(object) => return self::object(object, source),
        Expression::ArrayExpression(array) => return self::array(array, source),
        Expression::ArrowFunctionExpression(function) => return self::function(function, source),
        _ if expression.is_undefined() => Data::Null,
        _ => match path::reference(expression, source) {
            Some(reference) => reference,
            None => return refused(expression, source),
        },
    };
    source.value(expression.span(), data)
}

/// An object; its keys stay as they are written.
pub(super) fn object(object: &ObjectExpression<'_>, source: &Source<'_>) -> Value {
    let entries = object.properties.iter().filter_map(|property| entry(property, source));
    source.value(object.span, Data::Map(entries.collect()))
}

fn entry(property: &ObjectPropertyKind<'_>, source: &Source<'_>) -> Option<(Value, Value)> {
    let property = match property {
        ObjectPropertyKind::ObjectProperty(property) => property,
        ObjectPropertyKind::SpreadProperty(spread) => {
            spread_refused(spread.span, source);
            return None;
        }
    };
    if property.kind != PropertyKind::Init || property.method {
        source.refused(property.span, "a function", FUNCTION);
        return None;
    }
    let Some(key) = key(&property.key).filter(|_| !property.computed) else {
        source.refused(property.key.span(), "a computed key", "write the key itself");
        return None;
    };
    Some((source.value(property.key.span(), Data::Text(key)), value(&property.value, source)))
}

fn key(key: &PropertyKey<'_>) -> Option<String> {
    match key {
        PropertyKey::StaticIdentifier(name) => Some(name.name.to_string()),
        PropertyKey::StringLiteral(text) => Some(text.value.to_string()),
        PropertyKey::NumericLiteral(number) => Some(number.value.to_string()),
        _ => None,
    }
}

fn array(array: &ArrayExpression<'_>, source: &Source<'_>) -> Value {
    let item = |element: &ArrayExpressionElement<'_>| match element {
        ArrayExpressionElement::SpreadElement(spread) => spread_refused(spread.span, source),
        ArrayExpressionElement::Elision(hole) => source.told(hole.span, "an item is missing"),
        element => element.as_expression().map_or_else(
            || source.refused(element.span(), "no value", "write the value itself"),
            |expression| value(expression, source),
        ),
    };
    source.value(array.span, Data::List(array.elements.iter().map(item).collect()))
}

/// `() => value`, `(CUBE) => value`: Cube finds what the parameters are by their names, and so do we.
fn function(function: &ArrowFunctionExpression<'_>, source: &Source<'_>) -> Value {
    let is_plain = !function.r#async
        && function.params.rest.is_none()
        && function.params.items.iter().all(|p| p.initializer.is_none() && p.pattern.is_binding_identifier());
    match function.body.as_expression().filter(|_| is_plain) {
        Some(body) => value(body, source),
        None => source.refused(function.span, "a function", FUNCTION),
    }
}

const FUNCTION: &str = "write the value, or `() => value`";

fn spread_refused(span: Span, source: &Source<'_>) -> Value {
    source.refused(span, "a spread", "write the entries out")
}

fn negative(unary: &UnaryExpression<'_>) -> Option<Data> {
    match (unary.operator, &unary.argument) {
        (UnaryOperator::UnaryNegation, Expression::NumericLiteral(literal)) => Some(number(literal, -1.0)),
        _ => None,
    }
}

fn number(literal: &NumericLiteral<'_>, sign: f64) -> Data {
    let value = literal.value * sign;
    if value.fract() == 0.0 && value.abs() <= WHOLE {
        #[expect(clippy::cast_possible_truncation, reason = "whole and within the bounds")]
        return Data::Integer(value as i64);
    }
    Data::Float(value)
}

fn refused(expression: &Expression<'_>, source: &Source<'_>) -> Value {
    let (what, advice) = match expression {
        Expression::CallExpression(_) | Expression::NewExpression(_) => ("a call", "write what it gives"),
        Expression::ConditionalExpression(_) | Expression::LogicalExpression(_) => {
            ("a choice", "write one of its values")
        }
        Expression::BinaryExpression(_) => ("computed", "write its value; texts are joined in one template"),
        Expression::FunctionExpression(_) => ("a function", FUNCTION),
        _ => ("no literal", "write the value itself"),
    };
    source.refused(expression.span(), what, advice)
}
