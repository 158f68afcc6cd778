//! A village in the fields: rows of houses along lanes and canals, a road that joins them, ditches
//! and crayfish ponds.

use super::DemoError;
use super::divisions::Township;
use super::draft::draft;
use super::frontage::{self, Stretch, Style};
use super::names;
use super::plane::{Frame, Pt, extent, polygon_geometry};
use super::plates::Register;
use super::raster::{ANY, BUILT, OUTSIDE, ROAD, Raster, WATER};
use super::roads::{road_draft, width_m};

/// Step of walks over the raster, metres.
const STEP_M: f64 = 8.0;
/// Half the width of a ditch, metres, and its distance from its lane.
const DITCH_M: f64 = 4.0;
const DITCH_OFF_M: f64 = 14.0;

/// A line on which houses may stand.
struct Row {
    offset: f64,
    /// How far its dry ground reaches along the frame.
    from: f64,
    to: f64,
}

/// How a row is to be settled.
struct Settling {
    /// Its number in the village.
    number: usize,
    /// How many plates it may have.
    most: usize,
    /// Whether every metre counts: no ditch, houses wall to wall.
    is_dense: bool,
}

/// Builds what is left of a village's budget in its fields.
pub(super) fn build(
    register: &mut Register,
    raster: &mut Raster,
    township: &Township,
    scale: f64,
) -> Result<(), DemoError> {
    let frame = township.fields;
    let (along, across) = frame.of(register.village.centre);
    // A city larger than the whole one finds its room on more lines, built on from end to end.
    let is_dense = scale > 1.5;
    let spacing = match (is_dense, scale > 4.0) {
        (false, _) => 260.0,
        (true, false) => 130.0,
        (true, true) => 55.0,
    };
    // The spine starts on free ground, as near to the centre as it can.
    let tries = (0..40).map(|number| along + f64::from(number) * if number % 2 == 0 { 12.0 } else { -12.0 });
    let spine_at = tries.into_iter().find(|&at| raster.is_free(frame.at(at, across), ANY)).unwrap_or(along);
    let north = walk(raster, |far| frame.at(spine_at, across + far), WATER | OUTSIDE | BUILT);
    let south = walk(raster, |far| frame.at(spine_at, across - far), WATER | OUTSIDE | BUILT);
    let mut rows = rows(raster, &frame, spine_at, (across - south, across + north), spacing);
    rows.sort_by(|a, b| (a.offset - across).abs().total_cmp(&(b.offset - across).abs()));
    if rows.is_empty() {
        return Ok(());
    }
    let groups = if is_dense { rows.len() } else { register.wanted().div_ceil(62).clamp(1, rows.len()) };
    let (used, spare) = rows.split_at(groups);
    let reach = |edge: fn(f64, f64) -> f64| used.iter().fold(across, |far, row| edge(far, row.offset));
    let spine = [frame.at(spine_at, reach(f64::min) - 6.0), frame.at(spine_at, reach(f64::max) + 6.0)];
    raster.mark_line(&spine, width_m("residential") / 2.0, ROAD);
    if spine[0].to(spine[1]) > 30.0 {
        let name = format!("{}中心路", names::stem(&register.village.name));
        let code = register.road_code();
        let draft = road_draft(&code, &name, "residential", false, &spine, Some(register.code()))?;
        register.drafts.push(draft);
    }
    for (number, row) in used.iter().enumerate() {
        if register.wanted() == 0 {
            break;
        }
        // Rows differ in length; the last one takes what is left.
        let even = register.wanted().div_ceil(groups - number);
        let is_last = number + 1 == groups;
        let most = match (is_dense, is_last) {
            (true, _) => register.wanted(),
            (false, true) => even,
            (false, false) => (even as f64 * register.dice.between(0.5, 1.5)) as usize,
        };
        settle(register, raster, &frame, row, spine_at, Settling { number: number + 1, most, is_dense })?;
    }
    ditches(register, raster, &frame, spare, scale)?;
    ponds(register, raster, &frame, scale)
}

/// How far from a start free ground reaches, metres.
fn walk(raster: &Raster, at: impl Fn(f64) -> Pt, flags: u8) -> f64 {
    let mut far = 0.0;
    while far < 6000.0 && !raster.is(at(far), flags) && raster.is_free(at(far), 0) {
        far += STEP_M;
    }
    (far - STEP_M).max(0.0)
}

/// The lines across the spine with dry ground on either side of it.
fn rows(raster: &Raster, frame: &Frame, spine_at: f64, (low, high): (f64, f64), spacing: f64) -> Vec<Row> {
    let mut rows = Vec::new();
    let mut number = (low / spacing).ceil();
    while number * spacing <= high {
        let offset = number * spacing;
        let blocked = WATER | OUTSIDE | BUILT;
        let east = walk(raster, |far| frame.at(spine_at + far, offset), blocked);
        let west = walk(raster, |far| frame.at(spine_at - far, offset), blocked);
        if east + west > 90.0 {
            rows.push(Row { offset, from: spine_at - west, to: spine_at + east });
        }
        number += 1.0;
    }
    rows
}

