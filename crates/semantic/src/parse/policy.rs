//! Reads access policies. They are kept as declared; whether their members exist is checked.

use super::{
    index::Scope,
    map::{Map, word},
    node::Node,
};
use crate::{
    model::{
        AccessPolicy, Audience, JoinPath, MemberLevel, MemberTest, Members, PolicyCondition, PolicyFilter,
        RowLevel,
    },
    name::MemberName,
};

/// Cube's operators of filters.
const OPERATORS: [&str; 24] = [
    "equals",
    "notEquals",
    "contains",
    "notContains",
    "startsWith",
    "notStartsWith",
    "endsWith",
    "notEndsWith",
    "in",
    "notIn",
    "gt",
    "gte",
    "lt",
    "lte",
    "set",
    "notSet",
    "inDateRange",
    "notInDateRange",
    "beforeDate",
    "beforeOrOnDate",
    "afterDate",
    "afterOrOnDate",
    "onTheDate",
    "measureFilter",
];

/// Finds a member of the cube or view that a policy belongs to.
pub(super) type Find<'f> = dyn Fn(&Node<'_>) -> Option<MemberName> + 'f;

/// Members of a cube.
pub(super) fn of_cube<'s>(scope: Scope<'s>) -> impl Fn(&Node<'_>) -> Option<MemberName> + 's {
    move |node| {
        let reference = scope.reference(node)?;
        if reference.path != JoinPath::root(scope.cube) {
            node.problem(format!("`{reference}` is no member of `{}` itself", scope.cube));
            return None;
        }
        Some(reference.member)
    }
}

/// Reads all policies of a cube or view.
pub(super) fn read(list: &[Node<'_>], find: &Find<'_>) -> Vec<AccessPolicy> {
    list.iter().filter_map(|node| policy(node, find)).collect()
}

fn policy(node: &Node<'_>, find: &Find<'_>) -> Option<AccessPolicy> {
    let map = node.map()?;
    let conditions = map.list("conditions");
    let level = |key| map.get(key).and_then(|node| level(&node, find));
    let audience = audience(&map);
    let (member_level, member_masking) = (level("member_level"), level("member_masking"));
    let policy = |audience| AccessPolicy {
        audience,
        conditions: conditions.iter().filter_map(condition).collect(),
        member_level,
        member_masking,
        row_level: map.get("row_level").and_then(|node| rows(&node, find)),
    };
    let policy = audience.map(policy);
    map.finish();
    policy
}

fn audience(map: &Map<'_>) -> Option<Audience> {
    let group = map.get("group");
    let groups = map.get("groups").map(|node| node.one_or_many().iter().filter_map(Node::text).collect());
    match (map.text("role"), group, groups) {
        (Some(role), None, None) => Some(Audience::Role(role)),
        // A list of groups is accepted under either key.
        (None, Some(group), None) if group.is_sequence() => {
            Some(Audience::Groups(group.items().iter().filter_map(Node::text).collect()))
        }
        (None, Some(group), None) => group.text().map(Audience::Group),
        (None, None, Some(groups)) => Some(Audience::Groups(groups)),
        _ => {
            map.node().problem("a policy is for exactly one of `role`, `group` and `groups`");
            None
        }
    }
}

fn condition(node: &Node<'_>) -> Option<PolicyCondition> {
    let map = node.map()?;
    let text = map.required("if").and_then(|node| node.text());
    map.finish();
    Some(PolicyCondition { r#if: text? })
}

fn level(node: &Node<'_>, find: &Find<'_>) -> Option<MemberLevel> {
    let map = node.map()?;
    let members = |key| map.get(key).map(|node| members(&node, find));
    let level = MemberLevel { includes: members("includes"), excludes: members("excludes") };
    map.finish();
    Some(level)
}

fn members(node: &Node<'_>, find: &Find<'_>) -> Members {
    let items = node.one_or_many();
    if items.iter().any(|item| item.is("*")) {
        return Members::All;
    }
    let found = items.iter().filter_map(|item| Some(find(item)?.member().to_owned()));
    Members::Some(found.collect())
}

fn rows(node: &Node<'_>, find: &Find<'_>) -> Option<RowLevel> {
    let map = node.map()?;
    let filters = map.list("filters");
    let rows = RowLevel {
        allow_all: map.flag("allow_all"),
        filters: filters.iter().filter_map(|node| filter(node, find)).collect(),
    };
    map.finish();
    Some(rows)
}

fn filter(node: &Node<'_>, find: &Find<'_>) -> Option<PolicyFilter> {
    let map = node.map()?;
    let group = |list: Node<'_>| list.items().iter().filter_map(|node| filter(node, find)).collect();
    let filter = match (map.get("and"), map.get("or")) {
        (Some(list), None) => Some(PolicyFilter::And(group(list))),
        (None, Some(list)) => Some(PolicyFilter::Or(group(list))),
        _ => test(&map, find).map(PolicyFilter::Test),
    };
    map.finish();
    filter
}

/// A test of one member.
pub(super) fn test(map: &Map<'_>, find: &Find<'_>) -> Option<MemberTest> {
    let (member, operator) = (map.required("member"), map.required("operator"));
    let values = map.json("values");
    let words: Vec<_> = OPERATORS.iter().map(|word| (*word, *word)).collect();
    let member = find(&member?);
    let operator = word(&operator?, "operator", &words)?;
    Some(MemberTest { member: member?, operator: operator.to_owned(), values })
}
