//! The rules of covering: values that are added up to coarser groups, or groups that are stored rows.

use semantic::{
    MemberName,
    model::{JoinPath, Reference},
};

use super::{
    Dates, Policy, grains,
    member::{Definition, definition},
    question::{Key, Question, Rows, Time, tests},
    stored::{Stored, StoredBins, short},
};
use crate::refusal::Refusal;

/// `Ok` when the pre-aggregation answers the query, else everything that is in the way of the closer of two ways.
pub(super) fn check(
    question: &Question<'_>,
    stored: &Stored<'_>,
    policy: Policy,
) -> Result<(), Vec<Refusal>> {
    let strictly = policy.dates == Dates::Strict;
    let pair = Pair { question, stored, strict: strictly || !stored.non_strict };
    let may_add_up = pair.may_add_up();
    let fits = (may_add_up && pair.adds_up()) || pair.is_exact();
    let mut reasons = if strictly { pair.inexact() } else { Vec::new() };
    if fits && reasons.is_empty() {
        return Ok(());
    }
    if !fits {
        reasons.extend(if may_add_up { pair.not_added_up() } else { pair.not_exact() });
    }
    if reasons.is_empty() {
        reasons.push(Refusal::Spelling);
    }
    Err(reasons)
}

struct Pair<'q> {
    question: &'q Question<'q>,
    stored: &'q Stored<'q>,
    /// True when ranges must fall on stored bins.
    strict: bool,
}

/// Whether names are looked up as the query says them, or as the members that they are computed from.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Names {
    Asked,
    Owned,
}

