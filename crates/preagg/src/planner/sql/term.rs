//! Members over stored columns: as stored, or computed by the model's SQL from what is.

use std::collections::HashMap;

use semantic::{
    Measure, MeasureType, MemberName,
    template::{Piece, Template},
};

use super::{column, time};
use crate::planner::{
    member::{Definition, definition},
    question::Question,
    stored::{Stored, short},
};

/// The columns of a pre-aggregation by the members that they hold.
pub(super) struct Terms<'q> {
    question: &'q Question<'q>,
    columns: HashMap<MemberName, String>,
    times: HashMap<MemberName, (String, String)>,
    measures: HashMap<MemberName, String>,
}

impl<'q> Terms<'q> {
    pub(super) fn new(question: &'q Question<'q>, stored: &Stored<'_>) -> Self {
        let model = question.model;
        let named = |path: &String| Some((short(path)?, column(path, model)?));
        let times = stored.times.iter().filter_map(|time| {
            let (member, name) = named(&time.path)?;
            Some((member, (format!("{name}_{}", time.granularity), time.granularity.clone())))
        });
        Self {
            question,
            columns: stored.keys.iter().filter_map(named).collect(),
            times: times.collect(),
            measures: stored.measures.iter().filter_map(named).collect(),
        }
    }

    /// Dimensions, times and measures as the table has them.
    pub(super) fn stored_columns(&self, stored: &Stored<'_>) -> Vec<String> {
        let model = self.question.model;
        let mut measures: Vec<_> = stored.measures.iter().collect();
        measures.sort();
        let keys = stored.keys.iter().filter_map(|key| column(key, model));
        let times = stored
            .times
            .iter()
            .filter_map(|time| Some(format!("{}_{}", column(&time.path, model)?, time.granularity)));
        keys.chain(times).chain(measures.into_iter().filter_map(|measure| column(measure, model))).collect()
    }

    /// A dimension or segment; a time in its stored bins.
    pub(super) fn dimension(&self, member: &MemberName) -> Option<String> {
        if let Some(column) = self.columns.get(member) {
            return Some(format!("`{column}`"));
        }
        if let Some((column, _)) = self.times.get(member) {
            return Some(format!("`{column}`"));
        }
        match definition(self.question.model, member)? {
            Definition::View(shown) => self.dimension(shown.member),
            Definition::Dimension(dimension) if !dimension.sub_query => {
                self.template(dimension.formula.expression()?, &|member| self.dimension(member))
            }
            Definition::Segment(segment) => self.template(&segment.sql, &|member| self.dimension(member)),
            Definition::Dimension(_) | Definition::Measure(_) => None,
        }
    }

    /// A dimension among the outputs, where a segment is a number.
    pub(super) fn selected(&self, member: &MemberName) -> Option<String> {
        let column = self.dimension(member)?;
        let segment = definition(self.question.model, member).is_some_and(Definition::is_segment);
        Some(if segment { format!("IF({column}, 1, 0)") } else { column })
    }

    /// A time in bins.
    pub(super) fn bins(&self, member: &MemberName, bins: &str) -> Option<String> {
        let column = self.dimension(member)?;
        let stored = self.source(member).and_then(|time| self.times.get(&time));
        if stored.is_some_and(|(_, stored)| stored == bins) {
            return Some(column);
        }
        time::cut(&column, bins, member, self.question)
    }

    fn source(&self, member: &MemberName) -> Option<MemberName> {
        match definition(self.question.model, member)? {
            Definition::View(shown) => self.source(shown.member),
            _ => Some(member.clone()),
        }
    }

    pub(super) fn measure(&self, member: &MemberName) -> Option<String> {
        let definition = definition(self.question.model, member)?;
        if let Some(column) = self.measures.get(member) {
            let Definition::Measure(measure) = definition else { return None };
            return Some(if self.question.ask.ungrouped {
                format!("`{column}`")
            } else {
                aggregated(measure, column)
            });
        }
        match definition {
            Definition::View(shown) => self.measure(shown.member),
            Definition::Measure(measure) if measure.kind.is_calculated() => {
                self.template(measure.sql.as_ref()?, &|member| self.measure(member))
            }
            _ => None,
        }
    }

    /// SQL over other members; what names its cube's own columns is nothing that is stored.
    fn template(&self, sql: &Template, of: &dyn Fn(&MemberName) -> Option<String>) -> Option<String> {
        sql.members().next()?;
        let pieces = sql.pieces.iter().map(|piece| match piece {
            Piece::Text(text) => Some(text.clone()),
            Piece::Member { member, .. } => of(member),
            Piece::Table(_) | Piece::Source(_) | Piece::Context(_) => None,
        });
        pieces.collect()
    }
}

// What does not add up is read in groups of one row: the sum of one value is the value.
fn aggregated(measure: &Measure, column: &str) -> String {
    match measure.kind {
        MeasureType::Min => format!("min(`{column}`)"),
        MeasureType::Max => format!("max(`{column}`)"),
        MeasureType::CountDistinctApprox => format!("cardinality(merge(`{column}`))"),
        _ => format!("sum(`{column}`)"),
    }
}
