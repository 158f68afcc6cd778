//! What every store promises about what was: the history of a feature, and the log at earlier times.

use platbook::domain::{ChangeKind, ChangeSet, Edit, LayerId, Revision, Version};
use platbook::store::StoreError;
use serde_json::json;

use super::suite::{Db, create, delete, made, point, set, sound, update};

pub(super) async fn history_tells_each_change_with_its_commit(db: Db) {
    let first = made(&db, "一").await;
    made(&db, "other").await;
    db.append(set(vec![create("beside"), update(&first, "二")])).await.unwrap();
    let second = db.feature(first.id).await.unwrap().unwrap();
    db.append(set(vec![delete(&second)])).await.unwrap();
    let history = db.history(first.id).await.unwrap();
    let told: Vec<_> =
        history.iter().map(|(commit, change)| (commit.revision.0, change.kind, change.version.0)).collect();
    assert_eq!(told, [(1, ChangeKind::Created, 1), (3, ChangeKind::Updated, 2), (4, ChangeKind::Deleted, 3)]);
    assert_eq!(history[0].1.after.as_ref(), Some(&first));
    assert_eq!(history[1].1.after.as_ref(), Some(&second));
    assert_eq!(history[2].1.after, None);
    assert_eq!(history[2].1.layer, first.content.layer);
    assert!(history.iter().all(|(commit, change)| commit.changes == [change.clone()]));
    assert_eq!(db.history(77.try_into().unwrap()).await.unwrap(), vec![]);
}

pub(super) async fn a_deleted_feature_can_be_brought_back_once(db: Db) {
    let feature = made(&db, "a").await;
    let restore = |base| Edit::Restore { id: feature.id, base, draft: point("doorplate", "back") };
    let error = db.append(set(vec![restore(Version(1))])).await.unwrap_err();
    assert!(matches!(error, StoreError::Conflict { .. }), "it is there: {error}");
    db.append(set(vec![delete(&feature)])).await.unwrap();
    let back = db.append(set(vec![restore(Version(2))])).await.unwrap();
    assert_eq!(back.features, [feature.id]);
    let now = db.feature(feature.id).await.unwrap().unwrap();
    assert_eq!((now.version, &now.content.properties["name"]), (Version(3), &json!("back")));
    let error = db.append(set(vec![restore(Version(2))])).await.unwrap_err();
    assert!(matches!(error, StoreError::Conflict { current: Some(_), .. }), "{error}");
    let kinds: Vec<ChangeKind> = db.history(feature.id).await.unwrap().iter().map(|(_, change)| change.kind).collect();
    assert_eq!(kinds, [ChangeKind::Created, ChangeKind::Deleted, ChangeKind::Created]);
    sound(&db).await;
}

pub(super) async fn the_log_tells_states_summaries_and_times(db: Db) {
    let at = |hour: i8, edits| ChangeSet { at: format!("2026-03-01T{hour:02}:00:00Z").parse().unwrap(), ..set(edits) };
    let first = db.append(at(8, vec![create("a"), create("b")])).await.unwrap();
    let (a, b) = (first.features[0], first.features[1]);
    let a_1 = db.feature(a).await.unwrap().unwrap();
    db.append(at(9, vec![update(&a_1, "a2")])).await.unwrap();
    let b_1 = db.feature(b).await.unwrap().unwrap();
    db.append(at(10, vec![delete(&b_1), create("c")])).await.unwrap();
    let ids = [a, b];
    let names = async |revision| {
        let states = db.states(&ids, Revision(revision)).await.unwrap();
        states
            .into_iter()
            .map(|state| state.content.properties["name"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(names(0).await, [""; 0]);
    assert_eq!(names(1).await, ["a", "b"]);
    assert_eq!(names(2).await, ["a2", "b"]);
    assert_eq!(names(9).await, ["a2"]);
    let touched = db.touched(Revision(1), Revision(2)).await.unwrap();
    assert_eq!(touched, [(a, "doorplate".parse().unwrap())]);
    assert_eq!(db.touched(Revision(0), Revision(3)).await.unwrap().len(), 3);
    let summaries = db.summaries(Revision(1), Revision(3)).await.unwrap();
    assert_eq!(summaries.iter().map(|summary| summary.revision.0).collect::<Vec<_>>(), [2, 3]);
    let doorplate: LayerId = "doorplate".parse().unwrap();
    let village = point("doorplate", "").village;
    let told: Vec<_> =
        summaries[1].counts.iter().map(|one| (&one.layer, one.kind, one.before, one.after, one.count)).collect();
    let kinds =
        [(&doorplate, ChangeKind::Created, None, village, 1), (&doorplate, ChangeKind::Deleted, village, None, 1)];
    assert_eq!(told, kinds, "what is gone is told where it was");
    for (time, revision) in [("07:59:59", 0), ("08:00:00", 1), ("09:30:00", 2), ("23:00:00", 3)] {
        let time = format!("2026-03-01T{time}Z").parse().unwrap();
        assert_eq!(db.revision_at(time).await.unwrap(), Revision(revision), "{time}");
    }
}

pub(super) async fn time_never_runs_back_in_the_log(db: Db) {
    let at = |text: &str| ChangeSet { at: text.parse().unwrap(), ..set(vec![create("x")]) };
    for text in ["2026-03-01T08:00:00.5Z", "2026-03-01T07:00:00Z", "2026-03-01T08:00:00Z", "2026-03-01T08:00:01Z"] {
        db.append(at(text)).await.unwrap();
    }
    let times: Vec<String> =
        db.commits_after(Revision::ZERO, 100).await.unwrap().iter().map(|commit| commit.at.to_string()).collect();
    let stood = "2026-03-01T08:00:00.5Z";
    assert_eq!(times, [stood, stood, stood, "2026-03-01T08:00:01Z"], "a clock set back an hour");
}
