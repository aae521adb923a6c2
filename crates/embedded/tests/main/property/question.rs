//! A query from a seed: members that one rollup stores, sometimes one more.

use chrono_tz::Tz;
use fastrand::Rng;
use semantic::{
    Column, ColumnKind, CompareOp, DimensionType, Filter, Granularity, Grouping, Like, Model, Output,
    PreAggregation, SemanticQuery, Value,
    granularity::parse_iso,
    model::{Bins, Grain, Reference, StoredTime, Table},
};

/// Coarser ones are asked more often than finer ones.
const GRAINS: [Granularity; 7] = [
    Granularity::Hour,
    Granularity::Day,
    Granularity::Week,
    Granularity::Month,
    Granularity::Month,
    Granularity::Quarter,
    Granularity::Year,
];

struct Draft<'a> {
    rollup: &'a PreAggregation,
    table: &'a Table,
    model: &'a Model,
    rng: &'a mut Rng,
    /// Keys that have one value instead of a column.
    fixed: Vec<&'a Column>,
}

/// A query that `rollup` answers, or nearly.
pub(super) fn of(rollup: &PreAggregation, model: &Model, zone: Tz, rng: &mut Rng) -> SemanticQuery {
    let name = rollup.cube();
    let on_root = rollup.references().all(|reference| reference.path.cubes().len() == 1);
    let view = format!("all_{name}");
    let table = if on_root && rng.bool() { name } else { &view };
    let table = model.table(table).expect("a view for every cube");
    Draft { rollup, table, model, rng, fixed: Vec::new() }.query(zone)
}

impl<'a> Draft<'a> {
    fn query(mut self, zone: Tz) -> SemanticQuery {
        // Values that do not add up are read at the exact grain alone.
        let exact = self.rng.u8(..5) < 2;
        let mut outputs = self.keys(exact);
        let measures = self.measures(exact);
        outputs.extend(measures);
        let mut query = SemanticQuery::grouped(outputs, zone);
        query.filter = self.filter();
        if self.rng.u8(..8) == 0 {
            query.grouping = Grouping::Ungrouped;
            return query;
        }
        query.having = self.having(&query);
        query
    }

    fn keys(&mut self, exact: bool) -> Vec<Output> {
        let dimensions = self.rollup.dimensions.clone();
        let mut keys = Vec::new();
        for reference in dimensions {
            let column = self.column(&reference);
            if exact && self.rng.u8(..5) == 0 {
                self.fixed.push(column);
            } else if exact && self.rng.u8(..20) > 0 || self.rng.bool() {
                keys.push(Output::Dimension(column.member.clone()));
            }
        }
        for StoredTime { dimension: time, granularity: stored, .. } in &self.rollup.time_dimensions {
            // Now and then one key less than the exact grain has.
            if exact && self.rng.u8(..10) > 0 || self.rng.bool() {
                let as_stored = exact && self.rng.u8(..6) > 0;
                let grain = if as_stored { stored.clone() } else { self.coarser(time, stored) };
                let member = self.column(time).member.clone();
                keys.push(match grain {
                    Grain::Standard(granularity) => Output::Time(member, granularity),
                    Grain::Custom(name) => Output::Custom(member, name),
                });
            }
        }
        if self.rng.u8(..12) == 0 {
            let others: Vec<_> = self
                .columns(|c| matches!(c.kind, ColumnKind::Dimension(kind) if kind != DimensionType::Time));
            let other =
                Output::Dimension(self.rng.choice(others).expect("there are dimensions").member.clone());
            keys.extend((!keys.contains(&other)).then_some(other));
        }
        keys
    }

    fn coarser(&mut self, time: &Reference, stored: &Grain) -> Grain {
        let own = self.column(time).granularities.iter().cloned().map(Grain::Custom);
        let all: Vec<_> = match self.rng.u8(..3) {
            0 => own.collect(),
            _ => GRAINS.into_iter().map(Grain::Standard).collect(),
        };
        let bins = |grain: &Grain| time.bins(grain, self.model).expect("bins that are known");
        let finer = bins(stored);
        let fitting: Vec<_> = all.iter().filter(|grain| bins(grain).is_made_of(finer)).cloned().collect();
        let all = if fitting.is_empty() || self.rng.u8(..12) == 0 { all } else { fitting };
        self.rng.choice(all).expect("there are grains")
    }

    fn measures(&mut self, exact: bool) -> Vec<Output> {
        let stored = self.rollup.measures.clone();
        let adds_up = |reference: &Reference| match self.column(reference).kind {
            ColumnKind::Measure(kind) => kind.is_additive(),
            ColumnKind::Dimension(_) | ColumnKind::Segment => false,
        };
        let fitting: Vec<_> = stored.iter().filter(|measure| exact || adds_up(measure)).collect();
        let mut some: Vec<_> = fitting.into_iter().filter(|_| self.rng.u8(..3) > 0).collect();
        if some.is_empty() {
            some.push(&stored[0]);
        }
        let mut outputs: Vec<_> =
            some.into_iter().map(|m| Output::Measure(self.column(m).member.clone())).collect();
        // Calculated ones whose parts are stored.
        for (name, parts) in [("ratio", ["total", "count"]), ("spread", ["hi", "lo"])] {
            let holds = |part: &&str| stored.iter().any(|stored| stored.member.member() == *part);
            let columns = self.columns(|column| column.source.member.member() == name);
            if let Some(column) = columns.first().filter(|_| parts.iter().all(holds)) {
                let output = Output::Measure(column.member.clone());
                outputs.extend((!outputs.contains(&output) && self.rng.bool()).then_some(output));
            }
        }
        if self.rng.u8(..6) == 0 {
            let others = self.columns(Column::is_measure);
            let other = Output::Measure(self.rng.choice(others).expect("there are measures").member.clone());
            outputs.extend((!outputs.contains(&other)).then_some(other));
        }
        outputs
    }

