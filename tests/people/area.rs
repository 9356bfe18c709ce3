//! What lies outside of a person's area is not there for them.

use crate::hub::{AROUND_HERE, HERE, Hub, THERE, file, user};
use gridwarden::domain::people::Role;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

fn ids(list: &Value) -> Vec<&str> {
    list["items"].as_array().unwrap().iter().map(|item| item["case_id"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn lists_and_acts_end_at_the_border_of_the_area() {
    let dir = tempfile::tempdir().unwrap();
    let everything = [Role::GridStaff, Role::Dispatcher, Role::Reviewer];
    let users = vec![user("li", &everything, AROUND_HERE), user("chief", &everything, "")];
    let hub = Hub::start(dir.path(), users).await;
    let (mine, theirs) = (hub.upload(b"mine").await, hub.upload(b"theirs").await);
    let here = hub.open_case(1, HERE, vec![file(&mine, "snapshot", "image/jpeg")]).await;
    let there = hub.open_case(2, THERE, vec![file(&theirs, "snapshot", "image/jpeg")]).await;
    let (li, chief) = (hub.signed_in("li").await, hub.signed_in("chief").await);
    // Nowhere: only for those without bounds.
    let complaint = json!({"external_no": "1", "source": "12345", "text": "乱摆卖",
        "place": {"component_id": "4403100100000001"}, "reported_at": "2026-01-01T00:00:00Z"});
    let (status, nowhere) = chief.send(Method::POST, "/complaints", &complaint).await;
    assert_eq!(status, StatusCode::CREATED, "{nowhere}");
    let nowhere = nowhere["case_id"].as_str().unwrap();

    assert_eq!(ids(&chief.read("/cases").await).len(), 3);
    assert_eq!(ids(&li.read("/cases").await), [here.as_str()]);
    assert_eq!(li.get(&format!("/cases/{here}")).await.status(), StatusCode::OK);
    for outside in [there.as_str(), nowhere] {
        let feedback = json!({"unit": "x", "disposed_at": "2026-01-01T01:00:00Z"});
        let footage = json!({"from": "2026-01-01T00:00:00Z", "to": "2026-01-01T00:01:00Z"});
        for (method, path, body) in [
            (Method::GET, format!("/cases/{outside}"), json!(null)),
            (Method::GET, format!("/cases/{outside}/near"), json!(null)),
            (Method::GET, format!("/cases/{outside}/package"), json!(null)),
            (Method::POST, format!("/cases/{outside}/act"), json!({"action": "confirm"})),
            (Method::POST, format!("/cases/{outside}/feedback"), feedback),
            (Method::POST, format!("/cases/{outside}/footage"), footage),
            (Method::POST, format!("/cases/{outside}/photographs"), json!(null)),
        ] {
            let call = li.call(method.clone(), &path).header("If-Match", "\"1\"").json(&body);
            let answer = call.send().await.unwrap();
            assert_eq!(answer.status(), StatusCode::NOT_FOUND, "{method} {path}");
        }
    }
    // Not by way of a case of one's own, either.
    let into = json!({"action": "merge", "into": there});
    let call = li.call(Method::POST, &format!("/cases/{here}/act")).header("If-Match", "\"1\"");
    assert_eq!(call.json(&into).send().await.unwrap().status(), StatusCode::NOT_FOUND);

    assert_eq!(li.get(&format!("/evidence/{mine}")).await.status(), StatusCode::OK);
    for path in [format!("/evidence/{theirs}"), format!("/evidence/{theirs}?case={there}")] {
        assert_eq!(li.get(&path).await.status(), StatusCode::NOT_FOUND, "{path}");
        assert_eq!(chief.get(&path).await.status(), StatusCode::OK, "{path}");
    }
    hub.stop().await;
}

#[tokio::test]
async fn complaints_cells_and_cameras_end_there_too() {
    let dir = tempfile::tempdir().unwrap();
    let roles = [Role::Dispatcher];
    let users = vec![user("li", &roles, AROUND_HERE), user("chief", &roles, "")];
    let hub = Hub::start(dir.path(), users).await;
    let (li, chief) = (hub.signed_in("li").await, hub.signed_in("chief").await);
    let complaint = |number: &str, code: &str| {
        json!({"external_no": number, "source": "12345", "text": "乱摆卖",
               "place": {"code": code}, "reported_at": "2026-01-01T00:00:00Z"})
    };
    let (status, _) = li.send(Method::POST, "/complaints", &complaint("1", HERE)).await;
    assert_eq!(status, StatusCode::CREATED);
    let (status, refused) = li.send(Method::POST, "/complaints", &complaint("2", THERE)).await;
    assert_eq!((status, &refused["field"]), (StatusCode::UNPROCESSABLE_ENTITY, &json!("place")));
    assert!(refused["allowed"].as_str().unwrap().contains(AROUND_HERE), "{refused}");
    // The number of a complaint that lies elsewhere does not open it, either.
    let (status, _) = chief.send(Method::POST, "/complaints", &complaint("3", THERE)).await;
    assert_eq!(status, StatusCode::CREATED);
    let (status, _) = li.send(Method::POST, "/complaints", &complaint("3", HERE)).await;
    assert_eq!(status, StatusCode::NOT_FOUND);

    for (camera, code) in [("gate", HERE), ("market", THERE)] {
        let card = json!({"camera": camera, "footprint": [code], "width_px": 1920, "height_px": 1080,
                          "patterns": []});
        hub.say(&format!("camera/{camera}/card"), card).await;
    }
    let names = |list: &Value| -> Vec<String> {
        let items = list["items"].as_array().unwrap().iter();
        items.map(|camera| camera["id"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(names(&chief.read("/cameras").await), ["gate", "market"]);
    assert_eq!(names(&li.read("/cameras").await), ["gate"]);
    assert_eq!(li.get(&format!("/grid/{HERE}/cameras")).await.status(), StatusCode::OK);
    assert_eq!(li.get(&format!("/grid/{THERE}/cameras")).await.status(), StatusCode::NOT_FOUND);
    // A cell of which the area is a part.
    assert_eq!(li.get("/grid/N50F/cameras").await.status(), StatusCode::OK);
    hub.stop().await;
}

#[tokio::test]
async fn an_open_page_hears_of_its_own_area_alone() {
    let dir = tempfile::tempdir().unwrap();
    let hub = Hub::start(dir.path(), vec![user("li", &[Role::Viewer], AROUND_HERE)]).await;
    let li = hub.signed_in("li").await;
    let mut stream = li.get("/stream").await;
    let mut heard = String::new();
    let here = {
        while !heard.contains("hello") {
            heard += &String::from_utf8_lossy(&stream.chunk().await.unwrap().unwrap());
        }
        hub.open_case(1, THERE, Vec::new()).await;
        hub.open_case(2, HERE, Vec::new()).await
    };
    let waited = tokio::time::timeout(std::time::Duration::from_secs(20), async {
        while !heard.contains(&here) {
            heard += &String::from_utf8_lossy(&stream.chunk().await.unwrap().unwrap());
        }
    });
    waited.await.expect("the own case is announced");
    let there = uuid::Uuid::from_u128(1).to_string();
    assert!(!heard.contains(&there), "{heard}");
    drop(stream);
    hub.stop().await;
}
