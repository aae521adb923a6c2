//! How values are printed, as recorded.

use expect_test::{Expect, expect};

use super::bench;

async fn check(table: &str, expect: Expect) {
    let sql = format!("SELECT v FROM rec.{table}");
    expect.assert_eq(&bench(None).ask(&sql, None).await.replace('\n', " "));
}

#[tokio::test]
async fn values_as_text() {
    check("t_int", expect!["v 0 -2147483648 2147483647 NULL"]).await;
    check("t_varchar", expect!["v abc  it's NULL"]).await;
    check("t_decimal_10_2", expect!["v 0 1.5 -1234567.89 100 0.01 NULL"]).await;
    check("t_decimal_27_5", expect!["v 0 12345678901234567890.12345 -0.5 NULL"]).await;
    check("t_decimal_18_8", expect!["v 1.00000001"]).await;
    check("t_double", expect!["v 0 2 3.141592653589793 NULL"]).await;
    check("t_boolean", expect!["v true false NULL"]).await;
    check("t_timestamp", expect!["v 2024-01-02T03:04:05.678Z 2024-01-02T03:04:05.000Z 1970-01-01T00:00:00.000Z 1969-12-31T23:59:59.999Z 2024-01-02T03:04:05.123Z NULL"]).await;
    check("t_bytes", expect!["v 0x00FF10 0x NULL"]).await;
    check("t_hyperloglog", expect!["v 0x020C NULL"]).await;
}

#[tokio::test]
async fn floats_never_have_an_exponent() {
    let answer = bench(None).ask("SELECT v FROM rec.t_float", None).await;
    let values: Vec<_> = answer.lines().skip(1).collect();
    assert_eq!(values[3], format!("1{}", "0".repeat(300)));
    assert_eq!(
        [&values[..3], &values[4..]].concat(),
        ["0", "1.5", "-0.1", "0.0000001", "NaN", "inf", "-inf", "-0"]
    );
}
