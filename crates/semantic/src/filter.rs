//! Predicates with SQL's meaning: three-valued logic, LIKE with case and escape, half-open times.

use std::{fmt, sync::Arc};

use crate::{granularity::iso, name::MemberName};

/// A predicate over members. A row passes when it is true; unknown counts as false, at the top as anywhere in SQL.
///
/// There is no NOT: [`Filter::negate`] pushes it down to the leaves, which three-valued logic allows.
#[derive(Debug, Clone, PartialEq)]
pub enum Filter {
    /// AND; empty is true.
    All(Vec<Self>),
    /// OR; empty is false.
    Any(Vec<Self>),
    /// `member op value`
    Compare {
        /// The column.
        member: MemberName,
        /// The operator.
        op: CompareOp,
        /// Never NULL.
        value: Value,
    },
    /// `member [NOT] IN (values)`; the list holds no NULL and is not empty.
    In {
        /// The column.
        member: MemberName,
        /// The list.
        values: Vec<Value>,
        /// NOT IN.
        negated: bool,
    },
    /// `member IS [NOT] NULL`
    Null {
        /// The column.
        member: MemberName,
        /// IS NOT NULL.
        negated: bool,
    },
    /// `member [NOT] LIKE pattern`
    Like {
        /// The column.
        member: MemberName,
        /// The pattern.
        like: Like,
        /// NOT LIKE.
        negated: bool,
    },
    /// `from <= member AND member < to` over wall-clock milliseconds; at least one bound.
    During {
        /// A time member.
        member: MemberName,
        /// The first moment inside.
        from: Option<i64>,
        /// The first moment behind.
        to: Option<i64>,
    },
    /// The segment is true, or (`holds: false`) false.
    Segment {
        /// The segment.
        member: MemberName,
        /// What it must be.
        holds: bool,
    },
}

/// A comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the operators of SQL")]
pub enum CompareOp {
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
}

/// A literal, never NULL. Times are not among them: see [`Filter::During`].
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// true or false
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A binary fraction.
    Float(f64),
    /// `unscaled / 10^scale`
    Decimal {
        /// All digits.
        unscaled: i128,
        /// Digits behind the point.
        scale: i8,
    },
    /// Text.
    Text(Arc<str>),
}

/// The pattern of a LIKE.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Like {
    /// With `%`, `_` and the escape character.
    pub pattern: Arc<str>,
    /// SQL's default is the backslash.
    pub escape: char,
    /// ILIKE.
    pub case_insensitive: bool,
}

impl Filter {
    /// Always true.
    pub const fn always() -> Self {
        Self::All(Vec::new())
    }

    /// Always false.
    pub const fn never() -> Self {
        Self::Any(Vec::new())
    }

    /// True when there is nothing to test.
    pub fn is_always(&self) -> bool {
        matches!(self, Self::All(parts) if parts.is_empty())
    }

    /// Both; flat, without needless nesting.
    pub fn and(self, other: Self) -> Self {
        Self::all([self, other])
    }

    /// All of them; flat, without needless nesting.
    pub fn all(parts: impl IntoIterator<Item = Self>) -> Self {
        let mut flat = Vec::new();
        for part in parts {
            match part {
                Self::All(inner) => flat.extend(inner),
                other => flat.push(other),
            }
        }
        if flat.len() == 1 { flat.swap_remove(0) } else { Self::All(flat) }
    }

    /// Any of them; flat, without needless nesting.
    pub fn any(parts: impl IntoIterator<Item = Self>) -> Self {
        let mut flat = Vec::new();
        for part in parts {
            match part {
                Self::Any(inner) => flat.extend(inner),
                other => flat.push(other),
            }
        }
        if flat.len() == 1 { flat.swap_remove(0) } else { Self::Any(flat) }
    }

