//! Predicates: every operator, the types that it fits, and values of each type.

use fastrand::Rng;

/// The types that members have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    Text,
    Int,
    Float,
    Decimal,
    Boolean,
    Timestamp,
    Date,
    Segment,
}

/// The operators of SQL.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Op {
    Equals,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
    In,
    NotIn,
    InWithNull,
    NotInWithNull,
    Between,
    NotBetween,
    IsNull,
    IsNotNull,
    Like,
    NotLike,
    ILike,
    NotILike,
    LikeEscape,
    NotLikeEscape,
    /// The member alone.
    Itself,
    IsTrue,
    IsFalse,
    IsNotTrue,
    IsNotFalse,
}

use Op::{
    Between, Equals, Ge, Gt, ILike, In, InWithNull, IsFalse, IsNotFalse, IsNotNull, IsNotTrue, IsNull,
    IsTrue, Itself, Le, Like, LikeEscape, Lt, Ne, NotBetween, NotILike, NotIn, NotInWithNull, NotLike,
    NotLikeEscape,
};

const ORDERED: &[Op] = &[
    Equals,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
    In,
    NotIn,
    InWithNull,
    NotInWithNull,
    Between,
    NotBetween,
    IsNull,
    IsNotNull,
];
const TEXT: &[Op] = &[
    Equals,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
    In,
    NotIn,
    InWithNull,
    NotInWithNull,
    Between,
    NotBetween,
    IsNull,
    IsNotNull,
    Like,
    NotLike,
    ILike,
    NotILike,
    LikeEscape,
    NotLikeEscape,
];
const BOOLEAN: &[Op] = &[Equals, Ne, IsNull, IsNotNull, Itself, IsTrue, IsFalse, IsNotTrue, IsNotFalse];
const SEGMENT: &[Op] = &[Equals, Ne, Itself, IsTrue, IsFalse, IsNotTrue, IsNotFalse];

/// Patterns with `!` as escape, and the same with a backslash.
const ESCAPED: &[(&str, &str)] = &[
    ("a!%b", r"a\%b"),
    ("%!_%", r"%\_%"),
    (r"a\b", r"a\\b"),
    (r"%\%", r"%\\%"),
    ("!!", "!"),
    ("!%", r"\%"),
    ("a_b", "a_b"),
    ("日%", "日%"),
    ("%'%", "%'%"),
    ("", ""),
];

impl Kind {
    pub(super) const ALL: [Self; 8] = [
        Self::Text,
        Self::Int,
        Self::Float,
        Self::Decimal,
        Self::Boolean,
        Self::Timestamp,
        Self::Date,
        Self::Segment,
    ];

    /// The operators that fit.
    pub(super) fn operators(self) -> &'static [Op] {
        match self {
            Self::Text => TEXT,
            Self::Int | Self::Float | Self::Decimal | Self::Timestamp | Self::Date => ORDERED,
            Self::Boolean => BOOLEAN,
            Self::Segment => SEGMENT,
        }
    }

    /// Values without quotes, most of them in the rows.
    pub(super) fn values(self) -> &'static [&'static str] {
        match self {
            Self::Text => &[
                "",
                "a%b",
                "a_b",
                r"a\b",
                "axb",
                "o'neil",
                "\"quoted\"",
                "Ünïcode",
                "ß",
                "ΣΑΣ",
                "日本語",
                "🦀",
                "%",
                "_",
                r"\",
                " ",
                "NULL",
                "A%B",
                r"a\%b",
                "ab",
                "no such",
            ],
            Self::Int => &[
                "0",
                "1",
                "-1",
                "7",
                "42",
                "9007199254740993",
                "-9007199254740993",
                "9007199254740992",
                "9223372036854775807",
            ],
            Self::Float => &["0", "1.5", "-2.25", "0.1", "0.3", "1000000", "3", "-1000000.5"],
            Self::Decimal => &["0", "0.10", "-0.10", "1.00", "9999999999.99", "2.5", "3", "-0.01", "4.005"],
            Self::Boolean | Self::Segment => &["TRUE", "FALSE"],
            Self::Timestamp => &[
                "2023-07-01 00:00:00",
                "2024-01-01 04:00:00",
                "2024-02-29 12:00:00",
                "2024-03-10 06:59:59.999",
                "2024-03-31 01:00:00",
                "2024-06-30 12:00:00",
                "2024-11-03 06:30:00",
                "2024-12-31 23:59:59.999",
                "2025-01-01 00:00:00",
            ],
            Self::Date => &[
                "1969-12-31",
                "1970-01-01",
                "2023-12-31",
                "2024-01-01",
                "2024-02-29",
                "2024-06-30",
                "2024-12-31",
                "2025-01-01",
            ],
        }
    }

    /// A value as SQL. Beside stored columns a fraction is exact where the column is.
    pub(super) fn literal(self, value: &str, by_hand: bool) -> String {
        match self {
            Self::Text => quoted(value),
            Self::Timestamp => format!("TIMESTAMP '{value}'"),
            Self::Date => format!("DATE '{value}'"),
            Self::Decimal if by_hand => format!("CAST('{value}' AS DECIMAL(30, 6))"),
            Self::Float if by_hand => format!("CAST('{value}' AS DOUBLE)"),
            _ => value.to_owned(),
        }
    }
}

