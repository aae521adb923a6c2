//! One measure whose values depend on other rows than those of their group: what its own leaf reads, and which of the
//! leaf's groups belong to a group of the query.

use chrono_tz::Tz;
use semantic::{
    ArrowType, ColumnKind, Filter, Granularity, Measure, MeasureType, MemberName, Model, Output,
    SemanticQuery, Table,
    model::{Direction, Reference, RollingWindow, Stages, TimeShift, WindowBounds},
    template::{Piece, Template},
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
    /// All that are equal in these keys; each keeps a value of its own.
    Alike { by: Vec<&'a Output>, over: Over },
    /// Those of finer groups, by these keys too, put together as a measure of this type.
    Finer { by: Vec<Output>, over: MeasureType },
}

/// What a group's value is among others.
pub(super) enum Over {
    /// Their sum, the group's own value with it.
    Sum,
    /// Its place in the order of their values.
    Rank { descending: bool },
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
        let Measure { sql, case, filters, stages, kind, .. } = self.definition;
        let Stages { multi_stage: _, group_by, reduce_by, add_group_by, order_by, time_shift } = stages;
        let computed = match (sql, kind, order_by.as_slice()) {
            (None, MeasureType::Rank, [key]) => Some(&key.sql),
            (Some(sql), _, []) => Some(sql),
            _ => None,
        };
        let base = computed.and_then(|sql| self.base(sql));
        let (Some((read, of_base)), None, []) = (base, case, filters.as_slice()) else {
            return Err(self.other());
        };
        let keys = (group_by, reduce_by, add_group_by);
        let how = match (keys, time_shift.as_slice(), kind) {
            ((Some(_), None, None) | (None, Some(_), None), [], MeasureType::Sum) => {
                How::Alike { by: self.alike()?, over: Over::Sum }
            }
            ((_, _, None), [], MeasureType::Rank) if self.has_order(&read) => {
                let descending = order_by.iter().any(|key| key.dir == Some(Direction::Desc));
                How::Alike { by: self.alike()?, over: Over::Rank { descending } }
            }
            ((None, None, None), [shift], MeasureType::Number) => {
                let along = along.as_ref().map_err(Clone::clone)?.as_ref();
                self.shifted(shift, of_base, along.ok_or(NotExpanded::Range)?)?
            }
            ((None, None, Some(added)), [], over) if self.has_order(&read) && self.is_put_together() => {
                How::Finer { by: self.finer(added)?, over: *over }
            }
            _ => return Err(self.other()),
        };
        Ok(Part { measure: self.measure, read, kind: of_base, how })
    }

    fn other(&self) -> NotExpanded {
        NotExpanded::NotAdditive(self.measure.clone())
    }

    /// The one measure that a text consists of, as callers see it, if that is over the rows of its group.
    fn base(&self, sql: &Template) -> Option<(MemberName, MeasureType)> {
        let is_blank = |piece: &&Piece| matches!(piece, Piece::Text(text) if text.trim().is_empty());
        let pieces: Vec<_> = sql.pieces.iter().filter(|piece| !is_blank(piece)).collect();
        let [Piece::Member { path, member }] = pieces.as_slice() else { return None };
        let base = self.source.named(path, member);
        let table = self.model.table(self.measure.table())?;
        let column = table.columns().iter().find(|column| column.source == base)?;
        let kind = self.model.measure(member)?.kind;
        (column.is_measure() && !base.is_contextual(self.model)).then(|| (column.member.clone(), kind))
    }

    // Texts are ordered by the collation of wherever that is done.
    fn has_order(&self, measure: &MemberName) -> bool {
        let column = self.model.column(measure);
        column.is_some_and(|column| !matches!(column.data_type, ArrowType::Utf8 | ArrowType::Boolean))
    }

    /// Means are computed in floating point.
    fn is_put_together(&self) -> bool {
        let column = self.model.column(self.measure);
        match self.definition.kind {
            MeasureType::Sum | MeasureType::Min | MeasureType::Max => true,
            MeasureType::Avg => column.is_some_and(|column| column.data_type == ArrowType::Float64),
            _ => false,
        }
    }

    /// The keys that are not those of the query already, as callers see them.
    fn finer(&self, added: &[Reference]) -> Result<Vec<Output>> {
        let columns = self.model.table(self.measure.table()).map(Table::columns).unwrap_or_default();
        let mut finer = Vec::new();
        for key in added {
            let source = self.source.named(&key.path, &key.member);
            let column = columns.iter().find(|column| column.source == source);
            let column = column.filter(|column| matches!(column.kind, ColumnKind::Dimension(_)));
            let key = Output::Dimension(column.ok_or_else(|| self.other())?.member.clone());
            if !self.query.outputs.contains(&key) {
                finer.push(key);
            }
        }
        Ok(finer)
    }

    /// The keys that all groups of one value are equal in: those of `group_by`, but for those of `reduce_by`.
    fn alike(&self) -> Result<Vec<&'a Output>> {
        let reached = |listed: &Vec<Reference>| -> Vec<_> {
            listed.iter().map(|key| self.source.named(&key.path, &key.member)).collect()
        };
        let Stages { group_by, reduce_by, .. } = &self.definition.stages;
        let (kept, left) = (group_by.as_ref().map(reached), reduce_by.as_ref().map(reached));
        let mut alike = Vec::new();
        for key in self.query.keys() {
            let source = &self.model.column(key.member()).ok_or_else(|| self.other())?.source;
            let is_kept = kept.as_ref().is_none_or(|kept| kept.contains(source));
            if is_kept && !left.as_ref().is_some_and(|left| left.contains(source)) {
                alike.push(key);
            }
        }
        Ok(alike)
    }

    /// The bins of another time. Where clocks change, Cube shifts moments, and bins show wall clocks.
    fn shifted(&self, shift: &TimeShift, kind: MeasureType, along: &Along<'_>) -> Result<How<'a>> {
        let time = self.model.column(along.time).map(|column| &column.source);
        let is_named = match &shift.time_dimension {
            Some(named) => time == Some(&self.source.named(&named.path, &named.member)),
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
