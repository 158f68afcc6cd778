//! What is here, going somewhere, and the lists of divisions.

use serde_json::Value;

use crate::support::{TOWNSHIPS, TestApp, VILLAGES};

#[tokio::test]
async fn a_position_has_its_divisions_and_its_cell() {
    let server = TestApp::start().await;
    let place = server.json("/at?lon=112.85&lat=30.45").await;
    assert_eq!(place["village"]["code"], VILLAGES[3].0);
    assert_eq!(place["village"]["name"], VILLAGES[3].1);
    assert_eq!(place["township"]["code"], TOWNSHIPS[1].0);
    assert_eq!(place["township"]["name"], TOWNSHIPS[1].1);
    assert!(place["cell"].as_str().unwrap().starts_with('N'), "{place}");
    let outside = server.json("/at?lon=10&lat=50").await;
    assert_eq!((&outside["village"], &outside["township"]), (&Value::Null, &Value::Null));
}

#[tokio::test]
async fn search_goes_to_names_codes_cells_and_coordinates() {
    let server = TestApp::start().await;
    let cell = server.json("/at?lon=112.85&lat=30.45").await["cell"].as_str().unwrap().to_owned();
    let cases = [
        ("杨市".to_owned(), "township", "杨市街道"),
        ("刘市".to_owned(), "village", "刘市村"),
        ("429005001002".to_owned(), "village", "建设路社区"),
        ("429005002".to_owned(), "township", "杨市街道"),
        ("112.85,30.45".to_owned(), "coordinates", "112.850000, 30.450000"),
        ("30.45 112.85".to_owned(), "coordinates", "112.850000, 30.450000"),
        ("112.85，30.45".to_owned(), "coordinates", "112.850000, 30.450000"),
        (cell.clone(), "cell", cell.as_str()),
        ("4290050010010000100000000".to_owned(), "feature", "湖北省潜江市示例路1号"),
        ("N-CORE".to_owned(), "feature", "N-CORE"),
        ("潜江市".to_owned(), "city", "潜江市"),
        ("示例路1".to_owned(), "feature", "湖北省潜江市示例路1号"),
        ("示例路 １号".to_owned(), "feature", "湖北省潜江市示例路1号"),
        ("东经112°51′0″ 北纬30°27′0″".to_owned(), "coordinates", "112.850000, 30.450000"),
        ("30°27'N 112°51'E".to_owned(), "coordinates", "112.850000, 30.450000"),
    ];
    for (q, kind, title) in &cases {
        let escaped: String = q.bytes().map(|byte| format!("%{byte:02X}")).collect();
        let found = server.json(&format!("/search?q={escaped}")).await;
        let first = &found["results"][0];
        assert_eq!((first["kind"].as_str(), first["title"].as_str()), (Some(*kind), Some(*title)), "{q}: {found}");
        let centre: [f64; 2] = serde_json::from_value(first["center"].clone()).unwrap();
        assert!((112.6..113.0).contains(&centre[0]) && (30.2..30.6).contains(&centre[1]), "{q}: {centre:?}");
    }
    for nothing in ["%E6%B2%A1%E6%9C%89", "0,0", "12%20N"] {
        let found = server.json(&format!("/search?q={nothing}")).await;
        assert_eq!(found["results"], Value::Array(Vec::new()), "{nothing}");
    }
    let town = server.json("/search?q=429005002").await;
    assert_eq!(town["results"].as_array().unwrap().len(), 1, "once, though a place has the code, too: {town}");
    let many = server.json("/search?q=%E7%A4%BE%E5%8C%BA&limit=2").await;
    assert_eq!(many["results"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn divisions_are_those_of_the_list_that_held() {
    let server = TestApp::start().await;
    let count = async |query: &str| {
        let lists = server.json(&format!("/divisions?{query}")).await;
        (
            lists["list_date"].as_str().unwrap().to_owned(),
            lists["townships"].as_array().unwrap().len(),
            lists["villages"].as_array().unwrap().len(),
        )
    };
    let (in_2019, townships, villages) = count("date=2020-06-29").await;
    assert_eq!(in_2019, "2019-10-31");
    assert_eq!((townships, villages), (25, 473));
    let (_, _, villages) = count("date=2020-06-30").await;
    assert_eq!(villages, 465, "a list holds from its day on");
    let (newest, townships, villages) = count("").await;
    assert!(newest.starts_with("2023"), "{newest}");
    assert_eq!((townships, villages), (24, 466));
    let (_, townships, villages) = count("parent=429005001").await;
    assert_eq!((townships, villages), (1, 30));
}

#[tokio::test]
async fn figures_stand_beside_each_other_with_their_sources() {
    let server = TestApp::start().await;
    let figures = server.json("/figures").await;
    let all = figures["figures"].as_array().unwrap();
    assert!(all.len() > 10);
    let text = figures.to_string();
    assert!(text.contains("1993") && text.contains("473"), "{text}");
}
