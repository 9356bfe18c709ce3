//! The wire format, held still: every payload against a golden file, case facts against the schema.
//!
//! `GOLDEN_WRITE=1 cargo test --test golden_wire` writes the files anew; look at the difference.

#[path = "support/facts.rs"]
mod facts;

use facts::{START, address, case_id, fact};
use gridwarden::base::time::ClockQuality;
use gridwarden::domain::{
    case::witness::Witness,
    footage::{Hole, HoleReason},
    verdict::{
        Hindrance, Hindrances, Look, Outcome, PositiveControl, Reason, Verdict,
        health::HealthSummary,
        measured::{FrameRecord, Measured, Thresholds, ZoneOutline},
        target::Showing,
    },
    wire::{
        AckData, CameraCardData, CameraCondition, CameraHealthData, CameraPlaceData, CardPattern,
        CaseFactData, CloudEvent, DecisionData, DecisionKind, DryCaseData, DryRunRefusal,
        DryRunRequestData, DryRunResultData, DryRunState, EvidenceData, FactKind, FootageRefusal,
        FootageRequestData, FootageResultData, FrameData, OutlineData, PhotographAdvice, Presence,
        Priority, RecordingSpan, SceneData, SeenCellData, StatsData, StatusData, TilesData,
        VerifyKind, VerifyRequestData, VerifyResultData, ZoneData, case_event,
    },
};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Value, json};
use std::{fmt::Debug, path::PathBuf, time::Duration};
use uuid::Uuid;

fn in_crate(path: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(path)
}

fn envelope<T>(kind: &str, subject: &str, data: T) -> CloudEvent<T> {
    let id = Uuid::from_u128(0x019b_76da_a800_7000_9000_0000_0000_0001).to_string();
    CloudEvent::new(&address(), kind, id, START, subject.to_owned(), data)
}

/// Exactly these bytes, and the bytes mean exactly this value.
fn holds<T: Serialize + DeserializeOwned + PartialEq + Debug>(name: &str, value: &T) {
    let path = in_crate("tests/golden/wire").join(format!("{name}.json"));
    let written = serde_json::to_string_pretty(value).unwrap() + "\n";
    if std::env::var_os("GOLDEN_WRITE").is_some() {
        std::fs::write(&path, &written).unwrap();
    }
    let golden = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{path:?}: {e}"));
    assert_eq!(written, golden, "{name}: the wire format has changed");
    assert_eq!(&serde_json::from_str::<T>(&golden).unwrap(), value, "{name} does not read back");
}

const FACTS: [(&str, u32, FactKind); 3] = [
    ("case_opened", 1, FactKind::Opened),
    ("case_seen", 2, FactKind::Seen),
    ("case_gone", 3, FactKind::Gone),
];

fn event(revision: u32, kind: FactKind) -> CloudEvent<CaseFactData> {
    case_event(&fact(1, "pingshan-014", revision, kind), &address())
}

#[test]
fn case_facts_keep_their_form() {
    for (name, revision, kind) in FACTS {
        holds(name, &event(revision, kind));
    }
}

/// Two cameras on one stall, the second of which no longer sees it.
fn witnessed() -> CloudEvent<CaseFactData> {
    let mut fact = fact(1, "pingshan-014", 4, FactKind::Seen);
    let first = Witness::of(&fact.state);
    let mut second = Witness { camera: "pingshan-015".parse().unwrap(), ..first.clone() };
    second.own_id = case_id(2);
    second.subject.box_fraction = [0.5, 0.25, 0.625, 0.5];
    second.gone_at = Some(fact.at);
    fact.state.witnesses = vec![first, second];
    fact.state.possibly_same_as = vec![case_id(3)];
    case_event(&fact, &address())
}

#[test]
fn a_case_of_two_cameras_keeps_its_form() {
    holds("case_witnessed", &witnessed());
    let schema = jsonschema::validator_for(&strict(schema())).unwrap();
    let value = serde_json::to_value(witnessed()).unwrap();
    let faults: Vec<_> = schema.iter_errors(&value).map(|e| e.to_string()).collect();
    assert!(faults.is_empty(), "{faults:?}");
}

