//! Residential compounds (小区): rows of slab buildings with units and flats.

use crate::domain::Draft;

use super::DemoError;
use super::divisions::{Divisions, clearance};
use super::draft::draft;
use super::plane::{Frame, Pt, polygon_geometry};
use super::plates::{Register, Spot};
use super::raster::{BUILT, Raster};
use super::streets::in_town;

/// The compounds of the report and their plates: 2,279 together, all mounted.
pub(super) const REPORTED: [(&str, usize); 2] = [("碧桂园珑悦", 1288), ("中润金桥郡", 991)];
/// The township they stand in: 园林街道.
const REPORTED_IN: u64 = 429005001;
/// Their sides, metres: along the streets' frame and across it.
const REPORTED_M: (f64, f64) = (400.0, 300.0);
/// Depth of a slab building and the space around it, metres.
const DEPTH_M: f64 = 13.0;
const SPACE_M: f64 = 25.0;

/// A rectangle of ground for a compound.
pub(super) struct Ground<'a> {
    pub(super) frame: Frame,
    pub(super) along: f64,
    pub(super) across: f64,
    pub(super) length: f64,
    pub(super) width: f64,
    pub(super) name: &'a str,
    pub(super) group: u32,
}

/// Where a compound of the report stands: which one, in which village.
pub(super) struct Reported {
    pub(super) village: usize,
    pub(super) which: usize,
    at: Pt,
}

/// Finds room for the two compounds of the report: in two villages of the town, off its main streets.
pub(super) fn reported(divisions: &Divisions) -> Result<Vec<Reported>, DemoError> {
    let room =
        || DemoError::Room { what: "the compounds 碧桂园珑悦 and 中润金桥郡 in 园林街道".to_owned() };
    let township = divisions.townships.iter().find(|t| t.code.number() == REPORTED_IN).ok_or_else(room)?;
    let mut fits: Vec<(f64, usize)> = Vec::new();
    for number in township.villages.clone() {
        let village = &divisions.villages[number];
        let (along, across) = township.streets.of(village.centre);
        let off_main = along.abs() > REPORTED_M.0 / 2.0 + 30.0 && across.abs() > REPORTED_M.1 / 2.0 + 30.0;
        let corners = township.streets.rectangle(along, across, REPORTED_M.0 + 30.0, REPORTED_M.1 + 30.0);
        let free = clearance(&village.rings, village.centre);
        let whole = corners.iter().all(|&corner| divisions.at(corner).is_some_and(|v| v.code == village.code));
        if off_main && whole && free > REPORTED_M.1 / 2.0 + 15.0 && in_town(township, village.centre) {
            fits.push((village.centre.to(township.seat), number));
        }
    }
    fits.sort_by(|a, b| a.0.total_cmp(&b.0));
    if fits.len() < REPORTED.len() {
        return Err(room());
    }
    let place = |(which, &(_, village)): (usize, &(f64, usize))| Reported {
        village,
        which,
        at: divisions.villages[village].centre,
    };
    Ok(fits.iter().take(REPORTED.len()).enumerate().map(place).collect())
}

/// Builds a compound of the report, with every plate it counts.
pub(super) fn build_reported(
    register: &mut Register,
    raster: &mut Raster,
    frame: Frame,
    reported: &Reported,
) -> Result<(), DemoError> {
    let (along, across) = frame.of(reported.at);
    let (name, plates) = REPORTED[reported.which];
    let group = 29_001 + reported.which as u32;
    let ground = Ground { frame, along, across, length: REPORTED_M.0, width: REPORTED_M.1, name, group };
    build(register, raster, &ground, Some(plates))
}

/// Builds a compound; with `exact`, it has exactly that many plates and all of them hang: what
/// buildings and units leave over goes to the doors of homes.
pub(super) fn build(
    register: &mut Register,
    raster: &mut Raster,
    ground: &Ground,
    exact: Option<usize>,
) -> Result<(), DemoError> {
    let outer = ground.frame.rectangle(ground.along, ground.across, ground.length, ground.width);
    raster.mark_block(&outer, BUILT);
    let (before, hung) = (register.plates, register.mounted);
    let floors = match exact {
        Some(_) => 18,
        None => *register.dice.pick(&[3, 4, 5, 5, 6, 6]),
    };
    let slabs = slabs(register, ground, exact.is_some());
    let doors: usize = slabs.iter().map(|slab| 1 + slab.units as usize).sum();
    let mut homes_with_plate = exact.map_or(0, |plates| plates.saturating_sub(doors));
    for (number, slab) in slabs.iter().enumerate() {
        let left = slabs.len() - number;
        let share = homes_with_plate.div_ceil(left);
        homes_with_plate -= share;
        building(register, ground, slab, number + 1, floors, exact.map(|_| share))?;
    }
    let (plates, mounted) = (register.plates - before, register.mounted - hung);
    let compound = area(register, ground, &outer, plates, mounted)?;
    register.drafts.push(compound);
    Ok(())
}

