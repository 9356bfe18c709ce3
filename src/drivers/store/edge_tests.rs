use super::*;
use crate::{
    base::{
        clock::SystemClock,
        time::{ClockQuality, WallTime},
    },
    domain::{
        case::Subject,
        detection::ModelRef,
        outbox::{Outbox, OutboxLimits},
        seams::CaseSink,
        wire::{
            AckData, CaseFactData, CloudEvent, EventData, FactKind, PatternData, Priority,
            VerifyKind, VerifyRequestData,
        },
    },
    drivers::store::{commit_queue::CommitQueue, edge_verifications::Asked},
};
use tempfile::TempDir;
use uuid::Uuid;

fn address() -> NodeAddress {
    NodeAddress { district: "440310".parse().unwrap(), node: "edge-1".parse().unwrap() }
}

async fn open(folder: &TempDir) -> EdgeStore {
    let path = folder.path().join("edge.db");
    EdgeStore::open(&path, address(), Arc::new(SystemClock::new())).await.unwrap()
}

fn fact(case: u128, camera: &str, revision: u32, kind: FactKind) -> CaseFact {
    let at = WallTime::from_unix_millis(1_767_225_600_000 + i64::from(revision) * 1_000);
    let state = CaseState {
        case_id: CaseId(Uuid::from_u128(case)),
        revision,
        camera: camera.parse().unwrap(),
        pattern: PatternData { id: "loitering".parse().unwrap(), version: "1".to_owned() },
        families: Vec::new(),
        event: EventData {
            std: "local".to_owned(),
            version: "1".to_owned(),
            code: "L-01".to_owned(),
            name_zh: "徘徊".to_owned(),
            name_en: "Loitering".to_owned(),
            local: true,
        },
        priority: Priority::Normal,
        suspected: false,
        zone: "pavement".parse().unwrap(),
        asset: None,
        subject: Subject {
            class: "person".parse().unwrap(),
            box_fraction: [0.1, 0.2, 0.3, 0.4],
            members_fraction: Vec::new(),
        },
        place: None,
        first_seen_at: at,
        confirmed_at: at,
        last_seen_at: at,
        gone_at: (kind == FactKind::Gone).then_some(at),
        dwell_secs: 12.5,
        count: 1,
        score: 0.75,
        model: ModelRef { id: "street-nano".to_owned(), sha256: "0".repeat(64) },
        clock: ClockQuality::Arrival,
        evidence: Vec::new(),
        witnesses: Vec::new(),
        possibly_same_as: Vec::new(),
    };
    CaseFact { kind, at, state }
}

fn batch(facts: impl IntoIterator<Item = CaseFact>) -> CommitBatch {
    CommitBatch { facts: facts.into_iter().collect(), uploads: Vec::new() }
}

fn upload(digit: char, added_at_millis: i64) -> UploadRow {
    UploadRow {
        sha256: digit.to_string().repeat(64),
        path: PathBuf::from(format!("evidence/{digit}.jpg")),
        bytes: 1_234,
        media_type: "image/jpeg".to_owned(),
        added_at: WallTime::from_unix_millis(added_at_millis),
    }
}

async fn all_rows(store: &EdgeStore, camera: &str) -> Vec<OutboxRow> {
    let want = Want { camera: camera.parse().unwrap(), after: OutboxSeq(0), rows_max: 1000 };
    store.outbox_rows(&want).await.unwrap()
}

#[tokio::test]
async fn a_case_its_row_and_its_uploads_survive_a_reopening() {
    let folder = TempDir::new().unwrap();
    let store = open(&folder).await;
    let opened = fact(7, "cam-a", 1, FactKind::Opened);
    let files = vec![upload('b', 2), upload('a', 1)];
    let stored = CommitBatch { facts: vec![opened.clone()], uploads: files.clone() };
    store.commit(&stored).await.unwrap();
    store.close().await;

    let store = open(&folder).await;
    let open_cases = store.open_cases().await.unwrap();
    assert_eq!(open_cases, std::slice::from_ref(&opened.state));
    assert_eq!(store.uploads(9).await.unwrap(), [files[1].clone(), files[0].clone()]);
    let rows = all_rows(&store, "cam-a").await;
    assert_eq!(rows.len(), 1);
    assert_eq!(rows[0].topic, Topic::new(&address(), Leaf::Case(opened.state.case_id)));
    let event: CloudEvent<CaseFactData> = serde_json::from_slice(&rows[0].payload).unwrap();
    assert_eq!(event, case_event(&opened, &address()));
}

