//! The tables that a build reads: one alias per way to a cube, joined along that way.

use std::collections::BTreeSet;

use semantic::{
    JoinPath, Model,
    model::{CubeSource, JoinTree},
};

use super::{CannotBuild, members::Members};

/// The ways that members were reached on so far.
#[derive(Debug, Default)]
pub(super) struct Joins(BTreeSet<JoinPath>);

impl Joins {
    /// The alias of the cube that `path` ends at; from now on it is joined.
    pub(super) fn alias(&mut self, path: &JoinPath) -> String {
        let mut prefix = JoinPath::default();
        for cube in path.cubes() {
            prefix = prefix.join(cube);
            self.0.insert(prefix.clone());
        }
        format!("\"{}\"", path.cubes().join("__"))
    }

    /// True when the joins repeat rows of the cube that `path` ends at.
    pub(super) fn repeat(&self, path: &JoinPath, model: &Model) -> bool {
        path.last().is_some_and(|cube| JoinTree::of(&self.0).multiplies(cube, model))
    }

    /// The FROM clause. Conditions of joins may need further joins, which then stand in front of them.
    pub(super) fn from_clause(members: &mut Members<'_>) -> Result<String, CannotBuild> {
        let mut clauses: Vec<(JoinPath, String)> = Vec::new();
        while let Some(path) = members.joins.next_after(&clauses) {
            let clause = clause(members, &path)?;
            clauses.push((path, clause));
        }
        let texts: Vec<_> = clauses.into_iter().map(|(_, clause)| clause).collect();
        Ok(texts.join("\n"))
    }

    // Shorter ways first: a cube is joined to what stands in front of it.
    fn next_after(&self, done: &[(JoinPath, String)]) -> Option<JoinPath> {
        let open = self.0.iter().filter(|path| done.iter().all(|(other, _)| other != *path));
        open.min_by_key(|path| path.cubes().len()).cloned()
    }
}

fn clause(members: &mut Members<'_>, path: &JoinPath) -> Result<String, CannotBuild> {
    let table = table(members, path)?;
    let [front @ .., from, to] = path.cubes() else { return Ok(format!("FROM {table}")) };
    let from_path = front.iter().chain([from]).fold(JoinPath::default(), |path, cube| path.join(cube));
    let missing = || CannotBuild::NoJoin { from: from.to_string(), to: to.to_string() };
    let join = members.model.join(from, to).ok_or_else(missing)?;
    let on = members.expression(&join.on, &from_path)?;
    Ok(format!("LEFT JOIN {table} ON {on}"))
}

fn table(members: &mut Members<'_>, path: &JoinPath) -> Result<String, CannotBuild> {
    let name = path.last().map(ToString::to_string).unwrap_or_default();
    let cube = members.model.cube(&name).ok_or(CannotBuild::NoMember(name))?;
    let alias = members.joins.alias(path);
    Ok(match &cube.source {
        CubeSource::Table(name) => format!("{} AS {alias}", members.expression(name, path)?),
        CubeSource::Query(sql) => format!("({}) AS {alias}", members.expression(sql, path)?),
    })
}
