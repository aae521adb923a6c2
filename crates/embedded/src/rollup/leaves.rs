//! The measures of a rollup as formulas over those that are aggregated from rows.

use semantic::{JoinPath, Measure, MeasureType, MemberName, Model, template::Piece};

use super::{
    CannotBuild,
    members::{Members, computable},
};

/// A measure that is aggregated from rows. Its result is called `m0`, `m1`, ... by its place among the leaves.
pub(super) struct Leaf<'a> {
    pub(super) measure: &'a Measure,
    pub(super) at: JoinPath,
}

/// The leaves that formulas named so far.
#[derive(Default)]
pub(super) struct Leaves<'a>(pub(super) Vec<Leaf<'a>>);

impl<'a> Leaves<'a> {
    /// A measure over leaves.
    pub(super) fn formula(
        &mut self,
        name: &MemberName,
        at: &JoinPath,
        model: &'a Model,
    ) -> Result<String, CannotBuild> {
        let measure = model.measure(name).ok_or_else(|| CannotBuild::NoMember(name.to_string()))?;
        computable(measure)?;
        if !measure.kind.is_calculated() || aggregates_itself(measure, model) {
            return Ok(self.leaf(measure, at));
        }
        let pieces = measure.sql.iter().flat_map(|sql| &sql.pieces);
        let parts: Result<Vec<_>, _> = pieces.map(|piece| self.piece(piece, at, model)).collect();
        Ok(format!("({})", parts?.concat()))
    }

    fn piece(&mut self, piece: &Piece, at: &JoinPath, model: &'a Model) -> Result<String, CannotBuild> {
        match piece {
            Piece::Text(text) => Ok(text.clone()),
            // The value of a window is not known from the rows of a group.
            Piece::Member { member, .. } if model.measure(member).is_some_and(Measure::is_rolling) => {
                Err(CannotBuild::Staged(member.to_string()))
            }
            Piece::Member { path, member } => self.formula(member, &at.then(path), model),
            Piece::Table(cube) | Piece::Source(cube) => Err(CannotBuild::NoMember(cube.to_string())),
            Piece::Context(word) => Err(CannotBuild::Context(word.clone())),
        }
    }

    fn leaf(&mut self, measure: &'a Measure, at: &JoinPath) -> String {
        let known = self.0.iter().position(|leaf| leaf.measure.name == measure.name && leaf.at == *at);
        let index = known.unwrap_or(self.0.len());
        if known.is_none() {
            self.0.push(Leaf { measure, at: at.clone() });
        }
        format!("m{index}")
    }
}

impl Leaf<'_> {
    /// What one row adds; for a calculation with aggregate functions of its own, the whole of it.
    pub(super) fn value(&self, members: &mut Members<'_>) -> Result<String, CannotBuild> {
        match self.measure.kind.is_calculated() {
            true => members.aggregate(self.measure, &self.at),
            false => members.value(self.measure, &self.at),
        }
    }

    /// True when the joins repeat the leaf's rows and its value would change by that.
    pub(super) fn is_repeated(&self, members: &Members<'_>) -> bool {
        minds_repetition(self.measure.kind) && members.joins.repeat(&self.at, members.model)
    }
}

/// True for a calculation over columns or dimensions: it holds its own aggregate functions.
fn aggregates_itself(measure: &Measure, model: &Model) -> bool {
    measure.sql.iter().flat_map(|sql| &sql.pieces).any(|piece| match piece {
        Piece::Table(_) => true,
        Piece::Member { member, .. } => model.measure(member).is_none(),
        Piece::Text(_) | Piece::Source(_) | Piece::Context(_) => false,
    })
}

/// A sum or count goes wrong over repeated rows; a minimum, maximum or distinct count does not.
fn minds_repetition(kind: MeasureType) -> bool {
    match kind {
        MeasureType::Min
        | MeasureType::Max
        | MeasureType::CountDistinct
        | MeasureType::CountDistinctApprox => false,
        MeasureType::Count
        | MeasureType::Sum
        | MeasureType::Avg
        | MeasureType::Number
        | MeasureType::NumberAgg
        | MeasureType::Rank
        | MeasureType::RunningTotal
        | MeasureType::String
        | MeasureType::Time
        | MeasureType::Boolean => true,
    }
}
