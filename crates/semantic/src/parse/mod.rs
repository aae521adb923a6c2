//! Reads the data model: YAML text in, a `Model` or every problem out, each with file, line and member.

mod cube;
mod index;
mod member;
mod node;
mod pre_aggregation;
mod view;

use std::fmt;

use saphyr::{LoadableYamlNode, MarkedYamlOwned};

use crate::model::{Model, ModelVersion};
use index::Index;
use node::{Map, Node, Problems};

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
    let index = Index::of(&roots);
    let cubes = roots.iter().flat_map(|root| root.list("cubes")).filter_map(|node| cube::read(&node, &index));
    let mut by_name = indexmap::IndexMap::new();
    for (node, cube) in cubes {
        if by_name.insert(cube.name.clone(), cube).is_some() {
            node.problem("this cube is declared twice");
        }
    }
    let mut views = indexmap::IndexMap::new();
    for (node, view) in
        roots.iter().flat_map(|root| root.list("views")).filter_map(|node| view::read(&node, &by_name))
    {
        if by_name.contains_key(&view.name) || views.insert(view.name.clone(), view).is_some() {
            node.problem("this name is declared twice");
        }
    }
    roots.iter().for_each(Map::finish);
    let version = ModelVersion::of(files.iter().flat_map(|file| [&file.path, &file.text]));
    match problems.into_error() {
        None => Ok(Model::new(version, by_name, views)),
        Some(error) => Err(error),
    }
}

fn load(file: &SourceFile, problems: &Problems) -> Vec<MarkedYamlOwned> {
    if let Some(line) = file.text.lines().position(|line| line.contains("{{") || line.contains("{%")) {
        problems.push(
            &file.path,
            line + 1,
            "",
            "Jinja is not read here; write plain YAML or render the file first",
        );
        return Vec::new();
    }
    MarkedYamlOwned::load_from_str(&file.text).unwrap_or_else(|error| {
        problems.push(&file.path, error.marker().line(), "", error.info());
        Vec::new()
    })
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
