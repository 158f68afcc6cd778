//! One webhook's deliveries, one after the other in the order of the log.

use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::watch;
use uuid::Uuid;

use super::{Courier, DeliveryError, LOOK_EVERY};
use crate::domain::Revision;
use crate::error::chain;
use crate::store::StoreError;
use crate::store::webhooks::{Progress, Turn, Undelivered, Webhook, Webhooks};

/// How much longer a server has the turn than an answer may take. Another server waits so long when this one ends
/// without a word.
const SPARE: SignedDuration = SignedDuration::from_secs(10);

/// Revisions that are looked through before it is noted that nothing of them is wanted. After a restart they
/// are looked through again, which does no harm.
const UNNOTED: u64 = 256;

/// What a round does next.
enum Next {
    /// Goes on at once.
    Again,
    /// Waits so long, or until the webhook becomes another.
    Wait(Duration),
    /// Waits until the log grows.
    News,
    /// Ends: the webhook rests or is gone.
    End,
}

/// The deliveries of one webhook by one server.
pub(super) struct Round {
    courier: Arc<Courier>,
    turn: Turn,
    held_until: Timestamp,
    /// How far was told when the round began to look, and how far it has looked.
    looked: (Revision, Revision),
    newest: watch::Receiver<Revision>,
    changed: watch::Receiver<u64>,
}

impl Round {
    pub(super) fn new(courier: Arc<Courier>, webhook: Uuid) -> Self {
        let turn = Turn { webhook, holder: courier.server };
        Self {
            turn,
            held_until: Timestamp::MIN,
            looked: (Revision::ZERO, Revision::ZERO),
            newest: courier.app.revisions(),
            changed: courier.changed.subscribe(),
            courier,
        }
    }

    /// Delivers for as long as the webhook is there and does not rest.
    pub(super) async fn run(mut self) {
        let courier = Arc::clone(&self.courier);
        loop {
            self.newest.borrow_and_update();
            self.changed.borrow_and_update();
            let next = self.step().await.unwrap_or_else(|error| {
                tracing::warn!(webhook = %self.turn.webhook, error = %chain(&error), "a webhook waits for the store");
                Next::Wait(LOOK_EVERY)
            });
            let wait = match next {
                Next::Again => continue,
                Next::End => return,
                Next::Wait(wait) => wait,
                Next::News => LOOK_EVERY,
            };
            tokio::select! {
                _ = self.newest.changed(), if matches!(next, Next::News) => {}
                _ = self.changed.changed() => {}
                () = tokio::time::sleep(wait) => {}
                () = courier.app.stopping() => return,
            }
        }
    }

    fn webhooks(&self) -> &dyn Webhooks {
        self.courier.app.store.webhooks()
    }

    async fn step(&mut self) -> Result<Next, StoreError> {
        let Some(webhook) = self.webhooks().webhook(self.turn.webhook).await?.filter(|found| !found.paused) else {
            return Ok(Next::End);
        };
        if !self.has_turn().await? {
            return Ok(Next::Wait(LOOK_EVERY));
        }
        if let Some(wait) = self.rest(&webhook.progress) {
            return Ok(Next::Wait(wait.min(LOOK_EVERY)));
        }
        if self.looked.0 != webhook.progress.told {
            self.looked = (webhook.progress.told, webhook.progress.told);
        }
        let attempted = self.attempt(&webhook).await;
        self.note(&webhook, attempted).await
    }

    /// Takes the turn, or keeps it while enough of it is left.
    async fn has_turn(&mut self) -> Result<bool, StoreError> {
        let now = Timestamp::now();
        let patience = SignedDuration::from_secs(self.courier.settings.timeout_s.cast_signed());
        let lasts = patience + SPARE;
        let left = self.held_until.duration_since(now);
        // One delivery fits into what is left.
        if left > patience && left <= lasts {
            return Ok(true);
        }
        let has_it = self.webhooks().take_turn(self.turn, now, now + lasts).await?;
        self.held_until = if has_it { now + lasts } else { Timestamp::MIN };
        Ok(has_it)
    }

    /// How long it is until the next attempt. A time further off than any wait comes from a clock that was
    /// wrong.
    fn rest(&self, progress: &Progress) -> Option<Duration> {
        let longest = self.courier.settings.retry_after_s.iter().max().copied().unwrap_or_default();
        let left = progress.retry?.duration_since(Timestamp::now());
        let is_due = left <= SignedDuration::ZERO || left > SignedDuration::from_secs(longest.into());
        (!is_due).then(|| left.unsigned_abs())
    }

