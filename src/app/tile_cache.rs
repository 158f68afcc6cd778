//! Tiles drawn once, compressed once, kept by weight.
//!
//! A tile's key holds the newest revision that touched its cells, so an edit makes exactly the tiles
//! it touched miss, and nothing ever needs to be thrown away by hand: what no key asks for grows old.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::hash::{Hash, Hasher};
use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use libdeflater::{CompressionLvl, Compressor};
use moka::future::Cache;
use tokio::sync::Semaphore;

use crate::domain::Revision;
use crate::index::{Query, Snapshot};
use crate::tiles::{AnyTile, Faults, RenderedTile, Thinned, TileCoord, render, render_chosen};

/// The encodings a tile is kept in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Encoding {
    /// As it was drawn.
    Identity,
    /// RFC 1952.
    Gzip,
    /// RFC 8878.
    Zstd,
    /// RFC 7932.
    Brotli,
}

impl Encoding {
    /// The name in `Content-Encoding`; none for identity.
    pub const fn token(self) -> Option<&'static str> {
        match self {
            Self::Identity => None,
            Self::Gzip => Some("gzip"),
            Self::Zstd => Some("zstd"),
            Self::Brotli => Some("br"),
        }
    }
}

/// Some layers of the catalogue, by position.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct LayerSet(u128);

impl LayerSet {
    /// With one more layer. The catalogue has at most 128.
    #[must_use]
    pub const fn with(self, layer: usize) -> Self {
        Self(self.0 | 1 << layer)
    }

    /// The positions, in drawing order.
    pub fn layers(self) -> Vec<usize> {
        (0..128).filter(|layer| self.0 & 1 << layer != 0).collect()
    }
}

/// What a tile shows.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Shown {
    /// Of which layers.
    pub layers: LayerSet,
    /// Where.
    pub tile: AnyTile,
    /// Which of their features; none: all.
    pub chosen: Option<Chosen>,
}

/// A question that lets only some features into a tile. Two that are written alike are the same.
#[derive(Debug, Clone)]
pub struct Chosen {
    /// How it was asked.
    pub written: Arc<str>,
    /// What is asked of each layer; boxes, orders and bounds are not looked at.
    pub queries: Arc<BTreeMap<usize, Query>>,
}

impl PartialEq for Chosen {
    fn eq(&self, other: &Self) -> bool {
        self.written == other.written
    }
}

impl Eq for Chosen {}

impl Hash for Chosen {
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        self.written.hash(hasher);
    }
}

/// Bounds of the tile cache and of drawing.
#[derive(Debug, Clone, Copy, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TileLimits {
    /// Memory for drawn tiles, bytes.
    pub cache_bytes: u64,
    /// What one tile may take uncompressed before it is thinned, bytes.
    pub budget_bytes: usize,
    /// Tiles drawn at the same time off the async threads.
    pub concurrent: usize,
    /// Requests that may wait for one of these; more are turned away.
    pub waiting: usize,
}

impl Default for TileLimits {
    fn default() -> Self {
        let cores = std::thread::available_parallelism().map_or(2, usize::from);
        Self { cache_bytes: 256 << 20, budget_bytes: 1_000_000, concurrent: cores, waiting: 256 }
    }
}

/// A tile as it is sent.
#[derive(Debug, Clone)]
pub struct Tile {
    /// The body.
    pub bytes: Bytes,
    /// What was left out of it.
    pub thinned: Arc<[Thinned]>,
    /// Bad geometry met while drawing it.
    pub faults: Faults,
}

/// Why there is no tile.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TileError {
    /// Too many tiles are being drawn already.
    #[error("too many tiles are being drawn at the moment")]
    Busy,
    /// Drawing ended without a tile.
    #[error("the tile could not be drawn")]
    Failed,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Key {
    shown: Shown,
    revision: Revision,
    /// What of the layers was seen; 0 when they were seen whole, so that everybody who sees them whole
    /// shares a tile, and nobody else.
    view: u64,
    encoding: Encoding,
}

/// Drawn tiles.
pub struct TileCache {
    tiles: Cache<Key, Tile>,
    budget_bytes: usize,
    drawing: Arc<Semaphore>,
    waiting: AtomicUsize,
    may_wait: usize,
    drawn: AtomicUsize,
}

