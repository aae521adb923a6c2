//! What a member's SQL reaches: the members that it names, in any depth, and the joins on the way to them.

use super::{Dimension, JoinPath, Measure, Model, Reference};
use crate::{name::MemberName, template::Template};

impl Reference {
    /// What the member's SQL names, seen from where the way to it begins.
    pub fn named(&self, path: &JoinPath, member: &MemberName) -> Self {
        Self::new(self.path.then(path), member.clone())
    }

    /// The member itself and everything that its SQL names, in any depth.
    pub fn reached(&self, model: &Model) -> Vec<Self> {
        let mut reached = vec![self.clone()];
        let mut next = 0;
        while let Some(at) = reached.get(next).cloned() {
            for (path, member) in templates(&at.member, model).into_iter().flat_map(Template::members) {
                let named = at.named(path, member);
                if !reached.contains(&named) {
                    reached.push(named);
                }
            }
            next += 1;
        }
        reached
    }

    /// True when a value of the member depends on other rows than those of its group.
    pub fn is_contextual(&self, model: &Model) -> bool {
        let contextual = |reached: &Self| model.measure(&reached.member).is_some_and(Measure::is_contextual);
        self.reached(model).iter().any(contextual)
    }

    /// True when neither the member nor what it names is in another cube.
    pub fn is_local(&self, model: &Model) -> bool {
        self.reached(model).iter().all(|reached| reached.path.cubes().len() == 1)
    }
}

fn templates<'m>(member: &MemberName, model: &'m Model) -> Vec<&'m Template> {
    let measure = model.measure(member).into_iter().flat_map(Measure::templates);
    let dimension = model.dimension(member).into_iter().flat_map(Dimension::templates);
    let segment = model.segment(member).map(|segment| &segment.sql);
    measure.chain(dimension).chain(segment).collect()
}
