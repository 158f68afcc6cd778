//! Questions to a layer: filters, systems of coordinates, groups, orders, words, and all of it in a body.

use std::collections::BTreeSet;

use platbook::domain::Edit;
use serde_json::{Value, json};

use super::items::{ids, next_of};
use crate::support::{PLATES, TestApp};

#[tokio::test]
async fn a_filter_answers_in_both_languages_and_holds_from_page_to_page() {
    let server = TestApp::start().await;
    let all = server.json("/collections/doorplate/items?limit=1000&status=mounted").await;
    let text = "/collections/doorplate/items?limit=7&filter=status%20%3D%20%27mounted%27";
    let json = "/collections/doorplate/items?limit=7&filter-lang=cql2-json&filter=%7B%22op%22%3A%22%3D%22%2C%22args%22%3A%5B%7B%22property%22%3A%22status%22%7D%2C%22mounted%22%5D%7D";
    for first in [text, json] {
        let (mut path, mut ids) = (first.to_owned(), Vec::new());
        loop {
            let page = server.json(&path).await;
            assert_eq!(page["numberMatched"], all["numberMatched"]);
            ids.extend(page["features"].as_array().unwrap().iter().map(|one| one["id"].clone()));
            let next = page["links"].as_array().unwrap().iter().find(|link| link["rel"] == "next");
            let Some(next) = next else { break };
            path = next["href"].as_str().unwrap().strip_prefix(&server.base).unwrap().to_owned();
        }
        let expected: Vec<Value> = all["features"].as_array().unwrap().iter().map(|one| one["id"].clone()).collect();
        assert_eq!(ids, expected, "{first}");
    }
    let queryables = server.json("/collections/doorplate/queryables").await;
    for name in ["status", "code", "geometry", "id", "village"] {
        assert!(queryables["properties"].get(name).is_some(), "{name}");
    }
    assert_eq!(queryables["properties"]["geometry"]["x-ogc-role"], "primary-geometry");
}

#[tokio::test]
async fn a_filter_that_cannot_be_used_says_where_and_why() {
    let server = TestApp::start().await;
    let ask = async |query: &str| server.get(&format!("/collections/doorplate/items?{query}")).await;
    let broken = ask("filter=status%20%3D").await.problem(400, "filter.invalid");
    assert_eq!((&broken["line"], &broken["column"]), (&json!(1), &json!(9)), "{broken}");
    let unknown = ask("filter=colour%20%3D%201").await.problem(400, "filter.invalid");
    assert!(unknown["detail"].as_str().unwrap().contains("`colour` is not a queryable"), "{unknown}");
    ask("filter=%7B%22op%22").await.problem(400, "filter.invalid");
    ask("filter=true&filter-lang=sql").await.problem(400, "parameter.invalid");
    ask("filter=true&filter-crs=EPSG:4547").await.problem(400, "parameter.invalid");
    ask("filter-lang=cql2-text").await.problem(400, "parameter.invalid");
}

