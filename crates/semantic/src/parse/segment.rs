//! Reads segments.

use super::{about::about, index::Scope, naming::named, node::Node};
use crate::{model::Segment, name::MemberName};

/// Reads a segment.
pub(super) fn read(node: &Node<'_>, scope: Scope<'_>) -> Option<Segment> {
    let (map, name) = named(node, scope.cube)?;
    let sql = map.required("sql").and_then(|sql| scope.template(&sql));
    let about = about(&map, true);
    map.finish();
    Some(Segment { name: MemberName::new(scope.cube, &name), sql: sql?, about })
}
