//! What every store promises about accounts.

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use platbook::domain::{AccountName, Action};
use platbook::store::Store;
use platbook::store::accounts::{Account, AuditEntry, SecretHash, Session, Token, ViewToken};

use crate::support::grant;

type Db = Arc<dyn Store>;

fn noon() -> Timestamp {
    "2026-03-01T12:00:00.123Z".parse().unwrap()
}

pub(super) fn account(name: &str) -> Account {
    Account {
        name: name.parse().unwrap(),
        title: "测试 O'Neil".to_owned(),
        department: Some("housing".to_owned()),
        password: Some("$argon2id$…".to_owned()),
        subject: None,
        disabled: false,
        grants: vec![grant("editor", Some(&["doorplate"]), "429005001"), grant("viewer", None, "429005")],
        created: noon(),
    }
}

fn session(of: &str, secret: &str) -> Session {
    Session {
        secret: SecretHash::of(secret),
        account: of.parse().unwrap(),
        created: noon(),
        used: noon(),
        expires: noon() + SignedDuration::from_hours(1),
    }
}

fn token(of: &str, secret: &str) -> Token {
    Token {
        id: 0,
        secret: SecretHash::of(secret),
        account: of.parse().unwrap(),
        name: "nightly".to_owned(),
        scopes: BTreeSet::from([Action::Read, Action::Import]),
        created: noon(),
        expires: noon() + SignedDuration::from_hours(24),
        used: None,
    }
}

pub(super) async fn accounts_come_back_as_they_were_given(db: Db) {
    let accounts = db.accounts();
    let (zoe, adam) = (account("zoe"), Account { subject: Some("https://sso|1".to_owned()), ..account("adam") });
    assert!(accounts.create_account(&zoe).await.unwrap());
    assert!(accounts.create_account(&adam).await.unwrap());
    assert!(!accounts.create_account(&Account { title: "another".into(), ..zoe.clone() }).await.unwrap());
    let same_subject = Account { name: "eve".parse().unwrap(), ..adam.clone() };
    assert!(!accounts.create_account(&same_subject).await.unwrap(), "a subject has one account");
    assert_eq!(accounts.accounts().await.unwrap(), [adam.clone(), zoe.clone()]);
    assert_eq!(accounts.account(&zoe.name).await.unwrap(), Some(zoe.clone()));
    assert_eq!(accounts.account_of("https://sso|1").await.unwrap(), Some(adam));
    let changed = Account { title: "Z".into(), grants: Vec::new(), password: None, department: None, ..zoe };
    assert!(accounts.update_account(&changed).await.unwrap());
    assert_eq!(accounts.account(&changed.name).await.unwrap(), Some(changed));
    assert!(!accounts.update_account(&account("nobody")).await.unwrap());
    assert_eq!(accounts.account(&"nobody".parse().unwrap()).await.unwrap(), None);
}

pub(super) async fn sessions_begin_end_and_go_with_their_account(db: Db) {
    let accounts = db.accounts();
    let zoe = account("zoe");
    accounts.create_account(&zoe).await.unwrap();
    accounts.begin_session(&session("zoe", "one")).await.unwrap();
    accounts.begin_session(&session("zoe", "two")).await.unwrap();
    let found = accounts.session(&SecretHash::of("one")).await.unwrap();
    assert_eq!(found, Some((session("zoe", "one"), zoe.clone())));
    assert_eq!(accounts.session(&SecretHash::of("three")).await.unwrap(), None);
    let later = noon() + SignedDuration::from_mins(5);
    accounts.note_use(&SecretHash::of("one"), later).await.unwrap();
    assert_eq!(accounts.session(&SecretHash::of("one")).await.unwrap().unwrap().0.used, later);
    assert!(accounts.end_session(&SecretHash::of("one")).await.unwrap());
    assert!(!accounts.end_session(&SecretHash::of("one")).await.unwrap());
    accounts.update_account(&Account { title: "Zoe".into(), ..zoe.clone() }).await.unwrap();
    assert!(accounts.session(&SecretHash::of("two")).await.unwrap().is_some(), "a new title ends nothing");
    accounts.update_account(&Account { password: Some("another".into()), ..zoe.clone() }).await.unwrap();
    assert!(accounts.session(&SecretHash::of("two")).await.unwrap().is_none(), "a new password ends sessions");
    accounts.begin_session(&session("zoe", "four")).await.unwrap();
    let tomorrow = noon() + SignedDuration::from_hours(24);
    let next_day = Session { created: tomorrow, expires: tomorrow, ..session("zoe", "five") };
    accounts.begin_session(&next_day).await.unwrap();
    assert!(accounts.session(&SecretHash::of("four")).await.unwrap().is_none(), "what had ended is forgotten");
    let shut_out = Account { disabled: true, password: Some("another".into()), ..zoe };
    accounts.update_account(&shut_out).await.unwrap();
    assert!(accounts.session(&SecretHash::of("five")).await.unwrap().is_none());
    let nobody: AccountName = "nobody".parse().unwrap();
    let stray = Session { account: nobody, ..session("zoe", "six") };
    assert!(accounts.begin_session(&stray).await.is_err(), "a session is somebody's");
}

