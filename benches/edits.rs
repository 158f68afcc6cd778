//! What an edit costs, through HTTP and on disk: `cargo bench --bench edits [-- SCALE]`.
//!
//! A real server on a demo city in SQLite, with full sync; clients in this process, on the same cores.
//! Everything that is timed is also checked: the log holds what was acknowledged, a tile shows the edit.

use std::error::Error;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use platbook::domain::LonLat;
use platbook::tiles::TileCoord;
use reqwest::Client;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

type Failure = Box<dyn Error + Send + Sync>;

/// About a million doorplates.
const SCALE: &str = "3.334";
const RUN: Duration = Duration::from_secs(10);
const WRITERS: usize = 32;
const READERS: usize = 8;
/// Tiles that are read for each edit: 95 % of the load.
const READS_AN_EDIT: u64 = 19;
const STREAMS: usize = 5_000;
const PACED_EDITS: u32 = 100;
const PACE: Duration = Duration::from_millis(100);
const PLATES: usize = 10_000;
const ZOOM: u8 = 16;

/// A plate that is edited.
#[derive(Clone, Copy)]
struct Plate {
    id: u64,
    at: (f64, f64),
}

/// A server on a city.
struct City {
    server: Child,
    base: String,
    client: Client,
    token: String,
    plates: Vec<Plate>,
    numbers: AtomicU64,
    _folder: TempDir,
}

