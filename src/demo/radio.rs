//! Base stations and the wedges of their antennas.

use crate::domain::Draft;

use super::DemoError;
use super::dice::Dice;
use super::divisions::{Divisions, Village};
use super::draft::{draft, tenths};
use super::plane::{Pt, extent, inside, point_geometry, polygon_geometry, pt};
use super::streets::in_town;
use super::water::Body;

/// Stations of the whole city at scale 1.
const STATIONS: f64 = 1200.0;
/// Width of a wedge, degrees.
const BEAM_DEG: u32 = 65;

/// The stations of one village and their sectors; `share` is the village's share of the city.
pub(super) fn stations(
    seed: u64,
    scale: f64,
    divisions: &Divisions,
    village: &Village,
    share: f64,
    water: &[Body],
) -> Result<Vec<Draft>, DemoError> {
    let mut dice = Dice::new(seed, "stations", village.code.number());
    let wanted = (STATIONS * scale * share + dice.unit()) as usize;
    let town = in_town(divisions.township_of(village), village.centre);
    let [west, south, east, north] = extent(village.rings.iter().flatten());
    let mut drafts = Vec::new();
    let mut number = 0;
    for _ in 0..wanted * 8 {
        if number == wanted {
            break;
        }
        let at = pt(dice.between(west, east), dice.between(south, north));
        if !inside(&village.rings, at) || water.iter().any(|body| body.holds(at)) {
            continue;
        }
        number += 1;
        let code = format!("S{}{number:03}", village.code);
        let operator = *dice.pick(&["mobile-a", "mobile-b", "mobile-c"]);
        let (band, range) = match (town, dice.below(4)) {
            (true, 0) => ("n41", dice.between(260.0, 420.0)),
            (true, _) => ("n78", dice.between(200.0, 330.0)),
            (false, 0) => ("n78", dice.between(500.0, 800.0)),
            (false, _) => ("n28", dice.between(900.0, 1700.0)),
        };
        drafts.push(draft(
            "base-station",
            point_geometry(at)?,
            Some(village.code),
            [
                ("code", code.as_str().into()),
                ("name", format!("{}{number}号基站（示例）", village.name).into()),
                ("operator", operator.into()),
                ("height_m", tenths(if town { dice.between(22.0, 38.0) } else { dice.between(32.0, 52.0) })),
                ("bands", band.into()),
                ("status", if dice.chance(0.97) { "active" } else { "planned" }.into()),
            ],
        )?);
        let first = dice.below(12) as u32 * 10;
        for sector in 0..3 {
            let azimuth = (first + sector * 120) % 360;
            let geometry = polygon_geometry(&[wedge(at, azimuth, range)])?;
            let holder = divisions.holder(&geometry);
            drafts.push(draft(
                "sector",
                geometry,
                holder,
                [
                    ("code", format!("{code}-{}", sector + 1).into()),
                    ("station", code.as_str().into()),
                    ("azimuth_deg", azimuth.into()),
                    ("beam_deg", BEAM_DEG.into()),
                    ("range_m", tenths(range)),
                    ("band", band.into()),
                ],
            )?);
        }
    }
    Ok(drafts)
}

/// The wedge about an azimuth (degrees clockwise from north), as far as the range, metres.
fn wedge(at: Pt, azimuth: u32, range: f64) -> Vec<Pt> {
    const STEPS: u32 = 8;
    let mut ring = vec![at];
    for step in 0..=STEPS {
        // Against the azimuth's turn, so that the ring runs counter-clockwise.
        let degrees = f64::from(azimuth) + f64::from(BEAM_DEG) * (0.5 - f64::from(step) / f64::from(STEPS));
        let angle = degrees.to_radians();
        ring.push(at.plus(pt(libm::sin(angle) * range, libm::cos(angle) * range)));
    }
    ring
}
