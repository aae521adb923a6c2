//! Rows that are hard to carry, on every road, beside the rows that SQL by hand gives.

mod generate;
mod ground;
mod operator;
mod opinion;
mod parameters;
mod roads;
mod rolling;
mod statements;
mod table;
mod third;

use std::collections::BTreeMap;

use generate::{Cell, Question};
use operator::Kind;
use roads::{Asked, Roads};

#[tokio::test(flavor = "multi_thread")]
async fn hostile_rows_are_the_same_on_every_road() {
    let mut roads = Roads::start("UTC").await;
    let stack = &roads.stacks.arrow;
    let tables = opinion::tables(stack);
    let (mut wrong, mut cells) = (Vec::new(), BTreeMap::<Cell, usize>::new());
    let mut asked_of = BTreeMap::<_, usize>::new();
    for seed in 0..cases() {
        let question = Question::of(seed, &cells);
        let right = opinion::rows(stack, &tables, &question.by_hand).await;
        let asked = Asked {
            sql: &question.sql,
            road: question.ground.road,
            ordered: question.ordered,
            members: &question.members,
        };
        if let Err(difference) = roads.check(&asked, &right).await {
            wrong.push(format!("seed {seed}: {difference}\n{}\n{}", question.sql, question.by_hand));
        }
        *asked_of.entry(question.ground.name).or_default() += 1;
        question.cells.into_iter().for_each(|cell| *cells.entry(cell).or_default() += 1);
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), cases(), wrong.join("\n\n"));
    roads.no_fallbacks().await;
    print(&cells);
    for (ground, count) in &asked_of {
        println!("soak: hostile queries over {ground} = {count}, no difference");
    }
    for (why, count) in &roads.refused {
        println!("soak: hostile queries refused because Cube's API {why} = {count}");
    }
    let rare: Vec<_> =
        generate::cells().into_iter().filter(|cell| cells.get(cell).is_none_or(|n| *n < 3)).collect();
    assert_eq!(rare, []);
}

/// One line per clause and type: how often each operator stood there.
fn print(cells: &BTreeMap<Cell, usize>) {
    let mut lines = BTreeMap::<_, Vec<String>>::new();
    for ((clause, kind, op), count) in cells {
        lines.entry((clause, kind)).or_default().push(format!("{op:?} {count}"));
    }
    for ((clause, kind), operators) in &lines {
        println!("{clause:?} {kind:?}: {}", operators.join(", "));
    }
    println!("{} cells of clause, type and operator; {} types", cells.len(), Kind::ALL.len());
}

/// With those of the demo, six hundred.
#[expect(clippy::disallowed_methods, reason = "`make soak` asks for more of the same")]
fn cases() -> u64 {
    std::env::var("CUBEFLIGHT_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(360)
}
