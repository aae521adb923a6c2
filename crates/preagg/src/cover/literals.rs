//! Decimals beside fractions. The store reads every literal with a point as floating point, and rounds it once more
//! to compare it with a decimal: one that would come out as another number is moved between two values that the
//! column can have, where rounding does no harm.

use semantic::{ArrowType, CompareOp, Filter, MemberName, Value, filter::decimal_text};

use crate::{refusal::Refusal, wanted::Wanted};

/// What the store gives a fraction beside a decimal.
const STORE_SCALE: u32 = 15;
/// Numbers of so many digits are kept apart by floating point.
const KEPT: u128 = 10_u128.pow(15);

/// The same predicate in literals that the store keeps.
pub(crate) fn kept(wanted: &Wanted<'_>, filter: &Filter) -> Result<Filter, Refusal> {
    let each = |parts: &[Filter]| parts.iter().map(|part| kept(wanted, part)).collect::<Result<Vec<_>, _>>();
    match filter {
        Filter::All(parts) => Ok(Filter::all(each(parts)?)),
        Filter::Any(parts) => Ok(Filter::any(each(parts)?)),
        Filter::Compare { member, op, value } => match (scale_of(wanted, member), fraction(value)) {
            (Some(scale), Some(fraction)) if !fraction.is_kept() => {
                moved(member, *op, fraction, scale).ok_or_else(|| rounded(wanted, member, value))
            }
            _ => Ok(filter.clone()),
        },
        Filter::In { member, values, negated }
            if scale_of(wanted, member).is_some()
                && values.iter().filter_map(fraction).any(|fraction| !fraction.is_kept()) =>
        {
            let op = if *negated { CompareOp::Ne } else { CompareOp::Eq };
            let compare =
                |value: &Value| Filter::Compare { member: member.clone(), op, value: value.clone() };
            let parts = each(&values.iter().map(compare).collect::<Vec<_>>())?;
            Ok(if *negated { Filter::all(parts) } else { Filter::any(parts) })
        }
        Filter::In { .. }
        | Filter::Null { .. }
        | Filter::Like { .. }
        | Filter::During { .. }
        | Filter::Segment { .. } => Ok(filter.clone()),
    }
}

/// `unscaled / 10^scale`
#[derive(Debug, Clone, Copy)]
struct Fraction {
    unscaled: i128,
    scale: u32,
}

impl Fraction {
    fn is_kept(self) -> bool {
        let text = decimal_text(self.unscaled, self.scale.try_into().unwrap_or(i8::MAX));
        let (Ok(read), Some(more)) = (text.parse::<f64>(), STORE_SCALE.checked_sub(self.scale)) else {
            return false;
        };
        // The store's own arithmetic.
        let stored = (read * 10_f64.powi(STORE_SCALE.cast_signed())).round();
        self.unscaled.checked_mul(10_i128.pow(more)).is_some_and(|exact| exact == stored as i128)
    }
}

fn fraction(value: &Value) -> Option<Fraction> {
    match value {
        Value::Decimal { unscaled, scale } => {
            Some(Fraction { unscaled: *unscaled, scale: u32::try_from(*scale).ok()? })
        }
        Value::Bool(_) | Value::Int(_) | Value::Float(_) | Value::Text(_) => None,
    }
}

fn scale_of(wanted: &Wanted<'_>, member: &MemberName) -> Option<u32> {
    match wanted.model.column(member)?.data_type {
        ArrowType::Decimal { scale, .. } => u32::try_from(scale).ok(),
        _ => None,
    }
}

fn rounded(wanted: &Wanted<'_>, member: &MemberName, value: &Value) -> Refusal {
    Refusal::Literal { member: wanted.source(member).clone(), value: value.to_string() }
}

/// The comparison with the middle between the two values next to each other that it tells apart; `None` where
/// floating point does not even keep that.
fn moved(member: &MemberName, op: CompareOp, fraction: Fraction, scale: u32) -> Option<Filter> {
    let compare = |op, middle: i128| {
        let value = Value::Decimal { unscaled: middle, scale: i8::try_from(scale + 1).ok()? };
        (middle.unsigned_abs() < KEPT && scale < STORE_SCALE).then(|| Filter::Compare {
            member: member.clone(),
            op,
            value,
        })
    };
    // The greatest value of the column that is not above the fraction, and whether it is the fraction.
    let (floor, meets) = match fraction.scale.checked_sub(scale) {
        Some(finer) => {
            let unit = 10_i128.checked_pow(finer)?;
            (fraction.unscaled.div_euclid(unit), fraction.unscaled.rem_euclid(unit) == 0)
        }
        None => (fraction.unscaled.checked_mul(10_i128.checked_pow(scale - fraction.scale)?)?, true),
    };
    let above = floor.checked_mul(10)?.checked_add(5)?;
    let below = if meets { above - 10 } else { above };
    match op {
        CompareOp::Lt => compare(CompareOp::Lt, below),
        CompareOp::Ge => compare(CompareOp::Gt, below),
        CompareOp::Le => compare(CompareOp::Lt, above),
        CompareOp::Gt => compare(CompareOp::Gt, above),
        CompareOp::Eq if !meets => Some(Filter::never()),
        CompareOp::Ne if !meets => Some(Filter::Null { member: member.clone(), negated: true }),
        CompareOp::Eq => Some(compare(CompareOp::Gt, below)?.and(compare(CompareOp::Lt, above)?)),
        CompareOp::Ne => Some(Filter::any([compare(CompareOp::Lt, below)?, compare(CompareOp::Gt, above)?])),
    }
}
