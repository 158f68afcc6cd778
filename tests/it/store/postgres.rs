//! What only PostgreSQL can go through.

use std::time::{Duration, Instant};

use platbook::domain::Revision;
use platbook::store::{self, StoreError};

use super::open;
use super::suite::{made, scanned};
use crate::support::postgres::{Server, fresh_database};

#[tokio::test(flavor = "multi_thread")]
async fn a_stopped_server_is_unavailable_and_works_again_after_its_restart() {
    let mut server = Server::start();
    let address = server.address();
    let absent = store::open_existing(&address).await.err().unwrap();
    assert!(matches!(absent, StoreError::Driver { .. }), "{absent}");
    let db = open(&address).await;
    made(&db, "before").await;

    server.stop();
    for error in [db.head().await.err(), db.wait_after(Revision(1)).await.err()] {
        let error = error.expect("the server is stopped");
        assert!(matches!(error, StoreError::Unavailable { .. }), "{error:?}");
    }
    let error = db.append(super::suite::set(vec![super::suite::create("lost")])).await.unwrap_err();
    assert!(matches!(error, StoreError::Unavailable { .. }), "{error:?}");
    let start = Instant::now();
    let error = store::open(&address).await.err().unwrap();
    assert!(matches!(error, StoreError::Unavailable { .. }), "{error:?}");
    assert!(start.elapsed() < Duration::from_secs(10));

    server.run();
    assert_eq!(made(&db, "after").await.revision, Revision(2));
    assert_eq!(db.verify().await.unwrap(), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn two_servers_follow_each_other() {
    let address = fresh_database();
    let (one, two) = tokio::join!(open(&address), open(&address));
    assert_eq!(one.identity().await.unwrap(), two.identity().await.unwrap());
    // The listeners need a moment; without them the news would still come, within a second.
    tokio::time::sleep(Duration::from_millis(300)).await;
    for round in 1..=5 {
        let (from, to) = if round % 2 == 0 { (&one, &two) } else { (&two, &one) };
        let before = Revision(round - 1);
        let (feature, waited) = tokio::join!(made(from, "news"), to.wait_after(before));
        waited.unwrap();
        assert_eq!(to.commits_after(before, 1).await.unwrap()[0].changes[0].after, Some(feature));
    }
    assert_eq!(scanned(&one).await, scanned(&two).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_newer_schema_is_refused() {
    let address = fresh_database();
    drop(open(&address).await);
    let pool = sqlx::PgPool::connect(&address).await.unwrap();
    sqlx::query("UPDATE schema_version SET number = 99").execute(&pool).await.unwrap();
    let error = store::open(&address).await.err().unwrap();
    assert!(matches!(error, StoreError::Newer { found: 99, .. }), "{error}");
}
