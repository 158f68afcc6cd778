//! The order in which the city is made, and how much of it.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use crate::domain::{Draft, Intake, LayerId};

use super::DemoError;
use super::compounds::{self, REPORTED, Reported};
use super::divisions::{Divisions, Village};
use super::plane::extent;
use super::plates::Register;
use super::raster::{ROAD, Raster, WATER};
use super::roads::{Roads, width_m};
use super::sources::Sources;
use super::streets::{Lattice, in_town};
use super::water::Body;
use super::{grid, network, places, radio, rural, urban, water};

/// What to make.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Plan {
    /// Decides everything invented.
    pub seed: u64,
    /// 1 is the whole city: about 300,000 doorplates and a million features. From 0.001 to 10.
    pub scale: f64,
}

/// How far the making is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Villages finished.
    pub villages: usize,
    /// Villages in all.
    pub of: usize,
    /// Features given out so far.
    pub features: u64,
}

/// No batch is larger.
pub const LARGEST_BATCH: usize = 20_000;

/// Doorplates of the whole city at scale 1.
const PLATES: f64 = 300_000.0;

/// What every part of the making reads.
struct Ground {
    divisions: Divisions,
    lattices: Vec<Lattice>,
    roads: Roads,
    water: Vec<Body>,
    reported: Vec<Reported>,
    /// Each village's share of what the city has, together 1.
    shares: Vec<f64>,
}

/// Collects drafts and gives them out in batches.
struct Outlet<'a> {
    emit: &'a mut dyn FnMut(Vec<Draft>, Vec<Intake>) -> ControlFlow<()>,
    waiting: Vec<Draft>,
    given: u64,
}

/// Makes the city and gives it to `emit` in batches of at most [`LARGEST_BATCH`] drafts, with the
/// deliveries they came from; `progress` is told after every village. Ends early, without error,
/// when `emit` breaks.
pub fn generate(
    plan: &Plan,
    sources: &Sources,
    emit: &mut dyn FnMut(Vec<Draft>, Vec<Intake>) -> ControlFlow<()>,
    progress: &mut dyn FnMut(Progress),
) -> Result<(), DemoError> {
    if !(0.001..=10.0).contains(&plan.scale) {
        return Err(DemoError::Scale { got: plan.scale });
    }
    let ground = Ground::new(plan, sources)?;
    let mut outlet = Outlet { emit, waiting: Vec::new(), given: 0 };
    // A broken outlet is how the caller stops: nothing has gone wrong.
    make(plan, &ground, &mut outlet, progress).map(|_| ())
}

fn make(
    plan: &Plan,
    ground: &Ground,
    outlet: &mut Outlet,
    progress: &mut dyn FnMut(Progress),
) -> Result<ControlFlow<()>, DemoError> {
    let divisions = &ground.divisions;
    let mut spanning = divisions.drafts()?;
    spanning.extend(water::drafts(&ground.water, divisions)?);
    spanning.extend(ground.roads.drafts(divisions, &ground.water)?);
    spanning.extend(places::drafts(plan.seed, divisions)?);
    if outlet.take(spanning)?.is_break() || outlet.flush()?.is_break() {
        return Ok(ControlFlow::Break(()));
    }
    let mut made = 0;
    // What one village had no room for is asked of the next ones.
    let mut owed = 0.0;
    for (number, township) in divisions.townships.iter().enumerate() {
        let mut key_areas = 0;
        for village in township.villages.clone() {
            let (drafts, plates) = one_village(plan, ground, number, village, owed, &mut key_areas)?;
            owed += ground.budget(plan, village) - plates as f64;
            made += 1;
            if outlet.take(drafts)?.is_break() {
                return Ok(ControlFlow::Break(()));
            }
            progress(Progress { villages: made, of: divisions.villages.len(), features: outlet.total() });
        }
        if outlet.flush()?.is_break() {
            return Ok(ControlFlow::Break(()));
        }
    }
    if outlet.take(network::drafts(plan.seed, divisions, &ground.roads)?)?.is_break() {
        return Ok(ControlFlow::Break(()));
    }
    outlet.flush()
}

/// Everything in one village; and how many plates of its budget it has.
fn one_village(
    plan: &Plan,
    ground: &Ground,
    township_number: usize,
    number: usize,
    owed: f64,
    key_areas: &mut usize,
) -> Result<(Vec<Draft>, usize), DemoError> {
    let divisions = &ground.divisions;
    let village = &divisions.villages[number];
    let township = &divisions.townships[township_number];
    let lattice = &ground.lattices[township_number];
    let mut raster = raster(ground, village);
    let budget = (ground.budget(plan, number) + owed).round().max(2.0) as usize;
    let mut register = Register::new(plan.seed, township, village, number, budget);
    register.drafts.extend(grid::cells(village)?);
    register.drafts.push(places::population(plan.seed, divisions, village)?);
    places::institutions(&mut register)?;
    let mut reported = 0;
    if let Some(compound) = ground.reported.iter().find(|compound| compound.village == number) {
        compounds::build_reported(&mut register, &mut raster, township.streets, compound)?;
        reported = register.plates;
        register.budget += reported;
    }
    if is_in_reach(ground, township_number, village) {
        let blocks = urban::build(&mut register, &mut raster, township, lattice)?;
        places::key_areas(&mut register, township, &blocks, key_areas)?;
    }
    if !in_town(township, village.centre) || register.wanted() > 0 {
        rural::build(&mut register, &mut raster, township, plan.scale)?;
    }
    let plates = register.plates - reported;
    let mut drafts = register.drafts;
    drafts.extend(radio::stations(plan.seed, plan.scale, divisions, village, ground.shares[number], &ground.water)?);
    Ok((drafts, plates))
}

