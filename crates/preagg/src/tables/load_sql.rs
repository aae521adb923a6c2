//! Reads the pre-aggregations that an answer of `/v1/sql` describes. Cube makes the structure version of a table from
//! the SQL that builds it, and the answer has that SQL, so every version can be computed and looked up in the store.

use std::collections::BTreeMap;

use chrono::TimeZone;
use chrono_tz::Tz;
use semantic::{
    Granularity, MemberName,
    granularity::{iso, moment, parse_iso},
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Built, Catalog, TablesError, name};
use crate::names;

/// Partitions that Cube reads at most.
const MOST: usize = 10_000;

/// The only format that the moments in the SQL of builds have been seen in.
const FORMAT: &str = "YYYY-MM-DD[T]HH:mm:ss.SSS[Z]";

/// A pre-aggregation as `/v1/sql` describes it.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Described {
    pre_aggregation_id: String,
    timezone: Tz,
    timestamp_format: String,
    timestamp_precision: u32,
    table_name: String,
    load_sql: Vec<Value>,
    #[serde(default)]
    indexes_sql: Vec<IndexSql>,
    #[serde(default)]
    partition_granularity: Option<String>,
    #[serde(default)]
    pre_aggregation_start_end_queries: Option<(Vec<Value>, Vec<Value>)>,
    #[serde(default)]
    stream_offset: Option<String>,
    #[serde(default)]
    output_column_types: Option<Vec<ColumnType>>,
}

// Versions are digests of JSON: the keys stand in the order that Cube writes them.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct IndexSql {
    index_name: String,
    sql: Vec<Value>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct ColumnType {
    name: String,
    #[serde(rename = "type")]
    kind: String,
}

/// A table that must be there.
struct Expected {
    /// `schema.name`, with the partition.
    table: String,
    structure: String,
}

