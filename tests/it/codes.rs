//! Codes: each reads back, refuses what its standard refuses, and never panics.

use platbook::domain::DivisionCode;
use platbook::domain::codes::component::ComponentCode;
use platbook::domain::codes::doorplate::DoorplateCode;
use platbook::domain::codes::unit_grid::UnitGridCode;
use platbook::domain::codes::uscc::Uscc;
use proptest::prelude::*;

#[test]
fn known_credit_codes_are_right() {
    let code: Uscc = "91110000600037341L".parse().unwrap();
    assert!(code.organisation_check_fits());
    assert!("91110000600037341M".parse::<Uscc>().is_err(), "a wrong check character");
    assert!("91110000600037341".parse::<Uscc>().is_err(), "too short");
    assert!("9111000060003734IL".parse::<Uscc>().is_err(), "the letter I");
}

#[test]
fn every_village_of_every_list_has_a_sound_code() {
    let mut reader = csv::Reader::from_path("data/divisions/villages-history.csv").unwrap();
    let city: DivisionCode = "429005".parse().unwrap();
    let mut read = 0;
    for row in reader.records().map(Result::unwrap) {
        let code: DivisionCode = row[0].parse().unwrap();
        assert!(city.contains(code));
        assert_eq!(code.parent().unwrap().to_string(), row[0][..9]);
        read += 1;
    }
    assert_eq!(read, 554);
}

fn village() -> impl Strategy<Value = DivisionCode> {
    (429_005_001_001_u64..429_005_457_999).prop_map(|number| number.to_string().parse().unwrap())
}

proptest! {
    #[test]
    fn a_doorplate_code_reads_back_and_finds_typing_errors(
        village in village(), street in 0..=99_999_u32, serial in 0..=999_999_u32, at in 0..25_usize, digit in 0..10_u8,
    ) {
        let code = DoorplateCode::new(village, street, serial).unwrap();
        let text = code.to_string();
        prop_assert_eq!(text.len(), 25);
        prop_assert_eq!(text.parse::<DoorplateCode>(), Ok(code));

        let mut wrong = text.clone().into_bytes();
        wrong[at] = b'0' + digit;
        if wrong != text.as_bytes() {
            prop_assert!(String::from_utf8(wrong).unwrap().parse::<DoorplateCode>().is_err());
        }
        let mut swapped = text.clone().into_bytes();
        if at > 0 && swapped[at] != swapped[at - 1] {
            swapped.swap(at, at - 1);
            prop_assert!(String::from_utf8(swapped).unwrap().parse::<DoorplateCode>().is_err());
        }
    }

    #[test]
    fn a_credit_code_gets_the_check_character_that_fits(body in "[0-9A-HJ-NPQRTUWXY]{17}", other in "[0-9A-HJ-NPQRTUWXY]") {
        let code = Uscc::from_body(&body).unwrap();
        prop_assert_eq!(code.to_string().parse::<Uscc>(), Ok(code));
        let changed = format!("{body}{other}");
        prop_assert_eq!(changed.parse::<Uscc>().is_ok(), changed == code.to_string());
    }

    #[test]
    fn division_parents_are_prefixes(village in village()) {
        let township = village.parent().unwrap();
        prop_assert_eq!(township.to_string(), &village.to_string()[..9]);
        prop_assert!(township.contains(village) && !village.contains(township));
    }

    #[test]
    fn numbered_codes_read_back(village in village(), number in 1..1000_u16, class in 0..10_000_u16, serial in 0..1_000_000_u32) {
        let grid = format!("{village}{number:03}");
        prop_assert_eq!(grid.parse::<UnitGridCode>().unwrap().to_string(), grid);
        let component = format!("429005{class:04}{serial:06}");
        prop_assert_eq!(component.parse::<ComponentCode>().unwrap().to_string(), component);
    }

    #[test]
    fn no_text_makes_a_parser_fall_over(text in "\\PC{0,30}", digits in "[0-9]{0,30}") {
        for text in [text, digits] {
            let _ = text.parse::<DivisionCode>();
            let _ = text.parse::<Uscc>();
            let _ = text.parse::<UnitGridCode>();
            let _ = text.parse::<ComponentCode>();
            let _ = text.parse::<DoorplateCode>();
        }
    }
}
