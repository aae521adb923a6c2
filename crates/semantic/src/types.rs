//! Which Arrow type a member has. Decided by the model alone, never by an answer.

use std::{fmt, str::FromStr};

use arrow_schema::{DataType, TimeUnit};

/// The closed set of Arrow types that members have.
///
/// A member's type follows from the data model; `meta.arrow_type` or the `[types]` section of the configuration
/// narrows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ArrowType {
    /// `boolean`
    Boolean,
    /// `int64`
    Int64,
    /// `float64`, the default of numbers
    Float64,
    /// `decimal(precision, scale)`, at most 38 digits
    Decimal {
        /// Digits in all, 1 to 38.
        precision: u8,
        /// Digits behind the point, at most `precision`.
        scale: i8,
    },
    /// `utf8`
    Utf8,
    /// `timestamp`: microseconds, no zone, the wall clock of the query's zone
    Timestamp,
    /// `date32`: whole days
    Date32,
}

/// A type's name that is none of ours.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no Arrow type; use boolean, int64, float64, decimal(p,s), utf8, timestamp or date32")]
pub struct UnknownType(String);

impl ArrowType {
    /// True for times and dates.
    pub fn is_time(self) -> bool {
        matches!(self, Self::Timestamp | Self::Date32)
    }

    /// True for numbers.
    pub fn is_number(self) -> bool {
        matches!(self, Self::Int64 | Self::Float64 | Self::Decimal { .. })
    }
}

impl From<ArrowType> for DataType {
    fn from(value: ArrowType) -> Self {
        match value {
            ArrowType::Boolean => Self::Boolean,
            ArrowType::Int64 => Self::Int64,
            ArrowType::Float64 => Self::Float64,
            ArrowType::Decimal { precision, scale } => Self::Decimal128(precision, scale),
            ArrowType::Utf8 => Self::Utf8,
            ArrowType::Timestamp => Self::Timestamp(TimeUnit::Microsecond, None),
            ArrowType::Date32 => Self::Date32,
        }
    }
}

impl FromStr for ArrowType {
    type Err = UnknownType;

    fn from_str(text: &str) -> Result<Self, UnknownType> {
        match text.trim() {
            "boolean" => Ok(Self::Boolean),
            "int64" => Ok(Self::Int64),
            "float64" => Ok(Self::Float64),
            "utf8" => Ok(Self::Utf8),
            "timestamp" => Ok(Self::Timestamp),
            "date32" => Ok(Self::Date32),
            other => decimal(other).ok_or_else(|| UnknownType(text.to_owned())),
        }
    }
}

fn decimal(text: &str) -> Option<ArrowType> {
    let (precision, scale) = text.strip_prefix("decimal(")?.strip_suffix(')')?.split_once(',')?;
    let (precision, scale) = (precision.trim().parse().ok()?, scale.trim().parse().ok()?);
    (1..=38).contains(&precision).then_some(())?;
    (0..=precision as i8).contains(&scale).then_some(ArrowType::Decimal { precision, scale })
}

impl fmt::Display for ArrowType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Boolean => f.write_str("boolean"),
            Self::Int64 => f.write_str("int64"),
            Self::Float64 => f.write_str("float64"),
            Self::Decimal { precision, scale } => write!(f, "decimal({precision},{scale})"),
            Self::Utf8 => f.write_str("utf8"),
            Self::Timestamp => f.write_str("timestamp"),
            Self::Date32 => f.write_str("date32"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::ArrowType;

    #[test]
    fn names_round_trip_and_others_are_refused() {
        for text in ["boolean", "int64", "float64", "decimal(15,2)", "utf8", "timestamp", "date32"] {
            assert_eq!(text.parse::<ArrowType>().unwrap().to_string(), text);
        }
        for text in ["decimal", "decimal(39,2)", "decimal(4,5)", "decimal(0,0)", "int", "Utf8", ""] {
            assert!(text.parse::<ArrowType>().is_err(), "{text}");
        }
    }
}