/// Settles a row: a lane with houses on both sides, or with a ditch on the one and houses on the other.
fn settle(
    register: &mut Register,
    raster: &mut Raster,
    frame: &Frame,
    row: &Row,
    spine_at: f64,
    Settling { number, most, is_dense }: Settling,
) -> Result<(), DemoError> {
    let by_ditch = !is_dense && register.dice.chance(0.55);
    let sides = if by_ditch { 1.0 } else { 2.0 };
    let length = if is_dense { f64::MAX } else { most as f64 / sides * 15.5 + 70.0 };
    let length = length.min(row.to - row.from);
    let west = (spine_at - row.from).min(length * register.dice.between(0.3, 0.7));
    let from = (spine_at - west).min(row.to - length).max(row.from);
    let to = (from + length).min(row.to);
    let name = names::row(&mut register.dice, number);
    let line = [frame.at(from, row.offset), frame.at(to, row.offset)];
    raster.mark_line(&line, 2.5, ROAD);
    if by_ditch {
        ditch(register, raster, frame, (row.from, row.to, row.offset + DITCH_OFF_M))?;
    }
    let stretch = Stretch {
        frame: *frame,
        offset: row.offset,
        from,
        to,
        setback: 7.0,
        start: from,
        name: &name,
        group: 10_000 + number as u32,
        left: !by_ditch,
        right: true,
        style: if is_dense { Style::Lane } else { Style::Farms },
    };
    frontage::build(register, raster, &stretch, most)?;
    let code = register.road_code();
    let lane = format!("{}{name}路", names::stem(&register.village.name));
    let draft = road_draft(&code, &lane, "service", false, &line, Some(register.code()))?;
    register.drafts.push(draft);
    Ok(())
}

/// Ditches on lines without houses.
fn ditches(
    register: &mut Register,
    raster: &mut Raster,
    frame: &Frame,
    spare: &[Row],
    scale: f64,
) -> Result<(), DemoError> {
    for row in spare {
        if register.dice.chance(0.45 * scale.min(1.0)) {
            ditch(register, raster, frame, (row.from, row.to, row.offset))?;
        }
    }
    Ok(())
}

/// A straight ditch, broken where a road or a building stands in its way.
fn ditch(
    register: &mut Register,
    raster: &mut Raster,
    frame: &Frame,
    (from, to, offset): (f64, f64, f64),
) -> Result<(), DemoError> {
    let mut begun: Option<f64> = None;
    let mut at = from;
    while at <= to + STEP_M {
        let free =
            at <= to && [-DITCH_M, 0.0, DITCH_M].iter().all(|aside| raster.is_free(frame.at(at, offset + aside), ANY));
        match (begun, free) {
            (None, true) => begun = Some(at),
            (Some(start), false) => {
                let stop = at - STEP_M;
                if stop - start > 60.0 {
                    let corners = frame.rectangle(f64::midpoint(start, stop), offset, stop - start, DITCH_M * 2.0);
                    raster.mark_block(&corners, WATER);
                    water(register, &corners, "canal")?;
                }
                begun = None;
            }
            _ => {}
        }
        at += STEP_M;
    }
    Ok(())
}

/// Crayfish ponds in the fields, in groups with dikes between.
fn ponds(register: &mut Register, raster: &mut Raster, frame: &Frame, scale: f64) -> Result<(), DemoError> {
    const DIKE_M: f64 = 7.0;
    let area_km2 = register.village.area_m2 / 1e6;
    let wanted = (area_km2 * 6.0 * scale.min(1.5) + register.dice.unit()) as usize;
    let [west, south, east, north] = extent(register.village.rings.iter().flatten());
    let mut made = 0;
    for _ in 0..wanted * 3 {
        if made >= wanted {
            break;
        }
        let dice = &mut register.dice;
        let (along, across) = frame.of(super::plane::pt(dice.between(west, east), dice.between(south, north)));
        let (length, width) = (dice.between(70.0, 130.0), dice.between(38.0, 70.0));
        let (columns, rows) = (1 + dice.below(3), 1 + dice.below(3));
        for place in 0..columns * rows {
            let (column, row) = ((place % columns) as f64, (place / columns) as f64);
            let corners =
                frame.rectangle(along + column * (length + DIKE_M), across + row * (width + DIKE_M), length, width);
            if made < wanted && raster.is_free_block(&corners, ANY) {
                raster.mark_block(&corners, WATER);
                water(register, &corners, "pond")?;
                made += 1;
            }
        }
    }
    Ok(())
}

fn water(register: &mut Register, corners: &[Pt], kind: &'static str) -> Result<(), DemoError> {
    let code = register.water_code();
    let name = format!("{}{}", names::stem(&register.village.name), if kind == "pond" { "虾塘" } else { "沟渠" });
    let body = draft(
        "water",
        polygon_geometry(&[corners.to_vec()])?,
        Some(register.code()),
        [("code", code.into()), ("name", name.into()), ("kind", kind.into())],
    )?;
    register.drafts.push(body);
    Ok(())
}
