//! A query in Cube's JSON form as callers write it, with all its short and older spellings, made into one form.
//!
//! [`crate::json`] is the strict form that the gateway writes itself; this one only reads. The moment that relative
//! dates count from is an argument.

mod range;
#[cfg(test)]
mod tests;

use chrono::NaiveDateTime;
use chrono_tz::Tz;
use serde_json::{Map, Value};

use crate::{model::JoinHint, name::MemberName};

/// Cube's limit where a query names none.
pub const DEFAULT_LIMIT: u64 = 10_000;

/// What a query that names no zone or range of its own is read with.
#[derive(Debug, Clone, Copy)]
pub struct Defaults {
    /// The zone.
    pub zone: Tz,
    /// The moment, in UTC.
    pub now: NaiveDateTime,
}

/// A query.
#[derive(Debug, Clone, PartialEq)]
pub struct AskedQuery {
    /// Measures, in order.
    pub measures: Vec<MemberName>,
    /// Dimensions, in order.
    pub dimensions: Vec<MemberName>,
    /// Segments, all of which must hold.
    pub segments: Vec<MemberName>,
    /// Times with a granularity, a range or both.
    pub times: Vec<AskedTime>,
    /// All of which must hold.
    pub filters: Vec<AskedFilter>,
    /// Sort keys; `None` is Cube's default order.
    pub order: Option<Vec<AskedOrder>>,
    /// Ways through the joins to take, beside those to the members.
    pub joins: Vec<JoinHint>,
    /// Rows at most.
    pub limit: Option<u64>,
    /// Rows to skip.
    pub offset: Option<u64>,
    /// Rows, not groups.
    pub ungrouped: bool,
    /// The zone that times are wall-clock values of.
    pub zone: Tz,
    /// The moment that was now, on the clock of the zone.
    pub now: NaiveDateTime,
}

/// A time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AskedTime {
    /// `cube.time`
    pub dimension: MemberName,
    /// The name of the bins.
    pub granularity: Option<String>,
    /// First and last millisecond inside, `YYYY-MM-DDTHH:MM:SS.mmm` on the clock of the zone.
    pub range: Option<[String; 2]>,
}

/// A predicate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AskedFilter {
    /// All must hold.
    All(Vec<Self>),
    /// One must hold.
    Any(Vec<Self>),
    /// One of Cube's operators.
    Test(AskedTest),
}

/// A test of one member.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AskedTest {
    /// `cube.member`
    pub member: MemberName,
    /// Cube's word.
    pub operator: String,
    /// Texts, as Cube makes them of all values; `None` is null.
    pub values: Vec<Option<String>>,
}

/// A sort key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AskedOrder {
    /// `cube.member`, or `cube.time.granularity`.
    pub member: String,
    /// DESC
    pub descending: bool,
}