#[tokio::test]
async fn committing_twice_changes_nothing_and_a_gone_case_is_not_open() {
    let folder = TempDir::new().unwrap();
    let store = open(&folder).await;
    let facts = [fact(7, "cam-a", 1, FactKind::Opened), fact(7, "cam-a", 2, FactKind::Gone)];
    for _ in 0..2 {
        store.commit(&batch(facts.clone())).await.unwrap();
    }
    assert_eq!(store.outbox_depth().await.unwrap(), 2);
    assert_eq!(store.open_cases().await.unwrap(), []);
}

#[tokio::test]
async fn rows_come_in_order_a_page_at_a_time_and_leave_when_acknowledged() {
    let folder = TempDir::new().unwrap();
    let store = open(&folder).await;
    for case in 1..=40 {
        let camera = if case % 2 == 0 { "cam-a" } else { "cam-b" };
        store.commit(&batch([fact(case, camera, 1, FactKind::Opened)])).await.unwrap();
    }
    let mut outbox = Outbox::new(OutboxLimits::default());
    store.outbox_cameras().await.unwrap().iter().for_each(|camera| outbox.note_stored(camera));
    outbox.link_up();
    let mut order = Vec::new();
    loop {
        while let Some(want) = outbox.wants() {
            let rows = store.outbox_rows(&want).await.unwrap();
            outbox.load(&want, rows);
        }
        let Some(row) = outbox.next_to_send(crate::base::time::Monotonic::ZERO).cloned() else {
            break;
        };
        order.push((row.camera.to_string(), row.case_id.0.as_u128()));
        let gone = outbox.acked(&AckData { case_id: row.case_id, upto_revision: row.revision });
        store.delete_outbox_rows(&gone).await.unwrap();
    }
    assert_eq!(store.outbox_depth().await.unwrap(), 0);
    assert_eq!(order.len(), 40);
    for camera in ["cam-a", "cam-b"] {
        let cases: Vec<_> = order.iter().filter(|(name, _)| name == camera).collect();
        assert!(cases.is_sorted_by_key(|(_, case)| *case), "{cases:?}");
    }
}

#[tokio::test]
async fn a_false_alarm_is_quiet_over_a_restart_and_longer_the_next_time() {
    use crate::domain::wire::{DecisionData, DecisionKind};
    let folder = TempDir::new().unwrap();
    let store = open(&folder).await;
    let (first, second) =
        (fact(7, "cam-a", 1, FactKind::Gone), fact(8, "cam-a", 1, FactKind::Gone));
    store.commit(&batch([first.clone(), second.clone()])).await.unwrap();
    let rejected = |fact: &CaseFact, millis| DecisionData {
        case_id: fact.state.case_id,
        decision: DecisionKind::Rejected,
        reason: Some("wrong_object".to_owned()),
        at: WallTime::from_unix_millis(millis),
    };
    let decision = rejected(&first, 1_000_000);
    let [mute] = &store.mute_after(&decision).await.unwrap()[..] else { panic!("no mute") };
    assert_eq!(
        store.mute_after(&decision).await.unwrap(),
        std::slice::from_ref(mute),
        "told twice"
    );
    let unknown = DecisionData { case_id: CaseId(Uuid::from_u128(9)), ..decision };
    assert_eq!(store.mute_after(&unknown).await.unwrap(), []);
    store.close().await;

    let store = open(&folder).await;
    assert_eq!(store.mutes(&first.state.camera).await.unwrap(), std::slice::from_ref(mute));
    let longer = store.mute_after(&rejected(&second, 9_000_000)).await.unwrap().remove(0);
    assert_eq!(longer.until, WallTime::from_unix_millis(9_000_000 + 86_400_000));
    store.prune(longer.until.plus(Duration::from_secs(31 * 86_400))).await.unwrap();
    assert_eq!(store.mutes(&first.state.camera).await.unwrap(), []);
}

