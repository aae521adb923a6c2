//! Filters as SQL, operator by operator, with the habits of the real server (see the table of recorded SQL in the
//! tests).

use chrono_tz::Tz;
use semantic::granularity::iso;

use super::{
    super::{
        operator::Operator,
        question::{Condition, Test},
        refusal::Refusal,
        times,
    },
    literal::{Kind, literal, moment, quoted},
};

/// What the left side of a test is.
pub(super) struct Term {
    pub(super) sql: String,
    pub(super) kind: Kind,
}

/// What the values of a test may depend on.
#[derive(Debug, Clone, Copy)]
pub(super) struct Clock {
    pub(super) zone: Tz,
    /// Wall clock of the zone, in milliseconds.
    pub(super) now: i64,
}

type Terms<'t, 'a> = dyn Fn(&Test<'a>) -> Result<Term, Refusal> + 't;

/// A condition; `None` tests nothing.
pub(super) fn condition<'a>(
    condition: &Condition<'a>,
    clock: Clock,
    term: &Terms<'_, 'a>,
) -> Result<Option<String>, Refusal> {
    let parts = |parts: &[Condition<'a>], by: &str| {
        let sql: Result<Vec<_>, _> = parts.iter().map(|part| self::condition(part, clock, term)).collect();
        let sql: Vec<_> = sql?.into_iter().flatten().collect();
        Ok((!sql.is_empty()).then(|| format!("({})", sql.join(by))))
    };
    match condition {
        Condition::All(all) => parts(all, " AND "),
        Condition::Any(any) => parts(any, " OR "),
        Condition::Test(one) => Ok(Some(format!("({})", test(&term(one)?, one, clock)?))),
    }
}

fn test(term: &Term, test: &Test<'_>, clock: Clock) -> Result<String, Refusal> {
    let Term { sql, .. } = term;
    let first = || test.values.first().cloned().flatten().unwrap_or_default();
    let compare = |op: &str| Ok(format!("{sql} {op} {}", value(term, &first())?));
    let texts = || test.values.iter().flatten().map(String::as_str);
    let date = |op: &str| Ok(format!("{sql} {op} {}", start(&first(), clock)?));
    match test.operator {
        Operator::Equals => equals(term, test),
        Operator::NotEquals => not_equals(term, test),
        Operator::Contains => Ok(like(sql, texts().map(|text| format!("%{}%", escaped(text))))),
        Operator::NotContains => Ok(not_like(sql, texts().map(|text| format!("%{}%", escaped(text))))),
        Operator::StartsWith => Ok(like(sql, texts().map(|text| format!("{text}%")))),
        Operator::NotStartsWith => Ok(not_like(sql, texts().map(|text| format!("{text}%")))),
        Operator::EndsWith => Ok(like(sql, texts().map(|text| format!("%{text}")))),
        Operator::NotEndsWith => Ok(not_like(sql, texts().map(|text| format!("%{text}")))),
        Operator::Gt => compare(">"),
        Operator::Gte => compare(">="),
        Operator::Lt => compare("<"),
        Operator::Lte => compare("<="),
        Operator::Set => Ok(format!("{sql} IS NOT NULL")),
        Operator::NotSet => Ok(format!("{sql} IS NULL")),
        Operator::InDateRange | Operator::OnTheDate => {
            let (from, to) = range(test, clock)?;
            Ok(format!("{sql} >= {from} AND {sql} <= {to}"))
        }
        Operator::NotInDateRange => {
            let (from, to) = range(test, clock)?;
            Ok(format!("{sql} < {from} OR {sql} > {to}"))
        }
        Operator::BeforeDate => date("<"),
        Operator::BeforeOrOnDate => date("<="),
        Operator::AfterDate => date(">"),
        Operator::AfterOrOnDate => date(">="),
        // The measure's own filters are the term.
        Operator::MeasureFilter => Ok(sql.clone()),
    }
}

fn equals(term: &Term, test: &Test<'_>) -> Result<String, Refusal> {
    let sql = &term.sql;
    let list = values(term, test)?;
    let with_null = list.len() < test.values.len();
    Ok(match list.as_slice() {
        [] => format!("{sql} IS NULL"),
        [one] if !with_null => format!("{sql} = {one}"),
        list if with_null => format!("{} OR {sql} IS NULL", one_of(term, list)),
        list => one_of(term, list),
    })
}

// Rows without a value are not equal to anything, unless null itself is among the values.
fn not_equals(term: &Term, test: &Test<'_>) -> Result<String, Refusal> {
    let sql = &term.sql;
    let list = values(term, test)?;
    let with_null = list.len() < test.values.len();
    Ok(match list.as_slice() {
        [] => format!("{sql} IS NOT NULL"),
        list if with_null => format!("NOT ({})", one_of(term, list)),
        [one] => format!("{sql} <> {one} OR {sql} IS NULL"),
        list => format!("NOT ({}) OR {sql} IS NULL", one_of(term, list)),
    })
}

// The engine's lists tell the two zeros apart, its comparisons do not.
fn one_of(Term { sql, kind }: &Term, list: &[String]) -> String {
    match kind {
        Kind::Number => list.iter().map(|value| format!("{sql} = {value}")).collect::<Vec<_>>().join(" OR "),
        Kind::Text | Kind::Boolean | Kind::Time => format!("{sql} IN ({})", list.join(", ")),
    }
}

fn values(term: &Term, test: &Test<'_>) -> Result<Vec<String>, Refusal> {
    test.values.iter().flatten().map(|text| value(term, text)).collect()
}

fn value(term: &Term, text: &str) -> Result<String, Refusal> {
    let value = literal(term.kind, text)?;
    Ok(match term.kind {
        Kind::Number => format!("beside({}, {value})", term.sql),
        Kind::Text | Kind::Boolean | Kind::Time => value,
    })
}

fn like(sql: &str, patterns: impl Iterator<Item = String>) -> String {
    let tests: Vec<_> = patterns.map(|pattern| format!("{sql} ILIKE {}", quoted(&pattern))).collect();
    tests.join(" OR ")
}

fn not_like(sql: &str, patterns: impl Iterator<Item = String>) -> String {
    let tests: Vec<_> = patterns.map(|pattern| format!("{sql} NOT ILIKE {}", quoted(&pattern))).collect();
    format!("({}) OR {sql} IS NULL", tests.join(" AND "))
}

/// The wildcards, but not the backslash itself.
fn escaped(text: &str) -> String {
    text.replace('%', "\\%").replace('_', "\\_")
}

fn start(text: &str, clock: Clock) -> Result<String, Refusal> {
    Ok(moment(&times::in_utc(&times::range_start(text)?, clock.zone)?))
}

// One date alone reaches to the end of today.
fn range(test: &Test<'_>, clock: Clock) -> Result<(String, String), Refusal> {
    let mut dates = test.values.iter().flatten();
    let from = dates.next().map(String::as_str).unwrap_or_default();
    let to = match dates.next() {
        Some(to) => times::range_end(to)?,
        None => iso(times::end_of_day(clock.now)),
    };
    Ok((start(from, clock)?, moment(&times::in_utc(&to, clock.zone)?)))
}
