//! Questions from seeds, with the same question by hand. LIMIT stands only where ORDER BY names every key.

use std::collections::{BTreeMap, BTreeSet};

use fastrand::Rng;

use super::{
    ground::{GROUNDS, Ground, Member},
    operator::{Kind, Op, Predicate},
};

/// Where a predicate stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Clause {
    Where,
    Not,
    Or,
    Having,
}

/// A clause, the type of what is tested, and the operator.
pub(super) type Cell = (Clause, Kind, Op);

/// A statement with the same by hand.
pub(super) struct Question {
    pub(super) ground: &'static Ground,
    pub(super) sql: String,
    pub(super) by_hand: String,
    pub(super) ordered: bool,
    pub(super) cells: Vec<Cell>,
    pub(super) members: Vec<&'static str>,
}

/// One SELECT, for the gateway or by hand.
#[derive(Default)]
struct Select {
    /// Expressions with their names.
    keys: Vec<(String, String)>,
    measures: Vec<(String, String)>,
    rows: Vec<String>,
    groups: String,
}

impl Question {
    /// The same question for the same seed and the same cells before it, for all time.
    pub(super) fn of(seed: u64, before: &BTreeMap<Cell, usize>) -> Self {
        let rng = &mut Rng::with_seed(seed);
        let seed = usize::try_from(seed).expect("a few thousand");
        let ground = &GROUNDS[seed % GROUNDS.len()];
        let (ours, hand) = (Select::default(), Select::default());
        let mut asked = Draft { ground, before, rng, ours, hand, cells: Vec::new(), members: Vec::new() };
        asked.keys();
        asked.measures();
        asked.filters();
        asked.having();
        asked.finish()
    }
}

/// Every cell that some ground has members for.
pub(super) fn cells() -> BTreeSet<Cell> {
    let of = |ground: &'static Ground| {
        let rows = [Clause::Where, Clause::Or, Clause::Not].map(|clause| cells_of(clause, ground.tested));
        rows.into_iter().chain([cells_of(Clause::Having, ground.measures)]).flatten()
    };
    GROUNDS.iter().flat_map(of).collect()
}

fn cells_of(clause: Clause, members: &[Member]) -> Vec<Cell> {
    let kinds = Kind::ALL.into_iter().filter(|kind| members.iter().any(|member| member.kind == *kind));
    kinds.flat_map(|kind| kind.operators().iter().map(move |op| (clause, kind, *op))).collect()
}

struct Draft<'r> {
    ground: &'static Ground,
    before: &'r BTreeMap<Cell, usize>,
    rng: &'r mut Rng,
    ours: Select,
    hand: Select,
    cells: Vec<Cell>,
    members: Vec<&'static str>,
}

