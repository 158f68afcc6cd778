//! What only a file can go through.

use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Command, Stdio};

use platbook::domain::{FeatureId, Revision};
use platbook::store::{self, StoreError};

use super::open;
use super::suite::{create, made, scanned, set};

const CHILD: &str = "PLATBOOK_TEST_APPEND_TO";

fn place(folder: &tempfile::TempDir) -> (PathBuf, String) {
    let path = folder.path().join("城市 city.sqlite");
    (path.clone(), path.to_str().unwrap().to_owned())
}

/// Not a test of its own: the process that [`a_killed_process_loses_nothing_acknowledged`] kills.
#[tokio::test(flavor = "multi_thread")]
async fn appender() {
    // Without a database to append to there is nothing to do: this is the ordinary run of the tests.
    let Ok(path) = std::env::var(CHILD) else { return };
    let db = open(&path).await;
    loop {
        let committed = db.append(set((0..40).map(|n| create(&n.to_string())).collect())).await.unwrap();
        let mut out = std::io::stdout().lock();
        writeln!(out, "acknowledged {} {}", committed.revision, committed.features[39]).unwrap();
        out.flush().unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_process_loses_nothing_acknowledged() {
    let folder = tempfile::tempdir().unwrap();
    let (_, path) = place(&folder);
    let mut seen = 0;
    for round in 1..=4 {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "store::sqlite::appender", "--nocapture"])
            .env(CHILD, &path)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut last: Option<(u64, FeatureId)> = None;
        for line in BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap) {
            let Some(("", told)) = line.split_once("acknowledged ") else { continue };
            let (revision, feature) = told.split_once(' ').unwrap();
            last = Some((revision.parse().unwrap(), feature.parse().unwrap()));
            seen += 1;
            if seen >= round * 25 {
                child.kill().unwrap(); // SIGKILL; what it told meanwhile is still read here
            }
        }
        child.wait().unwrap();
        let (revision, feature) = last.expect("the child appended");
        let db = open(&path).await;
        let head = db.head().await.unwrap();
        assert!(head >= Revision(revision), "{head} after {revision} was acknowledged");
        assert!(db.feature(feature).await.unwrap().is_some());
        assert_eq!(scanned(&db).await.1.len() as u64, head.0 * 40);
        assert_eq!(db.verify().await.unwrap(), Vec::<String>::new());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_file_is_found_out() {
    let folder = tempfile::tempdir().unwrap();
    let (path, name) = place(&folder);
    let db = open(&name).await;
    db.append(set((0..5000).map(|n| create(&n.to_string())).collect())).await.unwrap();
    drop(db);
    settle(&path).await;
    let mut bytes = std::fs::read(&path).unwrap();
    let (from, to) = (4096 * 40, bytes.len() - 4096 * 20);
    bytes[from..to].fill(0xA5);
    std::fs::write(&path, bytes).unwrap();

    let db = store::open_existing(&name).await.unwrap();
    let faults = db.verify().await.unwrap();
    assert!(!faults.is_empty());
    let error = db.scan(&mut |_| true).await.unwrap_err();
    let StoreError::Damaged { path: named, detail } = &error else { panic!("{error:?}") };
    assert_eq!(named, &path);
    assert!(detail.contains("platbook check") && detail.contains("backup"), "{detail}");
}

#[tokio::test(flavor = "multi_thread")]
async fn content_that_differs_from_the_log_is_found_out() {
    let folder = tempfile::tempdir().unwrap();
    let (_, name) = place(&folder);
    let db = open(&name).await;
    for n in 0..4 {
        made(&db, &n.to_string()).await;
    }
    let pool = sqlx::SqlitePool::connect(&name).await.unwrap();
    sqlx::raw_sql(
        "UPDATE feature SET properties = '{}' WHERE id = 1; DELETE FROM feature WHERE id = 2; \
         UPDATE head SET revision = 9; UPDATE head SET next_feature_id = 2",
    )
    .execute(&pool)
    .await
    .unwrap();
    let faults = db.verify().await.unwrap();
    for expected in ["feature 1 differs", "feature 2 stands in the log", "revision 9", "the number 2 which is taken"] {
        assert!(faults.iter().any(|fault| fault.contains(expected)), "{expected}: {faults:?}");
    }
    assert_eq!(faults.len(), 4, "{faults:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_platbook_database_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let (path, name) = place(&folder);
    let error = store::open_existing(&name).await.err().unwrap();
    assert!(platbook::error::chain(&error).contains("there is no such database"), "{error}");
    assert!(!path.exists());

    std::fs::write(&path, "PK not a database, but some text that is long enough ".repeat(100)).unwrap();
    let error = store::open(&name).await.err().unwrap();
    assert!(matches!(&error, StoreError::Damaged { path: named, .. } if *named == path), "{error:?}");

    std::fs::remove_file(&path).unwrap();
    let pool = sqlx::SqlitePool::connect(&format!("sqlite:{name}?mode=rwc")).await.unwrap();
    sqlx::query("CREATE TABLE recipe (name TEXT)").execute(&pool).await.unwrap();
    pool.close().await;
    let error = store::open(&name).await.err().unwrap();
    assert!(error.to_string().contains("something else"), "{error}");

    let error = store::open(folder.path().to_str().unwrap()).await.err().unwrap();
    assert!(platbook::error::chain(&error).contains("folder"), "{error}");
    let error = store::open("/proc/nowhere/city.sqlite").await.err().unwrap();
    assert!(platbook::error::chain(&error).contains("/proc/nowhere"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_newer_schema_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let (path, name) = place(&folder);
    drop(open(&name).await);
    settle(&path).await;
    let pool = sqlx::SqlitePool::connect(&name).await.unwrap();
    sqlx::query("UPDATE schema_version SET number = 99").execute(&pool).await.unwrap();
    let error = store::open(&name).await.err().unwrap();
    assert!(matches!(error, StoreError::Newer { found: 99, .. }), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_refuses_appends_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let (_, name) = place(&folder);
    let db = open(&format!("{name}?max_page_count=60")).await;
    let first = made(&db, "first").await;
    let error = db.append(set((0..5000).map(|n| create(&n.to_string())).collect())).await.unwrap_err();
    assert!(matches!(error, StoreError::Full), "{error:?}");
    assert_eq!(db.feature(first.id).await.unwrap(), Some(first));
    // Among neighbours that fit, only the one that does not fit is refused.
    let large = set((0..5000).map(|n| create(&n.to_string())).collect());
    let (small, large, other) =
        tokio::join!(db.append(set(vec![create("small")])), db.append(large), db.append(set(vec![create("other")])));
    assert!(matches!(large, Err(StoreError::Full)));
    let mut revisions = [small.unwrap().revision.0, other.unwrap().revision.0];
    revisions.sort_unstable();
    assert_eq!(revisions, [2, 3]);
    assert_eq!(db.verify().await.unwrap(), Vec::<String>::new());
}

/// Waits until the writer has closed the file.
async fn settle(path: &std::path::Path) {
    let log = PathBuf::from(format!("{}-wal", path.display()));
    for _ in 0..100 {
        if !log.exists() {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
}