#[tokio::test]
async fn coordinates_come_and_go_in_the_systems_that_are_declared() {
    let server = TestApp::start().await;
    let collection = server.json("/collections/doorplate").await;
    let systems: Vec<String> = serde_json::from_value(collection["crs"].clone()).unwrap();
    let path = "/collections/doorplate/items";
    let plain = server.json(&format!("{path}?limit=1")).await;
    let (id, at) = (&plain["features"][0]["id"], &plain["features"][0]["geometry"]["coordinates"]);
    let (lon, lat) = (at[0].as_f64().unwrap(), at[1].as_f64().unwrap());
    assert!(systems.len() >= 5);
    for uri in systems {
        let item = server.get(&format!("{path}/{id}?crs={uri}")).await;
        assert_eq!(item.header("content-crs"), format!("<{uri}>"));
        let at = item.json()["geometry"]["coordinates"].clone();
        let (first, second) = (at[0].as_f64().unwrap(), at[1].as_f64().unwrap());
        let expected = match uri.rsplit('/').next().unwrap() {
            "CRS84" => (lon, lat, 1e-7),
            "4490" | "4326" => (lat, lon, 1e-7),
            // Snyder (1987): the sphere of Web Mercator.
            "3857" => {
                let north = (std::f64::consts::FRAC_PI_4 + lat.to_radians() / 2.0).tan().ln();
                (6_378_137.0 * lon.to_radians(), 6_378_137.0 * north, 0.002)
            }
            // Northing first; the zone before the easting.
            "4547" => (3_369_000.0, 380_000.0, 20_000.0),
            "4526" => (3_369_000.0, 38_380_000.0, 20_000.0),
            other => panic!("{other}"),
        };
        assert!((first - expected.0).abs() <= expected.2, "{uri}: {first}");
        assert!((second - expected.1).abs() <= expected.2, "{uri}: {second}");
        // The same plate is found by a box and by a filter in that system.
        let step = if expected.2 < 0.001 { 1e-6 } else { 0.5 };
        let bbox = format!("{},{},{},{}", first - step, second - step, first + step, second + step);
        let found = server.json(&format!("{path}?bbox={bbox}&bbox-crs={uri}&crs={uri}")).await;
        let filter = format!("S_INTERSECTS(geometry,BBOX({bbox}))").replace(' ', "%20");
        let filtered = server.json(&format!("{path}?filter={filter}&filter-crs={uri}&crs={uri}")).await;
        for found in [found, filtered] {
            let features = found["features"].as_array().unwrap();
            assert!(features.iter().any(|one| one["id"] == *id && one["geometry"]["coordinates"] == at), "{uri}");
        }
    }
    let unknown = server.get(&format!("{path}?crs=http://www.opengis.net/def/crs/EPSG/0/2326")).await;
    unknown.problem(400, "parameter.invalid");
    server
        .get(&format!("{path}?bbox-crs=http://www.opengis.net/def/crs/EPSG/0/4547"))
        .await
        .problem(400, "parameter.invalid");
}
#[tokio::test]
async fn groups_add_up_to_what_items_count() {
    let server = TestApp::start().await;
    let path = "/collections/doorplate";
    for (question, by) in [
        ("", "township"),
        ("", "village"),
        ("", "cell"),
        ("", "status"),
        ("&status=mounted", "city"),
        ("&filter=priority%20%3E%2020", "township"),
        ("&bbox=112.7,30.3,112.78,30.5", "village"),
        ("&division=429005001", "kind"),
    ] {
        let matched = server.json(&format!("{path}/items?limit=1000{question}")).await;
        let told = server.json(&format!("{path}/aggregate?by={by}&value=priority{question}")).await;
        assert_eq!(told["numberMatched"], matched["numberMatched"], "{by}{question}");
        let groups = told["groups"].as_array().unwrap();
        let sum = |key: &str| groups.iter().filter_map(|group| group[key].as_f64()).sum::<f64>();
        let features = matched["features"].as_array().unwrap();
        let values: Vec<f64> = features.iter().filter_map(|one| one["properties"]["priority"].as_f64()).collect();
        assert_eq!((sum("count"), sum("values")), (features.len() as f64, values.len() as f64), "{by}{question}");
        assert!((sum("sum") - values.iter().sum::<f64>()).abs() < 1e-6, "{by}{question}");
    }
    let status = server.json(&format!("{path}/aggregate?by=status&lang=en")).await;
    let mounted = status["groups"].as_array().unwrap().iter().find(|group| group["key"] == "mounted").unwrap();
    let counted = server.json(&format!("{path}/items?status=mounted")).await["numberMatched"].clone();
    assert_eq!((&mounted["title"], &mounted["count"]), (&json!("Mounted"), &counted));
    let table = server.get(&format!("{path}/aggregate?by=township&value=priority&f=csv")).await;
    assert_eq!(table.header("content-type"), "text/csv; charset=utf-8");
    let rows: Vec<csv::StringRecord> =
        csv::Reader::from_reader(table.body.as_slice()).into_records().map(Result::unwrap).collect();
    assert_eq!(rows.iter().map(|row| row[2].parse::<u64>().unwrap()).sum::<u64>(), PLATES as u64);
    for junk in ["", "?by=colour", "?by=township&value=status", "?by=township&f=xml", "?by=township&colour=1"] {
        assert_eq!(server.get(&format!("{path}/aggregate{junk}")).await.status, 400, "{junk}");
    }
}

