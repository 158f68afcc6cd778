//! The program from start to end, as people run it, and what happens when things go wrong.

use std::fs;
use std::net::TcpListener;
use std::time::Duration;

use platbook::domain::{ChangeSet, Claims};
use tempfile::TempDir;

use crate::support::{Program, platbook, postgres, refusal, success};

const SCALE: &str = "0.002";

/// A small city in a file.
fn city() -> (TempDir, String) {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("city.sqlite").to_str().unwrap().to_owned();
    success(&["demo", "--database", &path, "--scale", SCALE]);
    (folder, path)
}

#[tokio::test]
async fn a_city_is_made_served_checked_and_comes_back_after_a_kill() {
    let (_folder, path) = city();
    assert!(success(&["check", "--database", &path]).starts_with("sound: "));
    let mut server = Program::serve(&path);
    let (status, before) = server.get("/collections/doorplate/items?limit=3").await;
    assert_eq!(status, 200);
    server.kill();
    let server = Program::serve(&path);
    let (_, after) = server.get("/collections/doorplate/items?limit=3").await;
    let features = |text: &str| text.split("\"timeStamp\"").next().unwrap().to_owned();
    assert_eq!(features(&before), features(&after));
    let (stopped_well, log) = server.stop();
    assert!(stopped_well);
    assert!(!log.contains("ERROR") && !log.contains("WARN"), "{log}");
}

#[test]
fn a_full_city_is_not_overwritten() {
    let (_folder, path) = city();
    assert!(refusal(&["demo", "--database", &path]).contains("holds"));
    assert!(success(&["demo", "--database", &path, "--if-missing"]).contains("holds a city already"));
}

#[test]
fn a_port_in_use_is_said_plainly() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let (_folder, path) = city();
    let told = refusal(&["serve", "--database", &path, "--listen", &address]);
    assert!(told.contains("the port is in use") && told.contains("--listen"), "{told}");
}

#[test]
fn a_file_that_is_no_database_is_refused_and_left_alone() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("notes.txt");
    fs::write(&path, "not a database, by any means ".repeat(100)).unwrap();
    let told = refusal(&["serve", "--listen", "127.0.0.1:0", "--database", path.to_str().unwrap()]);
    assert!(told.contains("notes.txt") && told.contains("name another file"), "{told}");
    assert_eq!(fs::read_to_string(&path).unwrap(), "not a database, by any means ".repeat(100));
    assert!(
        refusal(&["check", "--database", folder.path().join("none.sqlite").to_str().unwrap()]).contains("none.sqlite")
    );
}

#[test]
fn damage_in_the_middle_of_the_file_is_found() {
    use std::io::{Seek, SeekFrom, Write};
    let (_folder, path) = city();
    let mut file = fs::OpenOptions::new().write(true).open(&path).unwrap();
    let middle = file.metadata().unwrap().len() / 2;
    file.seek(SeekFrom::Start(middle)).unwrap();
    file.write_all(&vec![0xa5; 64 << 10]).unwrap();
    drop(file);
    let output = platbook(&["check", "--database", &path]);
    assert_eq!(output.status.code(), Some(1));
    let told = String::from_utf8_lossy(&output.stderr).into_owned() + &String::from_utf8_lossy(&output.stdout);
    assert!(told.contains("backup"), "{told}");
}

#[test]
fn a_full_disk_is_said_plainly_and_loses_nothing() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("city.sqlite").to_str().unwrap().to_owned();
    let told = refusal(&["demo", "--database", &format!("{path}?max_page_count=400"), "--scale", "0.02"]);
    assert!(told.contains("full"), "{told}");
    assert!(success(&["check", "--database", &path]).starts_with("sound: "));
}

#[test]
fn a_broken_catalogue_names_file_line_and_key() {
    let folder = TempDir::new().unwrap();
    let layers = folder.path().join("layers");
    fs::create_dir(&layers).unwrap();
    for (from, to) in [("data/catalog", folder.path()), ("data/catalog/layers", layers.as_path())] {
        for entry in fs::read_dir(from).unwrap().map(Result::unwrap).filter(|entry| entry.path().is_file()) {
            fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
        }
    }
    let file = layers.join("road.toml");
    let text = fs::read_to_string(&file).unwrap().replacen("owner = \"transport\"", "owner = \"nobody\"", 1);
    fs::write(&file, &text).unwrap();
    let line = text.lines().position(|line| line.starts_with("owner")).unwrap() + 1;
    let told = refusal(&["serve", "--catalog", folder.path().to_str().unwrap(), "--listen", "127.0.0.1:0"]);
    assert!(told.contains(&format!("layers/road.toml:{line}: `owner`: expected a key of departments.toml")), "{told}");
}

#[test]
fn the_configuration_prints_as_a_file_that_reads_back() {
    let folder = TempDir::new().unwrap();
    let printed = success(&["serve", "--print-config", "--listen", "127.0.0.1:9999"]);
    let file = folder.path().join("platbook.toml");
    fs::write(&file, &printed).unwrap();
    assert_eq!(success(&["serve", "--print-config", "--config", file.to_str().unwrap()]), printed);
    fs::write(&file, "listne = \"127.0.0.1:1\"\n").unwrap();
    let told = refusal(&["serve", "--config", file.to_str().unwrap()]);
    assert!(told.contains("listne") && told.contains("listen"), "{told}");
    assert!(refusal(&["serve", "--config", "/nowhere.toml"]).contains("/nowhere.toml"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_goes_away_comes_back() {
    let mut database = postgres::Server::start();
    let address = database.address();
    success(&["demo", "--database", &address, "--scale", SCALE]);
    assert!(success(&["check", "--database", &address]).starts_with("sound: "));
    let server = Program::serve(&address);
    assert_eq!(server.get("/readyz").await.0, 200);
    database.stop();
    let became = |wanted: u16| {
        let server = &server;
        async move {
            for _ in 0..200 {
                if server.get("/readyz").await.0 == wanted {
                    return true;
                }
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
            false
        }
    };
    assert!(became(503).await, "not ready while the database is away");
    assert_eq!(server.get("/collections/village/items?limit=1").await.0, 200, "the map still answers");
    assert_eq!(server.get("/healthz").await.0, 200);
    database.run();
    assert!(became(200).await, "ready once the database is back");
}

#[tokio::test]
async fn a_demo_city_that_was_broken_off_is_not_taken_for_a_whole_one() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("city.sqlite").to_str().unwrap().to_owned();
    let store = platbook::store::open(&path).await.unwrap();
    let begun = ChangeSet {
        actor: "demo".to_owned(),
        reason: "demo city, seed 429005, scale 1".to_owned(),
        at: jiff::Timestamp::now(),
        operation: None,
        edits: Vec::new(),
        intakes: Vec::new(),
        claims: Claims::default(),
    };
    store.append(begun).await.unwrap();
    drop(store);
    let told = refusal(&["demo", "--database", &path, "--if-missing"]);
    assert!(told.contains("a part of a demo city"), "{told}");
}
