//! Cubes that a statement or a query joins: the way from one of them to the others, as Cube finds it.

use std::{
    collections::{BTreeMap, HashMap, HashSet, VecDeque},
    sync::Arc,
};

use super::{Column, JoinPath, JoinTree, Model, Reference, Table};
use crate::name::MemberName;

/// Cubes that belong together, the first of which leads to the others.
pub type JoinHint = Vec<Arc<str>>;

/// The joins that reach several cubes from one of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Joined {
    /// Where the joins begin.
    pub root: Arc<str>,
    /// From cube to cube, those nearer to the root first.
    pub edges: Vec<(Arc<str>, Arc<str>)>,
}

impl Joined {
    /// The fewest joins that reach every cube of `hints` from the first of one of them; the earlier hint where two are
    /// as good. `None` when no cube leads to all.
    pub fn over(model: &Model, hints: &[JoinHint]) -> Option<Self> {
        let rooted = hints.iter().filter_map(|root| {
            let others = hints.iter().filter(|other| *other != root);
            from_root(model, root, others)
        });
        rooted.min_by_key(|joined| joined.edges.len())
    }

    /// The way from the root to each cube.
    pub fn ways(&self) -> BTreeMap<&str, JoinPath> {
        let mut ways = BTreeMap::from([(&*self.root, JoinPath::root(&self.root))]);
        for (from, to) in &self.edges {
            if let Some(way) = ways.get(&**from).map(|way| way.join(to)) {
                ways.entry(to).or_insert(way);
            }
        }
        ways
    }
}

impl Model {
    /// The same model for a statement that joins cubes: the root's table has the columns of the others as well, with
    /// their cube in front of their name. Only what the caller is shown of them, and never the name of a cube on the way.
    /// `None` where the root is not shown, or a cube is reached on two ways.
    pub fn joining(&self, joined: &Joined) -> Option<Self> {
        let ways = joined.ways();
        if ways.len() <= joined.edges.len() {
            return None;
        }
        let root = self.table(&joined.root)?;
        let mut columns = root.columns().to_vec();
        for (cube, way) in ways.iter().filter(|(cube, _)| **cube != &*joined.root) {
            let behind = self.tables.get(*cube).into_iter().flat_map(Table::columns);
            for column in behind.map(|column| reached(column, way, &joined.root)) {
                match root.column(column.name()) {
                    None => columns.push(column),
                    // Of another join of the same statement.
                    Some(known) if known.source == column.source => {}
                    Some(_) => return None,
                }
            }
        }
        let tree = JoinTree::of(ways.values());
        let table = root.with_columns(columns);
        let repeats = root.is_repeated() || tree.multiplies(&joined.root, self);
        let table = if repeats { table.repeated() } else { table };
        Some(self.with_joined(table))
    }

    /// The same model for parts of a query: one table has these columns instead of its own.
    pub(super) fn with_parts(&self, table: &str, columns: Vec<Column>) -> Option<Self> {
        Some(self.with_joined(self.table(table)?.with_columns(columns)))
    }

    fn with_joined(&self, table: Table) -> Self {
        let mut tables = self.joined.clone();
        tables.insert(table.name.clone(), table);
        Self { joined: tables, ..self.clone() }
    }
}

impl JoinPath {
    /// The column that a statement which joins cubes has for a member of the last of them: `users.name`, or `name` of the
    /// first.
    pub fn column(&self, member: &str) -> String {
        match self.cubes() {
            [_, .., cube] => format!("{cube}.{member}"),
            _ => member.to_owned(),
        }
    }
}

/// A cube's column, seen from where the way to it begins.
fn reached(column: &Column, way: &JoinPath, root: &str) -> Column {
    let member = MemberName::new(root, &way.column(column.name()));
    let source = Reference::new(way.clone(), column.source.member.clone());
    Column { member, source, primary_key: false, ..column.clone() }
}

type Edges = Vec<(Arc<str>, Arc<str>)>;

fn from_root<'h>(
    model: &Model,
    root: &'h JoinHint,
    others: impl Iterator<Item = &'h JoinHint>,
) -> Option<Joined> {
    let (root, rest) = root.split_first()?;
    let rest = Some(rest).filter(|rest| !rest.is_empty());
    let mut edges = Edges::new();
    let mut joined: HashSet<&Arc<str>> = HashSet::new();
    for hint in rest.into_iter().chain(others.map(Vec::as_slice)) {
        let mut at = root;
        for cube in hint.iter().filter(|cube| *cube != root) {
            if joined.insert(cube) {
                for edge in shortest(model, at, cube)? {
                    if !edges.contains(&edge) {
                        edges.push(edge);
                    }
                }
            }
            at = cube;
        }
    }
    Some(Joined { root: root.clone(), edges })
}

