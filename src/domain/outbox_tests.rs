use super::*;
use crate::domain::{
    ids::CaseId,
    wire::{Leaf, NodeAddress},
};
use proptest::prelude::*;
use uuid::Uuid;

const SECOND: Duration = Duration::from_secs(1);

fn camera(number: u8) -> CameraId {
    format!("camera-{number}").parse().unwrap()
}

fn case(number: u8) -> CaseId {
    CaseId(Uuid::from_u128(u128::from(number)))
}

fn row(seq: i64, camera_number: u8, case_number: u8, revision: u32) -> OutboxRow {
    let address =
        NodeAddress { district: "440310".parse().unwrap(), node: "edge-1".parse().unwrap() };
    OutboxRow {
        seq: OutboxSeq(seq),
        case_id: case(case_number),
        camera: camera(camera_number),
        revision,
        topic: Topic::new(&address, Leaf::Case(case(case_number))),
        payload: format!("{seq}").into_bytes(),
    }
}

fn ack(case_number: u8, upto_revision: u32) -> AckData {
    AckData { case_id: case(case_number), upto_revision }
}

/// Answers every want from `rows`, as the database would.
fn fill(outbox: &mut Outbox, rows: &[OutboxRow]) {
    while let Some(want) = outbox.wants() {
        let found = rows
            .iter()
            .filter(|row| row.camera == want.camera && row.seq > want.after)
            .take(want.rows_max)
            .cloned()
            .collect();
        outbox.load(&want, found);
    }
}

fn filled(limits: OutboxLimits, rows: &[OutboxRow]) -> Outbox {
    let mut outbox = Outbox::new(limits);
    rows.iter().for_each(|row| outbox.note_stored(&row.camera));
    fill(&mut outbox, rows);
    outbox
}

fn due(outbox: &mut Outbox, now: Monotonic) -> Vec<i64> {
    std::iter::from_fn(|| outbox.next_to_send(now).map(|row| row.seq.0)).collect()
}

#[test]
fn nothing_is_sent_while_the_link_is_down() {
    let mut outbox = filled(OutboxLimits::default(), &[row(1, 1, 1, 1)]);
    assert!(outbox.next_to_send(Monotonic::ZERO).is_none());
    assert_eq!(outbox.next_due(Monotonic::ZERO), None);
}

#[test]
fn the_next_row_of_a_camera_waits_for_the_hub() {
    let rows = [row(1, 1, 1, 1), row(2, 2, 2, 1), row(3, 1, 3, 1)];
    let mut outbox = filled(OutboxLimits::default(), &rows);
    outbox.link_up();
    assert_eq!(due(&mut outbox, Monotonic::ZERO), [1, 2]);
    assert_eq!(outbox.acked(&ack(1, 1)), [OutboxSeq(1)]);
    assert_eq!(due(&mut outbox, Monotonic::ZERO), [3]);
}

#[test]
fn a_silent_hub_gets_the_row_again_after_the_timeout_and_not_before() {
    let mut outbox = filled(OutboxLimits::default(), &[row(1, 1, 1, 1)]);
    outbox.link_up();
    let start = Monotonic::ZERO;
    assert_eq!(due(&mut outbox, start), [1]);
    assert_eq!(outbox.next_due(start), Some(start.plus(5 * SECOND)));
    assert!(due(&mut outbox, start.plus(4 * SECOND)).is_empty());
    assert_eq!(due(&mut outbox, start.plus(5 * SECOND)), [1]);
    assert_eq!(outbox.oldest_attempts(), 2);
}

#[test]
fn a_new_link_makes_every_head_due_at_once() {
    let mut outbox = filled(OutboxLimits::default(), &[row(1, 1, 1, 1), row(2, 2, 2, 1)]);
    outbox.link_up();
    assert_eq!(due(&mut outbox, Monotonic::ZERO), [1, 2]);
    outbox.link_down();
    assert!(due(&mut outbox, Monotonic::ZERO.plus(9 * SECOND)).is_empty());
    outbox.link_up();
    assert_eq!(due(&mut outbox, Monotonic::ZERO.plus(9 * SECOND)), [1, 2]);
}

#[test]
fn a_row_that_the_hub_refuses_does_not_use_up_the_window() {
    let limits = OutboxLimits { in_flight_rows_max: 1, ..OutboxLimits::default() };
    let mut outbox = filled(limits, &[row(1, 1, 1, 1), row(2, 2, 2, 1)]);
    outbox.link_up();
    assert_eq!(due(&mut outbox, Monotonic::ZERO), [1]);
    // The first row was never acknowledged; the other camera is next, not the first row again.
    assert_eq!(due(&mut outbox, Monotonic::ZERO.plus(5 * SECOND)), [2]);
}

