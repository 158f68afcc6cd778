//! The register of one village: addresses, doorplates, buildings, housing units and legal units.

use serde_json::Value;

use crate::domain::codes::doorplate::DoorplateCode;
use crate::domain::codes::uscc::{InvalidUscc, Uscc};
use crate::domain::{DivisionCode, Draft};

use super::DemoError;
use super::dice::Dice;
use super::divisions::{Township, Village};
use super::draft::{draft, tenths};
use super::names;
use super::plane::{Pt, point_geometry, polygon_geometry};

/// Where a plate hangs.
#[derive(Clone)]
pub(super) struct Spot<'a> {
    /// The street or row of houses; none in a compound.
    pub(super) street: Option<&'a str>,
    /// The five digits of the street or compound in doorplate codes.
    pub(super) group: u32,
    /// House number; none in a compound.
    pub(super) number: Option<u32>,
    /// The compound, and building and unit in it.
    pub(super) compound: Option<(&'a str, String)>,
    /// large, medium, small, building or unit.
    pub(super) kind: &'static str,
    /// Whether the plate is known to hang.
    pub(super) mounted: bool,
}

/// What one village has.
pub(super) struct Register<'a> {
    pub(super) village: &'a Village,
    prefix: String,
    pub(super) dice: Dice,
    pub(super) drafts: Vec<Draft>,
    /// Plates made so far, and how many there shall be.
    pub(super) plates: usize,
    pub(super) budget: usize,
    /// Plates made so far that hang.
    pub(super) mounted: usize,
    buildings: u32,
    units: u32,
    roads: u32,
    ponds: u32,
    legal: u32,
    /// The village's number in the city, for codes that are unique in the city.
    order: usize,
}

impl<'a> Register<'a> {
    pub(super) fn new(seed: u64, township: &Township, village: &'a Village, order: usize, budget: usize) -> Self {
        Self {
            village,
            prefix: format!("湖北省潜江市{}{}", township.name, village.name),
            dice: Dice::new(seed, "village", village.code.number()),
            drafts: Vec::new(),
            plates: 0,
            budget,
            mounted: 0,
            buildings: 0,
            units: 0,
            roads: 0,
            ponds: 0,
            legal: 0,
            order,
        }
    }

    pub(super) fn code(&self) -> DivisionCode {
        self.village.code
    }

    /// How many plates are still wanted.
    pub(super) fn wanted(&self) -> usize {
        self.budget.saturating_sub(self.plates)
    }

    /// The code of the next road, canal or pond of the village.
    pub(super) fn road_code(&mut self) -> String {
        self.roads += 1;
        format!("R{}{:04}", self.village.code, self.roads)
    }

    pub(super) fn water_code(&mut self) -> String {
        self.ponds += 1;
        format!("W{}{:04}", self.village.code, self.ponds)
    }

    /// An address and its doorplate; now and then a legal unit that resides there.
    pub(super) fn plate(&mut self, at: Pt, spot: &Spot) -> Result<(), DemoError> {
        self.plates += 1;
        let serial = self.plates as u32;
        let geometry = point_geometry(at)?;
        let village = self.village.code;
        let address_code = format!("A{village}{serial:08}");
        let text = self.text(spot);
        let status = self.status(spot);
        self.mounted += usize::from(status == "mounted");
        let state = match status {
            "planned" => "planned",
            _ if self.dice.chance(0.01) => "suspended",
            _ => "active",
        };
        let street = spot.street.map_or(Value::Null, Value::from);
        let number = spot.number.map_or(Value::Null, |number| Value::from(number.to_string()));
        let compound = spot.compound.as_ref().map_or(Value::Null, |(name, _)| Value::from(*name));
        self.drafts.push(draft(
            "address",
            geometry.clone(),
            Some(village),
            [
                ("code", address_code.as_str().into()),
                ("text", text.as_str().into()),
                ("street", street.clone()),
                ("number", number),
                ("compound", compound.clone()),
                ("state", state.into()),
            ],
        )?);
        let mounted_on = match status {
            "planned" | "made" => Value::Null,
            _ => Value::from(format!("2025-{:02}-{:02}", 1 + self.dice.below(6), 1 + self.dice.below(28))),
        };
        let weight = match spot.kind {
            "large" => 5,
            "building" => 4,
            "medium" => 3,
            "unit" => 2,
            _ => 1,
        };
        self.drafts.push(draft(
            "doorplate",
            geometry.clone(),
            Some(village),
            [
                ("code", DoorplateCode::new(village, spot.group, serial)?.to_string().into()),
                ("address", text.as_str().into()),
                ("address_code", address_code.into()),
                ("kind", spot.kind.into()),
                ("status", status.into()),
                ("compound", compound),
                ("street", street),
                ("number", spot.number.map_or(Value::Null, Value::from)),
                ("mounted_on", mounted_on),
                ("priority", (weight * 1000 + self.dice.below(1000)).into()),
            ],
        )?);
        let share = match spot.kind {
            "large" => 0.8,
            "medium" => 0.24,
            _ => 0.0,
        };
        if self.dice.chance(share) {
            let name = names::firm(&mut self.dice, self.legal + 1);
            self.legal_unit(at, name, "enterprise", &text)?;
        }
        Ok(())
    }

