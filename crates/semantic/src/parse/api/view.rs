//! Views. The answer says which member of which cube each of their members shows, and not by which joins; a view is
//! read where there is one way only.

use super::{
    META,
    answers::{Kind, Meta, MetaCube, MetaMember},
    cube::Parts,
    last, list, text,
};
use crate::parse::{
    node::Problems,
    value::{Data, Value},
};

/// Steps that are made to find a way. Where cubes are joined in every direction there are too many ways to go them all.
const STEPS: usize = 10_000;

/// A member of a view: its own name and that in its cube.
struct Shown<'m> {
    name: &'m str,
    cube: &'m str,
    member: &'m str,
}

/// The views of the answer.
pub(super) fn all(meta: &Meta, cubes: &[Parts], problems: &Problems) -> Vec<Value> {
    let views = meta.cubes.iter().filter(|cube| cube.kind == Kind::View);
    let told = |view: &MetaCube, why: String| problems.push(META, None, &view.name, why);
    views.filter_map(|view| value(view, cubes).map_err(|why| told(view, why)).ok()).collect()
}

fn value(view: &MetaCube, cubes: &[Parts]) -> Result<Value, String> {
    let mut shown = Vec::new();
    for member in view.measures.iter().chain(&view.dimensions) {
        shown.push(of_cube(member)?);
    }
    for member in &view.segments {
        let segment = segment(member, &shown, cubes)?;
        shown.push(segment);
    }
    let mut names: Vec<&str> = Vec::new();
    for member in &shown {
        if !names.contains(&member.cube) {
            names.push(member.cube);
        }
    }
    let ways = ways(&names, cubes)?;
    let parts = names.iter().zip(&ways).map(|(name, way)| {
        let includes = shown
            .iter()
            .filter(|member| member.cube == *name)
            .map(|member| Value::map([("name", text(member.member)), ("alias", text(member.name))]));
        Value::map([("join_path", text(way.join("."))), ("includes", list(includes.collect()))])
    });
    let mut entries = vec![
        ("name", text(&view.name)),
        ("public", Value::new(Data::Boolean(view.public.unwrap_or(true)))),
        ("cubes", list(parts.collect())),
    ];
    let of = |key, value: &Option<String>| value.as_ref().map(|value| (key, text(value)));
    entries.extend(of("title", &view.title).into_iter().chain(of("description", &view.description)));
    entries.extend(view.meta.as_ref().map(|meta| ("meta", Value::of_json(meta))));
    Ok(Value::map(entries))
}

fn of_cube(member: &MetaMember) -> Result<Shown<'_>, String> {
    let name = last(&member.name);
    let source = member.alias_member.as_deref().and_then(|source| source.rsplit_once('.'));
    let (cube, member) = source.ok_or_else(|| format!("the API does not say what `{name}` shows"))?;
    Ok(Shown { name, cube, member })
}

/// What a segment shows is not told: it is the one that the prefix of its cube's other members leads to.
fn segment<'m>(member: &'m MetaMember, shown: &[Shown<'m>], cubes: &'m [Parts]) -> Result<Shown<'m>, String> {
    let name = last(&member.name);
    let mut found: Vec<(&str, &str)> = Vec::new();
    for other in shown {
        let Some(prefix) = other.name.strip_suffix(other.member) else { continue };
        let Some(cube) = cubes.iter().find(|cube| cube.name == other.cube) else { continue };
        let Some(segment) = name.strip_prefix(prefix).and_then(|name| cube.segments.get(name)) else {
            continue;
        };
        if !found.contains(&(&cube.name, segment)) {
            found.push((&cube.name, segment));
        }
    }
    match found.as_slice() {
        [(cube, member)] => Ok(Shown { name, cube, member }),
        _ => Err(format!("the API does not say which segment `{name}` is; read the model from its files")),
    }
}

/// The way to each cube from the one where the view begins.
fn ways<'m>(names: &[&'m str], cubes: &'m [Parts]) -> Result<Vec<Vec<&'m str>>, String> {
    if let Some(name) = names.iter().find(|name| !cubes.iter().any(|cube| cube.name == **name)) {
        return Err(format!("the cube `{name}` is not public, and the API says nothing of it"));
    }
    let from = |root: &&'m str| -> Option<Vec<Vec<&'m str>>> {
        names.iter().map(|name| only_way(root, name, cubes)).collect()
    };
    let mut roots = names.iter().filter_map(from);
    match (roots.next(), roots.next()) {
        (Some(ways), None) => Ok(ways),
        (None, None) if names.is_empty() => Ok(Vec::new()),
        _ => {
            let names = names.join("`, `");
            Err(format!("how `{names}` are joined is not told by the API; read the model from its files"))
        }
    }
}

/// The way between two cubes, if there is exactly one that enters no cube twice.
fn only_way<'m>(root: &'m str, to: &str, cubes: &'m [Parts]) -> Option<Vec<&'m str>> {
    let mut found = None;
    let mut open = vec![vec![root]];
    for _ in 0..STEPS {
        let Some(way) = open.pop() else { return found };
        let at = way.last().copied()?;
        if at == to {
            if found.replace(way).is_some() {
                return None;
            }
            continue;
        }
        let joined = cubes.iter().find(|cube| cube.name == at).into_iter().flat_map(|cube| &cube.joined);
        for next in joined.map(String::as_str).filter(|next| !way.contains(next)) {
            open.push([way.as_slice(), &[next]].concat());
        }
    }
    None
}