    /// The predicate that is true where this one is false, and unknown where it is unknown.
    pub fn negate(self) -> Self {
        match self {
            Self::All(parts) => Self::any(parts.into_iter().map(Self::negate)),
            Self::Any(parts) => Self::all(parts.into_iter().map(Self::negate)),
            Self::Compare { member, op, value } => Self::Compare { member, op: op.negated(), value },
            Self::In { member, values, negated } => Self::In { member, values, negated: !negated },
            Self::Null { member, negated } => Self::Null { member, negated: !negated },
            Self::Like { member, like, negated } => Self::Like { member, like, negated: !negated },
            Self::Segment { member, holds } => Self::Segment { member, holds: !holds },
            Self::During { member, from, to } => Self::any(
                [from.map(|at| (None, Some(at))), to.map(|at| (Some(at), None))]
                    .into_iter()
                    .flatten()
                    .map(|(from, to)| Self::During { member: member.clone(), from, to }),
            ),
        }
    }

    /// The same predicate with ranges of one time AND-ed into one, and equal tests of one member OR-ed into IN.
    pub fn tidied(self) -> Self {
        match self {
            Self::All(parts) => {
                let mut tidy: Vec<Self> = Vec::with_capacity(parts.len());
                for part in parts.into_iter().map(Self::tidied) {
                    match tidy.iter_mut().find(|known| known.is_range_of_same(&part)) {
                        Some(known) => known.intersect(&part),
                        None => tidy.push(part),
                    }
                }
                Self::all(merged(tidy, CompareOp::Ne))
            }
            Self::Any(parts) => {
                Self::any(merged(parts.into_iter().map(Self::tidied).collect(), CompareOp::Eq))
            }
            leaf => leaf,
        }
    }

    fn is_range_of_same(&self, other: &Self) -> bool {
        matches!((self, other), (Self::During { member: a, .. }, Self::During { member: b, .. }) if a == b)
    }

    fn intersect(&mut self, other: &Self) {
        if let (Self::During { from, to, .. }, Self::During { from: from2, to: to2, .. }) = (self, other) {
            *from = (*from).max(*from2);
            *to = to.iter().chain(to2).copied().min();
        }
    }

    /// The conjuncts: the filter is true when all of them are.
    pub fn conjuncts(&self) -> &[Self] {
        match self {
            Self::All(parts) => parts,
            other => std::slice::from_ref(other),
        }
    }

    /// True when a row passes in which none of the members has a value; a segment may hold for such a row.
    pub fn passes_nulls(&self) -> bool {
        match self {
            Self::All(parts) => parts.iter().all(Self::passes_nulls),
            Self::Any(parts) => parts.iter().any(Self::passes_nulls),
            Self::Compare { .. } | Self::In { .. } | Self::Like { .. } => false,
            Self::Null { negated, .. } => !negated,
            Self::During { from, to, .. } => from.is_none() && to.is_none(),
            Self::Segment { .. } => true,
        }
    }

    /// Calls `visit` with each test of a member, out of whatever nesting.
    pub fn tests<'a>(&'a self, visit: &mut impl FnMut(&'a Self, &'a MemberName)) {
        match self {
            Self::All(parts) | Self::Any(parts) => parts.iter().for_each(|part| part.tests(visit)),
            test => test.members(&mut |member| visit(test, member)),
        }
    }

    /// Calls `visit` with each member, as often as it is named.
    pub fn members<'a>(&'a self, visit: &mut impl FnMut(&'a MemberName)) {
        match self {
            Self::All(parts) | Self::Any(parts) => parts.iter().for_each(|part| part.members(visit)),
            Self::Compare { member, .. }
            | Self::In { member, .. }
            | Self::Null { member, .. }
            | Self::Like { member, .. }
            | Self::During { member, .. }
            | Self::Segment { member, .. } => visit(member),
        }
    }
}

/// `a = 1 OR a = 2` as `a IN (1, 2)`; with `Ne`, `a <> 1 AND a <> 2` as `a NOT IN (1, 2)`.
fn merged(parts: Vec<Filter>, op: CompareOp) -> Vec<Filter> {
    let negated = op == CompareOp::Ne;
    let mut merged: Vec<Filter> = Vec::with_capacity(parts.len());
    for part in parts {
        let (member, values) = match part {
            Filter::Compare { member, op: own, value } if own == op && !matches!(value, Value::Bool(_)) => {
                (member, vec![value])
            }
            Filter::In { member, values, negated: own } if own == negated => (member, values),
            other => {
                merged.push(other);
                continue;
            }
        };
        let same = |known: &&mut Filter| matches!(known, Filter::In { member: m, negated: n, .. } if *m == member && *n == negated);
        match merged.iter_mut().find(same) {
            Some(Filter::In { values: known, .. }) => known.extend(values),
            _ => merged.push(Filter::In { member, values, negated }),
        }
    }
    let single = |filter| match filter {
        Filter::In { member, mut values, negated: own } if values.len() == 1 && own == negated => {
            Filter::Compare { member, op, value: values.swap_remove(0) }
        }
        other => other,
    };
    merged.into_iter().map(single).collect()
}

