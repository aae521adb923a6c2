//! Members of several cubes in one query: they are joined along the shortest way from one of these cubes.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    sync::Arc,
};

use semantic::{JoinPath, Model};

use super::{question::Question, refusal::Refusal};

/// Lets every path begin at the same cube.
pub(super) fn join(question: &mut Question<'_>, model: &Model) -> Result<(), Refusal> {
    let mut roots: Vec<Arc<str>> = Vec::new();
    question.paths(&mut |path| {
        let root = path.cubes().first().cloned();
        roots.extend(root.filter(|root| !roots.contains(root)));
    });
    if roots.len() < 2 {
        return Ok(());
    }
    let ways = roots.iter().map(|root| ways_from(root, model));
    let all_reached = |ways: &BTreeMap<Arc<str>, JoinPath>| roots.iter().all(|root| ways.contains_key(root));
    let ways = ways.into_iter().find(all_reached).ok_or_else(|| no_way(&roots))?;
    question.paths(&mut |path| {
        let way = path.cubes().first().and_then(|root| ways.get(root)).expect("all roots are reached");
        *path = path.cubes().iter().skip(1).fold(way.clone(), |way, cube| way.join(cube));
    });
    Ok(())
}

fn no_way(roots: &[Arc<str>]) -> Refusal {
    let names: Vec<_> = roots.iter().map(|root| format!("'{root}'")).collect();
    Refusal::user(format!("Can't find join path to join {}", names.join(", ")))
}

/// The shortest way to every cube that joins lead to.
fn ways_from(root: &str, model: &Model) -> BTreeMap<Arc<str>, JoinPath> {
    let mut ways = BTreeMap::new();
    let mut seen = BTreeSet::from([Arc::from(root)]);
    let mut open = VecDeque::from([JoinPath::root(root)]);
    while let Some(path) = open.pop_front() {
        let Some(at) = path.last().cloned() else { continue };
        for join in model.cube(&at).into_iter().flat_map(|cube| &cube.joins) {
            if seen.insert(join.to.clone()) {
                open.push_back(path.join(&join.to));
            }
        }
        ways.insert(at, path);
    }
    ways
}
