//! What each village has once: its committee, its people, its name on the map; and key areas.

use crate::domain::Draft;

use super::DemoError;
use super::dice::Dice;
use super::divisions::{Divisions, Township, Village};
use super::draft::draft;
use super::names::stem;
use super::plane::{Frame, bent, line_geometry, point_geometry, polygon_geometry, pt};
use super::plates::Register;
use super::roads::within;
use super::streets::in_town;
use super::urban::Block;

/// Name labels of townships and villages, and the railway.
pub(super) fn drafts(seed: u64, divisions: &Divisions) -> Result<Vec<Draft>, DemoError> {
    let mut drafts = Vec::new();
    for township in &divisions.townships {
        let village = divisions.at(township.seat).map(|village| village.code);
        drafts.push(draft(
            "place",
            point_geometry(township.seat)?,
            village,
            [
                ("code", township.code.to_string().into()),
                ("name", stem(&township.name).into()),
                ("kind", "town".into()),
            ],
        )?);
    }
    for village in &divisions.villages {
        drafts.push(draft(
            "place",
            point_geometry(village.centre)?,
            Some(village.code),
            [
                ("code", village.code.to_string().into()),
                ("name", stem(&village.name).into()),
                ("kind", "village".into()),
            ],
        )?);
    }
    let mut dice = Dice::new(seed, "railway", 0);
    let core = &divisions.townships[0];
    let frame = Frame::new(core.seat, -3.0);
    let across = -core.town_m - 1900.0;
    let line = bent(frame.at(-80_000.0, across - 1500.0), frame.at(80_000.0, across + 900.0), 0.015, 2500.0, &mut dice);
    for (number, line) in within(&line, &divisions.city_rings()).iter().enumerate() {
        let geometry = line_geometry(line)?;
        let village = divisions.holder(&geometry);
        drafts.push(draft(
            "railway",
            geometry,
            village,
            [("code", format!("T429005{:03}", number + 1).into()), ("name", "示例铁路".into())],
        )?);
    }
    Ok(drafts)
}

/// Households and persons of a village, rounded as published aggregates are.
pub(super) fn population(seed: u64, divisions: &Divisions, village: &Village) -> Result<Draft, DemoError> {
    let mut dice = Dice::new(seed, "population", village.code.number());
    let town = in_town(divisions.township_of(village), village.centre);
    let households = match (village.kind, town) {
        ("community", true) => dice.between(1200.0, 3400.0),
        ("community", false) => dice.between(500.0, 1300.0),
        ("village", _) => dice.between(260.0, 620.0),
        _ => dice.between(90.0, 320.0),
    };
    let persons = households * dice.between(2.5, 3.1);
    draft(
        "population",
        point_geometry(village.centre)?,
        Some(village.code),
        [
            ("code", village.code.to_string().into()),
            ("name", village.name.as_str().into()),
            ("households", (households as u64).into()),
            ("persons", (persons as u64).into()),
        ],
    )
}

/// The village's committee as a legal unit; for a rural village, a farmers' cooperative too.
pub(super) fn institutions(register: &mut Register) -> Result<(), DemoError> {
    let village = register.village;
    let address = format!("湖北省潜江市{}", village.name);
    let body = if village.kind.ends_with("community") { "居民委员会" } else { "村民委员会" };
    register.legal_unit(village.centre, format!("{}{body}（示例）", village.name), "organisation", &address)?;
    if village.kind == "village" {
        let name = format!("示例{}小龙虾养殖专业合作社", stem(&village.name));
        register.legal_unit(village.centre.plus(pt(12.0, 0.0)), name, "cooperative", &address)?;
    }
    Ok(())
}

/// Kinds of key areas that a town's public blocks become, and their names.
const KINDS: [(&str, &str); 5] = [
    ("government", "政务服务中心"),
    ("school", "学校"),
    ("hospital", "医院"),
    ("sensitive", "水厂"),
    ("scenic", "公园"),
];

/// Key areas on public blocks; the first village of a town has its offices.
pub(super) fn key_areas(
    register: &mut Register,
    township: &Township,
    blocks: &[Block],
    made: &mut usize,
) -> Result<(), DemoError> {
    /// A township has at most this many.
    const MOST: usize = 9;
    for block in blocks {
        if *made >= MOST {
            break;
        }
        let (kind, word) = KINDS[*made % KINDS.len()];
        let number = *made / KINDS.len();
        *made += 1;
        let ordinal = if number == 0 { String::new() } else { format!("第{}", super::names::numeral(number + 1)) };
        let name = format!("{}{ordinal}{word}（示例）", stem(&township.name));
        let corners = township.streets.rectangle(block.along, block.across, block.length, block.width);
        let area = draft(
            "key-area",
            polygon_geometry(&[corners])?,
            Some(register.code()),
            [
                ("code", format!("K{}{:03}", township.code, *made).into()),
                ("name", name.as_str().into()),
                ("kind", kind.into()),
            ],
        )?;
        register.drafts.push(area);
        if kind != "scenic" {
            let floors = 3 + register.dice.below(6) as u32;
            let hall = township.streets.rectangle(block.along, block.across + 12.0, block.length * 0.5, 20.0);
            register.building(&hall, Some(name.clone()), floors, "public")?;
            let at = township.streets.at(block.along, block.across);
            register.legal_unit(
                at,
                name,
                if kind == "government" { "agency" } else { "institution" },
                &township.name,
            )?;
        }
    }
    Ok(())
}
