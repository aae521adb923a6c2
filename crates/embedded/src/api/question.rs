//! A query whose members are found in the data model: what the oracle answers.

use chrono_tz::Tz;
use semantic::{
    Dimension, Granularity, JoinPath, Measure, Model, Segment,
    json::{Direction, JsonFilter, JsonQuery, JsonTimeDimension, ResponseFormat},
    model::{Bins, Grain},
};
use serde_json::Value;

use super::{
    form::Form,
    members::{self, Asked, Found},
    operator::Operator,
    refusal::Refusal,
    roots,
};

/// What is asked.
#[derive(Debug, Clone)]
pub(super) struct Question<'a> {
    pub(super) keys: Vec<Key<'a>>,
    pub(super) measures: Vec<Asked<'a, Measure>>,
    pub(super) ranges: Vec<(Asked<'a, Dimension>, [String; 2])>,
    pub(super) segments: Vec<Asked<'a, Segment>>,
    pub(super) filters: Vec<Condition<'a>>,
    pub(super) order: Vec<(String, Direction)>,
    pub(super) zone: Tz,
    pub(super) limit: u64,
    pub(super) offset: u64,
    pub(super) ungrouped: bool,
    pub(super) compact: bool,
    pub(super) total: bool,
}

/// A group key.
#[derive(Debug, Clone)]
pub(super) struct Key<'a> {
    pub(super) asked: Asked<'a, Dimension>,
    pub(super) granularity: Option<(Grain, Bins)>,
}

/// A filter.
#[derive(Debug, Clone)]
pub(super) enum Condition<'a> {
    All(Vec<Self>),
    Any(Vec<Self>),
    Test(Test<'a>),
}

/// One operator.
#[derive(Debug, Clone)]
pub(super) struct Test<'a> {
    pub(super) member: Found<'a>,
    pub(super) operator: Operator,
    /// Texts; `None` is null.
    pub(super) values: Vec<Option<String>>,
}

/// How many rows an answer has at most.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    pub(super) default: u64,
    pub(super) max: u64,
}

impl<'a> Question<'a> {
    /// Finds the members of a well-formed query.
    pub(super) fn find(form: &Form, model: &'a Model, limits: Limits) -> Result<Self, Refusal> {
        let query = &form.query;
        let mut question = Self {
            keys: keys(query, model)?,
            measures: query.measures.iter().map(|m| members::measure(m, model)).collect::<Result<_, _>>()?,
            ranges: ranges(query, model)?,
            segments: query.segments.iter().map(|s| members::segment(s, model)).collect::<Result<_, _>>()?,
            filters: query.filters.iter().map(|f| condition(f, model)).collect::<Result<_, _>>()?,
            order: Vec::new(),
            zone: zone(query)?,
            limit: limit(query, limits)?,
            offset: query.offset.unwrap_or(0),
            ungrouped: query.ungrouped == Some(true),
            compact: query.response_format == Some(ResponseFormat::Compact),
            total: form.total,
        };
        question.order = query.order.clone().unwrap_or_else(|| question.default_order());
        roots::join(&mut question, &query.join_hints, model)?;
        Ok(question)
    }

    // The first time that is a key, else the first measure from the top, else the first dimension.
    fn default_order(&self) -> Vec<(String, Direction)> {
        let time = self.keys.iter().find(|key| key.granularity.is_some());
        let measure = self.measures.first().filter(|_| !self.keys.is_empty());
        let order = match (time, measure, self.keys.first()) {
            _ if self.ungrouped => None,
            (Some(time), ..) => Some((time.name(), Direction::Asc)),
            (None, Some(measure), _) => Some((measure.name.to_string(), Direction::Desc)),
            (None, None, first) => first.map(|key| (key.name(), Direction::Asc)),
        };
        order.into_iter().collect()
    }

    /// Calls `visit` with the path of every member.
    pub(super) fn paths(&mut self, visit: &mut impl FnMut(&mut JoinPath)) {
        self.keys.iter_mut().for_each(|key| visit(&mut key.asked.path));
        self.measures.iter_mut().for_each(|measure| visit(&mut measure.path));
        self.ranges.iter_mut().for_each(|(time, _)| visit(&mut time.path));
        self.segments.iter_mut().for_each(|segment| visit(&mut segment.path));
        self.filters.iter_mut().for_each(|filter| filter.tests(&mut |test| visit(test.member.path_mut())));
    }
}

impl Key<'_> {
    /// The column's name in the answer.
    pub(super) fn name(&self) -> String {
        match &self.granularity {
            Some((granularity, _)) => format!("{}.{granularity}", self.asked.name),
            None => self.asked.name.to_string(),
        }
    }
}

