//! Making a demo city for the tests to look at.

use std::ops::ControlFlow;
use std::sync::OnceLock;

use platbook::demo::{Plan, Progress, Sources, generate};
use platbook::domain::{Draft, Intake};

/// The committed data files.
pub(super) fn sources() -> Sources<'static> {
    Sources {
        boundary: include_str!("../../../data/divisions/boundary.geojson"),
        townships: include_str!("../../../data/divisions/townships-synthetic.geojson"),
        villages: include_str!("../../../data/divisions/villages-2023.csv"),
        rivers: include_str!("../../../data/basemap/rivers.geojson"),
        places: include_str!("../../../data/basemap/places.geojson"),
    }
}

/// A whole city in memory.
pub(super) struct Made {
    pub(super) drafts: Vec<Draft>,
    pub(super) intakes: Vec<Intake>,
    pub(super) largest_batch: usize,
    pub(super) progress: Vec<Progress>,
}

pub(super) fn make(seed: u64, scale: f64) -> Made {
    let mut made = Made { drafts: Vec::new(), intakes: Vec::new(), largest_batch: 0, progress: Vec::new() };
    let (mut drafts, mut intakes, mut progress) = (Vec::new(), Vec::new(), Vec::new());
    let mut largest = 0;
    let mut emit = |batch: Vec<Draft>, came_from: Vec<Intake>| {
        largest = largest.max(batch.len());
        drafts.extend(batch);
        intakes.extend(came_from);
        ControlFlow::Continue(())
    };
    generate(&Plan { seed, scale }, &sources(), &mut emit, &mut |at| progress.push(at)).unwrap();
    made.drafts = drafts;
    made.intakes = intakes;
    made.progress = progress;
    made.largest_batch = largest;
    made
}

/// The small city, made once for all tests.
pub(super) fn small() -> &'static Made {
    static SMALL: OnceLock<Made> = OnceLock::new();
    SMALL.get_or_init(|| make(429005, 0.02))
}

impl Made {
    pub(super) fn of<'a>(&'a self, layer: &'a str) -> impl Iterator<Item = &'a Draft> {
        self.drafts.iter().filter(move |draft| draft.layer.as_str() == layer)
    }

    /// A digest of every byte that a store would be given.
    pub(super) fn digest(&self) -> u64 {
        let mut hasher = xxhash_rust::xxh3::Xxh3::new();
        for draft in &self.drafts {
            hasher.update(serde_json::to_string(draft).unwrap().as_bytes());
        }
        hasher.update(serde_json::to_string(&self.intakes).unwrap().as_bytes());
        hasher.digest()
    }
}

/// A text property.
pub(super) fn text<'a>(draft: &'a Draft, name: &str) -> &'a str {
    draft.properties.get(name).and_then(|value| value.as_str()).unwrap_or("")
}
