//! What is where: divisions, plates, streets, and the counts of the report.

use std::collections::{BTreeMap, BTreeSet};

use geo::{Area, Contains, Validation};
use platbook::domain::Draft;
use platbook::domain::codes::{doorplate::DoorplateCode, uscc::Uscc};

use super::made::*;

fn polygons(draft: &Draft) -> Vec<geo_types::Polygon<f64>> {
    match draft.geometry.as_geo() {
        geo_types::Geometry::Polygon(polygon) => vec![polygon.clone()],
        geo_types::Geometry::MultiPolygon(many) => many.0.clone(),
        _ => panic!("{} is no polygon", text(draft, "code")),
    }
}

fn point(draft: &Draft) -> geo_types::Point<f64> {
    let at = draft.geometry.representative();
    geo_types::Point::new(at.lon(), at.lat())
}

fn area(draft: &Draft) -> f64 {
    polygons(draft).iter().map(Area::unsigned_area).sum()
}

/// The directed edges of an area's rings, by the bits of their coordinates.
fn edges(draft: &Draft) -> Vec<([u64; 2], [u64; 2])> {
    let bits = |c: &geo_types::Coord<f64>| [c.x.to_bits(), c.y.to_bits()];
    let mut edges = Vec::new();
    for polygon in polygons(draft) {
        for ring in std::iter::once(polygon.exterior()).chain(polygon.interiors()) {
            edges.extend(ring.0.windows(2).map(|pair| (bits(&pair[0]), bits(&pair[1]))));
        }
    }
    edges
}

/// Edges that are not met by the same edge the other way: the outline of several areas together.
fn outline<'a>(drafts: impl Iterator<Item = &'a Draft>) -> BTreeSet<([u64; 2], [u64; 2])> {
    let mut all = BTreeSet::new();
    for draft in drafts {
        for edge in edges(draft) {
            assert!(all.insert(edge), "two areas lie on the same side of an edge: {}", text(draft, "code"));
        }
    }
    all.iter().filter(|(from, to)| !all.contains(&(*to, *from))).copied().collect()
}

/// The township (by place, not by code) that holds each village.
fn townships_of_villages(made: &Made) -> BTreeMap<String, Vec<&Draft>> {
    let mut homes: BTreeMap<String, Vec<&Draft>> = BTreeMap::new();
    for village in made.of("village") {
        let at = point(village);
        let home = made.of("township").find(|township| township.geometry.as_geo().contains(&at)).unwrap();
        homes.entry(text(home, "code").to_owned()).or_default().push(village);
    }
    homes
}

#[test]
fn the_list_of_2023_decides_how_many_villages_there_are() {
    let made = small();
    assert_eq!(made.of("city").count(), 1);
    assert_eq!(made.of("township").count(), 23);
    // 465 in the 23 townships, and the one of 浩口原种场.
    assert_eq!(made.of("village").count(), 466);
    let city = made.of("city").next().unwrap();
    assert_eq!(city.properties["synthetic"], false);
    assert!(text(city, "source").contains("GS(2024)0650"));
    let farm = made.of("village").find(|village| text(village, "code") == "429005457598").unwrap();
    assert!(text(farm, "source").contains("浩口镇"));
    let home = townships_of_villages(made);
    assert!(home["429005106"].iter().any(|village| text(village, "code") == "429005457598"));
    for (township, villages) in &home {
        for village in villages {
            let code = text(village, "code");
            assert!(code.starts_with(township) || code == "429005457598", "{code} lies in {township}");
        }
    }
}

#[test]
fn villages_cover_their_township_vertex_by_vertex() {
    let made = small();
    for (code, villages) in townships_of_villages(made) {
        let township = made.of("township").find(|township| text(township, "code") == code).unwrap();
        let sum: f64 = villages.iter().map(|village| area(village)).sum();
        assert!((sum / area(township) - 1.0).abs() < 1e-9, "{code}: {sum}");
        assert_eq!(outline(villages.into_iter()), edges(township).into_iter().collect(), "{code}");
    }
    // Neighbouring townships have the vertices of their common border in common, too: all that is
    // left over together is the city's border.
    let left = outline(made.of("township"));
    let city: f64 = made.of("city").map(area).sum();
    let sum: f64 = made.of("township").map(area).sum();
    assert!((sum / city - 1.0).abs() < 1e-6);
    let hull = &polygons(made.of("city").next().unwrap())[0];
    for ([x, y], _) in left {
        let at = geo_types::Point::new(f64::from_bits(x), f64::from_bits(y));
        let off = geo::Distance::distance(&geo::Euclidean, &at, hull.exterior());
        // The townships as given keep to the city's border to less than a metre.
        assert!(off < 1e-5, "{at:?} is on the outline of the townships but {off}° off the city's border");
    }
}

