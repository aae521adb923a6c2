//! What definitions are called: by `name`, or by the key that they stand under.

use super::{map::Map, node::Node};
use crate::name::is_identifier;

/// The mapping and the checked name of a cube, view or member; `within` is the cube of a member.
pub(super) fn named<'a>(node: &Node<'a>, within: &str) -> Option<(Map<'a>, String)> {
    let outer = if within.is_empty() { String::new() } else { format!("{within}.") };
    let map = node.clone().of(within).map()?;
    let (place, name) = name(&map)?;
    if !is_identifier(&name) {
        place.problem(format!("`{name}` is no name; use letters, digits and underscores"));
        return None;
    }
    let map = node.clone().of(&format!("{outer}{name}")).map()?;
    map.get("name");
    Some((map, name))
}

/// The mapping and the name of what people see, which may be any text.
pub(super) fn titled<'a>(node: &Node<'a>) -> Option<(Map<'a>, String)> {
    let map = node.map()?;
    let (_, name) = name(&map)?;
    Some((map, name))
}

fn name<'a>(map: &Map<'a>) -> Option<(Node<'a>, String)> {
    match (map.get("name"), &map.node().key) {
        (Some(node), _) => Some((node.clone(), node.text()?)),
        (None, Some(key)) => Some((map.node().clone(), key.clone())),
        (None, None) => {
            map.required("name")?;
            None
        }
    }
}

/// The name, if there is one; who reads the definition reports what is wrong.
pub(super) fn quiet_name(node: &Node<'_>) -> Option<String> {
    let map = node.is_mapping().then(|| node.map())??;
    match (map.get("name"), &node.key) {
        (Some(name), _) => name.text(),
        (None, key) => key.clone(),
    }
}
