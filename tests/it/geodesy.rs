//! Grids, projections and measures, judged by published vectors and by PROJ.

use platbook::domain::LonLat;
use platbook::geodesy::beidou::{Cell, GridCode};
use platbook::geodesy::china_shift::{from_bd09, from_gcj02, to_bd09, to_gcj02};
use platbook::geodesy::gauss_kruger::Zone;
use platbook::geodesy::geodesic::area_m2;
use platbook::geodesy::world::WorldXy;
use platbook::tiles::TileCoord;
use proptest::prelude::*;

/// Degrees of `116°18'45.37"E`, or of a plain number.
fn degrees(text: &str) -> f64 {
    let text = text.trim_matches('"').replace("\"\"", "\"");
    if let Ok(number) = text.parse() {
        return number;
    }
    let parts: Vec<f64> =
        text.split(|c: char| !(c.is_ascii_digit() || c == '.')).filter_map(|part| part.parse().ok()).collect();
    parts[0] + parts[1] / 60.0 + parts[2] / 3600.0
}

#[test]
fn grid_codes_are_those_of_the_standard() {
    let mut reader = csv::Reader::from_path("tests/data/standards/beidou_grid_vectors.csv").unwrap();
    let mut checked = 0;
    for row in reader.records().map(Result::unwrap) {
        let at = LonLat::new(degrees(&row[1]), degrees(&row[2])).unwrap();
        let code = GridCode::of(at, row[3].parse().unwrap()).unwrap();
        assert_eq!(code.to_string(), &row[4], "{}", &row[0]);
        checked += 1;
    }
    assert_eq!(checked, 11);
    let office = LonLat::new(degrees("116°18'45.37\"E"), degrees("39°59'35.38\"N")).unwrap();
    assert_eq!(GridCode::of(office, 10).unwrap().to_string(), "N50J47539B8255346152");
    let seat = LonLat::new(112.899762, 30.402167).unwrap();
    assert_eq!(GridCode::of(seat, 10).unwrap().to_string(), "N49H94584E1347414550");
}

#[test]
fn tiles_are_those_of_tianditus_w_set() {
    let mut reader = csv::Reader::from_path("tests/data/standards/tianditu_tiles.csv").unwrap();
    for row in reader.records().map(Result::unwrap).filter(|row| &row[0] == "w") {
        let at = LonLat::new(row[2].parse().unwrap(), row[3].parse().unwrap()).unwrap();
        let tile = TileCoord::holding(row[1].parse().unwrap(), WorldXy::from(at));
        assert_eq!((tile.column().to_string(), tile.row().to_string()), (row[4].to_owned(), row[5].to_owned()));
    }
}

#[test]
fn an_area_is_the_same_whichever_way_its_rings_run() {
    /// By GeographicLib, on GRS80.
    const EXPECTED_M2: f64 = 105835025.09;
    let area = |outer_turns_left: bool, hole_turns_left: bool| {
        let ring = |west: f64, side: f64, turns_left: bool| {
            let mut ring =
                vec![[west, 30.0], [west + side, 30.0], [west + side, 30.0 + side], [west, 30.0 + side], [west, 30.0]];
            if !turns_left {
                ring.reverse();
            }
            ring
        };
        let rings = [ring(112.0, 0.1, outer_turns_left), ring(112.02, 0.01, hole_turns_left)];
        let polygon = serde_json::json!({ "type": "Polygon", "coordinates": rings });
        let polygons = serde_json::json!({ "type": "MultiPolygon", "coordinates": [rings] });
        [polygon, polygons].map(|shape| area_m2(&platbook::domain::Geometry::from_geojson(&shape).unwrap()))
    };
    for (outer, hole) in [(true, false), (true, true), (false, true), (false, false)] {
        for m2 in area(outer, hole) {
            assert!((m2 - EXPECTED_M2).abs() < 1.0, "{outer} {hole}: {m2}");
        }
    }
}

#[test]
fn the_citys_outline_has_the_area_that_karney_gives() {
    let text = std::fs::read_to_string("data/divisions/boundary.geojson").unwrap();
    let file: serde_json::Value = serde_json::from_str(&text).unwrap();
    let outline = platbook::domain::Geometry::from_geojson(&file["features"][0]["geometry"]).unwrap();
    let km2 = area_m2(&outline) / 1e6;
    assert!((km2 - 2003.006).abs() < 0.001, "{km2}");
    // On the Web Mercator plane it would be a third larger: whoever measures there is found out.
    let planar: f64 = {
        use geo::{Area, MapCoords};
        let metres = 2.0 * std::f64::consts::PI * 6_378_137.0 / 4_294_967_296.0;
        let flat = outline.as_geo().map_coords(|c| {
            let at = WorldXy::from(LonLat::new(c.x, c.y).unwrap());
            geo_types::Coord { x: f64::from(at.x) * metres, y: f64::from(at.y) * metres }
        });
        flat.unsigned_area() / 1e6
    };
    assert!((planar / km2 - 1.347).abs() < 0.002, "{planar}");
}

#[test]
fn gcj02_moves_the_city_as_far_as_it_does() {
    let shifted = to_gcj02(LonLat::new(112.9, 30.42).unwrap());
    assert!((shifted.lon() - 112.905584).abs() < 1e-6 && (shifted.lat() - 30.417281).abs() < 1e-6, "{shifted:?}");
    let paris = LonLat::new(2.35, 48.85).unwrap();
    assert_eq!(to_gcj02(paris), paris);
}

