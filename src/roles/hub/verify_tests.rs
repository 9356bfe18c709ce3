use super::{super::samples::*, *};
use crate::{
    domain::case::{
        lifecycle::{EventKind, Phase, Refused},
        reason_codes,
    },
    drivers::store::hub::NewComplaint,
};
use serde_json::{Value, json};
use std::time::Duration;

#[path = "verify_photographs_tests.rs"]
mod photographs;

const TIMES: LookTimes = LookTimes {
    settle: Duration::from_secs(10),
    look: Duration::from_secs(20),
    again_after: Duration::ZERO,
    retry_after: Duration::from_secs(30),
    tries_max: 3,
    span_max: Duration::from_secs(1_800),
    daypart_tries_max: 2,
    answer_within: Duration::from_secs(60),
    resend_after: Duration::from_secs(15),
};

struct Case {
    bench: Bench,
    verify: Verify,
    /// What the edge says of each photograph.
    of_photographs: Option<&'static str>,
    _dir: tempfile::TempDir,
}

impl Case {
    async fn new() -> Self {
        Self::with(TIMES).await
    }

    async fn with(times: LookTimes) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let bench = Bench::open(dir.path()).await;
        let verify = Verify::new(Arc::clone(&bench.register), DISTRICT.parse().unwrap(), times);
        Self { bench, verify, of_photographs: None, _dir: dir }
    }

    /// A filed case with a before picture, and a crew that says it is done at `START + 60 s`.
    async fn disposed() -> Self {
        Self::disposed_with(TIMES).await
    }

    async fn disposed_with(times: LookTimes) -> Self {
        let this = Self::filed_with(times, true).await;
        this.feedback(&[]).await;
        this
    }

    async fn filed() -> Self {
        Self::filed_with(TIMES, true).await
    }

    async fn filed_with(times: LookTimes, pictured: bool) -> Self {
        let this = Self::with(times).await;
        this.bench.announce_camera("edge-1").await;
        let before = this.bench.hold(b"before").await;
        let pictures = pictured.then(|| picture("snapshot", &before, START));
        let opened = fact(1, 1, "opened", pictures.into_iter().collect());
        this.bench.send_fact("edge-1", &opened).await;
        this.pass(60);
        let confirm = Decision::new(Event::Confirm, "li", this.bench.register.now());
        this.bench.register.store.decide(case_id(1), Some(1), &confirm).await.unwrap();
        this
    }

    /// The crew says that it is done.
    async fn feedback(&self, photographs: &[String]) {
        let now = self.bench.register.now();
        let done = Decision::new(Event::Feedback, "platform", now);
        let store = &self.bench.register.store;
        store.feedback(case_id(1), "crew", now, photographs, &done).await.unwrap();
    }

    fn pass(&self, secs: u64) {
        self.bench.clock.advance(Duration::from_secs(secs));
    }

    /// Steps once; the request published to `edge-1`, if any.
    async fn request(&self) -> Option<VerifyRequestData> {
        self.request_to("edge-1").await
    }

    async fn request_to(&self, node: &str) -> Option<VerifyRequestData> {
        let mut outgoing = self.verify.step().await.unwrap();
        assert!(outgoing.len() <= 1, "one stall is looked at once");
        let (topic, payload) = outgoing.pop()?;
        assert_eq!(topic.to_string(), format!("gridwarden/v1/440310/{node}/verify/request"));
        let event: Value = serde_json::from_slice(&payload).unwrap();
        Some(serde_json::from_value(event["data"].clone()).unwrap())
    }

    /// Lets the look end and takes its request.
    async fn after_the_look(&self) -> VerifyRequestData {
        assert_eq!(self.request().await, None, "nothing to ask before the footage is there");
        self.pass(30);
        self.request().await.expect("a request")
    }

    async fn answer(&self, request: &VerifyRequestData, verdict: &str, evidence: Vec<Value>) {
        let found = u32::from(verdict == "PRESENT");
        self.answer_with(
            request,
            verdict,
            evidence,
            json!({
                "looks": [{"from": request.from, "to": request.to, "frames": 40,
                           "valid_frames": 40, "found": found * 40}],
                "positive_control": {"ran": true, "found": true},
            }),
        )
        .await;
    }

    async fn answer_with(
        &self,
        request: &VerifyRequestData,
        outcome: &str,
        evidence: Vec<Value>,
        changes: Value,
    ) {
        self.result(request, outcome, evidence, changes).await;
        self.verify.step().await.unwrap();
    }

    /// An answer that has arrived and is not applied yet.
    async fn result(
        &self,
        request: &VerifyRequestData,
        outcome: &str,
        evidence: Vec<Value>,
        changes: Value,
    ) {
        let mut verdict = json!({
            "verdict": outcome, "reasons": ["not_found"], "advisory": false, "looks": [],
            "positive_control": {"ran": true, "found": true},
            "health": {"frames": 40, "valid": 40, "black": 0, "covered": 0, "blurred": 0, "frozen": 0},
            "fov_match": 0.98, "model": {"id": "m", "sha256": "0"},
            "pattern": {"id": "bin_overflowing", "version": "3"},
        });
        for (key, value) in changes.as_object().unwrap() {
            verdict[key] = value.clone();
        }
        let mut result = json!({"request_id": request.request_id, "case_id": request.case_id,
                                "verdict": verdict, "evidence": evidence});
        if let Some(said) = &self.of_photographs {
            let advice = json!({"verdict": said, "advisory": true});
            verdict.as_object_mut().unwrap().extend(advice.as_object().unwrap().clone());
            let advice = request
                .photographs
                .iter()
                .map(|sha256| json!({"sha256": sha256, "verdict": verdict}));
            result["photographs"] = advice.collect();
        }
        let looks = self.bench.register.store.verifications(case_id(1)).await.unwrap();
        let asked = looks.iter().find(|look| look.request.request_id == request.request_id);
        let node = asked.unwrap().node.to_string();
        self.bench.send(&node, "verify/result", result).await;
    }

    async fn state(&self) -> State {
        self.bench.register.store.case(case_id(1)).await.unwrap().unwrap().state
    }

    async fn last_reason(&self) -> Option<String> {
        let history = self.bench.register.store.history(case_id(1)).await.unwrap();
        history.last().unwrap().reason.clone()
    }
}

