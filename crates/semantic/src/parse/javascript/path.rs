//! References without quotes: `CUBE`, `CUBE.users.city`, `users.sql()`, `FILTER_PARAMS.orders.status.filter('status')`.

use oxc_ast::ast::Expression;
use oxc_span::GetSpan;

use super::source::Source;
use crate::{parse::value::Data, template::context_word};

/// Where policies find what is known of the caller.
const CALLER: [&str; 2] = ["securityContext", "security_context"];

/// The reference that an expression is.
pub(super) fn reference(expression: &Expression<'_>, source: &Source<'_>) -> Option<Data> {
    let path = path(expression, source)?;
    // Policies keep it as the text that YAML has.
    Some(match is_of_caller(expression) {
        true => Data::Text(format!("{{ {path} }}")),
        false => Data::Reference(path),
    })
}

/// True for what policies ask about the caller.
pub(super) fn is_of_caller(expression: &Expression<'_>) -> bool {
    let path = dotted(expression).unwrap_or_default();
    path.split_once('.').is_some_and(|(first, _)| CALLER.contains(&first))
}

/// The words of a reference, as they stand between the braces of YAML.
pub(super) fn path(expression: &Expression<'_>, source: &Source<'_>) -> Option<String> {
    dotted(expression).or_else(|| rows(expression)).or_else(|| context(expression, source))
}

fn dotted(expression: &Expression<'_>) -> Option<String> {
    match expression {
        Expression::Identifier(name) => Some(name.name.to_string()),
        Expression::StaticMemberExpression(member) if !member.optional => {
            Some(format!("{}.{}", dotted(&member.object)?, member.property.name))
        }
        _ => None,
    }
}

/// `cube.sql()`
fn rows(expression: &Expression<'_>) -> Option<String> {
    let Expression::CallExpression(call) = expression else { return None };
    let callee = dotted(&call.callee)?;
    (callee.ends_with(".sql") && call.arguments.is_empty()).then(|| format!("{callee}()"))
}

/// Calls on what only Cube knows. What the calls are given is shortened where it could be taken for references.
fn context(expression: &Expression<'_>, source: &Source<'_>) -> Option<String> {
    let Expression::CallExpression(call) = expression else { return None };
    let callee = dotted(&call.callee).or_else(|| context(&call.callee, source))?;
    if context_word(&callee) != Some(0) {
        return None;
    }
    let text = source.text(expression.span());
    let is_plain = !text.contains(['{', '}', '\n', '`']);
    Some(if is_plain { text.to_owned() } else { format!("{callee}(…)") })
}
