//! Files that are no extract, or no whole one: refused in words that help, with nothing written.

use std::fs;
use std::io::Cursor;
use std::ops::ControlFlow;
use std::path::Path;

use platbook::exchange::osm::{self, OsmError, OsmSummary};
use proptest::prelude::*;
use tempfile::TempDir;

use super::judge::{extract, run};
use crate::support::{refusal, success};

fn krems() -> Vec<u8> {
    fs::read(extract("krems")).unwrap()
}

fn read(bytes: Vec<u8>) -> Result<OsmSummary, OsmError> {
    osm::read(Cursor::new(bytes), None, &mut |_| (), &mut |_| ControlFlow::Continue(()))
}

fn refused(file: &Path, database: &Path) -> String {
    let words = ["import", "osm", file.to_str().unwrap(), "--everywhere", "--database", database.to_str().unwrap()];
    refusal(&words)
}

#[test]
fn other_files_are_told_by_their_kind_and_change_nothing() {
    let folder = TempDir::new().unwrap();
    let database = folder.path().join("city.sqlite");
    success(&["demo", "--database", database.to_str().unwrap(), "--scale", "0.002"]);
    let sound = success(&["check", "--database", database.to_str().unwrap()]);
    let xml = folder.path().join("krems.osm");
    run("osmium", &["cat", "-o", xml.to_str().unwrap(), extract("krems").to_str().unwrap()]);
    let packed = folder.path().join("krems.osm.gz");
    run("osmium", &["cat", "-o", packed.to_str().unwrap(), extract("krems").to_str().unwrap()]);
    let krems = krems();
    let mut flipped = krems.clone();
    flipped[krems.len() / 2] ^= 0x10;
    let cases: [(&str, Vec<u8>, &str); 8] = [
        ("empty", Vec::new(), "got an empty file"),
        ("xml", fs::read(&xml).unwrap(), "got an XML file"),
        ("gzip", fs::read(&packed).unwrap(), "got a gzip file"),
        ("json", b"{\"type\":\"FeatureCollection\"}".to_vec(), "got a JSON file"),
        ("noise", (0..=255).cycle().take(5000).collect(), "got something else"),
        ("short", krems[..krems.len() / 2].to_vec(), "is cut off: its 118849 bytes end within the block at byte "),
        ("flipped", flipped, "is damaged in the block at byte "),
        ("tail", [krems.as_slice(), b"tail"].concat(), "byte 237698"),
    ];
    for (name, bytes, told) in cases {
        let file = folder.path().join(name);
        fs::write(&file, bytes).unwrap();
        let fresh = folder.path().join(format!("{name}.sqlite"));
        assert!(refused(&file, &fresh).contains(told), "{name}: {}", refused(&file, &fresh));
        assert!(!fresh.exists(), "{name}: a database was made");
        refused(&file, &database);
    }
    let told = refused(Path::new("/nowhere/hubei.osm.pbf"), &database);
    assert!(told.contains("opening /nowhere/hubei.osm.pbf: No such file"), "{told}");
    assert!(refused(folder.path(), &database).contains("directory"));
    assert_eq!(success(&["check", "--database", database.to_str().unwrap()]), sound, "nothing was written");
}

#[test]
fn a_history_is_refused_by_the_name_of_what_it_needs() {
    let folder = TempDir::new().unwrap();
    let history = folder.path().join("krems.osh.pbf");
    run("osmium", &["cat", "-o", history.to_str().unwrap(), extract("krems").to_str().unwrap()]);
    let told = refused(&history, &folder.path().join("city.sqlite"));
    assert!(told.contains("HistoricalInformation"), "{told}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn flipped_bytes_are_read_or_refused_with_their_place(flips in prop::collection::vec((0..237_698_usize, 1..=255_u8), 1..4)) {
        let mut bytes = krems();
        for (at, by) in flips {
            bytes[at] ^= by;
        }
        if let Err(error) = read(bytes) {
            let told = error.to_string();
            let has_place = matches!(error, OsmError::NotPbf { .. } | OsmError::Feature { .. });
            prop_assert!(has_place || told.contains("byte "), "{}", told);
        }
    }

    #[test]
    fn an_extract_cut_anywhere_is_never_taken_for_whole(length in 0..237_698_usize) {
        match read(krems()[..length].to_vec()) {
            Err(OsmError::NotPbf { .. } | OsmError::Truncated { .. } | OsmError::Damaged { .. }) => {}
            Err(other) => prop_assert!(false, "{}", other),
            // Only between two blocks does a shorter file look whole.
            Ok(summary) => prop_assert!(summary.ways == 0 || summary.relations == 0, "cut at {}", length),
        }
    }
}