#[tokio::test]
async fn a_cleared_bin_is_closed_with_both_pictures_and_the_edge_is_told() {
    let case = Case::disposed().await;
    let request = case.after_the_look().await;
    let disposed_at = request.not_before.unwrap();
    assert_eq!(request.from, disposed_at.plus(TIMES.settle));
    assert_eq!(request.zone.as_ref().unwrap().as_str(), "pavement");
    let after = case.bench.hold(b"after").await;
    case.answer(&request, "CLEARED", vec![picture("after", &after, request.from)]).await;
    assert_eq!(case.state().await, State::Closed);
    let outbound = case.bench.register.store.outbound(case.bench.register.now(), 9).await.unwrap();
    let kinds: Vec<_> = outbound
        .iter()
        .map(|row| {
            let event: Value = serde_json::from_str(&row.payload).unwrap();
            event["data"]["decision"].as_str().unwrap().to_owned()
        })
        .collect();
    assert_eq!(kinds, ["filed", "closed"]);
}

#[tokio::test]
async fn a_clearance_is_confirmed_by_another_look_after_the_delay() {
    let times = LookTimes { again_after: Duration::from_secs(100), ..TIMES };
    for (second, state) in [("CLEARED", State::Closed), ("PRESENT", State::Rework)] {
        let case = Case::disposed_with(times).await;
        let first = case.after_the_look().await;
        let after = case.bench.hold(b"after").await;
        let picture = || vec![picture("after", &after, first.from)];
        case.answer(&first, "CLEARED", picture()).await;
        assert_eq!(case.state().await, State::Postchecking);
        assert_eq!(case.last_reason().await.as_deref(), Some("cleared_once"));
        case.pass(99);
        assert_eq!(case.request().await, None);
        case.pass(1 + 20);
        let again = case.request().await.expect("the second look");
        assert!(again.from >= first.to.plus(times.again_after), "{} {}", again.from, first.to);
        case.answer(&again, second, picture()).await;
        assert_eq!(case.state().await, state);
    }
}