fn shortest(model: &Model, from: &Arc<str>, to: &Arc<str>) -> Option<Edges> {
    let mut came: HashMap<Arc<str>, Arc<str>> = HashMap::new();
    let mut open = VecDeque::from([from.clone()]);
    while let Some(at) = open.pop_front() {
        if at == *to {
            let mut edges = Edges::new();
            let mut at = to;
            while let Some(parent) = came.get(at) {
                edges.push((parent.clone(), at.clone()));
                at = parent;
            }
            edges.reverse();
            return Some(edges);
        }
        for join in model.cube(&at).into_iter().flat_map(|cube| &cube.joins) {
            if model.cube(&join.to).is_some() && join.to != *from && !came.contains_key(&join.to) {
                came.insert(join.to.clone(), at.clone());
                open.push_back(join.to.clone());
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::{JoinHint, Joined};
    use crate::{
        model::Model,
        name::MemberName,
        parse::{SourceFile, model},
    };

    const MODEL: &str = r#"
cubes:
  - name: items
    sql_table: items
    joins:
      - { name: orders, relationship: many_to_one, sql: "{CUBE}.o = {orders}.id" }
      - { name: parts, relationship: many_to_one, sql: "{CUBE}.p = {parts}.id" }
    dimensions: [{ name: id, sql: id, type: number, primary_key: true, public: true }]
  - name: orders
    sql_table: orders
    joins: [{ name: users, relationship: many_to_one, sql: "{CUBE}.u = {users}.id" }]
    dimensions: [{ name: id, sql: id, type: number, primary_key: true, public: true }]
  - name: parts
    sql_table: parts
    joins: [{ name: users, relationship: one_to_many, sql: "{CUBE}.id = {users}.part" }]
    dimensions: [{ name: id, sql: id, type: number, primary_key: true, public: true }]
  - name: users
    sql_table: users
    dimensions: [{ name: id, sql: id, type: number, primary_key: true, public: true }]
    measures: [{ name: count, type: count }]
"#;

    fn read() -> Model {
        model(&[SourceFile { path: "m.yml".to_owned(), text: MODEL.to_owned() }]).unwrap()
    }

    fn over(model: &Model, hints: &[&[&str]]) -> Option<Joined> {
        let hint = |cubes: &&[&str]| -> JoinHint { cubes.iter().map(|cube| (*cube).into()).collect() };
        Joined::over(model, &hints.iter().map(hint).collect::<Vec<_>>())
    }

    fn ways(model: &Model, hints: &[&[&str]]) -> String {
        let Some(joined) = over(model, hints) else { return "none".to_owned() };
        let ways: Vec<_> = joined.ways().values().map(ToString::to_string).collect();
        let table = model.joining(&joined).map(|model| model.table(&joined.root).unwrap().is_repeated());
        format!("{} {table:?}", ways.join(", "))
    }

    #[test]
    fn the_fewest_joins_from_the_first_cube_that_leads_to_all() {
        let model = read();
        for (hints, expected) in [
            (&[&["users"][..], &["items"]][..], "items, items.orders, items.orders.users Some(false)"),
            (&[&["users", "orders"], &["users"], &["orders"]], "orders, orders.users Some(false)"),
            (&[&["parts"], &["users"]], "parts, parts.users Some(true)"),
            (&[&["items", "parts", "users"]], "items, items.parts, items.parts.users Some(true)"),
            // What was reached before is not reached again on another way.
            (
                &[&["items", "orders", "users"], &["parts", "users"]],
                "items, items.orders, items.parts, items.orders.users Some(false)",
            ),
            (&[&["orders"], &["parts"]], "none"),
        ] {
            assert_eq!(ways(&model, hints), expected, "{hints:?}");
        }
    }

    #[test]
    fn callers_have_the_columns_that_they_are_shown() {
        let all = read();
        let joined = over(&all, &[&["items"], &["users"]]).unwrap();
        let member = MemberName::new("items", "users.count");
        assert_eq!(
            all.joining(&joined).unwrap().column(&member).unwrap().source.path.to_string(),
            "items.orders.users"
        );
        assert!(all.column(&member).is_none(), "the model itself stays as it is");
        let uncounted = read().restricted(|member| member.to_string() != "users.count");
        assert!(uncounted.joining(&joined).unwrap().column(&member).is_none());
        // Another way to the same cube would be other rows under the same name.
        let once = all.joining(&joined).unwrap();
        assert!(once.joining(&joined).is_some());
        assert!(once.joining(&over(&all, &[&["items", "parts", "users"]]).unwrap()).is_none());
    }
}
