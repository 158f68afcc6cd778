//! Archives of tiles: PMTiles 3 and MBTiles 1.3, of any layers and zooms.

use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::str::FromStr;

use flate2::Compression as Level;
use flate2::write::GzEncoder;
use pmtiles::{Compression, PmTilesWriter, TileId, TileType};
use rayon::prelude::*;
use rusqlite::Connection;
use serde_json::json;

use crate::catalog::Layer;
use crate::catalog::tilejson::vector_layers;
use crate::domain::{Bbox, Lang, LonLat};
use crate::index::{Snapshot, Stop};
use crate::tiles::{MAX_ZOOM, TileCoord, cover, render};

/// Tiles that are drawn together: what is in memory at a time.
const TOGETHER: usize = 256;

/// Tiles of an archive at the most.
const MOST_TILES: usize = 4_000_000;

/// What is put into an archive.
pub struct Archive<'a> {
    /// The map.
    pub map: &'a Snapshot,
    /// The positions of the layers.
    pub layers: &'a [usize],
    /// The zooms.
    pub zooms: Zooms,
    /// Only tiles that touch this box.
    pub within: Option<Bbox>,
    /// What a tile may take at the most, bytes.
    pub budget: usize,
    /// Told how many tiles are done, and how many there are.
    pub progress: &'a (dyn Fn(usize, usize) + Sync),
    /// Told that nobody wants it any more.
    pub stop: Stop,
}

/// The zooms of an archive, the last one included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Zooms {
    /// The first.
    pub first: u8,
    /// The last.
    pub last: u8,
}

/// What is not two zooms.
#[derive(Debug, thiserror::Error)]
#[error("expected two zooms of 0 to {MAX_ZOOM}, such as 8-15")]
pub struct InvalidZooms;

impl Zooms {
    /// Those that layers declare.
    pub fn of<'l>(layers: impl Iterator<Item = &'l Layer>) -> Self {
        let all = layers.map(|layer| Self { first: layer.zoom.min, last: layer.zoom.max });
        let wider = |one: Self, other: Self| Self { first: one.first.min(other.first), last: one.last.max(other.last) };
        all.reduce(wider).unwrap_or(Self { first: 0, last: 0 })
    }
}

impl FromStr for Zooms {
    type Err = InvalidZooms;

    fn from_str(text: &str) -> Result<Self, InvalidZooms> {
        let (first, last) = text.split_once('-').unwrap_or((text, text));
        match (first.trim().parse(), last.trim().parse()) {
            (Ok(first), Ok(last)) if first <= last && last <= MAX_ZOOM => Ok(Self { first, last }),
            _ => Err(InvalidZooms),
        }
    }
}

/// What an archive is written as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ArchiveFormat {
    /// PMTiles 3.
    PmTiles,
    /// MBTiles 1.3.
    MbTiles,
}

/// A name that is no format of archives.
#[derive(Debug, thiserror::Error)]
#[error("expected pmtiles or mbtiles")]
pub struct UnknownArchive;

impl ArchiveFormat {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::PmTiles, Self::MbTiles];

    /// Its name, and how names of its files end.
    pub const fn name(self) -> &'static str {
        match self {
            Self::PmTiles => "pmtiles",
            Self::MbTiles => "mbtiles",
        }
    }

    /// Its media type.
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::PmTiles => "application/vnd.pmtiles",
            Self::MbTiles => "application/vnd.sqlite3",
        }
    }
}

impl FromStr for ArchiveFormat {
    type Err = UnknownArchive;

    fn from_str(name: &str) -> Result<Self, UnknownArchive> {
        Self::ALL.into_iter().find(|format| name.eq_ignore_ascii_case(format.name())).ok_or(UnknownArchive)
    }
}

/// What an archive came to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ArchiveSummary {
    /// Tiles with something in them.
    pub tiles: u64,
    /// Tiles that had to leave features out.
    pub thinned: u64,
}

