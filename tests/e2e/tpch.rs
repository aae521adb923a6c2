//! TPC-H Q1 and Q6 as semantic SQL against SQL by hand over the Parquet files, to the last digit.

use std::time::{Duration, Instant};

use arrow::compute::concat_batches;

use crate::harness::{Cell, Client, Gateway, Rows, Settings, Wire, scale_one, stacks};

const Q1: &str = "\
    SELECT returnflag, linestatus, MEASURE(quantity) AS sum_qty, MEASURE(revenue) AS sum_base_price, \
    MEASURE(discounted_revenue) AS sum_disc_price, MEASURE(charge) AS sum_charge, \
    MEASURE(avg_quantity) AS avg_qty, MEASURE(avg_price) AS avg_price, MEASURE(avg_discount) AS avg_disc, \
    MEASURE(count) AS count_order FROM sales WHERE shipdate <= DATE '1998-12-01' - INTERVAL '90' DAY \
    GROUP BY returnflag, linestatus ORDER BY returnflag, linestatus";

const Q1_BY_HAND: &str = "\
    SELECT l_returnflag AS returnflag, l_linestatus AS linestatus, \
    CAST(SUM(l_quantity) AS DECIMAL(25, 2)) AS sum_qty, \
    CAST(SUM(l_extendedprice) AS DECIMAL(25, 2)) AS sum_base_price, \
    CAST(SUM(l_extendedprice * (1 - l_discount)) AS DECIMAL(27, 4)) AS sum_disc_price, \
    CAST(SUM(l_extendedprice * (1 - l_discount) * (1 + l_tax)) AS DECIMAL(27, 6)) AS sum_charge, \
    AVG(CAST(l_quantity AS DOUBLE)) AS avg_qty, AVG(CAST(l_extendedprice AS DOUBLE)) AS avg_price, \
    AVG(CAST(l_discount AS DOUBLE)) AS avg_disc, COUNT(*) AS count_order \
    FROM lineitem WHERE l_shipdate <= DATE '1998-09-02' \
    GROUP BY l_returnflag, l_linestatus ORDER BY l_returnflag, l_linestatus";

const Q6: &str = "\
    SELECT MEASURE(discount_amount) AS revenue FROM sales \
    WHERE shipdate >= DATE '1994-01-01' AND shipdate < DATE '1995-01-01' \
    AND line_discount BETWEEN 0.06 - 0.01 AND 0.06 + 0.01 AND line_quantity < 24";

const Q6_BY_HAND: &str = "\
    SELECT CAST(SUM(l_extendedprice * l_discount) AS DECIMAL(27, 4)) AS revenue FROM lineitem \
    WHERE l_shipdate >= DATE '1994-01-01' AND l_shipdate < DATE '1995-01-01' \
    AND l_discount BETWEEN 0.05 AND 0.07 AND l_quantity < 24";

#[tokio::test(flavor = "multi_thread")]
async fn q1_and_q6_come_from_rollups_and_agree_with_sql_by_hand() {
    for wire in [Wire::Old, Wire::Arrow] {
        let stack = stacks().of(wire);
        let gateway = Gateway::start(&Settings::rollups(stack));
        let mut client = gateway.client().await;
        for (sql, by_hand, rollup) in
            [(Q1, Q1_BY_HAND, "lineitem.pricing"), (Q6, Q6_BY_HAND, "lineitem.discounts")]
        {
            assert_eq!(client.explained(sql, "rollup").await, [rollup]);
            let batches = stack.source().sql(by_hand).await.unwrap();
            let right = Rows::of(&concat_batches(&batches[0].schema(), &batches).unwrap());
            let found = client.query(sql).await.unwrap();
            assert_eq!(found.difference(&right), None, "{wire:?} {sql}");
        }
    }
}

/// The answers that the specification publishes for the data of scale 1: sums to the cent, averages to a millionth.
const Q1_PUBLISHED: [&str; 4] = [
    "A F 37734107.00 56586554400.73 53758257134.8700 55909065222.827692 25.522006 38273.129735 0.049985 1478493",
    "N F 991417.00 1487504710.38 1413082168.0541 1469649223.194375 25.516472 38284.467761 0.050093 38854",
    "N O 74476040.00 111701729697.74 106118230307.6056 110367043872.497010 25.502227 38249.117989 0.049997 2920374",
    "R F 37719753.00 56568041380.90 53741292684.6040 55889619119.831932 25.505794 38250.854626 0.050009 1478870",
];
const Q6_PUBLISHED: &str = "123141078.2283";

#[tokio::test(flavor = "multi_thread")]
#[ignore = "a gigabyte of data: make soak"]
async fn scale_1_gives_the_published_answers() {
    for wire in [Wire::Old, Wire::Arrow] {
        let stack = scale_one(wire);
        let gateway = Gateway::start(&Settings::rollups(&stack));
        let mut client = gateway.client().await;
        let (q1, q1_took) = timed(&mut client, Q1).await;
        let lines: Vec<_> =
            q1.values.iter().map(|row| row.iter().map(six_digits).collect::<Vec<_>>().join(" ")).collect();
        assert_eq!(lines, Q1_PUBLISHED);
        let (q6, q6_took) = timed(&mut client, Q6).await;
        assert_eq!(q6.values[0][0].to_string(), Q6_PUBLISHED);
        for (name, sql, took) in [("Q1", Q1, q1_took), ("Q6", Q6, q6_took)] {
            let rollup = client.explained(sql, "rollup").await.concat();
            println!("soak: {name} at scale 1, store {wire:?}, from `{rollup}` = as published, {took:.1?}");
        }
    }
}

async fn timed(client: &mut Client, sql: &str) -> (Rows, Duration) {
    let started = Instant::now();
    let rows = client.query(sql).await.unwrap();
    (rows, started.elapsed())
}

fn six_digits(cell: &Cell) -> String {
    match cell {
        Cell::Float(number) => format!("{number:.6}"),
        other => other.to_string(),
    }
}
