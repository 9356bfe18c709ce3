//! Case facts for tests: complete, with a place (the worked example of GB/T 39409-2020, annex B.2)
//! and evidence, and the same for the same numbers.

use gridwarden::{
    base::time::{ClockQuality, WallTime},
    domain::{
        case::{CaseFact, CaseState, Subject},
        detection::ModelRef,
        ids::CaseId,
        wire::{EventData, EvidenceData, FactKind, NodeAddress, PatternData, PlaceData, Priority},
    },
};
use std::time::Duration;
use uuid::Uuid;

pub fn address() -> NodeAddress {
    NodeAddress { district: "440310".parse().unwrap(), node: "edge-1".parse().unwrap() }
}

pub fn case_id(number: u64) -> CaseId {
    CaseId(Uuid::from_u128(0x019b_76da_a800_7000_8000_0000_0000_0000 + u128::from(number)))
}

/// 2026-01-01T00:00:00Z
pub const START: WallTime = WallTime::from_unix_millis(1_767_225_600_000);

pub fn fact(case: u64, camera: &str, revision: u32, kind: FactKind) -> CaseFact {
    let confirmed_at = START.plus(Duration::from_millis(60_250));
    let at = confirmed_at.plus(Duration::from_secs(u64::from(revision) * 30));
    let state = CaseState {
        case_id: case_id(case),
        revision,
        camera: camera.parse().unwrap(),
        pattern: PatternData { id: "roadside_stall".parse().unwrap(), version: "1".to_owned() },
        families: Vec::new(),
        event: EventData {
            std: "GB/T 47678.5".to_owned(),
            version: "2026".to_owned(),
            code: "09006".to_owned(),
            name_zh: "占道经营".to_owned(),
            name_en: "Roadside stall".to_owned(),
            local: false,
        },
        priority: Priority::Normal,
        suspected: false,
        zone: "pavement".parse().unwrap(),
        asset: None,
        subject: Subject {
            class: "stall".parse().unwrap(),
            box_fraction: [0.25, 0.5, 0.375, 0.75],
            members_fraction: Vec::new(),
        },
        place: Some(PlaceData {
            code_2d: "N50J47539B8255".to_owned(),
            code_3d: Some("N050J0047050390B8020550".to_owned()),
            level: 7,
            lon_deg: 116.312_603,
            lat_deg: 39.993_161,
            height_metres: Some(0.0),
            error_metres: 1.25,
            datum: "CGCS2000".to_owned(),
        }),
        first_seen_at: START,
        confirmed_at,
        last_seen_at: at,
        gone_at: (kind == FactKind::Gone).then_some(at),
        dwell_secs: 60.25,
        count: 1,
        score: 0.75,
        model: ModelRef { id: "street-nano".to_owned(), sha256: "ab".repeat(32) },
        clock: ClockQuality::Arrival,
        evidence: vec![EvidenceData {
            role: "annotated".to_owned(),
            url: format!("/api/v1/evidence/{}", "cd".repeat(32)),
            sha256: "cd".repeat(32),
            media_type: "image/jpeg".to_owned(),
            width_px: 1920,
            height_px: 1080,
            captured_at: confirmed_at,
        }],
        witnesses: Vec::new(),
        possibly_same_as: Vec::new(),
    };
    CaseFact { kind, at, state }
}
