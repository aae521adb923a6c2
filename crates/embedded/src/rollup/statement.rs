//! The one SELECT that fills a rollup.
//!
//! Measures whose rows the joins repeat are computed apart, over rows made distinct by their primary key, and
//! joined back by the group keys. All parts read the same rows, so they have the same groups.

use chrono_tz::Tz;
use semantic::{
    JoinPath, Model, PreAggregation,
    granularity::iso,
    model::{PreAggregationKind, StoredTime},
};

use super::{
    CannotBuild, Statement, Stored,
    joins::Joins,
    keys::{self, Key, measure_column, wall_clock},
    leaves::{Leaf, Leaves},
    members::{Members, aggregate_of},
};

/// Writes the statement of a rollup, whose times are those of the zone's clocks and not behind `end`.
pub(super) fn of(
    pre_aggregation: &PreAggregation,
    model: &Model,
    zone: Tz,
    end: Option<i64>,
) -> Result<Statement, CannotBuild> {
    if pre_aggregation.kind != PreAggregationKind::Rollup {
        return Err(CannotBuild::Kind(pre_aggregation.kind.name()));
    }
    if pre_aggregation.references().next().is_none() {
        return Err(CannotBuild::Empty);
    }
    if let Some((one, other)) = model.shared_column(&pre_aggregation.name) {
        return Err(CannotBuild::SharedColumn(one.to_string(), other.to_string()));
    }
    let mut members = Members::new(model);
    let keys = keys::of(pre_aggregation, &mut members, zone)?;
    let mut columns: Vec<_> = keys.iter().filter_map(|key| key.stored.clone()).collect();
    let mut leaves = Leaves::default();
    let mut formulas = Vec::new();
    for reference in &pre_aggregation.measures {
        formulas.push(leaves.formula(&reference.member, &reference.path, model)?);
        let measure = model.measure(&reference.member).expect("the formula found it");
        columns.push(measure_column(reference, measure, model));
    }
    let filter = match (end, pre_aggregation.time_dimensions.first()) {
        (Some(end), Some(StoredTime { dimension, .. })) => {
            let time = wall_clock(&members.member(&dimension.member, &dimension.path)?, zone);
            format!("\nWHERE ({time}) IS NULL OR {time} <= CAST('{}' AS TIMESTAMP)", iso(end))
        }
        _ => String::new(),
    };
    let groups = groups(&keys, &leaves.0, &mut members, &filter)?;
    let sql = outer(&keys, &formulas, &columns, &groups);
    Ok(Statement { sql, columns, partition: pre_aggregation.partition_granularity })
}

/// The FROM of the outer statement: all groups, with all leaves.
fn groups(
    keys: &[Key],
    leaves: &[Leaf<'_>],
    members: &mut Members<'_>,
    filter: &str,
) -> Result<String, CannotBuild> {
    let values: Result<Vec<_>, _> = leaves.iter().map(|leaf| leaf.value(members)).collect();
    // All values are written by now, so all joins are known that may repeat rows.
    let from = Joins::from_clause(members)? + filter;
    let (repeated, straight): (Vec<_>, Vec<_>) =
        leaves.iter().zip(values?).enumerate().partition(|(_, (leaf, _))| leaf.is_repeated(members));
    let aggregates = straight.into_iter().map(|(i, (leaf, value))| (i, leaf.aggregate(&value)));
    let key_sql: Vec<_> = keys.iter().map(|key| key.sql.clone()).collect();
    let mut groups = format!("({}) AS g0", grouped(&key_sql, aggregates, &from));
    let mut open = repeated;
    let mut part = 0;
    while let Some((_, (first, _))) = open.first() {
        let at = first.at.clone();
        let (here, others): (Vec<_>, _) = open.into_iter().partition(|(_, (leaf, _))| leaf.at == at);
        part += 1;
        let part_sql = over_distinct(&key_sql, &here, &primary_key(members, &at)?, &from)?;
        groups += &format!("\nLEFT JOIN ({part_sql}) AS g{part} ON {}", same_group(keys.len(), part));
        open = others;
    }
    Ok(groups)
}

impl Leaf<'_> {
    fn aggregate(&self, value: &str) -> String {
        match self.measure.kind.is_calculated() {
            true => value.to_owned(),
            false => aggregate_of(self.measure.kind, value),
        }
    }
}

