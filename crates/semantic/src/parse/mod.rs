//! Reads the data model: YAML text in, a `Model` or every problem out, each with file, line and member.

mod about;
mod case;
mod cube;
mod dimension;
mod folder;
mod hierarchy;
mod index;
mod lineage;
mod map;
mod measure;
mod naming;
mod node;
mod part;
mod policy;
mod pre_aggregation;
mod refresh;
mod segment;
mod shift;
mod view;

use std::{fmt, sync::Arc};

use indexmap::IndexMap;
use saphyr::{LoadableYamlNode, MarkedYamlOwned, Marker};

use crate::model::{Model, ModelVersion, View};
use index::Index;
use lineage::{Declared, declared};
use map::Map;
use node::{Node, Problems};
use view::Cubes;

/// A file of the data model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceFile {
    /// Its path, as messages show it.
    pub path: String,
    /// Its text.
    pub text: String,
}

/// One thing that is wrong with a data model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The file.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// The cube, view or member; empty when the file itself is broken.
    pub member: String,
    /// What is wrong.
    pub message: String,
}

/// All that is wrong with a data model; never empty.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct ModelError {
    /// In the order of the files.
    pub problems: Vec<Problem>,
}

/// Reads a whole data model.
pub fn model(files: &[SourceFile]) -> Result<Model, ModelError> {
    let problems = Problems::default();
    let documents: Vec<_> = files.iter().map(|file| load(file, &problems)).collect();
    let roots: Vec<_> = files
        .iter()
        .zip(&documents)
        .flat_map(|(file, documents)| documents.iter().map(|root| Node::root(root, &file.path, &problems)))
        .filter_map(|root| root.map())
        .collect();
    let cubes = cubes(&declared(roots.iter().flat_map(|root| root.definitions("cubes"))));
    let views = views(&declared(roots.iter().flat_map(|root| root.definitions("views"))), &cubes);
    roots.iter().for_each(Map::finish);
    let version = ModelVersion::of(files.iter().flat_map(|file| [&file.path, &file.text]));
    match problems.into_error() {
        None => Ok(Model::new(version, cubes, views)),
        Some(error) => Err(error),
    }
}

fn cubes(declared: &[Declared<'_>]) -> Cubes {
    let index = Index::of(declared);
    let mut cubes = Cubes::new();
    for declared_cube in declared {
        let cube = cube::read(declared_cube, declared, &index);
        if cubes.insert(cube.name.clone(), cube).is_some() {
            declared_cube.node().problem("this cube is declared twice");
        }
    }
    cubes
}

fn views(declared: &[Declared<'_>], cubes: &Cubes) -> IndexMap<Arc<str>, View> {
    let mut views = IndexMap::new();
    for declared_view in declared {
        let view = view::read(declared_view, declared, cubes);
        if cubes.contains_key(&view.name) || views.insert(view.name.clone(), view).is_some() {
            declared_view.node().problem("this name is declared twice");
        }
    }
    views
}

fn load(file: &SourceFile, problems: &Problems) -> Vec<MarkedYamlOwned> {
    if let Some((line, advice)) = advice(file) {
        problems.push(&file.path, Marker::new(0, line, 0), "", advice);
        return Vec::new();
    }
    MarkedYamlOwned::load_from_str(&file.text).unwrap_or_else(|error| {
        problems.push(&file.path, *error.marker(), "", error.info());
        Vec::new()
    })
}

/// What is said about a file that is not plain YAML, and of which line.
fn advice(file: &SourceFile) -> Option<(usize, &'static str)> {
    let is_code = [".js", ".mjs", ".cjs", ".ts", ".tsx", ".jsx"].iter().any(|end| file.path.ends_with(end))
        || ["cube(", "view("].iter().any(|call| file.text.trim_start().starts_with(call));
    if is_code {
        return Some((1, "JavaScript is not read here; write the cubes in plain YAML"));
    }
    if file.path.ends_with(".py") {
        return Some((1, "Python is not read here; write the cubes in plain YAML"));
    }
    let line = file.text.lines().position(|line| line.contains("{{") || line.contains("{%"));
    line.map(|line| (line + 1, "Jinja is not read here; write plain YAML or render the file first"))
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: ", self.file, self.line)?;
        if !self.member.is_empty() {
            write!(f, "{}: ", self.member)?;
        }
        f.write_str(&self.message)
    }
}

impl fmt::Display for ModelError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines: Vec<_> = self.problems.iter().map(ToString::to_string).collect();
        f.write_str(&lines.join("\n"))
    }
}

#[cfg(test)]
mod tests;