/// The village's ground with the water and the roads that cross it.
fn raster(ground: &Ground, village: &Village) -> Raster {
    let mut raster = Raster::new(&village.rings);
    let bounds = extent(village.rings.iter().flatten());
    for body in ground.water.iter().filter(|body| body.is_near(bounds)) {
        for rings in &body.polygons {
            raster.mark_area(rings, WATER);
        }
    }
    for road in ground.roads.near(bounds) {
        raster.mark_line(&road.line, width_m(road.class) / 2.0 + 2.0, ROAD);
    }
    raster
}

/// Whether the town may reach into the village.
fn is_in_reach(ground: &Ground, township: usize, village: &Village) -> bool {
    let township = &ground.divisions.townships[township];
    in_town(township, village.centre)
        || village.rings.iter().flatten().any(|&corner| in_town(township, corner))
        || super::plane::inside(&village.rings, township.seat)
}

impl Ground {
    fn new(plan: &Plan, sources: &Sources) -> Result<Self, DemoError> {
        let mut divisions = Divisions::new(plan.seed, sources)?;
        let water = water::bodies(plan.seed, sources, &divisions)?;
        divisions.keep_dry(|at| water.iter().any(|body| body.holds(at)));
        let lattices: Vec<Lattice> =
            divisions.townships.iter().map(|township| Lattice::new(plan.seed, township)).collect();
        let roads = Roads::new(plan.seed, &divisions, &lattices);
        let reported = compounds::reported(&divisions)?;
        let weight = |village: &Village| {
            let town = in_town(divisions.township_of(village), village.centre);
            match (village.kind, town) {
                ("community", true) => 2000.0,
                ("community", false) => 800.0,
                (_, true) => 900.0,
                ("village", false) => 350.0,
                _ => 150.0,
            }
        };
        let weights: Vec<f64> = divisions.villages.iter().map(weight).collect();
        let total: f64 = weights.iter().sum();
        let shares = weights.iter().map(|weight| weight / total).collect();
        Ok(Self { divisions, lattices, roads, water, reported, shares })
    }

    /// How many plates a village shall have beside those that the report counts.
    fn budget(&self, plan: &Plan, village: usize) -> f64 {
        let reported: usize = REPORTED.iter().map(|(_, plates)| plates).sum();
        (PLATES * plan.scale - reported as f64).max(0.0) * self.shares[village]
    }
}

impl Outlet<'_> {
    fn total(&self) -> u64 {
        self.given + self.waiting.len() as u64
    }

    /// Takes drafts, and gives out what fills a batch.
    fn take(&mut self, drafts: Vec<Draft>) -> Result<ControlFlow<()>, DemoError> {
        self.waiting.extend(drafts);
        while self.waiting.len() > LARGEST_BATCH {
            let rest = self.waiting.split_off(LARGEST_BATCH);
            let batch = std::mem::replace(&mut self.waiting, rest);
            if self.give(batch)?.is_break() {
                return Ok(ControlFlow::Break(()));
            }
        }
        Ok(ControlFlow::Continue(()))
    }

    fn flush(&mut self) -> Result<ControlFlow<()>, DemoError> {
        let batch = std::mem::take(&mut self.waiting);
        if batch.is_empty() { Ok(ControlFlow::Continue(())) } else { self.give(batch) }
    }

    fn give(&mut self, batch: Vec<Draft>) -> Result<ControlFlow<()>, DemoError> {
        self.given += batch.len() as u64;
        let intakes = intakes(&batch)?;
        Ok((self.emit)(batch, intakes))
    }
}

/// Who delivers each governance class, and how many per mille more records were delivered than came
/// through, and came through than can be mapped.
const DELIVERIES: [(&str, &[&str], [u64; 2]); 12] = [
    ("city", &["civil-affairs"], [0, 0]),
    ("township", &["civil-affairs"], [0, 0]),
    ("village", &["civil-affairs"], [0, 0]),
    ("unit-grid", &["urban-management"], [8, 0]),
    ("address", &["public-security", "civil-affairs"], [64, 21]),
    ("compound", &["housing"], [52, 13]),
    ("building", &["housing", "natural-resources"], [47, 18]),
    ("housing-unit", &["housing"], [83, 29]),
    ("legal-unit", &["market-supervision", "big-data-center"], [71, 34]),
    ("population", &["public-security", "health"], [0, 0]),
    ("road", &["transport", "urban-management"], [36, 9]),
    ("water", &["water-resources", "natural-resources"], [27, 11]),
];

/// The deliveries that a batch came from: a layer's records are shared out among its sources.
fn intakes(batch: &[Draft]) -> Result<Vec<Intake>, DemoError> {
    let mut counts: BTreeMap<&LayerId, u64> = BTreeMap::new();
    for draft in batch {
        *counts.entry(&draft.layer).or_default() += 1;
    }
    let mut intakes = Vec::new();
    for (layer, sources, [refused, unmapped]) in DELIVERIES {
        let layer: LayerId = layer.parse()?;
        let mappable = counts.get(&layer).copied().unwrap_or(0);
        if mappable == 0 {
            continue;
        }
        let governed = mappable + (mappable * unmapped).div_ceil(1000);
        let collected = governed + (governed * refused).div_ceil(1000);
        // The first source delivers three of four where there are two.
        let first = |all: u64| if sources.len() > 1 { all - all / 4 } else { all };
        for (place, source) in sources.iter().enumerate() {
            let part = |all: u64| if place == 0 { first(all) } else { all - first(all) };
            if part(collected) > 0 {
                intakes.push(Intake {
                    layer: layer.clone(),
                    source: (*source).to_owned(),
                    collected: part(collected),
                    governed: part(governed),
                });
            }
        }
    }
    Ok(intakes)
}
