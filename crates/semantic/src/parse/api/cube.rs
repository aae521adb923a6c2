//! Cubes with their members. A member that a cube inherits is listed without its SQL, which its parent has.

use std::collections::HashSet;

use super::{
    META, Vouched,
    answers::{Kind, Meta, MetaCube, MetaJoin, MetaMember},
    last, list,
    member::{self, SqlText},
    text,
};
use crate::parse::{
    node::Problems,
    value::{Data, Value},
};

/// A cube that is put together.
pub(super) struct Parts {
    pub(super) name: String,
    /// Its members by kind, without the cube.
    pub(super) measures: HashSet<String>,
    pub(super) dimensions: HashSet<String>,
    pub(super) segments: HashSet<String>,
    /// The cubes that it is joined to.
    pub(super) joined: Vec<String>,
    entries: Vec<(&'static str, Value)>,
}

impl Parts {
    /// Adds a key, or appends to the list that is there.
    pub(super) fn add(&mut self, key: &'static str, values: Vec<Value>) {
        match self.entries.iter_mut().find(|(known, _)| *known == key) {
            Some((_, Value { data: Data::List(items), .. })) => items.extend(values),
            _ => self.entries.push((key, list(values))),
        }
    }

    pub(super) fn entries(&self) -> &[(&'static str, Value)] {
        &self.entries
    }

    pub(super) fn has(&self, member: &str) -> bool {
        [&self.measures, &self.dimensions, &self.segments].iter().any(|names| names.contains(member))
    }

    pub(super) fn value(self) -> Value {
        Value::map(self.entries)
    }
}

/// The cubes of the answer.
pub(super) fn all(meta: &Meta, vouched: Vouched, problems: &Problems) -> Vec<Parts> {
    let cubes = meta.cubes.iter().filter(|cube| cube.kind == Kind::Cube);
    cubes.map(|cube| parts(cube, meta, vouched, problems)).collect()
}

fn parts(cube: &MetaCube, meta: &Meta, vouched: Vouched, problems: &Problems) -> Parts {
    let line = lineage(cube, meta);
    let sql = SqlText { file: META, member: &cube.name, problems };
    let inherited = |kind: fn(&MetaCube) -> &[MetaMember]| -> Vec<MetaMember> {
        kind(cube).iter().map(|member| with_inherited(member, kind, &line)).collect()
    };
    let (measures, dimensions, segments) =
        (inherited(|c| &c.measures), inherited(|c| &c.dimensions), inherited(|c| &c.segments));
    let names = |members: &[MetaMember]| members.iter().map(|m| last(&m.name).to_owned()).collect();
    let joins = joins(&line);
    let mut entries =
        vec![("name", text(&cube.name)), ("public", Value::new(Data::Boolean(cube.public.unwrap_or(true))))];
    // Of a table the answer has no name.
    entries.push(match line.iter().find_map(|cube| cube.sql.as_deref()) {
        Some(query) => ("sql", sql.value(query)),
        None => ("sql_table", text("")),
    });
    let of = |key, value: &Option<String>| value.as_ref().map(|value| (key, text(value)));
    entries.extend(of("title", &cube.title).into_iter().chain(of("description", &cube.description)));
    entries.extend(cube.meta.as_ref().map(|meta| ("meta", Value::of_json(meta))));
    entries.extend([
        ("joins", list(joins.iter().map(|join| self::join(join, &sql)).collect())),
        ("measures", list(measures.iter().map(|m| member::measure(m, &sql, vouched)).collect())),
        ("dimensions", list(dimensions.iter().map(|d| member::dimension(d, &sql, meta)).collect())),
        ("segments", list(segments.iter().map(|s| member::segment(s, &sql)).collect())),
    ]);
    Parts {
        measures: names(&measures),
        dimensions: names(&dimensions),
        segments: names(&segments),
        joined: joins.into_iter().map(|join| join.name).collect(),
        name: cube.name.clone(),
        entries,
    }
}

/// The cube and those that it extends.
fn lineage<'m>(cube: &'m MetaCube, meta: &'m Meta) -> Vec<&'m MetaCube> {
    let mut line = vec![cube];
    while let Some(next) = line.last().and_then(|last| last.extends.as_deref()) {
        let Some(parent) = meta.cubes.iter().find(|cube| cube.name == next) else { break };
        if line.iter().any(|known| known.name == parent.name) {
            break;
        }
        line.push(parent);
    }
    line
}

/// The member with what its cube's parents say of it, if it says nothing of its own.
fn with_inherited(
    member: &MetaMember,
    kind: fn(&MetaCube) -> &[MetaMember],
    line: &[&MetaCube],
) -> MetaMember {
    let same = |other: &&MetaMember| {
        last(&other.name) == last(&member.name)
            && (&other.kind, &other.agg_type) == (&member.kind, &member.agg_type)
    };
    let listed = || line.iter().filter_map(|cube| kind(cube).iter().find(same));
    let Some(full) =
        listed().find(|member| member.sql.is_some() || member.case.is_some() || !member.filters.is_empty())
    else {
        return member.clone();
    };
    MetaMember {
        sql: full.sql.clone(),
        case: full.case.clone(),
        filters: full.filters.clone(),
        ..member.clone()
    }
}

fn joins(line: &[&MetaCube]) -> Vec<MetaJoin> {
    let mut joins: Vec<MetaJoin> = Vec::new();
    for join in line.iter().filter_map(|cube| cube.joins.as_ref()).flatten() {
        if !joins.iter().any(|known| known.name == join.name) {
            joins.push(join.clone());
        }
    }
    joins
}

fn join(join: &MetaJoin, sql: &SqlText<'_>) -> Value {
    Value::map([
        ("name", text(&join.name)),
        ("relationship", text(&join.relationship)),
        ("sql", sql.value(&join.sql)),
    ])
}
