//! The store's own tables.

use expect_test::{Expect, expect};

use super::bench;

async fn check(version: Option<&str>, sql: &str, expect: Expect) {
    expect.assert_eq(&bench(version).ask(sql, None).await);
}

#[tokio::test]
async fn catalogue() {
    let columns = "SELECT table_name, column_name, data_type FROM information_schema.columns \
                   WHERE table_schema = 'rec' AND column_name <> 'id' ORDER BY 1, 2";
    check(
        None,
        columns,
        expect![[r#"
        table_name|column_name|data_type
        orders|amount|decimal(2)
        orders|city|text
        orders|cnt|int
        orders|created_at|timestamp
        orders|late|boolean
        orders|ratio|float
        p1|a|int
        p1|s|text
        p2|a|int
        p2|s|text
        t_boolean|v|boolean
        t_bytes|v|bytes
        t_decimal_10_2|v|decimal(2)
        t_decimal_18_8|v|decimal(10)
        t_decimal_27_5|v|decimal96(5)
        t_double|v|float
        t_empty|name|text
        t_float|v|float
        t_hyperloglog|v|hyperloglog
        t_int|v|int
        t_timestamp|v|timestamp
        t_varchar|v|text"#]],
    )
    .await;
    check(
        Some("1.7.43"),
        "SELECT data_type FROM information_schema.columns WHERE table_name = 't_decimal_18_8'",
        expect![[r#"
        data_type
        decimal(8)"#]],
    )
    .await;
    check(
        None,
        "SELECT table_name, build_range_end FROM information_schema.tables WHERE table_schema = 'rec' AND (table_name LIKE CONCAT('p', '%'))",
        expect![[r#"
            table_name|build_range_end
            p1|NULL
            p2|NULL"#]],
    )
    .await;
    check(
        None,
        "SELECT table_name FROM information_schema.tables WHERE table_schema = 'none'",
        expect!["table_name"],
    )
    .await;
    check(
        None,
        "SELECT * FROM information_schema.schemata",
        expect![[r#"
        schema_name
        rec"#]],
    )
    .await;
    check(
        None,
        "SELECT * FROM information_schema.tables ORDER BY 1, 2 LIMIT 1",
        expect![[r#"
        table_schema|table_name|build_range_end|seal_at
        rec|orders|NULL|NULL"#]],
    )
    .await;
    check(None, "SELECT * FROM system.tables WHERE table_name = 'p1'", expect![[r#"
        id|schema_id|table_schema|table_name|columns|locations|import_format|has_data|is_ready|unique_key_column_indices|aggregate_columns|seq_column_index|partition_split_threshold|created_at|build_range_end|seal_at|sealed|select_statement|extension
        13|1|rec|p1|[Column { name: "a", column_type: Int, column_index: 0 }, Column { name: "s", column_type: String, column_index: 1 }]|None|None|true|true|NULL|[]|NULL|NULL|1970-01-01T00:00:00.000Z|NULL|NULL|false|NULL|NULL"#]]).await;
    check(None, "SELECT columns FROM system.tables WHERE table_name = 't_decimal_10_2'", expect![[r#"
        columns
        [Column { name: "id", column_type: Int, column_index: 0 }, Column { name: "v", column_type: Decimal { scale: 2, precision: 10 }, column_index: 1 }]"#]]).await;
}
