//! A system that is told of changes: it keeps what arrives, with the signature checked by the reference
//! library of the Standard Webhooks, and answers as it is told to.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// What arrived.
#[derive(Debug, Clone)]
pub(crate) struct Delivery {
    /// The number of the message.
    pub(crate) id: String,
    /// The headers.
    pub(crate) headers: HeaderMap,
    /// The bytes that are signed.
    pub(crate) body: Bytes,
    /// What was answered.
    pub(crate) answered: u16,
}

impl Delivery {
    /// The event.
    pub(crate) fn event(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    /// The revision it tells of.
    pub(crate) fn revision(&self) -> u64 {
        self.event()["data"]["revision"].as_u64().unwrap()
    }

    /// Whether it was signed with a secret, a moment ago.
    pub(crate) fn is_signed_with(&self, secret: &str) -> bool {
        let verifier = standardwebhooks::Webhook::new(secret).unwrap();
        verifier.verify(&self.body, &self.headers).is_ok()
    }
}

#[derive(Default)]
struct Heard {
    deliveries: Vec<Delivery>,
    answers: VecDeque<u16>,
}

/// A running receiver.
pub(crate) struct Receiver {
    heard: Arc<Mutex<Heard>>,
    /// Where it listens: `http://127.0.0.1:…/hook`.
    pub(crate) url: String,
    serving: JoinHandle<()>,
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn hear(State(heard): State<Arc<Mutex<Heard>>>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let mut heard = heard.lock().unwrap();
    let answered = heard.answers.pop_front().unwrap_or(204);
    let id = headers["webhook-id"].to_str().unwrap().to_owned();
    heard.deliveries.push(Delivery { id, headers, body, answered });
    StatusCode::from_u16(answered).unwrap()
}

impl Receiver {
    /// Listens on a free port and takes everything.
    pub(crate) async fn start() -> Self {
        let heard = Arc::default();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hook", listener.local_addr().unwrap());
        let service = Router::new().route("/hook", post(hear)).with_state(Arc::clone(&heard));
        let serving = tokio::spawn(async move { axum::serve(listener, service).await.unwrap() });
        Self { heard, url, serving }
    }

    /// Answers so to those that come next, one after the other.
    pub(crate) fn answer(&self, statuses: &[u16]) {
        self.heard.lock().unwrap().answers.extend(statuses);
    }

    /// All that came.
    pub(crate) fn deliveries(&self) -> Vec<Delivery> {
        self.heard.lock().unwrap().deliveries.clone()
    }

    /// All that came and was taken.
    pub(crate) fn taken(&self) -> Vec<Delivery> {
        self.deliveries().into_iter().filter(|delivery| delivery.answered < 300).collect()
    }

    /// Waits until so many were taken, and returns them.
    pub(crate) async fn until_taken(&self, count: usize) -> Vec<Delivery> {
        for _ in 0..600 {
            if self.taken().len() >= count {
                return self.taken();
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        panic!("of {count} deliveries {} came in a minute", self.taken().len());
    }
}
