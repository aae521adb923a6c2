//! Parts of times, such as EXTRACT(MONTH …): the bins that still tell them, and the bins that they tell apart.

use datafusion::logical_expr::{Expr, expr::ScalarFunction};
use semantic::{Granularity, Value};

use super::literal;
use crate::functions;

/// A part of a time.
pub(super) struct Part<'e> {
    pub(super) call: &'e ScalarFunction,
    /// Which argument is the time.
    pub(super) at: usize,
    /// The coarsest bins that still tell the part.
    pub(super) grain: Granularity,
    pub(super) tells: Tells,
}

/// What a part says about the bin that its time lies in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tells {
    /// Other bins have the same part.
    Nothing,
    /// Which bin it is, among those inside one bin of this size.
    Within(Granularity),
    /// Which bin it is.
    Bin,
}

impl<'e> Part<'e> {
    /// The part that a call with constant words takes.
    pub(super) fn of(expr: &'e Expr) -> Option<Self> {
        let Expr::ScalarFunction(call) = expr else { return None };
        let constant = |at: usize| match literal::value(literal::of(call.args.get(at)?)?)? {
            Value::Text(text) => Some(text),
            _ => None,
        };
        let (at, (grain, tells)) = match call.name() {
            "date_part" => (1, extract(&constant(0)?)?),
            "to_char" => {
                let (grain, whole) = functions::pattern_grain(&constant(1)?)?;
                (0, (grain, if whole { Tells::Bin } else { Tells::Nothing }))
            }
            _ => return None,
        };
        Some(Self { call, at, grain, tells })
    }

    pub(super) fn time(&self) -> &'e Expr {
        &self.call.args[self.at]
    }

    /// The same part of another time.
    pub(super) fn over(&self, time: Expr) -> Expr {
        let mut call = self.call.clone();
        call.args[self.at] = time;
        Expr::ScalarFunction(call)
    }
}

fn extract(part: &str) -> Option<(Granularity, Tells)> {
    use Granularity::{Day, Hour, Minute, Month, Quarter, Year};
    Some(match part.to_lowercase().as_str() {
        "year" => (Year, Tells::Bin),
        "quarter" | "qtr" => (Quarter, Tells::Within(Year)),
        "month" => (Month, Tells::Within(Year)),
        "doy" => (Day, Tells::Within(Year)),
        "day" => (Day, Tells::Within(Month)),
        "week" | "dow" | "isodow" => (Day, Tells::Nothing),
        "hour" => (Hour, Tells::Within(Day)),
        "minute" => (Minute, Tells::Within(Hour)),
        _ => return None,
    })
}
