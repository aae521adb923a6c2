//! One measure whose values depend on other rows than those of their group: what its own leaf reads, and which of the
//! leaf's groups belong to a group of the query.

use chrono_tz::Tz;
use semantic::{
    Filter, Granularity, Measure, MeasureType, MemberName, Model, Output, SemanticQuery,
    model::{JoinPath, Reference, RollingWindow, Stages, TimeShift, WindowBounds},
    template::Piece,
};

use super::{NotExpanded, along::Along};

type Result<T> = std::result::Result<T, NotExpanded>;

/// A measure with a leaf of its own.
pub(super) struct Part<'a> {
    pub(super) measure: &'a MemberName,
    /// What the leaf reads.
    pub(super) read: MemberName,
    /// The type of what the leaf reads.
    pub(super) kind: MeasureType,
    pub(super) how: How<'a>,
}

/// Which groups of the leaf belong to a group of the query.
pub(super) enum How<'a> {
    /// The same.
    Whole,
    /// Those in some of the finer bins.
    Bins {
        grain: Granularity,
        /// By bin of the query.
        bounds: Vec<WindowBounds>,
        /// The group is there without any.
        everywhere: bool,
    },
    /// All that are equal in these keys.
    Alike(Vec<&'a Output>),
}

impl<'a> Part<'a> {
    /// `None` for a measure over the rows of its group.
    pub(super) fn of(
        measure: &'a MemberName,
        query: &'a SemanticQuery,
        along: &Result<Option<Along<'a>>>,
        model: &Model,
    ) -> Result<Option<Self>> {
        let source = model.column(measure).map(|column| &column.source);
        let Some(source) = source.filter(|source| source.is_contextual(model)) else { return Ok(None) };
        let other = || NotExpanded::NotAdditive(measure.clone());
        let definition = model.measure(&source.member).ok_or_else(other)?;
        if definition.is_multi_stage() {
            return Staged { measure, source, definition, query, model }.part(along).map(Some);
        }
        let window = definition.window().ok_or_else(other)?;
        let kind = definition.kind;
        if !adds_up(kind) {
            return Err(other());
        }
        let how = match along.as_ref().map_err(Clone::clone)? {
            None => How::Whole,
            Some(along) => windows(measure, &window, along)?,
        };
        Ok(Some(Self { measure, read: measure.clone(), kind, how }))
    }

    /// True when the leaf is asked for a rolling measure as it is over the rows of a group.
    pub(super) fn is_unrolled(&self) -> bool {
        *self.measure == self.read
    }

    /// What all groups that belong to one of the query lie in.
    pub(super) fn range(&self, time: &MemberName) -> Option<Filter> {
        let How::Bins { bounds, .. } = &self.how else { return None };
        if bounds.is_empty() {
            return Some(Filter::never());
        }
        let from: Option<Vec<_>> = bounds.iter().map(|bounds| bounds.from).collect();
        let to: Option<Vec<_>> = bounds.iter().map(|bounds| bounds.to).collect();
        let from = from.and_then(|from| from.into_iter().min());
        let to = to.and_then(|to| to.into_iter().max());
        let bounded = from.is_some() || to.is_some();
        bounded.then(|| Filter::During { member: time.clone(), from, to })
    }
}

// Sketches are numbers above a leaf.
fn adds_up(kind: MeasureType) -> bool {
    kind.is_additive() && kind != MeasureType::CountDistinctApprox
}

fn windows<'a>(measure: &MemberName, window: &RollingWindow, along: &Along<'_>) -> Result<How<'a>> {
    let grain = window.grain(along.bin).ok_or_else(|| NotExpanded::Grain(measure.clone()))?;
    let bounds = along.bins.iter().map(|start| window.bounds(along.bin, *start, grain));
    let bounds = bounds.collect::<Option<_>>().ok_or(NotExpanded::Calendar)?;
    Ok(How::Bins { grain, bounds, everywhere: true })
}

/// A measure that is computed from the groups of another query.
struct Staged<'a, 'm> {
    measure: &'a MemberName,
    source: &'m Reference,
    definition: &'m Measure,
    query: &'a SemanticQuery,
    model: &'m Model,
}

