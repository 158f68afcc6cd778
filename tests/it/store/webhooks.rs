//! What every store promises about webhooks.

use jiff::{SignedDuration, Timestamp};
use platbook::domain::{Revision, Wanted};
use platbook::store::webhooks::{Progress, SigningSecret, Turn, Undelivered, Webhook};
use uuid::Uuid;

use super::accounts::account;
use super::suite::Db;

fn noon() -> Timestamp {
    "2026-03-01T12:00:00.123Z".parse().unwrap()
}

async fn made(db: &Db, title: &str) -> Webhook {
    let owner = account("zoe");
    db.accounts().create_account(&owner).await.unwrap();
    let webhook = Webhook {
        id: Uuid::new_v4(),
        title: title.to_owned(),
        url: "https://example.org/变更?a='b'".to_owned(),
        secret: SigningSecret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".to_owned()),
        account: owner.name,
        wanted: Wanted {
            layers: Some(vec!["doorplate".parse().unwrap()]),
            division: Some("429005001".parse().unwrap()),
            bbox: Some("112.7,30.3,112.9,30.5".parse().unwrap()),
            filter: Some("status = 'lost'".to_owned()),
        },
        paused: false,
        created: noon(),
        progress: Progress::at(Revision(7)),
    };
    db.webhooks().create_webhook(&webhook).await.unwrap();
    webhook
}

pub(super) async fn webhooks_come_back_as_they_were_given(db: Db) {
    let webhooks = db.webhooks();
    let mut webhook = made(&db, "一 system").await;
    let other = made(&db, "two").await;
    let mut all = webhooks.webhooks().await.unwrap();
    all.sort_by(|a, b| a.0.title.cmp(&b.0.title));
    assert_eq!(all, [(other.clone(), 0), (webhook.clone(), 0)]);
    webhook.wanted = Wanted::default();
    webhook.paused = true;
    webhook.secret = SigningSecret("another".to_owned());
    assert!(webhooks.update_webhook(&webhook, None).await.unwrap());
    assert_eq!(webhooks.webhook(webhook.id).await.unwrap(), Some(webhook.clone()));
    assert!(!format!("{webhook:?}").contains("another"), "the secret is in no log");
    assert!(webhooks.remove_webhook(webhook.id).await.unwrap());
    assert!(!webhooks.remove_webhook(webhook.id).await.unwrap());
    assert!(!webhooks.update_webhook(&webhook, None).await.unwrap());
    assert_eq!(webhooks.webhooks().await.unwrap(), [(other, 0)]);
}

pub(super) async fn one_server_at_a_time_has_the_turn(db: Db) {
    let webhooks = db.webhooks();
    let webhook = made(&db, "one").await.id;
    let (here, there) = (Uuid::new_v4(), Uuid::new_v4());
    let turn = |holder| Turn { webhook, holder };
    let (now, later) = (noon(), noon() + SignedDuration::from_secs(30));
    assert!(webhooks.take_turn(turn(here), now, later).await.unwrap());
    assert!(!webhooks.take_turn(turn(there), now, later).await.unwrap());
    assert!(webhooks.take_turn(turn(here), now, later).await.unwrap(), "who has it keeps it");
    let progress =
        Progress { attempts: 2, retry: Some(later), failure: Some("503".into()), ..Progress::at(Revision(8)) };
    assert!(!webhooks.note_progress(turn(there), Revision(7), &Progress::at(Revision(99))).await.unwrap());
    assert!(webhooks.note_progress(turn(here), Revision(7), &progress).await.unwrap());
    assert_eq!(webhooks.webhook(webhook).await.unwrap().unwrap().progress, progress);
    let after = later + SignedDuration::from_secs(1);
    assert!(webhooks.take_turn(turn(there), after, after + SignedDuration::from_secs(30)).await.unwrap());
    assert!(
        !webhooks.note_progress(turn(here), Revision(8), &Progress::at(Revision(9))).await.unwrap(),
        "the turn is another's"
    );
    // The other server's clock ran an hour ahead and was set right.
    let ahead = now + SignedDuration::from_hours(1);
    assert!(webhooks.take_turn(turn(there), now, ahead).await.unwrap());
    assert!(webhooks.take_turn(turn(here), now, later).await.unwrap(), "no turn lasts an hour");
    // Somebody sets it back by hand while the next is on its way.
    let found = webhooks.webhook(webhook).await.unwrap().unwrap();
    assert!(webhooks.update_webhook(&found, Some(Revision(1))).await.unwrap());
    assert!(!webhooks.note_progress(turn(here), Revision(8), &Progress::at(Revision(9))).await.unwrap());
    assert_eq!(webhooks.webhook(webhook).await.unwrap().unwrap().progress, Progress::at(Revision(1)));
}

pub(super) async fn what_is_given_up_is_kept_and_gone_past(db: Db) {
    let webhooks = db.webhooks();
    let webhook = made(&db, "one").await.id;
    let turn = Turn { webhook, holder: Uuid::new_v4() };
    let given_up = |revision, failure: &str| Undelivered {
        revision: Revision(revision),
        attempts: 9,
        at: noon(),
        failure: failure.to_owned(),
    };
    assert!(!webhooks.give_up(turn, Revision(7), &given_up(8, "503")).await.unwrap(), "only in one's turn");
    assert!(webhooks.undelivered(webhook).await.unwrap().is_empty());
    assert!(webhooks.take_turn(turn, noon(), noon() + SignedDuration::from_secs(30)).await.unwrap());
    assert!(webhooks.give_up(turn, Revision(7), &given_up(9, "503")).await.unwrap());
    assert!(webhooks.give_up(turn, Revision(9), &given_up(8, "no answer")).await.unwrap());
    assert!(webhooks.give_up(turn, Revision(8), &given_up(9, "500")).await.unwrap());
    assert_eq!(webhooks.undelivered(webhook).await.unwrap(), [given_up(8, "no answer"), given_up(9, "500")]);
    let (found, undelivered) = webhooks.webhooks().await.unwrap().remove(0);
    assert_eq!((found.progress.told, found.progress.attempts, undelivered), (Revision(9), 0, 2));
    assert!(webhooks.forget_undelivered(webhook, Revision(8)).await.unwrap());
    assert!(!webhooks.forget_undelivered(webhook, Revision(8)).await.unwrap());
    assert!(webhooks.remove_webhook(webhook).await.unwrap());
    assert!(webhooks.undelivered(webhook).await.unwrap().is_empty());
}
