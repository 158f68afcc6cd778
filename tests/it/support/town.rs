//! A town of two townships and four villages, small enough to know by heart.
//!
//! The villages are squares of a tenth of a degree, from the south-west corner: two of the first
//! township in the south, two of the second in the north.

use platbook::domain::{Draft, Geometry, Properties};
use serde_json::{Value, json};

/// The south-west corner of the town, degrees of EPSG:4490.
pub(crate) const SOUTH_WEST: (f64, f64) = (112.7, 30.3);

/// The side of a village, degrees.
const SIDE: f64 = 0.1;

/// Codes and names of the townships.
pub(crate) const TOWNSHIPS: [(&str, &str); 2] = [("429005001", "园林街道"), ("429005002", "杨市街道")];

/// Codes and names of the villages.
pub(crate) const VILLAGES: [(&str, &str); 4] = [
    ("429005001001", "东风路社区"),
    ("429005001002", "建设路社区"),
    ("429005002001", "杨市社区"),
    ("429005002002", "刘市村"),
];

/// How many doorplates stand in the town; every fifth has the same status, every fourth the same village.
pub(crate) const PLATES: usize = 137;

/// The statuses of doorplates, in turn.
pub(crate) const STATUSES: [&str; 5] = ["planned", "made", "mounted", "damaged", "missing"];

fn draft(layer: &str, geometry: &Value, properties: Value) -> Draft {
    let Value::Object(properties): Value = properties else { panic!("properties are an object") };
    let properties: Properties = properties;
    Draft {
        layer: layer.parse().unwrap(),
        geometry: Geometry::from_geojson(geometry).unwrap(),
        properties,
        village: None,
    }
}

fn point(lon: f64, lat: f64) -> Value {
    json!({ "type": "Point", "coordinates": [lon, lat] })
}

fn rectangle(west: f64, south: f64, east: f64, north: f64) -> Value {
    let ring = [[west, south], [east, south], [east, north], [west, north], [west, south]];
    json!({ "type": "Polygon", "coordinates": [ring] })
}

/// The corner of a village.
fn corner(village: usize) -> (f64, f64) {
    let (column, row) = (village % 2, village / 2);
    (SOUTH_WEST.0 + SIDE * column as f64, SOUTH_WEST.1 + SIDE * row as f64)
}

/// City, townships and villages: what must be there before anything can stand in a village.
pub(crate) fn divisions() -> Vec<Draft> {
    let (west, south) = SOUTH_WEST;
    let mut drafts = vec![draft(
        "city",
        &rectangle(west, south, west + 2.0 * SIDE, south + 2.0 * SIDE),
        json!({ "code": "429005", "name": "潜江市" }),
    )];
    drafts.extend(TOWNSHIPS.iter().enumerate().map(|(i, (code, name))| {
        let south = south + SIDE * i as f64;
        let geometry = rectangle(west, south, west + 2.0 * SIDE, south + SIDE);
        draft("township", &geometry, json!({ "code": code, "name": name, "kind": "street", "synthetic": true }))
    }));
    drafts.extend(VILLAGES.iter().enumerate().map(|(i, (code, name))| {
        let (west, south) = corner(i);
        let geometry = rectangle(west, south, west + SIDE, south + SIDE);
        draft("village", &geometry, json!({ "code": code, "name": name, "kind": "community", "synthetic": true }))
    }));
    drafts
}

/// What stands in the villages.
pub(crate) fn contents() -> Vec<Draft> {
    let mut drafts: Vec<Draft> = (0..PLATES).map(plate).collect();
    drafts.extend(VILLAGES.iter().enumerate().map(|(i, (code, name))| {
        let (west, south) = corner(i);
        let at = point(west + SIDE / 2.0, south + SIDE / 2.0);
        // The last village has so few people that the layer hides their number.
        let persons = [1203, 845, 96, 7][i];
        draft("population", &at, json!({ "code": code, "name": name, "households": persons / 3, "persons": persons }))
    }));
    let (west, south) = SOUTH_WEST;
    let nodes = [("N-CORE", "core", 0.02), ("N-AGG", "aggregation", 0.08)];
    drafts.extend(nodes.iter().map(|(code, kind, east)| {
        draft("network-node", &point(west + east, south + 0.03), json!({ "code": code, "name": code, "kind": kind }))
    }));
    let line =
        json!({ "type": "LineString", "coordinates": [[west + 0.02, south + 0.03], [west + 0.08, south + 0.03]] });
    let link = json!({ "code": "L-1", "from_node": "N-CORE", "to_node": "N-AGG", "standard": "2G", "verdict": "pass" });
    drafts.push(draft("network-link", &line, link));
    let lake = rectangle(west + 0.12, south + 0.01, west + 0.15, south + 0.02);
    drafts.push(draft("water", &lake, json!({ "code": "W-1", "name": "返湾湖", "kind": "lake" })));
    drafts
}

fn plate(i: usize) -> Draft {
    let (west, south) = corner(i % 4);
    let (step_east, step_north) = (0.002 * (i % 40) as f64, 0.003 * (i / 8) as f64);
    let properties = json!({
        "code": format!("{}00001{i:06}00", VILLAGES[i % 4].0),
        "address": format!("湖北省潜江市示例路{}号", i + 1),
        "kind": "small",
        "status": STATUSES[i % 5],
        "street": "示例路",
        "number": i + 1,
        "mounted_on": "2025-06-30",
        "priority": i % 4,
        "synthetic": true,
    });
    draft("doorplate", &point(west + 0.01 + step_east, south + 0.01 + step_north), properties)
}
