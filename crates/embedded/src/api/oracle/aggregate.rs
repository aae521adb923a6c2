//! Measures: those computed from rows, and formulas over them.

use std::collections::BTreeSet;

use semantic::{
    JoinPath, Measure, MeasureType, MemberName,
    template::{Piece, Template},
};

use super::{
    super::{members::not_found, refusal::Refusal},
    model_sql::{Words, failed},
};

/// A measure that is computed from rows, as column `l0`, `l1`, ... by its place in the list.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Leaf<'a> {
    pub(super) measure: &'a Measure,
    pub(super) path: JoinPath,
}

/// Adds what a measure is computed from.
pub(super) fn leaves<'a>(
    measure: &'a Measure,
    path: &JoinPath,
    words: Words<'a>,
    found: &mut Vec<Leaf<'a>>,
) -> Result<(), Refusal> {
    computable(measure)?;
    if is_leaf(measure, words) {
        let leaf = Leaf { measure, path: path.clone() };
        if !found.contains(&leaf) {
            found.push(leaf);
        }
        return Ok(());
    }
    let members = measure.sql.iter().flat_map(Template::members);
    members
        .into_iter()
        .try_for_each(|(way, member)| leaves(find(member, words)?, &path.then(way), words, found))
}

/// A measure over the columns of its leaves.
pub(super) fn formula(
    measure: &Measure,
    path: &JoinPath,
    words: Words<'_>,
    found: &[Leaf<'_>],
) -> Result<String, Refusal> {
    let place = found.iter().position(|leaf| leaf.measure.name == measure.name && leaf.path == *path);
    if let Some(place) = place {
        return Ok(format!("l{place}"));
    }
    substituted(measure, path, words, &|measure, path| formula(measure, path, words, found))
}

/// A measure's value in one row.
pub(super) fn of_row(measure: &Measure, path: &JoinPath, words: Words<'_>) -> Result<String, Refusal> {
    computable(measure)?;
    if !is_leaf(measure, words) {
        return substituted(measure, path, words, &|measure, path| of_row(measure, path, words));
    }
    if measure.kind.is_calculated() {
        return Err(failed(format!("{} has no value in a row", measure.name)));
    }
    let mut conditions = words.own_filters(measure, path)?;
    let value = match &measure.sql {
        Some(sql) => words.write(sql, path)?,
        None => "1".to_owned(),
    };
    if measure.kind.is_count() {
        conditions.extend(present(measure, path, words)?);
        return Ok(format!("CAST(CASE WHEN {} THEN 1 END AS INT)", all(&conditions)));
    }
    Ok(format!("CASE WHEN {} THEN {value} END", all(&conditions)))
}

/// A leaf over the rows of one FROM clause, where its cube is called as `words` say for `at`.
pub(super) fn over_rows(leaf: &Leaf<'_>, at: &JoinPath, words: Words<'_>) -> Result<String, Refusal> {
    let measure = leaf.measure;
    let sql = match &measure.sql {
        Some(sql) => words.write(sql, at)?,
        None => "*".to_owned(),
    };
    if measure.kind.is_calculated() {
        return Ok(format!("({sql})"));
    }
    let mut conditions = words.own_filters(measure, at)?;
    if measure.sql.is_none() {
        conditions.extend(present(measure, at, words)?);
    }
    let filtered = format!("FILTER (WHERE {})", all(&conditions));
    Ok(match measure.kind {
        MeasureType::Count => format!("COUNT({sql}) {filtered}"),
        MeasureType::CountDistinct => format!("COUNT(DISTINCT {sql}) {filtered}"),
        MeasureType::CountDistinctApprox => format!("CAST(hll_count({sql}) {filtered} AS INT)"),
        MeasureType::Avg => format!("AVG(CAST({sql} AS DOUBLE)) {filtered}"),
        MeasureType::Min => format!("MIN({sql}) {filtered}"),
        MeasureType::Max => format!("MAX({sql}) {filtered}"),
        _ => format!("SUM({sql}) {filtered}"),
    })
}

/// The paths that a leaf needs when its cube is at `at`.
pub(super) fn needs(
    leaf: &Leaf<'_>,
    at: &JoinPath,
    words: Words<'_>,
    needed: &mut BTreeSet<JoinPath>,
) -> Result<(), Refusal> {
    needed.insert(at.clone());
    leaf.measure.sql.iter().chain(&leaf.measure.filters).try_for_each(|sql| words.needs(sql, at, needed))
}

/// Repeated rows change sums and counts, and whatever aggregates by itself.
pub(super) fn suffers_from_repetition(leaf: &Leaf<'_>) -> bool {
    let unharmed =
        [MeasureType::Min, MeasureType::Max, MeasureType::CountDistinct, MeasureType::CountDistinctApprox];
    !unharmed.contains(&leaf.measure.kind)
}

// Windows and stages need rows of other groups.
fn computable(measure: &Measure) -> Result<(), Refusal> {
    if measure.is_rolling() || measure.is_multi_stage() || measure.kind == MeasureType::NumberAgg {
        return Err(failed(format!(
            "the dev stack does not compute {}: it is no plain measure",
            measure.name
        )));
    }
    Ok(())
}

fn is_leaf(measure: &Measure, words: Words<'_>) -> bool {
    let names_rows = |piece: &Piece| match piece {
        Piece::Table(_) => true,
        Piece::Member { member, .. } => words.model.measure(member).is_none(),
        Piece::Text(_) | Piece::Source(_) | Piece::Context(_) => false,
    };
    !measure.kind.is_calculated() || measure.sql.iter().flat_map(|sql| &sql.pieces).any(names_rows)
}

fn find<'a>(member: &MemberName, words: Words<'a>) -> Result<&'a Measure, Refusal> {
    words.model.measure(member).ok_or_else(|| not_found(member))
}

type Inner<'i> = dyn Fn(&Measure, &JoinPath) -> Result<String, Refusal> + 'i;

fn substituted(
    measure: &Measure,
    path: &JoinPath,
    words: Words<'_>,
    inner: &Inner<'_>,
) -> Result<String, Refusal> {
    let piece = |piece: &Piece| match piece {
        Piece::Text(text) => Ok(text.clone()),
        Piece::Member { path: way, member } => inner(find(member, words)?, &path.then(way)),
        Piece::Table(cube) | Piece::Source(cube) => Err(failed(format!("{} names {cube}", measure.name))),
        Piece::Context(word) => Err(failed(format!("{word} is not known here"))),
    };
    let parts: Result<String, _> = measure.sql.iter().flat_map(|sql| &sql.pieces).map(piece).collect();
    Ok(format!("({})", parts?))
}

/// True where the measure's row was found by the joins.
fn present(measure: &Measure, at: &JoinPath, words: Words<'_>) -> Result<Vec<String>, Refusal> {
    let values = match &measure.sql {
        Some(sql) => vec![words.write(sql, at)?],
        None => words.primary_key(at)?,
    };
    Ok(values.into_iter().map(|value| format!("({value}) IS NOT NULL")).collect())
}

/// All of these at once.
pub(super) fn all(conditions: &[String]) -> String {
    if conditions.is_empty() { "TRUE".to_owned() } else { conditions.join(" AND ") }
}
