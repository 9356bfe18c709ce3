use super::*;
use crate::{
    base::time::ClockQuality,
    domain::{
        case::Subject,
        detection::ModelRef,
        wire::{EventData, PatternData, Priority},
    },
};

const AT: WallTime = WallTime::from_unix_millis(1_000_000_000);

/// A case as the analyser of `camera` opens it, with its box from `x`.
fn opened(number: u128, camera: &str, pattern: &str, families: &[&str], x: f32) -> CaseFact {
    let state = CaseState {
        case_id: CaseId(uuid::Uuid::from_u128(number)),
        revision: 1,
        camera: camera.parse().unwrap(),
        pattern: PatternData { id: pattern.parse().unwrap(), version: "1".into() },
        families: families.iter().map(|family| (*family).to_owned()).collect(),
        event: EventData {
            std: "local".into(),
            version: "1".into(),
            code: "X".into(),
            name_zh: "x".into(),
            name_en: "x".into(),
            local: true,
        },
        priority: Priority::Normal,
        suspected: false,
        zone: "pavement".parse().unwrap(),
        asset: None,
        subject: Subject {
            class: "thing".parse().unwrap(),
            box_fraction: [x, 0.2, x + 0.1, 0.4],
            members_fraction: vec![],
        },
        place: None,
        first_seen_at: AT,
        confirmed_at: AT,
        last_seen_at: AT,
        gone_at: None,
        dwell_secs: 60.0,
        count: 1,
        score: 0.7,
        model: ModelRef { id: "m".into(), sha256: "0".into() },
        clock: ClockQuality::Assigned,
        evidence: vec![],
        witnesses: vec![],
        possibly_same_as: vec![],
    };
    CaseFact { kind: FactKind::Opened, at: AT, state }
}

fn further(own: &CaseFact, kind: FactKind, revision: u32) -> CaseFact {
    let mut state = own.state.clone();
    state.revision = revision;
    state.gone_at = (kind == FactKind::Gone).then_some(AT);
    CaseFact { kind, at: AT, state }
}

#[test]
fn a_case_of_one_camera_leaves_as_its_analyser_states_it() {
    let mut book = NodeBook::default();
    let own = opened(1, "a", "roadside_stall", &["trading"], 0.1);
    assert_eq!(book.admit(own.clone()), std::slice::from_ref(&own));
    let (seen, gone) = (further(&own, FactKind::Seen, 2), further(&own, FactKind::Gone, 3));
    assert_eq!(book.admit(seen.clone()), [seen]);
    assert_eq!(book.admit(gone.clone()), std::slice::from_ref(&gone));
    assert_eq!(book.admit(gone), [], "over, and nothing new");
    assert_eq!(book.take_over(&own.state.camera), []);
}

#[test]
fn evidence_that_comes_after_the_end_is_a_further_revision() {
    let mut book = NodeBook::default();
    let own = opened(1, "a", "roadside_stall", &[], 0.1);
    book.admit(own.clone());
    book.admit(further(&own, FactKind::Gone, 2));
    let mut late = further(&own, FactKind::Gone, 3);
    late.state.evidence.push(EvidenceData {
        role: "clip".into(),
        url: "/e".into(),
        sha256: "0".repeat(64),
        media_type: "video/mp4".into(),
        width_px: 1,
        height_px: 1,
        captured_at: AT,
    });
    assert_eq!(book.admit(late.clone()), [late]);
}

#[test]
fn one_component_is_one_thing_wherever_the_cameras_place_it_and_two_are_two() {
    use crate::domain::{geo::GeoPoint, place::place_at, scene::Asset};
    let bin = |number, camera: &str, component: &str, place| {
        let mut fact = opened(number, camera, "bin_overflowing", &[], 0.1);
        let component_id = component.to_owned();
        fact.state.asset = Some(Asset { component_id, owner: None });
        fact.state.place = place;
        fact
    };
    let mut book = NodeBook::default();
    book.admit(bin(1, "a", "bin-7", None));
    let told = book.admit(bin(2, "b", "bin-7", None));
    assert_eq!((told[0].kind, told[0].state.witnesses.len()), (FactKind::Seen, 2));

    let here = place_at(GeoPoint { lon_deg: 114.34, lat_deg: 22.69 }, 42.0, 0.5);
    let mut book = NodeBook::default();
    book.admit(bin(1, "a", "bin-7", here.clone()));
    assert_eq!(book.admit(bin(2, "b", "bin-8", here))[0].kind, FactKind::Opened);
}

#[test]
fn what_is_often_confused_and_stands_side_by_side_is_proposed_to_a_person() {
    let mut book = NodeBook::default();
    let bin = opened(1, "a", "bin_overflowing", &["waste"], 0.10);
    let waste = opened(2, "a", "exposed_waste", &["waste", "green"], 0.21);
    book.admit(bin.clone());
    let told = book.admit(waste.clone());
    let proposals: Vec<_> =
        told.iter().map(|f| (f.state.case_id, f.kind, f.state.possibly_same_as.clone())).collect();
    let (one, other) = (bin.state.case_id, waste.state.case_id);
    assert_eq!(
        proposals,
        [(other, FactKind::Opened, vec![one]), (one, FactKind::Seen, vec![other])]
    );
    let still = book.admit(further(&waste, FactKind::Seen, 2));
    assert_eq!(still[0].state.possibly_same_as, [one], "it stays with the case");
    let open = told.iter().map(|fact| fact.state.clone()).collect();
    let mut again = NodeBook::restore(open);
    assert_eq!(again.admit(further(&bin, FactKind::Gone, 3))[0].state.possibly_same_as, [other]);
}

#[test]
fn other_families_other_places_and_two_of_one_pattern_are_not_proposed() {
    for (pattern, families, x) in [
        ("works_on_road", &["goods"][..], 0.21),
        ("exposed_waste", &["waste"][..], 0.40),
        ("bin_overflowing", &["waste"][..], 0.21),
        ("exposed_waste", &[][..], 0.21),
    ] {
        let mut book = NodeBook::default();
        book.admit(opened(1, "a", "bin_overflowing", &["waste"], 0.10));
        let other = opened(2, "a", pattern, families, x);
        assert_eq!(book.admit(other.clone()), [other], "{pattern} at {x}");
    }
    let mut book = NodeBook::default();
    book.admit(opened(1, "a", "bin_overflowing", &["waste"], 0.10));
    let elsewhere = opened(2, "b", "exposed_waste", &["waste"], 0.10);
    assert_eq!(book.admit(elsewhere.clone()).len(), 1, "another camera, neither calibrated");
}
