//! Webhooks: changes of the log, delivered to other systems in order and signed. A reading of the log:
//! what is kept is how far each webhook has come, so that nothing is lost when a server or a receiver ends.
//!
//! A delivery may come twice (a server that ends between a delivery and noting it); its number is the same
//! then. One server of a database delivers for a webhook at a time.

mod message;
mod reach;
mod round;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use ipnet::IpNet;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use uuid::Uuid;

pub use message::new_secret;
pub use reach::Unreachable;

use crate::app::App;
use crate::app::members::actor_of;
use crate::app::told::{Wish, WishError};
use crate::domain::{Revision, Sight};
use crate::error::chain;
use crate::store::StoreError;
use crate::store::webhooks::Webhook;
use message::Message;
use reach::Reach;
use round::Round;

/// How often it is looked whether there are other webhooks, or a webhook became another.
const LOOK_EVERY: Duration = Duration::from_secs(5);

/// How webhooks are delivered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// Networks of the city's own that may be reached although they are not public (`10.20.0.0/16`), by plain HTTP
    /// too. Public addresses may always be reached, by HTTPS.
    pub networks: Vec<IpNet>,
    /// How long a receiver may take to answer, seconds.
    pub timeout_s: u64,
    /// How long after a failure the next attempt comes, seconds, one for each; then the revision is given up.
    pub retry_after_s: Vec<u32>,
}

impl Default for Settings {
    fn default() -> Self {
        // Eighteen hours: a receiver may be away for a night.
        let retry_after_s = vec![5, 30, 120, 600, 1_800, 7_200, 18_000, 36_000];
        Self { networks: Vec::new(), timeout_s: 10, retry_after_s }
    }
}

/// Why something was not delivered.
#[derive(Debug, thiserror::Error)]
pub enum DeliveryError {
    /// The address may not be reached.
    #[error(transparent)]
    Unreachable(#[from] Unreachable),
    /// Nobody answered.
    #[error("no answer: {}", chain(.0))]
    NoAnswer(reqwest::Error),
    /// The receiver does not want it now.
    #[error("the receiver answered {0}")]
    Refused(reqwest::StatusCode),
    /// The receiver wants nothing any more (410).
    #[error("the receiver is gone for good (410); it is not tried again")]
    Gone,
    /// The secret is none.
    #[error("the secret of the webhook is not one of this program")]
    Secret,
    /// The account as which the webhook sees is shut out.
    #[error("the account {0} is shut out")]
    ShutOut(String),
    /// What it wants does not fit the catalogue any more.
    #[error(transparent)]
    Wish(#[from] WishError),
    /// Nothing of the revision is for this webhook.
    #[error("nothing of revision {0} is for this webhook")]
    Nothing(Revision),
    /// The log could not be read.
    #[error("the log cannot be read: {}", chain(.0.as_ref()))]
    Store(#[from] Arc<StoreError>),
}

impl From<StoreError> for DeliveryError {
    fn from(error: StoreError) -> Self {
        Self::Store(Arc::new(error))
    }
}

/// Who delivers.
pub struct Courier {
    app: Arc<App>,
    settings: Settings,
    reach: Reach,
    /// This server among those of the database.
    server: Uuid,
    /// Grows when a webhook became another.
    changed: watch::Sender<u64>,
}

impl Courier {
    /// A courier who does not deliver by themselves yet.
    pub fn new(app: Arc<App>, settings: Settings) -> Result<Arc<Self>, reqwest::Error> {
        let reach = Reach::new(&settings.networks, Duration::from_secs(settings.timeout_s))?;
        Ok(Arc::new(Self { app, settings, reach, server: Uuid::new_v4(), changed: watch::channel(0).0 }))
    }

    /// Delivers until the server stops.
    pub fn start(self: &Arc<Self>) {
        tokio::spawn(Arc::clone(self).run());
    }

    /// A webhook was made, or became another.
    pub fn look_again(&self) {
        self.changed.send_modify(|changes| *changes += 1);
    }

    /// Whether an address may be one of a webhook, as far as can be said before it is reached.
    pub fn check_url(&self, url: &str) -> Result<(), Unreachable> {
        self.reach.parse(url).map(|_| ())
    }

    /// Sends a message that says nothing, to see whether it arrives.
    pub async fn ping(&self, webhook: &Webhook) -> Result<(), DeliveryError> {
        self.send(webhook, Message::ping(self.app.identity, Timestamp::now())).await
    }

    /// Delivers one revision now.
    pub async fn deliver(&self, webhook: &Webhook, revision: Revision) -> Result<(), DeliveryError> {
        let sight = self.sight(webhook).await?;
        let told = self.app.told(&sight, &self.wish(webhook)?, revision).await?;
        self.tell(webhook, revision, &told.ok_or(DeliveryError::Nothing(revision))?).await
    }

    /// Delivers what a revision is to a webhook.
    async fn tell(&self, webhook: &Webhook, revision: Revision, told: &str) -> Result<(), DeliveryError> {
        self.send(webhook, Message::commit(self.app.identity, webhook.id, revision, told)).await
    }

    /// A round for each webhook that does not rest; rounds end by themselves.
    async fn run(self: Arc<Self>) {
        let mut rounds: HashMap<Uuid, JoinHandle<()>> = HashMap::new();
        let mut changed = self.changed.subscribe();
        loop {
            match self.app.store.webhooks().webhooks().await {
                Ok(webhooks) => {
                    rounds.retain(|_, round| !round.is_finished());
                    for (webhook, _) in webhooks.into_iter().filter(|(webhook, _)| !webhook.paused) {
                        let round = || tokio::spawn(Round::new(Arc::clone(&self), webhook.id).run());
                        rounds.entry(webhook.id).or_insert_with(round);
                    }
                }
                Err(error) => tracing::warn!(error = %chain(&error), "webhooks cannot be read; trying again"),
            }
            tokio::select! {
                // Its sender lives as long as this courier.
                _ = changed.changed() => {}
                () = tokio::time::sleep(LOOK_EVERY) => {}
                () = self.app.stopping() => return,
            }
        }
    }

    /// What a webhook is to be told, as the catalogue has it now.
    fn wish(&self, webhook: &Webhook) -> Result<Wish, DeliveryError> {
        Ok(Wish::new(&self.app.catalogue, webhook.wanted.clone())?)
    }

    /// What a webhook sees: what its account does now.
    async fn sight(&self, webhook: &Webhook) -> Result<Arc<Sight>, DeliveryError> {
        let account = self.app.store.accounts().account(&webhook.account).await?;
        let account = account.filter(|account| !account.disabled);
        let account = account.ok_or_else(|| DeliveryError::ShutOut(webhook.account.to_string()))?;
        Ok(Arc::new(Sight::of(&self.app.catalogue, &actor_of(&account))))
    }

    async fn send(&self, webhook: &Webhook, message: Message) -> Result<(), DeliveryError> {
        let url = self.reach.parse(&webhook.url)?;
        let request = message.signed(self.reach.client(&url).post(url), &webhook.secret, Timestamp::now())?;
        let answer = request.send().await.map_err(|error| DeliveryError::NoAnswer(error.without_url()))?;
        match answer.status() {
            status if status.is_success() => Ok(()),
            reqwest::StatusCode::GONE => Err(DeliveryError::Gone),
            status => Err(DeliveryError::Refused(status)),
        }
    }
}
