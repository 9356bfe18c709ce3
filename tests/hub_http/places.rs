//! Cases by where they lie: filters of the list, the map.

use super::{CELL, Hub, config, problem};
use gridwarden::{
    domain::people::Area,
    roles::hub::{HubConfig, MapConfig, Street},
};
use reqwest::{Method, StatusCode, header};
use serde_json::{Value, json};
use std::path::Path;

const FAR: &str = "N50F0535177000";

fn with_streets(dir: &Path) -> HubConfig {
    let street = |name: &str, cells: &str| Street {
        name: name.to_owned(),
        area: cells.parse::<Area>().unwrap(),
    };
    let streets = vec![street("坑梓街道", &CELL[..12]), street("龙田街道", &FAR[..12])];
    HubConfig { streets, ..config(dir) }
}

/// Two cases in one cell and one elsewhere; a complaint without a place.
async fn town(config: HubConfig) -> Hub {
    let mut hub = Hub::start_as(config).await;
    hub.cookie = hub.sign_in("li").await;
    hub.open_case(1, vec![]).await;
    hub.open_case_with(2, vec![], json!({"priority": "urgent", "suspected": true})).await;
    let cell: gridwarden::domain::grid::GridCell = FAR.parse().unwrap();
    let at = cell.centre();
    let place = json!({"code_2d": FAR, "level": 7, "lon_deg": at.lon_deg, "lat_deg": at.lat_deg,
        "error_metres": 2.0, "datum": "CGCS2000"});
    hub.open_case_with(3, vec![], json!({"place": place})).await;
    let complaint = json!({"external_no": "A-1", "source": "12345", "text": "垃圾",
        "place": {"component_id": "x"}, "reported_at": super::SEEN_AT});
    let answer =
        hub.call(Method::POST, "/api/v1/complaints").json(&complaint).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::CREATED);
    hub
}

async fn listed(hub: &Hub, query: &str) -> usize {
    let page: Value = hub.get(&format!("/api/v1/cases?{query}")).await.json().await.unwrap();
    page["items"].as_array().unwrap_or_else(|| panic!("{page}")).len()
}

#[tokio::test]
async fn cases_are_asked_for_by_street_cell_and_source() {
    let dir = tempfile::tempdir().unwrap();
    let hub = town(with_streets(dir.path())).await;
    let streets: Value = hub.get("/api/v1/streets").await.json().await.unwrap();
    assert_eq!(streets["items"][0], json!({"name": "坑梓街道", "cells": [&CELL[..12]]}));
    for (query, count) in [
        (String::new(), 4),
        ("street=坑梓街道".to_owned(), 2),
        ("street=龙田街道".to_owned(), 1),
        (format!("cell={CELL}"), 2),
        (format!("cell={}", &CELL[..9]), 3),
        (format!("cell={}&street=龙田街道", &CELL[..9]), 1),
        (format!("cell={CELL}&street=龙田街道"), 0),
        ("source=12345".to_owned(), 1),
        ("source=video".to_owned(), 3),
        ("source=video&street=坑梓街道&state=FILED".to_owned(), 0),
    ] {
        assert_eq!(listed(&hub, &query).await, count, "{query}");
    }
    for (query, field) in [("street=别处", "street"), ("cell=here", "cell"), ("place=x", "place")]
    {
        let answer = hub.get(&format!("/api/v1/cases?{query}")).await;
        let refused = problem(answer, StatusCode::UNPROCESSABLE_ENTITY).await;
        assert_eq!(refused["field"], field);
    }
    let sheet = hub.get("/api/v1/cases.csv?street=龙田街道").await.text().await.unwrap();
    assert_eq!(sheet.lines().count(), 2, "{sheet}");
    hub.stop().await;
}

