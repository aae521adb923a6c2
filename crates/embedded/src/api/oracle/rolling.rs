//! Measures over other rows than those of their group, in the shape of the SQL that the real server writes. A rolling
//! one is a series of bins, each joined to the finer groups that its window holds. The parts meet over their keys, so a
//! group that one of them lacks is lost.

use std::borrow::Cow;

use semantic::{
    Granularity, Measure, MeasureType,
    granularity::{iso, parse_iso},
    model::{Bins, Extent, Grain, Interval, RollingWindow, WindowOffset},
};

use super::{
    super::{
        members::Asked,
        question::{Condition, Key, Question},
        refusal::Refusal,
    },
    aggregate::all,
    filter::Clock,
    literal::moment,
    model_sql::{Words, failed},
    staged,
    statement::{grouped, measures_of, over_groups, same_keys},
};

/// True when a measure of the question is such a one.
pub(super) fn takes_part(question: &Question<'_>) -> bool {
    measures_of(question).iter().any(|asked| asked.member.is_contextual())
}

/// The SELECT without order and limit.
pub(super) fn body(question: &Question<'_>, words: Words<'_>, clock: Clock) -> Result<String, Refusal> {
    let (rolling, plain): (Vec<_>, Vec<_>) =
        measures_of(question).into_iter().partition(|asked| asked.member.is_contextual());
    let mut parts = Vec::new();
    if !plain.is_empty() {
        parts.push(grouped(&narrowed(question, plain.clone()), words, clock)?);
    }
    for asked in &rolling {
        parts.push(if asked.member.is_multi_stage() {
            staged::part(question, asked, words, clock)?
        } else {
            rolled(question, asked, words, clock)?
        });
    }
    let keys = question.keys.len();
    let (first, others) = parts.split_first().ok_or_else(|| failed("nothing is asked"))?;
    let mut from = format!("({first}) AS {}", part(0, keys, plain.len().max(1)));
    for (at, sql) in others.iter().enumerate() {
        from += &format!(" INNER JOIN ({sql}) AS {} ON {}", part(at + 1, keys, 1), same_keys(keys, at + 1));
    }
    // The plain measures stand in the first part, each rolling one in a part of its own.
    let before = usize::from(!plain.is_empty());
    let column = |asked: &Asked<'_, Measure>| {
        let is_same = |other: &&Asked<'_, Measure>| other.name == asked.name;
        let of_plain = plain.iter().position(|other| is_same(&other)).map(|at| format!("p0.v{at}"));
        let of_rolling = || rolling.iter().position(|other| is_same(&other));
        of_plain.or_else(|| of_rolling().map(|at| format!("p{}.v0", at + before)))
    };
    let unknown = || failed("a measure is in no part");
    let values: Option<Vec<_>> = question.measures.iter().map(column).collect();
    let outputs = (0..keys).map(|key| format!("p0.d{key}")).chain(values.ok_or_else(unknown)?);
    let outputs: Vec<_> = outputs.enumerate().map(|(at, sql)| format!("{sql} AS o{at}")).collect();
    let tests = over_groups(question, clock, &|asked| column(asked).ok_or_else(unknown))?;
    Ok(format!("SELECT {} FROM {from} WHERE {}", outputs.join(", "), all(&tests)))
}

/// The name of a part, with names for its columns.
pub(super) fn part(at: usize, keys: usize, values: usize) -> String {
    let keys = (0..keys).map(|key| format!("d{key}"));
    let columns: Vec<_> = keys.chain((0..values).map(|value| format!("v{value}"))).collect();
    format!("p{at}({})", columns.join(", "))
}

/// The question with these measures alone, and no test of groups.
pub(super) fn narrowed<'q>(question: &Question<'q>, measures: Vec<Asked<'q, Measure>>) -> Question<'q> {
    let mut narrowed = question.clone();
    narrowed.measures = measures;
    narrowed.filters.retain(|filter| !Condition::is_over_measures(filter));
    narrowed
}