    /// Looks for the next revision that is for the webhook and delivers it; none when there is none.
    async fn attempt(&mut self, webhook: &Webhook) -> Result<Option<Revision>, (Revision, DeliveryError)> {
        let next = self.looked.1.next();
        let app = &self.courier.app;
        let sight = self.courier.sight(webhook).await.map_err(|error| (next, error))?;
        let wish = self.courier.wish(webhook).map_err(|error| (next, error))?;
        while self.looked.1 < app.revision() && self.looked.1.0 - self.looked.0.0 < UNNOTED {
            let revision = self.looked.1.next();
            let told = app.told(&sight, &wish, revision).await.map_err(|error| (revision, error.into()))?;
            if let Some(told) = told {
                let delivered = self.courier.tell(webhook, revision, &told).await;
                return delivered.map(|()| Some(revision)).map_err(|error| (revision, error));
            }
            self.looked.1 = revision;
        }
        Ok(None)
    }

    /// Notes what came of an attempt.
    async fn note(
        &mut self,
        webhook: &Webhook,
        attempted: Result<Option<Revision>, (Revision, DeliveryError)>,
    ) -> Result<Next, StoreError> {
        let is_noted = match attempted {
            Ok(Some(revision)) => {
                self.webhooks().note_progress(self.turn, webhook.progress.told, &Progress::at(revision)).await?
            }
            Ok(None) if self.looked.1.0 - self.looked.0.0 >= UNNOTED => {
                let progress = Progress { told: self.looked.1, ..webhook.progress.clone() };
                self.webhooks().note_progress(self.turn, webhook.progress.told, &progress).await?
            }
            Ok(None) => return Ok(Next::News),
            Err((_, DeliveryError::Store(error))) => {
                tracing::warn!(webhook = %webhook.id, error = %chain(error.as_ref()), "a webhook waits for the store");
                return Ok(Next::Wait(LOOK_EVERY));
            }
            Err((_, error @ (DeliveryError::ShutOut(_) | DeliveryError::Wish(_) | DeliveryError::Gone))) => {
                return self.stop(webhook, &error).await;
            }
            Err((revision, error)) => self.fail(webhook, revision, &error).await?,
        };
        if !is_noted {
            self.held_until = Timestamp::MIN;
        }
        Ok(Next::Again)
    }

    /// Waits for the next attempt, or gives the revision up after the last.
    async fn fail(&self, webhook: &Webhook, revision: Revision, error: &DeliveryError) -> Result<bool, StoreError> {
        let now = Timestamp::now();
        let attempts = webhook.progress.attempts + 1;
        let failure = error.to_string();
        tracing::warn!(webhook = %webhook.id, %revision, attempts, failure, "a webhook is not told");
        let waits = &self.courier.settings.retry_after_s;
        let Some(&wait) = waits.get(attempts as usize - 1) else {
            return self
                .webhooks()
                .give_up(self.turn, webhook.progress.told, &Undelivered { revision, attempts, at: now, failure })
                .await;
        };
        let retry = Some(now + SignedDuration::from_secs(wait.into()));
        // What was looked through before this revision is done with.
        let told = Revision(revision.0 - 1);
        self.webhooks()
            .note_progress(
                self.turn,
                webhook.progress.told,
                &Progress { told, attempts, retry, failure: Some(failure) },
            )
            .await
    }

    /// Lets the webhook rest until somebody looks after it.
    async fn stop(&self, webhook: &Webhook, error: &DeliveryError) -> Result<Next, StoreError> {
        let failure = error.to_string();
        tracing::warn!(webhook = %webhook.id, failure, "a webhook is paused");
        let progress = Progress { failure: Some(failure), ..webhook.progress.clone() };
        if self.webhooks().note_progress(self.turn, webhook.progress.told, &progress).await? {
            // As it stands now: somebody may have changed it while the receiver took its time.
            if let Some(now) = self.webhooks().webhook(webhook.id).await? {
                self.webhooks().update_webhook(&Webhook { paused: true, ..now }, None).await?;
            }
        }
        Ok(Next::End)
    }
}
