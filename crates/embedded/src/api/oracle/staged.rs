//! Measures of another time or of other groups, in the shape of the SQL that the real server writes: a shifted time is its
//! SQL plus the interval, wherever it is grouped by or tested; sums over other groups and ranks are window functions.

use semantic::{
    ArrowType, Dimension, Granularity, Measure, MeasureType,
    model::{Direction, Formula, Interval, RankKey, Reference, ShiftDirection, Stages, TimeShift},
    template::{Piece, Template},
};

use super::{
    super::{
        members::{Asked, Found},
        question::{Condition, Key, Question},
        refusal::Refusal,
    },
    filter::Clock,
    model_sql::{Words, failed},
    rolling::{body, narrowed, part as named},
    statement::grouped,
};

/// The SELECT of one such measure: the keys, then its value.
pub(super) fn part(
    question: &Question<'_>,
    asked: &Asked<'_, Measure>,
    words: Words<'_>,
    clock: Clock,
) -> Result<String, Refusal> {
    let unknown = || failed(format!("the dev stack does not compute {}", asked.member.name));
    let Stages { group_by, reduce_by, add_group_by, order_by, time_shift, .. } = &asked.member.stages;
    let is_calculation = asked.member.kind == MeasureType::Number && time_shift.is_empty();
    let as_asked = [group_by, reduce_by, add_group_by].iter().all(|keys| keys.is_none());
    if is_calculation && as_asked && order_by.is_empty() {
        return calculated(question, asked, words, clock);
    }
    let texts = asked.member.sql.iter().chain(order_by.iter().map(|key| &key.sql));
    let members = texts.flat_map(Template::members).collect::<Vec<_>>();
    let [(way, base)] = members.as_slice() else { return Err(unknown()) };
    let member = words.model.measure(base).filter(|base| !base.is_contextual()).ok_or_else(unknown)?;
    let base = Asked { name: (*base).clone(), path: asked.path.then(way), member };
    let data_type = member.about.arrow_type.unwrap_or(member.kind.arrow_type());
    // The engine's order tells the two zeros apart.
    let value = if data_type == ArrowType::Float64 { "b.v0 + 0e0" } else { "b.v0" };
    let of_base = narrowed(question, vec![base]);
    if let Some(added) = add_group_by {
        return put_together(of_base, added, asked, words, clock);
    }
    let (call, order) = match (time_shift.as_slice(), asked.member.kind, order_by.as_slice()) {
        ([shift], MeasureType::Number, []) => return shifted(&of_base, shift, words, clock),
        ([], MeasureType::Sum, []) => ("SUM(b.v0)", String::new()),
        ([], MeasureType::Rank, [RankKey { dir: Some(Direction::Desc), .. }]) => {
            ("RANK()", format!("ORDER BY {value} DESC"))
        }
        ([], MeasureType::Rank, [_]) => ("RANK()", format!("ORDER BY {value} ASC")),
        _ => return Err(unknown()),
    };
    let lists = |keys: &Vec<Reference>, key: &Asked<'_, Dimension>| {
        keys.iter().any(|listed| listed.member == key.member.name)
    };
    let keys = question.keys.len();
    let kept = question.keys.iter().enumerate().filter(|(_, key)| {
        let is_kept = group_by.as_ref().is_none_or(|keys| lists(keys, &key.asked));
        is_kept && !reduce_by.as_ref().is_some_and(|keys| lists(keys, &key.asked))
    });
    let kept: Vec<_> = kept.map(|(place, _)| format!("b.d{place}")).collect();
    let by = if kept.is_empty() { String::new() } else { format!("PARTITION BY {}", kept.join(", ")) };
    let value = format!("{call} OVER ({by} {order})");
    let outputs: Vec<_> = (0..keys).map(|key| format!("b.d{key}")).chain([value]).collect();
    let inner = grouped(&of_base, words, clock)?;
    Ok(format!(
        "SELECT {} FROM ({inner}) AS {}",
        outputs.join(", "),
        named(0, keys, 1).replacen("p0", "b", 1)
    ))
}

/// Over finer groups.
fn put_together<'q>(
    mut question: Question<'q>,
    added: &[Reference],
    asked: &Asked<'_, Measure>,
    words: Words<'q>,
    clock: Clock,
) -> Result<String, Refusal> {
    let unknown = || failed(format!("the dev stack does not compute {}", asked.member.name));
    let call = match asked.member.kind {
        MeasureType::Sum => "SUM",
        MeasureType::Min => "MIN",
        MeasureType::Max => "MAX",
        MeasureType::Avg => "AVG",
        _ => return Err(unknown()),
    };
    let keys = question.keys.len();
    for Reference { path, member, .. } in added {
        let found = words.model.dimension(member).ok_or_else(unknown)?;
        let added = Asked { name: member.clone(), path: asked.path.then(path), member: found };
        question.keys.push(Key { asked: added, granularity: None });
    }
    let inner = grouped(&question, words, clock)?;
    let outputs: Vec<_> = (0..keys).map(|key| format!("b.d{key}")).chain([format!("{call}(b.v0)")]).collect();
    let by: Vec<_> = (1..=keys).map(|key| key.to_string()).collect();
    let by = if keys == 0 { String::new() } else { format!(" GROUP BY {}", by.join(", ")) };
    Ok(format!(
        "SELECT {} FROM ({inner}) AS {}{by}",
        outputs.join(", "),
        named(0, question.keys.len(), 1).replacen("p0", "b", 1)
    ))
}

