//! `/imports`: a file is sent, looked at, tried and brought in, by who may and where they may.

use std::time::Duration;

use platbook::domain::Action;
use platbook::domain::codes::doorplate::DoorplateCode;
use serde_json::{Value, json};

use crate::support::{Answer, TestApp, VILLAGES, grant};

fn code(village: usize, serial: u32) -> String {
    DoorplateCode::new(VILLAGES[village].0.parse().unwrap(), 90_002, serial).unwrap().to_string()
}

/// A table of so many plates in the first village, a thousandth of a degree apart.
fn table(count: u32) -> String {
    let row = |i: u32| {
        let (lon, lat) = (112.71 + f64::from(i % 80) * 0.001, 30.31 + f64::from(i / 80) * 0.0002);
        format!("{},导入路{}号,在挂,{lon:.6},{lat:.6}\n", code(0, i), i + 1)
    };
    format!("编码,地址,状态,经度,纬度\n{}", (0..count).map(row).collect::<String>())
}

struct Desk {
    server: TestApp,
    bearer: String,
}

impl Desk {
    async fn open() -> Self {
        let server = TestApp::guarded().await;
        let bearer = server.bearer("connector", vec![grant("connector", None, "429005")]).await;
        Self { server, bearer }
    }

    async fn ask(&self, method: &str, path: &str) -> Answer {
        self.server.ask(method, path, &[("authorization", &self.bearer)]).await
    }

    async fn send(&self, path: &str, kind: &str, body: impl AsRef<[u8]>) -> Answer {
        self.server.post(path, &[("authorization", &self.bearer)], kind, body).await
    }

    /// Sends a file; what is told of it.
    async fn take(&self, body: impl AsRef<[u8]>) -> Value {
        let answer = self.send("/imports?layer=doorplate&name=plates.csv", "application/octet-stream", body).await;
        assert_eq!(answer.status, 201, "{}", answer.text());
        answer.json()
    }

    async fn start(&self, job: &Value, run: Value) -> Answer {
        let path = format!("/imports/{}/run", job["id"].as_str().unwrap());
        self.send(&path, "application/json", run.to_string()).await
    }

