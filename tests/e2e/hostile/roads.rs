//! One question on every road, beside the rows that are right.

use std::collections::BTreeMap;

use crate::harness::{Client, Gateway, Rows, Settings, Stacks, Wire, hostile_model, hostile_stacks};

/// Gateways over the hostile model, with clients, and the rows that are right.
pub(super) struct Roads {
    pub(super) open: [(&'static str, Gateway, Client); 3],
    pub(super) stacks: &'static Stacks,
    /// What was refused, by the words of the reason.
    pub(super) refused: BTreeMap<&'static str, usize>,
}

/// A statement and what is known of its answer.
#[derive(Debug)]
pub(super) struct Asked<'a> {
    pub(super) sql: &'a str,
    /// `rollup` or `cube`; `None` where either may answer.
    pub(super) road: Option<&'static str>,
    pub(super) ordered: bool,
    /// Members that a refusal may name.
    pub(super) members: &'a [&'a str],
}

/// What docs/semantics.md says of predicates that Cube's API cannot test.
const DOCUMENTED: &[&str] = &[
    "cannot compare text by order",
    "can only demand segment",
    "is no column of Cube's API",
    "is asked for as stored and cut to bins at once",
    "which Cube's API does not give beside its bins",
    "does not add up",
    "cannot be added up",
    "needs a range of the time with both ends on the grain of its rollups",
];

impl Roads {
    pub(super) async fn start(zone: &str) -> Self {
        let stacks = hostile_stacks();
        let open = async |name, settings: Settings| {
            let settings = settings.over(&hostile_model()).with(&format!("timezone = \"{zone}\""));
            let gateway = Gateway::start(&settings.on_one_connection());
            let client = gateway.client().await;
            (name, gateway, client)
        };
        let old = open("old", Settings::both_roads(stacks.of(Wire::Old))).await;
        // Here answers come in parts where they can.
        let arrow = open("arrow", Settings::both_roads(stacks.of(Wire::Arrow)).in_parts()).await;
        let cube = open("cube", Settings::cube(&stacks.of(Wire::Arrow).cube_url())).await;
        Self { open: [old, arrow, cube], stacks, refused: BTreeMap::new() }
    }

    /// Every road gives the right rows, or refuses for a documented reason where Cube is asked.
    pub(super) async fn check(&mut self, asked: &Asked<'_>, right: &Rows) -> Result<(), String> {
        let right = if asked.ordered { right.clone() } else { right.clone().sorted() };
        let mut covered = false;
        for (name, gateway, client) in &mut self.open {
            // Both stores are asked for the same reasons, so one of them is enough.
            if *name == "old"
                && let Some(road) = asked.road
            {
                covered =
                    is_on(client, asked.sql, road, &right).await.map_err(|why| format!("{name}: {why}"))?;
            }
            let may_refuse = *name == "cube" || !covered;
            let rows = match client.query(asked.sql).await {
                Ok(rows) => rows,
                Err((_, text)) => match documented(&text, asked).filter(|_| may_refuse) {
                    Some(why) => {
                        *self.refused.entry(why).or_insert(0) += 1;
                        continue;
                    }
                    None => {
                        let log = gateway.last_warning().map(|line| line["error"].to_string());
                        return Err(format!("{name}: {text}\n{}", log.unwrap_or_default()));
                    }
                },
            };
            let rows = if asked.ordered { rows } else { rows.sorted() };
            if let Some(difference) = difference(&rows, &right) {
                return Err(format!("{name}: {difference}"));
            }
        }
        Ok(())
    }

    /// A rollup that cannot be read is answered by Cube, and equal rows would hide that.
    pub(super) async fn no_fallbacks(&self) {
        for (name, gateway, _) in &self.open {
            let told = gateway.logged("a rollup cannot be read");
            assert_eq!(gateway.metric("cubeflight_fallbacks_total", "").await, 0.0, "{name}: {told:#?}");
        }
    }
}

/// Whether a rollup answers. The statement must go the road that it has to go, unless a literal is in the way.
async fn is_on(client: &mut Client, sql: &str, road: &str, right: &Rows) -> Result<bool, String> {
    let explained = client.query(&format!("EXPLAIN {sql}")).await.map_err(|(_, text)| text)?;
    let cells = || explained.values.iter().map(|row| row.iter().map(ToString::to_string).collect::<Vec<_>>());
    let taken: Vec<_> = cells().filter(|row| row[1] == "road").map(|row| row[2].clone()).collect();
    let rounds = cells().any(|row| row.iter().any(|cell| cell.contains("which the store would round")));
    // A contradiction is answered from nowhere.
    let is_right = taken.iter().all(|taken| taken == road) && (!taken.is_empty() || right.values.is_empty());
    match is_right || rounds {
        true => Ok(taken.iter().all(|taken| taken == "rollup")),
        false => Err(format!("goes to {taken:?}, not to {road}")),
    }
}

// No batch came, so there are no names.
fn difference(rows: &Rows, right: &Rows) -> Option<String> {
    if right.values.is_empty() && rows.values.is_empty() {
        return None;
    }
    rows.difference(right)
}

fn documented(text: &str, asked: &Asked<'_>) -> Option<&'static str> {
    let names = asked.members.iter().any(|member| text.contains(member));
    DOCUMENTED.iter().find(|why| names && text.contains(**why)).copied()
}
