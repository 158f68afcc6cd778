//! What was acknowledged is there, whatever happened to the process.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use platbook::domain::codes::doorplate::DoorplateCode;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::{Program, client, success};

/// How often the server is killed.
const KILLS: u32 = 50;

/// Clients that write at the same time.
const WRITERS: usize = 16;

/// Versions that were acknowledged, by feature; and a number for the next plate.
#[derive(Default)]
struct Acknowledged {
    versions: Mutex<BTreeMap<u64, u64>>,
    serial: AtomicU32,
}

/// Where plates may stand: a village, and a position in it.
struct Place {
    village: String,
    geometry: Value,
}

impl Place {
    async fn of(server: &Program) -> Self {
        let (_, page) = server.get("/collections/doorplate/items?limit=1").await;
        let page: Value = serde_json::from_str(&page).unwrap();
        let plate = &page["features"][0];
        Self { village: plate["village"].as_str().unwrap().to_owned(), geometry: plate["geometry"].clone() }
    }

    fn plate(&self, serial: u32) -> Value {
        let code = DoorplateCode::new(self.village.parse().unwrap(), 99_999, serial).unwrap().to_string();
        json!({ "type": "Feature", "geometry": self.geometry, "properties": { "code": code, "address": "测试路" } })
    }
}

/// Makes and changes plates until the server is gone; notes what was acknowledged.
async fn work(base: String, token: String, place: Arc<Place>, seen: Arc<Acknowledged>, is_over: Arc<AtomicBool>) {
    let client = client();
    let send = async |request: reqwest::RequestBuilder| -> Option<(u64, u64)> {
        let answer = request.header("authorization", &token).send().await.ok()?;
        let status = answer.status();
        let body: Value = answer.json().await.ok()?;
        assert!(status.is_success(), "{body}");
        Some((body["id"].as_u64()?, body["version"].as_u64()?))
    };
    while !is_over.load(Ordering::Relaxed) {
        let serial = seen.serial.fetch_add(1, Ordering::Relaxed);
        let plate = place.plate(serial);
        let items = format!("{base}/collections/doorplate/items");
        let Some((id, version)) = send(client.post(&items).json(&plate)).await else { return };
        seen.versions.lock().unwrap().insert(id, version);
        let patch = json!({ "properties": { "number": serial + 1 } });
        let Some((id, version)) = send(client.patch(format!("{items}/{id}")).json(&patch)).await else { return };
        seen.versions.lock().unwrap().insert(id, version);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn fifty_kills_in_the_middle_of_writing_lose_nothing_that_was_acknowledged() {
    let folder = TempDir::new().unwrap();
    let database = folder.path().join("city.sqlite").to_str().unwrap().to_owned();
    success(&["demo", "--database", &database, "--scale", "0.002"]);
    success(&["user", "add", "writer", "--role", "editor", "--no-password", "--database", &database]);
    let words = [
        "token",
        "create",
        "writer",
        "--name",
        "load",
        "--scopes",
        "read,create,update",
        "--days",
        "1",
        "--database",
        &database,
    ];
    let token = format!("Bearer {}", success(&words).split_whitespace().find(|word| word.starts_with("pbk_")).unwrap());
    let seen = Arc::new(Acknowledged::default());
    for round in 0..KILLS {
        let mut server = Program::serve(&database);
        let place = Arc::new(Place::of(&server).await);
        let is_over = Arc::new(AtomicBool::new(false));
        let before = seen.versions.lock().unwrap().len();
        let writers: Vec<_> = (0..WRITERS)
            .map(|_| {
                let (base, token) = (server.base.clone(), token.clone());
                tokio::spawn(work(base, token, Arc::clone(&place), Arc::clone(&seen), Arc::clone(&is_over)))
            })
            .collect();
        // Other moments of the transaction each time.
        tokio::time::sleep(Duration::from_millis(60 + u64::from(round) * 7 % 90)).await;
        while seen.versions.lock().unwrap().len() < before + WRITERS {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        server.kill();
        is_over.store(true, Ordering::Relaxed);
        for writer in writers {
            writer.await.unwrap();
        }
        let sound = success(&["check", "--database", &database]);
        assert!(sound.starts_with("sound: "), "round {round}: {sound}");
    }
    let server = Program::serve(&database);
    let acknowledged = seen.versions.lock().unwrap().clone();
    assert!(acknowledged.len() >= KILLS as usize * WRITERS);
    let mut cursor = String::new();
    let mut found: BTreeMap<u64, u64> = BTreeMap::new();
    loop {
        let (_, page) = server.get(&format!("/collections/doorplate/items?limit=10000{cursor}")).await;
        let page: Value = serde_json::from_str(&page).unwrap();
        let features = page["features"].as_array().unwrap();
        found.extend(features.iter().map(|one| (one["id"].as_u64().unwrap(), one["version"].as_u64().unwrap())));
        let Some(last) = features.last() else { break };
        cursor = format!("&cursor={}", last["id"]);
    }
    for (id, version) in acknowledged {
        assert!(found.get(&id).is_some_and(|stands| *stands >= version), "plate {id}, version {version}, is lost");
    }
}
