//! Calls that have another name, or arguments in another form, in ODBC and in other engines.

use datafusion::sql::sqlparser::ast::{
    BinaryOperator, CaseWhen, CastKind, DataType, Expr, Function, FunctionArg, FunctionArgExpr,
    FunctionArgumentList, FunctionArguments, Ident, Interval, ObjectName, TimezoneInfo, UnaryOperator, Value,
    helpers::attached_token::AttachedToken,
};

use crate::error::{PlanError, Result};

/// Function → the part of a time that it takes.
const PARTS: [(&str, &str); 12] = [
    ("year", "year"),
    ("quarter", "quarter"),
    ("month", "month"),
    ("week", "week"),
    ("weekofyear", "week"),
    ("day", "day"),
    ("dayofmonth", "day"),
    ("dayofyear", "doy"),
    ("hour", "hour"),
    ("minute", "minute"),
    ("second", "second"),
    ("dayofweek", "dow"),
];

const NAMES: [(&str, &str); 10] = [
    ("ceiling", "ceil"),
    ("char", "chr"),
    ("database", "current_database"),
    ("sign", "signum"),
    ("truncate", "trunc"),
    ("ucase", "upper"),
    ("lcase", "lower"),
    ("curdate", "current_date"),
    ("curtime", "current_time"),
    ("ifnull", "coalesce"),
];

/// Unit → how an interval writes it, and how often.
const UNITS: [(&str, &str, i64); 9] = [
    ("year", "year", 1),
    ("quarter", "month", 3),
    ("month", "month", 1),
    ("week", "day", 7),
    ("day", "day", 1),
    ("hour", "hour", 1),
    ("minute", "minute", 1),
    ("second", "second", 1),
    ("millisecond", "millisecond", 1),
];

/// The same call in the one form that the functions have; `None` where it has it.
pub(super) fn rewritten(function: &Function) -> Result<Option<Expr>> {
    let Some((name, args)) = plain(function) else { return Ok(None) };
    if let [time] = args.as_slice()
        && let Some((_, part)) = PARTS.iter().find(|(word, _)| *word == name)
    {
        let number = call("date_part", vec![text(part), time.clone()]);
        // ODBC counts from Sunday = 1, EXTRACT(DOW) from Sunday = 0.
        return Ok(Some(if name == "dayofweek" { sum(number, int(1)) } else { number }));
    }
    match (name.as_str(), args.as_slice()) {
        ("dateadd" | "date_add" | "timestampadd", [unit, count, time]) => added(unit, count, time).map(Some),
        ("datediff" | "date_diff", [unit, from, to]) => {
            let unit = text(unit_of(unit)?.0);
            Ok(Some(call("datediff", vec![unit, from.clone(), to.clone()])))
        }
        ("mod", [left, right]) => Ok(Some(nested(left, BinaryOperator::Modulo, right))),
        ("locate", [part, whole]) => Ok(Some(call("strpos", vec![whole.clone(), part.clone()]))),
        ("space", [count]) => Ok(Some(call("repeat", vec![text(" "), count.clone()]))),
        ("if" | "iif", [condition, yes, no]) => Ok(Some(either(condition, yes, no))),
        ("timestampdiff", _) => Err(PlanError::Unsupported("TIMESTAMPDIFF (write DATEDIFF)".to_owned())),
        _ => {
            let known = NAMES.iter().find(|(word, _)| *word == name);
            let other = known.map(|(_, other)| (*other).to_owned());
            let odbc = function.uses_odbc_syntax.then_some(name);
            Ok(other.or(odbc).map(|name| call(&name, args)))
        }
    }
}

/// Name and arguments of a call with nothing special about it.
fn plain(function: &Function) -> Option<(String, Vec<Expr>)> {
    let [name] = function.name.0.as_slice() else { return None };
    let FunctionArguments::List(list) = &function.args else { return None };
    let special = function.over.is_some()
        || function.filter.is_some()
        || !function.within_group.is_empty()
        || list.duplicate_treatment.is_some()
        || !list.clauses.is_empty();
    let args = list.args.iter().map(|arg| match arg {
        FunctionArg::Unnamed(FunctionArgExpr::Expr(expr)) => Some(expr.clone()),
        _ => None,
    });
    let args = args.collect::<Option<_>>()?;
    (!special).then_some((name.as_ident()?.value.to_lowercase(), args))
}

