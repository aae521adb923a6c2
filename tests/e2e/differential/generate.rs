//! Questions from seeds. LIMIT stands only where ORDER BY names every key.

use fastrand::Rng;

use super::ground::{Dimension, GROUNDS, Ground, Kind, Measure, Time};

/// A statement, and what is known of its answer.
pub(super) struct Question {
    pub(super) sql: String,
    pub(super) road: &'static str,
    pub(super) shape: &'static str,
    /// Its order is total, so that rows can be compared as they come.
    pub(super) ordered: bool,
}

/// Writes a statement around a SELECT, and says whether its rows have an order.
type Write = fn(&Select, &mut Rng) -> (String, bool);

/// One SELECT over a ground.
struct Select {
    /// Key expressions with the names that they are given.
    keys: Vec<(String, String)>,
    measures: Vec<&'static Measure>,
    table: &'static str,
    filters: Vec<String>,
    having: Option<String>,
}

impl Question {
    /// The same question for the same seed, for all time.
    pub(super) fn of(seed: u64) -> Self {
        let rng = &mut Rng::with_seed(seed);
        let count = u64::try_from(GROUNDS.len()).expect("a few grounds");
        let ground = &GROUNDS[usize::try_from(seed % count).expect("a few grounds")];
        let select = Select::over(ground, rng);
        let shapes: [(&'static str, Write); 6] = [
            ("plain", |select, _| (select.text(), false)),
            ("ordered", ordered),
            ("expression", |select, _| (expression(select), false)),
            ("window", |select, _| (window(select), false)),
            ("cte", |select, _| (cte(select), false)),
            ("union", |select, _| (format!("{0} UNION ALL {0}", select.text()), false)),
        ];
        let (shape, write) = shapes[[0, 0, 1, 1, 2, 3, 4, 5][rng.usize(..8)]];
        let (sql, ordered) = write(&select, rng);
        Self { sql, road: ground.road, shape, ordered }
    }
}

impl Select {
    fn over(ground: &'static Ground, rng: &mut Rng) -> Self {
        let some = |rng: &mut Rng| ground.whole || rng.bool();
        let dimensions: Vec<_> = ground.dimensions.iter().filter(|_| some(rng)).collect();
        let mut keys: Vec<_> =
            dimensions.iter().map(|key| (key.name.to_owned(), key.name.to_owned())).collect();
        let time =
            ground.time.as_ref().map(|time| (time, *rng.choice(time.grains).expect("there are grains")));
        if let Some((time, grain)) = time
            && some(rng)
        {
            keys.push((format!("DATE_TRUNC('{grain}', {})", time.name), format!("t_{grain}")));
        }
        let mut measures: Vec<_> = ground.measures.iter().filter(|_| some(rng)).collect();
        if measures.is_empty() {
            measures.push(&ground.measures[0]);
        }
        let additive = measures.iter().all(|measure| measure.additive);
        let mut filters: Vec<_> = ground.segment.into_iter().map(str::to_owned).collect();
        if !ground.whole || ground.road == "cube" {
            let predicates = ground.dimensions.iter().filter(|_| rng.u8(..3) == 0).collect::<Vec<_>>();
            filters.extend(predicates.into_iter().map(|dimension| predicate(dimension, additive, rng)));
        }
        if let Some((time, _)) = time
            && rng.bool()
        {
            filters.push(dates(time, rng));
        }
        let having = (!keys.is_empty() && rng.u8(..4) == 0).then(|| having(measures[0], rng));
        Self { keys, measures, table: ground.table, filters, having }
    }