#[tokio::test]
async fn a_missed_daypart_is_waited_for_until_the_tries_are_spent() {
    let case = Case::disposed().await;
    let outside = || json!({"reasons": ["outside_schedule", "too_few_valid_frames"]});
    let first = case.after_the_look().await;
    case.answer_with(&first, "UNDETERMINABLE", Vec::new(), outside()).await;
    assert_eq!(case.state().await, State::Postchecking);
    case.pass(3_600);
    assert_eq!(case.request().await, None, "an hour later is no better");
    case.pass(23 * 3_600);
    let next = case.request().await.expect("the same time of day");
    let confirmed_at = case.bench.register.store.case(case_id(1)).await.unwrap().unwrap();
    let since = next.from.since(confirmed_at.confirmed_at).as_secs();
    assert!((24 * 3_600..24 * 3_600 + 120).contains(&since), "{since}");
    // Other doubts of that sitting have their own tries; in the end a person decides.
    case.answer(&next, "UNDETERMINABLE", Vec::new()).await;
    assert_eq!(case.state().await, State::Postchecking);
    case.pass(30);
    let again = case.request().await.expect("a retry, the same evening");
    case.answer_with(&again, "UNDETERMINABLE", Vec::new(), outside()).await;
    assert_eq!(case.state().await, State::Manual);
    assert_eq!(case.last_reason().await.as_deref(), Some("outside_schedule"));
}

#[tokio::test]
async fn whoever_said_that_it_was_done_leaves_the_closing_to_another() {
    let case = Case::disposed().await;
    let first = case.after_the_look().await;
    case.answer(&first, "UNDETERMINABLE", Vec::new()).await;
    for _ in 0..2 {
        case.pass(30);
        let again = case.request().await.expect("another look");
        case.answer(&again, "UNDETERMINABLE", Vec::new()).await;
    }
    assert_eq!(case.state().await, State::Manual);
    let reason = reason_codes::allowed(EventKind::Close, Phase::AfterFiling)[0].to_owned();
    let close = async |actor| {
        let event = Event::Close { reason: reason.clone() };
        let decision = Decision::new(event, actor, case.bench.register.now());
        case.bench.register.store.decide(case_id(1), None, &decision).await
    };
    let refused = close("platform").await.err().unwrap();
    assert!(
        matches!(refused, DecideError::Refused(Refused::FourEyes { event: EventKind::Close })),
        "{refused}"
    );
    assert_eq!(close("li").await.unwrap().state, State::Closed);
}

#[tokio::test]
async fn an_urgent_case_is_looked_at_first() {
    let case = Case::disposed().await;
    let row = case.bench.register.store.case(case_id(1)).await.unwrap().unwrap();
    assert_eq!(case.after_the_look().await.priority, Some(row.priority));
}

#[tokio::test]
async fn a_clearance_waits_for_its_picture_and_goes_to_a_person_without_it() {
    let case = Case::disposed().await;
    let request = case.after_the_look().await;
    let late = Digest256Of::new(b"late");
    case.answer(&request, "CLEARED", vec![picture("after", &late.0, request.from)]).await;
    assert_eq!(case.state().await, State::Postchecking, "the upload may still come");
    case.pass(61);
    case.verify.step().await.unwrap();
    assert_eq!(case.state().await, State::Manual);
    assert_eq!(case.last_reason().await.as_deref(), Some("pictures_missing"));
}

struct Digest256Of(crate::drivers::evidence::files::Digest256);
impl Digest256Of {
    fn new(content: &[u8]) -> Self {
        Self(crate::drivers::evidence::files::Digest256::of(content))
    }
}