    fn text(&self, spot: &Spot) -> String {
        let mut text = self.prefix.clone();
        if let Some((name, part)) = &spot.compound {
            text.push_str(name);
            text.push_str(part);
        }
        if let Some(street) = spot.street {
            text.push_str(street);
        }
        if let Some(number) = spot.number {
            text.push_str(&number.to_string());
            text.push('号');
        }
        text
    }

    fn status(&mut self, spot: &Spot) -> &'static str {
        if spot.mounted {
            return "mounted";
        }
        match self.dice.below(100) {
            0..=73 => "mounted",
            74..=82 => "made",
            83..=93 => "planned",
            94..=97 => "damaged",
            _ => "missing",
        }
    }

    /// A legal unit; its name says that it is an example.
    pub(super) fn legal_unit(
        &mut self,
        at: Pt,
        name: String,
        kind: &'static str,
        address: &str,
    ) -> Result<(), DemoError> {
        self.legal += 1;
        let code = uscc(kind, self.order as u32 * 100_000 + self.legal)?.to_string();
        self.drafts.push(draft(
            "legal-unit",
            point_geometry(at)?,
            Some(self.village.code),
            [("code", code.into()), ("name", name.into()), ("kind", kind.into()), ("address", address.into())],
        )?);
        Ok(())
    }

    /// A building; its code is given back.
    pub(super) fn building(
        &mut self,
        corners: &[Pt],
        name: Option<String>,
        floors: u32,
        used: &'static str,
    ) -> Result<String, DemoError> {
        self.buildings += 1;
        let code = format!("B{}{:06}", self.village.code, self.buildings);
        self.drafts.push(draft(
            "building",
            polygon_geometry(&[corners.to_vec()])?,
            Some(self.village.code),
            [
                ("code", code.as_str().into()),
                ("name", name.map_or(Value::Null, Value::from)),
                ("floors", floors.into()),
                ("height_m", tenths(f64::from(floors) * 3.1)),
                ("use", used.into()),
            ],
        )?);
        Ok(code)
    }

    /// A housing unit in a building.
    pub(super) fn housing_unit(
        &mut self,
        at: Pt,
        building: &str,
        unit: u32,
        floor: u32,
        room: u32,
    ) -> Result<(), DemoError> {
        self.units += 1;
        let area = self.dice.between(68.0, 142.0);
        self.drafts.push(draft(
            "housing-unit",
            point_geometry(at)?,
            Some(self.village.code),
            [
                ("code", format!("H{}{:06}", self.village.code, self.units).into()),
                ("building", building.into()),
                ("unit", unit.to_string().into()),
                ("floor", floor.into()),
                ("room", format!("{floor}{room:02}").into()),
                ("area_m2", tenths(area)),
            ],
        )?);
        Ok(())
    }
}

/// A unified social credit code (GB 32100) of Qianjiang: registrar and kind, division, organisation
/// code with its own check character (GB 11714).
fn uscc(kind: &str, serial: u32) -> Result<Uscc, InvalidUscc> {
    const WEIGHTS: [u32; 8] = [3, 7, 9, 10, 5, 8, 4, 2];
    let registrar = match kind {
        "agency" => "11",
        "institution" => "12",
        "organisation" => "51",
        "cooperative" => "93",
        _ => "91",
    };
    let body = format!("{:08}", serial % 100_000_000);
    let sum: u32 = body.bytes().zip(WEIGHTS).map(|(digit, weight)| u32::from(digit - b'0') * weight).sum();
    let check = match 11 - sum % 11 {
        10 => 'X',
        11 => '0',
        digit => char::from(b'0' + digit as u8),
    };
    Uscc::from_body(&format!("{registrar}429005{body}{check}"))
}
