//! A query as Cube's planner sees it: members by their ways through the query's join, what they are made of, and
//! what filters pin down.

use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
};

use semantic::{
    Cube, Granularity, MemberName, Model,
    asked::{AskedFilter, AskedQuery, AskedTest, AskedTime},
};

use super::{
    Unanswerable,
    grains::{self, Clock},
    joins::{self, Join},
    member::{Definition, definition},
    trace::{self, Hint, Trace},
};

/// A query.
pub(super) struct Question<'a> {
    pub(super) ask: &'a AskedQuery,
    pub(super) model: &'a Model,
    pub(super) clock: Clock,
    /// The cubes that Cube meets, whose pre-aggregations it looks at.
    pub(super) cubes: Vec<Arc<str>>,
    /// The cubes whose rows are read, the root last.
    pub(super) joined: Vec<Arc<str>>,
    /// Names of the query for what is stored under another.
    aliases: HashMap<String, String>,
    stored_as: HashMap<String, Vec<String>>,
    /// Dimensions, filtered ones and segments.
    pub(super) keys: Vec<Key>,
    /// The members that keys are computed from.
    pub(super) owned_keys: Vec<String>,
    pub(super) times: Vec<Time>,
    /// The times with the one that each is computed from in its place.
    pub(super) owned_times: Vec<Time>,
    pub(super) measures: Vec<String>,
    /// The measures that others are computed from, filtered ones as well.
    pub(super) leaves: Vec<Key>,
    /// True when stored values of every leaf add up.
    pub(super) leaves_add_up: bool,
    /// True when those of every measure do, as it stands.
    pub(super) measures_add_up: bool,
    pub(super) multi_stage: bool,
    pub(super) cumulative: bool,
    /// The granularity that windows are measured in.
    pub(super) window: Option<Granularity>,
    /// A measure whose rows the query's joins repeat.
    pub(super) multiplied: Option<MemberName>,
    /// True when every filter is on a dimension that is asked for.
    pub(super) filters_within: bool,
    /// The keys with one value per group; `None` where a filter is no `equals`, or leaves several values.
    pub(super) fixed: Option<BTreeSet<String>>,
    /// For rows instead of groups.
    pub(super) rows: Option<Rows>,
}

/// A member: by its cube, and by its way through the join.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Key {
    pub(super) member: MemberName,
    pub(super) path: String,
}

/// A time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Time {
    pub(super) path: String,
    pub(super) member: MemberName,
    /// The bins as asked for.
    pub(super) asked: Option<Arc<str>>,
    /// The bins that make up both the asked ones and the range.
    pub(super) strict: Option<Arc<str>>,
}

/// What a query for rows stands on.
pub(super) struct Rows {
    pub(super) cubes: BTreeSet<Arc<str>>,
    pub(super) primary_keys: Vec<String>,
}

impl<'a> Question<'a> {
    pub(super) fn of(ask: &'a AskedQuery, model: &'a Model) -> Result<Self, Unanswerable> {
        let asked = Asked::of(ask, model)?;
        let join = asked.join(model)?;
        let clock = Clock { zone: ask.zone, now: ask.now };
        let path = |member: &MemberName| match join.as_ref().and_then(|join| join.path(member.table())) {
            Some(path) => format!("{path}.{}", member.member()),
            None => member.to_string(),
        };
        let key = |member: &MemberName| Key { path: path(member), member: member.clone() };
        let cubes = asked.cubes(join.as_ref(), model);
        let aliases = aliases(&asked, join.as_ref(), model);
        let mut stored_as: HashMap<String, Vec<String>> = HashMap::new();
        for (stored, name) in &aliases {
            stored_as.entry(name.clone()).or_default().push(stored.clone());
        }
        let dimensional: Vec<&MemberName> =
            ask.dimensions.iter().chain(asked.tested()).chain(&ask.segments).collect();
        let sorted: BTreeSet<_> = dimensional.iter().copied().collect();
        let leaves = asked.leaves();
        let definitions = |names: &[&MemberName]| -> Vec<_> {
            names.iter().filter_map(|name| definition(model, name)).collect()
        };
        let of_leaves = definitions(&leaves);
        let of_measures = definitions(&ask.measures.iter().collect::<Vec<_>>());
        let times = times(ask, model, clock, &|time| time.clone())?;
        let owned_times = times_owned(ask, model, clock, &asked, &path)?;
        let rows = if ask.ungrouped { Some(rows(&asked, &cubes, model)?) } else { None };
        Ok(Self {
            keys: sorted.into_iter().map(key).collect(),
            owned_keys: asked.owned(&dimensional, model).iter().map(path).collect(),
            times,
            owned_times,
            measures: distinct(ask.measures.iter().map(path)),
            leaves: leaves.iter().map(|leaf| key(leaf)).collect(),
            leaves_add_up: of_leaves.iter().all(|leaf| leaf.is_additive()),
            measures_add_up: of_measures.iter().all(|measure| measure.is_additive()),
            multi_stage: of_measures.iter().any(|measure| measure.is_multi_stage(model)),
            cumulative: of_leaves.iter().any(|leaf| leaf.is_cumulative()),
            window: of_leaves.iter().filter_map(|leaf| window(*leaf)).fold(None, grains::least_of),
            multiplied: asked.multiplied(join.as_ref(), model),
            filters_within: asked.tested().all(|tested| ask.dimensions.contains(tested)),
            fixed: fixed(ask, &asked.filters),
            rows,
            ask,
            model,
            clock,
            cubes,
            joined: join.as_ref().map(Join::cubes).unwrap_or_default(),
            aliases,
            stored_as,
        })
    }