#[tokio::test]
async fn a_case_of_two_cameras_comes_back_whole_and_is_quiet_before_both() {
    use crate::domain::{
        case::witness::Witness,
        wire::{DecisionData, DecisionKind},
    };
    let folder = TempDir::new().unwrap();
    let store = open(&folder).await;
    let mut case = fact(7, "cam-a", 1, FactKind::Opened);
    let witness = |camera: &str| Witness {
        camera: camera.parse().unwrap(),
        own_id: CaseId(Uuid::from_u128(if camera == "cam-a" { 7 } else { 8 })),
        ..Witness::of(&case.state)
    };
    let mut second = witness("cam-b");
    second.subject.box_fraction = [0.5, 0.5, 0.6, 0.7];
    case.state.witnesses = vec![witness("cam-a"), second.clone()];
    store.commit(&batch([case.clone()])).await.unwrap();
    assert_eq!(store.open_cases().await.unwrap(), std::slice::from_ref(&case.state));
    let decision = DecisionData {
        case_id: case.state.case_id,
        decision: DecisionKind::Rejected,
        reason: Some("wrong_object".to_owned()),
        at: WallTime::from_unix_millis(1_000_000),
    };
    assert_eq!(store.mute_after(&decision).await.unwrap().len(), 2);
    let mutes = store.mutes(&second.camera).await.unwrap();
    assert_eq!(mutes.len(), 1);
    assert_eq!(mutes[0].box_fraction, second.subject.box_fraction);
    assert_eq!(store.mutes(&case.state.camera).await.unwrap().len(), 1);
}

#[tokio::test]
async fn long_candidates_are_those_of_the_last_word_on_each_camera() {
    use crate::domain::rule::candidate::Candidate;
    let folder = TempDir::new().unwrap();
    let store = open(&folder).await;
    let at = WallTime::from_unix_millis(1_000_000);
    let candidate = |held_millis| Candidate {
        pattern: "abandoned_vehicle".parse().unwrap(),
        zone: "road".parse().unwrap(),
        class: "car".parse().unwrap(),
        box_fraction: [0.1, 0.2, 0.3, 0.4],
        first_held_at: at,
        last_held_at: at.plus(Duration::from_millis(held_millis)),
        held_millis,
        seen_millis: held_millis / 2,
        hits: 7,
        frames: 9,
        count: 1,
        score: 0.7,
    };
    let (a, b): (CameraId, CameraId) = ("cam-a".parse().unwrap(), "cam-b".parse().unwrap());
    let both = [(a.clone(), vec![candidate(1), candidate(2)]), (b.clone(), vec![candidate(3)])];
    store.put_candidates(&both.into()).await.unwrap();
    store.put_candidates(&[(b.clone(), vec![])].into()).await.unwrap();
    store.close().await;
    let store = open(&folder).await;
    assert_eq!(store.candidates(&a).await.unwrap(), [candidate(1), candidate(2)]);
    assert_eq!(store.candidates(&b).await.unwrap(), []);
}

#[tokio::test]
async fn every_boot_has_its_own_run_number() {
    let folder = TempDir::new().unwrap();
    for run in 1..=3 {
        let store = open(&folder).await;
        assert_eq!(store.next_run().await.unwrap(), run);
        store.close().await;
    }
}

fn look(number: u128) -> VerifyRequestData {
    let at = WallTime::from_unix_millis;
    VerifyRequestData {
        request_id: Uuid::from_u128(number),
        kind: VerifyKind::Precheck,
        camera: "cam-a".parse().unwrap(),
        cell: None,
        pattern: "loitering".parse().unwrap(),
        zone: None,
        from: at(0),
        to: at(1_000),
        not_before: None,
        deadline: at(9_000),
        case_id: None,
        priority: Some(Priority::Urgent),
        photographs: Vec::new(),
    }
}

