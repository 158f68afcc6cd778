//! What the tags of an element make of it: which layers it belongs to and with which values.
//!
//! Keys and values are those of the OpenStreetMap wiki's "Map features"; what is not listed here is
//! not imported, or, where it nearly is (a footpath beside the roads), counted as skipped.

use serde_json::Value;

use super::Skip;
use crate::domain::Properties;

/// Width of a river or canal that is drawn as a line and has no `width`, metres.
const RIVER_WIDTH_M: f64 = 30.0;
const CANAL_WIDTH_M: f64 = 10.0;

/// Bounds of the schema: what lies outside is a typing error in the source, and left out.
const MAX_WIDTH_M: f64 = 200.0;
const MAX_RIVER_WIDTH_M: f64 = 5000.0;
const MAX_HEIGHT_M: f64 = 800.0;
const MAX_FLOORS: f64 = 120.0;

/// The tags of one element.
pub(super) struct Tags<'a>(Vec<(&'a str, &'a str)>);

impl<'a> Tags<'a> {
    /// Looks tags up in the texts of their block.
    pub(super) fn read(texts: &'a [Vec<u8>], pairs: impl Iterator<Item = (usize, usize)>) -> Result<Self, String> {
        let text = |at: usize| {
            let bytes = texts.get(at).ok_or_else(|| format!("a tag names text {at} of {}", texts.len()))?;
            std::str::from_utf8(bytes).map_err(|_| format!("text {at} is not UTF-8"))
        };
        pairs.map(|(key, value)| Ok((text(key)?, text(value)?))).collect::<Result<_, _>>().map(Self)
    }

    /// The value of a key.
    pub(super) fn value(&self, key: &str) -> Option<&'a str> {
        self.0.iter().find(|(name, _)| *name == key).map(|(_, value)| *value)
    }

    /// Whether the key is there and does not say no.
    fn has(&self, key: &str) -> bool {
        self.value(key).is_some_and(|value| value != "no")
    }

    /// Whether no tag tells what the element is: the tags of an old multipolygon stand on its ways.
    pub(super) fn tell_nothing(&self) -> bool {
        const ASIDE: [&str; 6] = ["type", "source", "created_by", "note", "fixme", "attribution"];
        self.0.iter().all(|(key, _)| ASIDE.contains(key) || key.starts_with("source:"))
    }

    fn name(&self) -> Option<String> {
        let name = ["name", "name:zh", "name:en"].into_iter().find_map(|key| self.value(key))?.trim();
        (!name.is_empty()).then(|| name.to_owned())
    }

    fn metres(&self, key: &str, at_most: f64) -> Option<f64> {
        self.value(key).and_then(metres).filter(|length| *length > 0.0 && *length <= at_most)
    }
}

