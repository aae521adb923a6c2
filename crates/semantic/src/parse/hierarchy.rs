//! Reads hierarchies.

use super::{index::Scope, naming::named, node::Node};
use crate::{model::Hierarchy, name::MemberName};

/// Reads a hierarchy of a cube.
pub(super) fn read(node: &Node<'_>, scope: Scope<'_>) -> Option<Hierarchy> {
    let (map, name) = named(node, scope.cube)?;
    let hierarchy = Hierarchy {
        name: MemberName::new(scope.cube, &name),
        title: map.text("title"),
        public: map.public(true),
        levels: map.required("levels").map(|levels| scope.references(&levels)).unwrap_or_default(),
    };
    map.finish();
    Some(hierarchy)
}