#[tokio::test]
async fn a_blind_camera_closes_nothing_whatever_it_claims() {
    for claim in [
        json!({"health": {"frames": 40, "valid": 0, "black": 40, "covered": 0, "blurred": 0, "frozen": 0}}),
        json!({"positive_control": {"ran": true, "found": false}}),
        json!({"looks": []}),
        json!({"advisory": true}),
        json!({"looks": [{"from": START, "to": START.plus(Duration::from_secs(900)),
                          "frames": 40, "valid_frames": 40, "found": 0}]}),
    ] {
        let case = Case::disposed().await;
        let request = case.after_the_look().await;
        let after = case.bench.hold(b"after").await;
        let mut changes = json!({"looks": [{"from": request.from, "to": request.to,
            "frames": 40, "valid_frames": 40, "found": 0}]});
        for (key, value) in claim.as_object().unwrap() {
            changes[key] = value.clone();
        }
        let evidence = vec![picture("after", &after, request.from)];
        case.answer_with(&request, "CLEARED", evidence, changes).await;
        assert_eq!(case.state().await, State::Postchecking, "{claim}");
        assert!(case.last_reason().await.is_some());
    }
}

#[tokio::test]
async fn what_an_edge_sees_after_the_look_is_not_cleared() {
    let case = Case::disposed().await;
    let request = case.after_the_look().await;
    let mut seen = fact(1, 2, "seen", Vec::new());
    seen.last_seen_at = request.to.plus(Duration::from_secs(5));
    case.bench.send_fact("edge-1", &seen).await;
    let after = case.bench.hold(b"after").await;
    case.answer(&request, "CLEARED", vec![picture("after", &after, request.from)]).await;
    assert_eq!(case.state().await, State::Postchecking);
    assert_eq!(case.last_reason().await.as_deref(), Some("seen_after_the_look"));
}

#[tokio::test]
async fn what_another_node_still_sees_is_not_cleared_and_in_the_end_a_persons_matter() {
    let case = Case::disposed().await;
    let mut other = fact(2, 1, "opened", Vec::new());
    other.camera.node = "edge-2".parse().unwrap();
    case.bench.send_fact("edge-2", &other).await;
    let merged = case.bench.register.store.case(case_id(2)).await.unwrap().unwrap();
    assert_eq!(merged.merged_into, Some(case_id(1)));
    let after = case.bench.hold(b"after").await;
    let mut request = case.after_the_look().await;
    for last in [false, false, true] {
        case.answer(&request, "CLEARED", vec![picture("after", &after, request.from)]).await;
        assert_eq!(case.last_reason().await.as_deref(), Some("still_seen_elsewhere"));
        if !last {
            case.pass(30);
            request = case.request().await.expect("another look");
        }
    }
    assert_eq!(case.state().await, State::Manual);
}

#[tokio::test]
async fn what_every_node_calls_gone_is_closed() {
    let case = Case::disposed().await;
    for (revision, kind) in [(1, "opened"), (2, "gone")] {
        let mut other = fact(2, revision, kind, Vec::new());
        other.camera.node = "edge-2".parse().unwrap();
        case.bench.send_fact("edge-2", &other).await;
    }
    let after = case.bench.hold(b"after").await;
    let request = case.after_the_look().await;
    case.answer(&request, "CLEARED", vec![picture("after", &after, request.from)]).await;
    assert_eq!(case.state().await, State::Closed);
}

#[tokio::test]
async fn still_there_means_rework_and_a_new_feedback_a_new_round() {
    let case = Case::disposed().await;
    let request = case.after_the_look().await;
    case.answer(&request, "PRESENT", Vec::new()).await;
    assert_eq!(case.state().await, State::Rework);
    let now = case.bench.register.now();
    case.feedback(&[]).await;
    let again = case.after_the_look().await;
    assert_ne!(again.request_id, request.request_id);
    assert_eq!(again.not_before, Some(now));
    let row = case.bench.register.store.case(case_id(1)).await.unwrap().unwrap();
    assert_eq!((row.round, row.rework_count), (2, 1));
}