#[test]
fn a_full_window_is_due_when_its_first_wait_ends_and_not_at_once() {
    let limits = OutboxLimits { in_flight_rows_max: 1, ..OutboxLimits::default() };
    let mut outbox = filled(limits, &[row(1, 1, 1, 1), row(2, 2, 2, 1)]);
    outbox.link_up();
    let start = Monotonic::ZERO;
    assert_eq!(outbox.next_due(start), Some(start));
    assert_eq!(due(&mut outbox, start), [1]);
    assert_eq!(outbox.next_due(start), Some(start.plus(5 * SECOND)));
}

#[test]
fn an_acknowledgement_covers_earlier_revisions_of_its_case_only() {
    let rows = [row(1, 1, 1, 1), row(2, 1, 2, 1), row(3, 1, 1, 2), row(4, 1, 1, 3)];
    let mut outbox = filled(OutboxLimits::default(), &rows);
    assert_eq!(outbox.acked(&ack(1, 2)), [OutboxSeq(1), OutboxSeq(3)]);
    assert_eq!(outbox.acked(&ack(1, 2)), []);
    assert_eq!(outbox.acked(&ack(9, 9)), []);
    assert_eq!(outbox.loaded(), 2);
}

#[test]
fn memory_stays_bounded_and_the_rest_is_read_later() {
    let rows: Vec<_> = (1..=100).map(|seq| row(seq, 1, seq as u8, 1)).collect();
    let mut outbox = filled(OutboxLimits::default(), &rows);
    outbox.link_up();
    let mut sent = Vec::new();
    while let Some(next) = outbox.next_to_send(Monotonic::ZERO).cloned() {
        assert!(outbox.loaded() <= 16);
        sent.push(next.seq.0);
        outbox.acked(&ack(next.case_id.0.as_u128() as u8, 1));
        fill(&mut outbox, &rows);
    }
    assert_eq!(sent, (1..=100).collect::<Vec<_>>());
}

#[derive(Debug, Clone)]
enum Step {
    Store(u8),
    Pass(u64),
    LinkUp,
    LinkDown,
    AckOneSent,
    AckStranger(u8, u32),
    Send,
    Restart,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        3 => (0u8..3).prop_map(Step::Store),
        2 => (0u64..8).prop_map(Step::Pass),
        1 => Just(Step::LinkUp),
        1 => Just(Step::LinkDown),
        3 => Just(Step::AckOneSent),
        1 => (200u8..=255, 0u32..5).prop_map(|(case, upto)| Step::AckStranger(case, upto)),
        4 => Just(Step::Send),
        1 => Just(Step::Restart),
    ]
}

proptest! {
    /// Against a model database: order per camera, deletion only by the hub, and everything leaves.
    #[test]
    fn rows_leave_in_order_and_only_by_the_hub(steps in prop::collection::vec(step(), 0..120)) {
        let limits = OutboxLimits { in_flight_rows_max: 2, lane_rows_max: 3, ..OutboxLimits::default() };
        let mut outbox = Outbox::new(limits);
        let mut database: Vec<OutboxRow> = Vec::new();
        let mut hub: Vec<OutboxRow> = Vec::new();
        let mut on_the_way: Vec<OutboxRow> = Vec::new();
        let (mut now, mut seq) = (Monotonic::ZERO, 0);
        let drain = steps.len()..steps.len() + 1;
        let closing = std::iter::repeat_n([Step::LinkUp, Step::Send, Step::AckOneSent], 400).flatten();
        for (index, step) in steps.into_iter().chain(closing).enumerate() {
            match step {
                Step::Store(number) => {
                    seq += 1;
                    let new = row(seq, number, number, seq as u32);
                    outbox.note_stored(&new.camera);
                    database.push(new);
                }
                Step::Pass(secs) => now = now.plus(SECOND * secs as u32),
                Step::LinkUp => outbox.link_up(),
                Step::LinkDown => { outbox.link_down(); on_the_way.clear(); }
                Step::Send => {
                    if let Some(sent) = outbox.next_to_send(now) {
                        let first = database.iter().find(|row| row.camera == sent.camera).unwrap();
                        prop_assert_eq!(first.seq, sent.seq, "not the oldest row of its camera");
                        on_the_way.push(sent.clone());
                    }
                }
                Step::AckOneSent => {
                    if let Some(sent) = on_the_way.pop() {
                        let ack = AckData { case_id: sent.case_id, upto_revision: sent.revision };
                        hub.push(sent);
                        let gone = outbox.acked(&ack);
                        for seq in gone {
                            prop_assert!(hub.iter().any(|row| row.seq == seq), "{seq:?} is not at the hub");
                            database.retain(|row| row.seq != seq);
                        }
                    }
                }
                Step::AckStranger(case, upto) => prop_assert_eq!(outbox.acked(&ack(case, upto)), []),
                Step::Restart => {
                    outbox = Outbox::new(limits);
                    on_the_way.clear();
                    database.iter().for_each(|row| outbox.note_stored(&row.camera));
                }
            }
            if index >= drain.start || !matches!(index % 3, 0) {
                fill(&mut outbox, &database);
            }
            prop_assert!(outbox.in_flight(now) <= 2);
        }
        prop_assert!(database.is_empty(), "{} rows never left", database.len());
    }
}
