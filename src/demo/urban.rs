//! A village's share of the town: streets, compounds, shop-houses and lanes.

use super::DemoError;
use super::compounds;
use super::divisions::Township;
use super::frontage::{self, Stretch, Style};
use super::names;
use super::plane::{Frame, parts_inside};
use super::plates::Register;
use super::raster::{ANY, BUILT, ROAD, Raster, WATER};
use super::roads::{road_draft, width_m};
use super::streets::{Lattice, Line, in_town};

/// A stretch of a street in the village.
struct Street {
    frame: Frame,
    offset: f64,
    from: f64,
    to: f64,
    name: String,
    class: &'static str,
    group: u32,
    start: f64,
    bridge: bool,
}

/// A block between streets, in the town's frame: centre and sides, metres.
pub(super) struct Block {
    pub(super) along: f64,
    pub(super) across: f64,
    pub(super) length: f64,
    pub(super) width: f64,
}

/// Builds the town within a village; blocks left for public use are given back.
pub(super) fn build(
    register: &mut Register,
    raster: &mut Raster,
    township: &Township,
    lattice: &Lattice,
) -> Result<Vec<Block>, DemoError> {
    let mut streets = streets(register, raster, township, lattice);
    for street in &streets {
        let line = [street.frame.at(street.from, street.offset), street.frame.at(street.to, street.offset)];
        raster.mark_line(&line, width_m(street.class) / 2.0, ROAD);
    }
    for street in &streets {
        let line = [street.frame.at(street.from, street.offset), street.frame.at(street.to, street.offset)];
        let code = register.road_code();
        let draft = road_draft(&code, &street.name, street.class, street.bridge, &line, Some(register.code()))?;
        register.drafts.push(draft);
    }
    let mut blocks = blocks(raster, lattice);
    register.dice.shuffle(&mut blocks);
    let public = blocks.split_off(blocks.len() - blocks.len().div_ceil(12).min(blocks.len()));
    for block in &public {
        raster.mark_block(&lattice.frame.rectangle(block.along, block.across, block.length, block.width), BUILT);
    }
    let for_compounds = register.plates + register.wanted() * 22 / 100;
    let mut number = 0;
    let mut named = Vec::new();
    while register.plates + 12 < for_compounds && blocks.len() > 1 {
        let Some(block) = blocks.pop() else { break };
        let name = names::compound(&mut register.dice, &mut named);
        let ground = compounds::Ground {
            frame: lattice.frame,
            along: block.along,
            across: block.across,
            length: block.length,
            width: block.width,
            name: &name,
            group: 20_000 + number as u32,
        };
        compounds::build(register, raster, &ground, None)?;
        number += 1;
    }
    register.dice.shuffle(&mut streets);
    // Main streets fill first.
    streets.sort_by_key(|street| match street.class {
        "secondary" => 0,
        "tertiary" => 1,
        _ => 2,
    });
    // Some plates are kept for the lanes behind the streets, as far as there are blocks for them.
    let kept = register.wanted() * 35 / 100;
    let kept = if blocks.is_empty() { 0 } else { kept };
    for street in streets.iter().filter(|street| !street.bridge) {
        let stretch = Stretch {
            frame: street.frame,
            offset: street.offset,
            from: street.from,
            to: street.to,
            setback: width_m(street.class) / 2.0 + 6.0,
            start: street.start,
            name: &street.name,
            group: street.group,
            left: true,
            right: true,
            style: Style::Shops,
        };
        let wanted = register.wanted().saturating_sub(kept);
        frontage::build(register, raster, &stretch, wanted)?;
    }
    for (number, block) in blocks.iter().enumerate() {
        lanes(register, raster, lattice, block, number)?;
    }
    Ok(public)
}

/// The stretches of the town's streets in the village, cut at their crossings' ends only.
fn streets(register: &mut Register, raster: &Raster, township: &Township, lattice: &Lattice) -> Vec<Street> {
    let mut streets = Vec::new();
    let turned = lattice.frame.turned();
    for (is_row, frame, lines) in [(true, lattice.frame, &lattice.rows), (false, turned, &lattice.columns)] {
        for line in lines {
            let offset = if is_row { line.offset } else { -line.offset };
            let (a, b) = (frame.at(-lattice.reach, offset), frame.at(lattice.reach, offset));
            for (start, stop) in parts_inside(a, b, &register.village.rings) {
                let along = |share: f64| -lattice.reach + 2.0 * lattice.reach * share;
                let before = streets.len();
                cut(
                    &mut streets,
                    raster,
                    township,
                    lattice,
                    (is_row, frame, line),
                    (along(start), along(stop), offset),
                );
                bridge(&mut streets, before, raster);
            }
        }
    }
    streets
}

