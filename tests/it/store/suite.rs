//! What every store promises.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use platbook::domain::{
    Attempt, ChangeKind, ChangeSet, Claims, Draft, Edit, Feature, FeatureId, Geometry, Intake, LayerId, LonLat,
    Revision, Version,
};
use platbook::store::{Store, StoreError};
use serde_json::json;
use uuid::Uuid;

pub(super) type Db = Arc<dyn Store>;

pub(super) fn point(layer: &str, name: &str) -> Draft {
    let json = json!({ "name": name, "zulu": 1, "alpha": [1.5, true], "priority": 7 });
    Draft {
        layer: layer.parse().unwrap(),
        geometry: Geometry::point(LonLat::new(113.3841, 22.9377).unwrap()),
        properties: json.as_object().unwrap().clone(),
        village: Some("440113001001".parse().unwrap()),
    }
}

pub(super) fn create(name: &str) -> Edit {
    Edit::Create(point("doorplate", name))
}

pub(super) fn set(edits: Vec<Edit>) -> ChangeSet {
    ChangeSet {
        actor: "编辑员".to_owned(),
        reason: "测试: a reason".to_owned(),
        at: "2026-03-01T08:00:00.123456789Z".parse().unwrap(),
        operation: None,
        edits,
        intakes: vec![],
        claims: Claims::default(),
    }
}

pub(super) fn update(feature: &Feature, name: &str) -> Edit {
    Edit::Update { id: feature.id, base: feature.version, draft: point("doorplate", name) }
}

pub(super) fn delete(feature: &Feature) -> Edit {
    Edit::Delete { id: feature.id, base: feature.version }
}

pub(super) async fn made(db: &Db, name: &str) -> Feature {
    let committed = db.append(set(vec![create(name)])).await.unwrap();
    db.feature(committed.features[0]).await.unwrap().unwrap()
}

pub(super) async fn scanned(db: &Db) -> (Revision, BTreeMap<FeatureId, Feature>) {
    let mut all = BTreeMap::new();
    let revision = db
        .scan(&mut |batch| {
            all.extend(batch.into_iter().map(|feature| (feature.id, feature)));
            true
        })
        .await
        .unwrap();
    (revision, all)
}

/// The features that the log makes.
async fn replayed(db: &Db, limit: usize) -> (Revision, BTreeMap<FeatureId, Feature>) {
    let (mut at, mut all) = (Revision::ZERO, BTreeMap::new());
    loop {
        let commits = db.commits_after(at, limit).await.unwrap();
        let Some(last) = commits.last() else { return (at, all) };
        let end = last.revision;
        for commit in commits {
            assert_eq!(commit.revision, at.next());
            at = commit.revision;
            for change in commit.changes {
                match change.after {
                    Some(feature) => all.insert(change.feature, feature),
                    None => all.remove(&change.feature),
                };
            }
        }
        assert_eq!(at, end);
    }
}

pub(super) async fn sound(db: &Db) {
    assert_eq!(db.verify().await.unwrap(), Vec::<String>::new());
}

pub(super) async fn a_new_store_is_empty_and_sound(db: Db) {
    assert_eq!(db.head().await.unwrap(), Revision::ZERO);
    assert_eq!(db.commits_after(Revision::ZERO, 10).await.unwrap(), vec![]);
    assert_eq!(db.counts().await.unwrap(), vec![]);
    assert_eq!(scanned(&db).await, (Revision::ZERO, BTreeMap::new()));
    assert!(!db.identity().await.unwrap().is_nil());
    sound(&db).await;
}

pub(super) async fn features_are_created_updated_and_deleted(db: Db) {
    let committed = db.append(set(vec![create("甲"), create("乙")])).await.unwrap();
    assert_eq!(committed.revision, Revision(1));
    assert_eq!(committed.features.iter().map(|id| id.get()).collect::<Vec<_>>(), [1, 2]);
    let first = db.feature(committed.features[0]).await.unwrap().unwrap();
    assert_eq!((first.version, first.revision, &first.content), (Version(1), Revision(1), &point("doorplate", "甲")));

    db.append(set(vec![update(&first, "丙")])).await.unwrap();
    let second = db.feature(first.id).await.unwrap().unwrap();
    assert_eq!((second.version, second.revision), (Version(2), Revision(2)));
    assert_eq!(second.content, point("doorplate", "丙"));

    let committed = db.append(set(vec![delete(&second), create("丁")])).await.unwrap();
    assert_eq!(committed.features.iter().map(|id| id.get()).collect::<Vec<_>>(), [1, 3]);
    assert_eq!(db.feature(first.id).await.unwrap(), None);
    assert_eq!(db.counts().await.unwrap(), vec![("doorplate".parse().unwrap(), 2)]);
    sound(&db).await;
}

