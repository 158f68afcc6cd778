//! Archives of tiles: PMTiles 3 and MBTiles 1.3, of any layers and zooms.

use std::fs::File;
use std::io::Write;
use std::path::Path;

use flate2::Compression as Level;
use flate2::write::GzEncoder;
use pmtiles::{Compression, PmTilesWriter, TileId, TileType};
use rayon::prelude::*;
use rusqlite::Connection;
use serde_json::json;

use crate::catalog::Layer;
use crate::catalog::tilejson::vector_layers;
use crate::domain::{Bbox, Lang, LonLat};
use crate::index::Snapshot;
use crate::tiles::{TileCoord, cover, render};

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
    /// The first zoom.
    pub min_zoom: u8,
    /// The last zoom.
    pub max_zoom: u8,
    /// Only tiles that touch this box.
    pub within: Option<Bbox>,
    /// What a tile may take at the most, bytes.
    pub budget: usize,
    /// Told how many tiles are done, and how many there are.
    pub progress: &'a (dyn Fn(usize, usize) + Sync),
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
}

/// A tile with something in it, gzipped.
struct Drawn {
    tile: TileCoord,
    bytes: Vec<u8>,
    is_thinned: bool,
}

impl Archive<'_> {
    /// Writes a PMTiles archive.
    pub fn write_pmtiles(&self, path: &Path) -> Result<ArchiveSummary, ArchiveError> {
        let mut tiles = self.tiles()?;
        let [west, south, east, north]: [f64; 4] = self.extent()?.into();
        // An archive whose tiles lie along the curve is read with the fewest requests.
        tiles.sort_by_key(|tile| id_of(*tile).map_or(u64::MAX, u64::from));
        let mut file = PmTilesWriter::new(TileType::Mvt)
            .tile_compression(Compression::Gzip)
            .precompressed(Compression::Gzip)
            .min_zoom(self.min_zoom)
            .max_zoom(self.max_zoom)
            .bounds(west, south, east, north)
            .center(f64::midpoint(west, east), f64::midpoint(south, north))
            .center_zoom(self.min_zoom)
            .metadata(self.metadata().to_string())
            .create(File::create(path)?)?;
        let summary = self.draw(&tiles, &mut |drawn| {
            let at = pmtiles::TileCoord::new(drawn.tile.zoom(), drawn.tile.column(), drawn.tile.row())?;
            Ok(file.add_tile(at, &drawn.bytes)?)
        })?;
        file.finalize()?;
        Ok(summary)
    }

    /// Writes an MBTiles archive. Its rows are counted from the south.
    pub fn write_mbtiles(&self, path: &Path) -> Result<ArchiveSummary, ArchiveError> {
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
                ("minzoom", self.min_zoom.to_string()),
                ("maxzoom", self.max_zoom.to_string()),
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
        for zoom in self.min_zoom..=self.max_zoom {
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
