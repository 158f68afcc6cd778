//! Prints, made by a real Chromium of a tiny page that keeps the contract of docs/PRINT.md.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use platbook::print::{Format, Orientation, Paper, PrintError, Printer, Settings, Sheet};
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use crate::support::{TestApp, grant};

/// Where Debian has it; `scripts/install chromium` puts it there.
const CHROMIUM: &str = "/usr/bin/chromium";

/// What a page is to do, told in its address as `#do=…`.
const PAGE: &str = r"<!doctype html><html lang=zh><meta charset=utf-8><title>print</title>
<style>body { margin: 0; font: 20px sans-serif } #sheet { width: 100vw; height: 100vh; background: #123456; color: white }</style>
<div id=sheet></div><script>
const { dataset } = document.documentElement;
const asked = new URLSearchParams(location.search);
const hash = decodeURIComponent(location.hash);
sheet.textContent = `潜江市 ${asked.get('title')} ${asked.get('paper')} ${hash} ${JSON.stringify(platbookPrint.state)}`;
if (hash === '#fail') dataset.printFailed = '没有这个图层';
else if (hash === '#hang') setInterval(() => {}, 1000);
else if (hash === '#out') fetch(asked.get('title')).then(() => dataset.printFailed = 'it got out', () => dataset.printReady = 'yes');
else fetch('/token', { headers: platbookPrint.token ? { Authorization: `Bearer ${platbookPrint.token}` } : {} })
  .then(() => setTimeout(() => dataset.printReady = 'yes', 300));
</script></html>";

/// A server of the tiny page; it keeps the heads of what it is asked.
struct Pages {
    at: SocketAddr,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Pages {
    async fn serve() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let at = listener.local_addr().unwrap();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let heads = Arc::clone(&asked);
        tokio::spawn(async move {
            while let Ok((mut socket, _)) = listener.accept().await {
                let heads = Arc::clone(&heads);
                tokio::spawn(async move {
                    let mut head = vec![0; 16 << 10];
                    let read = socket.read(&mut head).await.unwrap_or(0);
                    let head = String::from_utf8_lossy(&head[..read]).into_owned();
                    let status = if head.starts_with("GET /missing") { "404 Not Found" } else { "200 OK" };
                    heads.lock().unwrap().push(head);
                    let answer = format!(
                        "HTTP/1.1 {status}\r\nContent-Type: text/html; charset=utf-8\r\nConnection: close\r\n\
                         Content-Length: {}\r\n\r\n{PAGE}",
                        PAGE.len()
                    );
                    let _ = socket.write_all(answer.as_bytes()).await;
                });
            }
        });
        Self { at, asked }
    }

    /// The token that came with the page's request.
    fn token(&self) -> Option<String> {
        let asked = self.asked.lock().unwrap();
        let head = asked.iter().rev().find(|head| head.starts_with("GET /token"))?;
        let line = head.lines().find(|line| line.to_lowercase().starts_with("authorization: bearer "))?;
        line.split(' ').nth(2).map(str::to_owned)
    }
}

/// The tests run as root in containers, where Chromium has no sandbox.
fn settings() -> Settings {
    assert!(PathBuf::from(CHROMIUM).exists(), "{CHROMIUM} is missing: scripts/install chromium");
    Settings { chromium: Some(CHROMIUM.into()), sandbox: false, ..Settings::default() }
}

fn sheet(page: &str) -> Sheet {
    Sheet {
        page: page.to_owned(),
        token: None,
        state: None,
        paper: Paper::A4,
        orientation: Orientation::Landscape,
        dpi: 96,
        format: Format::Pdf,
    }
}

/// A process: its group, its state, its command line.
fn processes() -> Vec<(u32, char, String)> {
    let entries = std::fs::read_dir("/proc").unwrap().filter_map(Result::ok);
    let processes = entries.filter_map(|entry| {
        let stat = std::fs::read_to_string(entry.path().join("stat")).ok()?;
        // After the name, which may hold anything: state, parent, group.
        let mut fields = stat.rsplit_once(") ")?.1.split(' ');
        let (state, group) = (fields.next()?.chars().next()?, fields.nth(1)?.parse().ok()?);
        let line = std::fs::read(entry.path().join("cmdline")).ok()?;
        Some((group, state, String::from_utf8_lossy(&line).into_owned()))
    });
    processes.collect()
}

/// The groups of browsers that print into a profile of ours.
fn groups(profiles: &BTreeSet<String>) -> BTreeSet<u32> {
    let is_ours = |line: &str| profiles.iter().any(|profile| line.contains(profile.as_str()));
    processes().into_iter().filter(|(_, _, line)| is_ours(line)).map(|(group, ..)| group).collect()
}

