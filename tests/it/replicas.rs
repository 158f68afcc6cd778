//! Two servers of one database: what is written through one is read through the other, tiles included.

use std::time::Duration;

use mvt_reader::Reader;
use platbook::domain::LonLat;
use platbook::domain::codes::doorplate::DoorplateCode;
use platbook::tiles::TileCoord;
use serde_json::{Value, json};

use crate::support::postgres::fresh_database;
use crate::support::{Program, success};

const ITEMS: &str = "/collections/doorplate/items";

/// Two servers, and a plate of the city on their map.
struct Pair {
    servers: [Program; 2],
    token: String,
    plate: Value,
}

impl Pair {
    async fn start() -> Self {
        let database = fresh_database();
        success(&["demo", "--database", &database, "--scale", "0.002"]);
        success(&["user", "add", "writer", "--role", "editor", "--no-password", "--database", &database]);
        let scopes = ["--scopes", "read,create,update", "--days", "1", "--database", &database];
        let told = success(&[&["token", "create", "writer", "--name", "test"], &scopes[..]].concat());
        let token = format!("Bearer {}", told.split_whitespace().find(|word| word.starts_with("pbk_")).unwrap());
        let servers = [Program::serve(&database), Program::serve(&database)];
        let plate = servers[0].get(&format!("{ITEMS}?limit=1")).await.1;
        let plate = serde_json::from_str::<Value>(&plate).unwrap()["features"][0].clone();
        Self { servers, token, plate }
    }

    fn item(&self) -> String {
        format!("{ITEMS}/{}", self.plate["id"])
    }

    /// Writes through one of the servers: status and body.
    async fn write(&self, server: usize, method: &str, path: &str, base: Option<&Value>, body: &Value) -> (u16, Value) {
        let base = base.map(|version| format!("\"{version}\""));
        let mut headers = vec![("authorization", self.token.as_str())];
        if let Some(base) = &base {
            headers.push(("if-match", base));
        }
        let answer = self.servers[server].send(method, path, &headers, Some(body)).await;
        (answer.status().as_u16(), answer.json().await.unwrap())
    }

    /// The plates in a tile, as one of the servers shows it.
    async fn plates(&self, server: usize, tile: TileCoord, query: &str) -> Vec<u64> {
        let path = format!("/tiles/doorplate/{tile}{query}");
        let answer = self.servers[server].send("GET", &path, &[("accept-encoding", "identity")], None).await;
        assert!(answer.status().is_success(), "{path}: {}", answer.status());
        let bytes = answer.bytes().await.unwrap().to_vec();
        if bytes.is_empty() {
            return Vec::new();
        }
        let features = Reader::new(bytes).unwrap().get_features(0).unwrap();
        features.into_iter().map(|feature| feature.id.unwrap()).collect()
    }
}

fn tile_at(geometry: &Value) -> TileCoord {
    let degrees = |axis: usize| geometry["coordinates"][axis].as_f64().unwrap();
    TileCoord::holding(18, LonLat::new(degrees(0), degrees(1)).unwrap().into())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_written_through_one_server_is_on_the_tiles_of_the_other() {
    let pair = Pair::start().await;
    let id = pair.plate["id"].as_u64().unwrap();
    let mut geometry = pair.plate["geometry"].clone();
    for round in 0..10 {
        let (writer, reader) = (round % 2, 1 - round % 2);
        let left = tile_at(&geometry);
        // About 200 m: another tile.
        let sign = if round % 2 == 0 { 0.002 } else { -0.002 };
        geometry["coordinates"][0] = (geometry["coordinates"][0].as_f64().unwrap() + sign).into();
        let (status, body) = pair.write(writer, "PATCH", &pair.item(), None, &json!({ "geometry": geometry })).await;
        assert_eq!(status, 200, "{body}");
        let upon = format!("?min-revision={}", body["revision"]);
        assert!(pair.plates(reader, tile_at(&geometry), &upon).await.contains(&id), "round {round}");
        assert!(!pair.plates(reader, left, "").await.contains(&id), "round {round}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_asks_without_a_revision_sees_it_too() {
    let pair = Pair::start().await;
    let id = pair.plate["id"].as_u64().unwrap();
    let (status, body) =
        pair.write(0, "PATCH", &pair.item(), None, &json!({ "properties": { "status": "missing" } })).await;
    assert_eq!(status, 200, "{body}");
    let seen = async {
        while !pair.servers[1].get(&pair.item()).await.1.contains("\"missing\"")
            || !pair.plates(1, tile_at(&pair.plate["geometry"]), "").await.contains(&id)
        {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), seen).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_servers_that_write_one_feature_one_wins() {
    let pair = Pair::start().await;
    let mut version = pair.plate["version"].clone();
    for round in 0..20 {
        let body = |server: u64| json!({ "properties": { "number": 100 + 2 * round + server } });
        let (item, bodies) = (pair.item(), [body(0), body(1)]);
        let (one, two) = tokio::join!(
            pair.write(0, "PATCH", &item, Some(&version), &bodies[0]),
            pair.write(1, "PATCH", &item, Some(&version), &bodies[1]),
        );
        let (won, lost) = if one.0 == 200 { (one, two) } else { (two, one) };
        assert_eq!((won.0, lost.0), (200, 412), "{} {}", won.1, lost.1);
        assert_eq!(lost.1["current"]["version"], won.1["version"], "{}", lost.1);
        version = won.1["version"].clone();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_given_through_two_servers_at_once_is_given_once() {
    let pair = Pair::start().await;
    let village = pair.plate["village"].as_str().unwrap().parse().unwrap();
    for serial in 0..20 {
        let code = DoorplateCode::new(village, 99_998, serial).unwrap().to_string();
        let plate = json!({
            "type": "Feature",
            "geometry": pair.plate["geometry"],
            "properties": { "code": code, "address": "测试路" },
        });
        let (one, two) =
            tokio::join!(pair.write(0, "POST", ITEMS, None, &plate), pair.write(1, "POST", ITEMS, None, &plate),);
        let mut statuses = [one.0, two.0];
        statuses.sort_unstable();
        assert_eq!(statuses, [201, 422], "{} {}", one.1, two.1);
    }
}