#[tokio::test]
async fn a_request_waits_through_a_restart_until_its_answer_is_stored() {
    let folder = TempDir::new().unwrap();
    let store = open(&folder).await;
    for (number, asked) in
        [(5, Asked::New), (3, Asked::New), (5, Asked::Waiting), (4, Asked::NoRoom)]
    {
        assert_eq!(store.put_verify_request(&look(number), 2).await.unwrap(), asked, "{number}");
    }
    store.close().await;
    let store = open(&folder).await;
    assert_eq!(store.verify_requests().await.unwrap(), [look(5), look(3)]);
    let at = WallTime::from_unix_millis(2_000);
    store.put_verify_result(look(5).request_id, b"answer", at, &[]).await.unwrap();
    assert_eq!(store.verify_requests().await.unwrap(), [look(3)]);
    assert_eq!(store.put_verify_request(&look(5), 2).await.unwrap(), Asked::Answered);
    assert_eq!(store.put_verify_request(&look(4), 2).await.unwrap(), Asked::New);
}

#[tokio::test]
async fn the_first_answer_to_a_request_stays() {
    let folder = TempDir::new().unwrap();
    let store = open(&folder).await;
    let (request, at) = (Uuid::from_u128(5), WallTime::from_unix_millis(1));
    assert_eq!(store.verify_result(request).await.unwrap(), None);
    store.put_verify_result(request, b"first", at, &[upload('c', 1)]).await.unwrap();
    store.put_verify_result(request, b"second", at, &[]).await.unwrap();
    assert_eq!(store.verify_result(request).await.unwrap().as_deref(), Some(&b"first"[..]));
    assert_eq!(store.uploads_depth().await.unwrap(), 1);
    store.delete_upload(&"c".repeat(64)).await.unwrap();
    assert_eq!(store.uploads_depth().await.unwrap(), 0);
}

/// A full disk, as SQLite itself reports it: no page may be added.
async fn fill_disk(store: &EdgeStore) {
    limit_pages(store, "PRAGMA max_page_count = 1", "1").await;
}

async fn free_disk(store: &EdgeStore) {
    limit_pages(store, "PRAGMA max_page_count = 1000000", "1000000").await;
}

/// For the connection that is open and for those to come.
async fn limit_pages(store: &EdgeStore, pragma: &'static str, pages_max: &'static str) {
    let options = store.pool.connect_options().as_ref().clone();
    store.pool.set_connect_options(options.pragma("max_page_count", pages_max));
    sqlx::query(pragma).execute(&store.pool).await.unwrap();
}

#[tokio::test]
async fn a_full_disk_is_typed_and_leaves_nothing_half_written() {
    let folder = TempDir::new().unwrap();
    let store = open(&folder).await;
    fill_disk(&store).await;
    let facts: Vec<_> = (1..200).map(|case| fact(case, "cam-a", 1, FactKind::Opened)).collect();
    let error = store.commit(&batch(facts.clone())).await.unwrap_err();
    assert!(matches!(error, StoreError::Full { .. }), "{error}");
    assert!(error.to_string().contains("edge.db: the disk is full"), "{error}");
    assert!(error.is_temporary());
    assert_eq!(store.outbox_depth().await.unwrap(), 0);
    free_disk(&store).await;
    store.commit(&batch(facts)).await.unwrap();
    assert_eq!(store.outbox_depth().await.unwrap(), 199);
}

#[tokio::test]
async fn facts_wait_out_a_full_disk_in_order() {
    let folder = TempDir::new().unwrap();
    let store = open(&folder).await;
    fill_disk(&store).await;
    let (queue, committer) = CommitQueue::start(store.clone());
    let mut receipts = Vec::new();
    for case in 1..=120 {
        let submitted = queue.submit(batch([fact(case, "cam-a", 1, FactKind::Opened)])).await;
        receipts.push(submitted.unwrap());
    }
    while queue.fault().is_none() {
        tokio::task::yield_now().await;
    }
    assert!(queue.fault().unwrap().contains("disk is full"));
    assert!(queue.depth() > 0);
    free_disk(&store).await;
    for receipt in receipts {
        receipt.await.unwrap();
    }
    assert_eq!((queue.depth(), queue.fault()), (0, None));
    let cases = all_rows(&store, "cam-a").await;
    assert_eq!(cases.len(), 120);
    assert!(cases.is_sorted_by_key(|row| row.case_id), "the order of submission is lost");
    drop(queue);
    committer.await.unwrap();
}

