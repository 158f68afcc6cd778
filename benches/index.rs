//! What the index and one tile cost by themselves, without HTTP: `cargo bench --bench index`.
//!
//! The doorplates of the demo city in memory; each figure is the median of many calls at seeded places.

use std::hint::black_box;
use std::io::Write;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Instant;

use platbook::catalog::Catalogue;
use platbook::demo::{self, Plan, Sources};
use platbook::domain::{Bbox, Feature, FeatureId, LonLat, Revision, Version};
use platbook::geodesy::world::WorldXy;
use platbook::index::{Query, Snapshot};
use platbook::tiles::{TileCoord, render};

const CALLS: usize = 2_000;
const BUDGET_BYTES: usize = 1_000_000;

const SOURCES: Sources<'static> = Sources {
    boundary: include_str!("../data/divisions/boundary.geojson"),
    townships: include_str!("../data/divisions/townships-synthetic.geojson"),
    villages: include_str!("../data/divisions/villages-2023.csv"),
    rivers: include_str!("../data/basemap/rivers.geojson"),
    places: include_str!("../data/basemap/places.geojson"),
};

fn doorplates() -> Result<Vec<Feature>, Box<dyn std::error::Error>> {
    let mut features = Vec::new();
    let mut keep = |drafts: Vec<platbook::domain::Draft>, _| {
        for content in drafts.into_iter().filter(|draft| draft.layer.as_str() == "doorplate") {
            let id = FeatureId::try_from(features.len() as u64 + 1);
            features.extend(id.ok().map(|id| Feature { id, version: Version::FIRST, revision: Revision(1), content }));
        }
        ControlFlow::Continue(())
    };
    demo::generate(&Plan { seed: 429_005, scale: 1.0 }, &SOURCES, &mut keep, &mut |_| ())?;
    Ok(features)
}

/// The median time of a call in microseconds, and the mean of what the calls counted.
fn measure(places: &[LonLat], mut call: impl FnMut(LonLat) -> usize) -> (f64, f64) {
    let mut counted = 0;
    let mut took: Vec<f64> = places
        .iter()
        .map(|&at| {
            let started = Instant::now();
            counted += black_box(call(at));
            started.elapsed().as_secs_f64() * 1e6
        })
        .collect();
    took.sort_by(f64::total_cmp);
    (took[took.len() / 2], counted as f64 / places.len() as f64)
}

fn box_around(at: LonLat, degrees: f64) -> Option<Bbox> {
    Bbox::new(at.lon() - degrees, at.lat() - degrees, at.lon() + degrees, at.lat() + degrees).ok()
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut out = std::io::stdout().lock();
    let catalogue = Arc::new(Catalogue::embedded()?);
    let features = doorplates()?;
    let count = features.len();
    // Places where there is something, scattered over the city.
    let step = (count / CALLS).max(1);
    let places: Vec<LonLat> =
        features.iter().step_by(step).filter_map(|feature| feature.content.geometry.as_point()).collect();
    let started = Instant::now();
    let snapshot = Snapshot::build(catalogue, features, Revision(1));
    writeln!(out, "build from {count} doorplates: {:.0} ms", started.elapsed().as_secs_f64() * 1e3)?;
    let layer = snapshot.catalogue().layers.iter().position(|layer| layer.id.as_str() == "doorplate").ok_or("layer")?;
    for degrees in [0.001, 0.01] {
        let (us, found) =
            measure(&places, |at| box_around(at, degrees).map_or(0, |bbox| snapshot.layer(layer).in_box(bbox).count()));
        writeln!(out, "box of {degrees}° each way, {found:.0} found: {us:.1} µs")?;
        let (us, found) = measure(&places, |at| {
            let query = Query { bbox: box_around(at, degrees), limit: 100, ..Query::default() };
            snapshot.select(layer, &query).items.len()
        });
        writeln!(out, "page of the same box, {found:.0} items: {us:.1} µs")?;
    }
    let (us, _) = measure(&places, |at| snapshot.nearest(layer, at, 10, 10_000.0).len());
    writeln!(out, "10 nearest: {us:.1} µs")?;
    for zoom in [8, 10, 12, 14, 15, 16] {
        let tile = |at: LonLat| TileCoord::holding(zoom, WorldXy::from(at));
        let (us, bytes) = measure(&places, |at| render(&snapshot, &[layer], tile(at), BUDGET_BYTES).bytes.len());
        writeln!(out, "tile of z{zoom}, {:.1} kB: {us:.1} µs", bytes / 1e3)?;
    }
    Ok(())
}