#[test]
fn retained_messages_keep_their_form() {
    let boot_id = Uuid::from_u128(0x019b_76da_a800_7000_a000_0000_0000_0001);
    let status = StatusData { state: Presence::Online, version: "0.1.0".to_owned(), boot_id };
    holds("status", &envelope("status", "edge-1", status));
    let mut card = CameraCardData {
        camera: "pingshan-014".parse().unwrap(),
        place: Some(CameraPlaceData {
            lon_deg: 116.3126,
            lat_deg: 39.9931,
            height_metres: 48.5,
            datum: "CGCS2000".to_owned(),
            footprint_lonlat: vec![[116.3125, 39.993], [116.3128, 39.993], [116.3128, 39.9933]],
        }),
        calibration_id: Some("pingshan_014".to_owned()),
        footprint: vec!["N50J47539B8255".to_owned()],
        cells: vec![SeenCellData {
            code_3d: "N050J0047050390B8020555".to_owned(),
            height_metres: 42.5,
            error_metres: 0.31,
            px_per_metre: 61.5,
            parts: Some("00000000ffffffff".to_owned()),
        }],
        patterns: vec![CardPattern {
            id: "roadside_stall".parse().unwrap(),
            version: "1".to_owned(),
            name_zh: "占道经营".to_owned(),
            name_en: "Roadside stall".to_owned(),
            dwell_secs: 60.0,
        }],
        recording: Some(RecordingSpan { from: START, to: START.plus(Duration::from_secs(3600)) }),
        masks: None,
        width_px: 1920,
        height_px: 1080,
        scene: None,
        note_zh: None,
        note_en: None,
    };
    holds("camera_card", &envelope("camera.card", "pingshan-014", card.clone()));
    card.masks = Some("1-street-nano-0123456789ab".to_owned());
    holds("camera_card_masked", &envelope("camera.card", "pingshan-014", card.clone()));
    let whole = vec![[0.0, 0.0], [1920.0, 0.0], [1920.0, 1080.0], [0.0, 1080.0]];
    let zone = ZoneData {
        id: "pavement".parse().unwrap(),
        polygon_px: whole.clone(),
        line_px: None,
        tags: vec!["school".to_owned()],
        component_id: None,
        owner: None,
        tiles: Some(TilesData { width_px: 640, height_px: 640, overlap: 0.25 }),
    };
    let slot = ZoneData {
        id: "bin-7".parse().unwrap(),
        polygon_px: vec![[100.0, 900.5], [180.0, 900.5], [180.0, 1000.0]],
        tags: Vec::new(),
        component_id: Some("440310-0042".to_owned()),
        owner: Some("环卫一队".to_owned()),
        tiles: None,
        ..zone.clone()
    };
    let line = ZoneData {
        id: "kerb".parse().unwrap(),
        line_px: Some([[0.0, 700.0], [1920.0, 650.0]]),
        tags: Vec::new(),
        tiles: None,
        ..zone.clone()
    };
    card.scene = Some(SceneData {
        frame: FrameData { width_px: 1920, height_px: 1080 },
        zones: vec![zone, slot, line],
        privacy: vec![OutlineData { polygon_px: vec![[0.0, 0.0], [300.0, 0.0], [0.0, 200.0]] }],
    });
    holds("camera_card_scene", &envelope("camera.card", "pingshan-014", card));
    let health = CameraHealthData {
        camera: "pingshan-014".parse().unwrap(),
        condition: CameraCondition::Covered,
        since: START,
        detail: Some("the picture has no contrast; clean the lens".to_owned()),
    };
    holds("camera_health", &envelope("camera.health", "pingshan-014", health));
    let stats = StatsData {
        boot_id,
        uptime_secs: 3600,
        frames_decoded: 90_000,
        frames_analysed: 18_000,
        inferences: 18_000,
        frames_dropped: 12,
        detections: 45_678,
        cases_opened: 7,
        outbox_depth: 0,
        uploads_pending: 1,
        detector: None,
        footage: None,
    };
    holds("stats", &envelope("stats", "edge-1", stats));
}

