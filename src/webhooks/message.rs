//! What is sent: a CloudEvent (CloudEvents 1.0, structured JSON) signed by the Standard Webhooks
//! (<https://www.standardwebhooks.com>): HMAC-SHA-256 over number, time and body.

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use rand::Rng;
use reqwest::RequestBuilder;
use reqwest::header::CONTENT_TYPE;
use serde_json::{Value, json};
use sha2::Sha256;
use uuid::Uuid;

use super::DeliveryError;
use crate::domain::Revision;
use crate::store::webhooks::SigningSecret;

/// How a secret begins.
const PREFIX: &str = "whsec_";

/// A secret of 256 bits.
pub fn new_secret() -> SigningSecret {
    SigningSecret(format!("{PREFIX}{}", BASE64.encode(rand::rng().random::<[u8; 32]>())))
}

/// One message.
pub(super) struct Message {
    /// The same whenever it is sent, so that a receiver knows one that comes twice.
    id: String,
    body: String,
}

impl Message {
    /// What a revision is to a webhook, as `/changes` tells it.
    pub(super) fn commit(database: Uuid, webhook: Uuid, revision: Revision, told: &str) -> Self {
        let data: Value = serde_json::from_str(told).unwrap_or_default();
        let event = json!({
            "specversion": "1.0",
            "id": revision.to_string(),
            "source": format!("urn:uuid:{database}"),
            "type": "platbook.commit",
            "time": data["at"],
            "datacontenttype": "application/json",
            "data": data,
        });
        Self { id: format!("{webhook}-{revision}"), body: event.to_string() }
    }

    /// A message that says nothing.
    pub(super) fn ping(database: Uuid, now: Timestamp) -> Self {
        let id = Uuid::new_v4().to_string();
        let event = json!({
            "specversion": "1.0",
            "id": id,
            "source": format!("urn:uuid:{database}"),
            "type": "platbook.ping",
            "time": now,
        });
        Self { id, body: event.to_string() }
    }

    /// Puts the message and its signature into a request.
    pub(super) fn signed(
        self,
        request: RequestBuilder,
        secret: &SigningSecret,
        now: Timestamp,
    ) -> Result<RequestBuilder, DeliveryError> {
        let key = secret.0.strip_prefix(PREFIX).and_then(|key| BASE64.decode(key).ok()).ok_or(DeliveryError::Secret)?;
        let mut mac = Hmac::<Sha256>::new_from_slice(&key).map_err(|_| DeliveryError::Secret)?;
        let sent = now.as_second();
        mac.update(format!("{}.{sent}.", self.id).as_bytes());
        mac.update(self.body.as_bytes());
        let signature = BASE64.encode(mac.finalize().into_bytes());
        Ok(request
            .header("webhook-id", self.id)
            .header("webhook-timestamp", sent)
            .header("webhook-signature", format!("v1,{signature}"))
            .header(CONTENT_TYPE, "application/cloudevents+json")
            .body(self.body))
    }
}