fn is_alive(group: u32) -> bool {
    processes().iter().any(|(of, state, _)| *of == group && *state != 'Z')
}

fn profiles() -> BTreeSet<String> {
    let entries = std::fs::read_dir(std::env::temp_dir()).unwrap().filter_map(Result::ok);
    let names = entries.map(|entry| entry.file_name().to_string_lossy().into_owned());
    names.filter(|name| name.starts_with("platbook-print-")).collect()
}

/// The width and height that a PNG says it has, pixels.
fn pixels(png: &[u8]) -> (u32, u32) {
    assert!(png.starts_with(b"\x89PNG\r\n\x1a\n"));
    let number = |at: usize| u32::from_be_bytes(png[at..at + 4].try_into().unwrap());
    (number(16), number(20))
}

/// The size of a PDF's first page, points.
fn points(pdf: &[u8]) -> (f64, f64) {
    assert!(pdf.starts_with(b"%PDF-"));
    let text = String::from_utf8_lossy(pdf);
    let at = text.find("/MediaBox [").expect("a page has a size") + "/MediaBox [".len();
    let numbers: Vec<f64> =
        text[at..].split(']').next().unwrap().split_whitespace().map(|number| number.parse().unwrap()).collect();
    (numbers[2], numbers[3])
}

#[tokio::test(flavor = "multi_thread")]
async fn a_print_has_the_size_of_its_sheet() {
    let pages = Pages::serve().await;
    let printer = Printer::new(settings(), pages.at);
    let pdf = printer.print(sheet("/print.html?paper=A4#12/30.4"), false).await.unwrap();
    let (width, height) = points(&pdf);
    assert!((width - 841.9).abs() < 1.0 && (height - 595.3).abs() < 1.0, "A4 flat: {width} × {height}");
    let upright = Sheet { paper: Paper::A3, orientation: Orientation::Portrait, ..sheet("/print.html") };
    let (width, height) = points(&printer.print(upright, false).await.unwrap());
    assert!((width - 841.9).abs() < 1.0 && (height - 1190.6).abs() < 1.0, "A3 upright: {width} × {height}");
    let png = Sheet { format: Format::Png, dpi: 300, ..sheet("/print.html") };
    let (width, height) = pixels(&printer.print(png, false).await.unwrap());
    assert!(width.abs_diff(3508) < 4 && height.abs_diff(2480) < 4, "A4 at 300 dpi: {width} × {height}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_cannot_be_printed_says_why() {
    let pages = Pages::serve().await;
    let printer = Printer::new(settings(), pages.at);
    let told = printer.print(sheet("/print.html#fail"), false).await.unwrap_err();
    assert!(matches!(&told, PrintError::Page(why) if why == "没有这个图层"), "{told}");
    let told = printer.print(sheet("/missing.html"), false).await.unwrap_err();
    assert!(matches!(&told, PrintError::Page(why) if why.contains("404")), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_browser_reaches_its_server_and_nothing_else() {
    let (pages, other) = (Pages::serve().await, Pages::serve().await);
    let printer = Printer::new(settings(), pages.at);
    for address in [format!("http://{}/", other.at), format!("http://localhost:{}/", other.at.port())] {
        let page = format!("/print.html?title={address}#out");
        printer.print(sheet(&page), false).await.unwrap();
    }
    assert!(other.asked.lock().unwrap().is_empty(), "{:?}", other.asked.lock().unwrap());
    assert!(pages.asked.lock().unwrap().iter().any(|head| head.starts_with("GET /print.html")));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_browser_ends_when_time_is_up_or_nobody_waits() {
    let pages = Pages::serve().await;
    let before = profiles();
    let printer = Arc::new(Printer::new(Settings { timeout_s: 3, concurrent: 1, ..settings() }, pages.at));
    let told = printer.print(sheet("/print.html#hang"), false).await.unwrap_err();
    assert!(matches!(told, PrintError::TimedOut(3)), "{told}");
    // A print that is under way takes the one seat; dropped, it gives it back.
    let busy = Arc::new(Printer::new(Settings { concurrent: 1, ..settings() }, pages.at));
    let hanging = Arc::clone(&busy);
    let waiting = tokio::spawn(async move { hanging.print(sheet("/print.html#hang"), false).await });
    let until = async |wanted: &dyn Fn() -> bool| {
        let end = Instant::now() + Duration::from_secs(20);
        while !wanted() && Instant::now() < end {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        wanted()
    };
    let asked = || pages.asked.lock().unwrap().iter().filter(|head| head.starts_with("GET /print.html")).count() >= 2;
    assert!(until(&asked).await, "the second page is open");
    let running: BTreeSet<String> = profiles().difference(&before).cloned().collect();
    let groups = groups(&running);
    assert!(groups.iter().any(|group| is_alive(*group)), "{running:?}");
    assert!(matches!(busy.print(sheet("/print.html"), false).await, Err(PrintError::Busy)));
    waiting.abort();
    assert!(until(&|| !groups.iter().any(|group| is_alive(*group))).await, "its whole group has ended");
    assert!(until(&|| profiles().is_disjoint(&running)).await, "nothing of it stays on the disk");
    assert!(busy.print(sheet("/print.html"), false).await.is_ok());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_printed_is_seen_with_the_eyes_of_who_asks() {
    let pages = Pages::serve().await;
    let server = TestApp::printing(settings(), pages.at).await;
    let bearer = server.bearer("zoe", vec![grant("viewer", Some(&["network-node"]), "429005")]).await;
    let headers = [("authorization", bearer.as_str()), ("accept-language", "en")];
    let path = "/print?state=12%2F30.4%2F112.8%3Fl%3Dnetwork-node&paper=A3&title=%E7%BD%91%E7%BB%9C&dpi=96&scale=5000";
    let answer = server.ask("GET", path, &headers).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(answer.header("content-type"), "application/pdf");
    assert_eq!(answer.header("cache-control"), "no-store");
    let (width, height) = points(&answer.body);
    assert!((width - 1190.6).abs() < 1.0 && (height - 841.9).abs() < 1.0, "A3 flat: {width} × {height}");
    let token = pages.token().expect("the page was given a token");
    assert!(token.starts_with("pbv_"), "not what who asks came with");
    let by = [("authorization", format!("Bearer {token}"))];
    let by = [("authorization", by[0].1.as_str())];
    server.ask("GET", "/collections/network-node/items", &by).await.problem(401, "token.unknown");
    let told = pages.asked.lock().unwrap().join("\n");
    assert!(
        told.contains("GET /print.html?paper=A3&orientation=landscape&dpi=96&format=pdf&lang=en&scale=5000&title=%E7")
    );
    assert!(!told.contains(bearer.trim_start_matches("Bearer ")), "the token of who asks goes nowhere");
    // Nobody has no token; a view token is its own.
    assert_eq!(
        server.ask("GET", "/print?state=12/30/112&format=png&dpi=72", &[]).await.header("content-type"),
        "image/png"
    );
    assert_eq!(pages.token(), None);
    let view = json!({ "layers": ["network-node"], "minutes": 5 });
    let view = server.send("POST", "/view-tokens", &headers[..1], Some(&view)).await.json();
    let view = format!("Bearer {}", view["token"].as_str().unwrap());
    assert_eq!(server.ask("GET", "/print?state=x", &[("authorization", &view)]).await.status, 200);
    assert_eq!(pages.token().map(|token| format!("Bearer {token}")), Some(view));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_saved_view_is_printed_by_its_id() {
    let pages = Pages::serve().await;
    let server = TestApp::printing(settings(), pages.at).await;
    let bearer = server.bearer("zoe", vec![grant("viewer", None, "429005")]).await;
    let headers = [("authorization", bearer.as_str())];
    let view = json!({ "kind": "view", "title": "x", "audience": "mine", "state": { "failing": false } });
    let id = server.send("POST", "/views", &headers, Some(&view)).await.json();
    let path = format!("/print?view={}", id["id"].as_str().unwrap());
    assert_eq!(server.ask("GET", &path, &headers).await.status, 200);
    server.get(&path).await.problem(404, "view.not_found");
}

#[tokio::test]
async fn without_a_browser_it_is_said_what_to_install() {
    let server = TestApp::guarded().await;
    let told = server.get("/print?state=12/30.4/112.8").await.problem(501, "print.no_browser");
    assert!(told["detail"].as_str().unwrap().contains("apt install chromium"), "{told}");
    for (query, parameter) in [
        ("", "state"),
        ("state=x&view=k3v9mq2xw7ha", "state"),
        ("state=x&paper=A5", "paper"),
        ("state=x&orientation=round", "orientation"),
        ("state=x&format=svg", "format"),
        ("state=x&dpi=301", "dpi"),
        ("state=x&scale=1", "scale"),
        ("state=x&sale=1", "sale"),
    ] {
        let told = server.get(&format!("/print?{query}")).await.problem(400, "parameter.invalid");
        assert_eq!(told["parameter"], parameter, "{query}: {told}");
    }
}