impl Like {
    /// The pattern with the backslash as its escape character, the only one that the engines below know.
    pub fn with_backslash(&self) -> String {
        let mut pattern = String::with_capacity(self.pattern.len());
        let mut letters = self.pattern.chars();
        while let Some(letter) = letters.next() {
            if letter == self.escape {
                pattern.push('\\');
                pattern.extend(letters.next());
            } else {
                pattern.push_str(if letter == '\\' { "\\" } else { "" });
                pattern.push(letter);
            }
        }
        pattern
    }
}

impl CompareOp {
    /// The operator that is true where this one is false.
    pub fn negated(self) -> Self {
        match self {
            Self::Eq => Self::Ne,
            Self::Ne => Self::Eq,
            Self::Lt => Self::Ge,
            Self::Le => Self::Gt,
            Self::Gt => Self::Le,
            Self::Ge => Self::Lt,
        }
    }

    /// The operator with its sides exchanged.
    pub fn flipped(self) -> Self {
        match self {
            Self::Lt => Self::Gt,
            Self::Le => Self::Ge,
            Self::Gt => Self::Lt,
            Self::Ge => Self::Le,
            same => same,
        }
    }

    /// The operator in SQL.
    pub fn sql(self) -> &'static str {
        match self {
            Self::Eq => "=",
            Self::Ne => "<>",
            Self::Lt => "<",
            Self::Le => "<=",
            Self::Gt => ">",
            Self::Ge => ">=",
        }
    }
}

/// A decimal's digits, point and sign, without exponent.
pub fn decimal_text(unscaled: i128, scale: i8) -> String {
    let scale = usize::try_from(scale).unwrap_or(0);
    let digits = format!("{:0>width$}", unscaled.unsigned_abs(), width = scale + 1);
    let (whole, fraction) = digits.split_at(digits.len() - scale);
    let sign = if unscaled < 0 { "-" } else { "" };
    if scale == 0 { format!("{sign}{whole}") } else { format!("{sign}{whole}.{fraction}") }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bool(b) => write!(f, "{b}"),
            Self::Int(i) => write!(f, "{i}"),
            Self::Float(x) => write!(f, "{x:?}"),
            Self::Decimal { unscaled, scale } => f.write_str(&decimal_text(*unscaled, *scale)),
            Self::Text(text) => write!(f, "'{}'", text.replace('\'', "''")),
        }
    }
}

impl fmt::Display for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::All(parts) => joined(f, parts, " AND ", "true"),
            Self::Any(parts) => joined(f, parts, " OR ", "false"),
            Self::Compare { member, op, value } => write!(f, "{member} {} {value}", op.sql()),
            Self::In { member, values, negated } => {
                let list: Vec<_> = values.iter().map(ToString::to_string).collect();
                write!(f, "{member} {}IN ({})", not(*negated), list.join(", "))
            }
            Self::Null { member, negated } => write!(f, "{member} IS {}NULL", not(*negated)),
            Self::Like { member, like, negated } => write!(f, "{member} {}{like}", not(*negated)),
            Self::During { member, from, to } => {
                let bounds = [from.map(|at| (">=", at)), to.map(|at| ("<", at))];
                let parts: Vec<_> = bounds
                    .into_iter()
                    .flatten()
                    .map(|(op, at)| format!("{member} {op} '{}'", iso(at)))
                    .collect();
                f.write_str(&parts.join(" AND "))
            }
            Self::Segment { member, holds } => write!(f, "{}{member}", not(!holds)),
        }
    }
}

fn not(negated: bool) -> &'static str {
    if negated { "NOT " } else { "" }
}

