//! SQL of the data model in the words of one FROM clause.
//!
//! Two plain functions walk a template: one gathers the joins that it needs, the other writes it down.

use std::collections::BTreeSet;

use semantic::{
    Cube, Dimension, JoinPath, Measure, MemberName, Model,
    model::CubeSource,
    template::{Piece, Template},
};

use super::super::refusal::Refusal;

/// How one FROM clause calls the cubes it joins.
#[derive(Clone, Copy)]
pub(super) struct Words<'a> {
    pub(super) model: &'a Model,
    /// Keeps the aliases of two FROM clauses apart.
    pub(super) prefix: &'a str,
}

/// Members that refer to each other in a circle would be followed for ever.
const DEEPEST: usize = 40;

impl<'a> Words<'a> {
    /// The alias of the cube that `path` ends at.
    pub(super) fn alias(&self, path: &JoinPath) -> String {
        format!("\"{}{}\"", self.prefix, path.cubes().join("$"))
    }

    /// A member's row-level SQL.
    pub(super) fn template(&self, member: &MemberName) -> Result<&'a Template, Refusal> {
        if let Some(dimension) = self.model.dimension(member) {
            return of_row(dimension);
        }
        let segment = self.model.segment(member).map(|segment| &segment.sql);
        let measure = || self.model.measure(member).and_then(|measure| measure.sql.as_ref());
        segment.or_else(measure).ok_or_else(|| failed(format!("{member} has no SQL")))
    }

    /// Writes a template of the cube that `at` ends at.
    pub(super) fn write(&self, sql: &Template, at: &JoinPath) -> Result<String, Refusal> {
        self.write_at(sql, at, DEEPEST)
    }

    fn write_at(&self, sql: &Template, at: &JoinPath, depth: usize) -> Result<String, Refusal> {
        let depth = depth.checked_sub(1).ok_or_else(circle)?;
        let piece = |piece: &Piece| match piece {
            Piece::Text(text) => Ok(text.clone()),
            Piece::Table(cube) => Ok(self.alias(&table(at, cube))),
            Piece::Member { path, member } => {
                Ok(format!("({})", self.write_at(self.template(member)?, &at.then(path), depth)?))
            }
            Piece::Source(cube) => Err(failed(format!("the rows of {cube} are not written out here"))),
            Piece::Context(word) => Err(failed(format!("{word} is not known here"))),
        };
        sql.pieces.iter().map(piece).collect()
    }

    /// Gathers the paths that a template needs beside its own.
    pub(super) fn needs(
        &self,
        sql: &Template,
        at: &JoinPath,
        needed: &mut BTreeSet<JoinPath>,
    ) -> Result<(), Refusal> {
        self.needs_at(sql, at, DEEPEST, needed)
    }

    fn needs_at(
        &self,
        sql: &Template,
        at: &JoinPath,
        depth: usize,
        needed: &mut BTreeSet<JoinPath>,
    ) -> Result<(), Refusal> {
        let depth = depth.checked_sub(1).ok_or_else(circle)?;
        for piece in &sql.pieces {
            match piece {
                Piece::Table(cube) => _ = needed.insert(table(at, cube)),
                Piece::Member { path, member } => {
                    let at = at.then(path);
                    self.needs_at(self.template(member)?, &at, depth, needed)?;
                    needed.insert(at);
                }
                Piece::Text(_) | Piece::Source(_) | Piece::Context(_) => {}
            }
        }
        Ok(())
    }

    /// The tables of all of `paths`, which begin at one cube: the first as it is, the others as LEFT JOINs.
    pub(super) fn tables(&self, paths: BTreeSet<JoinPath>) -> Result<Vec<String>, Refusal> {
        let mut paths: Vec<_> = self.closed(paths)?.into_iter().collect();
        paths.sort_by_key(|path| path.cubes().len());
        paths.iter().map(|path| self.joined(path)).collect()
    }

    /// The paths with all that their joins need.
    pub(super) fn closed(&self, paths: BTreeSet<JoinPath>) -> Result<BTreeSet<JoinPath>, Refusal> {
        let mut closed = BTreeSet::new();
        for path in paths {
            let starts = path.cubes().iter().scan(JoinPath::default(), |path, cube| {
                *path = path.join(cube);
                Some(path.clone())
            });
            closed.extend(starts);
        }
        let mut needed = closed.clone();
        for path in &closed {
            if let Some((from, Some(join))) = self.join(path) {
                self.needs(&join.on, &from, &mut needed)?;
            }
        }
        if needed == closed { Ok(closed) } else { self.closed(needed) }
    }

    fn join(&self, path: &JoinPath) -> Option<(JoinPath, Option<&'a semantic::model::Join>)> {
        let (to, front) = path.cubes().split_last()?;
        let from = front.last()?;
        let front = front.iter().fold(JoinPath::default(), |path, cube| path.join(cube));
        Some((front, self.model.join(from, to)))
    }

    fn joined(&self, path: &JoinPath) -> Result<String, Refusal> {
        let cube = path.last().and_then(|cube| self.model.cube(cube));
        let cube = cube.ok_or_else(|| failed(format!("there is no cube at {path}")))?;
        let table = match &cube.source {
            CubeSource::Table(table) => self.write(table, path)?,
            CubeSource::Query(query) => format!("({})", self.write(query, path)?),
        };
        let table = format!("{table} AS {}", self.alias(path));
        match self.join(path) {
            None => Ok(table),
            Some((from, Some(join))) => Ok(format!("LEFT JOIN {table} ON {}", self.write(&join.on, &from)?)),
            Some((_, None)) => Err(failed(format!("nothing joins {path}"))),
        }
    }

    /// The conditions of a measure's own filters.
    pub(super) fn own_filters(&self, measure: &Measure, at: &JoinPath) -> Result<Vec<String>, Refusal> {
        let filters = measure.filters.iter();
        filters.map(|filter| Ok(format!("({})", self.write(filter, at)?))).collect()
    }

    /// The primary key of the cube that `at` ends at.
    pub(super) fn primary_key(&self, at: &JoinPath) -> Result<Vec<String>, Refusal> {
        let cube = at.last().and_then(|cube| self.model.cube(cube));
        let keys = cube.into_iter().flat_map(Cube::primary_key);
        keys.map(|key| self.write(of_row(key)?, at)).collect()
    }
}

/// A dimension's SQL, when a row alone says its value.
pub(super) fn of_row(dimension: &Dimension) -> Result<&Template, Refusal> {
    let name = &dimension.name;
    dimension
        .row_sql()
        .ok_or_else(|| failed(format!("the dev stack does not compute {name}: a row does not say it")))
}

/// The real server's own fault.
pub(super) fn failed(text: impl std::fmt::Display) -> Refusal {
    Refusal::failed(format!("Error: {text}"))
}

fn circle() -> Refusal {
    failed("members refer to each other in a circle")
}

fn table(at: &JoinPath, cube: &std::sync::Arc<str>) -> JoinPath {
    if at.last() == Some(cube) { at.clone() } else { at.join(cube) }
}