#[tokio::test]
async fn an_unanswered_request_is_sent_again_and_three_blind_looks_call_a_person() {
    let case = Case::disposed().await;
    let first = case.after_the_look().await;
    case.pass(14);
    assert_eq!(case.request().await, None);
    case.pass(1);
    assert_eq!(case.request().await.as_ref(), Some(&first), "the same request again");
    // No answer by the deadline is a blind look; two more follow, with answers of that kind.
    case.pass(60);
    assert_eq!(case.request().await, None);
    assert_eq!(case.last_reason().await.as_deref(), Some("deadline_passed"));
    for number in 2..=3 {
        assert_eq!(case.state().await, State::Postchecking);
        case.pass(30);
        let request = case.request().await.expect("another look");
        assert_ne!(request.request_id, first.request_id, "try {number}");
        case.answer(&request, "UNDETERMINABLE", Vec::new()).await;
    }
    assert_eq!(case.state().await, State::Manual);
    // A late or repeated answer to an old request moves nothing.
    case.answer(&first, "CLEARED", Vec::new()).await;
    assert_eq!(case.state().await, State::Manual);
}

#[tokio::test]
async fn a_result_counts_once_and_only_from_the_node_that_was_asked() {
    let case = Case::disposed().await;
    let request = case.after_the_look().await;
    let forged = json!({"request_id": request.request_id, "verdict": {
        "verdict": "PRESENT", "reasons": [], "advisory": false, "looks": [],
        "positive_control": {"ran": false, "found": false},
        "health": {"frames": 0, "valid": 0, "black": 0, "covered": 0, "blurred": 0, "frozen": 0},
        "fov_match": null, "model": {"id": "", "sha256": ""},
        "pattern": {"id": "bin_overflowing", "version": "3"}}});
    case.bench.send("edge-9", "verify/result", forged).await;
    case.verify.step().await.unwrap();
    assert_eq!(case.state().await, State::Postchecking);
}

fn complaint(pattern: bool, place: bool) -> NewComplaint {
    let sample = fact(1, 1, "opened", Vec::new());
    NewComplaint {
        case_id: case_id(1),
        external_no: "A-1".to_owned(),
        source: "12345".to_owned(),
        event: sample.event,
        pattern: pattern.then_some(sample.pattern),
        priority: sample.priority,
        place: sample.place.filter(|_| place),
        reported_at: START,
    }
}

#[tokio::test]
async fn a_complaint_is_looked_at_by_the_camera_that_sees_its_cell() {
    let case = Case::new().await;
    case.bench.announce_camera("edge-1").await;
    let store = &case.bench.register.store;
    store.open_complaint(&complaint(true, true), "platform", None, START).await.unwrap();
    let request = case.request().await.expect("footage is there already");
    assert_eq!((request.kind, request.camera.as_str()), (VerifyKind::Precheck, "gate"));
    assert_eq!(request.cell.as_deref(), Some(CELL));
    case.answer(&request, "PRESENT", Vec::new()).await;
    assert_eq!(case.state().await, State::Filed);
}

#[tokio::test]
async fn a_complaint_that_no_camera_can_answer_goes_to_a_person_with_the_reason() {
    for (pattern, place, camera, reason) in [
        (true, true, false, "no_camera_covers_cell"),
        (true, false, true, "no_camera_covers_cell"),
        (false, true, true, "not_decidable_by_video"),
    ] {
        let case = Case::new().await;
        if camera {
            case.bench.announce_camera("edge-1").await;
        }
        let store = &case.bench.register.store;
        store.open_complaint(&complaint(pattern, place), "platform", None, START).await.unwrap();
        assert_eq!(case.request().await, None);
        assert_eq!(case.state().await, State::Manual);
        assert_eq!(case.last_reason().await.as_deref(), Some(reason));
    }
}

#[tokio::test]
async fn an_absent_complaint_is_not_rejected() {
    let case = Case::new().await;
    case.bench.announce_camera("edge-1").await;
    let store = &case.bench.register.store;
    store.open_complaint(&complaint(true, true), "platform", None, START).await.unwrap();
    let request = case.request().await.unwrap();
    case.answer(&request, "CLEARED", Vec::new()).await;
    assert_eq!(case.state().await, State::Manual);
}