/// A query that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AskError {
    /// Not an object.
    #[error("a query is a JSON object")]
    NotAnObject,
    /// A key that queries do not have.
    #[error("`{0}` is no key of a query")]
    UnknownKey(String),
    /// A value of the wrong kind.
    #[error("`{key}` is {expected}, not {found}")]
    Kind {
        /// The key.
        key: String,
        /// What stands there in a good query.
        expected: &'static str,
        /// What stands there.
        found: String,
    },
    /// A name that is no member.
    #[error(transparent)]
    Member(#[from] crate::name::NotAMember),
    /// A zone that nobody knows.
    #[error("`{0}` is no time zone; write an IANA name such as Europe/Berlin")]
    Zone(String),
    /// A date that cannot be read.
    #[error("`{0}` is no date and no range such as `last 7 days`")]
    Date(String),
    /// Several ranges at once.
    #[error("`compareDateRange` asks several questions at once; ask them one by one")]
    Compare,
    /// An SQL sub-query among the joins.
    #[error("`{0}` is written by Cube's own SQL API only")]
    Internal(&'static str),
}

/// Keys that change how an answer is fetched or shown, not which rows it has.
const IGNORED: [&str; 6] = ["total", "responseFormat", "cache", "cacheMode", "renewQuery", "requestId"];
const KNOWN: [&str; 12] = [
    "measures",
    "dimensions",
    "segments",
    "timeDimensions",
    "filters",
    "joinHints",
    "order",
    "limit",
    "rowLimit",
    "offset",
    "ungrouped",
    "timezone",
];

impl AskedQuery {
    /// Reads a query.
    pub fn read(query: &Value, defaults: Defaults) -> Result<Self, AskError> {
        let query = query.as_object().ok_or(AskError::NotAnObject)?;
        check_keys(query)?;
        let zone = match query.get("timezone") {
            None | Some(Value::Null) => defaults.zone,
            Some(zone) => self::zone(text(zone, "timezone")?)?,
        };
        let now = defaults.now.and_utc().with_timezone(&zone).naive_local();
        let (dimensions, binned) = dimensions(query)?;
        let mut times = list(query, "timeDimensions", |time| self::time(time, now))?;
        times.extend(binned);
        Ok(Self {
            measures: list(query, "measures", |name| member(name, "measures"))?,
            dimensions,
            segments: list(query, "segments", |name| member(name, "segments"))?,
            times,
            filters: list(query, "filters", filter)?,
            order: order(query)?,
            joins: list(query, "joinHints", join_hint)?,
            limit: number(query, "limit")?.or(number(query, "rowLimit")?),
            offset: number(query, "offset")?,
            ungrouped: flag(query, "ungrouped")?,
            zone,
            now,
        })
    }
}

fn check_keys(query: &Map<String, Value>) -> Result<(), AskError> {
    for (key, value) in query {
        let says_something = !value.is_null() && value.as_array().is_none_or(|list| !list.is_empty());
        match key.as_str() {
            "subqueryJoins" if says_something => return Err(AskError::Internal("subqueryJoins")),
            "subqueryJoins" => {}
            key if KNOWN.contains(&key) || IGNORED.contains(&key) => {}
            key => return Err(AskError::UnknownKey(key.to_owned())),
        }
    }
    Ok(())
}

/// Dimensions, and the times among them: `cube.time.granularity`.
fn dimensions(query: &Map<String, Value>) -> Result<(Vec<MemberName>, Vec<AskedTime>), AskError> {
    let (mut dimensions, mut times) = (Vec::new(), Vec::new());
    for name in items(query, "dimensions")? {
        let name = text(name, "dimensions")?;
        match name.rsplit_once('.').filter(|(front, _)| front.contains('.')) {
            None => dimensions.push(MemberName::parse(name)?),
            Some((front, granularity)) => times.push(AskedTime {
                dimension: MemberName::parse(front)?,
                granularity: Some(granularity.to_owned()),
                range: None,
            }),
        }
    }
    Ok((dimensions, times))
}

fn time(time: &Value, now: NaiveDateTime) -> Result<AskedTime, AskError> {
    let entry = time.as_object().ok_or_else(|| kind("timeDimensions", "a list of objects", time))?;
    for (key, value) in entry {
        match key.as_str() {
            "dimension" | "granularity" | "dateRange" => {}
            "compareDateRange" if value.is_null() => {}
            "compareDateRange" => return Err(AskError::Compare),
            key => return Err(AskError::UnknownKey(format!("timeDimensions.{key}"))),
        }
    }
    let dimension = entry.get("dimension").unwrap_or(&Value::Null);
    let granularity = entry.get("granularity").filter(|value| !value.is_null());
    let granularity = granularity.map(|value| text(value, "granularity")).transpose()?;
    let range = entry.get("dateRange").filter(|value| !value.is_null());
    Ok(AskedTime {
        dimension: member(dimension, "dimension")?,
        granularity: granularity.map(str::to_owned),
        range: range.map(|range| range::read(range, now)).transpose()?,
    })
}

fn filter(filter: &Value) -> Result<AskedFilter, AskError> {
    let entry = filter.as_object().ok_or_else(|| kind("filters", "a list of objects", filter))?;
    for (key, make) in [("and", AskedFilter::All as fn(_) -> _), ("or", AskedFilter::Any)] {
        if entry.contains_key(key) {
            if let Some(other) = entry.keys().find(|other| *other != key) {
                return Err(AskError::UnknownKey(format!("filters.{other}` beside `{key}")));
            }
            return Ok(make(list(entry, key, self::filter)?));
        }
    }
    let known = ["member", "dimension", "operator", "values"];
    if let Some(key) = entry.keys().find(|key| !known.contains(&key.as_str())) {
        return Err(AskError::UnknownKey(format!("filters.{key}")));
    }
    let name = entry.get("member").or(entry.get("dimension")).unwrap_or(&Value::Null);
    let operator = entry.get("operator").unwrap_or(&Value::Null);
    Ok(AskedFilter::Test(AskedTest {
        member: member(name, "member")?,
        operator: text(operator, "operator")?.to_owned(),
        values: list(entry, "values", value)?,
    }))
}

fn value(value: &Value) -> Result<Option<String>, AskError> {
    match value {
        Value::Null => Ok(None),
        Value::String(text) => Ok(Some(text.clone())),
        Value::Bool(_) | Value::Number(_) => Ok(Some(value.to_string())),
        Value::Array(_) | Value::Object(_) => Err(kind("values", "texts, numbers, booleans or null", value)),
    }
}

/// A list of pairs, or an object.
fn order(query: &Map<String, Value>) -> Result<Option<Vec<AskedOrder>>, AskError> {
    let expected = "pairs of a member and `asc` or `desc`";
    let key = |member: &str, direction: &Value| match direction.as_str() {
        Some(word @ ("asc" | "desc")) => {
            Ok(AskedOrder { member: member.to_owned(), descending: word == "desc" })
        }
        _ => Err(kind("order", expected, direction)),
    };
    let pair = |pair: &Value| match pair.as_array().map(Vec::as_slice) {
        Some([Value::String(member), direction]) => key(member, direction),
        _ => Err(kind("order", expected, pair)),
    };
    match query.get("order") {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Array(pairs)) => pairs.iter().map(pair).collect::<Result<_, _>>().map(Some),
        Some(Value::Object(keys)) => {
            keys.iter().map(|(member, direction)| key(member, direction)).collect::<Result<_, _>>().map(Some)
        }
        Some(other) => Err(kind("order", expected, other)),
    }
}