fn area(register: &Register, ground: &Ground, outer: &[Pt], plates: usize, mounted: usize) -> Result<Draft, DemoError> {
    draft(
        "compound",
        polygon_geometry(&[outer.to_vec()])?,
        Some(register.code()),
        [
            ("code", format!("C{}{:05}", register.code(), ground.group).into()),
            ("name", ground.name.into()),
            ("plates_planned", plates.into()),
            ("plates_mounted", mounted.into()),
        ],
    )
}

/// One building of a compound, in the ground's frame.
struct Slab {
    along: f64,
    across: f64,
    length: f64,
    units: u32,
}

/// Rows of slabs that fill the ground.
fn slabs(register: &mut Register, ground: &Ground, is_large: bool) -> Vec<Slab> {
    let margin = 12.0;
    let units = if is_large { 2 } else { 2 + register.dice.below(2) as u32 };
    let length = f64::from(units) * if is_large { 26.0 } else { 17.0 };
    let rows = (((ground.width - 2.0 * margin + SPACE_M) / (DEPTH_M + SPACE_M)) as usize).max(1);
    let columns = (((ground.length - 2.0 * margin + 12.0) / (length + 12.0)) as usize).max(1);
    let pitch = (ground.width - 2.0 * margin + SPACE_M) / rows as f64;
    let step = (ground.length - 2.0 * margin + 12.0) / columns as f64;
    let mut slabs = Vec::new();
    for row in 0..rows {
        for column in 0..columns {
            slabs.push(Slab {
                along: ground.along - ground.length / 2.0 + margin + step * column as f64 + length / 2.0,
                across: ground.across + ground.width / 2.0 - margin - pitch * row as f64 - DEPTH_M / 2.0,
                length,
                units,
            });
        }
    }
    slabs
}

/// A building with its plates and flats; `homes` of them have a plate (all flats of other compounds
/// are housing units without one).
fn building(
    register: &mut Register,
    ground: &Ground,
    slab: &Slab,
    number: usize,
    floors: u32,
    homes: Option<usize>,
) -> Result<(), DemoError> {
    let frame = &ground.frame;
    let corners = frame.rectangle(slab.along, slab.across, slab.length, DEPTH_M);
    let code = register.building(&corners, Some(format!("{}{number}栋", ground.name)), floors, "residential")?;
    let spot = |kind, part| Spot {
        street: None,
        group: ground.group,
        number: None,
        compound: Some((ground.name, part)),
        kind,
        mounted: homes.is_some(),
    };
    let front = slab.across - DEPTH_M / 2.0;
    register
        .plate(frame.at(slab.along - slab.length / 2.0 + 1.0, front + 0.4), &spot("building", format!("{number}栋")))?;
    let unit_m = slab.length / f64::from(slab.units);
    let west = |unit: u32| slab.along - slab.length / 2.0 + unit_m * f64::from(unit - 1);
    for unit in 1..=slab.units {
        let at = frame.at(west(unit) + unit_m / 2.0, front + 0.4);
        register.plate(at, &spot("unit", format!("{number}栋{unit}单元")))?;
    }
    let mut left = homes.unwrap_or(usize::MAX);
    for floor in 1..=floors {
        for unit in 1..=slab.units {
            for room in 1..=2 {
                if left == 0 {
                    return Ok(());
                }
                left -= 1;
                let along = west(unit) + unit_m * (f64::from(room) * 0.5 - 0.25);
                let across = front + 2.0 + (DEPTH_M - 4.0) * f64::from(floor) / f64::from(floors + 1);
                let at = frame.at(along, across);
                if homes.is_some() {
                    let part = format!("{number}栋{unit}单元{floor}{room:02}室");
                    register.plate(at, &spot("small", part))?;
                }
                register.housing_unit(at, &code, unit, floor, room)?;
            }
        }
    }
    Ok(())
}
