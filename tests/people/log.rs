//! Every look, playback and export is in the log, with who, their unit, and why.

use crate::hub::{HERE, Hub, file, one_of_each};
use reqwest::StatusCode;
use serde_json::{Value, json};

fn entries(page: &Value) -> Vec<[String; 6]> {
    let text = |entry: &Value, key: &str| entry[key].as_str().unwrap_or_default().to_owned();
    let items = page["items"].as_array().unwrap().iter();
    items
        .map(|entry| {
            ["who", "unit", "kind", "case_id", "why", "detail"].map(|key| text(entry, key))
        })
        .collect()
}

#[tokio::test]
async fn who_looked_at_what_and_why_is_there_for_the_auditor_alone() {
    let dir = tempfile::tempdir().unwrap();
    let hub = Hub::start(dir.path(), one_of_each()).await;
    let (picture, clip) = (hub.upload(b"\xff\xd8\xff picture").await, hub.upload(b"clip").await);
    let evidence = vec![file(&picture, "snapshot", "image/jpeg"), file(&clip, "clip", "video/mp4")];
    let case = hub.open_case(1, HERE, evidence).await;
    let reviewer = hub.signed_in("reviewer").await;
    for path in [
        format!("/evidence/{picture}?case={case}"),
        format!("/evidence/{clip}?why=%E6%8A%95%E8%AF%89%20%2313800138000"),
        format!("/cases/{case}/package?why=court"),
    ] {
        assert_eq!(reviewer.get(&path).await.status(), StatusCode::OK, "{path}");
    }
    let viewer = hub.signed_in("viewer").await;
    assert_eq!(viewer.get(&format!("/cases/{case}/package")).await.status(), StatusCode::FORBIDDEN);

    let auditor = hub.signed_in("auditor").await;
    let row = |kind: &str, why: &str, detail: &str| {
        ["reviewer", "城管中队", kind, &case, why, detail].map(str::to_owned)
    };
    let mut log = entries(&auditor.read(&format!("/audit?case={case}")).await);
    // The files of a package, in whatever order.
    log[..2].sort();
    assert_eq!(
        log,
        [
            row("export", "court", "package"),
            row("export", "court", "package"),
            row("playback", "投诉 #***", "whole"),
            row("view", "review", "whole"),
        ]
    );
    let of_file = auditor.read(&format!("/audit?file={clip}&kind=playback&who=reviewer")).await;
    assert_eq!(entries(&of_file).len(), 1);
    assert_eq!(of_file["items"][0]["sha256"], clip.as_str());
    let signed_in = auditor.read("/audit?kind=sign_in&who=viewer").await;
    assert_eq!(signed_in["items"][0]["detail"], "password");

    // Page by page, without a gap and without a repeat.
    let all = auditor.read("/audit").await;
    let all = all["items"].as_array().unwrap();
    let (mut paged, mut next) = (Vec::new(), String::new());
    loop {
        let page = auditor.read(&format!("/audit?limit=2{next}")).await;
        paged.extend(page["items"].as_array().unwrap().clone());
        match page["next_cursor"].as_str() {
            Some(cursor) => next = format!("&cursor={cursor}"),
            None => break,
        }
    }
    assert_eq!(&paged, all);
    let from = all[0]["at"].as_str().unwrap();
    let later = auditor.read(&format!("/audit?to={from}")).await;
    assert!(
        later["items"].as_array().unwrap().iter().all(|entry| entry["at"].as_str().unwrap() < from)
    );
    for (query, field) in
        [("kind=look", "kind"), ("case=x", "case"), ("limit=0", "limit"), ("a=b", "a")]
    {
        let answer = auditor.get(&format!("/audit?{query}")).await;
        assert_eq!(answer.status(), StatusCode::UNPROCESSABLE_ENTITY, "{query}");
        assert_eq!(answer.json::<Value>().await.unwrap()["field"], json!(field));
    }
    hub.stop().await;
}
