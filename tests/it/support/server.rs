//! The program as its clients meet it: a store on disk, the index over it, and a socket.

use std::net::SocketAddr;
use std::sync::Arc;

use platbook::app::{App, TileLimits};
use platbook::domain::{ChangeSet, Claims, Draft, Edit, Intake};
use platbook::http::{self, Access, Limits};
use platbook::print::{self, Printer};
use platbook::store;
use platbook::webhooks::{self, Courier};
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use reqwest::{Client, Method};
use serde_json::Value;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

use super::{small_catalogue, town};

const DATABASE: &str = "town.sqlite";

/// A running server with the small town on its map.
pub(crate) struct TestApp {
    /// What it serves.
    pub(crate) app: Arc<App>,
    /// Where: `http://127.0.0.1:…`.
    pub(crate) base: String,
    /// Asks it.
    pub(crate) client: Client,
    serving: JoinHandle<()>,
    folder: TempDir,
}

/// What the server answered.
pub(crate) struct Answer {
    /// The path that was asked for, for messages.
    pub(crate) path: String,
    /// The status.
    pub(crate) status: u16,
    /// The headers.
    pub(crate) headers: HeaderMap,
    /// The body.
    pub(crate) body: Vec<u8>,
}

impl TestApp {
    /// Serves the town.
    pub(crate) async fn start() -> Self {
        Self::with(Limits::default()).await
    }

    /// Serves the town within other bounds; who does not sign in sees it all.
    pub(crate) async fn with(limits: Limits) -> Self {
        let access = Access { anonymous_role: Some("viewer".parse().unwrap()), ..Access::default() };
        Self::built(limits, access).await
    }

    /// Serves the town to people by their rights.
    pub(crate) async fn guarded() -> Self {
        Self::guarded_by(Access { attempts_a_minute: 100_000, ..Access::default() }).await
    }

    /// Serves the town to people by their rights, with other settings.
    pub(crate) async fn guarded_by(access: Access) -> Self {
        Self::built(Limits::default(), access).await
    }

    /// Serves the town within other bounds, with other settings.
    pub(crate) async fn within(limits: Limits, access: Access) -> Self {
        Self::built(limits, access).await
    }

    /// Serves the town, and prints pages that another server gives.
    pub(crate) async fn printing(settings: print::Settings, pages: SocketAddr) -> Self {
        let access = Access { attempts_a_minute: 100_000, ..Access::default() };
        Self::built_with(Limits::default(), access, Printer::new(settings, pages)).await
    }

    async fn built(limits: Limits, access: Access) -> Self {
        // Nothing is printed but where a test is about it.
        let settings = print::Settings { chromium: Some("/nowhere/chromium".into()), ..print::Settings::default() };
        let nowhere = SocketAddr::from(([127, 0, 0, 1], 1));
        Self::built_with(limits, access, Printer::new(settings, nowhere)).await
    }

    async fn built_with(limits: Limits, access: Access, printer: Printer) -> Self {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join(DATABASE);
        let store = store::open(path.to_str().unwrap()).await.unwrap();
        let app = App::start(small_catalogue(), store, TileLimits::default(), |_| ()).await.unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        access.check(&app.catalogue).unwrap();
        let courier = Courier::new(Arc::clone(&app), webhooks::Settings::default()).unwrap();
        let service = http::router(Arc::clone(&app), limits, access, courier, printer)
            .into_make_service_with_connect_info::<SocketAddr>();
        let serving = tokio::spawn(async move { axum::serve(listener, service).await.unwrap() });
        let client = super::client();
        let served = Self { app, base, client, serving, folder };
        served.commit(town::divisions(), Vec::new()).await;
        let layer = "doorplate".parse().unwrap();
        let delivery = Intake { layer, source: "public-security".into(), collected: 150, governed: 140 };
        served.commit(town::contents(), vec![delivery]).await;
        served
    }

    /// The path of its database.
    pub(crate) fn database(&self) -> String {
        self.folder.path().join(DATABASE).to_str().unwrap().to_owned()
    }