/// The pre-aggregations that an answer of `/v1/sql` describes.
pub fn described(answer: &str) -> Result<Vec<Described>, TablesError> {
    #[derive(Deserialize)]
    struct Answer {
        sql: Sql,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Sql {
        pre_aggregations: Vec<Described>,
    }
    let answer: Answer = serde_json::from_str(answer)?;
    Ok(answer.sql.pre_aggregations)
}

impl Described {
    /// Its tables in the store. `build_range` is the wall clock that its build range has in its zone; it may be left
    /// out where the pre-aggregation says it in literals.
    pub fn built(
        &self,
        build_range: Option<(i64, i64)>,
        catalog: &Catalog,
    ) -> Result<(MemberName, Built), TablesError> {
        let id = MemberName::parse(&self.pre_aggregation_id)
            .map_err(|_| self.value("the name", &self.pre_aggregation_id))?;
        let granularity = match &self.partition_granularity {
            Some(text) => Some(text.parse().map_err(|_| self.value("the partition granularity", text))?),
            None => None,
        };
        let range = granularity.map(|_| build_range.or_else(|| self.literal_range()));
        let range = match range {
            Some(None) => return Err(TablesError::BuildRange(self.pre_aggregation_id.clone())),
            range => range.flatten(),
        };
        let (mut partitions, mut missing) = (BTreeMap::new(), BTreeMap::new());
        for (start, expected) in self.expected(granularity.zip(range))? {
            match catalog.newest(&expected.table, &expected.structure) {
                Some(table) => _ = partitions.insert(start, table.clone()),
                None => _ = missing.insert(start, name::pattern(&expected.table, &expected.structure)),
            }
        }
        let holds_null_times = range.is_none();
        Ok((id, Built { zone: self.timezone, partitions, missing, range, holds_null_times }))
    }

    fn expected(
        &self,
        partitioned: Option<(Granularity, (i64, i64))>,
    ) -> Result<Vec<(Option<i64>, Expected)>, TablesError> {
        let Some((granularity, (first, last))) = partitioned else {
            let structure = self.version(json!(self.load_sql), self.indexes_sql.clone());
            return Ok(vec![(None, Expected { table: self.table_name.clone(), structure })]);
        };
        let mut expected = Vec::new();
        let mut start = granularity.floor(first);
        while let Some(at) = start.filter(|at| *at <= last) {
            if expected.len() == MOST {
                return Err(TablesError::TooMany {
                    pre_aggregation: self.pre_aggregation_id.clone(),
                    most: MOST,
                });
            }
            start = granularity.next(at);
            let Some(next) = start else { break };
            expected.push((Some(at), self.partition(granularity, at, next)?));
        }
        Ok(expected)
    }

    /// The table of the partition from `start` to before `next`.
    fn partition(&self, granularity: Granularity, start: i64, next: i64) -> Result<Expected, TablesError> {
        let table = format!("{}{}", self.table_name, names::partition_suffix(granularity, start));
        let bounds = [self.in_utc(start)?, self.in_utc(next - 1)?];
        let load_sql = self.of_partition(&self.load_sql, &table, &bounds)?;
        let mut indexes = self.indexes_sql.clone();
        for index in &mut indexes {
            index.sql = self.of_partition(&index.sql, &table, &bounds)?;
        }
        Ok(Expected { structure: self.version(json!(load_sql), indexes), table })
    }

    /// A statement with its parameters, as it is for one partition.
    fn of_partition(
        &self,
        query: &[Value],
        table: &str,
        [from, to]: &[String; 2],
    ) -> Result<Vec<Value>, TablesError> {
        let [Value::String(sql), Value::Array(parameters)] = query else {
            return Err(self.value("the SQL of the build", &json!(query).to_string()));
        };
        let parameter = |parameter: &Value| match parameter.as_str() {
            Some("__FROM_PARTITION_RANGE") => json!(from),
            Some("__TO_PARTITION_RANGE") => json!(to),
            _ => parameter.clone(),
        };
        let parameters: Vec<_> = parameters.iter().map(parameter).collect();
        // The third part are options of which none is left here; JavaScript writes them all the same.
        Ok(vec![json!(sql.replacen(&self.table_name, table, 1)), json!(parameters), json!({})])
    }

    fn version(&self, load_sql: Value, indexes: Vec<IndexSql>) -> String {
        #[derive(Serialize)]
        #[serde(untagged)]
        enum Part<'p> {
            Sql(Value),
            Indexes(Vec<IndexSql>),
            Offset(&'p str),
            Types(&'p [ColumnType]),
        }
        let mut parts = vec![Part::Sql(load_sql)];
        parts.extend((!indexes.is_empty()).then_some(Part::Indexes(indexes)));
        parts.extend(self.stream_offset.as_deref().map(Part::Offset));
        parts.extend(self.output_column_types.as_deref().map(Part::Types));
        let json = match parts.as_slice() {
            [only] => serde_json::to_string(only),
            parts => serde_json::to_string(parts),
        };
        names::version(&json.expect("texts and values are JSON"))
    }

    /// A wall clock of the zone as the build's SQL has it.
    fn in_utc(&self, at: i64) -> Result<String, TablesError> {
        if self.timestamp_format != FORMAT || self.timestamp_precision != 3 {
            return Err(self.value("the format of moments", &self.timestamp_format));
        }
        let moment = moment(at).and_then(|wall| self.timezone.from_local_datetime(&wall).single());
        let moment = moment
            .ok_or_else(|| TablesError::Clock { pre_aggregation: self.pre_aggregation_id.clone(), at })?;
        Ok(format!("{}Z", iso(moment.timestamp_millis())))
    }

    /// The build range where both its ends are `SELECT DATE '…'`. Cube takes such values for UTC.
    fn literal_range(&self) -> Option<(i64, i64)> {
        let (start, end) = self.pre_aggregation_start_end_queries.as_ref()?;
        let local = |query: &[Value]| {
            let utc = moment(literal(query.first()?.as_str()?)?)?.and_utc();
            Some(utc.with_timezone(&self.timezone).naive_local().and_utc().timestamp_millis())
        };
        Some((local(start)?, local(end)?))
    }

    fn value(&self, what: &'static str, text: &str) -> TablesError {
        TablesError::value(&self.pre_aggregation_id, what, text)
    }
}

/// The moment of `SELECT '…'`, `SELECT DATE '…'` and `SELECT TIMESTAMP '…'`.
fn literal(sql: &str) -> Option<i64> {
    let mut words = sql.split_whitespace();
    let is = |word: Option<&str>, what: &str| word.is_some_and(|word| word.eq_ignore_ascii_case(what));
    if !is(words.next(), "select") {
        return None;
    }
    let mut rest: Vec<_> = words.collect();
    if is(rest.first().copied(), "date") || is(rest.first().copied(), "timestamp") {
        rest.remove(0);
    }
    let text = rest.join(" ");
    parse_iso(text.strip_prefix('\'')?.strip_suffix('\'')?)
}
