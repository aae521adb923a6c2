//! The same rows on every road: generated queries from rollups in text, from rollups in Arrow, and from Cube's API,
//! which computes from the source tables. Each query knows the road that it must take.

mod announced;
mod generate;
mod ground;

use std::{collections::BTreeMap, path::Path};

use expect_test::expect_file;

use crate::harness::{Client, Gateway, Rows, Settings, Wire, stacks};
use generate::Question;

/// Three gateways and a client of each.
struct Roads {
    old: (Gateway, Client),
    arrow: (Gateway, Client),
    cube: (Gateway, Client),
    /// Questions that were answered in parts.
    in_parts: usize,
}

#[tokio::test(flavor = "multi_thread")]
async fn every_road_gives_the_same_rows() {
    let mut roads = Roads::start().await;
    let mut asked = BTreeMap::new();
    let mut wrong = Vec::new();
    for seed in 0..cases() {
        let question = Question::of(seed);
        if let Err(difference) = roads.check(&question).await {
            wrong.push(format!("seed {seed}: {difference}\n{}", question.sql));
        }
        *asked.entry((question.road, question.shape)).or_insert(0) += 1;
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), cases(), wrong.join("\n\n"));
    roads.no_fallbacks().await;
    println!("soak: generated queries answered in parts = {}, no difference", roads.in_parts);
    assert!(roads.in_parts > 0, "no question was answered in parts");
    for ((road, shape), count) in &asked {
        println!("soak: generated queries answered from {road}, {shape} = {count}, no difference");
    }
}

/// Drivers that have no generator ask the same.
#[test]
fn statements_for_other_drivers_are_written_down() {
    let mut statements: Vec<_> = (0..480).map(|seed| Question::of(seed).sql + "\n").collect();
    statements.sort();
    statements.dedup();
    let written = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/statements.sql");
    expect_file![written].assert_eq(&statements.concat());
}

#[expect(clippy::disallowed_methods, reason = "`make soak` asks for more of the same")]
fn cases() -> u64 {
    std::env::var("CUBEFLIGHT_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(240)
}

impl Roads {
    async fn start() -> Self {
        let open = async |settings: Settings| {
            let gateway = Gateway::start(&settings.on_one_connection());
            let client = gateway.client().await;
            (gateway, client)
        };
        let stacks = stacks();
        Self {
            old: open(Settings::both_roads(stacks.of(Wire::Old))).await,
            // Here answers come in parts where they can.
            arrow: open(Settings::both_roads(stacks.of(Wire::Arrow)).in_parts()).await,
            cube: open(Settings::cube(&stacks.of(Wire::Arrow).cube_url())).await,
            in_parts: 0,
        }
    }

    async fn check(&mut self, question: &Question) -> Result<(), String> {
        let right = rows(&mut self.cube, question).await?;
        let announced = self.arrow.1.info(&question.sql).await.map_err(|error| format!("{error:?}"))?;
        self.in_parts += usize::from(announced.endpoint.len() > 1);
        for open in [&mut self.old, &mut self.arrow] {
            let road = open.1.road(&question.sql).await;
            if road != question.road {
                return Err(format!("goes to {road}, not to {}", question.road));
            }
            if let Some(difference) = rows(open, question).await?.difference(&right) {
                return Err(difference);
            }
        }
        Ok(())
    }

    /// A rollup that cannot be read is answered by Cube, and equal rows would hide that.
    async fn no_fallbacks(&self) {
        for (gateway, _) in [&self.old, &self.arrow] {
            let told = gateway.logged("a rollup cannot be read");
            assert_eq!(gateway.metric("cubeflight_fallbacks_total", "").await, 0.0, "{told:#?}");
        }
    }
}

async fn rows((gateway, client): &mut (Gateway, Client), question: &Question) -> Result<Rows, String> {
    let rows = client.query(&question.sql).await;
    let rows = rows.map_err(|(code, text)| format!("{code:?} {text}\n{:#?}", gateway.last_warning()))?;
    Ok(if question.ordered { rows } else { rows.sorted() })
}
