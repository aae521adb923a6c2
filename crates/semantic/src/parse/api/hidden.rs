//! Members that are not public are not listed, and yet SQL and pre-aggregations name them. They are declared, hidden,
//! so that what names them can be read.

use std::collections::BTreeSet;

use super::{answers::Definitions, cube::Parts, text};
use crate::{
    parse::value::{Data, Value},
    template::context_word,
};

/// What SQL names: cube and member.
type Named = (String, String);

/// Declares what is named and not listed.
pub(super) fn add(cubes: &mut [Parts], definitions: &Definitions) {
    // A name that stands alone may be a cube's.
    let is_cube = |name: &str| cubes.iter().any(|cube| cube.name == name);
    let missing =
        |(of, name): &Named| !is_cube(name) && cubes.iter().any(|cube| cube.name == *of && !cube.has(name));
    let stored = |names: fn(&super::answers::References) -> Vec<&String>| -> BTreeSet<Named> {
        let all = definitions
            .pre_aggregations
            .iter()
            .flat_map(|definition| names(&definition.references).into_iter().filter_map(|name| ends(name)));
        all.filter(missing).collect()
    };
    let measures = stored(|references| references.measures.iter().collect());
    let mut dimensions = stored(|references| {
        let times = references.time_dimensions.iter().map(|time| &time.dimension);
        references.dimensions.iter().chain(times).collect()
    });
    let mut unclear = BTreeSet::new();
    for cube in cubes.iter() {
        for (key, value) in cube.entries() {
            let named = references(value, &cube.name).into_iter().filter(missing);
            // What measures are made of may be measures. A dimension can be made of one too, and is then a sub-query:
            // it is never computed from what it names.
            if *key == "measures" { unclear.extend(named) } else { dimensions.extend(named) }
        }
    }
    let measures: BTreeSet<_> =
        measures.union(&unclear).filter(|named| !dimensions.contains(*named)).collect();
    for cube in cubes.iter_mut() {
        let of_cube = |named: &&Named| named.0 == cube.name;
        let hidden_measures =
            measures.iter().copied().filter(of_cube).map(|(_, name)| measure(name)).collect();
        let hidden_dimensions = dimensions.iter().filter(of_cube).map(|(_, name)| dimension(name)).collect();
        cube.add("measures", hidden_measures);
        cube.add("dimensions", hidden_dimensions);
    }
}

/// Its type is not told: no rollup adds it up.
fn measure(name: &str) -> Value {
    hidden(name, [("type", text("number")), ("multi_stage", Value::new(Data::Boolean(true)))])
}

fn dimension(name: &str) -> Value {
    hidden(name, [("type", text("string")), ("primary_key", Value::new(Data::Boolean(false)))])
}

fn hidden(name: &str, entries: [(&'static str, Value); 2]) -> Value {
    let common = [("name", text(name)), ("sql", text("")), ("public", Value::new(Data::Boolean(false)))];
    Value::map(common.into_iter().chain(entries))
}

/// The members that the SQL in a value of `cube` names, each with its cube.
pub(super) fn references(value: &Value, cube: &str) -> Vec<Named> {
    match &value.data {
        Data::Sql(sql) => {
            let inner = sql.split('{').skip(1).filter_map(|after| after.split_once('}'));
            inner.filter_map(|(path, _)| named(path, cube)).collect()
        }
        Data::Reference(path) => named(path, cube).into_iter().collect(),
        Data::List(items) => items.iter().flat_map(|item| references(item, cube)).collect(),
        Data::Map(entries) => entries.iter().flat_map(|(_, value)| references(value, cube)).collect(),
        _ => Vec::new(),
    }
}

fn named(path: &str, cube: &str) -> Option<Named> {
    if context_word(path) == Some(0) || path.ends_with("()") {
        return None;
    }
    match ends(path) {
        Some((of, member)) if ["CUBE", "TABLE"].contains(&of.as_str()) => Some((cube.to_owned(), member)),
        None if !["CUBE", "TABLE"].contains(&path) => Some((cube.to_owned(), path.to_owned())),
        named => named,
    }
}

/// The last cube and the member of a path.
fn ends(path: &str) -> Option<Named> {
    let (front, member) = path.rsplit_once('.')?;
    let cube = front.rsplit_once('.').map_or(front, |(_, cube)| cube);
    Some((cube.to_owned(), member.to_owned()))
}
