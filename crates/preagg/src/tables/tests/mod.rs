//! What Cube's recorded answers say about tables.

use chrono_tz::Tz;
use expect_test::{Expect, expect};
use semantic::{MemberName, ModelVersion, granularity::iso};

mod routes;
mod told;

use super::{Built, Catalog, CatalogRow, Tables, TablesError, described};

const PARTITIONS: &str = include_str!("../../../tests/fixtures/tables/partitions.json");
const CATALOG: &str = include_str!("../../../tests/fixtures/tables/catalog.json");
const SQL_UTC: &str = include_str!("../../../tests/fixtures/tables/sql_utc.json");
const SQL_BERLIN: &str = include_str!("../../../tests/fixtures/tables/sql_berlin.json");
const SQL_LOS_ANGELES: &str = include_str!("../../../tests/fixtures/tables/sql_los_angeles.json");
const SQL_WHOLE: &str = include_str!("../../../tests/fixtures/tables/sql_whole.json");

fn version() -> ModelVersion {
    ModelVersion::of(["model"])
}

fn listed() -> Tables {
    Tables::from_partitions(&version(), PARTITIONS).unwrap()
}

fn rows() -> Vec<CatalogRow> {
    serde_json::from_str(CATALOG).unwrap()
}

fn found(sql: &str, rows: Vec<CatalogRow>) -> Result<Vec<(MemberName, Built)>, TablesError> {
    let catalog = Catalog::new(rows);
    described(sql)?.iter().map(|description| description.built(None, &catalog)).collect()
}

fn shown(name: &MemberName, built: &Built) -> String {
    let start = |start: &Option<i64>| start.map_or("all".to_owned(), iso);
    let mut text = format!("{name} {} {:?}\n", built.zone, built.range.map(|(a, b)| (iso(a), iso(b))));
    for (at, table) in &built.partitions {
        let end = table.build_range_end.map(iso).unwrap_or_default();
        text += &format!("{} {} {end}\n", start(at), table.name);
    }
    built.missing.iter().for_each(|(at, pattern)| text += &format!("{} missing {pattern}\n", start(at)));
    text
}

fn check(built: &[(MemberName, Built)], expect: Expect) {
    let shown = built.iter().map(|(name, built)| shown(name, built));
    expect.assert_eq(&shown.collect::<String>());
}

