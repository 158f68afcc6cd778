//! Webhooks, as the systems that are told meet them: a real receiver, the real program, and what goes wrong
//! between them.

use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::postgres::fresh_database;
use crate::support::{Program, Receiver, TestApp, grant, success};

const ITEMS: &str = "/collections/doorplate/items";

/// A server, an administrator, and the folder of its settings.
struct City {
    server: Program,
    bearer: String,
    database: String,
    folder: TempDir,
}

/// A webhook as it was made.
struct Made {
    path: String,
    secret: String,
}

impl City {
    fn start() -> Self {
        let folder = TempDir::new().unwrap();
        let database = folder.path().join("city.sqlite").to_str().unwrap().to_owned();
        Self::of(folder, database)
    }

    fn of(folder: TempDir, database: String) -> Self {
        let settings = "[webhooks]\nnetworks = ['127.0.0.0/8']\ntimeout_s = 2\nretry_after_s = [0, 1]\n";
        std::fs::write(folder.path().join("platbook.toml"), settings).unwrap();
        success(&["demo", "--database", &database, "--scale", "0.002"]);
        success(&["user", "add", "admin", "--role", "administrator", "--no-password", "--database", &database]);
        let told = success(&[
            "token",
            "create",
            "admin",
            "--name",
            "test",
            "--scopes",
            "read,update,administer",
            "--days",
            "1",
            "--database",
            &database,
        ]);
        let bearer = format!("Bearer {}", told.split_whitespace().find(|word| word.starts_with("pbk_")).unwrap());
        Self { server: serve(&folder, &database), bearer, database, folder }
    }

    /// Another server of the same database.
    fn another(&self) -> Program {
        serve(&self.folder, &self.database)
    }

    async fn send(&self, method: &str, path: &str, body: Option<&Value>) -> (u16, Value) {
        let answer = self.server.send(method, path, &[("authorization", &self.bearer)], body).await;
        (answer.status().as_u16(), answer.json().await.unwrap_or_default())
    }

    async fn webhook(&self, receiver: &Receiver, wanted: Value) -> Made {
        let new = json!({ "title": "another system", "url": receiver.url, "wanted": wanted });
        let (status, made) = self.send("POST", "/webhooks", Some(&new)).await;
        assert_eq!(status, 201, "{made}");
        let path = format!("/webhooks/{}", made["id"].as_str().unwrap());
        Made { path, secret: made["secret"].as_str().unwrap().to_owned() }
    }

    /// Moves a plate to and fro; the revisions that this made.
    async fn edit(&self, times: usize) -> Vec<u64> {
        let (_, page) = self.send("GET", &format!("{ITEMS}?limit=1"), None).await;
        let plate = &page["features"][0];
        let (id, at) = (&plate["id"], &plate["geometry"]["coordinates"]);
        let (lon, lat) = (at[0].as_f64().unwrap(), at[1].as_f64().unwrap());
        let mut made = Vec::new();
        for time in 0..times {
            let shift = 0.000_01 * f64::from(u8::from(time % 2 == 0));
            let moved = json!({ "geometry": { "type": "Point", "coordinates": [lon + shift, lat] } });
            let answer = self
                .server
                .send(
                    "PATCH",
                    &format!("{ITEMS}/{id}"),
                    &[("authorization", &self.bearer), ("content-type", "application/merge-patch+json")],
                    Some(&moved),
                )
                .await;
            assert_eq!(answer.status(), 200);
            made.push(answer.headers()["platbook-revision"].to_str().unwrap().parse().unwrap());
        }
        made
    }