/// One feature that an element becomes.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Thing {
    Road { name: Option<String>, class: &'static str, bridge: bool, width_m: Option<f64> },
    Building { name: Option<String>, floors: Option<u64>, height_m: Option<f64>, purpose: &'static str },
    Water { name: Option<String>, kind: Option<&'static str> },
    Railway { name: Option<String> },
    Place { name: String, kind: &'static str, population: Option<u64> },
}

/// What a way's positions are for a thing.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Form {
    /// A line.
    Line,
    /// The ring of an area.
    Area,
    /// The middle of a strip of this width, metres.
    Strip(f64),
}

impl Thing {
    /// The layer it belongs to.
    pub(super) const fn layer(&self) -> &'static str {
        match self {
            Self::Road { .. } => "road",
            Self::Building { .. } => "building",
            Self::Water { .. } => "water",
            Self::Railway { .. } => "railway",
            Self::Place { .. } => "place",
        }
    }

    /// Its values in the order of the layer's schema; `extent` is the length of a line in metres or
    /// the area of a polygon in square metres.
    pub(super) fn properties(self, code: String, extent: f64) -> Properties {
        let mut values = Properties::new();
        let mut set = |name: &str, value: Value| {
            if !value.is_null() {
                values.insert(name.to_owned(), value);
            }
        };
        set("code", code.into());
        match self {
            Self::Road { name, class, bridge, width_m } => {
                set("name", name.into());
                set("class", class.into());
                set("bridge", bridge.into());
                set("width_m", width_m.into());
                set("length_m", ((extent * 10.0).round() / 10.0).into());
                set("priority", rank(class).into());
            }
            Self::Building { name, floors, height_m, purpose } => {
                set("name", name.into());
                set("floors", floors.into());
                set("height_m", height_m.into());
                set("use", purpose.into());
            }
            Self::Water { name, kind } => {
                /// Still water below a hectare that is not said to be anything else is a pond.
                const POND_BELOW_M2: f64 = 10_000.0;
                set("name", name.into());
                set("kind", kind.unwrap_or(if extent < POND_BELOW_M2 { "pond" } else { "lake" }).into());
            }
            Self::Railway { name } => set("name", name.into()),
            Self::Place { name, kind, population } => {
                set("name", name.into());
                set("kind", kind.into());
                set("population", population.into());
            }
        }
        set("source", super::ATTRIBUTION.into());
        set("synthetic", false.into());
        values
    }
}

/// What a way becomes.
pub(super) fn of_way(tags: &Tags<'_>, skipped: &mut dyn FnMut(Skip)) -> Vec<(Thing, Form)> {
    let mut things: Vec<(Thing, Form)> = of_area(tags).into_iter().map(|thing| (thing, Form::Area)).collect();
    let is_area = tags.has("area");
    if let Some(kind @ ("river" | "canal")) = tags.value("waterway") {
        let kind = if kind == "river" { "river" } else { "canal" };
        let usual_m = if kind == "river" { RIVER_WIDTH_M } else { CANAL_WIDTH_M };
        let width_m = tags.metres("width", MAX_RIVER_WIDTH_M).unwrap_or(usual_m);
        let water = Thing::Water { name: tags.name(), kind: Some(kind) };
        if tags.has("tunnel") {
            skipped(Skip::Underground);
        } else if is_area {
            things.push((water, Form::Area));
        } else {
            things.push((water, Form::Strip(width_m)));
        }
    }
    if let Some(highway) = tags.value("highway") {
        match road_class(highway) {
            Some(class) if !is_area => {
                let width_m = tags.metres("width", MAX_WIDTH_M);
                let bridge = tags.has("bridge");
                things.push((Thing::Road { name: tags.name(), class, bridge, width_m }, Form::Line));
            }
            Some(_) => skipped(Skip::TrafficArea),
            None => skipped(Skip::NoRoadClass),
        }
    }
    if tags.value("railway") == Some("rail") {
        things.push((Thing::Railway { name: tags.name() }, Form::Line));
    }
    things
}

/// What an area (a closed way or a multipolygon) becomes.
pub(super) fn of_area(tags: &Tags<'_>) -> Option<Thing> {
    if tags.has("building") {
        return Some(Thing::Building {
            name: tags.name(),
            floors: tags
                .value("building:levels")
                .and_then(number)
                .filter(|floors| (0.0..=MAX_FLOORS).contains(floors))
                .map(|floors| floors.floor() as u64),
            height_m: tags.metres("height", MAX_HEIGHT_M),
            purpose: purpose(tags.value("building").unwrap_or_default()),
        });
    }
    let kind = match (tags.value("natural"), tags.value("waterway"), tags.value("landuse")) {
        (Some("water"), _, _) => match tags.value("water") {
            Some("river" | "oxbow" | "stream" | "stream_pool" | "rapids") => Some("river"),
            Some("canal" | "ditch" | "drain" | "moat" | "lock") => Some("canal"),
            Some("pond" | "basin" | "fishpond" | "fish_pass" | "wastewater" | "fountain" | "reflecting_pool") => {
                Some("pond")
            }
            Some("lake" | "reservoir" | "lagoon") => Some("lake"),
            _ => None,
        },
        (_, Some("riverbank"), _) => Some("river"),
        (_, _, Some("reservoir")) => Some("lake"),
        (_, _, Some("basin")) => Some("pond"),
        _ => return None,
    };
    Some(Thing::Water { name: tags.name(), kind })
}

/// What a node becomes.
pub(super) fn of_node(tags: &Tags<'_>) -> Option<Result<Thing, Skip>> {
    const KINDS: [&str; 5] = ["city", "town", "village", "hamlet", "suburb"];
    let place = tags.value("place")?;
    let kind = KINDS.into_iter().find(|kind| *kind == place)?;
    let Some(name) = tags.name() else { return Some(Err(Skip::NoName)) };
    let digits = |text: &str| text.replace([',', ' ', '\u{a0}'], "").parse().ok();
    Some(Ok(Thing::Place { name, kind, population: tags.value("population").and_then(digits) }))
}

fn road_class(highway: &str) -> Option<&'static str> {
    Some(match highway {
        "motorway" | "motorway_link" => "motorway",
        "trunk" | "trunk_link" => "trunk",
        "primary" | "primary_link" => "primary",
        "secondary" | "secondary_link" => "secondary",
        "tertiary" | "tertiary_link" => "tertiary",
        "unclassified" | "residential" | "living_street" | "pedestrian" | "road" => "residential",
        "service" | "track" | "busway" => "service",
        _ => return None,
    })
}