impl<'a> Staged<'a, '_> {
    fn part(&self, along: &Result<Option<Along<'a>>>) -> Result<Part<'a>> {
        let (read, kind) = self.base().ok_or_else(|| self.other())?;
        let Stages { multi_stage: _, group_by, reduce_by, add_group_by, order_by, time_shift } =
            &self.definition.stages;
        if add_group_by.is_some() || !order_by.is_empty() {
            return Err(self.other());
        }
        let how = match (group_by, reduce_by, time_shift.as_slice(), self.definition.kind) {
            (Some(kept), None, [], MeasureType::Sum) => self.alike(kept, true)?,
            (None, Some(left), [], MeasureType::Sum) => self.alike(left, false)?,
            (None, None, [shift], MeasureType::Number) => {
                let along = along.as_ref().map_err(Clone::clone)?.as_ref();
                self.shifted(shift, kind, along.ok_or(NotExpanded::Range)?)?
            }
            _ => return Err(self.other()),
        };
        Ok(Part { measure: self.measure, read, kind, how })
    }

    fn other(&self) -> NotExpanded {
        NotExpanded::NotAdditive(self.measure.clone())
    }

    /// The one measure that it is made of, as callers see it, if that is over the rows of its group.
    fn base(&self) -> Option<(MemberName, MeasureType)> {
        let Measure { sql, case, filters, .. } = self.definition;
        let pieces = sql.iter().flat_map(|sql| &sql.pieces);
        let is_blank = |piece: &&Piece| matches!(piece, Piece::Text(text) if text.trim().is_empty());
        let pieces: Vec<_> = pieces.filter(|piece| !is_blank(piece)).collect();
        let ([Piece::Member { path, member }], None, []) = (pieces.as_slice(), case, filters.as_slice())
        else {
            return None;
        };
        let base = self.reached(path, member);
        let table = self.model.table(self.measure.table())?;
        let column = table.columns().iter().find(|column| column.source == base)?;
        let kind = self.model.measure(member)?.kind;
        (column.is_measure() && !base.is_contextual(self.model)).then(|| (column.member.clone(), kind))
    }

    /// What the measure's SQL names, seen from where the query begins.
    fn reached(&self, path: &JoinPath, member: &MemberName) -> Reference {
        let way = path.cubes().iter().skip(1).fold(self.source.path.clone(), |way, cube| way.join(cube));
        Reference::new(way, member.clone())
    }

    /// Sums over the groups that are equal in the keys that are listed, or in the others.
    fn alike(&self, listed: &[Reference], keep: bool) -> Result<How<'a>> {
        let listed: Vec<_> = listed.iter().map(|key| self.reached(&key.path, &key.member)).collect();
        let mut kept = Vec::new();
        for key in self.query.keys() {
            let column = self.model.column(key.member()).ok_or_else(|| self.other())?;
            if listed.contains(&column.source) == keep {
                kept.push(key);
            }
        }
        Ok(How::Alike(kept))
    }

    /// The bins of another time. Where clocks change, Cube shifts moments, and bins show wall clocks.
    fn shifted(&self, shift: &TimeShift, kind: MeasureType, along: &Along<'_>) -> Result<How<'a>> {
        let time = self.model.column(along.time).map(|column| &column.source);
        let is_named = match &shift.time_dimension {
            Some(named) => time == Some(&self.reached(&named.path, &named.member)),
            None => !self.tests_other_times(along),
        };
        if !is_named || shift.name.is_some() || !matches!(self.query.zone, Tz::UTC | Tz::Etc__UTC) {
            return Err(self.other());
        }
        let source = |at: i64| shift.source_of(at).ok_or_else(|| NotExpanded::Grain(self.measure.clone()));
        let mut bounds = Vec::with_capacity(along.bins.len());
        for start in &along.bins {
            let next = along.bin.next(*start).ok_or(NotExpanded::Calendar)?;
            let (from, to) = (source(along.from.max(*start))?, source(along.to.min(next))?);
            bounds.push(WindowBounds { from: Some(from), to: Some(to) });
        }
        let grain = grain(along.bin, &bounds).ok_or_else(|| NotExpanded::Grain(self.measure.clone()))?;
        let is_one = |bounds: &WindowBounds| bounds.from.and_then(|from| grain.next(from)) == bounds.to;
        if !adds_up(kind) && !bounds.iter().all(is_one) {
            return Err(self.other());
        }
        Ok(How::Bins { grain, bounds, everywhere: false })
    }

    fn tests_other_times(&self, along: &Along<'_>) -> bool {
        let mut others = false;
        self.query.filter.members(&mut |member| {
            let is_time = self.model.column(member).is_some_and(|column| column.data_type.is_time());
            others |= is_time && member != along.time;
        });
        others
    }
}

/// The coarsest bins that all bounds are bounds of.
fn grain(bin: Granularity, bounds: &[WindowBounds]) -> Option<Granularity> {
    use Granularity::{Day, Hour, Minute, Month, Second};
    let starts = |grain: Granularity, at: Option<i64>| at.is_none_or(|at| grain.starts_at(at));
    let fits = |grain: &Granularity| bounds.iter().all(|b| starts(*grain, b.from) && starts(*grain, b.to));
    [bin, Month, Day, Hour, Minute, Second].into_iter().find(|grain| bin.is_made_of(*grain) && fits(grain))
}