impl Drop for City {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

fn platbook(args: &[&str]) -> Result<String, Failure> {
    let output = Command::new(env!("CARGO_BIN_EXE_platbook")).args(args).stdin(Stdio::null()).output()?;
    if !output.status.success() {
        return Err(format!("{args:?}: {}", String::from_utf8_lossy(&output.stderr)).into());
    }
    Ok(String::from_utf8(output.stdout)?)
}

impl City {
    async fn start(scale: &str) -> Result<Self, Failure> {
        let folder = TempDir::new()?;
        let path = folder.path().join("city.sqlite");
        let database = path.to_str().ok_or("a path that is no text")?;
        platbook(&["demo", "--database", database, "--scale", scale])?;
        platbook(&["user", "add", "writer", "--role", "editor", "--no-password", "--database", database])?;
        let token = ["token", "create", "writer", "--name", "bench", "--scopes", "read,update", "--days", "1"];
        let told = platbook(&[&token[..], &["--database", database]].concat())?;
        let token = told.split_whitespace().find(|word| word.starts_with("pbk_")).ok_or("no token")?;
        let mut server = Command::new(env!("CARGO_BIN_EXE_platbook"))
            .args(["serve", "--database", database, "--listen", "127.0.0.1:0"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let mut line = String::new();
        BufReader::new(server.stdout.take().ok_or("no output")?).read_line(&mut line)?;
        let base = line.trim().strip_prefix("Platbook serves ").ok_or("the server did not start")?;
        let base = base.trim_end_matches('/').to_owned();
        // Chosen once in this process; nothing is encrypted here.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = Client::builder().build()?;
        let page = format!("{base}/collections/doorplate/items?limit={PLATES}");
        let page: Value = client.get(page).send().await?.json().await?;
        let plates = page["features"].as_array().ok_or("no plates")?.iter().filter_map(plate_of).collect();
        let token = format!("Bearer {token}");
        Ok(Self { server, base, client, token, plates, numbers: AtomicU64::new(1), _folder: folder })
    }

    /// Writes a number onto a plate; the revision that shows it.
    async fn edit(&self, plate: Plate) -> Result<(u64, u64), Failure> {
        // Larger than any that the city has: what changes nothing would not be written.
        let number = 60_000 + self.numbers.fetch_add(1, Ordering::Relaxed) % 39_000;
        let request = self.client.patch(format!("{}/collections/doorplate/items/{}", self.base, plate.id));
        let answer = request.header("authorization", &self.token).json(&json!({ "properties": { "number": number } }));
        let answer: Value = answer.send().await?.error_for_status()?.json().await?;
        Ok((answer["revision"].as_u64().ok_or("no revision")?, number))
    }

    async fn tile(&self, at: (f64, f64)) -> Result<Vec<u8>, Failure> {
        let tile = TileCoord::holding(ZOOM, LonLat::new(at.0, at.1)?.into());
        let answer = self.client.get(format!("{}/tiles/doorplate/{tile}", self.base)).send().await?;
        Ok(answer.error_for_status()?.bytes().await?.to_vec())
    }

    async fn revision(&self) -> Result<u64, Failure> {
        let answer = self.client.get(format!("{}/collections", self.base)).send().await?;
        Ok(answer.headers().get("platbook-revision").ok_or("no revision")?.to_str()?.parse()?)
    }
}

fn plate_of(feature: &Value) -> Option<Plate> {
    let at = feature["geometry"]["coordinates"].as_array()?;
    Some(Plate { id: feature["id"].as_u64()?, at: (at.first()?.as_f64()?, at.get(1)?.as_f64()?) })
}

/// Whether a tile shows a number on a plate.
fn shows(tile: Vec<u8>, plate: Plate, number: u64) -> Result<bool, Failure> {
    use mvt_reader::feature::Value;
    let reader = mvt_reader::Reader::new(tile).map_err(|error| format!("{error:?}"))?;
    let features = reader.get_features(0).map_err(|error| format!("{error:?}"))?;
    let found =
        features.into_iter().find(|feature| feature.id == Some(plate.id)).and_then(|feature| feature.properties);
    Ok(found.and_then(|values| values.get("number").cloned()) == Some(Value::UInt(number)))
}

/// Milliseconds at some percentiles.
fn percentiles(mut took: Vec<Duration>) -> String {
    took.sort_unstable();
    let at = |percent: usize| took.get((took.len() * percent / 100).min(took.len() - 1)).map_or(0.0, as_ms);
    format!("p50 {:.1} ms, p99 {:.1} ms, of {}", at(50), at(99), took.len())
}

fn as_ms(took: &Duration) -> f64 {
    took.as_secs_f64() * 1e3
}

/// Durable edits a second: each client writes onto plates of its own.
async fn throughput(city: &Arc<City>) -> Result<String, Failure> {
    let before = city.revision().await?;
    let (started, mut clients) = (Instant::now(), JoinSet::new());
    for client in 0..WRITERS {
        let city = Arc::clone(city);
        clients.spawn(async move {
            let mut took = Vec::new();
            for plate in city.plates.iter().skip(client).step_by(WRITERS).cycle() {
                if started.elapsed() >= RUN {
                    break;
                }
                let asked = Instant::now();
                city.edit(*plate).await?;
                took.push(asked.elapsed());
            }
            Ok::<_, Failure>(took)
        });
    }
    let mut took = Vec::new();
    while let Some(joined) = clients.join_next().await {
        took.extend(joined??);
    }
    let seconds = started.elapsed().as_secs_f64();
    let written = city.revision().await? - before;
    if written != took.len() as u64 {
        return Err(format!("{} edits were acknowledged, the log has {written}", took.len()).into());
    }
    Ok(format!("{WRITERS} clients: {:.0} durable edits a second, {}", written as f64 / seconds, percentiles(took)))
}

/// From the acknowledgement of an edit to the tile that shows it, while tiles are read.
async fn freshness(city: &Arc<City>) -> Result<String, Failure> {
    let (reads, is_over) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicBool::new(false)));
    let mut readers = JoinSet::new();
    for reader in 0..READERS {
        let (city, reads, is_over) = (Arc::clone(city), Arc::clone(&reads), Arc::clone(&is_over));
        readers.spawn(async move {
            for plate in city.plates.iter().skip(reader * 997).step_by(7).cycle() {
                if is_over.load(Ordering::Relaxed) {
                    break;
                }
                city.tile(plate.at).await?;
                reads.fetch_add(1, Ordering::Relaxed);
            }
            Ok::<_, Failure>(())
        });
    }
    let (mut acknowledged, mut shown) = (Vec::new(), Vec::new());
    let started = Instant::now();
    for (turn, plate) in city.plates.iter().step_by(3).cycle().enumerate() {
        if started.elapsed() >= RUN {
            break;
        }
        while reads.load(Ordering::Relaxed) < turn as u64 * READS_AN_EDIT {
            tokio::time::sleep(Duration::from_micros(200)).await;
        }
        let asked = Instant::now();
        let (_, number) = city.edit(*plate).await?;
        acknowledged.push(asked.elapsed());
        let asked = Instant::now();
        let tile = city.tile(plate.at).await?;
        shown.push(asked.elapsed());
        if !shows(tile, *plate, number)? {
            return Err(format!("the tile does not show plate {} with number {number}", plate.id).into());
        }
    }
    is_over.store(true, Ordering::Relaxed);
    while let Some(joined) = readers.join_next().await {
        joined??;
    }
    let rate = reads.load(Ordering::Relaxed) as f64 / RUN.as_secs_f64();
    Ok(format!(
        "beside {rate:.0} tile reads a second: edit to acknowledgement {}; acknowledgement to its tile {}",
        percentiles(acknowledged),
        percentiles(shown)
    ))
}

async fn paced_edits(city: &City) -> Result<Vec<Duration>, Failure> {
    let mut took = Vec::new();
    for (_, plate) in (0..PACED_EDITS).zip(city.plates.iter().cycle()) {
        let asked = Instant::now();
        city.edit(*plate).await?;
        took.push(asked.elapsed());
        tokio::time::sleep(PACE.saturating_sub(asked.elapsed())).await;
    }
    Ok(took)
}

/// Opens an event stream and counts what it tells.
async fn follow(address: String, opened: Arc<AtomicUsize>, events: Arc<AtomicUsize>) -> Result<(), Failure> {
    let mut socket = TcpStream::connect(&address).await?;
    let request = format!("GET /changes HTTP/1.1\r\nhost: {address}\r\naccept: text/event-stream\r\n\r\n");
    socket.write_all(request.as_bytes()).await?;
    let (mut buffer, mut line) = (vec![0; 16 << 10], Vec::new());
    let mut is_open = false;
    loop {
        let read = socket.read(&mut buffer).await?;
        if read == 0 {
            return Ok(());
        }
        if !is_open {
            is_open = true;
            opened.fetch_add(1, Ordering::Relaxed);
        }
        line.extend_from_slice(&buffer[..read]);
        let found = line.windows(6).filter(|window| *window == b"\ndata:").count();
        events.fetch_add(found, Ordering::Relaxed);
        let kept = line.len().saturating_sub(5);
        line.drain(..kept);
    }
}

/// Whether open event streams slow an edit, and whether each stream hears of each.
async fn streams(city: &Arc<City>) -> Result<String, Failure> {
    let alone = paced_edits(city).await?;
    let (opened, events) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let address = city.base.trim_start_matches("http://").to_owned();
    let mut followers = JoinSet::new();
    for _ in 0..STREAMS {
        followers.spawn(follow(address.clone(), Arc::clone(&opened), Arc::clone(&events)));
        tokio::time::sleep(Duration::from_micros(200)).await;
    }
    let end = Instant::now() + RUN;
    while opened.load(Ordering::Relaxed) < STREAMS && Instant::now() < end {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let (started, beside) = (Instant::now(), paced_edits(city).await?);
    let wanted = opened.load(Ordering::Relaxed) * PACED_EDITS as usize;
    while events.load(Ordering::Relaxed) < wanted && started.elapsed() < 6 * RUN {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let told = events.load(Ordering::Relaxed);
    let after = started.elapsed().as_secs_f64();
    followers.shutdown().await;
    Ok(format!(
        "an edit every {} ms: alone {}; beside {} open streams {}; {told} of {wanted} events told within {after:.1} s",
        PACE.as_millis(),
        percentiles(alone),
        opened.load(Ordering::Relaxed),
        percentiles(beside),
    ))
}

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let scale = std::env::args().skip(1).find(|arg| !arg.starts_with('-')).unwrap_or_else(|| SCALE.to_owned());
    let city = Arc::new(City::start(&scale).await?);
    let mut out = std::io::stdout().lock();
    writeln!(out, "{}", throughput(&city).await?)?;
    writeln!(out, "{}", freshness(&city).await?)?;
    writeln!(out, "{}", streams(&city).await?)?;
    Ok(())
}
