//! Reads the data model: YAML, JavaScript or answers of Cube's API in, a `Model` or every problem out, each with its
//! place and member.

mod about;
#[cfg(feature = "javascript")]
pub mod api;
mod case;
mod cube;
mod dimension;
mod folder;
mod hierarchy;
mod index;
#[cfg(feature = "javascript")]
mod javascript;
mod language;
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
mod value;
mod view;
mod yaml;

use std::{fmt, sync::Arc};

use crate::model::{Model, ModelVersion, View};
use index::Index;
use indexmap::IndexMap;
pub use language::is_of_model;
use lineage::{Declared, declared};
use map::Map;
use node::{Node, Problems};
pub use value::Place;
use value::Value;
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
    /// Where in the file; an answer of Cube's API has no places.
    pub at: Option<Place>,
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
    let documents = files.iter().flat_map(|file| {
        language::load(file, &problems).into_iter().map(|document| (file.path.as_str(), document))
    });
    let documents: Vec<_> = documents.collect();
    let version = ModelVersion::of(files.iter().flat_map(|file| [&file.path, &file.text]));
    assemble(version, &documents, problems)
}

/// The model that documents make together, whatever they were written in.
fn assemble(
    version: ModelVersion,
    documents: &[(&str, Value)],
    problems: Problems,
) -> Result<Model, ModelError> {
    let roots = documents.iter().filter_map(|(file, root)| Node::root(root, file, &problems).map());
    let roots: Vec<_> = roots.collect();
    let cubes = cubes(&declared(roots.iter().flat_map(|root| root.definitions("cubes"))));
    let views = views(&declared(roots.iter().flat_map(|root| root.definitions("views"))), &cubes);
    roots.iter().for_each(Map::finish);
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

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        if let Some(place) = self.at {
            write!(f, ":{place}")?;
        }
        f.write_str(": ")?;
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