    async fn commit(&self, drafts: Vec<Draft>, intakes: Vec<Intake>) {
        let edits = drafts.into_iter().map(Edit::Create).collect();
        self.write(edits, intakes).await;
    }

    /// Appends edits and waits until the map shows them.
    pub(crate) async fn write(&self, edits: Vec<Edit>, intakes: Vec<Intake>) {
        let change_set = ChangeSet {
            actor: "test".to_owned(),
            reason: "a test".to_owned(),
            at: "2020-01-01T00:00:00Z".parse().unwrap(),
            operation: None,
            edits,
            intakes,
            claims: Claims::default(),
        };
        self.app.commit(change_set).await.unwrap();
    }

    /// `GET`, as a program in English asks.
    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.ask("GET", path, &[("accept-language", "en")]).await
    }

    /// `GET` that must succeed, read as JSON.
    pub(crate) async fn json(&self, path: &str) -> Value {
        let answer = self.get(path).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.text());
        answer.json()
    }

    /// Any request.
    pub(crate) async fn ask(&self, method: &str, path: &str, headers: &[(&str, &str)]) -> Answer {
        self.send(method, path, headers, None).await
    }

    /// Any request, with a body in JSON.
    pub(crate) async fn send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<&Value>,
    ) -> Answer {
        let method: Method = method.parse().unwrap();
        let mut request = self.client.request(method, format!("{}{path}", self.base));
        for (name, value) in headers {
            request = request.header(name.parse::<HeaderName>().unwrap(), value.parse::<HeaderValue>().unwrap());
        }
        if let Some(body) = body {
            request = request.json(body);
        }
        let response = request.send().await.unwrap();
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        Answer { path: path.to_owned(), status, headers, body: response.bytes().await.unwrap().into() }
    }

    /// Posts bytes of a media type.
    pub(crate) async fn post(
        &self,
        path: &str,
        headers: &[(&str, &str)],
        kind: &str,
        bytes: impl AsRef<[u8]>,
    ) -> Answer {
        let mut request = self.client.post(format!("{}{path}", self.base)).header("content-type", kind);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = request.body(bytes.as_ref().to_vec()).send().await.unwrap();
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        Answer { path: path.to_owned(), status, headers, body: response.bytes().await.unwrap().into() }
    }

    /// Sends bytes that no proper client would, and returns the status line that comes back.
    pub(crate) async fn raw(&self, request: &[u8]) -> String {
        let mut socket = TcpStream::connect(self.base.trim_start_matches("http://")).await.unwrap();
        socket.write_all(request).await.unwrap();
        socket.shutdown().await.unwrap();
        let mut answer = Vec::new();
        socket.read_to_end(&mut answer).await.unwrap();
        String::from_utf8_lossy(&answer).lines().next().unwrap_or_default().to_owned()
    }
}

impl Drop for TestApp {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

impl Answer {
    /// A header as text; empty when it is not there.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// The body as text.
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body as JSON.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{}: {error}: {}", self.path, self.text()))
    }

    /// Holds that this is a problem with a status and code, whole in shape, and returns it.
    #[track_caller]
    pub(crate) fn problem(&self, status: u16, code: &str) -> Value {
        assert_eq!(self.status, status, "{}: {}", self.path, self.text());
        assert_eq!(self.header("content-type"), "application/problem+json", "{}", self.path);
        let problem = self.json();
        assert_eq!(problem["code"], code, "{}: {problem}", self.path);
        assert_eq!(problem["status"], status);
        assert_eq!(problem["type"], format!("urn:platbook:problem:{code}"));
        assert_eq!(problem["instance"], self.path.split('?').next().unwrap());
        assert_eq!(problem["request_id"], self.header("x-request-id"));
        for member in ["title", "detail", "request_id"] {
            assert!(problem[member].as_str().is_some_and(|text| !text.is_empty()), "{}: {problem}", self.path);
        }
        problem
    }
}
