//! Pre-aggregations that are built and never read: what is wrong with them before any query is asked.

use semantic::{Granularity, MemberName, Model};

use super::{
    Planner, Unanswerable,
    grains::{self, Clock},
    member::{Definition, definition},
    stored::{Stored, StoredBins, short},
};

/// Something that is wrong with a pre-aggregation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// `cube.name`
    pub pre_aggregation: MemberName,
    /// What.
    pub flaw: Flaw,
}

/// What is wrong.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Flaw {
    /// Cube has an error for every query on its cube.
    #[error("Cube has an error for every query on its cube: {0}")]
    Broken(Unanswerable),
    /// An earlier one answers whatever this one would.
    #[error("`{0}` is declared before it and answers every query that it would; declare it first")]
    Shadowed(MemberName),
    /// Nothing in it is its own cube's.
    #[error(
        "no member of `{0}` is in it, so queries on its members never look at it; declare it in their cube"
    )]
    Foreign(String),
    /// It holds nothing.
    #[error("it has neither measures nor dimensions")]
    Empty,
    /// Values that neither add up nor are read as they are.
    #[error("`{0}` has a rolling window and does not add up, so it is never read from a pre-aggregation")]
    Rolling(MemberName),
    /// Values that are read only in groups that nobody asks for.
    #[error(
        "`{measure}` ({kind}) does not add up, so it is read by `{by}` only; store it at a coarser grain"
    )]
    Grain {
        /// The measure.
        measure: MemberName,
        /// Cube's word for its type.
        kind: &'static str,
        /// A key of which each row has a value of its own.
        by: String,
    },
    /// Values that the rollup's own joins repeat.
    #[error("its joins repeat rows of `{0}`, so that is read only by exactly its own dimensions")]
    Multiplied(MemberName),
}

impl Flaw {
    /// A stable word.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Broken(_) => "broken",
            Self::Shadowed(_) => "shadowed",
            Self::Foreign(_) => "foreign",
            Self::Empty => "empty",
            Self::Rolling(_) => "rolling",
            Self::Grain { .. } => "grain",
            Self::Multiplied(_) => "multiplied",
        }
    }
}

impl Planner<'_> {
    /// Everything that is wrong with the model's pre-aggregations, in the order of their declaration.
    pub fn lint(&self, zone: chrono_tz::Tz, now: chrono::NaiveDateTime) -> Vec<Finding> {
        let clock = Clock { zone, now };
        let mut findings = Vec::new();
        for cube in self.model.cubes() {
            let mut before: Vec<&Stored<'_>> = Vec::new();
            for read in self.stored.get(&cube.name).into_iter().flatten() {
                let (name, flaws) = match &read.stored {
                    Ok(stored) => {
                        let flaws = flaws(stored, &before, self.model, clock);
                        before.push(stored);
                        (stored.rollup.name.clone(), flaws)
                    }
                    Err(error) => (read.name.clone(), vec![Flaw::Broken(error.clone())]),
                };
                findings
                    .extend(flaws.into_iter().map(|flaw| Finding { pre_aggregation: name.clone(), flaw }));
            }
        }
        findings
    }
}

fn flaws(stored: &Stored<'_>, before: &[&Stored<'_>], model: &Model, clock: Clock) -> Vec<Flaw> {
    let cube = stored.rollup.cube();
    if stored.measures.is_empty() && stored.keys.is_empty() && stored.times.is_empty() {
        return vec![Flaw::Empty];
    }
    let is_foreign = !stored.paths().any(|path| path.split('.').any(|part| part == cube));
    let shadow = before.iter().find(|earlier| shadows(earlier, stored, model, clock));
    let foreign = is_foreign.then(|| Flaw::Foreign(cube.to_owned()));
    let shadowed = shadow.map(|earlier| Flaw::Shadowed(earlier.rollup.name.clone()));
    let multiplied = stored.multiplied.iter().cloned().map(Flaw::Multiplied);
    let mut measures: Vec<_> = stored.measures.iter().filter_map(|path| short(path)).collect();
    measures.sort();
    let of_measures = measures.iter().filter_map(|measure| of_measure(measure, stored, model));
    foreign.into_iter().chain(shadowed).chain(multiplied).chain(of_measures).collect()
}

fn of_measure(measure: &MemberName, stored: &Stored<'_>, model: &Model) -> Option<Flaw> {
    let found = definition(model, measure)?;
    let Definition::Measure(declared) = found else { return None };
    if found.is_additive() || declared.kind.is_calculated() {
        return None;
    }
    if found.is_cumulative() {
        return Some(Flaw::Rolling(measure.clone()));
    }
    let key = stored.keys.iter().find(|path| is_primary_key(path, model)).cloned();
    let fine = stored.times.iter().find(|bins| is_finer_than_hours(bins));
    let by = key.or_else(|| fine.map(|bins| format!("{}.{}", bins.path, bins.granularity)))?;
    Some(Flaw::Grain { measure: measure.clone(), kind: declared.kind.name(), by })
}

fn is_primary_key(path: &str, model: &Model) -> bool {
    short(path).and_then(|name| model.dimension(&name)).is_some_and(|dimension| dimension.primary_key)
}

fn is_finer_than_hours(bins: &StoredBins) -> bool {
    bins.granularity.parse().is_ok_and(|granularity: Granularity| granularity < Granularity::Hour)
}

/// True when `earlier` answers every query that `later` does: all of it, in bins as fine, with values that add up.
fn shadows(earlier: &Stored<'_>, later: &Stored<'_>, model: &Model, clock: Clock) -> bool {
    let adds_up = |path: &String| {
        short(path).and_then(|name| definition(model, &name)).is_some_and(Definition::is_additive)
    };
    let holds_times = later.times.iter().all(|wanted| {
        let time = short(&wanted.path);
        let finer =
            time.map(|time| grains::made_of(&wanted.granularity, &time, model, clock)).unwrap_or_default();
        let mut of_it = earlier.times.iter().filter(|bins| bins.path == wanted.path);
        of_it.any(|bins| finer.iter().any(|grain| **grain == *bins.granularity))
    });
    let as_loose = earlier.non_strict || !later.non_strict || later.times.is_empty();
    let same_kind = earlier.rollup.rollups.is_empty() == later.rollup.rollups.is_empty();
    later.measures.iter().all(|path| earlier.measures.contains(path) && adds_up(path))
        && later.keys.iter().all(|key| earlier.has_key(key))
        && holds_times
        && as_loose
        && same_kind
        && earlier.multiplied.is_empty()
}