    /// Waits until a webhook is as it should be.
    async fn until(&self, webhook: &Made, is_so: impl Fn(&Value) -> bool) -> Value {
        for _ in 0..300 {
            let (_, now) = self.send("GET", &webhook.path, None).await;
            if is_so(&now) {
                return now;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        panic!("it never is: {}", self.send("GET", &webhook.path, None).await.1);
    }
}

fn serve(folder: &TempDir, database: &str) -> Program {
    let settings = folder.path().join("platbook.toml");
    Program::serve_with(database, &["--config", settings.to_str().unwrap()])
}

fn revisions(deliveries: &[crate::support::Delivery]) -> Vec<u64> {
    deliveries.iter().map(crate::support::Delivery::revision).collect()
}

#[tokio::test]
async fn changes_arrive_signed_and_in_order_as_the_page_of_changes_tells_them() {
    let (city, receiver) = (City::start(), Receiver::start().await);
    let webhook = city.webhook(&receiver, json!({})).await;
    let made = city.edit(5).await;
    let came = receiver.until_taken(5).await;
    assert_eq!(revisions(&came), made);
    let (_, page) = city.send("GET", &format!("/changes?after={}", made[0] - 1), None).await;
    for (delivery, commit) in came.iter().zip(page["commits"].as_array().unwrap()) {
        let event = delivery.event();
        assert!(delivery.is_signed_with(&webhook.secret));
        assert!(!delivery.is_signed_with("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"));
        assert_eq!(&event["data"], commit);
        assert_eq!(delivery.headers["content-type"], "application/cloudevents+json");
        assert_eq!((&event["specversion"], &event["type"]), (&json!("1.0"), &json!("platbook.commit")));
        assert_eq!((&event["id"], &event["time"]), (&json!(delivery.revision().to_string()), &commit["at"]));
        assert!(event["source"].as_str().unwrap().starts_with("urn:uuid:"));
    }
    let mut replayed = came[0].clone();
    replayed.headers.insert("webhook-timestamp", "1600000000".parse().unwrap());
    assert!(!replayed.is_signed_with(&webhook.secret), "an old message is not taken for a new one");
    let (status, listed) = city.send("GET", "/webhooks", None).await;
    assert_eq!((status, &listed["webhooks"][0]["undelivered"]), (200, &json!(0)));
    assert!(!listed.to_string().contains(&webhook.secret), "the secret is shown once");
}

#[tokio::test]
async fn what_is_wanted_is_what_the_same_question_to_changes_answers() {
    let (city, receiver) = (City::start(), Receiver::start().await);
    let by_code = |code: &str| json!({ "layers": ["doorplate"], "filter": format!("code {code}") });
    let none = ["layer=village", "bbox=0,0,1,1", "layer=doorplate&filter=code%20IS%20NULL"];
    for (wanted, query) in [
        (json!({ "layers": ["village"] }), "layer=village"),
        (json!({ "layers": ["doorplate"], "division": "429005" }), "layer=doorplate&division=429005"),
        (json!({ "bbox": [0.0, 0.0, 1.0, 1.0] }), "bbox=0,0,1,1"),
        (json!({ "bbox": [112.0, 30.0, 114.0, 31.0] }), "bbox=112,30,114,31"),
        (by_code("IS NULL"), "layer=doorplate&filter=code%20IS%20NULL"),
        (by_code("> '4'"), "layer=doorplate&filter=code%20%3E%20%274%27"),
    ] {
        let webhook = city.webhook(&receiver, wanted).await;
        let before = receiver.taken().len();
        let made = city.edit(2).await;
        let (_, page) = city.send("GET", &format!("/changes?after={}&{query}", made[0] - 1), None).await;
        let told: Vec<Value> = page["commits"].as_array().unwrap().clone();
        // A message that is wanted by everybody marks the end.
        let all = city.webhook(&receiver, json!({})).await;
        city.edit(1).await;
        let came = receiver.until_taken(before + told.len() + 1 + usize::from(!told.is_empty())).await;
        let data: Vec<Value> = came[before..].iter().map(|one| one.event()["data"].clone()).collect();
        for commit in &told {
            assert!(data.contains(commit), "{query}: {commit}");
        }
        assert_eq!(told.is_empty(), none.contains(&query), "{query}");
        for one in [webhook, all] {
            assert_eq!(city.send("DELETE", &one.path, None).await.0, 204);
        }
    }
}

#[tokio::test]
async fn a_failure_is_tried_again_before_anything_newer() {
    let (city, receiver) = (City::start(), Receiver::start().await);
    let webhook = city.webhook(&receiver, json!({})).await;
    receiver.answer(&[503, 302]);
    let made = city.edit(2).await;
    let came = receiver.until_taken(2).await;
    assert_eq!(revisions(&came), made);
    let all = receiver.deliveries();
    let ids: Vec<&str> = all.iter().map(|one| one.id.as_str()).collect();
    assert_eq!((ids.len(), ids[0], ids[1]), (4, ids[2], ids[2]), "the same message keeps its number: {ids:?}");
    let now = city.until(&webhook, |now| now["told"] == json!(made[1])).await;
    assert_eq!((&now["attempts"], &now["failure"]), (&json!(0), &Value::Null));
}

#[tokio::test]
async fn what_is_given_up_is_listed_and_can_be_delivered_later() {
    let (city, receiver) = (City::start(), Receiver::start().await);
    let webhook = city.webhook(&receiver, json!({})).await;
    receiver.answer(&[500, 500, 500]);
    let made = city.edit(2).await;
    let came = receiver.until_taken(1).await;
    assert_eq!(revisions(&came), made[1..], "one that cannot be delivered does not hold up the others for ever");
    let list = format!("{}/undelivered", webhook.path);
    let (_, told) = city.send("GET", &list, None).await;
    let lost = &told["undelivered"][0];
    assert_eq!((&lost["revision"], &lost["attempts"]), (&json!(made[0]), &json!(3)));
    assert!(lost["failure"].as_str().unwrap().contains("500"), "{lost}");
    let one = format!("{list}/{}", made[0]);
    receiver.answer(&[500]);
    let (status, problem) = city.send("POST", &one, None).await;
    assert_eq!((status, &problem["code"]), (502, &json!("webhook.not_delivered")));
    assert_eq!(city.send("POST", &one, None).await.0, 204);
    assert_eq!(receiver.taken()[1].revision(), made[0]);
    assert_eq!(city.send("GET", &list, None).await.1["undelivered"], json!([]));
    assert_eq!(city.send("POST", &one, None).await.0, 404);
}

#[tokio::test]
async fn a_receiver_that_is_gone_is_left_alone_until_somebody_lets_it_go_on() {
    let (city, receiver) = (City::start(), Receiver::start().await);
    let webhook = city.webhook(&receiver, json!({})).await;
    receiver.answer(&[410]);
    let made = city.edit(2).await;
    let now = city.until(&webhook, |now| now["paused"] == json!(true)).await;
    assert!(now["failure"].as_str().unwrap().contains("410"), "{now}");
    assert_eq!(receiver.deliveries().len(), 1);
    assert_eq!(city.send("PATCH", &webhook.path, Some(&json!({ "paused": false }))).await.0, 200);
    assert_eq!(revisions(&receiver.until_taken(2).await), made, "nothing of what waited is lost");
    // Once more from the start, and with another secret.
    let (_, replaced) = city.send("POST", &format!("{}/secret", webhook.path), None).await;
    let again = json!({ "after": made[0] - 1 });
    assert_eq!(city.send("PATCH", &webhook.path, Some(&again)).await.0, 200);
    let came = receiver.until_taken(4).await;
    assert_eq!(revisions(&came[2..]), made);
    assert!(came[2].is_signed_with(replaced["secret"].as_str().unwrap()));
    assert!(!came[2].is_signed_with(&webhook.secret));
}

#[tokio::test]
async fn a_webhook_of_somebody_who_is_shut_out_is_told_nothing() {
    let (city, receiver) = (City::start(), Receiver::start().await);
    let other = ["user", "add", "other", "--role", "administrator", "--no-password", "--database", &city.database];
    success(&other);
    let told = success(&[
        "token",
        "create",
        "other",
        "--name",
        "t",
        "--scopes",
        "read,administer",
        "--days",
        "1",
        "--database",
        &city.database,
    ]);
    let bearer = format!("Bearer {}", told.split_whitespace().find(|word| word.starts_with("pbk_")).unwrap());
    let new = json!({ "title": "theirs", "url": receiver.url });
    let answer = city.server.send("POST", "/webhooks", &[("authorization", &bearer)], Some(&new)).await;
    let made: Value = answer.json().await.unwrap();
    let webhook = Made { path: format!("/webhooks/{}", made["id"].as_str().unwrap()), secret: String::new() };
    assert_eq!(city.send("PATCH", "/users/other", Some(&json!({ "disabled": true }))).await.0, 200);
    city.edit(1).await;
    let now = city.until(&webhook, |now| now["paused"] == json!(true)).await;
    assert!(now["failure"].as_str().unwrap().contains("other"), "{now}");
    assert!(receiver.deliveries().is_empty());
}

#[tokio::test]
async fn a_killed_server_goes_on_where_it_was() {
    let (mut city, receiver) = (City::start(), Receiver::start().await);
    city.webhook(&receiver, json!({})).await;
    let mut made = Vec::new();
    for _ in 0..4 {
        // It is killed while deliveries are on their way.
        made.extend(city.edit(10).await);
        let server = city.another_after_kill();
        city.server = server;
    }
    let mut seen = Vec::new();
    for _ in 0..600 {
        seen = revisions(&receiver.taken());
        seen.dedup();
        if seen.last() == made.last() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let mut first_times = Vec::new();
    for revision in seen {
        if !first_times.contains(&revision) {
            first_times.push(revision);
        }
    }
    assert_eq!(first_times, made, "each came, in order");
}

impl City {
    /// Kills the server and starts another.
    fn another_after_kill(&mut self) -> Program {
        self.server.kill();
        self.another()
    }
}

#[tokio::test]
async fn of_two_servers_one_delivers_and_the_other_when_it_is_gone() {
    let receiver = Receiver::start().await;
    let mut city = City::of(TempDir::new().unwrap(), fresh_database());
    let other = city.another();
    let webhook = city.webhook(&receiver, json!({})).await;
    let mut made = city.edit(20).await;
    let came = receiver.until_taken(20).await;
    assert_eq!(revisions(&came), made, "each once");
    city.until(&webhook, |now| now["told"] == json!(made[19])).await;
    city.server.kill();
    city.server = other;
    made.extend(city.edit(3).await);
    assert_eq!(revisions(&receiver.until_taken(23).await), made);
}

#[tokio::test]
async fn an_address_that_only_the_server_can_reach_is_refused() {
    let server = TestApp::guarded().await;
    let admin = server.bearer("admin", vec![grant("administrator", None, "429005")]).await;
    let post = async |body: Value| {
        let headers = [("authorization", admin.as_str()), ("accept-language", "en")];
        let answer = server.send("POST", "/webhooks", &headers, Some(&body)).await;
        (answer.status, answer.json()["code"].as_str().unwrap_or_default().to_owned())
    };
    for url in ["http://127.0.0.1:1/", "https://169.254.169.254/", "file:///etc/passwd", "x", "http://a:b@example.org/"]
    {
        let refused = post(json!({ "title": "t", "url": url })).await;
        assert_eq!(refused, (400, "webhook.address".to_owned()), "{url}");
    }
    for junk in [
        json!({}),
        json!({ "title": "", "url": "https://example.org/" }),
        json!({ "title": "t".repeat(101), "url": "https://example.org/" }),
        json!({ "title": "t", "url": format!("https://example.org/{}", "a".repeat(2_000)) }),
        json!({ "title": "t", "url": "https://example.org/", "wanted": { "bbox": [1, 2] } }),
        json!({ "title": "t", "url": "https://example.org/", "wanted": { "nothing": 1 } }),
        json!({ "title": "t", "url": "https://example.org/", "wanted": { "filter": "true" } }),
        json!({ "title": "t", "url": "https://example.org/", "wanted": { "layers": ["doorplate"], "filter": "x = 1" } }),
        json!({ "title": "t", "url": "https://example.org/", "after": 999_999 }),
        json!({ "title": "t", "url": "https://example.org/", "secret": "mine" }),
    ] {
        assert_eq!(post(junk.clone()).await.0, 400, "{junk}");
    }
    let unknown = json!({ "title": "t", "url": "https://example.org/", "wanted": { "layers": ["nothing"] } });
    assert_eq!(post(unknown).await, (404, "layer.not_found".to_owned()));
    // A name that leads inside is found out when it is reached.
    let (status, _) = post(json!({ "title": "t", "url": "https://localhost:9/", "paused": true })).await;
    assert_eq!(status, 201);
    let listed = server.ask("GET", "/webhooks", &[("authorization", &admin)]).await.json();
    assert_eq!(listed["webhooks"].as_array().unwrap().len(), 1, "nothing of what was refused is kept");
    let ping = format!("/webhooks/{}/ping", listed["webhooks"][0]["id"].as_str().unwrap());
    let headers = [("authorization", admin.as_str()), ("accept-language", "en")];
    let refused = server.send("POST", &ping, &headers, None).await;
    assert_eq!(refused.status, 502);
    assert!(refused.text().contains("neither public"), "{}", refused.text());
}
