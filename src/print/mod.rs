//! Prints: a page of the web app as PDF or PNG, made by a Chromium that runs for it alone.
//!
//! It must know nothing of the map: what is printed, and with whose eyes, is said by the page and the token that
//! it is given. The browser reaches this server and nothing else, has a profile of its own that is removed after,
//! and ends with its whole process group when the print is done, takes too long, or nobody waits for it any more.

mod browser;
mod page;

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::sync::Semaphore;

use browser::Leash;
pub use page::PageFault;

/// Millimetres of an inch.
const INCH_MM: f64 = 25.4;

/// Pixels of an inch, as style sheets count them.
const CSS_DPI: f64 = 96.0;

/// The names under which the browser is looked for.
const NAMES: [&str; 5] = ["chromium", "chromium-browser", "google-chrome-stable", "google-chrome", "headless_shell"];

/// How prints are made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// The browser; none: the Chromium or Chrome on the PATH, if there is one.
    pub chromium: Option<PathBuf>,
    /// Whether the browser keeps its pages in its own sandbox. It cannot as root: switch it off where the server
    /// runs as root in a container.
    pub sandbox: bool,
    /// Prints that are made at the same time; more are turned away with 503.
    pub concurrent: usize,
    /// How long one may take, seconds.
    pub timeout_s: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Self { chromium: None, sandbox: true, concurrent: 2, timeout_s: 60 }
    }
}

/// A sheet of paper (ISO 216).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Paper {
    /// 210 × 297 mm.
    A4,
    /// 297 × 420 mm.
    A3,
    /// 420 × 594 mm.
    A2,
}

impl Paper {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::A4, Self::A3, Self::A2];

    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::A4 => "A4",
            Self::A3 => "A3",
            Self::A2 => "A2",
        }
    }

    /// Its short and its long side, millimetres.
    const fn sides_mm(self) -> (f64, f64) {
        match self {
            Self::A4 => (210.0, 297.0),
            Self::A3 => (297.0, 420.0),
            Self::A2 => (420.0, 594.0),
        }
    }
}

/// How the sheet lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Orientation {
    /// The long side upright.
    Portrait,
    /// The long side flat.
    Landscape,
}

impl Orientation {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Portrait, Self::Landscape];

    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Portrait => "portrait",
            Self::Landscape => "landscape",
        }
    }
}

/// What a print is made as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// With text as text.
    Pdf,
    /// A picture.
    Png,
}

impl Format {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Pdf, Self::Png];

    /// Its name, which is the ending of its files.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pdf => "pdf",
            Self::Png => "png",
        }
    }

    /// Its media type.
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Pdf => "application/pdf",
            Self::Png => "image/png",
        }
    }
}

/// A text that is none of the names.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("it is none of the names")]
pub struct UnknownName;

macro_rules! names {
    ($($kind:ident),*) => {
        $(impl FromStr for $kind {
            type Err = UnknownName;

            fn from_str(text: &str) -> Result<Self, UnknownName> {
                Self::ALL.into_iter().find(|one| one.name() == text).ok_or(UnknownName)
            }
        })*
    };
}

names!(Paper, Orientation, Format);

/// One print.
#[derive(Debug, Clone)]
pub struct Sheet {
    /// The page, from the server's root on: `/print.html?…#…`.
    pub page: String,
    /// What the page reads with; none: what everybody may.
    pub token: Option<Secret>,
    /// What the page is to show, where the address does not say it.
    pub state: Option<Value>,
    /// The sheet.
    pub paper: Paper,
    /// How it lies.
    pub orientation: Orientation,
    /// Pixels of an inch: of all in a PNG, of the map in a PDF.
    pub dpi: u16,
    /// What it is made as.
    pub format: Format,
}

impl Sheet {
    /// Width and height, millimetres.
    fn size_mm(&self) -> (f64, f64) {
        let (short, long) = self.paper.sides_mm();
        match self.orientation {
            Orientation::Portrait => (short, long),
            Orientation::Landscape => (long, short),
        }
    }
}