    fn filter(&mut self) -> Filter {
        let mut parts = Vec::new();
        for column in std::mem::take(&mut self.fixed) {
            let (member, value) = (column.member.clone(), value_of(column, self.rng));
            parts.push(Filter::Compare { member, op: CompareOp::Eq, value });
        }
        for _ in 0..self.rng.u8(..2) {
            parts.extend(self.predicate());
        }
        if self.rng.u8(..5) == 0 {
            let either: Vec<_> = [self.predicate(), self.predicate()].into_iter().flatten().collect();
            parts.extend((!either.is_empty()).then(|| Filter::any(either)));
        }
        for segment in self.rollup.segments.clone() {
            if self.rng.u8(..3) > 0 {
                parts.push(Filter::Segment { member: self.column(&segment).member.clone(), holds: true });
            }
        }
        // Partitioned tables hold no rows without a time, so most questions name a range.
        for StoredTime { dimension: time, granularity, .. } in &self.rollup.time_dimensions {
            if self.rng.u8(..3) > 0 {
                parts.push(self.range(time, granularity));
            }
        }
        Filter::all(parts)
    }

    fn range(&mut self, time: &Reference, stored: &Grain) -> Filter {
        let member = self.column(time).member.clone();
        let bins = match stored {
            Grain::Standard(Granularity::Hour) => Bins::of(Granularity::Day),
            stored => time.bins(stored, self.model).expect("bins that are known"),
        };
        let mut bound = |days: std::ops::Range<i64>| {
            let at = parse_iso("2024-01-01").expect("a date") + self.rng.i64(days) * 86_400_000;
            // Now and then a bound cuts through a bin.
            if self.rng.u8(..15) == 0 { Some(at) } else { bins.floor(at) }
        };
        let (mut from, mut to) = (bound(-20..150), bound(150..400));
        match self.rng.u8(..5) {
            0 => from = None,
            1 => to = None,
            _ => {}
        }
        Filter::During { member, from, to }
    }

    fn predicate(&mut self) -> Option<Filter> {
        let stored = self.rollup.dimensions.clone();
        let mut columns: Vec<_> = stored.iter().map(|reference| self.column(reference)).collect();
        if columns.is_empty() || self.rng.u8(..20) == 0 {
            columns = self
                .columns(|c| matches!(c.kind, ColumnKind::Dimension(kind) if kind != DimensionType::Time));
        }
        let column = self.rng.choice(columns)?;
        let member = column.member.clone();
        let value = |rng: &mut Rng| value_of(column, rng);
        let is_text = matches!(column.kind, ColumnKind::Dimension(DimensionType::String));
        Some(match self.rng.u8(..8) {
            0 => Filter::Null { member, negated: self.rng.bool() },
            1 => Filter::Compare { member, op: CompareOp::Ne, value: value(self.rng) },
            2 | 3 => {
                let values = (0..self.rng.u8(1..4)).map(|_| value(self.rng)).collect();
                Filter::In { member, values, negated: self.rng.bool() }
            }
            4 if is_text => {
                let like = Like { pattern: "%o%".into(), escape: '\\', case_insensitive: true };
                Filter::Like { member, like, negated: self.rng.bool() }
            }
            5 if !is_text => {
                let op = *self.rng.choice(&[CompareOp::Lt, CompareOp::Ge, CompareOp::Gt]).expect("three");
                Filter::Compare { member, op, value: value(self.rng) }
            }
            _ => Filter::Compare { member, op: CompareOp::Eq, value: value(self.rng) },
        })
    }

    fn having(&mut self, query: &SemanticQuery) -> Filter {
        let measures: Vec<_> = query.measures().cloned().collect();
        if query.keys().next().is_none() || self.rng.u8(..6) > 0 {
            return Filter::always();
        }
        let member = self.rng.choice(measures).expect("every query has measures");
        Filter::Compare { member, op: CompareOp::Gt, value: Value::Int(self.rng.i64(0..6)) }
    }

    /// The column that shows a stored member.
    fn column(&self, reference: &Reference) -> &'a Column {
        let column = self.table.columns().iter().find(|column| column.source == *reference);
        column.unwrap_or_else(|| panic!("{} has no {reference}", self.table.name))
    }

    fn columns(&self, fits: impl Fn(&Column) -> bool) -> Vec<&'a Column> {
        self.table.columns().iter().filter(|column| fits(column)).collect()
    }
}

fn value_of(column: &Column, rng: &mut Rng) -> Value {
    match column.kind {
        ColumnKind::Dimension(DimensionType::Number) => Value::Int(rng.i64(0..50)),
        _ => Value::Text((*rng.choice(words_of(column)).expect("there are words")).into()),
    }
}

/// Values that a column has, and one that it has not.
fn words_of(column: &Column) -> &'static [&'static str] {
    match column.source.member.member() {
        "status" => &["new", "paid", "sent", "lost"],
        "city" => &["Oslo", "Bonn", "Rom", "O'Hare", "oslo"],
        "loud_city" => &["OSLO", "BONN", "O'HARE", "Rom"],
        "country" => &["NO", "DE", "IT", ""],
        _ => &["hat", "cap", "bag", "%"],
    }
}
