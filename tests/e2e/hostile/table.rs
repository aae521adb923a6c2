//! The operator table: every operator, on every type it fits, on every road, for a measure that adds up and for one
//! that does not, with values that are hard to write. What is right comes from no engine.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    operator::{Kind, Op, Predicate, all},
    opinion,
    roads::Roads,
    third::Things,
};
use crate::harness::{Cell, Client};

/// An operator on a type, with every choice of values.
struct Line {
    kind: Kind,
    op: Op,
    predicates: Vec<Predicate>,
    /// Counts by `id`, which add up over the tested column; or texts by the tested column itself, which do not.
    additive: bool,
}

/// Number of the predicate, key, value.
type Found = BTreeSet<(String, String, String)>;

#[tokio::test(flavor = "multi_thread")]
async fn operator_table() {
    let mut roads = Roads::start("UTC").await;
    let stack = &roads.stacks.arrow;
    let tables = opinion::tables(stack);
    let (mut wrong, mut said) = (Vec::new(), BTreeMap::<_, usize>::new());
    for kind in Kind::ALL {
        let rows = format!("SELECT id, txt, {} AS tested FROM things", by_hand(kind));
        let things = Things::of(&opinion::rows(stack, &tables, &rows).await, kind);
        for (op, additive) in kind.operators().iter().flat_map(|op| [(*op, true), (*op, false)]) {
            let line = Line { kind, op, predicates: all(kind, op), additive };
            for (name, _, client) in &mut roads.open {
                match line.check(client, name, &things).await {
                    Ok(what) => *said.entry((*name, additive, what)).or_default() += line.predicates.len(),
                    Err(why) => wrong.push(format!("{kind:?} {op:?}, additive {additive}, {name}: {why}")),
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{} lines:\n{}", wrong.len(), wrong.join("\n"));
    roads.no_fallbacks().await;
    for ((road, additive, what), predicates) in said {
        println!("operator table: {road}, additive {additive}: {predicates} predicates {what}");
    }
}

impl Line {
    /// The right rows from the right road, or the refusal that docs/semantics.md announces.
    async fn check(&self, client: &mut Client, road: &str, things: &Things) -> Result<&'static str, String> {
        let (sql, cube) = (self.sql(), road == "cube");
        let rows = match (client.query(&sql).await, cube && self.is_refused_by_cube()) {
            (Ok(_), true) => return Err(format!("is answered, not refused: {sql}")),
            (Err((_, text)), true) if text.contains(column(self.kind)) => return Ok("refused by name"),
            (Err((_, text)), _) => return Err(format!("{text}: {sql}")),
            (Ok(rows), false) => rows,
        };
        // Both stores are asked for the same reasons, so one of them is enough.
        if road == "old" {
            let taken = client.explained(&sql, "road").await;
            if taken.iter().any(|taken| taken != "rollup") {
                return Err(format!("goes to {taken:?}: {sql}"));
            }
        }
        let key = |row: &[Cell]| if self.additive { row[1].to_string() } else { things.key(&row[1]) };
        let found: Found =
            rows.values.iter().map(|row| (row[0].to_string(), key(row), row[2].to_string())).collect();
        if found.len() != rows.values.len() {
            return Err(format!("a key twice: {sql}"));
        }
        let right = self.right(things);
        match found.symmetric_difference(&right).next() {
            Some((at, key, value)) => {
                let what =
                    if right.contains(&(at.clone(), key.clone(), value.clone())) { "lacks" } else { "has" };
                let predicate = &self.predicates[at.parse::<usize>().unwrap()];
                Err(format!("{what} {key}: {value} for {}", predicate.text(column(self.kind), false)))
            }
            None => Ok("as by hand"),
        }
    }

    fn sql(&self) -> String {
        let column = column(self.kind);
        let (key, measure) = if self.additive { ("id", "count") } else { (column, "kinds") };
        let select = |(at, predicate): (usize, &Predicate)| {
            let predicate = predicate.text(column, false);
            format!("SELECT {at}, {key}, MEASURE({measure}) FROM things WHERE {predicate} GROUP BY {key}")
        };
        self.predicates.iter().enumerate().map(select).collect::<Vec<_>>().join(" UNION ALL ")
    }

    fn right(&self, things: &Things) -> Found {
        let of = |(at, predicate): (usize, &Predicate)| {
            let rows = if self.additive { things.ids(predicate) } else { things.kinds(predicate) };
            rows.into_iter().map(move |(key, value)| (at.to_string(), key, value))
        };
        self.predicates.iter().enumerate().flat_map(of).collect()
    }

    /// Order of texts; segments as keys, or where they need not hold.
    fn is_refused_by_cube(&self) -> bool {
        let by_order = [Op::Lt, Op::Le, Op::Gt, Op::Ge, Op::Between, Op::NotBetween];
        match self.kind {
            Kind::Text => by_order.contains(&self.op),
            Kind::Segment => !self.additive || !matches!(self.op, Op::Itself | Op::IsTrue),
            _ => false,
        }
    }
}

fn column(kind: Kind) -> &'static str {
    match kind {
        Kind::Text => "txt",
        Kind::Int => "n",
        Kind::Float => "f",
        Kind::Decimal => "d2",
        Kind::Boolean => "b",
        Kind::Timestamp => "t",
        Kind::Date => "day",
        Kind::Segment => "lettered",
    }
}

fn by_hand(kind: Kind) -> &'static str {
    if kind == Kind::Segment { "txt LIKE '%a%'" } else { column(kind) }
}