/// The right side of a predicate, chosen before it is written for the gateway and by hand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Predicate {
    pub(super) kind: Kind,
    pub(super) op: Op,
    pub(super) values: Vec<&'static str>,
}

const PATTERNS: &[&str] = &[
    "a%", "%b", "a_b", r"a\%b", r"a\_b", r"a\\b", r"%\%%", r"%\_%", r"\%", r"\_", r"\\", "%", "_", "", "%a%",
    "%A%", "日%", "%ï%", "Ü%", "%'%", "%\"%", "🦀", "__", "%s%", "σας", "ab", "AB",
];

impl Predicate {
    /// One of many.
    pub(super) fn of(kind: Kind, op: Op, rng: &mut Rng) -> Self {
        Self { kind, op, values: some_values(kind, op, rng) }
    }

    /// As SQL for the gateway, or by hand over stored columns.
    pub(super) fn text(&self, left: &str, by_hand: bool) -> String {
        let value = |at: usize| self.kind.literal(self.values[at], by_hand);
        let list = || (0..self.values.len()).map(value).collect::<Vec<_>>().join(", ");
        let pattern = || quoted(self.values[0]);
        // The engine of the third opinion puts lists together, and not NULL in them; it tells the zeros in them apart.
        let each = |op: &str, joined: &str| {
            let tests = (0..self.values.len()).map(|at| format!("{left} {op} {}", value(at)));
            format!("({})", tests.collect::<Vec<_>>().join(joined))
        };
        let escaped = || match by_hand {
            true => quoted(self.values[1]),
            false => format!("{} ESCAPE '!'", quoted(self.values[0])),
        };
        match self.op {
            Equals => format!("{left} = {}", value(0)),
            Ne => format!("{left} <> {}", value(0)),
            Lt => format!("{left} < {}", value(0)),
            Le => format!("{left} <= {}", value(0)),
            Gt => format!("{left} > {}", value(0)),
            Ge => format!("{left} >= {}", value(0)),
            In => format!("{left} IN ({})", list()),
            NotIn => format!("{left} NOT IN ({})", list()),
            InWithNull if by_hand => format!("({} OR NULL)", each("=", " OR ")),
            NotInWithNull if by_hand => format!("({} AND NULL)", each("<>", " AND ")),
            InWithNull => format!("{left} IN ({}, NULL)", list()),
            NotInWithNull => format!("{left} NOT IN ({}, NULL)", list()),
            Between => format!("{left} BETWEEN {} AND {}", value(0), value(1)),
            NotBetween => format!("{left} NOT BETWEEN {} AND {}", value(0), value(1)),
            IsNull => format!("{left} IS NULL"),
            IsNotNull => format!("{left} IS NOT NULL"),
            Like => format!("{left} LIKE {}", pattern()),
            NotLike => format!("{left} NOT LIKE {}", pattern()),
            ILike => format!("{left} ILIKE {}", pattern()),
            NotILike => format!("{left} NOT ILIKE {}", pattern()),
            LikeEscape => format!("{left} LIKE {}", escaped()),
            NotLikeEscape => format!("{left} NOT LIKE {}", escaped()),
            Itself => left.to_owned(),
            IsTrue => format!("{left} IS TRUE"),
            IsFalse => format!("{left} IS FALSE"),
            IsNotTrue => format!("{left} IS NOT TRUE"),
            IsNotFalse => format!("{left} IS NOT FALSE"),
        }
    }
}

fn some_values(kind: Kind, op: Op, rng: &mut Rng) -> Vec<&'static str> {
    let mut any = |from: &[&'static str]| *rng.choice(from).expect("there are values");
    match op {
        Equals | Ne | Lt | Le | Gt | Ge => vec![any(kind.values())],
        In | NotIn => (0..3).map(|_| any(kind.values())).collect(),
        InWithNull | NotInWithNull | Between | NotBetween => (0..2).map(|_| any(kind.values())).collect(),
        Like | NotLike | ILike | NotILike => vec![any(PATTERNS)],
        LikeEscape | NotLikeEscape => {
            let (ours, by_hand) = rng.choice(ESCAPED).expect("there are patterns");
            vec![ours, by_hand]
        }
        IsNull | IsNotNull | Itself | IsTrue | IsFalse | IsNotTrue | IsNotFalse => Vec::new(),
    }
}

/// Choices of values for an operator, in which every value comes up.
pub(super) fn all(kind: Kind, op: Op) -> Vec<Predicate> {
    let values = kind.values();
    let next = |at: usize| values[(at + 3) % values.len()];
    let choices: Vec<Vec<&'static str>> = match op {
        Equals | Ne | Lt | Le | Gt | Ge => values.iter().map(|value| vec![*value]).collect(),
        In | NotIn | InWithNull | NotInWithNull | Between | NotBetween => {
            (0..values.len()).step_by(2).map(|at| vec![values[at], next(at)]).collect()
        }
        Like | NotLike | ILike | NotILike => PATTERNS.iter().map(|pattern| vec![*pattern]).collect(),
        LikeEscape | NotLikeEscape => ESCAPED.iter().map(|(ours, by_hand)| vec![*ours, *by_hand]).collect(),
        IsNull | IsNotNull | Itself | IsTrue | IsFalse | IsNotTrue | IsNotFalse => vec![Vec::new()],
    };
    choices.into_iter().map(|values| Predicate { kind, op, values }).collect()
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}
