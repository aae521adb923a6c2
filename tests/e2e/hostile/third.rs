//! What predicates mean, without any engine: SQL's three-valued logic over the rows as they are.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{NaiveDate, NaiveDateTime};

use super::operator::{Kind, Op, Predicate};
use crate::harness::{Cell, Rows};

/// A value that can be compared with others of its type.
#[derive(Debug, Clone, PartialEq, PartialOrd)]
enum Value {
    Text(String),
    /// In thousandths.
    Exact(i128),
    Float(f64),
    Boolean(bool),
    Time(NaiveDateTime),
}

/// `id`, `txt` and the tested column of every row.
pub(super) struct Things {
    kind: Kind,
    rows: Vec<Thing>,
}

struct Thing {
    id: String,
    txt: Option<String>,
    tested: Option<Value>,
}

impl Things {
    pub(super) fn of(rows: &Rows, kind: Kind) -> Self {
        let text = |cell: &Cell| (*cell != Cell::Null).then(|| cell.to_string());
        let thing = |row: &Vec<Cell>| Thing {
            id: row[0].to_string(),
            txt: text(&row[1]),
            tested: text(&row[2]).map(|text| value(kind, &text)),
        };
        Self { kind, rows: rows.values.iter().map(thing).collect() }
    }

    /// The ids of rows that pass, each of them once.
    pub(super) fn ids(&self, predicate: &Predicate) -> BTreeMap<String, String> {
        self.passing(predicate).map(|thing| (thing.id.clone(), "1".to_owned())).collect()
    }

    /// How many texts there are beside each tested value, of the rows that pass.
    pub(super) fn kinds(&self, predicate: &Predicate) -> BTreeMap<String, String> {
        let mut kinds = BTreeMap::<_, BTreeSet<&String>>::new();
        for thing in self.passing(predicate) {
            kinds.entry(format!("{:?}", thing.tested)).or_default().extend(&thing.txt);
        }
        kinds.into_iter().map(|(tested, texts)| (tested, texts.len().to_string())).collect()
    }

    /// A tested value as [`Things::kinds`] calls it.
    pub(super) fn key(&self, cell: &Cell) -> String {
        format!("{:?}", (*cell != Cell::Null).then(|| value(self.kind, &cell.to_string())))
    }

    fn passing<'t>(&'t self, predicate: &'t Predicate) -> impl Iterator<Item = &'t Thing> {
        self.rows.iter().filter(|thing| truth(self.kind, thing.tested.as_ref(), predicate) == Some(true))
    }
}

fn value(kind: Kind, text: &str) -> Value {
    match kind {
        Kind::Text => Value::Text(text.to_owned()),
        Kind::Int => Value::Exact(text.parse::<i128>().unwrap() * 1000),
        Kind::Decimal => {
            let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
            Value::Exact(format!("{whole}{fraction:0<3}").parse().unwrap())
        }
        // Both zeros are one number.
        Kind::Float => Value::Float(text.parse::<f64>().unwrap() + 0.0),
        Kind::Boolean | Kind::Segment => Value::Boolean(text.eq_ignore_ascii_case("true")),
        Kind::Timestamp => Value::Time(
            NaiveDateTime::parse_from_str(&text.replace('T', " "), "%Y-%m-%d %H:%M:%S%.f").unwrap(),
        ),
        Kind::Date => Value::Time(text.parse::<NaiveDate>().unwrap().into()),
    }
}

fn truth(kind: Kind, left: Option<&Value>, predicate: &Predicate) -> Option<bool> {
    let right: Vec<Value> = match predicate.op {
        Op::Like | Op::NotLike | Op::ILike | Op::NotILike | Op::LikeEscape | Op::NotLikeEscape => Vec::new(),
        _ => predicate.values.iter().map(|text| value(kind, text)).collect(),
    };
    let is = |wanted: bool| left == Some(&Value::Boolean(wanted));
    // These are never unknown.
    match predicate.op {
        Op::IsNull => return Some(left.is_none()),
        Op::IsNotNull => return Some(left.is_some()),
        Op::IsTrue => return Some(is(true)),
        Op::IsFalse => return Some(is(false)),
        Op::IsNotTrue => return Some(!is(true)),
        Op::IsNotFalse => return Some(!is(false)),
        _ => {}
    }
    let left = left?;
    let within = || *left >= right[0] && *left <= right[1];
    let like = |escape: char, fold: bool| {
        let Value::Text(text) = left else { panic!("{left:?} LIKE") };
        matches(&folded(predicate.values[0], fold), &folded(text, fold), escape)
    };
    Some(match predicate.op {
        Op::Equals => *left == right[0],
        Op::Ne => *left != right[0],
        Op::Lt => *left < right[0],
        Op::Le => *left <= right[0],
        Op::Gt => *left > right[0],
        Op::Ge => *left >= right[0],
        Op::In => right.contains(left),
        Op::NotIn => !right.contains(left),
        // What equals none of the known values may equal the unknown one.
        Op::InWithNull => return right.contains(left).then_some(true),
        Op::NotInWithNull => return right.contains(left).then_some(false),
        Op::Between => within(),
        Op::NotBetween => !within(),
        Op::Like => like('\\', false),
        Op::NotLike => !like('\\', false),
        Op::ILike => like('\\', true),
        Op::NotILike => !like('\\', true),
        Op::LikeEscape => like('!', false),
        Op::NotLikeEscape => !like('!', false),
        Op::Itself => is_true(left),
        Op::IsNull | Op::IsNotNull | Op::IsTrue | Op::IsFalse | Op::IsNotTrue | Op::IsNotFalse => {
            unreachable!("answered above")
        }
    })
}

fn is_true(value: &Value) -> bool {
    *value == Value::Boolean(true)
}

/// One letter for all its cases; `ς` is a case of `σ`.
fn folded(text: &str, fold: bool) -> Vec<char> {
    let one = |mut letters: Vec<char>, letter| if letters.len() == 1 { letters.remove(0) } else { letter };
    let lower =
        |letter: char| one(one(letter.to_uppercase().collect(), letter).to_lowercase().collect(), letter);
    text.chars().map(|letter| if fold { lower(letter) } else { letter }).collect()
}

fn matches(pattern: &[char], text: &[char], escape: char) -> bool {
    match (pattern, text) {
        ([], []) => true,
        ([], _) => false,
        ([first, letter, rest @ ..], _) if *first == escape => {
            text.split_first().is_some_and(|(head, tail)| head == letter && matches(rest, tail, escape))
        }
        (['%', rest @ ..], _) => (0..=text.len()).any(|from| matches(rest, &text[from..], escape)),
        (['_', rest @ ..], [_, tail @ ..]) => matches(rest, tail, escape),
        ([letter, rest @ ..], [head, tail @ ..]) => letter == head && matches(rest, tail, escape),
        (_, []) => false,
    }
}
