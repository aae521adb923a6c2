//! Templates: `${CUBE}.amount` becomes `{CUBE}.amount`, the notation that YAML has.

use oxc_ast::ast::{Expression, Str, TemplateElement, TemplateLiteral};
use oxc_span::GetSpan;

use super::{path, source::Source};
use crate::parse::{
    node::LITERAL_BRACES,
    value::{Data, Value},
};

/// The value of a template.
pub(super) fn value(template: &TemplateLiteral<'_>, source: &Source<'_>) -> Value {
    if template.expressions.is_empty() {
        let text: Option<String> = template.quasis.iter().map(cooked).collect();
        return text.map_or_else(
            || unreadable(template, source),
            |text| source.value(template.span, Data::Verbatim(text)),
        );
    }
    let mut sql = String::new();
    let mut expressions = template.expressions.iter();
    for quasi in &template.quasis {
        let Some(text) = cooked(quasi) else { return unreadable(template, source) };
        if text.contains(['{', '}']) {
            return source.told(template.span, &format!("expected {LITERAL_BRACES}"));
        }
        sql.push_str(text);
        let Some(expression) = expressions.next() else { continue };
        let Some(path) = path::path(expression, source) else {
            let advice = "only references can stand in `${..}`; write its value";
            return source.refused(expression.span(), "computed", advice);
        };
        sql.push_str(&format!("{{{path}}}"));
    }
    // Values of policies are texts with references in braces, as in YAML.
    let of_caller = |expression: &Expression<'_>| path::is_of_caller(expression);
    let data = if template.expressions.iter().all(of_caller) { Data::Text(sql) } else { Data::Sql(sql) };
    source.value(template.span, data)
}

/// Text in any quotes, if that is all there is.
pub(super) fn literal<'e>(expression: Option<&'e Expression<'_>>) -> Option<&'e str> {
    match expression? {
        Expression::StringLiteral(text) if !text.lone_surrogates => Some(text.value.as_str()),
        Expression::TemplateLiteral(template) => match template.quasis.as_slice() {
            [quasi] => cooked(quasi),
            _ => None,
        },
        _ => None,
    }
}

fn cooked<'e>(quasi: &'e TemplateElement<'_>) -> Option<&'e str> {
    quasi.value.cooked.as_ref().filter(|_| !quasi.lone_surrogates).map(Str::as_str)
}

fn unreadable(template: &TemplateLiteral<'_>, source: &Source<'_>) -> Value {
    source.told(template.span, "the template has an escape that is no letter")
}