    fn text(&self) -> String {
        let keys = self.keys.iter().map(|(key, name)| format!("{key} AS {name}"));
        let measures = self.measures.iter().map(|measure| format!("MEASURE({0}) AS {0}", measure.name));
        let columns: Vec<_> = keys.chain(measures).collect();
        let mut sql = format!("SELECT {} FROM {}", columns.join(", "), self.table);
        if !self.filters.is_empty() {
            sql = format!("{sql} WHERE {}", self.filters.join(" AND "));
        }
        if !self.keys.is_empty() {
            let positions: Vec<_> = (1..=self.keys.len()).map(|position| position.to_string()).collect();
            sql = format!("{sql} GROUP BY {}", positions.join(", "));
        }
        self.having.as_ref().map_or(sql.clone(), |having| format!("{sql} HAVING {having}"))
    }
}

fn predicate(dimension: &Dimension, additive: bool, rng: &mut Rng) -> String {
    let name = dimension.name;
    let first = *rng.choice(dimension.values).expect("there are values");
    let second = *rng.choice(dimension.values).expect("there are values");
    match (rng.u8(..8), &dimension.kind) {
        (0, _) => format!("{name} <> {first}"),
        (1, _) => format!("{name} IN ({first}, {second})"),
        (2, _) => format!("{name} NOT IN ({first}, {second})"),
        (3, _) => format!("({name} = {first} OR {name} = {second})"),
        (4, _) => format!("NOT ({name} = {first}) AND {name} IS NOT NULL"),
        (5, Kind::Number) => format!("{name} BETWEEN {first} AND 30"),
        (6, Kind::Number) => format!("{name} < {first}"),
        (5 | 6, Kind::Text) if additive => {
            let middle = &first[2..first.len() - 1];
            format!("{name} LIKE '%{middle}%'")
        }
        _ => format!("{name} = {first}"),
    }
}

/// A range whose bounds begin years, so that every grain has them.
fn dates(time: &Time, rng: &mut Rng) -> String {
    let (name, from) = (time.name, rng.u16(1992..1997));
    let to = from + rng.u16(1..3);
    match rng.u8(..4) {
        0 => format!("{name} >= DATE '{from}-01-01'"),
        1 => format!("{name} < DATE '{to}-01-01'"),
        2 => format!("{name} BETWEEN DATE '{from}-01-01' AND DATE '{to}-12-31'"),
        _ => format!("{name} >= '{from}-01-01' AND {name} < '{to}-01-01'"),
    }
}

fn having(measure: &Measure, rng: &mut Rng) -> String {
    let operator = *rng.choice(&[">", ">=", "<", "<="]).expect("there are operators");
    format!("MEASURE({}) {operator} {}", measure.name, measure.bound)
}

fn ordered(select: &Select, rng: &mut Rng) -> (String, bool) {
    if select.keys.is_empty() {
        return (select.text(), true);
    }
    let direction = |rng: &mut Rng| if rng.bool() { " DESC" } else { "" };
    let order: Vec<_> =
        (1..=select.keys.len()).map(|position| format!("{position}{}", direction(rng))).collect();
    let mut sql = format!("{} ORDER BY {}", select.text(), order.join(", "));
    if rng.bool() {
        sql = format!("{sql} LIMIT {}", rng.u8(..20));
    }
    if rng.u8(..4) == 0 {
        sql = format!("{sql} OFFSET {}", rng.u8(..5));
    }
    (sql, true)
}

/// Something that only the plan above the leaf can do.
fn expression(select: &Select) -> String {
    let names = select.keys.iter().map(|(_, name)| name.clone());
    let values = select.measures.iter().map(|m| format!("CAST({0} AS DOUBLE) / 3 + 1 AS {0}_third", m.name));
    let columns: Vec<_> = names.chain(values).collect();
    format!("SELECT {} FROM ({}) AS q", columns.join(", "), select.text())
}

fn window(select: &Select) -> String {
    let measure = select.measures[0].name;
    format!("SELECT q.*, RANK() OVER (ORDER BY {measure} DESC) AS place FROM ({}) AS q", select.text())
}

/// Read twice, fetched once.
fn cte(select: &Select) -> String {
    let measure = select.measures[0].name;
    format!("WITH q AS ({}) SELECT * FROM q WHERE {measure} >= (SELECT MAX({measure}) FROM q)", select.text())
}