#[test]
fn the_hubs_messages_keep_their_form() {
    let subject = case_id(1).to_string();
    let ack = AckData { case_id: case_id(1), upto_revision: 3 };
    holds("ack", &envelope("ack", &subject, ack));
    let decision = DecisionData {
        case_id: case_id(1),
        decision: DecisionKind::Rejected,
        reason: Some("not_a_violation".to_owned()),
        at: START,
    };
    let merged = DecisionData { decision: DecisionKind::Merged, reason: None, ..decision.clone() };
    holds("decision", &envelope("decision", &subject, decision));
    holds("decision_merged", &envelope("decision", &subject, merged));
}

#[test]
fn verifications_keep_their_form() {
    let request_id = Uuid::from_u128(0x019b_76da_a800_7000_b000_0000_0000_0001);
    let minutes = |count: u64| START.plus(Duration::from_secs(60 * count));
    let request = VerifyRequestData {
        request_id,
        kind: VerifyKind::Postcheck,
        camera: "pingshan-014".parse().unwrap(),
        cell: Some("N50J47539B8255".to_owned()),
        pattern: "roadside_stall".parse().unwrap(),
        zone: Some("pavement".parse().unwrap()),
        from: minutes(10),
        to: minutes(12),
        not_before: Some(minutes(9)),
        deadline: minutes(30),
        case_id: Some(case_id(1)),
        priority: None,
        photographs: Vec::new(),
    };
    let photographs = vec!["5".repeat(64)];
    let with_photographs = VerifyRequestData { photographs, ..request.clone() };
    let subject = request_id.to_string();
    holds("verify_request_photographs", &envelope("verify.request", &subject, with_photographs));
    let urgent = VerifyRequestData { priority: Some(Priority::Urgent), ..request.clone() };
    holds("verify_request_urgent", &envelope("verify.request", &request_id.to_string(), urgent));
    holds("verify_request", &envelope("verify.request", &request_id.to_string(), request));
    let opened = event(1, FactKind::Opened).data;
    let result = VerifyResultData {
        request_id,
        case_id: Some(case_id(1)),
        verdict: Verdict {
            verdict: Outcome::Cleared,
            reasons: vec![Reason::NotFound],
            advisory: false,
            looks: vec![Look {
                from: minutes(10),
                to: minutes(12),
                frames: 600,
                valid_frames: 596,
                found: 0,
                hindered: 0,
            }],
            positive_control: PositiveControl { ran: true, found: true },
            health: HealthSummary { frames: 600, valid: 596, blurred: 4, ..Default::default() },
            hindrances: Hindrances::default(),
            fov_match: Some(0.96875),
            model: opened.model,
            pattern: opened.pattern,
            unrecorded: Vec::new(),
        },
        evidence: opened.evidence,
        measured: None,
        photographs: Vec::new(),
    };
    let advice = PhotographAdvice {
        sha256: "5".repeat(64),
        verdict: Verdict {
            advisory: true,
            reasons: vec![Reason::NotFound, Reason::PhotographsOnly],
            ..result.verdict.clone()
        },
    };
    let with_advice = VerifyResultData { photographs: vec![advice], ..result.clone() };
    holds("verify_result_photographs", &envelope("verify.result", &subject, with_advice));
    let measured = Measured {
        answered_at: minutes(13),
        clock: Some(ClockQuality::Arrival),
        frame_px: [1920, 1080],
        zones: vec![ZoneOutline {
            id: "pavement".parse().unwrap(),
            polygon_px: vec![[0.0, 0.0], [1920.0, 0.0], [1920.0, 1080.0]],
        }],
        place_px: Some([96.0, 108.5, 480.0, 432.0]),
        thresholds: Thresholds {
            filing_score_min: 0.5,
            clearing_score_min: 0.25,
            valid_frames_min: 30,
            looks_min: 2,
        },
        frames: vec![FrameRecord {
            look: 1,
            at: minutes(10),
            condition: CameraCondition::Ok,
            showing: Showing::Nothing,
            hindrance: Some(Hindrance::ZoneOccluded),
            score: Some(0.125),
            box_px: Some([96.0, 108.0, 480.0, 432.0]),
            view_share: Some(0.96875),
        }],
        frames_left_out: 0,
    };
    let with_frames = VerifyResultData { measured: Some(Box::new(measured)), ..result.clone() };
    holds("verify_result_measured", &envelope("verify.result", &subject, with_frames));
    holds("verify_result", &envelope("verify.result", &request_id.to_string(), result));
}