fn join_hint(hint: &Value) -> Result<JoinHint, AskError> {
    let cubes = hint.as_array().ok_or_else(|| kind("joinHints", "a list of lists of cubes", hint))?;
    cubes.iter().map(|cube| text(cube, "joinHints").map(Into::into)).collect()
}

fn zone(name: &str) -> Result<Tz, AskError> {
    name.parse().map_err(|_| AskError::Zone(name.to_owned()))
}

fn items<'v>(query: &'v Map<String, Value>, key: &str) -> Result<&'v [Value], AskError> {
    match query.get(key) {
        None | Some(Value::Null) => Ok(&[]),
        Some(Value::Array(items)) => Ok(items),
        Some(other) => Err(kind(key, "a list", other)),
    }
}

fn list<T>(
    query: &Map<String, Value>,
    key: &str,
    read: impl FnMut(&Value) -> Result<T, AskError>,
) -> Result<Vec<T>, AskError> {
    items(query, key)?.iter().map(read).collect()
}

fn member(name: &Value, key: &str) -> Result<MemberName, AskError> {
    Ok(MemberName::parse(text(name, key)?)?)
}

fn text<'v>(value: &'v Value, key: &str) -> Result<&'v str, AskError> {
    value.as_str().ok_or_else(|| kind(key, "a text", value))
}

fn number(query: &Map<String, Value>, key: &str) -> Result<Option<u64>, AskError> {
    let value = query.get(key).filter(|value| !value.is_null());
    value.map(|value| value.as_u64().ok_or_else(|| kind(key, "a whole number", value))).transpose()
}

fn flag(query: &Map<String, Value>, key: &str) -> Result<bool, AskError> {
    let value = query.get(key).filter(|value| !value.is_null());
    value.map_or(Ok(false), |value| value.as_bool().ok_or_else(|| kind(key, "true or false", value)))
}

fn kind(key: &str, expected: &'static str, found: &Value) -> AskError {
    AskError::Kind { key: key.to_owned(), expected, found: found.to_string() }
}