fn joined(f: &mut fmt::Formatter<'_>, parts: &[Filter], by: &str, empty: &str) -> fmt::Result {
    if parts.is_empty() {
        return f.write_str(empty);
    }
    let texts: Vec<_> = parts
        .iter()
        .map(|part| match part {
            Filter::All(inner) | Filter::Any(inner) if !inner.is_empty() => format!("({part})"),
            other => other.to_string(),
        })
        .collect();
    f.write_str(&texts.join(by))
}

impl fmt::Display for Like {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = if self.case_insensitive { "ILIKE" } else { "LIKE" };
        write!(f, "{word} '{}'", self.pattern.replace('\'', "''"))?;
        if self.escape == '\\' { Ok(()) } else { write!(f, " ESCAPE '{}'", self.escape) }
    }
}

#[cfg(test)]
mod tests {
    use super::{CompareOp, Filter, Value, decimal_text};
    use crate::name::MemberName;
    use expect_test::expect;

    fn compare(member: &str, op: CompareOp, value: Value) -> Filter {
        Filter::Compare { member: MemberName::parse(member).unwrap(), op, value }
    }

    #[test]
    fn not_goes_down_to_the_leaves() {
        let during =
            Filter::During { member: MemberName::parse("o.t").unwrap(), from: Some(0), to: Some(86_400_000) };
        let filter = Filter::all([
            compare("o.a", CompareOp::Lt, Value::Int(1)),
            Filter::any([compare("o.b", CompareOp::Eq, Value::Text("x'y".into())), during]),
        ]);
        expect!["o.a < 1 AND (o.b = 'x''y' OR o.t >= '1970-01-01T00:00:00.000' AND o.t < '1970-01-02T00:00:00.000')"]
            .assert_eq(&filter.to_string());
        expect!["o.a >= 1 OR (o.b <> 'x''y' AND (o.t < '1970-01-01T00:00:00.000' OR o.t >= '1970-01-02T00:00:00.000'))"]
            .assert_eq(&filter.negate().to_string());
        assert_eq!(Filter::always().negate(), Filter::never());
    }

    #[test]
    fn rows_without_values_pass_few_tests() {
        let null = |negated| Filter::Null { member: MemberName::parse("o.a").unwrap(), negated };
        let is_one = || compare("o.b", CompareOp::Ne, Value::Int(1));
        let open = Filter::During { member: MemberName::parse("o.t").unwrap(), from: None, to: None };
        let passing = [null(false), Filter::any([null(false), is_one()]), Filter::always(), open];
        assert!(passing.iter().all(Filter::passes_nulls));
        let others = [null(true), is_one(), Filter::all([null(false), is_one()]), Filter::never()];
        assert!(!others.iter().any(Filter::passes_nulls));
    }

    #[test]
    fn tidy() {
        let is = |op, value: i64| compare("o.a", op, Value::Int(value));
        let since = |from, to| Filter::During { member: MemberName::parse("o.t").unwrap(), from, to };
        let either = Filter::any([is(CompareOp::Eq, 1), is(CompareOp::Gt, 7), is(CompareOp::Eq, 2)]);
        let neither = Filter::all([is(CompareOp::Ne, 1), is(CompareOp::Ne, 2)]);
        let range = Filter::all([since(Some(0), None), since(Some(-5), Some(1000)), since(None, Some(2000))]);
        expect!["o.a IN (1, 2) OR o.a > 7"].assert_eq(&either.tidied().to_string());
        expect!["o.a NOT IN (1, 2)"].assert_eq(&neither.tidied().to_string());
        expect!["o.t >= '1970-01-01T00:00:00.000' AND o.t < '1970-01-01T00:00:01.000'"]
            .assert_eq(&range.tidied().to_string());
    }

    #[test]
    fn decimals() {
        for (unscaled, scale, text) in [
            (5, 2, "0.05"),
            (-5, 2, "-0.05"),
            (12345, 2, "123.45"),
            (7, 0, "7"),
            (-1, 0, "-1"),
            (0, 3, "0.000"),
        ] {
            assert_eq!(decimal_text(unscaled, scale), text);
        }
    }
}