pub(super) async fn a_conflict_shows_the_current_feature_and_leaves_nothing(db: Db) {
    let old = made(&db, "old").await;
    db.append(set(vec![update(&old, "new")])).await.unwrap();
    let current = db.feature(old.id).await.unwrap().unwrap();
    let before = (scanned(&db).await, db.commits_after(Revision::ZERO, 100).await.unwrap());

    let error = db.append(set(vec![create("beside"), update(&old, "late")])).await.unwrap_err();
    let StoreError::Conflict { feature, base, current: found } = error else { panic!("{error}") };
    assert_eq!((feature, base), (old.id, Version(1)));
    assert_eq!(*found.unwrap(), current);
    assert_eq!((scanned(&db).await, db.commits_after(Revision::ZERO, 100).await.unwrap()), before);
    let next = made(&db, "next").await;
    assert_eq!((next.id.get(), next.revision), (2, Revision(3)));
    sound(&db).await;
}

pub(super) async fn a_deleted_feature_conflicts_with_nothing_current(db: Db) {
    let feature = made(&db, "gone").await;
    db.append(set(vec![delete(&feature)])).await.unwrap();
    for edit in [delete(&feature), update(&feature, "back")] {
        let error = db.append(set(vec![edit])).await.unwrap_err();
        assert!(matches!(error, StoreError::Conflict { current: None, .. }), "{error}");
    }
    let never = Edit::Delete { id: 99.try_into().unwrap(), base: Version(1) };
    assert!(matches!(db.append(set(vec![never])).await, Err(StoreError::Conflict { current: None, .. })));
}

pub(super) async fn a_feature_may_stand_in_one_edit_only(db: Db) {
    let feature = made(&db, "one").await;
    let error = db.append(set(vec![update(&feature, "two"), delete(&feature)])).await.unwrap_err();
    assert!(matches!(error, StoreError::Driver { .. }), "{error}");
    assert_eq!(db.feature(feature.id).await.unwrap(), Some(feature));
}

fn attempt(digest: u64) -> Attempt {
    Attempt { id: Uuid::new_v4(), digest }
}

pub(super) async fn an_operation_is_applied_once(db: Db) {
    made(&db, "before").await;
    let once = ChangeSet { operation: Some(attempt(7)), ..set(vec![create("once")]) };
    assert_eq!(db.append(once.clone()).await.unwrap().revision, Revision(2));
    made(&db, "after").await;
    let error = db.append(once.clone()).await.unwrap_err();
    assert!(matches!(error, StoreError::AlreadyApplied { revision: Revision(2) }), "{error}");
    assert_eq!(db.head().await.unwrap(), Revision(3));
    let applied = db.applied(once.operation.unwrap().id).await.unwrap().unwrap();
    assert_eq!((applied.revision, applied.digest), (Revision(2), Some(7)));
    assert!(applied.is(once.operation.unwrap()) && !applied.is(Attempt { digest: 8, ..once.operation.unwrap() }));
    assert_eq!(db.applied(Uuid::new_v4()).await.unwrap(), None);

    let race = ChangeSet { operation: Some(attempt(u64::MAX)), ..once };
    let (one, two) = tokio::join!(db.append(race.clone()), db.append(race));
    assert_eq!(usize::from(one.is_ok()) + usize::from(two.is_ok()), 1);
    assert_eq!(scanned(&db).await.1.len(), 4);
    sound(&db).await;
}