#[tokio::test]
async fn the_map_counts_open_cases_by_cell_in_the_view() {
    let dir = tempfile::tempdir().unwrap();
    let hub = town(config(dir.path())).await;
    let cells = async |query: &str| -> Value {
        hub.get(&format!("/api/v1/map/cells?{query}")).await.json().await.unwrap()
    };
    let two = json!({"code": &CELL[..12], "cases": 2, "urgent": 1, "overdue": 0, "suspected": 1});
    let one = json!({"code": &FAR[..12], "cases": 1, "urgent": 0, "overdue": 0, "suspected": 0});
    let all = json!({"level": 6, "items": [two, one], "more": false});
    assert_eq!(cells("level=6").await, all);
    assert_eq!(cells("level=6&bbox=114,22,115,23").await, all);
    let cell: gridwarden::domain::grid::GridCell = CELL[..12].parse().unwrap();
    let view = cell.bounds();
    let near = format!(
        "{},{},{},{}",
        view.west_deg + 1e-6,
        view.south_deg + 1e-6,
        view.east_deg - 1e-6,
        view.north_deg - 1e-6
    );
    assert_eq!(cells(&format!("level=6&bbox={near}")).await["items"], json!([two]));
    assert_eq!(cells("level=6&state=FILED").await["items"], json!([]));
    assert_eq!(cells("level=6&event=06010").await["items"], json!([]));
    let coarse = cells("level=2").await;
    assert_eq!(coarse["items"][0]["cases"], 3);
    for (query, field) in [
        ("", "level"),
        ("level=11", "level"),
        ("level=6&bbox=1,2,3", "bbox"),
        ("level=6&state=CLOSED", "state"),
        ("level=6&zoom=3", "zoom"),
    ] {
        let answer = hub.get(&format!("/api/v1/map/cells?{query}")).await;
        let refused = problem(answer, StatusCode::UNPROCESSABLE_ENTITY).await;
        assert_eq!(refused["field"], field);
    }
    let spots: Value = hub.get("/api/v1/map/hotspots?days=30").await.json().await.unwrap();
    assert_eq!(spots, json!({"items": []}));
    let refused = hub.get("/api/v1/map/hotspots?days=91").await;
    problem(refused, StatusCode::UNPROCESSABLE_ENTITY).await;
    assert_eq!(hub.get("/api/v1/map").await.json::<Value>().await.unwrap(), json!({}));
    problem(hub.get("/tiles/map-0.pmtiles").await, StatusCode::NOT_FOUND).await;
    hub.stop().await;
}

#[tokio::test]
async fn a_spot_that_has_it_again_and_again_is_hot() {
    let dir = tempfile::tempdir().unwrap();
    let hub = Hub::signed_in(dir.path()).await;
    for number in 1..=3 {
        hub.open_case(number, vec![]).await;
    }
    let spots: Value = hub.get("/api/v1/map/hotspots").await.json().await.unwrap();
    let hot = json!({"code": &CELL[..12], "event_code": "06042", "cases_30d": 3, "days_30d": 1,
        "recurring": true, "stubborn": false});
    assert_eq!(spots, json!({"items": [hot]}));
    hub.stop().await;
}

#[tokio::test]
async fn the_map_file_is_served_in_parts_under_an_address_of_its_own() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("city.pmtiles");
    std::fs::write(&file, b"PMTiles\x03 0123456789").unwrap();
    let map =
        MapConfig { pmtiles: Some(file.clone()), attribution: Some("© 测绘院".to_owned()) };
    let mut hub = Hub::start_as(HubConfig { map, ..config(dir.path()) }).await;
    problem(hub.get("/api/v1/map").await, StatusCode::UNAUTHORIZED).await;
    hub.cookie = hub.sign_in("li").await;
    let shown: Value = hub.get("/api/v1/map").await.json().await.unwrap();
    assert_eq!(shown["attribution"], "© 测绘院");
    let address = shown["pmtiles"].as_str().unwrap().to_owned();
    assert!(address.starts_with("/tiles/") && address.ends_with(".pmtiles"), "{address}");
    let part = hub.call(Method::GET, &address).header(header::RANGE, "bytes=9-12");
    let part = part.send().await.unwrap();
    assert_eq!(part.status(), StatusCode::PARTIAL_CONTENT);
    assert_eq!(part.headers()[header::CONTENT_RANGE], "bytes 9-12/19");
    assert!(part.headers()[header::CACHE_CONTROL].to_str().unwrap().contains("immutable"));
    let tag = part.headers()[header::ETAG].to_str().unwrap().to_owned();
    assert_eq!(part.text().await.unwrap(), "0123");
    let again = hub.call(Method::GET, &address).header(header::IF_NONE_MATCH, &tag);
    assert_eq!(again.send().await.unwrap().status(), StatusCode::NOT_MODIFIED);
    let behind = hub.call(Method::GET, &address).header(header::RANGE, "bytes=99-");
    problem(behind.send().await.unwrap(), StatusCode::RANGE_NOT_SATISFIABLE).await;
    // Another file is at another address.
    std::fs::write(&file, b"PMTiles\x03 another city").unwrap();
    problem(hub.get(&address).await, StatusCode::NOT_FOUND).await;
    let shown: Value = hub.get("/api/v1/map").await.json().await.unwrap();
    assert_ne!(shown["pmtiles"], address);
    hub.stop().await;
}
