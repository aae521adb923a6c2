//! Members by the names that callers use: of a cube, or of a view with its full join path.

use semantic::{
    Dimension, JoinPath, Measure, MemberName, Model, Segment,
    model::{About, Reference},
};

use super::refusal::Refusal;

/// A member as it was asked for.
#[derive(Debug)]
pub(super) struct Asked<'a, T> {
    /// The caller's name for it.
    pub(super) name: MemberName,
    /// How its cube is reached.
    pub(super) path: JoinPath,
    /// The cube's member.
    pub(super) member: &'a T,
}

impl<T> Clone for Asked<'_, T> {
    fn clone(&self) -> Self {
        Self { name: self.name.clone(), path: self.path.clone(), member: self.member }
    }
}

/// Any kind of member.
#[derive(Debug, Clone)]
pub(super) enum Found<'a> {
    Measure(Asked<'a, Measure>),
    Dimension(Asked<'a, Dimension>),
    Segment(Asked<'a, Segment>),
}

impl Found<'_> {
    /// How the member's cube is reached.
    pub(super) fn path_mut(&mut self) -> &mut JoinPath {
        match self {
            Self::Measure(Asked { path, .. })
            | Self::Dimension(Asked { path, .. })
            | Self::Segment(Asked { path, .. }) => path,
        }
    }
}

/// Finds a member.
pub(super) fn find<'a>(name: &str, model: &'a Model) -> Result<Found<'a>, Refusal> {
    let parsed = MemberName::parse(name).map_err(|error| Refusal::user(error.to_string()))?;
    let Reference { path, member } = reference(&parsed, model)?;
    let unknown = || not_found(&parsed);
    if let Some(member) = model.measure(&member) {
        Ok(Found::Measure(Asked { name: parsed, path, member }))
    } else if let Some(member) = model.dimension(&member) {
        Ok(Found::Dimension(Asked { name: parsed, path, member }))
    } else {
        let member = model.segment(&member).ok_or_else(unknown)?;
        Ok(Found::Segment(Asked { name: parsed, path, member }))
    }
}

fn reference(name: &MemberName, model: &Model) -> Result<Reference, Refusal> {
    if let Some(view) = model.view(name.table()) {
        let column = view.table.column(name.member()).ok_or_else(|| not_found(name))?;
        return Ok(column.source.clone());
    }
    if model.cube(name.table()).is_none() {
        return Err(Refusal::user(format!("Cube '{}' not found for path '{name}'", name.table())));
    }
    Ok(Reference::new(JoinPath::root(name.table()), name.clone()))
}

/// The refusal for a member that is not there.
pub(super) fn not_found(name: &MemberName) -> Refusal {
    Refusal::user(format!("'{}' not found for path '{name}'", name.member()))
}

/// A measure, to be shown.
pub(super) fn measure<'a>(name: &str, model: &'a Model) -> Result<Asked<'a, Measure>, Refusal> {
    match find(name, model)? {
        Found::Measure(asked) => visible(asked, |measure| &measure.about),
        Found::Dimension(Asked { name, .. }) | Found::Segment(Asked { name, .. }) => Err(not_found(&name)),
    }
}

/// A dimension, to be shown.
pub(super) fn dimension<'a>(name: &str, model: &'a Model) -> Result<Asked<'a, Dimension>, Refusal> {
    match find(name, model)? {
        Found::Dimension(asked) => visible(asked, |dimension| &dimension.about),
        Found::Measure(Asked { name, .. }) | Found::Segment(Asked { name, .. }) => Err(not_found(&name)),
    }
}

/// A segment.
pub(super) fn segment<'a>(name: &str, model: &'a Model) -> Result<Asked<'a, Segment>, Refusal> {
    match find(name, model)? {
        Found::Segment(asked) => Ok(asked),
        Found::Measure(Asked { name, .. }) | Found::Dimension(Asked { name, .. }) => Err(not_found(&name)),
    }
}

// A view shows what it includes; a cube hides members that are not public.
fn visible<T>(asked: Asked<'_, T>, about: impl Fn(&T) -> &About) -> Result<Asked<'_, T>, Refusal> {
    let of_cube =
        asked.path.cubes().len() == 1 && asked.path.last().is_some_and(|c| **c == *asked.name.table());
    if of_cube && !about(asked.member).public {
        return Err(Refusal::failed(format!(
            "Error: You requested hidden member: '{}'. Please make it visible using `public: true`. Please note \
             primaryKey fields are `public: false` by default: \
             https://cube.dev/docs/schema/reference/joins#setting-a-primary-key.",
            asked.name.as_str().replace('.', "__")
        )));
    }
    Ok(asked)
}