/// Why there is no archive.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    /// The file cannot be written.
    #[error(transparent)]
    Io(#[from] std::io::Error),
    /// The library of PMTiles.
    #[error("the PMTiles archive cannot be written: {0}")]
    PmTiles(#[from] pmtiles::PmtError),
    /// SQLite.
    #[error("the MBTiles archive cannot be written: {0}")]
    MbTiles(#[from] rusqlite::Error),
    /// There is nothing in these layers.
    #[error("the layers have no features there")]
    Empty,
    /// Too many tiles.
    #[error("zoom {zoom} alone would take this archive beyond {MOST_TILES} tiles; choose a smaller last zoom or a box")]
    TooMany {
        /// The zoom.
        zoom: u8,
    },
    /// Nobody wants it any more.
    #[error("nobody waits for this archive any more")]
    Stopped,
}

/// A tile with something in it, gzipped.
struct Drawn {
    tile: TileCoord,
    bytes: Vec<u8>,
    is_thinned: bool,
}

impl Archive<'_> {
    /// Writes it into a file.
    pub fn write(&self, format: ArchiveFormat, path: &Path) -> Result<ArchiveSummary, ArchiveError> {
        match format {
            ArchiveFormat::PmTiles => self.write_pmtiles(path),
            ArchiveFormat::MbTiles => self.write_mbtiles(path),
        }
    }

    fn write_pmtiles(&self, path: &Path) -> Result<ArchiveSummary, ArchiveError> {
        let mut tiles = self.tiles()?;
        let [west, south, east, north]: [f64; 4] = self.extent()?.into();
        // An archive whose tiles lie along the curve is read with the fewest requests.
        tiles.sort_by_key(|tile| id_of(*tile).map_or(u64::MAX, u64::from));
        let mut file = PmTilesWriter::new(TileType::Mvt)
            .tile_compression(Compression::Gzip)
            .precompressed(Compression::Gzip)
            .min_zoom(self.zooms.first)
            .max_zoom(self.zooms.last)
            .bounds(west, south, east, north)
            .center(f64::midpoint(west, east), f64::midpoint(south, north))
            .center_zoom(self.zooms.first)
            .metadata(self.metadata().to_string())
            .create(File::create(path)?)?;
        let summary = self.draw(&tiles, &mut |drawn| {
            let at = pmtiles::TileCoord::new(drawn.tile.zoom(), drawn.tile.column(), drawn.tile.row())?;
            Ok(file.add_tile(at, &drawn.bytes)?)
        })?;
        file.finalize()?;
        Ok(summary)
    }

    /// The rows of MBTiles are counted from the south.
    fn write_mbtiles(&self, path: &Path) -> Result<ArchiveSummary, ArchiveError> {
        let tiles = self.tiles()?;
        let extent = self.extent()?;
        // What stood there is another archive.
        File::create(path)?;
        let mut database = Connection::open(path)?;
        database.execute_batch(
            "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA application_id = 0x4d504258;",
        )?;
        let all = database.transaction()?;
        all.execute_batch(
            "CREATE TABLE metadata (name TEXT, value TEXT);
             CREATE TABLE tiles (zoom_level INTEGER, tile_column INTEGER, tile_row INTEGER, tile_data BLOB);",
        )?;
        let summary = {
            let mut keep = all.prepare("INSERT INTO metadata VALUES (?1, ?2)")?;
            let metadata = self.metadata();
            for (name, value) in [
                ("name", metadata["name"].as_str().unwrap_or_default().to_owned()),
                ("format", "pbf".to_owned()),
                ("bounds", extent.to_string()),
                ("minzoom", self.zooms.first.to_string()),
                ("maxzoom", self.zooms.last.to_string()),
                ("attribution", metadata["attribution"].as_str().unwrap_or_default().to_owned()),
                ("type", "overlay".to_owned()),
                ("json", json!({ "vector_layers": metadata["vector_layers"] }).to_string()),
            ] {
                keep.execute((name, value))?;
            }
            let mut insert = all.prepare("INSERT INTO tiles VALUES (?1, ?2, ?3, ?4)")?;
            self.draw(&tiles, &mut |drawn| {
                let (zoom, column) = (drawn.tile.zoom(), drawn.tile.column());
                let from_south = (1_u32 << zoom) - 1 - drawn.tile.row();
                insert.execute((zoom, column, from_south, &drawn.bytes))?;
                Ok(())
            })?
        };
        all.execute_batch("CREATE UNIQUE INDEX tile_index ON tiles (zoom_level, tile_column, tile_row);")?;
        all.commit()?;
        Ok(summary)
    }

    fn extent(&self) -> Result<Bbox, ArchiveError> {
        let all = self.layers.iter().filter_map(|&layer| self.map.extent(layer)).reduce(Bbox::union);
        let extent = all.ok_or(ArchiveError::Empty)?;
        self.within.map_or(Some(extent), |within| extent.common(within)).ok_or(ArchiveError::Empty)
    }

    /// The tiles that may have something in them.
    fn tiles(&self) -> Result<Vec<TileCoord>, ArchiveError> {
        let mut tiles = Vec::new();
        let extent = self.extent()?;
        for zoom in self.zooms.first..=self.zooms.last {
            // Counted before they are listed: a deep zoom has more than memory holds.
            if tiles.len() as u64 + count(extent, zoom) > MOST_TILES as u64 {
                return Err(ArchiveError::TooMany { zoom });
            }
            tiles.extend(cover(&[extent], zoom, zoom, MOST_TILES).tiles);
        }
        Ok(tiles)
    }

    fn metadata(&self) -> serde_json::Value {
        let layers: Vec<&Layer> = self.layers.iter().map(|&layer| &self.map.catalogue().layers[layer]).collect();
        json!({
            "name": layers.iter().map(|layer| layer.title.zh.as_str()).collect::<Vec<_>>().join(" · "),
            "attribution": self.map.attribution(self.layers.iter().copied(), Lang::Zh),
            "vector_layers": vector_layers(layers.iter().copied(), Lang::Zh),
            "revision": self.map.revision(),
        })
    }

    /// Draws tiles in their order, on all cores, and gives those with something in them on.
    fn draw(
        &self,
        tiles: &[TileCoord],
        keep: &mut dyn FnMut(Drawn) -> Result<(), ArchiveError>,
    ) -> Result<ArchiveSummary, ArchiveError> {
        let mut summary = ArchiveSummary::default();
        let mut done = 0;
        for some in tiles.chunks(TOGETHER) {
            if self.stop.is_told() {
                return Err(ArchiveError::Stopped);
            }
            let drawn: Vec<Drawn> =
                some.par_iter().filter_map(|tile| self.draw_one(*tile).transpose()).collect::<Result<_, _>>()?;
            for one in drawn {
                summary.tiles += 1;
                summary.thinned += u64::from(one.is_thinned);
                keep(one)?;
            }
            done += some.len();
            (self.progress)(done, tiles.len());
        }
        Ok(summary)
    }

    fn draw_one(&self, tile: TileCoord) -> Result<Option<Drawn>, ArchiveError> {
        let rendered = render(self.map, self.layers, tile, self.budget);
        if rendered.bytes.is_empty() {
            return Ok(None);
        }
        let mut packed = GzEncoder::new(Vec::new(), Level::default());
        packed.write_all(&rendered.bytes)?;
        Ok(Some(Drawn { tile, bytes: packed.finish()?, is_thinned: !rendered.thinned.is_empty() }))
    }
}

/// How many tiles of a zoom touch a box, the ones beside it included.
fn count(bbox: Bbox, zoom: u8) -> u64 {
    let at = |lon, lat| LonLat::new(lon, lat).map(|at| TileCoord::holding(zoom, at.into()));
    let (Ok(first), Ok(last)) = (at(bbox.west(), bbox.north()), at(bbox.east(), bbox.south())) else { return u64::MAX };
    let along = |first: u32, last: u32| u64::from(last.saturating_sub(first)) + 3;
    along(first.column(), last.column()) * along(first.row(), last.row())
}

fn id_of(tile: TileCoord) -> Option<TileId> {
    pmtiles::TileCoord::new(tile.zoom(), tile.column(), tile.row()).ok().map(TileId::from)
}
