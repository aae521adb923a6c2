//! Reads `case` of dimensions and measures.

use super::{index::Scope, map::Map, node::Node};
use crate::model::{Branch, Case, Condition, Else, Label};

/// Reads a choice: between conditions, or by the value of a switch.
pub(super) fn read(node: &Node<'_>, scope: Scope<'_>) -> Option<Case> {
    let map = node.map()?;
    let case = match map.get("switch") {
        Some(switch) => by_switch(&switch, &map, scope),
        None => by_conditions(&map, scope),
    };
    map.finish();
    case
}

fn by_conditions(map: &Map<'_>, scope: Scope<'_>) -> Option<Case> {
    let when = map.required("when")?.items();
    let when = when.iter().map(|node| condition(node, scope)).collect::<Option<_>>()?;
    let r#else = match map.get("else") {
        Some(node) => Some(Else { label: only_label(&node, scope)? }),
        None => None,
    };
    Some(Case::Conditions { when, r#else })
}

fn condition(node: &Node<'_>, scope: Scope<'_>) -> Option<Condition> {
    let map = node.map()?;
    let (sql, label) = (map.required("sql"), map.required("label"));
    map.finish();
    Some(Condition { sql: scope.template(&sql?)?, label: label_of(&label?, scope)? })
}

fn only_label(node: &Node<'_>, scope: Scope<'_>) -> Option<Label> {
    let map = node.map()?;
    let label = map.required("label");
    map.finish();
    label_of(&label?, scope)
}

fn label_of(node: &Node<'_>, scope: Scope<'_>) -> Option<Label> {
    if node.is_mapping() { scope.sql(node).map(Label::Sql) } else { node.text().map(Label::Text) }
}

fn by_switch(switch: &Node<'_>, map: &Map<'_>, scope: Scope<'_>) -> Option<Case> {
    let text = switch.reference()?;
    // A bare name is a reference here: a switch is a dimension.
    let switch = match scope.resolve(&text) {
        Some(piece) => crate::template::Template { pieces: vec![piece] },
        None => scope.template(switch)?,
    };
    let when = map.required("when")?.items();
    let when = when.iter().map(|node| branch(node, scope)).collect::<Option<_>>()?;
    let r#else = match map.get("else") {
        Some(node) => Some(scope.sql(&node)?),
        None => None,
    };
    Some(Case::Switch { switch, when, r#else })
}

fn branch(node: &Node<'_>, scope: Scope<'_>) -> Option<Branch> {
    let map = node.map()?;
    let (value, sql) = (map.required("value"), map.required("sql"));
    map.finish();
    Some(Branch { value: value?.text()?, sql: scope.template(&sql?)? })
}