#[test]
fn grid_cells_cover_their_village_and_are_numbered_from_the_north_west() {
    let made = small();
    let mut cells: BTreeMap<String, Vec<&Draft>> = BTreeMap::new();
    for cell in made.of("unit-grid") {
        cells.entry(text(cell, "code")[..12].to_owned()).or_default().push(cell);
    }
    assert_eq!(cells.len(), 466);
    for village in made.of("village") {
        let cells = &cells[text(village, "code")];
        let sum: f64 = cells.iter().map(|cell| area(cell)).sum();
        assert!((sum / area(village) - 1.0).abs() < 2e-5, "{}", text(village, "code"));
        for (number, cell) in cells.iter().enumerate() {
            assert_eq!(text(cell, "code")[12..], format!("{:03}", number + 1));
            assert_eq!(cell.village.unwrap().to_string(), text(village, "code"));
        }
        // Inside, every edge is met by its neighbour's.
        outline(cells.iter().copied());
    }
}

#[test]
fn every_plate_hangs_in_its_village_under_a_valid_code_of_its_own() {
    let made = small();
    let villages: BTreeMap<&str, &Draft> = made.of("village").map(|village| (text(village, "code"), village)).collect();
    let mut codes = BTreeSet::new();
    let addresses: BTreeMap<&str, &Draft> =
        made.of("address").map(|address| (text(address, "code"), address)).collect();
    for plate in made.of("doorplate") {
        let code = text(plate, "code");
        code.parse::<DoorplateCode>().unwrap();
        assert_eq!(code.parse::<u128>().unwrap() % 97, 1, "{code}: MOD 97-10 leaves 1");
        assert!(codes.insert(code), "{code} twice");
        assert_eq!(plate.village.unwrap().to_string(), code[..12]);
        assert!(villages[&code[..12]].geometry.as_geo().contains(&point(plate)), "{code} hangs outside");
        let address = addresses[text(plate, "address_code")];
        assert_eq!(text(address, "text"), text(plate, "address"));
        assert_eq!(address.geometry, plate.geometry);
    }
    assert_eq!(addresses.len(), codes.len());
}

#[test]
fn odd_and_even_numbers_stand_on_opposite_sides_of_their_street() {
    let made = small();
    let mut streets: BTreeMap<String, Vec<&Draft>> = BTreeMap::new();
    for plate in made.of("doorplate").filter(|plate| plate.properties.contains_key("number")) {
        // The street's own five digits, within the village.
        streets.entry(text(plate, "code")[..17].to_owned()).or_default().push(plate);
    }
    let mut compared = 0;
    for (street, plates) in streets {
        let numbered =
            |odd: u64| plates.iter().filter(move |plate| plate.properties["number"].as_u64().unwrap() % 2 == odd);
        let unique: BTreeSet<(u64, &str)> =
            plates.iter().map(|plate| (plate.properties["number"].as_u64().unwrap(), text(plate, "street"))).collect();
        assert_eq!(unique.len(), plates.len(), "{street} has a number twice");
        let odd: Vec<_> = numbered(1).map(|plate| point(plate)).collect();
        let even: Vec<_> = numbered(0).map(|plate| point(plate)).collect();
        if odd.len() < 2 || even.len() < 2 {
            continue;
        }
        // Along the line through the two odd plates farthest apart, all even ones lie on one side.
        let (a, b) = (odd[0], odd[odd.len() - 1]);
        let side = |p: &geo_types::Point<f64>| (b.x() - a.x()) * (p.y() - a.y()) - (b.y() - a.y()) * (p.x() - a.x());
        let signs: BTreeSet<bool> = even.iter().map(|p| side(p) > 0.0).collect();
        assert_eq!(signs.len(), 1, "{street}: even numbers on both sides of the odd ones");
        compared += 1;
    }
    assert!(compared > 20, "only {compared} streets had both sides");
}