/// What takes no longer is drawn where the request runs.
const DRAWN_AT_ONCE_NS: usize = 500_000;

/// What it takes to draw a point, and a line or area of usual size.
const POINT_NS: usize = 30;
const OUTLINE_NS: usize = 1_000;

/// Tiles smaller than this are compressed where the request runs: about half a millisecond.
const COMPRESSED_AT_ONCE: usize = 320 << 10;

impl TileCache {
    /// An empty cache.
    pub fn new(limits: TileLimits) -> Self {
        /// What an entry takes besides its body.
        const ENTRY_BYTES: usize = 200;
        let weight = |_: &Key, tile: &Tile| u32::try_from(tile.bytes.len() + ENTRY_BYTES).unwrap_or(u32::MAX);
        Self {
            tiles: Cache::builder().max_capacity(limits.cache_bytes).weigher(weight).build(),
            budget_bytes: limits.budget_bytes,
            drawing: Arc::new(Semaphore::new(limits.concurrent.max(1))),
            waiting: AtomicUsize::new(0),
            may_wait: limits.waiting,
            drawn: AtomicUsize::new(0),
        }
    }

    /// The revision of a tile, by which it is kept and named.
    pub fn revision(snapshot: &Snapshot, shown: &Shown) -> Revision {
        shown.tile.revision(snapshot, &shown.layers.layers())
    }

    /// A number for what a snapshot shows of some layers: 0 when all of it as it is now. Tiles of an
    /// earlier time are told apart by their revision.
    pub fn view(snapshot: &Snapshot, layers: LayerSet) -> u64 {
        /// An odd number without a pattern (2^64 over the golden ratio), so that revisions scatter.
        const SCATTER: u64 = 0x9e37_79b9_7f4a_7c15;
        let seen = snapshot.sight().map_or(0, |sight| sight.digest_of(layers.layers()));
        if snapshot.is_past() { seen ^ (snapshot.revision().0 + 1).wrapping_mul(SCATTER) } else { seen }
    }

    /// A tile, drawn if need be; however many ask at once, it is drawn and compressed once.
    /// `revision` is that of [`TileCache::revision`].
    pub async fn tile(
        &self,
        snapshot: &Arc<Snapshot>,
        shown: &Shown,
        revision: Revision,
        encoding: Encoding,
    ) -> Result<Tile, TileError> {
        let view = Self::view(snapshot, shown.layers);
        let key = Key { shown: shown.clone(), revision, view, encoding };
        if let Some(tile) = self.tiles.get(&key).await {
            return Ok(tile);
        }
        let identity = Key { encoding: Encoding::Identity, ..key.clone() };
        let drawn = self
            .tiles
            .try_get_with(identity, self.draw(snapshot, shown))
            .await
            .map_err(|error: Arc<TileError>| *error)?;
        if encoding == Encoding::Identity || drawn.bytes.is_empty() {
            return Ok(drawn);
        }
        self.tiles.try_get_with(key, compress(drawn, encoding)).await.map_err(|error: Arc<TileError>| *error)
    }

    /// How many tiles have been drawn since the start.
    pub fn drawn(&self) -> usize {
        self.drawn.load(Ordering::Relaxed)
    }

    /// Bytes and entries held.
    pub fn held(&self) -> (u64, u64) {
        (self.tiles.weighted_size(), self.tiles.entry_count())
    }

    async fn draw(&self, snapshot: &Arc<Snapshot>, shown: &Shown) -> Result<Tile, TileError> {
        self.drawn.fetch_add(1, Ordering::Relaxed);
        let (layers, budget) = (shown.layers.layers(), self.budget_bytes);
        let whole = match (shown.tile, &shown.chosen) {
            (AnyTile::World(tile), None) => Some(tile),
            _ => None,
        };
        if let Some(tile) = whole.filter(|tile| takes_ns(snapshot, &layers, *tile) <= DRAWN_AT_ONCE_NS) {
            return Ok(render(snapshot, &layers, tile, budget).into());
        }
        let _permit = self.permit().await?;
        let (snapshot, shown) = (Arc::clone(snapshot), shown.clone());
        let drawn = tokio::task::spawn_blocking(move || match whole {
            Some(tile) => render(&snapshot, &layers, tile, budget),
            None => render_chosen(&snapshot, &layers, shown.tile, shown.chosen.as_ref().map(|chosen| &*chosen.queries)),
        });
        drawn.await.map(Tile::from).map_err(|_| TileError::Failed)
    }

