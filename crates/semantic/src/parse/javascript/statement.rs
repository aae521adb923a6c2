//! The statements of a file: `cube(..)`, `view(..)`, and nothing else.

use oxc_ast::ast::{Argument, CallExpression, Expression, ObjectExpression, Program, Statement};
use oxc_span::{GetSpan, Span};

use super::{expression, source::Source, template};
use crate::parse::value::{Data, Value};

/// The definitions of a file, as the root of a YAML document has them.
pub(super) fn definitions(program: &Program<'_>, source: &Source<'_>) -> Value {
    let (mut cubes, mut views) = (Vec::new(), Vec::new());
    for statement in &program.body {
        match definition(statement) {
            Ok(Some(("cube", call))) => cubes.push(called(call, source)),
            Ok(Some((_, call))) => views.push(called(call, source)),
            Ok(None) => {}
            Err((what, advice)) => _ = source.refused(statement.span(), what, advice),
        }
    }
    let list = |definitions| source.value(Span::empty(0), Data::List(definitions));
    Value::map([("cubes", list(cubes)), ("views", list(views))])
}

/// The call that a statement is, `None` where it does nothing.
fn definition<'p, 'a>(statement: &'p Statement<'a>) -> Result<Option<Definition<'p, 'a>>, Refusal> {
    let (what, advice) = match statement {
        Statement::EmptyStatement(_) => return Ok(None),
        Statement::ExpressionStatement(statement) => match call(&statement.expression) {
            Some(definition) => return Ok(Some(definition)),
            None => ("neither `cube(..)` nor `view(..)`", "write the cubes at the top level of the file"),
        },
        Statement::ImportDeclaration(_) => ("an import", "write what it brings into this file"),
        Statement::VariableDeclaration(_) => ("a variable", "write its value where it is used"),
        Statement::FunctionDeclaration(_) => ("a function", "write what it gives where it is called"),
        Statement::ForStatement(_)
        | Statement::ForInStatement(_)
        | Statement::ForOfStatement(_)
        | Statement::WhileStatement(_)
        | Statement::DoWhileStatement(_) => ("a loop", "write each cube out"),
        Statement::IfStatement(_) | Statement::SwitchStatement(_) => {
            ("a condition", "write one of its cases")
        }
        statement if statement.is_module_declaration() => {
            ("an export", "files of a model give nothing to others")
        }
        _ => ("a statement", "write `cube(..)` and `view(..)` only"),
    };
    Err((what, advice))
}

type Definition<'p, 'a> = (&'p str, &'p CallExpression<'a>);
type Refusal = (&'static str, &'static str);

fn call<'p, 'a>(expression: &'p Expression<'a>) -> Option<Definition<'p, 'a>> {
    let Expression::CallExpression(call) = expression else { return None };
    let Expression::Identifier(callee) = &call.callee else { return None };
    let name = callee.name.as_str();
    ["cube", "view"].contains(&name).then_some((name, &**call))
}

/// What a call defines: its object with the name in it.
fn called(call: &CallExpression<'_>, source: &Source<'_>) -> Value {
    let [name, Argument::ObjectExpression(object)] = call.arguments.as_slice() else {
        return source.refused(call.span, "no definition", "write cube(`name`, { .. })");
    };
    let Some(text) = template::literal(name.as_expression()) else {
        return source.refused(name.span(), "no literal name", "write the name itself in quotes");
    };
    let name = source.value(name.span(), super::verbatim(text));
    named(object, name, &source.of(text))
}

fn named(object: &ObjectExpression<'_>, name: Value, source: &Source<'_>) -> Value {
    let mut value = expression::object(object, source);
    if let Data::Map(entries) = &mut value.data {
        let key = Value { data: Data::Text("name".to_owned()), ..name };
        entries.insert(0, (key, name));
    }
    value
}