/// How long a road stays in a crowded tile: the greater ones longer.
fn rank(class: &str) -> u64 {
    const RISING: [&str; 7] = ["service", "residential", "tertiary", "secondary", "primary", "trunk", "motorway"];
    RISING.into_iter().position(|name| name == class).map_or(0, |at| at as u64 + 1)
}

fn purpose(building: &str) -> &'static str {
    match building {
        "residential" | "apartments" | "house" | "detached" | "semidetached_house" | "terrace" | "dormitory"
        | "bungalow" | "cabin" | "villa" | "static_caravan" => "residential",
        "commercial" | "retail" | "supermarket" | "kiosk" | "hotel" | "shop" => "commercial",
        "office" => "office",
        "industrial" | "warehouse" | "factory" | "manufacture" | "works" => "industrial",
        "public" | "civic" | "government" | "school" | "university" | "college" | "kindergarten" | "hospital"
        | "church" | "chapel" | "cathedral" | "mosque" | "temple" | "synagogue" | "shrine" | "monastery" | "museum"
        | "library" | "stadium" | "sports_hall" | "sports_centre" | "fire_station" | "train_station"
        | "transportation" | "toilets" => "public",
        "farm" | "farm_auxiliary" | "barn" | "greenhouse" | "stable" | "sty" | "cowshed" | "silo" => "farm",
        _ => "unknown",
    }
}

/// A number, the first of a list (`3;4`).
fn number(text: &str) -> Option<f64> {
    text.split(';').next()?.trim().parse::<f64>().ok().filter(|number| number.is_finite())
}

/// A length: metres unless a unit says otherwise (`12`, `12.5 m`, `40 ft`, `6'6"`).
fn metres(text: &str) -> Option<f64> {
    const FOOT_M: f64 = 0.3048;
    let text = text.split(';').next()?.trim();
    if let Some((feet, inches)) = text.split_once('\'') {
        let inches = inches.trim().trim_end_matches('"');
        let inches = if inches.is_empty() { 0.0 } else { number(inches)? };
        return Some((number(feet)? + inches / 12.0) * FOOT_M);
    }
    if let Some(feet) = text.strip_suffix("ft") {
        return Some(number(feet)? * FOOT_M);
    }
    number(text.strip_suffix('m').unwrap_or(text))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_read_with_their_units() {
        let cases = [
            ("12", Some(12.0)),
            ("12.5 m", Some(12.5)),
            ("12m", Some(12.0)),
            ("40 ft", Some(12.192)),
            ("6'6\"", Some(1.9812)),
            ("6'", Some(1.8288)),
            ("3;4", Some(3.0)),
            ("about 5", None),
            ("1,5", None),
            ("inf", None),
            ("", None),
        ];
        for (text, expected) in cases {
            match (metres(text), expected) {
                (Some(got), Some(expected)) => assert!((got - expected).abs() < 1e-9, "{text}: {got}"),
                (got, expected) => assert_eq!(got, expected, "{text}"),
            }
        }
    }
}