fn added(unit: &Expr, count: &Expr, time: &Expr) -> Result<Expr> {
    let (name, unit, times) = unit_of(unit)?;
    let count = whole(count).and_then(|count| count.checked_mul(times)).ok_or_else(|| {
        PlanError::Unsupported("DATEADD of a number that is no constant (write t + INTERVAL '…')".to_owned())
    })?;
    let interval = Expr::Interval(Interval {
        value: Box::new(text(&format!("{count} {unit}"))),
        leading_field: None,
        leading_precision: None,
        last_field: None,
        fractional_seconds_precision: None,
    });
    // A date would stay one, and the hours would be lost.
    let of_day = matches!(name, "hour" | "minute" | "second" | "millisecond");
    Ok(sum(if of_day { timestamp(time.clone()) } else { time.clone() }, interval))
}

fn timestamp(expr: Expr) -> Expr {
    Expr::Cast {
        kind: CastKind::Cast,
        expr: Box::new(expr),
        data_type: DataType::Timestamp(None, TimezoneInfo::None),
        array: false,
        format: None,
    }
}

/// A unit, written as a text, as a name, or as ODBC's name.
fn unit_of(expr: &Expr) -> Result<(&'static str, &'static str, i64)> {
    let word = match expr {
        Expr::Identifier(ident) => Some(ident.value.clone()),
        Expr::Value(value) => value.value.clone().into_string(),
        _ => None,
    };
    let word = word.unwrap_or_else(|| expr.to_string()).to_lowercase();
    let bare = word.strip_prefix("sql_tsi_").unwrap_or(&word);
    let bare = bare.strip_suffix('s').unwrap_or(bare);
    let unit = UNITS.into_iter().find(|(unit, ..)| *unit == bare);
    unit.ok_or_else(|| PlanError::Unsupported(format!("the unit {expr} of a date function")))
}

fn whole(expr: &Expr) -> Option<i64> {
    match expr {
        Expr::Value(value) => match &value.value {
            Value::Number(digits, _) => digits.parse().ok(),
            _ => None,
        },
        Expr::UnaryOp { op: UnaryOperator::Minus, expr } => whole(expr)?.checked_neg(),
        Expr::Nested(inner) => whole(inner),
        _ => None,
    }
}

pub(crate) fn call(name: &str, args: Vec<Expr>) -> Expr {
    let args = args.into_iter().map(|arg| FunctionArg::Unnamed(FunctionArgExpr::Expr(arg))).collect();
    Expr::Function(Function {
        name: ObjectName::from(Ident::new(name)),
        uses_odbc_syntax: false,
        parameters: FunctionArguments::None,
        args: FunctionArguments::List(FunctionArgumentList {
            duplicate_treatment: None,
            args,
            clauses: Vec::new(),
        }),
        filter: None,
        null_treatment: None,
        over: None,
        within_group: Vec::new(),
    })
}

fn sum(left: Expr, right: Expr) -> Expr {
    nested(&left, BinaryOperator::Plus, &right)
}

fn nested(left: &Expr, op: BinaryOperator, right: &Expr) -> Expr {
    let [left, right] = [left, right].map(|side| Box::new(side.clone()));
    Expr::Nested(Box::new(Expr::BinaryOp { left, op, right }))
}

fn either(condition: &Expr, yes: &Expr, no: &Expr) -> Expr {
    let when = CaseWhen { condition: condition.clone(), result: yes.clone() };
    Expr::Case {
        case_token: AttachedToken::empty(),
        end_token: AttachedToken::empty(),
        operand: None,
        conditions: vec![when],
        else_result: Some(Box::new(no.clone())),
    }
}

fn text(value: &str) -> Expr {
    Expr::value(Value::SingleQuotedString(value.to_owned()))
}

fn int(number: i64) -> Expr {
    Expr::value(Value::Number(number.to_string(), false))
}