impl Draft<'_> {
    fn keys(&mut self) {
        let is_rows = self.ground.measures.is_empty();
        for key in self.ground.keys {
            // The first one tells rows apart.
            if self.rng.u8(..3) == 0 || is_rows && self.ours.keys.is_empty() {
                self.ours.keys.push((key.name.to_owned(), key.name.to_owned()));
                self.hand.keys.push((key.by_hand.to_owned(), key.name.to_owned()));
                self.members.push(key.name);
            }
        }
        for (time, grains) in self.ground.bins {
            // A time as stored and in bins is more than Cube's API can answer.
            if self.rng.u8(..3) == 0 && !self.members.contains(time) {
                let grain = self.rng.choice(*grains).expect("there are grains");
                let key = (format!("DATE_TRUNC('{grain}', {time})"), format!("{time}_{grain}"));
                self.ours.keys.push(key.clone());
                self.hand.keys.push((format!("DATE_TRUNC('{grain}', CAST({time} AS TIMESTAMP))"), key.1));
                self.members.push(time);
            }
        }
    }

    fn measures(&mut self) {
        let all = self.ground.measures;
        let mut some: Vec<_> = all.iter().filter(|_| self.rng.u8(..3) == 0).collect();
        if some.is_empty() && !all.is_empty() {
            some.push(self.rng.choice(all).expect("there are measures"));
        }
        for measure in some {
            self.ours.measures.push((format!("MEASURE({})", measure.name), measure.name.to_owned()));
            self.hand.measures.push((measure.by_hand.to_owned(), measure.name.to_owned()));
            self.members.push(measure.name);
        }
    }

    /// `a AND (b OR NOT (c))`, each with a cell of its own; every other question has only one of both.
    fn filters(&mut self) {
        if let Some(always) = self.ground.always {
            self.ours.rows.push(always.to_owned());
            self.hand.rows.push(always.to_owned());
        }
        let tested = self.ground.tested;
        let [first, or, not] =
            [Clause::Where, Clause::Or, Clause::Not].map(|clause| self.predicate(clause, tested));
        let either = |(or, not): (&str, &str)| format!("({or} OR NOT ({not}))");
        self.ours.rows.extend([first.0, either((&or.0, &not.0))]);
        self.hand.rows.extend([first.1, either((&or.1, &not.1))]);
    }

    fn having(&mut self) {
        if self.ours.keys.is_empty() || self.ours.measures.is_empty() || self.rng.u8(..5) == 0 {
            return;
        }
        let [one, other] = [(); 2].map(|()| self.predicate(Clause::Having, self.ground.measures));
        self.ours.groups = format!("{} OR {}", one.0, other.0);
        self.hand.groups = format!("{} OR {}", one.1, other.1);
    }

    /// A predicate of the cell that came up least so far.
    fn predicate(&mut self, clause: Clause, members: &'static [Member]) -> (String, String) {
        let mut fitting: Vec<_> =
            cells_of(clause, members).into_iter().filter(|cell| self.fits(*cell)).collect();
        self.rng.shuffle(&mut fitting);
        let so_far = |cell: &Cell| {
            let here = self.cells.iter().filter(|other| *other == cell).count();
            self.before.get(cell).copied().unwrap_or_default() + here
        };
        let cell = fitting.into_iter().min_by_key(so_far).expect("a ground has members of some type");
        let (_, kind, op) = cell;
        let fitting: Vec<_> = members.iter().filter(|member| member.kind == kind).collect();
        let member = fitting[self.rng.usize(..fitting.len())];
        let mut predicate = Predicate::of(kind, op, self.rng);
        if kind == Kind::Timestamp && self.ground.on_grain.is_some() {
            predicate.values = vec![*self.rng.choice(MONTHS).expect("there are months")];
        }
        self.cells.push(cell);
        self.members.push(member.name);
        let left = if clause == Clause::Having {
            format!("MEASURE({})", member.name)
        } else {
            member.name.to_owned()
        };
        (predicate.text(&left, false), predicate.text(&format!("({})", member.by_hand), true))
    }

    fn fits(&self, (clause, kind, op): Cell) -> bool {
        kind != Kind::Timestamp
            || clause == Clause::Having
            || self.ground.on_grain.is_none_or(|fitting| fitting.contains(&op))
    }

    fn finish(self) -> Question {
        let mut tail = String::new();
        let ordered = self.rng.u8(..3) == 0;
        if ordered && !self.ours.keys.is_empty() {
            let direction = |rng: &mut Rng| {
                *rng.choice(&["", " DESC", " NULLS FIRST", " DESC NULLS LAST"]).expect("four")
            };
            let keys: Vec<_> =
                (1..=self.ours.keys.len()).map(|key| format!("{key}{}", direction(self.rng))).collect();
            tail = format!(" ORDER BY {}", keys.join(", "));
            if self.rng.bool() {
                tail = format!("{tail} LIMIT {} OFFSET {}", self.rng.u8(1..9), self.rng.u8(..3));
            }
        }
        Question {
            sql: format!("{}{tail}", self.ours.text(self.ground.table)),
            by_hand: format!("{}{tail}", self.hand.text(self.ground.from)),
            ground: self.ground,
            ordered: !tail.is_empty(),
            cells: self.cells,
            members: self.members,
        }
    }
}

const MONTHS: &[&str] = &[
    "2023-07-01 00:00:00",
    "2024-01-01 00:00:00",
    "2024-03-01 00:00:00",
    "2024-05-01 00:00:00",
    "2024-07-01 00:00:00",
    "2024-11-01 00:00:00",
    "2025-01-01 00:00:00",
];

impl Select {
    fn text(&self, from: &str) -> String {
        let columns = self.keys.iter().chain(&self.measures).map(|(sql, name)| format!("{sql} AS {name}"));
        let columns: Vec<_> = columns.collect();
        let mut sql = format!("SELECT {} FROM {from} WHERE {}", columns.join(", "), self.rows.join(" AND "));
        if !self.keys.is_empty() && !self.measures.is_empty() {
            let keys: Vec<_> = (1..=self.keys.len()).map(|key| key.to_string()).collect();
            sql = format!("{sql} GROUP BY {}", keys.join(", "));
        }
        if self.groups.is_empty() { sql } else { format!("{sql} HAVING {}", self.groups) }
    }
}