fn primary_key(members: &mut Members<'_>, at: &JoinPath) -> Result<Vec<String>, CannotBuild> {
    let key = members.primary_key(at)?;
    if key.is_empty() {
        return Err(CannotBuild::NoPrimaryKey(at.last().map(ToString::to_string).unwrap_or_default()));
    }
    Ok(key)
}

fn grouped(keys: &[String], aggregates: impl Iterator<Item = (usize, String)>, from: &str) -> String {
    let named_keys = keys.iter().enumerate().map(|(i, sql)| format!("{sql} AS k{i}"));
    let mut items: Vec<_> = named_keys.chain(aggregates.map(|(i, sql)| format!("{sql} AS m{i}"))).collect();
    // Without keys there is one group, also when nothing else is computed in this part.
    if items.is_empty() {
        items.push("COUNT(*) AS counted".to_owned());
    }
    let ordinals: Vec<_> = (1..=keys.len()).map(|i| i.to_string()).collect();
    let group_by =
        if keys.is_empty() { String::new() } else { format!("\nGROUP BY {}", ordinals.join(", ")) };
    format!("SELECT {}\n{from}{group_by}", items.join(", "))
}

/// Leaves of one cube over one row per group and primary key of that cube.
fn over_distinct(
    keys: &[String],
    leaves: &[(usize, (&Leaf<'_>, String))],
    primary_key: &[String],
    from: &str,
) -> Result<String, CannotBuild> {
    if let Some((_, (leaf, _))) = leaves.iter().find(|(_, (leaf, _))| leaf.measure.kind.is_calculated()) {
        return Err(CannotBuild::OwnAggregate(leaf.measure.name.to_string()));
    }
    let named_keys = keys.iter().enumerate().map(|(i, sql)| format!("{sql} AS k{i}"));
    let named_primary = primary_key.iter().enumerate().map(|(i, sql)| format!("{sql} AS p{i}"));
    let named_values = leaves.iter().map(|(i, (_, value))| format!("{value} AS v{i}"));
    let items: Vec<_> = named_keys.chain(named_primary).chain(named_values).collect();
    let rows = format!("FROM (SELECT DISTINCT {}\n{from}) AS d", items.join(", "));
    let keys: Vec<_> = (0..keys.len()).map(|i| format!("k{i}")).collect();
    let aggregates = leaves.iter().map(|(i, (leaf, _))| (*i, leaf.aggregate(&format!("v{i}"))));
    Ok(grouped(&keys, aggregates, &rows))
}

// The parser binds IS NOT DISTINCT FROM more loosely than AND.
fn same_group(keys: usize, part: usize) -> String {
    let same: Vec<_> = (0..keys).map(|i| format!("(g0.k{i} IS NOT DISTINCT FROM g{part}.k{i})")).collect();
    if same.is_empty() { "1 = 1".to_owned() } else { same.join(" AND ") }
}

/// Columns under their stored names, partition by partition and in the order of the keys, as the store sorts them.
fn outer(keys: &[Key], formulas: &[String], columns: &[Stored], groups: &str) -> String {
    let sql_of = |i: usize| format!("g0.k{i}");
    let (stored, partition): (Vec<_>, Vec<_>) = (0..keys.len()).partition(|i| keys[*i].stored.is_some());
    let values = stored.iter().map(|i| sql_of(*i)).chain(formulas.iter().cloned());
    let named = values.zip(columns).map(|(sql, column)| format!("{sql} AS \"{}\"", column.name));
    let items: Vec<_> = named.chain(partition.iter().map(|i| sql_of(*i))).collect();
    let order: Vec<_> = partition.iter().chain(&stored).map(|i| sql_of(*i)).collect();
    let order_by = if order.is_empty() { String::new() } else { format!("\nORDER BY {}", order.join(", ")) };
    format!("SELECT {}\nFROM {groups}{order_by}", items.join(", "))
}
