//! Members of several cubes in one query: they are joined along the fewest joins from one of these cubes, after those
//! that the query asks for itself.

use std::sync::Arc;

use semantic::{
    Model,
    model::{JoinHint, Joined},
};

use super::{question::Question, refusal::Refusal};

/// Lets every path begin at the same cube.
pub(super) fn join(question: &mut Question<'_>, hints: &[Vec<String>], model: &Model) -> Result<(), Refusal> {
    let hint = |cubes: &Vec<String>| cubes.iter().map(|cube| cube.as_str().into()).collect();
    let mut hints: Vec<JoinHint> = hints.iter().map(hint).collect();
    question.paths(&mut |path| {
        let root: JoinHint = path.cubes().first().cloned().into_iter().collect();
        if !hints.contains(&root) {
            hints.push(root);
        }
    });
    if hints.len() < 2 {
        return Ok(());
    }
    let joined = Joined::over(model, &hints).ok_or_else(|| no_way(&hints))?;
    let ways = joined.ways();
    question.paths(&mut |path| {
        let way = path.cubes().first().and_then(|root| ways.get(&**root)).expect("all roots are reached");
        *path = way.then(path);
    });
    Ok(())
}

fn no_way(hints: &[JoinHint]) -> Refusal {
    let mut names: Vec<&Arc<str>> = Vec::new();
    for cube in hints.iter().flatten() {
        if !names.contains(&cube) {
            names.push(cube);
        }
    }
    let names: Vec<_> = names.iter().map(|cube| format!("'{cube}'")).collect();
    Refusal::user(format!("Can't find join path to join {}", names.join(", ")))
}
