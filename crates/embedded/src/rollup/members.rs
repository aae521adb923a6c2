//! Members as SQL over the joined source tables.

use semantic::{
    Cube, JoinPath, Measure, MeasureType, MemberName, Model,
    template::{Piece, Template},
};

use super::{CannotBuild, joins::Joins};

/// No honest member refers to members this deep.
const DEEPEST: usize = 64;

/// Writes members, and remembers the joins that they need.
pub(super) struct Members<'a> {
    pub(super) model: &'a Model,
    pub(super) joins: Joins,
    depth: usize,
}

impl<'a> Members<'a> {
    pub(super) fn new(model: &'a Model) -> Self {
        Self { model, joins: Joins::default(), depth: 0 }
    }

    /// A template of the cube that `at` ends at.
    pub(super) fn expression(&mut self, sql: &Template, at: &JoinPath) -> Result<String, CannotBuild> {
        sql.pieces.iter().map(|piece| self.piece(piece, at)).collect()
    }

    fn piece(&mut self, piece: &Piece, at: &JoinPath) -> Result<String, CannotBuild> {
        match piece {
            Piece::Text(text) => Ok(text.clone()),
            Piece::Table(cube) if at.last() == Some(cube) => Ok(self.joins.alias(at)),
            Piece::Table(cube) => Ok(self.joins.alias(&at.join(cube))),
            Piece::Member { path, member } => self.member(member, &at.then(path)),
            Piece::Source(cube) => Err(CannotBuild::Source(cube.to_string())),
            Piece::Context(word) => Err(CannotBuild::Context(word.clone())),
        }
    }

    /// A dimension, a segment, or a measure as aggregate, of the cube that `at` ends at.
    pub(super) fn member(&mut self, member: &MemberName, at: &JoinPath) -> Result<String, CannotBuild> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(CannotBuild::Endless(member.to_string()));
        }
        let staged = || CannotBuild::Staged(member.to_string());
        let dimension = self.model.dimension(member);
        let row_sql = dimension.map(|dimension| dimension.row_sql().ok_or_else(staged)).transpose()?;
        let row_sql = row_sql.or_else(|| self.model.segment(member).map(|s| &s.sql));
        let sql = match (row_sql, self.model.measure(member)) {
            (Some(sql), _) => Ok(format!("({})", self.expression(sql, at)?)),
            (None, Some(measure)) => self.aggregate(measure, at),
            (None, None) => Err(CannotBuild::NoMember(member.to_string())),
        };
        self.depth -= 1;
        sql
    }

    /// A measure over the joined rows.
    pub(super) fn aggregate(&mut self, measure: &Measure, at: &JoinPath) -> Result<String, CannotBuild> {
        computable(measure)?;
        if measure.kind.is_calculated() {
            let sql = measure.sql.as_ref().ok_or_else(|| CannotBuild::NoMember(measure.name.to_string()))?;
            return Ok(format!("({})", self.expression(sql, at)?));
        }
        let value = self.value(measure, at)?;
        Ok(aggregate_of(measure.kind, &value))
    }

    /// What one row adds to a measure.
    pub(super) fn value(&mut self, measure: &Measure, at: &JoinPath) -> Result<String, CannotBuild> {
        let value = match &measure.sql {
            Some(sql) => self.expression(sql, at)?,
            None => self.presence(at)?,
        };
        if measure.filters.is_empty() {
            return Ok(value);
        }
        let filters: Result<Vec<_>, _> = measure.filters.iter().map(|sql| self.expression(sql, at)).collect();
        Ok(format!("CASE WHEN ({}) THEN {value} END", filters?.join(") AND (")))
    }

    // A LEFT JOIN that found nothing shows as NULL in the key, and such a row is not counted.
    fn presence(&mut self, at: &JoinPath) -> Result<String, CannotBuild> {
        let keys = self.primary_key(at)?;
        if keys.is_empty() {
            return Ok("1".to_owned());
        }
        Ok(format!("CASE WHEN {} IS NOT NULL THEN 1 END", keys.join(" IS NOT NULL AND ")))
    }

    /// The primary key of the cube that `at` ends at; empty when it has none.
    pub(super) fn primary_key(&mut self, at: &JoinPath) -> Result<Vec<String>, CannotBuild> {
        let cube = at.last().and_then(|cube| self.model.cube(cube));
        let keys = cube.into_iter().flat_map(Cube::primary_key);
        keys.map(|key| self.member(&key.name, at)).collect()
    }
}

/// Refuses what needs rows of other groups. Of a measure with a rolling window, each group's own rows are kept.
pub(super) fn computable(measure: &Measure) -> Result<(), CannotBuild> {
    if measure.is_multi_stage() || measure.kind == MeasureType::NumberAgg {
        return Err(CannotBuild::Staged(measure.name.to_string()));
    }
    Ok(())
}

/// The aggregate function of a measure that is no calculation.
pub(super) fn aggregate_of(kind: MeasureType, value: &str) -> String {
    match kind {
        MeasureType::Count => format!("COUNT({value})"),
        MeasureType::CountDistinct => format!("COUNT(DISTINCT {value})"),
        MeasureType::CountDistinctApprox => format!("hll_sketch({value})"),
        MeasureType::Avg => format!("AVG(CAST({value} AS DOUBLE))"),
        MeasureType::Min => format!("MIN({value})"),
        MeasureType::Max => format!("MAX({value})"),
        MeasureType::Sum
        | MeasureType::Number
        | MeasureType::NumberAgg
        | MeasureType::Rank
        | MeasureType::RunningTotal
        | MeasureType::String
        | MeasureType::Time
        | MeasureType::Boolean => format!("SUM({value})"),
    }
}