/// PROJ, the library of the field, is the judge: `gdaltransform` of Debian's gdal-bin.
#[test]
fn gauss_krueger_agrees_with_proj_to_a_tenth_of_a_millimetre() {
    use std::io::Write;
    use std::process::{Command, Stdio};
    let positions: Vec<LonLat> = (0..300)
        .map(|i| LonLat::new(112.3 + f64::from(i % 20) * 0.17, 29.9 + f64::from(i / 20) * 0.06).unwrap())
        .collect();
    for (zone, epsg) in [(Zone::Epsg4547, "EPSG:4547"), (Zone::Epsg4526, "EPSG:4526")] {
        // Traditional order (longitude, easting first) on both sides.
        let mut judge = Command::new("gdaltransform")
            .args(["-output_xy", "-s_srs", "+proj=longlat +ellps=GRS80 +no_defs", "-t_srs"])
            .arg(if epsg == "EPSG:4547" {
                "+proj=etmerc +lat_0=0 +lon_0=114 +k=1 +x_0=500000 +y_0=0 +ellps=GRS80 +units=m +no_defs"
            } else {
                "+proj=etmerc +lat_0=0 +lon_0=114 +k=1 +x_0=38500000 +y_0=0 +ellps=GRS80 +units=m +no_defs"
            })
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("gdaltransform is needed: install gdal-bin");
        let mut input = judge.stdin.take().unwrap();
        for at in &positions {
            writeln!(input, "{:.12} {:.12}", at.lon(), at.lat()).unwrap();
        }
        drop(input);
        let output = String::from_utf8(judge.wait_with_output().unwrap().stdout).unwrap();
        assert_eq!(output.lines().count(), positions.len());
        for (at, line) in positions.iter().zip(output.lines()) {
            let expected: Vec<f64> = line.split_whitespace().map(|n| n.parse().unwrap()).collect();
            let own = zone.project(*at).unwrap();
            let off = (own.easting_m - expected[0]).hypot(own.northing_m - expected[1]);
            assert!(off < 1e-4, "{at:?}: {own:?}, PROJ {expected:?}");
            let back = zone.unproject(own).unwrap();
            assert!((back.lon() - at.lon()).abs() < 1e-9 && (back.lat() - at.lat()).abs() < 1e-9);
        }
    }
}

proptest! {
    #[test]
    fn the_shifts_can_be_taken_back(lon in 100.0..120.0_f64, lat in 20.0..45.0_f64) {
        let at = LonLat::new(lon, lat).unwrap();
        for back in [from_gcj02(to_gcj02(at)), from_bd09(to_bd09(at))] {
            prop_assert!((back.lon() - lon).abs() < 1e-9 && (back.lat() - lat).abs() < 1e-9, "{back:?}");
        }
    }

    #[test]
    fn a_grid_code_reads_back_and_holds_its_position(lon in -180.0..180.0_f64, lat in -87.9..87.9_f64, level in 1..=10_u8) {
        let at = LonLat::new(lon, lat).unwrap();
        let code = GridCode::of(at, level).unwrap();
        prop_assert_eq!(code.to_string().parse::<GridCode>(), Ok(code));
        let bbox = code.bbox();
        let slack = 1e-9;
        prop_assert!(bbox.west() - slack <= lon && lon <= bbox.east() + slack);
        prop_assert!(bbox.south() - slack <= lat && lat <= bbox.north() + slack);
        if let Some(parent) = code.parent() {
            prop_assert!(code.to_string().starts_with(&parent.to_string()[..3]));
            prop_assert_eq!(GridCode::of(at, level - 1).unwrap(), parent);
        }
    }

    #[test]
    fn no_text_makes_the_grid_parser_fall_over(text in "\\PC{0,24}", near in "[NS][0-9]{2}[A-Z][0-9A-F]{0,16}") {
        let _ = text.parse::<GridCode>();
        if let Ok(code) = near.parse::<GridCode>() {
            prop_assert_eq!(code.to_string(), near);
        }
    }

    #[test]
    fn neighbours_touch(lon in 100.0..120.0_f64, lat in 20.0..40.0_f64, level in 2..=6_u8) {
        let code = GridCode::of(LonLat::new(lon, lat).unwrap(), level).unwrap();
        let neighbours = code.neighbours();
        prop_assert_eq!(neighbours.len(), 8);
        for neighbour in neighbours {
            prop_assert!(neighbour != code);
            prop_assert!(neighbour.neighbours().contains(&code));
        }
    }

    #[test]
    fn cells_north_of_the_equator_are_squares_of_level_four(lon in 112.0..113.5_f64, lat in 30.0..31.0_f64) {
        let at = LonLat::new(lon, lat).unwrap();
        let centre = GridCode::of(at, 4).unwrap().bbox().centre();
        prop_assert_eq!(Cell::of(at), Cell::of(centre));
    }

    #[test]
    fn the_world_grid_reads_back_to_a_centimetre(lon in -180.0..180.0_f64, lat in -85.0..85.0_f64) {
        let back = WorldXy::from(LonLat::new(lon, lat).unwrap()).to_lonlat();
        prop_assert!((back.lon() - lon).abs() < 2e-7 && (back.lat() - lat).abs() < 2e-7);
    }
}