#[tokio::test]
async fn the_sink_returns_only_when_the_fact_is_durable() {
    let folder = TempDir::new().unwrap();
    let store = open(&folder).await;
    let (queue, _committer) = CommitQueue::start(store.clone());
    let mut sink = queue.clone();
    let facts = [fact(1, "cam-a", 1, FactKind::Opened)];
    tokio::task::spawn_blocking(move || sink.commit(&facts)).await.unwrap().unwrap();
    assert_eq!(store.outbox_depth().await.unwrap(), 1);
    assert_eq!(store.stored_cameras().await.len(), 1);
}

#[tokio::test]
async fn a_damaged_file_names_itself_and_the_cure() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("edge.db");
    std::fs::write(&path, vec![0x5a; 8192]).unwrap();
    let opened = EdgeStore::open(&path, address(), Arc::new(SystemClock::new())).await;
    let error = opened.err().expect("this is no database");
    assert!(matches!(error, StoreError::Damaged { .. }), "{error}");
    let text = error.to_string();
    assert!(text.contains("edge.db") && text.contains("restore a backup"), "{text}");
}

#[tokio::test]
async fn a_database_with_a_spoiled_page_is_refused_at_the_start() {
    let folder = TempDir::new().unwrap();
    let store = open(&folder).await;
    let facts: Vec<_> = (1..200).map(|case| fact(case, "cam-a", 1, FactKind::Opened)).collect();
    store.commit(&batch(facts)).await.unwrap();
    sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)").execute(&store.pool).await.unwrap();
    store.close().await;
    let path = folder.path().join("edge.db");
    let mut bytes = std::fs::read(&path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle..middle + 8192].fill(0xa5);
    std::fs::write(&path, bytes).unwrap();
    let opened = EdgeStore::open(&path, address(), Arc::new(SystemClock::new())).await;
    assert!(matches!(opened.err(), Some(StoreError::Damaged { .. })));
}

#[tokio::test]
async fn a_folder_that_is_not_there_is_named() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("missing/edge.db");
    let opened = EdgeStore::open(&path, address(), Arc::new(SystemClock::new())).await;
    let error = opened.err().expect("there is no such folder");
    assert!(matches!(error, StoreError::Open { .. }), "{error}");
    assert!(error.to_string().contains("missing/edge.db"), "{error}");
}

#[tokio::test]
async fn old_answers_and_ended_cases_are_forgotten_and_nothing_else() {
    let folder = TempDir::new().unwrap();
    let store = open(&folder).await;
    let gone =
        |case| [fact(case, "cam-a", 1, FactKind::Opened), fact(case, "cam-a", 2, FactKind::Gone)];
    store.commit(&batch(gone(1))).await.unwrap();
    let sent: Vec<OutboxSeq> = all_rows(&store, "cam-a").await.iter().map(|row| row.seq).collect();
    store.delete_outbox_rows(&sent).await.unwrap();
    // Case 2 waits in the outbox, case 3 still stands.
    store.commit(&batch(gone(2))).await.unwrap();
    store.commit(&batch([fact(3, "cam-b", 1, FactKind::Opened)])).await.unwrap();
    let ended = fact(1, "cam-a", 2, FactKind::Gone).at;
    let request = Uuid::from_u128(7);
    store.put_verify_result(request, b"answer", ended, &[]).await.unwrap();

    let case = |case| CaseId(Uuid::from_u128(case));
    assert_eq!(store.prune(ended.plus(ANSWERS_KEPT)).await.unwrap(), 0);
    let day = Duration::from_secs(24 * 3_600);
    assert_eq!(store.prune(ended.plus(ANSWERS_KEPT + day)).await.unwrap(), 1);
    assert!(store.verify_result(request).await.unwrap().is_none());
    assert_eq!(store.prune(ended.plus(ENDED_CASES_KEPT + day)).await.unwrap(), 1);
    assert!(store.case(case(1)).await.unwrap().is_none());
    assert!(store.case(case(2)).await.unwrap().is_some());
    assert!(store.case(case(3)).await.unwrap().is_some());
}