/// A token that stands in no log.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(pub String);

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// Why there is no print.
#[derive(Debug, thiserror::Error)]
pub enum PrintError {
    /// There is no browser.
    #[error("no Chromium is installed, or it is not on the PATH")]
    NoBrowser,
    /// As root it has no sandbox.
    #[error("as root the browser has no sandbox, and `print.sandbox` asks for it")]
    NoSandbox,
    /// Enough are being made.
    #[error("enough prints are being made")]
    Busy,
    /// It took too long.
    #[error("the print was not ready after {0} seconds")]
    TimedOut(u64),
    /// The page says that it cannot be printed, or is not there.
    #[error("the page cannot be printed: {0}")]
    Page(String),
    /// The browser failed.
    #[error("the browser failed: {0}")]
    Browser(String),
}

/// Makes prints.
#[derive(Debug)]
pub struct Printer {
    settings: Settings,
    chromium: Option<PathBuf>,
    /// Where the page is, as the browser reaches it: `http://127.0.0.1:7171`.
    base: String,
    seats: Arc<Semaphore>,
    /// Those who did not sign in have half of the seats, so that they keep nobody else from printing.
    seats_of_nobody: Arc<Semaphore>,
}

impl Printer {
    /// A printer of pages that a server at an address serves.
    pub fn new(settings: Settings, listens_at: SocketAddr) -> Self {
        let chromium = settings.chromium.clone().or_else(on_the_path);
        let seats = |count: usize| Arc::new(Semaphore::new(count.clamp(1, Semaphore::MAX_PERMITS)));
        Self {
            chromium: chromium.filter(|path| path.is_file()),
            base: format!("http://{}", reached_at(listens_at)),
            seats: seats(settings.concurrent),
            seats_of_nobody: seats(settings.concurrent / 2),
            settings,
        }
    }

    /// How long a print may take.
    pub const fn patience(&self) -> Duration {
        Duration::from_secs(self.settings.timeout_s)
    }

    /// Whether there is what makes prints; asked before anything is done for one.
    pub fn is_ready(&self) -> Result<(), PrintError> {
        if self.chromium.is_none() {
            return Err(PrintError::NoBrowser);
        }
        if self.settings.sandbox && rustix::process::geteuid().is_root() {
            return Err(PrintError::NoSandbox);
        }
        Ok(())
    }

    /// Makes a print. Who drops the future ends the browser.
    pub async fn print(&self, sheet: Sheet, is_for_nobody: bool) -> Result<Vec<u8>, PrintError> {
        self.is_ready()?;
        let chromium = self.chromium.clone().ok_or(PrintError::NoBrowser)?;
        let seat = |of: &Arc<Semaphore>| Arc::clone(of).try_acquire_owned().map_err(|_| PrintError::Busy);
        let of_nobody = is_for_nobody.then(|| seat(&self.seats_of_nobody)).transpose()?;
        let seat = seat(&self.seats)?;
        let leash = Leash::default();
        let _held = leash.held();
        let start = browser::Start {
            chromium,
            base: self.base.clone(),
            sandbox: self.settings.sandbox,
            ends: Instant::now() + self.patience(),
        };
        let timed_out = self.settings.timeout_s;
        let working = tokio::task::spawn_blocking(move || {
            // The seat is free when the browser is gone, not when nobody waits for it any more.
            let _seats = (seat, of_nobody);
            let mut browser = browser::Browser::start(&start, &leash)?;
            page::print(&mut browser, &start.base, &sheet)
        });
        let printed = working.await.map_err(|error| PrintError::Browser(error.to_string()))?;
        printed.map_err(|fault| match fault {
            PageFault::TimedOut => PrintError::TimedOut(timed_out),
            PageFault::Page(why) => PrintError::Page(why),
            PageFault::Browser(why) => PrintError::Browser(why),
        })
    }
}

fn on_the_path() -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    let folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
    let is_there = |name: &&str| folders.iter().map(|folder| folder.join(Path::new(name))).find(|file| file.is_file());
    NAMES.iter().find_map(is_there)
}

/// Where a program on this machine reaches who listens at an address.
fn reached_at(listens_at: SocketAddr) -> SocketAddr {
    let host = match listens_at.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(host, listens_at.port())
}
