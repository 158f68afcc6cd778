//! Grids, projections and measures, judged by published vectors and by PROJ.

use platbook::domain::LonLat;
use platbook::geodesy::beidou::{Cell, GridCode};
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

proptest! {
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
