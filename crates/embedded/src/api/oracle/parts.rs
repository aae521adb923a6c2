//! The statements that the leaves of a question are computed in: one over the joined rows, and one more for each cube
//! whose rows the joins repeat.

use std::collections::BTreeSet;

use semantic::{JoinPath, model::JoinTree};

use super::{
    super::refusal::Refusal,
    aggregate::{Leaf, needs, over_rows, suffers_from_repetition},
    model_sql::{Words, failed},
    rows::Rows,
};

/// All parts; each has the group keys as `d0`, `d1`, ... and some of the leaves.
pub(super) fn of(leaves: &[Leaf<'_>], rows: &Rows, words: Words<'_>) -> Result<Vec<String>, Refusal> {
    let tree = JoinTree::of(&rows.paths);
    let is_repeated = |leaf: &Leaf<'_>| {
        suffers_from_repetition(leaf)
            && leaf.path.last().is_some_and(|cube| tree.multiplies(cube, words.model))
    };
    let (repeated, straight): (Vec<_>, Vec<_>) =
        leaves.iter().enumerate().partition(|(_, leaf)| is_repeated(leaf));
    let aggregates: Result<Vec<_>, Refusal> =
        straight.into_iter().map(|(i, leaf)| aggregate(i, leaf, &leaf.path, words)).collect();
    let mut parts = vec![select(&rows.keys, aggregates?, &rows.from)];
    let cubes: BTreeSet<_> = repeated.iter().map(|(_, leaf)| &leaf.path).collect();
    for path in cubes {
        let of_cube = repeated.iter().filter(|(_, leaf)| leaf.path == *path);
        parts.push(over_own_rows(path, of_cube.copied(), rows, words)?);
    }
    Ok(parts)
}

fn aggregate(place: usize, leaf: &Leaf<'_>, at: &JoinPath, words: Words<'_>) -> Result<String, Refusal> {
    Ok(format!("{} AS l{place}", over_rows(leaf, at, words)?))
}

fn select(keys: &[String], aggregates: Vec<String>, from: &str) -> String {
    let named = keys.iter().enumerate().map(|(i, sql)| format!("{sql} AS d{i}"));
    let mut outputs: Vec<_> = named.chain(aggregates).collect();
    // Without keys there is one group, also when nothing else is computed in this part.
    if outputs.is_empty() {
        outputs.push("COUNT(*) AS counted".to_owned());
    }
    let ordinals: Vec<_> = (1..=keys.len()).map(|i| i.to_string()).collect();
    let group_by = if keys.is_empty() { String::new() } else { format!(" GROUP BY {}", ordinals.join(", ")) };
    format!("SELECT {} {from}{group_by}", outputs.join(", "))
}

/// Leaves of one cube over its own rows, each row once per group that it takes part in.
fn over_own_rows<'l, 'a: 'l>(
    path: &JoinPath,
    leaves: impl Iterator<Item = (usize, &'l Leaf<'a>)>,
    rows: &Rows,
    words: Words<'_>,
) -> Result<String, Refusal> {
    let own = Words { prefix: "own$", ..words };
    let root = path.last().map(|cube| JoinPath::root(cube)).unwrap_or_default();
    let mut paths = BTreeSet::from([root.clone()]);
    let mut aggregates = Vec::new();
    for (place, leaf) in leaves {
        needs(leaf, &root, own, &mut paths)?;
        aggregates.push(aggregate(place, leaf, &root, own)?);
    }
    let key = own.primary_key(&root)?;
    if key.is_empty() {
        let text = "is required when join is defined in order to make aggregates work properly";
        return Err(failed(format!("primary key for '{root}' {text}")));
    }
    let same: Vec<_> = key.iter().enumerate().map(|(i, sql)| format!("k.k{i} = {sql}")).collect();
    let tables = own.tables(paths)?;
    let (first, others) =
        tables.split_first().map_or(("", &[][..]), |(first, others)| (first.as_str(), others));
    let keys: Vec<_> = (0..rows.keys.len()).map(|i| format!("k.d{i}")).collect();
    let from = format!(
        "FROM ({}) AS k LEFT JOIN {first} ON {} {}",
        distinct_keys(path, rows, words)?,
        same.join(" AND "),
        others.join(" ")
    );
    Ok(select(&keys, aggregates, &from))
}

/// Which rows of a cube take part in which group.
fn distinct_keys(path: &JoinPath, rows: &Rows, words: Words<'_>) -> Result<String, Refusal> {
    let keys = rows.keys.iter().enumerate().map(|(i, sql)| format!("{sql} AS d{i}"));
    let primary_key = words.primary_key(path)?;
    let primary = primary_key.iter().enumerate().map(|(i, sql)| format!("{sql} AS k{i}"));
    let outputs: Vec<_> = keys.chain(primary).collect();
    Ok(format!("SELECT DISTINCT {} {}", outputs.join(", "), rows.from))
}
