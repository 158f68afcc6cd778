//! Houses along a line: on one or both sides of a street or lane, numbered from its start.
//!
//! Left of the line (looking along the frame) numbers are odd, right of it even.

use super::DemoError;
use super::plane::Frame;
use super::plates::{Register, Spot};
use super::raster::{ANY, BUILT, Raster};

/// Numbers are counted by this length of street, metres.
const NUMBER_M: f64 = 4.0;

/// A stretch of street or lane to build along.
pub(super) struct Stretch<'a> {
    /// The line is `across` = `offset` in this frame, from `from` to `to` along it.
    pub(super) frame: Frame,
    pub(super) offset: f64,
    pub(super) from: f64,
    pub(super) to: f64,
    /// Half the road's width and the strip before the houses, metres.
    pub(super) setback: f64,
    /// Where along the frame its numbers start.
    pub(super) start: f64,
    pub(super) name: &'a str,
    pub(super) group: u32,
    /// Which sides are built on.
    pub(super) left: bool,
    pub(super) right: bool,
    pub(super) style: Style,
}

/// What kind of houses.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Style {
    /// Shop-houses wall to wall.
    Shops,
    /// Houses of a lane in town.
    Lane,
    /// Farm houses in a row.
    Farms,
}

/// Builds until `most` plates hang or the stretch is full; how far along the first and last stand.
pub(super) fn build(
    register: &mut Register,
    raster: &mut Raster,
    stretch: &Stretch,
    most: usize,
) -> Result<Option<(f64, f64)>, DemoError> {
    let stop_at = register.plates + most.min(register.wanted());
    let mut built: Option<(f64, f64)> = None;
    let mut reach = [stretch.from + 4.0, stretch.from + 4.0];
    let sides: Vec<usize> =
        [stretch.left, stretch.right].iter().enumerate().filter(|(_, on)| **on).map(|(n, _)| n).collect();
    while register.plates < stop_at {
        // The side that lags behind is built on next, so both fill evenly.
        let Some(&side) = sides.iter().min_by(|a, b| reach[**a].total_cmp(&reach[**b])) else { break };
        let (doors, door_m, depth, floors) = measure(register, stretch.style);
        let length = doors as f64 * door_m;
        let start = reach[side];
        if start + length > stretch.to - 4.0 {
            break;
        }
        reach[side] = start + length + gap(register, stretch.style);
        let sign = if side == 0 { 1.0 } else { -1.0 };
        let middle = stretch.offset + sign * (stretch.setback + depth / 2.0);
        let corners = stretch.frame.rectangle(start + length / 2.0, middle, length, depth);
        if !raster.is_free_block(&corners, ANY) {
            // Try again a little farther on rather than skip a whole house.
            reach[side] = start + 5.0;
            continue;
        }
        raster.mark_block(&corners, BUILT);
        house(register, stretch, side, start, (doors, door_m, floors), &corners)?;
        built = Some(built.map_or((start, start + length), |(a, b)| (a.min(start), b.max(start + length))));
    }
    Ok(built)
}

/// Doors of a house, metres a door, depth in metres, floors.
fn measure(register: &mut Register, style: Style) -> (usize, f64, f64, u32) {
    let dice = &mut register.dice;
    match style {
        Style::Shops => {
            (2 + dice.below(4), dice.between(8.0, 10.5), dice.between(11.0, 15.0), 2 + dice.below(5) as u32)
        }
        Style::Lane => (1 + dice.below(2), dice.between(9.0, 11.5), dice.between(9.0, 11.0), 2 + dice.below(3) as u32),
        Style::Farms => (1, dice.between(9.5, 13.0), dice.between(9.0, 11.5), 1 + dice.below(3) as u32),
    }
}

/// The gap after a house, metres.
fn gap(register: &mut Register, style: Style) -> f64 {
    let dice = &mut register.dice;
    match style {
        Style::Shops => {
            if dice.chance(0.2) {
                dice.between(5.0, 14.0)
            } else {
                1.0
            }
        }
        Style::Lane => dice.between(1.0, 3.0),
        Style::Farms => {
            if dice.chance(0.07) {
                dice.between(14.0, 40.0)
            } else {
                dice.between(1.5, 5.0)
            }
        }
    }
}

fn house(
    register: &mut Register,
    stretch: &Stretch,
    side: usize,
    start: f64,
    (doors, door_m, floors): (usize, f64, u32),
    corners: &[super::plane::Pt],
) -> Result<(), DemoError> {
    let used = match stretch.style {
        Style::Shops => "commercial",
        Style::Farms if register.dice.chance(0.03) => "farm",
        Style::Lane | Style::Farms => "residential",
    };
    let building = register.building(corners, None, floors, used)?;
    let sign = if side == 0 { 1.0 } else { -1.0 };
    for door in 0..doors {
        let along = start + (door as f64 + 0.5) * door_m;
        let number = 2 * ((along - stretch.start) / NUMBER_M).max(0.0) as u32 + 1 + side as u32;
        // Large plates mark the few broad fronts, medium ones shops on a street, small ones homes.
        let kind = match stretch.style {
            Style::Shops if register.dice.chance(0.03) => "large",
            Style::Shops => "medium",
            _ => "small",
        };
        let spot = Spot {
            street: Some(stretch.name),
            group: stretch.group,
            number: Some(number),
            compound: None,
            kind,
            mounted: false,
        };
        let front = stretch.offset + sign * (stretch.setback + 0.4);
        register.plate(stretch.frame.at(along, front), &spot)?;
        let homes = match stretch.style {
            Style::Shops => u32::from(register.dice.chance(0.25)),
            Style::Lane => 1,
            Style::Farms => u32::from(register.dice.chance(0.3)),
        };
        for home in 0..homes {
            let at = stretch.frame.at(along, stretch.offset + sign * (stretch.setback + 5.0));
            register.housing_unit(at, &building, 1, 1 + home, door as u32 + 1)?;
        }
    }
    Ok(())
}