impl Pair<'_> {
    fn may_add_up(&self) -> bool {
        let question = self.question;
        let adds_up = question.leaves_add_up && question.multiplied.is_none() && !question.multi_stage;
        adds_up || question.rows.is_some()
    }

    fn adds_up(&self) -> bool {
        let holds = |names| self.holds_keys(names) && self.holds_times(names);
        self.multiplied().is_none()
            && self.question.rows.as_ref().is_none_or(|rows| self.tells_rows_apart(rows))
            && self.holds_window()
            && (self.holds_leaves() || self.holds_measures())
            && (holds(Names::Asked) || holds(Names::Owned))
    }

    /// A measure that the pre-aggregation's own joins repeat.
    fn multiplied(&self) -> Option<&MemberName> {
        let question = self.question;
        let wanted = |measure: &&MemberName| {
            question.leaves.iter().any(|leaf| leaf.member == **measure)
                || question.measures.iter().any(|wanted| *wanted == question.alias(measure.as_str()))
        };
        self.stored.multiplied.iter().find(wanted)
    }

    fn tells_rows_apart(&self, rows: &Rows) -> bool {
        let same_cubes = self.stored.cubes().collect::<std::collections::BTreeSet<_>>();
        let same_cubes = same_cubes.into_iter().eq(rows.cubes.iter().map(|cube| &**cube));
        let holds = |holds: &dyn Fn(&str) -> bool| rows.primary_keys.iter().all(|key| holds(key));
        same_cubes && (holds(&|key| self.stores(key)) || holds(&|key| self.stored.has_key(key)))
    }

    fn holds_window(&self) -> bool {
        let Some(window) = self.question.window else { return true };
        let times = &self.stored.times;
        let finer = times.iter().flat_map(|time| self.made_of(&time.path, window.name()));
        finer.into_iter().any(|grain| times.iter().all(|time| *time.granularity == *grain))
    }

    fn holds_leaves(&self) -> bool {
        self.question.leaves.iter().all(|leaf| self.stored.measures.contains(self.leaf_name(leaf)))
    }

    // Cube names what rollups are made of by their cubes alone.
    fn leaf_name<'k>(&self, leaf: &'k Key) -> &'k str {
        if self.stored.rollup.rollups.is_empty() { &leaf.path } else { leaf.member.as_str() }
    }

    fn holds_measures(&self) -> bool {
        let holds = |measure: &String| {
            self.question.stored_as(measure).any(|stored| self.stored.measures.contains(stored))
        };
        self.question.measures.iter().all(holds)
    }

    fn holds_keys(&self, names: Names) -> bool {
        match names {
            Names::Asked => self.question.keys.iter().all(|key| self.stores(&key.path)),
            Names::Owned => self.question.owned_keys.iter().all(|key| self.stored.has_key(key)),
        }
    }

    /// A name of the query under any name that it is stored by.
    fn stores(&self, name: &str) -> bool {
        self.question.stored_as(name).any(|stored| self.stored.has_key(stored))
    }

    fn holds_times(&self, names: Names) -> bool {
        self.times(names).iter().all(|time| self.holds_time(time, names))
    }

    fn times(&self, names: Names) -> &[Time] {
        match names {
            Names::Asked => &self.question.times,
            Names::Owned => &self.question.owned_times,
        }
    }

    fn holds_time(&self, time: &Time, names: Names) -> bool {
        let is_it = |bins: &&StoredBins| self.name_of(bins, names) == time.path;
        let mut bins = self.stored.times.iter().filter(is_it);
        match self.wanted(time) {
            None => bins.next().is_some(),
            Some(wanted) => {
                let finer = grains::made_of(wanted, &time.member, self.question.model, self.question.clock);
                bins.any(|bins| finer.iter().any(|grain| **grain == *bins.granularity))
            }
        }
    }

    fn name_of<'b>(&'b self, bins: &'b StoredBins, names: Names) -> &'b str {
        match names {
            Names::Asked => self.question.alias(&bins.path),
            Names::Owned => &bins.path,
        }
    }

    fn wanted<'t>(&self, time: &'t Time) -> Option<&'t str> {
        if self.strict { time.strict.as_deref() } else { time.asked.as_deref() }
    }

    // Only times of the root are found under their paths.
    fn made_of(&self, path: &str, granularity: &str) -> Vec<std::sync::Arc<str>> {
        match MemberName::parse(path) {
            Ok(time) => grains::made_of(granularity, &time, self.question.model, self.question.clock),
            Err(_) => vec![granularity.into()],
        }
    }

    fn is_exact(&self) -> bool {
        let question = self.question;
        question.times.iter().all(|time| time.asked.is_some())
            && !question.cumulative
            && self.has_same_times()
            && (self.has_fixed_keys() || self.has_same_keys())
            && (self.holds_measures() || self.holds_leaf_names())
    }

    fn has_same_times(&self) -> bool {
        let mut stored: Vec<_> = self.stored.times.iter().collect();
        stored.sort_by_cached_key(|bins| format!("{}.{}", bins.path, bins.granularity));
        let stored: Vec<_> = stored
            .into_iter()
            .map(|bins| (self.question.alias(&bins.path), Some(bins.granularity.as_str())))
            .collect();
        let same = |of: &dyn Fn(&Time) -> Option<&str>| {
            let asked = self.question.times.iter().map(|time| (time.path.as_str(), of(time)));
            asked.eq(stored.iter().copied())
        };
        // Values that do not add up are read as they are: a range must not be the reason for finer bins.
        let as_asked = || same(&|time| time.asked.as_deref());
        if !self.strict {
            as_asked()
        } else {
            same(&|time| time.strict.as_deref()) && (self.question.measures_add_up || as_asked())
        }
    }

    fn has_fixed_keys(&self) -> bool {
        let Some(fixed) = &self.question.fixed else { return false };
        let keys = &self.stored.keys;
        keys.len() == fixed.len() && keys.iter().all(|key| fixed.contains(self.question.alias(key)))
    }

    fn has_same_keys(&self) -> bool {
        let asked = self.question.keys.iter().map(|key| key.path.as_str());
        self.question.filters_within && self.stored.keys.iter().map(|key| self.question.alias(key)).eq(asked)
    }

    fn holds_leaf_names(&self) -> bool {
        let holds = |leaf: &Key| {
            self.question.stored_as(leaf.member.as_str()).any(|stored| self.stored.measures.contains(stored))
        };
        self.question.leaves.iter().all(holds)
    }
}