fn the_report(made: &Made) {
    let compounds: Vec<&Draft> =
        made.of("compound").filter(|c| ["碧桂园珑悦", "中润金桥郡"].contains(&text(c, "name"))).collect();
    assert_eq!(compounds.len(), 2);
    for key in ["plates_planned", "plates_mounted"] {
        assert_eq!(compounds.iter().map(|c| c.properties[key].as_u64().unwrap()).sum::<u64>(), 2279);
    }
    let plates: Vec<&Draft> =
        made.of("doorplate").filter(|p| ["碧桂园珑悦", "中润金桥郡"].contains(&text(p, "compound"))).collect();
    assert_eq!(plates.len(), 2279);
    for plate in plates {
        assert_eq!(text(plate, "status"), "mounted");
        assert!(text(plate, "code").starts_with("429005001"));
        let within = compounds.iter().find(|c| text(c, "name") == text(plate, "compound")).unwrap();
        assert!(within.geometry.as_geo().contains(&point(plate)));
    }
    let units = made.of("network-node").filter(|node| text(node, "kind") == "access");
    assert_eq!(units.filter(|unit| unit.properties.contains_key("cut_over_on")).count(), 588);
    assert_eq!(made.of("network-link").count(), 433);
    let nodes: BTreeSet<&str> = made.of("network-node").map(|node| text(node, "code")).collect();
    for link in made.of("network-link") {
        assert_eq!(text(link, "verdict"), "pass");
        let required = if text(link, "standard") == "2G" { 2_000_000_000 } else { 200_000_000 };
        assert!(link.properties["rate_bps"].as_u64().unwrap() >= required);
        assert!(nodes.contains(text(link, "from_node")) && nodes.contains(text(link, "to_node")));
        assert_ne!(text(link, "from_node"), text(link, "to_node"));
    }
}

#[test]
fn the_counts_of_the_report_hold_at_every_scale() {
    the_report(small());
    the_report(&make(7, 0.06));
    let ledger = platbook::demo::ledger(429005);
    assert_eq!((ledger.departments.len(), ledger.applications.len(), ledger.systems.len()), (20, 41, 31));
    let known: BTreeSet<&str> = ledger.departments.iter().map(|department| department.code.as_str()).collect();
    let running: BTreeSet<&str> =
        ledger.applications.iter().map(|application| application.department.as_str()).collect();
    assert_eq!(running, known, "every department runs an application");
    assert!(ledger.systems.iter().all(|system| known.contains(system.department.as_str())));
}

#[test]
fn another_scale_has_the_same_divisions_and_more_plates() {
    let larger = make(429005, 0.06);
    for layer in ["city", "township", "village", "unit-grid", "network-link", "population"] {
        assert!(small().of(layer).eq(larger.of(layer)), "{layer} differs");
    }
    let plates = larger.of("doorplate").count();
    assert!((17_000..19_000).contains(&plates), "{plates} doorplates at 0.06");
    assert!((5_700..6_300).contains(&small().of("doorplate").count()));
}

#[test]
fn the_same_plan_gives_the_same_bytes() {
    let again = make(429005, 0.02);
    assert_eq!(small().digest(), again.digest());
    assert_eq!(format!("{:016x}", again.digest()), "a93dc7e2bf89298e");
    assert_ne!(make(1, 0.02).digest(), again.digest());
}