pub(super) async fn tokens_are_numbered_listed_and_taken_back(db: Db) {
    let accounts = db.accounts();
    let (zoe, adam) = (account("zoe"), account("adam"));
    for account in [&zoe, &adam] {
        accounts.create_account(account).await.unwrap();
    }
    let mut made = Vec::new();
    for (owner, secret) in [("zoe", "one"), ("adam", "two"), ("zoe", "three")] {
        let token = token(owner, secret);
        let id = accounts.create_token(&token).await.unwrap();
        made.push(Token { id, ..token });
    }
    assert!(made[0].id < made[1].id && made[1].id < made[2].id);
    assert_eq!(accounts.tokens(None).await.unwrap(), made);
    assert_eq!(accounts.tokens(Some(&zoe.name)).await.unwrap(), [made[0].clone(), made[2].clone()]);
    assert_eq!(accounts.token(&made[1].secret).await.unwrap(), Some((made[1].clone(), adam.clone())));
    accounts.note_use(&made[1].secret, noon()).await.unwrap();
    assert_eq!(accounts.token(&made[1].secret).await.unwrap().unwrap().0.used, Some(noon()));
    assert!(!accounts.remove_token(made[1].id, Some(&zoe.name)).await.unwrap(), "it is another's");
    assert!(accounts.remove_token(made[1].id, Some(&adam.name)).await.unwrap());
    assert!(accounts.remove_token(made[0].id, None).await.unwrap());
    assert_eq!(accounts.tokens(None).await.unwrap(), [made[2].clone()]);
    assert!(accounts.create_token(&token("zoe", "three")).await.is_err(), "two tokens are never the same");
}

pub(super) async fn view_tokens_end_with_what_made_them(db: Db) {
    let accounts = db.accounts();
    let zoe = account("zoe");
    accounts.create_account(&zoe).await.unwrap();
    accounts.begin_session(&session("zoe", "session")).await.unwrap();
    let id = accounts.create_token(&token("zoe", "token")).await.unwrap();
    let view_token = |secret: &str, maker: &str| ViewToken {
        secret: SecretHash::of(secret),
        account: zoe.name.clone(),
        maker: SecretHash::of(maker),
        layers: Some(BTreeSet::from(["doorplate".parse().unwrap(), "network-node".parse().unwrap()])),
        division: "429005001".parse().unwrap(),
        created: noon(),
        expires: noon() + SignedDuration::from_mins(10),
    };
    let by_session = view_token("one", "session");
    let by_token = ViewToken { layers: None, ..view_token("two", "token") };
    assert!(accounts.create_view_token(&by_session, 10).await.unwrap());
    assert!(accounts.create_view_token(&by_token, 10).await.unwrap());
    let found = async |secret: &str| accounts.view_token(&SecretHash::of(secret)).await.unwrap();
    assert_eq!(found("one").await, Some((by_session, zoe.clone())));
    assert_eq!(found("two").await, Some((by_token, zoe.clone())));
    assert_eq!(found("three").await, None);
    assert!(!accounts.create_view_token(&view_token("three", "token"), 2).await.unwrap(), "two hold already");
    assert_eq!(found("three").await, None);
    assert!(accounts.end_session(&SecretHash::of("session")).await.unwrap());
    assert_eq!(found("one").await, None, "it ends with the session");
    assert!(accounts.remove_token(id, None).await.unwrap());
    assert_eq!(found("two").await, None, "and with the token");
    accounts.begin_session(&session("zoe", "again")).await.unwrap();
    let later = noon() + SignedDuration::from_mins(20);
    let next = ViewToken { created: later, expires: later, ..view_token("four", "again") };
    assert!(accounts.create_view_token(&next, 1).await.unwrap(), "those that had ended are forgotten");
    assert!(accounts.end_view_token(&next.secret).await.unwrap());
    assert!(!accounts.end_view_token(&next.secret).await.unwrap());
    assert_eq!(found("four").await, None);
}

pub(super) async fn the_audit_list_is_read_from_its_end(db: Db) {
    let accounts = db.accounts();
    let entry = |number: u64| AuditEntry {
        id: 0,
        at: noon() + SignedDuration::from_secs(number as i64),
        actor: "zoe".to_owned(),
        action: "layer.read".to_owned(),
        subject: format!("layer-{number}"),
        request: "request".to_owned(),
    };
    for number in 0..5 {
        accounts.record(&entry(number)).await.unwrap();
    }
    let newest = accounts.audit(None, 2).await.unwrap();
    let subjects = |page: &[AuditEntry]| page.iter().map(|entry| entry.subject.clone()).collect::<Vec<_>>();
    assert_eq!(subjects(&newest), ["layer-4", "layer-3"]);
    let older = accounts.audit(Some(newest[1].id), 10).await.unwrap();
    assert_eq!(subjects(&older), ["layer-2", "layer-1", "layer-0"]);
    assert_eq!(AuditEntry { id: 0, ..older[2].clone() }, entry(0));
    assert_eq!(accounts.audit(Some(older[2].id), 10).await.unwrap(), []);
}

pub(super) async fn accounts_do_not_disturb_the_log(db: Db) {
    let accounts = db.accounts();
    accounts.create_account(&account("zoe")).await.unwrap();
    let both = (0..20).map(|number| {
        let db = Arc::clone(&db);
        tokio::spawn(async move {
            let created = db.append(super::suite::set(vec![super::suite::create("plate")])).await;
            let begun = db.accounts().begin_session(&session("zoe", &number.to_string())).await;
            (created.is_ok(), begun.is_ok())
        })
    });
    for done in futures(both).await {
        assert_eq!(done, (true, true));
    }
    assert_eq!(db.head().await.unwrap().0, 20);
    assert_eq!(db.verify().await.unwrap(), Vec::<String>::new());
}

async fn futures<T>(tasks: impl Iterator<Item = tokio::task::JoinHandle<T>>) -> Vec<T> {
    let tasks: Vec<_> = tasks.collect();
    let mut done = Vec::new();
    for task in tasks {
        done.push(task.await.unwrap());
    }
    done
}