#[test]
fn footage_for_people_keeps_its_form() {
    let request_id = Uuid::from_u128(0x019b_76da_a800_7000_b000_0000_0000_0002);
    let secs = |count: u64| START.plus(Duration::from_secs(count));
    let request = FootageRequestData {
        request_id,
        camera: "pingshan-014".parse().unwrap(),
        from: secs(600),
        to: secs(630),
        deadline: secs(900),
        case_id: Some(case_id(1)),
        still: false,
    };
    let asked = |request| envelope("footage.request", &request_id.to_string(), request);
    holds("footage_request", &asked(request.clone()));
    let still = FootageRequestData {
        to: request.from,
        deadline: secs(620),
        case_id: None,
        still: true,
        ..request
    };
    holds("footage_request_still", &asked(still));
    let file = |role: &str, digit: char, media_type: &str, (width_px, height_px)| EvidenceData {
        role: role.to_owned(),
        url: format!("http://hub/api/v1/evidence/{}", digit.to_string().repeat(64)),
        sha256: digit.to_string().repeat(64),
        media_type: media_type.to_owned(),
        width_px,
        height_px,
        captured_at: secs(600),
    };
    let result = FootageResultData {
        request_id,
        masks: "1-street-nano-0123456789ab".to_owned(),
        clock: ClockQuality::Arrival,
        shown: Some(RecordingSpan { from: secs(600), to: secs(630) }),
        refusal: None,
        detail: None,
        holes: vec![Hole { from: secs(610), to: secs(612), reason: HoleReason::StreamLost }],
        evidence: vec![
            file("playback", 'a', "video/mp4", (1280, 720)),
            file("filmstrip", 'b', "image/jpeg", (1600, 90)),
        ],
    };
    let told = |result| envelope("footage.result", &request_id.to_string(), result);
    holds("footage_result", &told(result.clone()));
    let refused = FootageResultData {
        shown: None,
        refusal: Some(FootageRefusal::NothingRecorded),
        detail: Some("nothing was recorded".to_owned()),
        holes: vec![Hole { from: secs(600), to: secs(630), reason: HoleReason::BeforeRetention }],
        evidence: Vec::new(),
        ..result
    };
    holds("footage_refused", &told(refused));
}

#[test]
fn dry_runs_keep_their_form() {
    let request_id = Uuid::from_u128(0x019b_76da_a800_7000_b000_0000_0000_0003);
    let secs = |count: u64| START.plus(Duration::from_secs(count));
    let request = DryRunRequestData {
        request_id,
        camera: "pingshan-014".parse().unwrap(),
        draft: "[[pattern]]\nid = \"illegal_parking\"\ndwell_secs = 30\n".to_owned(),
        from: secs(0),
        to: secs(3_600),
        deadline: secs(9_600),
        cancel: false,
    };
    let subject = request_id.to_string();
    holds("dryrun_request", &envelope("dryrun.request", &subject, request));
    let picture = EvidenceData {
        role: "dry_run".to_owned(),
        url: format!("http://hub/api/v1/evidence/{}", "c".repeat(64)),
        sha256: "c".repeat(64),
        media_type: "image/jpeg".to_owned(),
        width_px: 1920,
        height_px: 1080,
        captured_at: secs(1_000),
    };
    let result = DryRunResultData {
        request_id,
        state: DryRunState::Done,
        share: 1.0,
        frames: 17_940,
        refusal: None,
        detail: None,
        holes: vec![Hole { from: secs(610), to: secs(622), reason: HoleReason::StreamLost }],
        cases: vec![DryCaseData {
            zone: "pavement".parse().unwrap(),
            first_seen_at: secs(970),
            confirmed_at: secs(1_000),
            last_seen_at: secs(1_240),
            dwell_secs: 270.0,
            count: 1,
            score: 0.75,
            subject: None,
            picture: Some(picture),
        }],
        further_cases: 2,
    };
    holds("dryrun_result", &envelope("dryrun.result", &subject, result.clone()));
    let refused = DryRunResultData {
        state: DryRunState::Refused,
        share: 0.0,
        frames: 0,
        refusal: Some(DryRunRefusal::Draft),
        detail: Some("draft.toml:2: pattern[0].id = \"x\": one of ...".to_owned()),
        holes: Vec::new(),
        cases: Vec::new(),
        further_cases: 0,
        ..result
    };
    holds("dryrun_refused", &envelope("dryrun.result", &subject, refused));
}