/// Reasons. A rule that holds adds none.
impl Pair<'_> {
    /// What Cube reads although its rows would not be those of the query, or are not in the store.
    fn inexact(&self) -> Vec<Refusal> {
        let rollup = self.stored.rollup;
        let model = self.question.model;
        let shared = model.shared_column(&rollup.name).cloned();
        let source = rollup.union_with_source_data == Some(true);
        let whole = [
            (!rollup.external).then_some(Refusal::Internal),
            rollup.context.clone().map(Refusal::Context),
            source.then_some(Refusal::SourceData),
            shared.map(|(one, other)| Refusal::SharedColumn(one, other)),
        ];
        let staged = self.question.multi_stage.then(|| self.staged()).into_iter().flatten();
        let rolling = self.question.cumulative.then(|| self.rolling()).into_iter().flatten();
        let unread = if self.question.cumulative { Vec::new() } else { self.unread_filters() };
        whole.into_iter().flatten().chain(staged).chain(rolling).chain(unread).collect()
    }

    /// Filtered measures that are not stored. Cube asks for them only where values are added up from leaves.
    fn unread_filters(&self) -> Vec<Refusal> {
        let filtered = self.question.having().flat_map(tests).map(|test| &test.member);
        let missing = filtered.filter(|name| !self.reads(name));
        missing
            .map(|name| Refusal::MeasureMissing { measure: of_member(name), missing: of_member(name) })
            .collect()
    }

    /// True when a measure is stored, under its own name or under those that its SQL is made of.
    fn reads(&self, name: &MemberName) -> bool {
        let stored = |path: &String| short(path).is_some_and(|stored| stored == *name);
        let leaves = super::trace::member(self.question.model, name);
        let below = || leaves.measures_below(name).into_iter().peekable();
        self.stored.measures.iter().any(stored)
            || (below().peek().is_some() && below().all(|measure| self.reads(measure)))
    }

    fn staged(&self) -> Vec<Refusal> {
        let measures = self.question.ask.measures.iter();
        let staged = measures.filter(|name| {
            definition(self.question.model, name)
                .is_some_and(|found| found.is_multi_stage(self.question.model))
        });
        staged.map(|name| Refusal::MultiStage(of_member(name))).collect()
    }

    fn not_added_up(&self) -> Vec<Refusal> {
        let mut reasons = Vec::new();
        if let Some(measure) = self.multiplied() {
            let over = "a dimension that its joins add".to_owned();
            reasons.push(Refusal::Multiplied { measure: of_member(measure), over });
        }
        if let Some(rows) = &self.question.rows
            && !self.tells_rows_apart(rows)
        {
            reasons.push(Refusal::Ungrouped);
        }
        if !self.holds_window() {
            reasons.extend(self.rolling());
        }
        reasons.extend(self.missing_measures());
        reasons.extend(self.missing_keys());
        reasons
    }

    fn not_exact(&self) -> Vec<Refusal> {
        let mut reasons: Vec<_> = self.missing_measures();
        reasons.extend(self.missing_keys());
        if self.question.cumulative {
            reasons.extend(self.rolling());
        }
        if reasons.is_empty() {
            reasons.extend(self.other_grain());
        }
        reasons
    }

    fn missing_measures(&self) -> Vec<Refusal> {
        if self.holds_leaves() || self.holds_measures() {
            return Vec::new();
        }
        let missing = |leaf: &&Key| !self.stored.measures.contains(self.leaf_name(leaf));
        let reason = |leaf: &Key| {
            let missing = reference(&leaf.path);
            Refusal::MeasureMissing { measure: missing.clone(), missing }
        };
        self.question.leaves.iter().filter(missing).map(reason).collect()
    }

    /// Of the names that are closer to what is stored.
    fn missing_keys(&self) -> Vec<Refusal> {
        let of = |names| [self.missing_dimensions(names), self.missing_times(names)].concat();
        let (asked, owned) = (of(Names::Asked), of(Names::Owned));
        if owned.len() <= asked.len() { owned } else { asked }
    }

    fn missing_dimensions(&self, names: Names) -> Vec<Refusal> {
        let missing: Vec<&String> = match names {
            Names::Asked => {
                self.question.keys.iter().map(|key| &key.path).filter(|key| !self.stores(key)).collect()
            }
            Names::Owned => self.question.owned_keys.iter().filter(|key| !self.stored.has_key(key)).collect(),
        };
        missing.into_iter().map(|path| self.missing(path)).collect()
    }

    fn missing(&self, path: &str) -> Refusal {
        let member = reference(path);
        let other = self.stored.key_of(&member.member);
        let definition = definition(self.question.model, &member.member);
        let list = if definition.is_some_and(Definition::is_segment) { "segments" } else { "dimensions" };
        match other {
            Some(stored) => Refusal::JoinPath { member, stored: reference(stored) },
            None => Refusal::Missing { member, list },
        }
    }

    fn missing_times(&self, names: Names) -> Vec<Refusal> {
        let times = self.times(names).iter().filter(|time| !self.holds_time(time, names));
        let reason = |time: &Time| {
            let member = reference(&time.path);
            let stored = self.stored.times.iter().find(|bins| self.name_of(bins, names) == time.path);
            match (stored, self.wanted(time)) {
                (Some(bins), Some(wanted)) => {
                    Refusal::Bins { member, stored: bins.granularity.clone(), wanted: wanted.to_owned() }
                }
                _ => Refusal::TimeMissing(member),
            }
        };
        times.map(reason).collect()
    }

    fn rolling(&self) -> impl Iterator<Item = Refusal> {
        let leaves = self.question.leaves.iter();
        let rolling = leaves.filter(|leaf| {
            definition(self.question.model, &leaf.member).is_some_and(Definition::is_cumulative)
        });
        rolling.map(|leaf| Refusal::Rolling(reference(&leaf.path)))
    }

    /// Everything is stored, in groups that are not those of the query.
    fn other_grain(&self) -> Vec<Refusal> {
        let over = self.summed_over();
        if let Some(measure) = &self.question.multiplied {
            return vec![Refusal::Multiplied { measure: of_member(measure), over }];
        }
        let leaves = self.question.leaves.iter().filter_map(|leaf| {
            match definition(self.question.model, &leaf.member)? {
                Definition::Measure(measure) if !Definition::Measure(measure).is_additive() => {
                    let (measure, kind) = (reference(&leaf.path), measure.kind.name());
                    Some(Refusal::NotAdditive { measure, kind, over: over.clone() })
                }
                _ => None,
            }
        });
        let reasons: Vec<_> = leaves.collect();
        if reasons.is_empty() {
            self.question.ask.measures.iter().map(|name| Refusal::MultiStage(of_member(name))).collect()
        } else {
            reasons
        }
    }

    /// A stored key, or bins, that the query has no groups of.
    fn summed_over(&self) -> String {
        let asked = |key: &&String| {
            let name = self.question.alias(key);
            !self.question.keys.iter().any(|asked| asked.path == name)
        };
        let key = self.stored.keys.iter().find(asked).cloned();
        let time = || self.stored.times.first().map(|time| format!("{}.{}", time.path, time.granularity));
        key.or_else(time).or_else(|| self.stored.keys.first().cloned()).unwrap_or_default()
    }
}

fn of_member(member: &MemberName) -> Reference {
    Reference::new(JoinPath::root(member.table()), member.clone())
}

fn reference(path: &str) -> Reference {
    let cubes = path.rsplit_once('.').map_or("", |(cubes, _)| cubes).split('.');
    let path_of = cubes.fold(JoinPath::default(), |path, cube| path.join(cube));
    let member = short(path).unwrap_or_else(|| MemberName::new("", path));
    Reference::new(path_of, member)
}