#[test]
fn the_system_endpoint_lists_tables() {
    let main = MemberName::parse("orders.main").unwrap();
    let no_time = MemberName::parse("orders.no_time").unwrap();
    let tables = listed();
    let built = [&main, &no_time].map(|name| (name.clone(), tables.get(name).unwrap().clone()));
    check(
        &built,
        expect![[r#"
        orders.main UTC Some(("2023-01-01T00:00:00.000", "2024-12-01T00:00:00.000"))
        2023-01-01T00:00:00.000 prod_pre_aggregations.orders_main20230101_vsywoh0s_xebzrffz_1lg090v 2023-01-31T23:59:59.999
        2023-02-01T00:00:00.000 prod_pre_aggregations.orders_main20230201_isihg2dq_xlt0kgai_1lg090v 2023-02-28T23:59:59.999
        2023-03-01T00:00:00.000 prod_pre_aggregations.orders_main20230301_tiyv33r1_cs3xa1c0_1lg090u 2023-03-31T23:59:59.999
        2023-04-01T00:00:00.000 prod_pre_aggregations.orders_main20230401_bguflc04_ikay3is3_1lg090u 2023-04-30T23:59:59.999
        2023-05-01T00:00:00.000 prod_pre_aggregations.orders_main20230501_phtpl1ik_pa0slbi4_1lg090t 2023-05-31T23:59:59.999
        2023-06-01T00:00:00.000 prod_pre_aggregations.orders_main20230601_0eylfk22_31rknq3q_1lg090t 2023-06-30T23:59:59.999
        2023-07-01T00:00:00.000 prod_pre_aggregations.orders_main20230701_1oalzdmn_o1pocnyk_1lg090s 2023-07-31T23:59:59.999
        2023-08-01T00:00:00.000 prod_pre_aggregations.orders_main20230801_wtab34st_nkywli5s_1lg090s 2023-08-31T23:59:59.999
        2023-09-01T00:00:00.000 prod_pre_aggregations.orders_main20230901_pxt05cpr_s0icozac_1lg090r 2023-09-30T23:59:59.999
        2023-10-01T00:00:00.000 prod_pre_aggregations.orders_main20231001_pnvcy25r_2afj2w1t_1lg090r 2023-10-31T23:59:59.999
        2023-11-01T00:00:00.000 prod_pre_aggregations.orders_main20231101_jbdhxig5_rxb1mi3o_1lg090q 2023-11-30T23:59:59.999
        2023-12-01T00:00:00.000 prod_pre_aggregations.orders_main20231201_atyfgkbn_5ciqxss4_1lg090q 2023-12-31T23:59:59.999
        2024-01-01T00:00:00.000 prod_pre_aggregations.orders_main20240101_rsux3q4y_imxq135p_1lg090p 2024-01-31T23:59:59.999
        2024-02-01T00:00:00.000 prod_pre_aggregations.orders_main20240201_yj1jduks_gmdsh5nt_1lg090p 2024-02-29T23:59:59.999
        2024-03-01T00:00:00.000 prod_pre_aggregations.orders_main20240301_n3oun5sy_f2fzm33x_1lg090p 2024-03-31T23:59:59.999
        2024-04-01T00:00:00.000 prod_pre_aggregations.orders_main20240401_v50p1jsm_2qd22fsf_1lg090o 2024-04-30T23:59:59.999
        2024-05-01T00:00:00.000 prod_pre_aggregations.orders_main20240501_2gmbid4c_edrtvkuz_1lg090n 2024-05-31T23:59:59.999
        2024-06-01T00:00:00.000 prod_pre_aggregations.orders_main20240601_0fzpnkyk_44uvu2r0_1lg090l 2024-06-30T23:59:59.999
        2024-07-01T00:00:00.000 prod_pre_aggregations.orders_main20240701_gz2t2gyu_qasfiiys_1lg090j 2024-07-31T23:59:59.999
        2024-08-01T00:00:00.000 prod_pre_aggregations.orders_main20240801_hbkcdbcj_ojq1nadn_1lg090h 2024-08-31T23:59:59.999
        2024-09-01T00:00:00.000 prod_pre_aggregations.orders_main20240901_0eu4uwhc_unxsmrv_1lg090e 2024-09-30T23:59:59.999
        2024-10-01T00:00:00.000 prod_pre_aggregations.orders_main20241001_5rkei4lx_5yaiibzi_1lg090c 2024-10-31T23:59:59.999
        2024-11-01T00:00:00.000 prod_pre_aggregations.orders_main20241101_henpbjhy_pvnrmkfo_1lg0908 2024-11-30T23:59:59.999
        2024-12-01T00:00:00.000 prod_pre_aggregations.orders_main20241201_fzpm1ipf_efuksz4l_1lg08vc 2024-12-31T00:00:00.000
        orders.no_time UTC None
        all prod_pre_aggregations.orders_no_time_0pv5hcjc_avl4ftmn_1lg098v 
    "#]],
    );
}

#[test]
fn versions_that_are_computed_are_those_that_cube_lists() {
    let main = MemberName::parse("orders.main").unwrap();
    let computed = found(SQL_UTC, rows()).unwrap();
    assert_eq!(computed[0].1.partitions, listed().get(&main).unwrap().partitions);
    assert_eq!(computed[0].1.partitions.len(), 24);
}

#[test]
fn zones_are_told_apart_by_structure_alone() {
    let berlin = found(SQL_BERLIN, rows()).unwrap();
    let utc = found(SQL_UTC, rows()).unwrap();
    assert_eq!(berlin[0].1.partitions.len(), 24);
    assert!(berlin[0].1.partitions.values().all(|table| !utc[0].1.partitions.values().any(|t| t == table)));
    let tables = Tables::from_catalog(&version(), utc.into_iter().chain(berlin));
    let main = MemberName::parse("orders.main").unwrap();
    let last = |zone: Tz| {
        let (_, table) = tables.in_zone(&main, zone).unwrap().partitions.last_key_value().unwrap();
        format!("{} {}\n", table.name, table.build_range_end.map(iso).unwrap_or_default())
    };
    let zones = [Tz::UTC, Tz::Europe__Berlin, Tz::Asia__Tokyo].map(last).concat();
    expect![[r#"
        prod_pre_aggregations.orders_main20241201_fzpm1ipf_efuksz4l_1lg08vc 2024-12-31T00:00:00.000
        prod_pre_aggregations.orders_main20241201_mcb0qhow_52ew3vox_1lg0904 2024-12-31T01:00:00.000
        prod_pre_aggregations.orders_main20241201_fzpm1ipf_efuksz4l_1lg08vc 2024-12-31T00:00:00.000
    "#]]
    .assert_eq(&zones);
}

#[test]
fn the_newest_of_a_name_can_be_the_wrong_one() {
    // Of the three tables for the first quarter the newest is the one for this zone, and ends in March.
    check(
        &found(SQL_LOS_ANGELES, rows()).unwrap(),
        expect![[r#"
        orders.hourly_store America/Los_Angeles Some(("2022-12-31T16:00:00.000", "2024-12-30T16:00:00.000"))
        2023-01-01T00:00:00.000 prod_pre_aggregations.orders_hourly_store20230101_aa51cjmc_smpdf3il_1lg097u 2023-03-12T23:59:59.999
        2022-10-01T00:00:00.000 missing prod_pre_aggregations.orders_hourly_store20221001_*_w4l5vb2s_*
        2023-04-01T00:00:00.000 missing prod_pre_aggregations.orders_hourly_store20230401_*_lbd2jpuk_*
        2023-07-01T00:00:00.000 missing prod_pre_aggregations.orders_hourly_store20230701_*_pjwzs0xk_*
        2023-10-01T00:00:00.000 missing prod_pre_aggregations.orders_hourly_store20231001_*_3ulqzxol_*
        2024-01-01T00:00:00.000 missing prod_pre_aggregations.orders_hourly_store20240101_*_f2slcunw_*
        2024-04-01T00:00:00.000 missing prod_pre_aggregations.orders_hourly_store20240401_*_05tpnimf_*
        2024-07-01T00:00:00.000 missing prod_pre_aggregations.orders_hourly_store20240701_*_sccel4mb_*
        2024-10-01T00:00:00.000 missing prod_pre_aggregations.orders_hourly_store20241001_*_cmz2wjvz_*
    "#]],
    );
}

#[test]
fn tables_without_partitions_are_the_newest_of_their_structure() {
    check(
        &found(SQL_WHOLE, rows()).unwrap(),
        expect![[r#"
        users.users_rollup UTC None
        all prod_pre_aggregations.users_users_rollup_xsyhq44y_gfyvqqgk_1lg0909 
        orders.orders_for_join UTC None
        all prod_pre_aggregations.orders_orders_for_join_vrlbyvtt_zh2l5430_1lg0906 
        orders.no_time UTC None
        all prod_pre_aggregations.orders_no_time_0pv5hcjc_avl4ftmn_1lg0995 
    "#]],
    );
}

#[test]
fn tables_that_are_not_ready_are_not_there() {
    let mut rows = rows();
    rows.iter_mut()
        .for_each(|row| row.is_ready = row.table_name != "orders_no_time_0pv5hcjc_avl4ftmn_1lg0995");
    rows.retain(|row| !row.table_name.starts_with("users_"));
    check(
        &found(SQL_WHOLE, rows).unwrap(),
        expect![[r#"
        users.users_rollup UTC None
        all missing prod_pre_aggregations.users_users_rollup_*_gfyvqqgk_*
        orders.orders_for_join UTC None
        all prod_pre_aggregations.orders_orders_for_join_vrlbyvtt_zh2l5430_1lg0906 
        orders.no_time UTC None
        all prod_pre_aggregations.orders_no_time_0pv5hcjc_avl4ftmn_1lg098v 
    "#]],
    );
}

#[test]
fn the_same_tables_have_one_version() {
    let main = || found(SQL_UTC, rows()).unwrap();
    let [one, again] = [main(), main()].map(|built| Tables::from_catalog(&version(), built).version());
    assert_eq!(one, again);
    let mut rows = rows();
    rows.retain(|row| !row.table_name.starts_with("orders_main202303"));
    let less = Tables::from_catalog(&version(), found(SQL_UTC, rows).unwrap());
    assert_ne!(one, less.version());
    assert!(less.are_of(&version()));
    assert!(!less.are_of(&ModelVersion::of(["another"])));
}

#[test]
fn a_table_of_another_structure_is_none() {
    let main = MemberName::parse("orders.main").unwrap();
    let older =
        PARTITIONS.replace("\"structure_version\": \"xebzrffz\"", "\"structure_version\": \"aaaaaaaa\"");
    let tables = Tables::from_partitions(&version(), &older).unwrap();
    let built = tables.get(&main).unwrap();
    assert_eq!(built.partitions.len(), 23);
    let missing: Vec<_> = built.missing.values().collect();
    assert_eq!(missing, ["prod_pre_aggregations.orders_main20230101_*_xebzrffz_*"]);
}