/// Adds the pieces of one street that lie in the town, on dry and free ground, and in one section
/// of its name.
fn cut(
    streets: &mut Vec<Street>,
    raster: &Raster,
    township: &Township,
    lattice: &Lattice,
    (is_row, frame, line): (bool, Frame, &Line),
    (from, to, offset): (f64, f64, f64),
) {
    const STEP_M: f64 = 10.0;
    let steps = ((to - from) / STEP_M).ceil().max(1.0) as usize;
    let along = |step: usize| from + (to - from) * step as f64 / steps as f64;
    let is_open = |step: usize| {
        let at = frame.at(along(step), offset);
        // A main street runs on to its gate, where the county roads begin, whatever the town's edge.
        let is_main = line.offset == 0.0 && along(step).abs() <= lattice.gate_m;
        (is_main || in_town(township, at)) && !raster.is(at, WATER | BUILT)
    };
    let mut begun: Option<f64> = None;
    for step in 0..=steps {
        let here = along(step);
        let section_ends =
            begun.is_some_and(|at| lattice.start_of_numbers(line, at + 1.0) != lattice.start_of_numbers(line, here));
        let open = is_open(step);
        if let Some(start) = begun
            && (!open || section_ends || step == steps)
        {
            if here - start > 45.0 {
                let middle = f64::midpoint(start, here);
                streets.push(Street {
                    frame,
                    offset,
                    from: start,
                    to: here,
                    name: lattice.name(line, is_row, middle),
                    class: line.class,
                    group: line.number,
                    start: lattice.start_of_numbers(line, middle),
                    bridge: false,
                });
            }
            begun = (open && section_ends).then_some(here);
        } else if open && begun.is_none() {
            begun = Some(here);
        }
    }
}

/// Adds bridges where only a canal parts two pieces of a street; its pieces start at `first`.
fn bridge(streets: &mut Vec<Street>, first: usize, raster: &Raster) {
    const LONGEST_M: f64 = 90.0;
    for place in (first + 1)..streets.len() {
        let (before, after) = (&streets[place - 1], &streets[place]);
        let (from, to) = (before.to, after.from);
        let middle = before.frame.at(f64::midpoint(from, to), before.offset);
        if to - from > 1.0 && to - from < LONGEST_M && raster.is(middle, WATER) {
            let name = before.name.clone();
            let bridge = Street { name, from, to, bridge: true, ..*before };
            streets.push(bridge);
        }
    }
}

/// Blocks between neighbouring streets that lie free and whole in the village.
fn blocks(raster: &Raster, lattice: &Lattice) -> Vec<Block> {
    let mut blocks = Vec::new();
    for rows in lattice.rows.windows(2) {
        for columns in lattice.columns.windows(2) {
            let space = |line: &Line| width_m(line.class) / 2.0 + 22.0;
            let (south, north) = (rows[0].offset + space(&rows[0]), rows[1].offset - space(&rows[1]));
            let (west, east) = (columns[0].offset + space(&columns[0]), columns[1].offset - space(&columns[1]));
            let block = Block {
                along: f64::midpoint(west, east),
                across: f64::midpoint(south, north),
                length: east - west,
                width: north - south,
            };
            let corners = lattice.frame.rectangle(block.along, block.across, block.length, block.width);
            if block.length > 60.0
                && block.width > 50.0
                && raster.is_free_block(&corners, ANY)
                && is_walled(raster, lattice, &block)
            {
                blocks.push(block);
            }
        }
    }
    blocks
}

/// Whether a street runs along at least one side of the block.
fn is_walled(raster: &Raster, lattice: &Lattice, block: &Block) -> bool {
    let reach = 32.0;
    let (l, w) = (block.length / 2.0 + reach, block.width / 2.0 + reach);
    [(l, 0.0, 1.0, 0.0), (-l, 0.0, 1.0, 0.0), (0.0, w, 0.0, 1.0), (0.0, -w, 0.0, 1.0)].iter().any(
        |&(dl, dw, along, across)| {
            // The street's middle is 22 m and half its width off the block: look a little both ways.
            [-12.0, -6.0, 0.0, 6.0, 12.0].iter().any(|shift| {
                raster.is(lattice.frame.at(block.along + dl + along * shift, block.across + dw + across * shift), ROAD)
            })
        },
    )
}

/// Rows of houses on lanes inside a block.
fn lanes(
    register: &mut Register,
    raster: &mut Raster,
    lattice: &Lattice,
    block: &Block,
    number: usize,
) -> Result<(), DemoError> {
    const PITCH_M: f64 = 44.0;
    let rows = (block.width / PITCH_M) as usize;
    for row in 0..rows {
        if register.wanted() == 0 {
            break;
        }
        let offset = block.across - block.width / 2.0 + PITCH_M * (row as f64 + 0.5);
        let (from, to) = (block.along - block.length / 2.0, block.along + block.length / 2.0);
        let line = [lattice.frame.at(from - 16.0, offset), lattice.frame.at(to, offset)];
        let name = format!("{}{}巷", names::stem(&register.village.name), number * 10 + row + 1);
        raster.mark_line(&line, 2.0, ROAD);
        let code = register.road_code();
        let draft = road_draft(&code, &name, "service", false, &line, Some(register.code()))?;
        register.drafts.push(draft);
        let stretch = Stretch {
            frame: lattice.frame,
            offset,
            from,
            to,
            setback: 5.5,
            start: from,
            name: &name,
            group: 30_000 + (number * 10 + row) as u32,
            left: true,
            right: true,
            style: Style::Lane,
        };
        let wanted = register.wanted();
        frontage::build(register, raster, &stretch, wanted)?;
    }
    Ok(())
}