/// Over the values of its measures, each computed in its own way.
fn calculated(
    question: &Question<'_>,
    asked: &Asked<'_, Measure>,
    words: Words<'_>,
    clock: Clock,
) -> Result<String, Refusal> {
    let unknown = || failed(format!("the dev stack does not compute {}", asked.member.name));
    let (mut over, mut sql) = (Vec::new(), String::new());
    for piece in asked.member.sql.iter().flat_map(|sql| &sql.pieces) {
        match piece {
            Piece::Text(text) => sql += text,
            Piece::Member { path, member } => {
                sql += &format!("b.v{}", over.len());
                let found = words.model.measure(member).ok_or_else(unknown)?;
                over.push(Asked { name: member.clone(), path: asked.path.then(path), member: found });
            }
            _ => return Err(unknown()),
        }
    }
    let (keys, values) = (question.keys.len(), over.len());
    let outputs: Vec<_> = (0..keys).map(|key| format!("b.d{key}")).chain([sql]).collect();
    let inner = body(&narrowed(question, over), words, clock)?;
    Ok(format!(
        "SELECT {} FROM ({inner}) AS {}",
        outputs.join(", "),
        named(0, keys, values).replacen("p0", "b", 1)
    ))
}

fn shifted(
    question: &Question<'_>,
    shift: &TimeShift,
    words: Words<'_>,
    clock: Clock,
) -> Result<String, Refusal> {
    let unknown = || failed("the dev stack does not compute shifts that a calendar declares");
    let (interval, direction) =
        (shift.interval.as_ref().ok_or_else(unknown)?, shift.direction.ok_or_else(unknown)?);
    let is_shifted = |dimension: &Dimension| {
        let named = shift.time_dimension.as_ref();
        dimension.kind == semantic::DimensionType::Time
            && named.is_none_or(|time| time.member == dimension.name)
    };
    let times = question.keys.iter().map(|key| key.asked.member);
    let times = times.chain(question.ranges.iter().map(|(time, _)| time.member));
    let mut moved: Vec<Dimension> = Vec::new();
    for time in times.filter(|time| is_shifted(time)) {
        if moved.iter().all(|known| known.name != time.name) {
            moved.push(plus(time, interval, direction).ok_or_else(unknown)?);
        }
    }
    let replace = |asked: &mut Asked<'_, Dimension>| moved.iter().find(|d| d.name == asked.member.name);
    let mut question = question.clone();
    for key in &mut question.keys {
        if let Some(member) = replace(&mut key.asked) {
            key.asked.member = member;
        }
    }
    for (time, _) in &mut question.ranges {
        if let Some(member) = replace(time) {
            time.member = member;
        }
    }
    question.filters.iter_mut().for_each(|filter| {
        tests(filter, &mut |found| {
            if let Found::Dimension(asked) = found
                && let Some(member) = replace(asked)
            {
                asked.member = member;
            }
        });
    });
    grouped(&question, words, clock)
}

fn tests<'a>(condition: &mut Condition<'a>, visit: &mut impl FnMut(&mut Found<'a>)) {
    match condition {
        Condition::All(parts) | Condition::Any(parts) => parts.iter_mut().for_each(|part| tests(part, visit)),
        Condition::Test(test) => visit(&mut test.member),
    }
}

/// A time whose SQL is shifted.
fn plus(time: &Dimension, interval: &Interval, direction: ShiftDirection) -> Option<Dimension> {
    let Formula::Sql(sql) = &time.formula else { return None };
    let sign = match direction {
        ShiftDirection::Prior => '+',
        ShiftDirection::Next => '-',
    };
    let parts = interval.parts.iter().map(|(count, unit)| match unit {
        Granularity::Quarter => format!(" {sign} INTERVAL '{} month'", count * 3),
        unit => format!(" {sign} INTERVAL '{count} {unit}'"),
    });
    let mut sql = sql.clone();
    sql.sql.pieces.insert(0, Piece::Text("(".to_owned()));
    sql.sql.pieces.push(Piece::Text(format!("{})", parts.collect::<String>())));
    Some(Dimension { formula: Formula::Sql(sql), ..time.clone() })
}