    /// A place among those that draw; a bounded number may wait for one.
    async fn permit(&self) -> Result<tokio::sync::SemaphorePermit<'_>, TileError> {
        if let Ok(permit) = self.drawing.try_acquire() {
            return Ok(permit);
        }
        if self.waiting.fetch_add(1, Ordering::Relaxed) >= self.may_wait {
            self.waiting.fetch_sub(1, Ordering::Relaxed);
            return Err(TileError::Busy);
        }
        let permit = self.drawing.acquire().await.map_err(|_| TileError::Failed);
        self.waiting.fetch_sub(1, Ordering::Relaxed);
        permit
    }
}

/// About how long a tile takes to be drawn, nanoseconds.
fn takes_ns(snapshot: &Snapshot, layers: &[usize], tile: TileCoord) -> usize {
    let bbox = tile.bbox(0.0);
    let cells = layers.iter().flat_map(|&layer| snapshot.layer(layer).partitions(bbox)).map(|(_, cell)| cell);
    let takes = cells.map(|cell| {
        let points = cell.points().count();
        points * POINT_NS + (cell.len() - points) * OUTLINE_NS
    });
    takes.sum()
}

impl From<RenderedTile> for Tile {
    fn from(tile: RenderedTile) -> Self {
        Self { bytes: tile.bytes, thinned: tile.thinned.into(), faults: tile.faults }
    }
}

async fn compress(drawn: Tile, encoding: Encoding) -> Result<Tile, TileError> {
    let body = drawn.bytes.clone();
    let compressed = if body.len() <= COMPRESSED_AT_ONCE {
        compress_bytes(&body, encoding)
    } else {
        let compressing = tokio::task::spawn_blocking(move || compress_bytes(&body, encoding));
        compressing.await.map_err(|_| TileError::Failed)?
    };
    let bytes = compressed.map_err(|_| TileError::Failed)?.into();
    Ok(Tile { bytes, ..drawn })
}

thread_local! {
    /// One for each thread, so that its tables are not made anew for each tile.
    static GZIP: RefCell<Compressor> = RefCell::new(Compressor::new(GZIP_LEVEL));
}

/// The fastest that makes anything smaller: 0 only wraps.
const GZIP_LEVEL: CompressionLvl = match CompressionLvl::new(1) {
    Ok(level) => level,
    Err(_) => panic!("1 is a level"),
};

fn gzip_bytes(body: &[u8], gzip: &mut Compressor) -> std::io::Result<Vec<u8>> {
    let mut out = vec![0; gzip.gzip_compress_bound(body.len())];
    let written = gzip.gzip_compress(body, &mut out).map_err(std::io::Error::other)?;
    out.truncate(written);
    Ok(out)
}

/// Compresses in memory. Levels are those where time, not size, is scarce: the next ones take twice as
/// long for less than a tenth.
fn compress_bytes(body: &[u8], encoding: Encoding) -> std::io::Result<Vec<u8>> {
    const BROTLI_QUALITY: u32 = 4;
    const BROTLI_WINDOW: u32 = 20;
    const BUFFER: usize = 4096;
    match encoding {
        Encoding::Identity => Ok(body.to_vec()),
        Encoding::Gzip => GZIP.with_borrow_mut(|gzip| gzip_bytes(body, gzip)),
        Encoding::Zstd => zstd::bulk::compress(body, 1),
        Encoding::Brotli => {
            let out = Vec::with_capacity(body.len() / 3 + 64);
            let mut encoder = brotli::CompressorWriter::new(out, BUFFER, BROTLI_QUALITY, BROTLI_WINDOW);
            encoder.write_all(body)?;
            encoder.flush()?;
            Ok(encoder.into_inner())
        }
    }
}