#[test]
fn all_geometry_is_valid() {
    let mut wrong = Vec::new();
    for draft in &small().drafts {
        let geometry = draft.geometry.as_geo();
        if !geometry.is_valid() {
            wrong.push(format!("{} {}: {:?}", draft.layer, text(draft, "code"), geometry.validation_errors()));
        }
    }
    assert!(wrong.is_empty(), "{}:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn a_feature_names_the_village_that_holds_it() {
    let made = small();
    let villages: BTreeMap<String, &Draft> =
        made.of("village").map(|village| (text(village, "code").to_owned(), village)).collect();
    for draft in made.drafts.iter().filter(|draft| !["city", "township"].contains(&draft.layer.as_str())) {
        if let Some(village) = draft.village {
            let home = villages[&village.to_string()];
            let at = point(draft);
            let off = geo::Distance::distance(&geo::Euclidean, &at, home.geometry.as_geo());
            // A hundredth of a second of arc: a point on the very border is rounded to either side.
            assert!(off < 3e-6, "{} {} is {off}° outside {village}", draft.layer, text(draft, "code"));
        }
    }
}

#[test]
fn unified_social_credit_codes_are_unique_and_their_check_character_holds() {
    let mut seen = BTreeSet::new();
    for unit in small().of("legal-unit") {
        let code = text(unit, "code");
        assert!(seen.insert(code), "{code} twice");
        assert!(code.parse::<Uscc>().unwrap().organisation_check_fits());
        let digits = "0123456789ABCDEFGHJKLMNPQRTUWXY";
        let (mut sum, mut weight) = (0, 1);
        for byte in code.chars().take(17) {
            sum += digits.find(byte).unwrap() * weight;
            weight = weight * 3 % 31;
        }
        assert_eq!(digits.find(code.chars().last().unwrap()).unwrap(), (31 - sum % 31) % 31, "{code}");
        assert!(text(unit, "name").contains("示例"), "{} does not say that it is an example", text(unit, "name"));
    }
}

#[test]
fn deliveries_lose_some_records_on_the_way_to_the_map() {
    let made = small();
    for layer in ["address", "building", "legal-unit", "housing-unit"] {
        let of_layer = || made.intakes.iter().filter(|intake| intake.layer.as_str() == layer);
        let collected: u64 = of_layer().map(|intake| intake.collected).sum();
        let governed: u64 = of_layer().map(|intake| intake.governed).sum();
        let mappable = made.of(layer).count() as u64;
        assert!(collected > governed && governed > mappable, "{layer}: {collected}, {governed}, {mappable}");
        assert!(collected < mappable * 13 / 10);
    }
    assert!(made.largest_batch <= platbook::demo::LARGEST_BATCH);
    assert_eq!(made.progress.last().unwrap().villages, 466);
}

#[test]
fn a_caller_may_stop_and_a_bad_scale_or_file_is_refused() {
    use platbook::demo::{DemoError, Plan, generate};
    use std::ops::ControlFlow;
    let mut batches = 0;
    let mut stop = |_, _| {
        batches += 1;
        ControlFlow::Break(())
    };
    generate(&Plan { seed: 1, scale: 0.02 }, &sources(), &mut stop, &mut |_| {}).unwrap();
    assert_eq!(batches, 1);
    for scale in [0.0, f64::NAN, 11.0] {
        let made = generate(&Plan { seed: 1, scale }, &sources(), &mut |_, _| ControlFlow::Continue(()), &mut |_| {});
        assert!(matches!(made, Err(DemoError::Scale { .. })));
    }
    let broken = platbook::demo::Sources { townships: "{}", ..sources() };
    let made = generate(&Plan { seed: 1, scale: 0.02 }, &broken, &mut |_, _| ControlFlow::Continue(()), &mut |_| {});
    assert!(matches!(made, Err(DemoError::Source { file: "synthetic townships", .. })), "{made:?}");
}

#[test]
fn features_have_only_the_properties_that_the_catalogue_declares() {
    let catalogue = crate::support::small_catalogue();
    for draft in &small().drafts {
        let layer = catalogue.layer(&draft.layer).unwrap_or_else(|| panic!("{} is not in the catalogue", draft.layer));
        for (name, value) in &draft.properties {
            if name == "synthetic" {
                assert!(value.is_boolean());
                continue;
            }
            let property = layer.properties.get(name).unwrap_or_else(|| panic!("{} has no {name}", draft.layer));
            let named = property.values.iter().any(|known| Some(known.value.as_str()) == value.as_str());
            assert!(property.values.is_empty() || named, "{} {name} {value}", draft.layer);
        }
        for (name, property) in &layer.properties {
            let has = draft.properties.contains_key(name);
            assert!(!property.required || has, "{} {} lacks {name}", draft.layer, text(draft, "code"));
        }
    }
}

#[test]
fn what_a_feature_names_is_on_the_map() {
    let catalogue = crate::support::small_catalogue();
    let mut named = 0;
    for layer in &catalogue.layers {
        for (name, property) in &layer.properties {
            let Some(reference) = &property.references else { continue };
            let there: BTreeSet<&str> =
                small().of(reference.layer.as_str()).map(|draft| text(draft, &reference.by)).collect();
            for draft in small().of(layer.id.as_str()).filter(|draft| draft.properties.contains_key(name)) {
                assert!(there.contains(text(draft, name)), "{} {name} {}", layer.id, text(draft, name));
                named += 1;
            }
        }
    }
    assert!(named > 1000, "{named}");
}

#[test]
fn other_seeds_make_sound_cities_too() {
    for seed in [1, 2, 3] {
        let made = make(seed, 0.01);
        let wrong: Vec<String> = made
            .drafts
            .iter()
            .filter(|draft| !draft.geometry.as_geo().is_valid())
            .map(|draft| format!("{} {}", draft.layer, text(draft, "code")))
            .collect();
        assert!(wrong.is_empty(), "seed {seed}: {wrong:?}");
        assert_eq!(made.of("village").count(), 466);
        for (code, villages) in townships_of_villages(&made) {
            let township = made.of("township").find(|township| text(township, "code") == code).unwrap();
            assert_eq!(outline(villages.into_iter()), edges(township).into_iter().collect(), "seed {seed}, {code}");
        }
    }
}