#[tokio::test]
async fn a_sorted_answer_pages_in_its_order_also_while_others_edit() {
    let server = TestApp::start().await;
    let path = "/collections/doorplate/items";
    let all = server.json(&format!("{path}?limit=1000")).await;
    for (sort, filter) in
        [("status,-priority", ""), ("-code", "&status=mounted"), ("compound,id", ""), ("-village,code", "")]
    {
        let (mut next, mut got) = (Some(format!("{path}?limit=7&sortby={sort}{filter}")), Vec::new());
        while let Some(page) = next {
            let page = server.json(&page).await;
            got.extend(page["features"].as_array().unwrap().clone());
            next = next_of(&page).map(|href| href.strip_prefix(&server.base).unwrap().to_owned());
        }
        let mut expected: Vec<Value> = all["features"].as_array().unwrap().clone();
        expected.retain(|one| filter.is_empty() || one["properties"]["status"] == "mounted");
        let value = |one: &Value, name: &str| match name {
            "id" => one["id"].clone(),
            "village" => one["village"].clone(),
            name => one["properties"][name].clone(),
        };
        expected.sort_by(|a, b| {
            let by_keys = sort.split(',').map(|key| {
                let name = key.trim_start_matches('-');
                let (one, other) = (value(a, name), value(b, name));
                let order = match (&one, &other) {
                    (Value::Number(one), Value::Number(other)) => one.as_u64().cmp(&other.as_u64()),
                    (Value::String(one), Value::String(other)) => one.cmp(other),
                    _ => return one.is_null().cmp(&other.is_null()),
                };
                if key.starts_with('-') { order.reverse() } else { order }
            });
            by_keys
                .fold(std::cmp::Ordering::Equal, std::cmp::Ordering::then)
                .then(a["id"].as_u64().cmp(&b["id"].as_u64()))
        });
        let ids = |list: &[Value]| list.iter().map(|one| one["id"].as_u64().unwrap()).collect::<Vec<_>>();
        assert_eq!(ids(&got), ids(&expected), "{sort}");
    }
    // What is deleted behind the cursor moves nothing.
    let first = server.json(&format!("{path}?limit=5&sortby=code")).await;
    let next = next_of(&first).unwrap().strip_prefix(&server.base).unwrap().to_owned();
    let before = server.json(&next).await;
    let gone = first["features"][2]["id"].as_u64().unwrap();
    let gone = server.app.store.feature(gone.to_string().parse().unwrap()).await.unwrap().unwrap();
    server.write(vec![Edit::Delete { id: gone.id, base: gone.version }], Vec::new()).await;
    assert_eq!(ids(&server.json(&next).await), ids(&before));
    for junk in [
        "sortby=colour",
        "sortby=",
        "sortby=code&cursor=7",
        "sortby=code&cursor=WzFd",
        "sortby=code,code,code,code,code,code,code,code,code",
    ] {
        assert_eq!(server.get(&format!("{path}?{junk}")).await.status, 400, "{junk}");
    }
}

#[tokio::test]
async fn words_find_features_by_their_texts_and_properties_are_answered_as_asked() {
    let server = TestApp::start().await;
    let count = |path: &'static str| {
        let server = &server;
        async move { server.json(path).await["numberMatched"].as_u64().unwrap() }
    };
    let all = count("/collections/doorplate/items").await;
    assert_eq!(count("/collections/doorplate/items?q=示例路").await, all);
    assert_eq!(count("/collections/doorplate/items?q=示例路137号").await, 1);
    assert_eq!(
        count("/collections/doorplate/items?q=MOUNTED 示例路").await,
        count("/collections/doorplate/items?status=mounted").await
    );
    assert_eq!(count("/collections/doorplate/items?q=nowhere").await, 0);
    let some = server.json("/collections/doorplate/items?properties=code,number&q=示例路&limit=3").await;
    for feature in some["features"].as_array().unwrap() {
        let names: Vec<&String> = feature["properties"].as_object().unwrap().keys().collect();
        assert_eq!(names, ["code", "number"]);
    }
    let next = some["links"].as_array().unwrap().iter().find(|link| link["rel"] == "next").unwrap();
    let next = next["href"].as_str().unwrap();
    assert!(next.contains("properties=code,number") && next.contains("q=%E7%A4%BA"), "{next}");
    let none =
        server.get("/collections/doorplate/items?properties=code,colour").await.problem(400, "parameter.invalid");
    assert_eq!(none["parameter"], "properties");
}