    /// The filters of dimensions.
    pub(super) fn filters(&self) -> impl Iterator<Item = &AskedFilter> {
        self.ask.filters.iter().filter(|filter| !self.is_of_measures(filter) && !tests(filter).is_empty())
    }

    /// The filters of measures.
    pub(super) fn having(&self) -> impl Iterator<Item = &AskedFilter> {
        self.ask.filters.iter().filter(|filter| self.is_of_measures(filter))
    }

    // Asked::of has refused filters of both.
    fn is_of_measures(&self, filter: &AskedFilter) -> bool {
        let first = tests(filter).into_iter().next();
        first.is_some_and(|test| definition(self.model, &test.member).is_some_and(Definition::is_measure))
    }

    /// The name that the query has for a stored reference.
    pub(super) fn alias<'s>(&'s self, stored: &'s str) -> &'s str {
        self.aliases.get(stored).map_or(stored, String::as_str)
    }

    /// The names under which a member of the query may be stored.
    pub(super) fn stored_as<'s>(&'s self, name: &'s str) -> impl Iterator<Item = &'s str> {
        let itself = (!self.aliases.contains_key(name)).then_some(name);
        let others = self.stored_as.get(name).into_iter().flatten().map(String::as_str);
        itself.into_iter().chain(others)
    }
}

fn window(leaf: Definition<'_>) -> Option<Option<Granularity>> {
    match leaf {
        Definition::Measure(measure) => measure.rolling_window.as_ref().map(grains::of_window),
        Definition::View(_) | Definition::Dimension(_) | Definition::Segment(_) => None,
    }
}

/// The members of a query, each followed, and its filters told apart.
struct Asked<'a> {
    ask: &'a AskedQuery,
    traces: HashMap<&'a MemberName, Trace>,
    /// Of dimensions.
    filters: Vec<&'a AskedFilter>,
    /// Of measures.
    having: Vec<&'a AskedFilter>,
}

impl<'a> Asked<'a> {
    fn of(ask: &'a AskedQuery, model: &Model) -> Result<Self, Unanswerable> {
        let (mut filters, mut having) = (Vec::new(), Vec::new());
        for filter in &ask.filters {
            let mut of_measures = Vec::new();
            for test in tests(filter) {
                let found = definition(model, &test.member);
                let found = found.ok_or_else(|| Unanswerable::UnknownMember(test.member.clone()))?;
                of_measures.push(found.is_measure() && test.operator != "measureFilter");
            }
            match (of_measures.contains(&true), of_measures.contains(&false)) {
                (true, true) => return Err(Unanswerable::MixedFilter),
                (true, false) => having.push(filter),
                (false, true) => filters.push(filter),
                (false, false) => {}
            }
        }
        if ask.ungrouped && !having.is_empty() {
            return Err(Unanswerable::FilteredRows);
        }
        let mut asked = Self { ask, traces: HashMap::new(), filters, having };
        let names: Vec<_> = asked.names().collect();
        for name in names {
            let found = definition(model, name).ok_or_else(|| Unanswerable::UnknownMember(name.clone()))?;
            if found.is_lost_in_view(name.table(), model) {
                return Err(Unanswerable::LostInView(name.clone()));
            }
            asked.traces.entry(name).or_insert_with(|| trace::member(model, name));
        }
        Ok(asked)
    }