fn rolled(
    question: &Question<'_>,
    asked: &Asked<'_, Measure>,
    words: Words<'_>,
    clock: Clock,
) -> Result<String, Refusal> {
    let name = &asked.member.name;
    let window = asked.member.window().ok_or_else(|| failed(format!("{name} has no window")))?;
    let function = match asked.member.kind {
        MeasureType::Count | MeasureType::Sum | MeasureType::RunningTotal => "SUM",
        MeasureType::Min => "MIN",
        MeasureType::Max => "MAX",
        _ => return Err(failed(format!("the dev stack does not compute {name}: its bins do not add up"))),
    };
    let kind = match asked.member.kind {
        MeasureType::RunningTotal => MeasureType::Sum,
        kind => kind,
    };
    let plain = Measure { rolling_window: None, cumulative: false, kind, ..asked.member.clone() };
    let plain = Asked { member: &plain, name: asked.name.clone(), path: asked.path.clone() };
    let mut base = narrowed(question, vec![plain]);
    let times: Vec<_> = question.keys.iter().enumerate().filter_map(of_time).collect();
    let is_own = |key: &Key<'_>| matches!(key.granularity, Some((Grain::Custom(_), _)));
    if question.keys.iter().any(is_own) {
        return Err(failed(format!("the dev stack does not compute {name} by bins that a time declares")));
    }
    let (place, key, bin) = match times.as_slice() {
        [] if question.ranges.is_empty() => return grouped(&base, words, clock),
        [one] => *one,
        _ => return Err(failed(format!("the dev stack does not compute {name} but by bins of one time"))),
    };
    let grain =
        window.grain(bin).ok_or_else(|| failed(format!("{bin} and the window of {name} do not fit")))?;
    let range = question.ranges.iter().find(|(time, _)| time.name == key.asked.name);
    let (_, [from, to]) =
        range.ok_or_else(|| Refusal::user("Time series queries without dateRange aren't supported"))?;
    base.keys[place].granularity = Some((Grain::Standard(grain), Bins::of(grain)));
    base.ranges.retain(|(time, _)| time.name != key.asked.name);
    let keys: Vec<_> = (0..question.keys.len())
        .map(|at| if at == place { "s.date_from".to_owned() } else { format!("b.d{at}") })
        .collect();
    let ordinals: Vec<_> = (1..=keys.len()).map(|at| at.to_string()).collect();
    Ok(format!(
        "SELECT {}, {function}(b.v0) FROM ({}) AS s(date_from, date_to) LEFT JOIN ({}) AS {} ON {} GROUP BY {}",
        keys.join(", "),
        series(bin, from, to)?,
        grouped(&base, words, clock)?,
        part(0, keys.len(), 1).replacen("p0", "b", 1),
        condition(&window, &format!("b.d{place}"))?,
        ordinals.join(", ")
    ))
}

fn of_time<'k, 'a>((place, key): (usize, &'k Key<'a>)) -> Option<(usize, &'k Key<'a>, Granularity)> {
    key.granularity.as_ref().and_then(|(bin, _)| Some((place, key, bin.standard()?)))
}

/// Every bin of the range, with its first and its last millisecond.
fn series(bin: Granularity, from: &str, to: &str) -> Result<String, Refusal> {
    let read =
        |text: &str| parse_iso(text).ok_or_else(|| Refusal::bad(format!("Can't parse date: '{text}'")));
    let (from, to) = (read(from)?, read(to)?);
    let outside = || failed("a date is outside the calendar");
    let mut rows = Vec::new();
    let mut start = bin.floor(from).ok_or_else(outside)?;
    while start <= to {
        let next = bin.next(start).ok_or_else(outside)?;
        rows.push(format!("({}, {})", moment(&iso(start)), moment(&iso(next - 1))));
        start = next;
    }
    if rows.is_empty() {
        let none = moment("1970-01-01T00:00:00.000");
        return Ok(format!("SELECT {none}, {none} WHERE FALSE"));
    }
    Ok(format!("VALUES {}", rows.join(", ")))
}

/// Whether the bin that starts at `at` is in the window of the bin of the series.
fn condition(window: &RollingWindow, at: &str) -> Result<String, Refusal> {
    let mut tests = Vec::new();
    match window {
        RollingWindow::ToDate { granularity } => {
            tests.push(format!("{at} >= date_trunc('{granularity}', s.date_from)"));
            tests.push(format!("{at} <= s.date_to"));
        }
        RollingWindow::Fixed { trailing, leading, offset } => {
            let (end, after, before) = match offset {
                Some(WindowOffset::Start) => ("s.date_from", ">=", "<"),
                Some(WindowOffset::End) | None => ("s.date_to", ">", "<="),
            };
            tests.extend(reach(trailing.as_ref(), '-').map(|far| format!("{at} {after} {end}{far}")));
            tests.extend(reach(leading.as_ref(), '+').map(|far| format!("{at} {before} {end}{far}")));
        }
    }
    Ok(all(&tests))
}

/// How far a window reaches, as a term to add; `None` when it has no end.
fn reach(extent: Option<&Extent>, sign: char) -> Option<Cow<'static, str>> {
    match extent {
        None => Some(Cow::Borrowed("")),
        Some(Extent::Unbounded) => None,
        Some(Extent::Interval(Interval { parts })) => {
            let part = |(count, unit): &(i64, Granularity)| match unit {
                Granularity::Quarter => format!(" {sign} INTERVAL '{} month'", count * 3),
                unit => format!(" {sign} INTERVAL '{count} {unit}'"),
            };
            Some(Cow::Owned(parts.iter().map(part).collect()))
        }
    }
}