/// Three cameras that see the complaint's cell: `near` best, then `far`, then `dark`, which is black.
async fn with_three_cameras() -> Case {
    let case = Case::new().await;
    for (node, camera, error) in
        [("edge-1", "far", 1.5), ("edge-2", "near", 0.3), ("edge-3", "dark", 0.1)]
    {
        let mut said = card();
        said["camera"] = json!(camera);
        said["cells"] = json!([{"code_3d": "N050F000503051066000005", "height_metres": 42.0,
                                "error_metres": error, "px_per_metre": 40.0}]);
        case.bench.announce(node, camera, said).await;
    }
    case.bench.say_health("edge-3", "dark", "black").await;
    let store = &case.bench.register.store;
    store.open_complaint(&complaint(true, true), "platform", None, START).await.unwrap();
    case
}

#[tokio::test]
async fn the_next_best_camera_is_asked_when_the_best_cannot_say() {
    let case = with_three_cameras().await;
    let near = case.request_to("edge-2").await.expect("the best first");
    case.result(&near, "UNDETERMINABLE", Vec::new(), json!({"reasons": ["covered"]})).await;
    let far = case.request_to("edge-1").await.expect("then the next");
    assert_eq!(case.state().await, State::Prechecking, "nothing is decided between them");
    assert_eq!((far.camera.as_str(), far.kind), ("far", VerifyKind::Precheck));
    case.answer(&far, "PRESENT", Vec::new()).await;
    assert_eq!(case.state().await, State::Filed);
    let row = case.bench.register.store.case(case_id(1)).await.unwrap().unwrap();
    assert_eq!(row.camera.unwrap().id.as_str(), "far", "its postcheck asks who has seen it");
}

#[tokio::test]
async fn silence_passes_the_question_on_and_a_blind_camera_is_not_asked_after_a_seeing_one() {
    let case = with_three_cameras().await;
    assert!(case.request_to("edge-2").await.is_some());
    case.pass(61);
    assert!(case.request_to("edge-1").await.is_some(), "no answer by the deadline");
    case.pass(61);
    assert_eq!(case.request_to("edge-3").await, None, "`dark` is black");
    assert_eq!(case.state().await, State::Manual);
    assert_eq!(case.last_reason().await.as_deref(), Some("deadline_passed"));
}

#[tokio::test]
async fn an_answer_is_not_asked_for_twice() {
    for (verdict, reason, state) in [
        ("CLEARED", "not_found", State::Manual),
        ("PRESENT", "found", State::Filed),
        ("UNDETERMINABLE", "not_decidable_by_video", State::Manual),
    ] {
        let case = with_three_cameras().await;
        let near = case.request_to("edge-2").await.unwrap();
        case.result(&near, verdict, Vec::new(), json!({"reasons": [reason]})).await;
        assert_eq!(case.request_to("edge-1").await, None, "{verdict}");
        assert_eq!(case.state().await, state);
    }
}

#[tokio::test]
async fn a_height_asks_the_camera_of_that_level_only() {
    for (height, node) in [(Some(42.0), Some("edge-2")), (Some(60.0), None), (None, Some("edge-2"))]
    {
        let case = Case::new().await;
        let mut said = card();
        said["cells"] = json!([{"code_3d": "N050F000503051066000005", "height_metres": 42.0,
                                "error_metres": 0.5, "px_per_metre": 40.0}]);
        case.bench.announce("edge-2", "gate", said).await;
        let mut asked = complaint(true, true);
        let place = asked.place.as_mut().unwrap();
        place.height_metres = height;
        place.code_3d = None;
        let store = &case.bench.register.store;
        store.open_complaint(&asked, "platform", None, START).await.unwrap();
        let request = case.request_to(node.unwrap_or("edge-2")).await;
        assert_eq!(request.is_some(), node.is_some(), "{height:?}");
    }
}
