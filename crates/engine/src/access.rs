//! The access stage: every leaf is looked at before a road is chosen for it.

use semantic::{Access, Model, RowRules, Scoped, SecurityContext, access};
use sql::Leaf;

/// The leaf's query, narrowed to what the context may see, or marked as known to Cube alone.
pub(crate) fn narrow(
    leaf: &Leaf,
    model: &Model,
    rules: RowRules,
    context: &SecurityContext,
) -> Scoped<Access> {
    access::narrow(leaf.query.clone(), model, rules, context)
}