pub(super) async fn commits_come_whole_and_in_order(db: Db) {
    for size in 1..=5 {
        db.append(set((0..size).map(|n| create(&n.to_string())).collect())).await.unwrap();
    }
    let sizes = |commits: Vec<platbook::domain::Commit>| -> Vec<(u64, usize)> {
        commits.iter().map(|commit| (commit.revision.0, commit.changes.len())).collect()
    };
    assert_eq!(sizes(db.commits_after(Revision::ZERO, 1).await.unwrap()), [(1, 1)]);
    assert_eq!(sizes(db.commits_after(Revision::ZERO, 4).await.unwrap()), [(1, 1), (2, 2), (3, 3)]);
    assert_eq!(sizes(db.commits_after(Revision(3), 4).await.unwrap()), [(4, 4)]);
    assert_eq!(sizes(db.commits_after(Revision(3), 1000).await.unwrap()), [(4, 4), (5, 5)]);
    assert_eq!(sizes(db.commits_after(Revision(5), 1000).await.unwrap()), []);
    let commit = &db.commits_after(Revision::ZERO, 1).await.unwrap()[0];
    let asked = set(vec![]);
    assert_eq!((&commit.actor, &commit.reason, commit.at), (&asked.actor, &asked.reason, asked.at));
    assert_eq!((commit.changes[0].kind, commit.changes[0].version), (ChangeKind::Created, Version(1)));
}

pub(super) async fn concurrent_appends_make_a_dense_log_without_visible_gaps(db: Db) {
    const WRITERS: usize = 12;
    const EACH: usize = 15;
    let writers: Vec<_> = (0..WRITERS)
        .map(|writer| {
            let db = Arc::clone(&db);
            tokio::spawn(async move {
                let mut revisions = vec![];
                for n in 0..EACH {
                    let committed = db.append(set(vec![create(&format!("{writer}-{n}"))])).await.unwrap();
                    assert!(db.feature(committed.features[0]).await.unwrap().is_some(), "acknowledged but unseen");
                    revisions.push(committed.revision.0);
                }
                revisions
            })
        })
        .collect();
    let reader = tokio::spawn({
        let db = Arc::clone(&db);
        async move {
            let mut at = Revision::ZERO;
            while at.0 < (WRITERS * EACH) as u64 {
                db.wait_after(at).await.unwrap();
                for commit in db.commits_after(at, 50).await.unwrap() {
                    assert_eq!(commit.revision, at.next(), "a gap was visible");
                    assert_eq!(commit.changes.len(), 1);
                    at = commit.revision;
                }
            }
        }
    });
    let mut revisions = vec![];
    for writer in writers {
        revisions.extend(writer.await.unwrap());
    }
    revisions.sort_unstable();
    assert_eq!(revisions, (1..=(WRITERS * EACH) as u64).collect::<Vec<_>>());
    tokio::time::timeout(Duration::from_secs(30), reader).await.unwrap().unwrap();
    sound(&db).await;
}

pub(super) async fn of_two_writers_on_one_feature_one_wins(db: Db) {
    let mut feature = made(&db, "start").await;
    for round in 0..20 {
        let both = [format!("{round} left"), format!("{round} right")];
        let appends = both.each_ref().map(|name| {
            let (db, edit) = (Arc::clone(&db), update(&feature, name));
            tokio::spawn(async move { db.append(set(vec![edit])).await })
        });
        let mut won = vec![];
        for (append, name) in appends.into_iter().zip(&both) {
            match append.await.unwrap() {
                Ok(_) => won.push(name.clone()),
                Err(StoreError::Conflict { current: Some(current), .. }) => {
                    assert_eq!(current.version, feature.version.next());
                }
                Err(error) => panic!("{error}"),
            }
        }
        feature = db.feature(feature.id).await.unwrap().unwrap();
        assert_eq!(won, [feature.content.properties["name"].as_str().unwrap()]);
    }
    assert_eq!(feature.version, Version(21));
    sound(&db).await;
}

pub(super) async fn the_scan_equals_the_replayed_log(db: Db) {
    db.append(set((0..9000).map(|n| create(&format!("号{n}"))).collect())).await.unwrap();
    let (_, all) = scanned(&db).await;
    assert_eq!(all.len(), 9000);
    let edits = all.values().map(|f| if f.id.get() % 3 == 0 { delete(f) } else { update(f, "again") }).collect();
    db.append(set(edits)).await.unwrap();
    made(&db, "last").await;
    let found = scanned(&db).await;
    assert_eq!((found.0, found.1.len()), (Revision(3), 6001));
    assert_eq!(found, replayed(&db, 1).await);
    assert_eq!(found, replayed(&db, 100_000).await);
    sound(&db).await;
}

pub(super) async fn a_scan_can_be_ended(db: Db) {
    db.append(set((0..40_000).map(|_| create("x")).collect())).await.unwrap();
    let mut calls = 0;
    let end = db
        .scan(&mut |_| {
            calls += 1;
            false
        })
        .await
        .unwrap();
    assert_eq!((end, calls), (Revision(1), 1));
}