#[tokio::test]
async fn a_question_too_long_for_an_address_comes_in_a_body() {
    let server = TestApp::start().await;
    // A circle of five thousand corners around the first village's middle.
    let corner = |i: u32| {
        let turn = f64::from(i) / 5000.0 * std::f64::consts::TAU;
        [112.75 + 0.03 * turn.cos(), 30.35 + 0.03 * turn.sin()]
    };
    let mut ring: Vec<[f64; 2]> = (0..5000).map(corner).collect();
    ring.push(ring[0]);
    let inside = json!({ "op": "s_intersects", "args": [{ "property": "geometry" }, { "type": "Polygon", "coordinates": [ring] }] });
    let ask = |more: Value| {
        let mut body = json!({ "collection": "doorplate", "filter": inside, "limit": 5 });
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let server = &server;
        async move { server.send("POST", "/query", &[], Some(&body)).await }
    };
    let small = "/collections/doorplate/items?limit=1000&filter=S_INTERSECTS(geometry,BBOX(112.72,30.32,112.78,30.38))";
    let within_m = |feature: &Value| {
        let [lon, lat] = [0, 1].map(|i| feature["geometry"]["coordinates"][i].as_f64().unwrap());
        ((lon - 112.75).powi(2) + (lat - 30.35).powi(2)).sqrt()
    };
    let near = server.json(small).await;
    let expected = near["features"].as_array().unwrap().iter().filter(|one| within_m(one) < 0.03).count();
    assert!(expected > 5, "{expected}");
    for sort in [json!({}), json!({ "sortby": ["-number"] })] {
        let (mut seen, mut cursor) = (BTreeSet::new(), None::<String>);
        loop {
            let mut more = sort.clone();
            if let Some(cursor) = &cursor {
                more["cursor"] = cursor.clone().into();
            }
            let answer = ask(more).await;
            assert_eq!(answer.status, 200, "{}", answer.text());
            let page = answer.json();
            assert_eq!(page["numberMatched"], expected);
            for feature in page["features"].as_array().unwrap() {
                assert!(seen.insert(feature["id"].as_u64().unwrap()), "twice");
            }
            cursor = page["cursor"].as_str().map(str::to_owned);
            if cursor.is_none() {
                break;
            }
        }
        assert_eq!(seen.len(), expected);
    }
    let some = ask(json!({ "properties": ["code"], "bbox": [112.7, 30.3, 112.8, 30.4] })).await.json();
    assert_eq!(some["features"][0]["properties"].as_object().unwrap().len(), 1);
    assert_eq!(ask(json!({ "colour": "red" })).await.problem(400, "parameter.invalid")["parameter"], "colour");
    let none = json!({ "limit": 5 });
    server.send("POST", "/query", &[], Some(&none)).await.problem(400, "body.invalid");
}

#[tokio::test]
async fn a_geometry_of_too_many_rings_or_corners_is_refused_before_it_costs_anything() {
    let server = TestApp::start().await;
    let square =
        |at: f64, side: f64| json!([[at, at], [at + side, at], [at + side, at + side], [at, at + side], [at, at]]);
    let mut rings = vec![square(10.0, 50.0)];
    rings.extend((0..2100).map(|i| square(11.0 + f64::from(i) * 0.01, 0.005)));
    let many_rings = json!({ "type": "Polygon", "coordinates": rings });
    let line: Vec<[f64; 2]> = (0..20_001).map(|i| [112.0 + f64::from(i) * 1e-5, 30.4]).collect();
    for geometry in [many_rings, json!({ "type": "LineString", "coordinates": line })] {
        let filter = json!({ "op": "s_intersects", "args": [{ "property": "geometry" }, geometry] });
        let body = json!({ "collection": "doorplate", "filter": filter });
        server.send("POST", "/query", &[], Some(&body)).await.problem(400, "filter.invalid");
    }
    let junk = "/collections/doorplate/items?bbox=1,junk,2,3,4&bbox-crs=http://www.opengis.net/def/crs/OGC/1.3/CRS84";
    server.get(junk).await.problem(400, "parameter.invalid");
}
