//! Measures, dimensions and segments.

use super::{
    Vouched,
    answers::{Meta, MetaCase, MetaMember, MetaSql},
    hidden::references,
    last, list, text,
};
use crate::parse::{
    SourceFile, javascript,
    node::Problems,
    value::{Data, Value},
};

/// Types of measures whose SQL is made of other measures, and which may be stages.
const CALCULATED: [&str; 5] = ["number", "string", "time", "boolean", "numberAgg"];

/// Reads the SQL of one cube, which is JavaScript.
pub(super) struct SqlText<'p> {
    pub(super) file: &'static str,
    pub(super) member: &'p str,
    pub(super) problems: &'p Problems,
}

impl SqlText<'_> {
    pub(super) fn value(&self, code: &str) -> Value {
        let file = SourceFile { path: self.file.to_owned(), text: code.to_owned() };
        javascript::expression(&file, self.member, self.problems)
    }
}

/// A measure. Of a window the answer only says that there is one, and of stages nothing.
pub(super) fn measure(member: &MetaMember, sql: &SqlText<'_>, vouched: Vouched) -> Value {
    let kind = member.agg_type.as_ref().or(member.kind.as_ref()).map_or("", String::as_str);
    let may_be_staged = CALCULATED.contains(&kind) && !vouched.no_stages;
    let mut entries = about(member);
    entries.extend(member.sql.as_deref().map(|code| ("sql", sql.value(code))));
    let filter = |filter: &MetaSql| Value::map([("sql", sql.value(&filter.sql))]);
    entries.extend([
        ("type", text(kind)),
        ("filters", list(member.filters.iter().map(filter).collect())),
        ("multi_stage", Value::new(Data::Boolean(member.cumulative || may_be_staged))),
    ]);
    Value::map(entries)
}

/// A dimension.
pub(super) fn dimension(member: &MetaMember, sql: &SqlText<'_>, meta: &Meta) -> Value {
    let kind = member.kind.as_deref().unwrap_or("string");
    let mut entries = about(member);
    entries.extend([("type", text(kind)), ("primary_key", Value::new(Data::Boolean(member.primary_key)))]);
    let untold = || Value::map([("sql", text(""))]);
    match (kind, &member.case) {
        ("geo", _) => entries.extend([("latitude", untold()), ("longitude", untold())]),
        ("switch", _) => entries.push(("values", list(Vec::new()))),
        (_, Some(case)) => entries.push(("case", self::case(case, sql))),
        (_, None) => {
            let value = member.sql.as_deref().map_or_else(|| text(""), |code| sql.value(code));
            // Whether filters go into the sub-query is not told: taken for the worst, they do.
            if may_name_a_measure(&value, sql.member, meta) {
                let keys = ["sub_query", "propagate_filters_to_sub_query"];
                entries.extend(keys.map(|key| (key, Value::new(Data::Boolean(true)))));
            }
            entries.push(("sql", value));
        }
    }
    entries.extend(member.granularities.as_ref().map(|json| ("granularities", Value::of_json(json))));
    Value::map(entries)
}

/// A segment.
pub(super) fn segment(member: &MetaMember, sql: &SqlText<'_>) -> Value {
    let mut entries = about(member);
    entries.push(("sql", member.sql.as_deref().map_or_else(|| text(""), |code| sql.value(code))));
    Value::map(entries)
}

fn case(case: &MetaCase, sql: &SqlText<'_>) -> Value {
    let when = case
        .when
        .iter()
        .map(|when| Value::map([("sql", sql.value(&when.sql)), ("label", label(&when.label, sql))]));
    let mut entries = vec![("when", list(when.collect()))];
    let otherwise = case.otherwise.as_ref().and_then(|otherwise| otherwise.get("label"));
    entries.extend(otherwise.map(|otherwise| ("else", Value::map([("label", label(otherwise, sql))]))));
    Value::map(entries)
}

fn label(json: &serde_json::Value, sql: &SqlText<'_>) -> Value {
    match json.get("sql").and_then(|code| code.as_str()) {
        Some(code) => Value::map([("sql", sql.value(code))]),
        None => Value::of_json(json),
    }
}

fn about(member: &MetaMember) -> Vec<(&'static str, Value)> {
    let mut entries = vec![("name", text(last(&member.name)))];
    entries.extend(member.short_title.as_ref().map(|title| ("title", text(title))));
    entries.extend(member.description.as_ref().map(|words| ("description", text(words))));
    entries.push(("public", Value::new(Data::Boolean(member.public.unwrap_or(true)))));
    entries.extend(member.meta.as_ref().map(|meta| ("meta", Value::of_json(meta))));
    entries
}

/// True when SQL names a measure, or a member of another cube that is not listed and may be one.
fn may_name_a_measure(sql: &Value, own: &str, meta: &Meta) -> bool {
    references(sql, own).iter().any(|(cube, member)| {
        let Some(cube) = meta.cubes.iter().find(|known| known.name == *cube) else { return false };
        let lists = |members: &[MetaMember]| members.iter().any(|listed| last(&listed.name) == member);
        lists(&cube.measures) || (cube.name != own && !lists(&cube.dimensions))
    })
}