pub(super) async fn intakes_add_up(db: Db) {
    let layer: LayerId = "building".parse().unwrap();
    let intake = |collected, governed| Intake { layer: layer.clone(), source: "zj".to_owned(), collected, governed };
    let first = ChangeSet { intakes: vec![intake(100, 90), intake(10, 1)], ..set(vec![]) };
    db.append(first.clone()).await.unwrap();
    made(&db, "between").await;
    let at = "2026-04-01T00:00:00Z".parse().unwrap();
    db.append(ChangeSet { intakes: vec![intake(5, 5)], at, ..set(vec![]) }).await.unwrap();
    let totals = db.intake_totals().await.unwrap();
    assert_eq!(totals.len(), 1);
    assert_eq!((&totals[0].layer, totals[0].collected, totals[0].governed, totals[0].last), (&layer, 115, 96, at));
    assert_eq!(db.commits_after(Revision::ZERO, 1).await.unwrap()[0].intakes, first.intakes);
    sound(&db).await;
}

pub(super) async fn every_geometry_and_text_comes_back(db: Db) {
    let ring = json!([[113.0, 22.0], [113.1, 22.0], [113.1, 22.1], [113.0, 22.0]]);
    let hole = json!([[113.05, 22.01], [113.06, 22.01], [113.06, 22.02], [113.05, 22.01]]);
    let shapes = [
        json!({"type": "Point", "coordinates": [113.123456789012, 22.987654321098]}),
        json!({"type": "LineString", "coordinates": [[113.0, 22.0], [113.1, 22.05]]}),
        json!({"type": "MultiLineString", "coordinates": [[[113.0, 22.0], [113.1, 22.05]], [[1.0, 2.0], [3.0, 4.0]]]}),
        json!({"type": "Polygon", "coordinates": [ring, hole]}),
        json!({"type": "MultiPolygon", "coordinates": [[ring], [hole]]}),
    ];
    let texts = ["市桥街道", "𠮷野家 \u{1F3E0}", "quote ' \" \\ % $1 ?", "line\nbreak\ttab", "", "nul \u{0} inside"];
    let drafts: Vec<Draft> = shapes
        .iter()
        .flat_map(|shape| texts.map(|text| (shape, text)))
        .map(|(shape, text)| Draft {
            geometry: Geometry::from_geojson(shape).unwrap(),
            village: None,
            ..point("road", text)
        })
        .collect();
    db.append(set(drafts.iter().cloned().map(Edit::Create).collect())).await.unwrap();
    let (_, all) = scanned(&db).await;
    assert_eq!(all.into_values().map(|feature| feature.content).collect::<Vec<_>>(), drafts);
    // The order of the names is part of the content, though the maps compare equal without it.
    let feature = db.feature(1.try_into().unwrap()).await.unwrap().unwrap();
    assert_eq!(feature.content.properties.keys().collect::<Vec<_>>(), ["name", "zulu", "alpha", "priority"]);
    sound(&db).await;
}

pub(super) async fn waiting_ends_with_news_and_without(db: Db) {
    let start = Instant::now();
    db.wait_after(Revision::ZERO).await.unwrap();
    assert!(start.elapsed() > Duration::from_millis(900) && start.elapsed() < Duration::from_secs(5));
    let waiting = tokio::spawn({
        let db = Arc::clone(&db);
        async move {
            while db.head().await.unwrap() == Revision::ZERO {
                db.wait_after(Revision::ZERO).await.unwrap();
            }
            Instant::now()
        }
    });
    tokio::time::sleep(Duration::from_millis(100)).await;
    made(&db, "news").await;
    let written = Instant::now();
    assert!(waiting.await.unwrap().saturating_duration_since(written) < Duration::from_millis(700));
    let start = Instant::now();
    db.wait_after(Revision::ZERO).await.unwrap();
    assert!(start.elapsed() < Duration::from_millis(500));
}

pub(super) async fn twenty_thousand_creates_are_one_commit(db: Db) {
    let edits = (0..20_000).map(|n| create(&n.to_string())).collect();
    let start = Instant::now();
    let committed = db.append(set(edits)).await.unwrap();
    let took = start.elapsed();
    assert_eq!(committed.features.len(), 20_000);
    assert!(committed.features.is_sorted());
    assert!(took < Duration::from_secs(20), "{took:?}");
}
