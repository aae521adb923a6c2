//! Reads a model from what Cube's API tells of it: `/cubejs-system/v1/pre-aggregations`, whose references are resolved,
//! and `/v1/meta?extended`, which has the members with their SQL. Both become the same values that files become.
//!
//! The API does not tell everything. What nobody needs here is left out. What matters and is not told is taken for the
//! worst, unless somebody vouches for it ([`Vouched`]). SQL that is not told is empty: nobody here runs it.

mod answers;
mod cube;
mod hidden;
mod member;
mod pre_aggregation;
mod view;

use serde::de::DeserializeOwned;

use super::{
    ModelError, Problem, assemble,
    node::Problems,
    value::{Data, Value},
};
use crate::model::{Model, ModelVersion};
use answers::{Definitions, Meta};

/// Where the members are from, as messages show it.
const META: &str = "/v1/meta?extended";
/// Where the pre-aggregations are from.
const DEFINITIONS: &str = "/cubejs-system/v1/pre-aggregations";

/// What Cube's API does not tell, and an operator who knows the model may vouch for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Vouched {
    /// No access policies, masks and default filters, and no `queryRewrite`. Else only Cube answers.
    pub no_rules: bool,
    /// No multi-stage measures: calculated ones are their SQL. Else no rollup answers them.
    pub no_stages: bool,
}

/// The model that a server has, from the bodies of its two answers.
pub fn model(definitions: &str, meta: &str, vouched: Vouched) -> Result<Model, ModelError> {
    let version = ModelVersion::of([definitions, meta]);
    let (definitions, meta): (Definitions, Meta) = (read(definitions, DEFINITIONS)?, read(meta, META)?);
    let problems = Problems::default();
    let mut cubes = cube::all(&meta, vouched, &problems);
    for cube in &mut cubes {
        cube.add("pre_aggregations", pre_aggregation::all(&definitions, cube));
    }
    hidden::add(&mut cubes, &definitions);
    let views = view::all(&meta, &cubes, &problems);
    let cubes = cubes.into_iter().map(cube::Parts::value).collect();
    let root = Value::map([("cubes", list(cubes)), ("views", list(views))]);
    let model = assemble(version, &[(META, root)], problems)?;
    Ok(if vouched.no_rules { model } else { model.without_rules() })
}

fn read<T: DeserializeOwned>(answer: &str, file: &str) -> Result<T, ModelError> {
    serde_json::from_str(answer).map_err(|error| {
        let message = format!("this is not what Cube's API answers: {error}");
        let problem = Problem { file: file.to_owned(), at: None, member: String::new(), message };
        ModelError { problems: vec![problem] }
    })
}

fn text(text: impl Into<String>) -> Value {
    Value::new(Data::Verbatim(text.into()))
}

fn list(values: Vec<Value>) -> Value {
    Value::new(Data::List(values))
}

/// The member of `cube.member`.
fn last(name: &str) -> &str {
    name.rsplit_once('.').map_or(name, |(_, member)| member)
}

#[cfg(test)]
mod tests;