fn schema() -> Value {
    let path = in_crate("docs/schema/case-fact.schema.json");
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// The schema lets consumers meet new keys; here every key must be written down in it.
fn strict(mut schema: Value) -> Value {
    fn close(value: &mut Value) {
        match value {
            Value::Object(map) => {
                map.values_mut().for_each(close);
                // Conditions repeat some properties of an object that is closed elsewhere.
                if map.contains_key("properties") && map.get("type") == Some(&json!("object")) {
                    map.insert("additionalProperties".to_owned(), json!(false));
                }
            }
            Value::Array(items) => items.iter_mut().for_each(close),
            _ => {}
        }
    }
    close(&mut schema);
    schema
}

#[test]
fn case_facts_satisfy_the_schema_and_it_names_every_key() {
    let schema = jsonschema::validator_for(&strict(schema())).unwrap();
    for (name, revision, kind) in FACTS {
        let value = serde_json::to_value(event(revision, kind)).unwrap();
        let faults: Vec<_> = schema.iter_errors(&value).map(|e| e.to_string()).collect();
        assert!(faults.is_empty(), "{name}: {faults:?}");
    }
    let mut bare = fact(1, "pingshan-014", 1, FactKind::Opened);
    bare.state.place = None;
    bare.state.evidence.clear();
    assert!(schema.is_valid(&serde_json::to_value(case_event(&bare, &address())).unwrap()));
}

#[test]
fn a_spoiled_case_fact_is_refused() {
    let schema = jsonschema::validator_for(&schema()).unwrap();
    let sound = serde_json::to_value(event(3, FactKind::Gone)).unwrap();
    assert!(schema.is_valid(&sound));
    let spoils: [(&str, Value); 13] = [
        ("/specversion", json!("0.3")),
        ("/id", json!("1")),
        ("/type", json!("cn.gridwarden.case.seen")),
        ("/time", json!("2026-01-01 00:00:00")),
        ("/data/revision", json!(0)),
        ("/data/kind", json!("closed")),
        ("/data/gone_at", json!(null)),
        ("/data/place/lon_deg", json!(514.3)),
        ("/data/place/code_2d", json!("somewhere")),
        ("/data/place/datum", json!("GCJ-02")),
        ("/data/model/sha256", json!("abc")),
        ("/data/evidence/0/role", json!("photo")),
        ("/data/privacy/masked", json!("yes")),
    ];
    for (pointer, value) in spoils {
        let mut spoiled = sound.clone();
        *spoiled.pointer_mut(pointer).unwrap() = value.clone();
        assert!(!schema.is_valid(&spoiled), "{pointer} = {value} was accepted");
    }
    for key in ["case_id", "camera", "gone_at", "evidence"] {
        let mut spoiled = sound.clone();
        spoiled["data"].as_object_mut().unwrap().remove(key);
        assert!(!schema.is_valid(&spoiled), "a fact without {key} was accepted");
    }
}
