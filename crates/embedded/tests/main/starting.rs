//! Starting over data of any state: none, half written, or being written by somebody else.

use std::{fs, path::Path, time::Duration};

use datafusion::arrow::array::RecordBatch;
use embedded::{Config, Error, Stack};

fn config(dir: &Path) -> Config {
    Config { data_dir: dir.to_owned(), scale: 0.001, ..Config::default() }
}

/// All files, by what they are called below `dir`, but for locks.
fn files(dir: &Path) -> Vec<String> {
    let mut open = vec![dir.to_owned()];
    let mut found = Vec::new();
    while let Some(at) = open.pop() {
        for entry in fs::read_dir(at).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else if !path.ends_with(".lock") {
                found.push(path.strip_prefix(dir).unwrap().to_string_lossy().into_owned());
            }
        }
    }
    found.sort();
    found
}

fn unfinished(dir: &Path) -> Vec<String> {
    files(dir).into_iter().filter(|name| name.ends_with("unfinished")).collect()
}

async fn count(stack: &Stack, table: &str) -> usize {
    let rows = stack.source().sql(&format!("SELECT * FROM {table}")).await.unwrap();
    rows.iter().map(RecordBatch::num_rows).sum()
}

#[tokio::test]
async fn two_that_start_at_once_share_one_build() {
    let dir = tempfile::tempdir().unwrap();
    let (first, second) =
        tokio::join!(embedded::start(config(dir.path())), embedded::start(config(dir.path())));
    let (first, second) = (first.unwrap(), second.unwrap());
    assert_eq!(first.manifest(), second.manifest());
    let tables: usize = first.manifest().rollups.iter().map(|rollup| rollup.tables.len()).sum();
    // The tables of TPC-H, those of the rollups, and one manifest.
    assert_eq!(files(dir.path()).len(), 8 + tables + 1);
    assert_eq!(unfinished(dir.path()), Vec::<String>::new());
}

#[tokio::test]
async fn what_a_killed_process_left_is_done_again() {
    let dir = tempfile::tempdir().unwrap();
    let whole = embedded::start(config(dir.path())).await.unwrap();
    let (rows, tables) = (count(&whole, "orders").await, whole.manifest().rollups.clone());
    let manifest = whole.manifest_path();
    whole.shutdown().await;
    // Killed while it wrote a source table, and while it built the rollups.
    let source = dir.path().join("scale-0.001").join("source");
    fs::rename(source.join("orders.parquet"), source.join("orders.unfinished")).unwrap();
    fs::write(source.join("orders.unfinished"), "PAR1").unwrap();
    fs::remove_file(&manifest).unwrap();
    fs::write(manifest.with_extension("unfinished"), "{").unwrap();
    fs::write(manifest.with_file_name("lineitem_pricing_half.parquet"), "PAR1").unwrap();
    let again = embedded::start(config(dir.path())).await.unwrap();
    assert_eq!(count(&again, "orders").await, rows);
    let of = |rollups: &[preagg::ManifestRollup]| {
        rollups.iter().map(|rollup| (rollup.pre_aggregation.clone(), rollup.tables.len())).collect::<Vec<_>>()
    };
    assert_eq!(of(&again.manifest().rollups), of(&tables));
    assert_eq!(unfinished(dir.path()), Vec::<String>::new());
    assert!(!manifest.with_file_name("lineitem_pricing_half.parquet").exists());
}

#[tokio::test]
async fn a_start_that_is_given_up_leaves_nothing_in_the_way() {
    let dir = tempfile::tempdir().unwrap();
    for millis in [1, 20, 200] {
        let start = embedded::start(config(dir.path()));
        _ = tokio::time::timeout(Duration::from_millis(millis), start).await;
    }
    let stack = embedded::start(config(dir.path())).await.unwrap();
    assert_eq!((count(&stack, "orders").await, unfinished(dir.path())), (1_500, Vec::new()));
}

#[tokio::test]
async fn a_start_that_is_given_up_stops_generating() {
    let dir = tempfile::tempdir().unwrap();
    let large = || Config { scale: 50.0, ..config(dir.path()) };
    assert!(tokio::time::timeout(Duration::from_millis(300), embedded::start(large())).await.is_err());
    // The lock is let go of when the work has ended.
    let lock = fs::File::create(dir.path().join("scale-50").join("source").join(".lock")).unwrap();
    let freed = async {
        while lock.try_lock().is_err() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), freed).await.unwrap();
}

#[tokio::test]
async fn scales_that_are_none() {
    let dir = tempfile::tempdir().unwrap();
    for scale in [0.0, -1.0, f64::NAN, f64::INFINITY, 1e300] {
        let error = embedded::start(Config { scale, ..config(dir.path()) }).await.unwrap_err();
        assert!(matches!(error, Error::Scale(_)), "{error}");
    }
    assert_eq!(files(dir.path()), Vec::<String>::new());
}