    /// Every member, in the order in which Cube looks at them.
    fn names(&self) -> impl Iterator<Item = &'a MemberName> + use<'a> {
        let named = self.ask.measures.iter().chain(&self.ask.dimensions).chain(&self.ask.segments);
        let filters: Vec<_> =
            self.filters.iter().chain(&self.having).flat_map(|filter| tests(filter)).collect();
        let times = self.ask.times.iter().map(|time| &time.dimension);
        named.chain(filters.into_iter().map(|test| &test.member)).chain(times)
    }

    fn trace(&self, name: &MemberName) -> &Trace {
        self.traces.get(name).expect("Asked::of followed every member")
    }

    fn tested(&self) -> impl Iterator<Item = &'a MemberName> + use<'a> {
        let tests: Vec<_> = self.filters.iter().flat_map(|filter| tests(filter)).collect();
        tests.into_iter().map(|test| &test.member)
    }

    fn join(&self, model: &Model) -> Result<Option<Join>, Unanswerable> {
        let met = self.names().flat_map(|name| self.trace(name).hints.clone());
        let hints: Vec<Hint> = distinct(self.ask.joins.iter().cloned().chain(met));
        let views = distinct(self.names().filter_map(|name| model.view(name.table()).map(|view| &view.name)));
        let parts = views.iter().filter_map(|view| model.view(view)).flat_map(|view| &view.cubes);
        let maps: Vec<Hint> =
            parts.map(|part| part.join_path.cubes().to_vec()).filter(|path| path.len() > 1).collect();
        joins::build(model, &hints, &maps)
    }

    fn cubes(&self, join: Option<&Join>, model: &Model) -> Vec<Arc<str>> {
        let of_members = self.names().flat_map(|name| self.trace(name).cubes.clone());
        let edges = join.into_iter().flat_map(|join| &join.edges);
        let of_joins = edges.flat_map(|(from, to)| trace::join(model, from, to).cubes);
        distinct(of_members.chain(of_joins))
    }

    /// Measures and filtered measures.
    fn measures(&self) -> impl Iterator<Item = &'a MemberName> {
        let having = self.having.iter().flat_map(|filter| tests(filter)).map(|test| &test.member);
        self.ask.measures.iter().chain(having)
    }

    fn leaves(&self) -> Vec<&MemberName> {
        distinct(self.measures().flat_map(|measure| self.trace(measure).leaves()))
    }

    /// The members that `names` are computed from, each its cube's own.
    fn owned(&self, names: &[&MemberName], model: &Model) -> BTreeSet<MemberName> {
        let met = names.iter().flat_map(|name| &self.trace(name).members);
        met.filter(|name| definition(model, name).is_some_and(Definition::is_owned)).cloned().collect()
    }

    fn multiplied(&self, join: Option<&Join>, model: &Model) -> Option<MemberName> {
        let rendered = self.measures().flat_map(|measure| self.trace(measure).rendered(model));
        rendered.into_iter().find(|measure| is_multiplied(measure, join, model)).cloned()
    }
}

/// True when the rows of a measure are repeated by the joins around it, and that matters to it.
pub(super) fn is_multiplied(measure: &MemberName, join: Option<&Join>, model: &Model) -> bool {
    let Some(Definition::Measure(definition)) = definition(model, measure) else { return false };
    let repeated = join.is_some_and(|join| join.repeats(measure.table()));
    let staged = || {
        let members = trace::member(model, measure).members;
        members
            .iter()
            .filter_map(|name| super::member::definition(model, name))
            .any(|d| d.is_multi_stage(model))
    };
    repeated
        && definition.kind != semantic::MeasureType::CountDistinct
        && !Definition::Measure(definition).is_cumulative()
        && !staged()
}

/// Every name of a query that is nothing but another name of a member, by the way to that member.
fn aliases(asked: &Asked<'_>, join: Option<&Join>, model: &Model) -> HashMap<String, String> {
    let mut aliases = HashMap::new();
    for name in asked.names() {
        let chain = asked.trace(name).members.iter();
        let chain = chain.map_while(|met| definition(model, met).and_then(Definition::alias));
        aliases.extend(chain.map(|original| (original.clone(), name.clone())));
    }
    let Some(join) = join else {
        return aliases
            .into_iter()
            .map(|(original, name)| (original.to_string(), name.to_string()))
            .collect();
    };
    let path = |cube: &str| join.path(cube);
    let mut by_path = HashMap::new();
    for (original, name) in aliases {
        let known = path(name.table());
        let full =
            known.as_ref().map_or_else(|| name.to_string(), |path| format!("{path}.{}", name.member()));
        if let Some(path) = path(original.table()) {
            by_path.insert(format!("{path}.{}", original.member()), full.clone());
        }
        if known.is_some() {
            by_path.insert(original.to_string(), full);
        }
    }
    by_path
}

