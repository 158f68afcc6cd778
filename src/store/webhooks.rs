//! Webhooks: who is told of changes at which address, how far they have been told, and what could not be
//! delivered. Beside the log in the same database, so that a restart goes on where it was.

pub(super) mod statements;

use std::fmt;

use async_trait::async_trait;
use jiff::Timestamp;
use uuid::Uuid;

use super::StoreError;
use crate::domain::{AccountName, Revision, Wanted};

pub(super) use statements::webhooks;

/// An address that is told of changes.
#[derive(Debug, Clone, PartialEq)]
pub struct Webhook {
    /// Its number.
    pub id: Uuid,
    /// What it is for, in the words of who made it.
    pub title: String,
    /// Where deliveries go.
    pub url: String,
    /// What deliveries are signed with.
    pub secret: SigningSecret,
    /// As whom it sees: what this account may not read is not delivered.
    pub account: AccountName,
    /// Which changes are delivered.
    pub wanted: Wanted,
    /// Whether it rests.
    pub paused: bool,
    /// When it was made.
    pub created: Timestamp,
    /// How far it has come.
    pub progress: Progress,
}

/// How far a webhook has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Progress {
    /// The newest revision that is done with: delivered, not wanted, or given up.
    pub told: Revision,
    /// Failed attempts at the next.
    pub attempts: u32,
    /// When the next attempt is due; none: now.
    pub retry: Option<Timestamp>,
    /// What went wrong last; none since something was delivered.
    pub failure: Option<String>,
}

impl Progress {
    /// All up to a revision is done with.
    pub const fn at(told: Revision) -> Self {
        Self { told, attempts: 0, retry: None, failure: None }
    }
}

/// The secret of a webhook. It is shown to who makes it, and never in logs.
#[derive(Clone, PartialEq, Eq)]
pub struct SigningSecret(pub String);

impl fmt::Debug for SigningSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SigningSecret(…)")
    }
}

/// A revision that a webhook was not told of, although it was tried.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Undelivered {
    /// Which revision.
    pub revision: Revision,
    /// How often it was tried.
    pub attempts: u32,
    /// When it was given up.
    pub at: Timestamp,
    /// What went wrong last.
    pub failure: String,
}

/// One server's turn to deliver for a webhook. What is told of progress counts only from who holds it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Turn {
    /// Which webhook.
    pub webhook: Uuid,
    /// Which server.
    pub holder: Uuid,
}

/// Webhooks and what belongs to them. What is not there is none or false, never an error.
#[async_trait]
pub trait Webhooks: Send + Sync {
    /// All, oldest first, each with the number of revisions it was not told of.
    async fn webhooks(&self) -> Result<Vec<(Webhook, u64)>, StoreError>;

    /// One of them.
    async fn webhook(&self, id: Uuid) -> Result<Option<Webhook>, StoreError>;

    /// Makes one; its account must be there.
    async fn create_webhook(&self, webhook: &Webhook) -> Result<(), StoreError>;

    /// Replaces title, address, secret, what is wanted and whether it rests. Its progress stays, but where it is
    /// to go on after a revision.
    async fn update_webhook(&self, webhook: &Webhook, after: Option<Revision>) -> Result<bool, StoreError>;

    /// Forgets one, with all that it was not told of.
    async fn remove_webhook(&self, id: Uuid) -> Result<bool, StoreError>;

    /// Takes or keeps the turn from a time until another; false while another server has it. A turn that
    /// would last longer than this one comes from a clock that was wrong, and does not count.
    async fn take_turn(&self, turn: Turn, now: Timestamp, until: Timestamp) -> Result<bool, StoreError>;

    /// Notes how far a webhook has come from a revision; false when the turn is another's by now, or the webhook was
    /// set to go on from elsewhere.
    async fn note_progress(&self, turn: Turn, from: Revision, progress: &Progress) -> Result<bool, StoreError>;

    /// Gives a revision up and goes on behind it, both or neither; false as with progress.
    async fn give_up(&self, turn: Turn, from: Revision, undelivered: &Undelivered) -> Result<bool, StoreError>;

    /// What a webhook was not told of, by revision.
    async fn undelivered(&self, id: Uuid) -> Result<Vec<Undelivered>, StoreError>;

    /// Forgets that a revision was not delivered.
    async fn forget_undelivered(&self, id: Uuid, revision: Revision) -> Result<bool, StoreError>;
}
