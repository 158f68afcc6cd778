//! What every store promises about saved views.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use platbook::domain::{LayerId, Version, ViewId};
use platbook::store::accounts::Account;
use platbook::store::views::{Asked, Audience, Reader, SavedView, ViewKind};
use serde_json::{Value, json};

use super::accounts::account;
use super::suite::Db;

fn noon() -> Timestamp {
    "2026-03-01T12:00:00.123Z".parse().unwrap()
}

fn layer(id: &str) -> LayerId {
    id.parse().unwrap()
}

fn view(owner: &str, sign: u8, kind: ViewKind, audience: Audience, about: Option<&str>) -> SavedView {
    SavedView {
        number: 0,
        id: ViewId::of_drawn([sign; ViewId::LEN]),
        kind,
        title: format!("示例 '{sign}'"),
        audience,
        layer: about.map(layer),
        owner: owner.parse().unwrap(),
        department: Some("housing".to_owned()),
        thumbnail: Some("data:image/png;base64,AAAA".to_owned()),
        created: noon(),
        updated: noon(),
        version: Version::FIRST,
    }
}

async fn people(db: &Db) {
    for (name, department) in [("zoe", Some("housing")), ("adam", Some("housing")), ("eve", Some("health"))] {
        let account = Account { department: department.map(str::to_owned), ..account(name) };
        assert!(db.accounts().create_account(&account).await.unwrap());
    }
}

fn reader(name: &str, department: &str) -> Reader {
    Reader {
        account: Some(name.parse().unwrap()),
        department: Some(department.to_owned()),
        layers: vec![layer("doorplate"), layer("network-node")],
    }
}

pub(super) async fn saved_views_come_back_as_they_were_given(db: Db) {
    people(&db).await;
    let views = db.views();
    let state = json!({ "hash": "12/30.4/112.8?l=doorplate", "文": ["a", 1.5, null] });
    let kept = view("zoe", 1, ViewKind::Style, Audience::Department, Some("doorplate"));
    assert!(views.create_view(&kept, &state, 10).await.unwrap());
    let (found, its_state) = views.view(&kept.id).await.unwrap().unwrap();
    let kept = SavedView { number: found.number, ..kept };
    assert_eq!((&found, &its_state), (&kept, &state));
    let later = noon() + SignedDuration::from_mins(5);
    let changed = SavedView {
        kind: ViewKind::View,
        title: "another".to_owned(),
        audience: Audience::Mine,
        layer: None,
        department: None,
        thumbnail: None,
        updated: later,
        version: Version(2),
        ..kept.clone()
    };
    let text = Value::String("12/30.4/112.8".to_owned());
    assert!(views.replace_view(&changed, &text).await.unwrap());
    assert_eq!(views.view(&kept.id).await.unwrap(), Some((changed.clone(), text.clone())));
    assert!(!views.replace_view(&changed, &state).await.unwrap(), "it stands at version 2 already");
    assert!(!views.remove_view(&kept.id, Version(1)).await.unwrap());
    assert_eq!(views.view(&kept.id).await.unwrap(), Some((changed, text)), "nothing was written");
    assert!(views.remove_view(&kept.id, Version(2)).await.unwrap());
    assert!(!views.remove_view(&kept.id, Version(2)).await.unwrap());
    assert_eq!(views.view(&kept.id).await.unwrap(), None);
    let stray = view("nobody", 2, ViewKind::View, Audience::Mine, None);
    assert!(views.create_view(&stray, &state, 10).await.is_err(), "a saved view is somebody's");
    let again = view("zoe", 3, ViewKind::View, Audience::Mine, None);
    assert!(views.create_view(&again, &state, 10).await.unwrap());
    assert!(views.create_view(&again, &state, 10).await.is_err(), "two saved views never have one id");
}

pub(super) async fn saved_views_are_listed_for_those_who_see_them(db: Db) {
    people(&db).await;
    let kept = [
        view("zoe", 0, ViewKind::View, Audience::Mine, None),
        view("zoe", 1, ViewKind::Bookmark, Audience::Department, None),
        view("zoe", 2, ViewKind::Style, Audience::Public, Some("doorplate")),
        view("zoe", 3, ViewKind::Filter, Audience::Public, Some("station")),
        view("adam", 4, ViewKind::Filter, Audience::Mine, Some("station")),
        SavedView { department: None, ..view("eve", 5, ViewKind::View, Audience::Department, None) },
    ];
    for one in &kept {
        assert!(db.views().create_view(one, &json!({}), 10).await.unwrap());
    }
    let listed = async |reader: &Reader, asked: Asked, limit| {
        let found = db.views().views(reader, &asked, limit).await.unwrap();
        assert!(found.iter().all(|view| reader.sees(view)), "one rule");
        let sign = |view: &SavedView| kept.iter().position(|one| one.id == view.id).unwrap();
        found.iter().map(|view| (sign(view), view.number)).collect::<Vec<_>>()
    };
    let all = async |reader: &Reader| -> Vec<usize> {
        listed(reader, Asked::default(), 50).await.into_iter().map(|(sign, _)| sign).collect()
    };
    assert_eq!(all(&reader("zoe", "housing")).await, [3, 2, 1, 0], "one's own, whatever it is about");
    assert_eq!(all(&reader("adam", "housing")).await, [4, 2, 1]);
    assert_eq!(all(&reader("eve", "health")).await, [5, 2]);
    let nobody = Reader { layers: vec![layer("doorplate")], ..Reader::default() };
    assert_eq!(all(&nobody).await, [2]);
    assert_eq!(all(&Reader::default()).await, Vec::<usize>::new(), "not about a layer that they do not see");
    let zoe = reader("zoe", "housing");
    let signs = async |asked: Asked| -> Vec<usize> {
        listed(&zoe, asked, 50).await.into_iter().map(|(sign, _)| sign).collect()
    };
    assert_eq!(signs(Asked { kind: Some(ViewKind::Style), ..Asked::default() }).await, [2]);
    assert_eq!(signs(Asked { layer: Some(layer("station")), ..Asked::default() }).await, [3]);
    assert_eq!(signs(Asked { audience: Some(Audience::Public), ..Asked::default() }).await, [3, 2]);
    let first = listed(&zoe, Asked::default(), 2).await;
    let rest = listed(&zoe, Asked { before: Some(first[1].1), ..Asked::default() }, 50).await;
    assert_eq!([first, rest].concat().into_iter().map(|(sign, _)| sign).collect::<Vec<_>>(), [3, 2, 1, 0]);
}

pub(super) async fn nobody_keeps_more_saved_views_than_they_may(db: Db) {
    people(&db).await;
    let saving = (0..20).map(|sign| {
        let db = Arc::clone(&db);
        tokio::spawn(async move {
            let one = view("zoe", sign, ViewKind::View, Audience::Mine, None);
            db.views().create_view(&one, &json!({}), 5).await.unwrap()
        })
    });
    let mut kept = 0;
    for saved in saving.collect::<Vec<_>>() {
        kept += usize::from(saved.await.unwrap());
    }
    assert_eq!(kept, 5, "also when all come at once");
    let adam = view("adam", 30, ViewKind::View, Audience::Mine, None);
    assert!(db.views().create_view(&adam, &json!({}), 5).await.unwrap(), "another's count for nothing");
}