fn times(
    ask: &AskedQuery,
    model: &Model,
    clock: Clock,
    replaced: &dyn Fn(&AskedTime) -> AskedTime,
) -> Result<Vec<Time>, Unanswerable> {
    let mut times = Vec::new();
    for time in &ask.times {
        let time = replaced(time);
        if let Some(name) = &time.granularity
            && name.parse::<Granularity>().is_err()
            && grains::custom(name, &time.dimension, model).is_none()
        {
            let (name, time) = (name.clone(), time.dimension.clone());
            return Err(Unanswerable::UnknownGranularity { name, time });
        }
        times.push(Time {
            path: time.dimension.to_string(),
            asked: time.granularity.as_deref().map(Into::into),
            strict: grains::strict(&time, model, clock),
            member: time.dimension,
        });
    }
    times.sort_by(|a, b| a.member.cmp(&b.member));
    Ok(times)
}

fn times_owned(
    ask: &AskedQuery,
    model: &Model,
    clock: Clock,
    asked: &Asked<'_>,
    path: &dyn Fn(&MemberName) -> String,
) -> Result<Vec<Time>, Unanswerable> {
    let replaced = |time: &AskedTime| {
        let owned = asked.owned(&[&time.dimension], model);
        // What is computed from several members is no other name of a time.
        let dimension = if owned.len() == 1 { owned.into_iter().next() } else { None };
        AskedTime { dimension: dimension.unwrap_or_else(|| time.dimension.clone()), ..time.clone() }
    };
    let mut times = times(ask, model, clock, &replaced)?;
    times.iter_mut().for_each(|time| time.path = path(&time.member));
    Ok(times)
}

/// Keys with one value: what is asked for, and what `equals` leaves one value of.
fn fixed(ask: &AskedQuery, filters: &[&AskedFilter]) -> Option<BTreeSet<String>> {
    let asked = ask.dimensions.iter().chain(&ask.segments);
    let mut values: HashMap<&MemberName, usize> = asked.map(|name| (name, 1)).collect();
    let all = filters.iter().all(|filter| count_values(filter, &mut values));
    (all && values.values().all(|count| *count == 1))
        .then(|| values.keys().map(ToString::to_string).collect())
}

fn count_values<'a>(filter: &'a AskedFilter, values: &mut HashMap<&'a MemberName, usize>) -> bool {
    match filter {
        AskedFilter::Any(_) => false,
        AskedFilter::All(parts) => parts.iter().all(|part| count_values(part, values)),
        AskedFilter::Test(test) => {
            let known = values.entry(&test.member).or_insert(2);
            *known = (*known).min(test.values.len());
            test.operator == "equals"
        }
    }
}

fn rows(asked: &Asked<'_>, cubes: &[Arc<str>], model: &Model) -> Result<Rows, Unanswerable> {
    let mut primary_keys = BTreeSet::new();
    for cube in cubes {
        let keys: Vec<_> = model.cube(cube).into_iter().flat_map(Cube::primary_key).collect();
        if keys.is_empty() {
            return Err(Unanswerable::NoPrimaryKey(cube.to_string()));
        }
        primary_keys.extend(keys.into_iter().map(|key| key.name.to_string()));
    }
    debug_assert!(asked.having.is_empty(), "Asked::of refused filters of measures");
    Ok(Rows { cubes: cubes.iter().cloned().collect(), primary_keys: primary_keys.into_iter().collect() })
}

/// Every test of a filter, in order.
pub(super) fn tests(filter: &AskedFilter) -> Vec<&AskedTest> {
    match filter {
        AskedFilter::All(parts) | AskedFilter::Any(parts) => parts.iter().flat_map(tests).collect(),
        AskedFilter::Test(test) => vec![test],
    }
}

fn distinct<T: PartialEq + Clone>(items: impl Iterator<Item = T>) -> Vec<T> {
    let mut distinct = Vec::new();
    items.for_each(|item| {
        if !distinct.contains(&item) {
            distinct.push(item);
        }
    });
    distinct
}