impl<'a> Condition<'a> {
    fn tests(&mut self, visit: &mut impl FnMut(&mut Test<'a>)) {
        match self {
            Self::All(parts) | Self::Any(parts) => parts.iter_mut().for_each(|part| part.tests(visit)),
            Self::Test(test) => visit(test),
        }
    }

    /// True when the condition is over groups; one over groups and rows at once is refused where it is read.
    pub(super) fn is_over_measures(&self) -> bool {
        match self {
            Self::All(parts) | Self::Any(parts) => parts.iter().any(Self::is_over_measures),
            Self::Test(test) => {
                matches!(test.member, Found::Measure(_)) && test.operator != Operator::MeasureFilter
            }
        }
    }

    fn is_over_rows(&self) -> bool {
        match self {
            Self::All(parts) | Self::Any(parts) => parts.iter().any(Self::is_over_rows),
            Self::Test(test) => !matches!(test.member, Found::Measure(_)),
        }
    }
}

fn keys<'a>(query: &JsonQuery, model: &'a Model) -> Result<Vec<Key<'a>>, Refusal> {
    let mut keys = Vec::new();
    for name in &query.dimensions {
        let (member, granularity) = match name.splitn(3, '.').collect::<Vec<_>>()[..] {
            [cube, member, granularity] => (format!("{cube}.{member}"), Some(granularity)),
            _ => (name.clone(), None),
        };
        let asked = members::dimension(&member, model)?;
        let granularity = granularity.map(|word| self::granularity(word, &asked, model)).transpose()?;
        keys.push(Key { asked, granularity });
    }
    for JsonTimeDimension { dimension, granularity, .. } in &query.time_dimensions {
        if let Some(word) = granularity {
            let asked = members::dimension(dimension, model)?;
            let granularity = Some(self::granularity(word, &asked, model)?);
            keys.push(Key { asked, granularity });
        }
    }
    Ok(keys)
}

fn granularity(word: &str, asked: &Asked<'_, Dimension>, model: &Model) -> Result<(Grain, Bins), Refusal> {
    let unknown =
        || Refusal::user(format!("Granularity \"{word}\" does not exist in dimension {}", asked.name));
    if let Ok(granularity) = word.parse::<Granularity>() {
        return Ok((Grain::Standard(granularity), Bins::of(granularity)));
    }
    let own = model.granularity(&asked.member.name, word).ok_or_else(unknown)?;
    let bins =
        own.bins().map_err(|why| Refusal::failed(format!("Error: {word} is not computed here: {why}")))?;
    Ok((Grain::Custom(own.name.clone()), bins))
}

type Ranges<'a> = Vec<(Asked<'a, Dimension>, [String; 2])>;

fn ranges<'a>(query: &JsonQuery, model: &'a Model) -> Result<Ranges<'a>, Refusal> {
    let ranged = query.time_dimensions.iter().filter_map(|t| Some((&t.dimension, t.date_range.clone()?)));
    ranged.map(|(name, range)| Ok((members::dimension(name, model)?, range))).collect()
}

fn condition<'a>(filter: &JsonFilter, model: &'a Model) -> Result<Condition<'a>, Refusal> {
    let parts =
        |parts: &[JsonFilter]| parts.iter().map(|part| condition(part, model)).collect::<Result<_, _>>();
    let read = match filter {
        JsonFilter::And { and } => Condition::All(parts(and)?),
        JsonFilter::Or { or } => Condition::Any(parts(or)?),
        JsonFilter::Member { member, operator, values } => {
            let operator = Operator::read(operator).ok_or_else(|| Refusal::format(operator))?;
            if operator.needs_values() && values.is_empty() {
                let filter = serde_json::json!(filter);
                return Err(Refusal::bad(format!("Values required for filter: {filter}")));
            }
            let values = values.iter().map(text).collect();
            Condition::Test(Test { member: members::find(member, model)?, operator, values })
        }
    };
    if read.is_over_measures() && read.is_over_rows() {
        let filter = serde_json::json!(filter);
        let text = format!("You cannot use dimension and measure in same condition: {filter}");
        return Err(Refusal::user(text));
    }
    Ok(read)
}

/// Cube makes texts of all values.
fn text(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    }
}

fn zone(query: &JsonQuery) -> Result<Tz, Refusal> {
    let Some(name) = &query.timezone else { return Ok(Tz::UTC) };
    name.parse().map_err(|_| {
        Refusal::format(format_args!("\"timezone\" must be a valid IANA time zone, got \"{name}\""))
    })
}

fn limit(query: &JsonQuery, limits: Limits) -> Result<u64, Refusal> {
    match query.limit {
        None => Ok(limits.default),
        Some(limit) if limit > limits.max => {
            Err(Refusal::failed("Error: The query limit has been exceeded."))
        }
        Some(limit) => Ok(limit),
    }
}