    /// Runs an import and waits for its end.
    async fn run(&self, job: &Value, run: Value) -> Value {
        let started = self.start(job, run).await;
        assert_eq!(started.status, 202, "{}", started.text());
        let path = format!("/imports/{}", job["id"].as_str().unwrap());
        for _ in 0..600 {
            let told = self.ask("GET", &path).await.json();
            if told["state"] == "ended" {
                return told;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("the import does not end");
    }

    async fn plates(&self) -> u64 {
        let filter = "code%20LIKE%20'42900500100190002%25'";
        let items = self.server.json(&format!("/collections/doorplate/items?limit=1&filter={filter}")).await;
        items["numberMatched"].as_u64().unwrap()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_is_looked_at_tried_and_brought_in() {
    let desk = Desk::open().await;
    let job = desk.take(table(300)).await;
    assert_eq!((&job["format"], &job["encoding"], &job["state"]), (&"csv".into(), &"UTF-8".into(), &"ready".into()));
    assert_eq!((&job["crs"], &job["crs_declared"]), (&"EPSG:4490".into(), &false.into()));
    let targets: Vec<(&str, &str)> = job["columns"]
        .as_array()
        .unwrap()
        .iter()
        .map(|column| (column["name"].as_str().unwrap(), column["target"].as_str().unwrap()))
        .collect();
    let expected = [("编码", "code"), ("地址", "address"), ("状态", "status"), ("经度", "@x"), ("纬度", "@y")];
    assert_eq!(targets, expected);

    let tried = desk.run(&job, json!({ "mode": "dry-run" })).await;
    assert_eq!((&tried["report"]["created"], &tried["dry_run"]), (&300.into(), &true.into()));
    assert_eq!(desk.plates().await, 0);
    let done = desk.run(&job, json!({ "mode": "atomic", "reason": "二季度普查" })).await;
    assert_eq!((&done["report"]["created"], &done["read"], &done["error"]), (&300.into(), &300.into(), &Value::Null));
    assert_eq!(desk.plates().await, 300);
    let bearer = [("authorization", desk.bearer.as_str())];
    let sets = desk.server.ask("GET", "/changesets?limit=1", &bearer).await.json();
    let newest = &sets["changesets"][0];
    assert_eq!((&newest["reason"], &newest["actor"]), (&"二季度普查".into(), &"connector".into()));
    assert_eq!(newest["counts"][0]["count"], 300, "one change set for all");
    assert_eq!(newest["revision"], done["report"]["revision"]);

    let again = desk.run(&job, json!({ "mode": "batches" })).await;
    assert_eq!((&again["report"]["unchanged"], &again["report"]["created"]), (&300.into(), &0.into()));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_may_not_be_written_is_left_out_line_by_line() {
    let server = TestApp::guarded().await;
    // May import, but in the first village only.
    let bearer = server.bearer("village", vec![grant("connector", None, VILLAGES[0].0)]).await;
    let desk = Desk { server, bearer };
    let rows = format!(
        "code,address,lon,lat\n{},一号,112.75,30.35\n{},二号,112.85,30.35\n{},三号,112.751,30.35\n",
        code(0, 1),
        code(1, 2),
        code(0, 3)
    );
    let job = desk.take(rows).await;
    let done = desk.run(&job, json!({ "mode": "batches" })).await;
    assert_eq!((&done["report"]["created"], &done["report"]["refused"]), (&2.into(), &1.into()));
    let finding = &done["report"]["findings"][0];
    assert_eq!((&finding["line"], &finding["rule"]), (&3.into(), &"access.denied".into()), "{finding}");
    let report = desk.ask("GET", &format!("/imports/{}/report?lang=en", job["id"].as_str().unwrap())).await;
    assert_eq!(report.header("content-type"), "text/csv; charset=utf-8");
    assert!(
        report.text().contains("3,fault,Not allowed here,,,") && report.text().contains(",access.denied"),
        "{}",
        report.text()
    );

    let job = desk.take(format!("code,address,lon,lat\n{},四号,112.752,30.35\nnone,五号,1,1\n", code(0, 4))).await;
    let all = desk.run(&job, json!({ "mode": "atomic" })).await;
    assert_eq!((&all["report"]["created"], &all["report"]["refused"]), (&0.into(), &1.into()), "{all}");
    assert_eq!(all["report"]["not_done"], 1, "all or nothing: {all}");
    // The same where a line cannot even be read.
    let rows = format!(
        "code,address,number,lon,lat\n{},五号,5,112.753,30.35\n{},六号,六,112.754,30.35\n",
        code(0, 5),
        code(0, 6)
    );
    let job = desk.take(rows).await;
    let all = desk.run(&job, json!({ "mode": "atomic" })).await;
    let told = |name: &str| all["report"][name].as_u64().unwrap();
    assert_eq!((told("created"), told("refused"), told("not_done")), (0, 1, 1), "{all}");
    assert_eq!(desk.plates().await, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_of_what_one_does_not_see_is_told_to_be_taken() {
    let server = TestApp::guarded().await;
    // The node stands in the south; only the north may be seen.
    let bearer = server.bearer("north", vec![grant("connector", None, "429005002")]).await;
    let desk = Desk { server, bearer };
    let rows = "code,name,lon,lat\nN-CORE,测试节点,112.761,30.46\n";
    let job = desk.send("/imports?layer=network-node", "application/octet-stream", rows).await.json();
    for mode in ["dry-run", "batches"] {
        let done = desk.run(&job, json!({ "mode": mode })).await;
        assert_eq!((&done["report"]["refused"], &done["report"]["updated"]), (&1.into(), &0.into()), "{done}");
        assert_eq!(done["report"]["findings"][0]["rule"], "code.taken", "{done}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_time_left_of_a_file_without_a_count_is_told_by_how_far_it_is_read() {
    let desk = Desk::open().await;
    let job = desk.take(table(30_000)).await;
    assert_eq!(job["count"], Value::Null);
    let path = format!("/imports/{}", job["id"].as_str().unwrap());
    assert_eq!(desk.start(&job, json!({ "mode": "dry-run" })).await.status, 202);
    let mut told_before_the_end = false;
    let ended = loop {
        let told = desk.ask("GET", &path).await.json();
        if told["state"] == "ended" {
            break told;
        }
        if told["read"].as_u64().unwrap() > 0 {
            told_before_the_end |= told["seconds_left"].as_f64().unwrap() >= 0.0;
        }
    };
    assert!(told_before_the_end && ended["read"] == 30_000, "{ended}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_for_people_comes_back_as_it_went_in_both_languages() {
    let desk = Desk::open().await;
    for lang in ["zh", "en"] {
        let path = format!("/collections/doorplate/export?f=csv&headings=titles&lang={lang}");
        let job = desk.take(&desk.server.get(&path).await.body).await;
        let done = desk.run(&job, json!({ "mode": "dry-run" })).await;
        let report = &done["report"];
        assert_eq!((&report["unchanged"], &report["updated"]), (&done["read"], &0.into()), "{lang}: {report}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_table_of_the_layer_is_refused_at_the_door() {
    let desk = Desk::open().await;
    for file in ["%PDF-1.7 one line of something", "code,address,lon,lat\n"] {
        let answer = desk.send("/imports?layer=doorplate&name=x.gpkg", "application/octet-stream", file).await;
        let problem = answer.problem(422, "import.unreadable");
        assert!(problem["detail"].as_str().unwrap().contains("没有记录"), "{problem}");
    }
    // Without a code no feature is known: said once, not for each line.
    let job = desk.take("甲,乙,经度,纬度\n1,2,112.7,30.3\n").await;
    let told = desk.start(&job, json!({ "mode": "dry-run" })).await.problem(400, "body.invalid");
    assert!(told["detail"].as_str().unwrap().contains("no column is `code`"), "{told}");
    // A token for imports alone could write nothing.
    let half = format!("Bearer {}", desk.server.token("connector", &[Action::Read, Action::Import], 48).await);
    let answer = desk.server.post("/imports?layer=doorplate", &[("authorization", &half)], "text/csv", table(1)).await;
    answer.problem(403, "access.token");
}

#[tokio::test(flavor = "multi_thread")]
async fn imports_that_have_ended_make_room_for_the_next() {
    let desk = Desk::open().await;
    let mut first = None;
    for _ in 0..10 {
        let job = desk.take(table(1)).await;
        desk.run(&job, json!({ "mode": "dry-run" })).await;
        first.get_or_insert(job["id"].as_str().unwrap().to_owned());
    }
    desk.ask("GET", &format!("/imports/{}", first.unwrap())).await.problem(404, "import.not_found");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_is_its_makers_and_ends_when_it_is_let_go() {
    let desk = Desk::open().await;
    let job = desk.take(table(3)).await;
    let path = format!("/imports/{}", job["id"].as_str().unwrap());
    let other = desk.server.bearer("another", vec![grant("administrator", None, "429005")]).await;
    for method in ["GET", "DELETE"] {
        desk.server.ask(method, &path, &[("authorization", &other)]).await.problem(404, "import.not_found");
    }
    let theirs = desk.server.ask("GET", "/imports", &[("authorization", &other)]).await.json();
    assert_eq!(theirs["imports"].as_array().unwrap().len(), 0);
    assert_eq!(desk.ask("GET", "/imports").await.json()["imports"][0]["id"], job["id"]);
    desk.ask("GET", &format!("{path}/report")).await.problem(409, "import.not_ended");
    assert_eq!(desk.ask("DELETE", &path).await.status, 204);
    desk.ask("GET", &path).await.problem(404, "import.not_found");
    desk.ask("GET", "/imports/what").await.problem(404, "import.not_found");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_that_is_cancelled_ends_early_and_what_is_written_stays() {
    let desk = Desk::open().await;
    let job = desk.take(table(30_000)).await;
    let path = format!("/imports/{}", job["id"].as_str().unwrap());
    assert_eq!(desk.start(&job, json!({ "mode": "batches" })).await.status, 202);
    desk.start(&job, json!({ "mode": "batches" })).await.problem(409, "import.running");
    while desk.ask("GET", &path).await.json()["read"] == 0 {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(desk.ask("POST", &format!("{path}/cancel")).await.status, 204);
    let ended = loop {
        let told = desk.ask("GET", &path).await.json();
        if told["state"] == "ended" {
            break told;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    };
    assert_eq!(ended["error"], "已取消；已写入的保留。");
    let written = ended["report"]["created"].as_u64().unwrap();
    assert!((1..30_000).contains(&written), "{written}");
    assert_eq!(desk.plates().await, written);
    // The rest comes with the next.
    let whole = desk.run(&job, json!({ "mode": "batches" })).await;
    assert_eq!(whole["report"]["created"].as_u64().unwrap() + whole["report"]["unchanged"].as_u64().unwrap(), 30_000);
    assert_eq!(desk.plates().await, 30_000);
}

#[tokio::test(flavor = "multi_thread")]
async fn junk_is_refused_with_what_is_wrong_and_how_to_mend_it() {
    let desk = Desk::open().await;
    let octets = "application/octet-stream";
    desk.send("/imports", octets, "x").await.problem(400, "parameter.invalid");
    desk.send("/imports?layer=doorplates", octets, "x").await.problem(404, "layer.not_found");
    let none = desk.send("/imports?layer=doorplate", octets, "").await.problem(422, "import.unreadable");
    assert!(none["detail"].as_str().unwrap().contains("it is empty"), "{none}");
    let mixed = [b"code,address\n1,".as_slice(), &[0xff, 0xfe, 0xfd], b"\n"].concat();
    let answer = desk.send("/imports?layer=doorplate", octets, mixed).await;
    assert_eq!(answer.status, 422, "{}", answer.text());
    let job = desk.take(table(2)).await;
    for (run, says) in [
        (json!({}), "mode"),
        (json!({ "mode": "sideways" }), "dry-run"),
        (json!({ "mode": "dry-run", "mapping": { "编码": "colour" } }), "`colour`"),
        (json!({ "mode": "dry-run", "mapping": { "nowhere": "code" } }), "`nowhere`"),
        (json!({ "mode": "dry-run", "mapping": { "编码": "code", "地址": "code" } }), "both to be `code`"),
        (json!({ "mode": "dry-run", "crs": "EPSG:2385" }), "EPSG:4490"),
        (json!({ "mode": "dry-run", "encoding": "martian" }), "gbk"),
        (json!({ "mode": "dry-run", "more": 1 }), "more"),
    ] {
        let problem = desk.start(&job, run.clone()).await.problem(400, "body.invalid");
        assert!(problem["detail"].as_str().unwrap().contains(says), "{run}: {problem}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_in_another_encoding_can_be_read_again() {
    let desk = Desk::open().await;
    // Bytes that are letters of both: only whoever wrote them knows.
    let table = format!("code,address,lon,lat\n{},潛江路1號,112.71,30.31\n", code(0, 0));
    let bytes = encoding_rs::BIG5.encode(&table).0.into_owned();
    let job = desk.take(bytes).await;
    let done = desk.run(&job, json!({ "mode": "batches", "encoding": "big5" })).await;
    assert_eq!(done["report"]["created"], 1, "{done}");
    let item = desk.server.json(&format!("/collections/doorplate/items/{}", code(0, 0))).await;
    assert_eq!(item["properties"]["address"], "潛江路1號");
}

/// Numbers that look like chance and are the same in every run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, most: usize) -> usize {
        // xorshift64 (Marsaglia 2003).
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % most.max(1) as u64) as usize
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_damage_to_a_file_of_any_format_brings_the_server_down() {
    const EACH: usize = 25;
    let desk = Desk::open().await;
    let mut dice = Dice(429_005);
    for format in ["geojson", "jsonfg", "ndjson", "csv", "gpkg", "fgb", "parquet", "shp", "kml"] {
        let whole = desk.server.get(&format!("/collections/doorplate/export?f={format}")).await.body;
        let mut read = 0;
        for round in 0..EACH {
            let mut bytes = whole.clone();
            match round % 3 {
                0 => bytes.truncate(dice.below(whole.len())),
                1 => (0..=dice.below(20)).for_each(|_| {
                    let at = dice.below(bytes.len());
                    bytes[at] = dice.below(256) as u8;
                }),
                // A run of noise, most often in the head, where lengths and counts stand.
                _ => {
                    let start = dice.below(if round % 2 == 0 { 200 } else { bytes.len() - 40 });
                    (start..start + 40).for_each(|at| bytes[at] = dice.below(256) as u8);
                }
            }
            let answer = desk.send("/imports?layer=doorplate&name=x", "application/octet-stream", &bytes).await;
            if answer.status == 422 {
                continue;
            }
            assert_eq!(answer.status, 201, "{format} {round}: {}", answer.text());
            let job = answer.json();
            let started = desk.start(&job, json!({ "mode": "dry-run", "crs": "EPSG:4490" })).await;
            assert!([202, 400].contains(&started.status), "{format} {round}: {}", started.text());
            let path = format!("/imports/{}", job["id"].as_str().unwrap());
            for _ in 0..400 {
                if desk.ask("GET", &path).await.json()["state"] != "running" {
                    break;
                }
                tokio::time::sleep(Duration::from_millis(25)).await;
            }
            assert_ne!(desk.ask("GET", &path).await.json()["state"], "running", "{format} {round}");
            assert_eq!(desk.ask("DELETE", &path).await.status, 204);
            read += 1;
        }
        assert!(read < EACH, "{format}: some damage is found");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_geopackage_whose_table_is_a_program_is_refused() {
    let desk = Desk::open().await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("trap.gpkg");
    let whole = desk.server.get("/collections/doorplate/export?f=gpkg").await.body;
    std::fs::write(&path, whole).unwrap();
    let database = rusqlite::Connection::open(&path).unwrap();
    database
        .execute_batch(
            "DROP TRIGGER rtree_doorplate_geom_insert; ALTER TABLE doorplate RENAME TO plates;
             CREATE VIEW doorplate AS WITH RECURSIVE forever(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM forever)
                 SELECT n AS id, NULL AS geom FROM forever;",
        )
        .unwrap();
    database.close().unwrap();
    let answer = desk.send("/imports?layer=doorplate", "application/octet-stream", std::fs::read(&path).unwrap()).await;
    let problem = answer.problem(422, "import.unreadable");
    assert!(problem["detail"].as_str().unwrap().contains("no table `doorplate`"), "{problem}");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_file_with_several_layers_one_is_chosen() {
    let desk = Desk::open().await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("two.gpkg");
    std::fs::write(&path, desk.server.get("/collections/doorplate/export?f=gpkg").await.body).unwrap();
    let database = rusqlite::Connection::open(&path).unwrap();
    database
        .execute_batch(
            "CREATE TABLE benches (id INTEGER PRIMARY KEY, geom POINT, code TEXT);
             INSERT INTO gpkg_contents (table_name, data_type, identifier, srs_id) VALUES ('benches', 'features', 'benches', 4490);
             INSERT INTO gpkg_geometry_columns VALUES ('benches', 'geom', 'POINT', 4490, 0, 0);",
        )
        .unwrap();
    database.close().unwrap();
    let bytes = std::fs::read(&path).unwrap();
    let octets = "application/octet-stream";
    let problem = desk.send("/imports?layer=doorplate", octets, &bytes).await.problem(422, "import.unreadable");
    assert_eq!(problem["layers"], json!(["benches", "doorplate"]));
    let chosen = desk.send("/imports?layer=doorplate&source_layer=doorplate", octets, &bytes).await;
    assert_eq!((chosen.status, &chosen.json()["count"]), (201, &137.into()));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_has_so_many_files_in_hand() {
    let desk = Desk::open().await;
    for _ in 0..8 {
        desk.take(table(1)).await;
    }
    let octets = "application/octet-stream";
    desk.send("/imports?layer=doorplate", octets, table(1)).await.problem(409, "import.too_many");
    let other = desk.server.bearer("another", vec![grant("connector", None, "429005")]).await;
    let theirs = desk.server.post("/imports?layer=doorplate", &[("authorization", &other)], octets, table(1)).await;
    assert_eq!(theirs.status, 201, "{}", theirs.text());
}
