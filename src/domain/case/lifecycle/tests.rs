use super::*;
use crate::{
    base::time::WallTime,
    domain::{case::clock::ClockKind, people::AssignedWhy},
};
use proptest::prelude::*;

const KNOWN: Known = Known {
    before_and_after: true,
    tries_left: true,
    merged_from: Some(State::PendingReview),
    extension_left: true,
    may_reopen: true,
    ..Known::NOTHING
};

fn event(kind: EventKind, outcome: Outcome, reason: &str) -> Event {
    let reason = reason.to_owned();
    match kind {
        EventKind::OpenedByEdge => Event::OpenedByEdge,
        EventKind::GoneAtEdge => Event::GoneAtEdge,
        EventKind::SeenAgain => Event::SeenAgain,
        EventKind::ComplaintReceived => Event::ComplaintReceived,
        EventKind::VerdictPrecheck => Event::VerdictPrecheck(outcome),
        EventKind::Confirm => Event::Confirm,
        EventKind::Reject => Event::Reject { reason },
        EventKind::Dispatch => Event::Dispatch { unit: "环卫".to_owned() },
        EventKind::Return => Event::Return { reason },
        EventKind::Accept => Event::Accept,
        EventKind::Suspend => Event::Suspend { reason, until: WallTime::from_unix_millis(0) },
        EventKind::Resume => Event::Resume,
        EventKind::Extend => Event::Extend { reason },
        EventKind::Assign => {
            let why = AssignedWhy::ByPerson;
            Event::Assign { to: "wang".to_owned(), why, metres: None }
        }
        EventKind::Check => Event::Check { item: "x".to_owned() },
        EventKind::Uncheck => Event::Uncheck { item: "x".to_owned() },
        EventKind::ReopenProposed => {
            Event::ReopenProposed { seen_at: WallTime::from_unix_millis(0) }
        }
        EventKind::Reopen => Event::Reopen,
        EventKind::Overdue => Event::Overdue(ClockKind::Review),
        EventKind::Feedback => Event::Feedback,
        EventKind::PostcheckStarted => Event::PostcheckStarted,
        EventKind::VerdictPostcheck => Event::VerdictPostcheck(outcome),
        EventKind::Close => Event::Close { reason },
        EventKind::Rework => Event::Rework { reason },
        EventKind::Merge => Event::Merge,
        EventKind::Unmerge => Event::Unmerge,
        EventKind::TookIn => Event::TookIn,
        EventKind::LetGo => Event::LetGo,
        EventKind::Reclassify => {
            Event::Reclassify { to: Box::new(crate::domain::samples::event()) }
        }
        EventKind::Undo => Event::Undo,
    }
}

fn a_reason(kind: EventKind) -> &'static str {
    reason_codes::allowed(kind, Phase::BeforeFiling).first().copied().unwrap_or_default()
}

/// Every pair that is possible, written out a second time by hand: a slip in the table shows here.
#[rustfmt::skip]
const POSSIBLE: &[(&str, &str, &str)] = &[
    ("-", "opened", "PENDING_REVIEW"), ("-", "complaint", "PRECHECKING"),
    ("PENDING_REVIEW", "confirm", "FILED"), ("PENDING_REVIEW", "reject", "REJECTED"), ("PENDING_REVIEW", "gone", "VANISHED|PENDING_REVIEW"),
    ("PENDING_REVIEW", "seen_again", "PENDING_REVIEW"),
    ("PRECHECKING", "precheck_verdict", "FILED|MANUAL"),
    ("FILED", "feedback", "DISPOSED"), ("FILED", "gone", "FILED"), ("FILED", "seen_again", "FILED"),
    ("FILED", "dispatch", "DISPATCHED"),
    ("DISPATCHED", "return", "FILED"), ("DISPATCHED", "accept", "HANDLING"), ("DISPATCHED", "feedback", "DISPOSED"),
    ("DISPATCHED", "extend", "DISPATCHED"), ("DISPATCHED", "gone", "DISPATCHED"), ("DISPATCHED", "seen_again", "DISPATCHED"),
    ("HANDLING", "suspend", "SUSPENDED"), ("HANDLING", "extend", "HANDLING"), ("HANDLING", "feedback", "DISPOSED"),
    ("HANDLING", "gone", "HANDLING"), ("HANDLING", "seen_again", "HANDLING"),
    ("SUSPENDED", "resume", "HANDLING"), ("SUSPENDED", "gone", "SUSPENDED"), ("SUSPENDED", "seen_again", "SUSPENDED"),
    ("REWORK", "accept", "HANDLING"), ("REWORK", "extend", "REWORK"),
    ("CLOSED", "reopen_proposed", "CLOSED"), ("CLOSED", "reopen", "REWORK"),
    ("FILED", "check", "FILED"), ("DISPATCHED", "check", "DISPATCHED"), ("HANDLING", "check", "HANDLING"),
    ("DISPOSED", "check", "DISPOSED"), ("POSTCHECKING", "check", "POSTCHECKING"), ("MANUAL", "check", "MANUAL"), ("REWORK", "check", "REWORK"),
    ("FILED", "uncheck", "FILED"), ("DISPATCHED", "uncheck", "DISPATCHED"), ("HANDLING", "uncheck", "HANDLING"),
    ("DISPOSED", "uncheck", "DISPOSED"), ("POSTCHECKING", "uncheck", "POSTCHECKING"), ("MANUAL", "uncheck", "MANUAL"), ("REWORK", "uncheck", "REWORK"),
    ("PENDING_REVIEW", "assign", "PENDING_REVIEW"), ("MANUAL", "assign", "MANUAL"),
    ("PENDING_REVIEW", "reclassify", "PENDING_REVIEW"), ("MANUAL", "reclassify", "MANUAL"),
    ("FILED", "undo", "PENDING_REVIEW|MANUAL"), ("REJECTED", "undo", "PENDING_REVIEW|MANUAL"), ("CLOSED", "undo", "MANUAL"),
    ("REWORK", "undo", "MANUAL"), ("PENDING_REVIEW", "undo", "PENDING_REVIEW"), ("MANUAL", "undo", "MANUAL"),
    ("PENDING_REVIEW", "overdue", "PENDING_REVIEW"), ("PRECHECKING", "overdue", "PRECHECKING"), ("FILED", "overdue", "FILED"),
    ("DISPATCHED", "overdue", "DISPATCHED"), ("HANDLING", "overdue", "HANDLING"), ("DISPOSED", "overdue", "DISPOSED"),
    ("POSTCHECKING", "overdue", "POSTCHECKING"), ("MANUAL", "overdue", "MANUAL"), ("REWORK", "overdue", "REWORK"),
    ("DISPATCHED", "merge", "MERGED"), ("HANDLING", "merge", "MERGED"),
    ("DISPATCHED", "took_in", "DISPATCHED"), ("HANDLING", "took_in", "HANDLING"), ("SUSPENDED", "took_in", "SUSPENDED"),
    ("DISPATCHED", "let_go", "DISPATCHED"), ("HANDLING", "let_go", "HANDLING"), ("SUSPENDED", "let_go", "SUSPENDED"),
    ("DISPOSED", "postcheck_started", "POSTCHECKING"), ("DISPOSED", "gone", "DISPOSED"), ("DISPOSED", "seen_again", "DISPOSED"),
    ("POSTCHECKING", "postcheck_verdict", "CLOSED|MANUAL|REWORK|POSTCHECKING"),
    ("POSTCHECKING", "gone", "POSTCHECKING"), ("POSTCHECKING", "seen_again", "POSTCHECKING"),
    ("MANUAL", "confirm", "FILED"), ("MANUAL", "reject", "REJECTED"), ("MANUAL", "close", "CLOSED"), ("MANUAL", "rework", "REWORK"),
    ("MANUAL", "gone", "MANUAL"), ("MANUAL", "seen_again", "MANUAL"),
    ("REWORK", "feedback", "DISPOSED"), ("REWORK", "gone", "REWORK"), ("REWORK", "seen_again", "REWORK"),
    ("CLOSED", "gone", "CLOSED"), ("CLOSED", "seen_again", "CLOSED"),
    ("REJECTED", "gone", "REJECTED"), ("REJECTED", "seen_again", "REJECTED"),
    ("VANISHED", "seen_again", "PENDING_REVIEW"),
    ("PENDING_REVIEW", "merge", "MERGED"), ("MANUAL", "merge", "MERGED"), ("FILED", "merge", "MERGED"), ("REWORK", "merge", "MERGED"),
    ("MERGED", "unmerge", "PENDING_REVIEW|MANUAL|FILED|DISPATCHED|HANDLING|REWORK"), ("MERGED", "gone", "MERGED"), ("MERGED", "seen_again", "MERGED"),
    ("PENDING_REVIEW", "took_in", "PENDING_REVIEW"), ("PRECHECKING", "took_in", "PRECHECKING"), ("FILED", "took_in", "FILED"),
    ("DISPOSED", "took_in", "DISPOSED"), ("POSTCHECKING", "took_in", "POSTCHECKING"), ("MANUAL", "took_in", "MANUAL"),
    ("REWORK", "took_in", "REWORK"),
    ("PENDING_REVIEW", "let_go", "PENDING_REVIEW"), ("PRECHECKING", "let_go", "PRECHECKING"), ("FILED", "let_go", "FILED"),
    ("DISPOSED", "let_go", "DISPOSED"), ("POSTCHECKING", "let_go", "POSTCHECKING"), ("MANUAL", "let_go", "MANUAL"),
    ("REWORK", "let_go", "REWORK"), ("CLOSED", "let_go", "CLOSED"), ("REJECTED", "let_go", "REJECTED"),
    ("VANISHED", "let_go", "VANISHED"), ("MERGED", "let_go", "MERGED"),
];

#[test]
fn every_pair_of_state_and_event_is_listed_or_refused_by_name() {
    let states = State::ALL.iter().copied().map(Some).chain([None]);
    for from in states {
        for &kind in EventKind::ALL {
            let listed = POSSIBLE.iter().find(|(state, on, _)| {
                *state == from.map_or("-", State::as_str) && *on == kind.as_str()
            });
            for outcome in [Outcome::Present, Outcome::Cleared, Outcome::Undeterminable] {
                for known in [
                    KNOWN,
                    Known { before_and_after: false, ..KNOWN },
                    Known { tries_left: false, ..KNOWN },
                    Known { seen_elsewhere: true, ..KNOWN },
                    Known { merged_from: Some(State::Rework), ..KNOWN },
                ] {
                    // What is at the end of a case was decided by a person without video.
                    let reviewed = from == Some(State::PendingReview);
                    let undo = Ok(if reviewed { State::PendingReview } else { State::Manual });
                    let known = Known { undo, ..known };
                    let result = next(from, &event(kind, outcome, a_reason(kind)), &known);
                    match (listed, result) {
                        (Some((_, _, to)), Ok(transition)) => {
                            let to: Vec<_> = to.split('|').collect();
                            assert!(to.contains(&transition.to.as_str()), "{from:?} {kind}");
                        }
                        (None, Err(refused)) => {
                            assert_eq!(refused, Refused::Illegal { state: from, event: kind });
                            assert!(refused.to_string().contains(kind.as_str()));
                        }
                        (listed, result) => panic!("{from:?} {kind}: {listed:?} but {result:?}"),
                    }
                }
            }
        }
    }
}

#[test]
fn a_decision_without_a_known_reason_is_refused_with_the_choice() {
    for (state, kind) in [
        (State::PendingReview, EventKind::Reject),
        (State::Manual, EventKind::Reject),
        (State::Manual, EventKind::Close),
        (State::Manual, EventKind::Rework),
        (State::Dispatched, EventKind::Return),
        (State::Handling, EventKind::Suspend),
        (State::Handling, EventKind::Extend),
    ] {
        for reason in ["", "because"] {
            let refused = next(Some(state), &event(kind, Outcome::Present, reason), &KNOWN);
            let Err(Refused::Reason { allowed, .. }) = refused else { panic!("{refused:?}") };
            assert!(!allowed.is_empty());
        }
    }
}

#[test]
fn whoever_said_that_it_was_done_does_not_close_it() {
    let close = event(EventKind::Close, Outcome::Present, a_reason(EventKind::Close));
    let own = Known { handled_it: true, ..KNOWN };
    let refused = next(Some(State::Manual), &close, &own).unwrap_err();
    assert_eq!(refused, Refused::FourEyes { event: EventKind::Close });
    assert_eq!(next(Some(State::Manual), &close, &KNOWN).unwrap().to, State::Closed);
    // Without a reason the reason is what is asked for; other decisions are anybody's.
    let without = event(EventKind::Close, Outcome::Present, "");
    assert!(matches!(next(Some(State::Manual), &without, &own), Err(Refused::Reason { .. })));
    // Nor is it given to one who did, to look.
    let assign = event(EventKind::Assign, Outcome::Present, "");
    let refused = next(Some(State::Manual), &assign, &own).unwrap_err();
    assert_eq!(refused, Refused::FourEyes { event: EventKind::Assign });
    assert!(next(Some(State::Manual), &assign, &KNOWN).is_ok());
    let rework = event(EventKind::Rework, Outcome::Present, a_reason(EventKind::Rework));
    assert_eq!(next(Some(State::Manual), &rework, &own).unwrap().to, State::Rework);
}

#[test]
fn nothing_closes_before_its_checklist_is_done() {
    let open = Known { checklist_done: false, ..KNOWN };
    let cleared = Event::VerdictPostcheck(Outcome::Cleared);
    assert_eq!(next(Some(State::Postchecking), &cleared, &open).unwrap().to, State::Manual);
    let close = event(EventKind::Close, Outcome::Present, a_reason(EventKind::Close));
    assert_eq!(next(Some(State::Manual), &close, &open), Err(Refused::Checklist));
    // Of two hindrances the one that ticking does not mend is told.
    let own = Known { handled_it: true, ..open };
    let refused = next(Some(State::Manual), &close, &own);
    assert_eq!(refused, Err(Refused::FourEyes { event: EventKind::Close }));
}

#[test]
fn a_case_is_suspended_once_extended_while_it_may_and_reopened_within_its_window() {
    let of = |kind| event(kind, Outcome::Present, a_reason(kind));
    let (suspend, extend, reopen) =
        (of(EventKind::Suspend), of(EventKind::Extend), of(EventKind::Reopen));
    let handling = |event: &Event, known| next(Some(State::Handling), event, &known);
    assert_eq!(handling(&suspend, KNOWN).unwrap().to, State::Suspended);
    let again = Known { suspended_before: true, ..KNOWN };
    assert_eq!(handling(&suspend, again), Err(Refused::SuspendedBefore));
    assert_eq!(handling(&extend, KNOWN).unwrap().effect, Effect::Note);
    let spent = Known { extension_left: false, ..KNOWN };
    assert_eq!(handling(&extend, spent), Err(Refused::NoExtension));
    let reopened = next(Some(State::Closed), &reopen, &KNOWN).unwrap();
    assert_eq!((reopened.to, reopened.effect), (State::Rework, Effect::CountRework));
    let late = Known { may_reopen: false, ..KNOWN };
    assert_eq!(next(Some(State::Closed), &reopen, &late), Err(Refused::ClosedForGood));
}

#[test]
fn a_decision_is_taken_back_to_where_it_was_made_by_who_made_it_just_now() {
    for (now, before, phase) in [
        (State::Filed, State::PendingReview, Phase::BeforeFiling),
        (State::Filed, State::Manual, Phase::BeforeFiling),
        (State::Rejected, State::Manual, Phase::AfterFiling),
        (State::Closed, State::Manual, Phase::AfterFiling),
        (State::Rework, State::Manual, Phase::AfterFiling),
        (State::Manual, State::Manual, Phase::BeforeFiling),
    ] {
        let known = Known { phase, undo: Ok(before), ..KNOWN };
        let back = next(Some(now), &Event::Undo, &known).unwrap();
        assert_eq!((back.to, back.phase), (before, phase), "{now}");
        for why in [NoUndo::NotYours, NoUndo::TooLate] {
            let refused = next(Some(now), &Event::Undo, &Known { undo: Err(why), ..known });
            assert_eq!(refused, Err(Refused::NoUndo(why)), "{now}");
        }
    }
    // Whatever was decided then, the case is past it.
    let known = Known { undo: Ok(State::PendingReview), ..KNOWN };
    for now in [State::Dispatched, State::Disposed, State::Vanished, State::Merged] {
        let refused = next(Some(now), &Event::Undo, &known);
        assert!(matches!(refused, Err(Refused::Illegal { .. })), "{now}");
    }
    let undone = EventKind::ALL.iter().filter(|kind| kind.may_be_undone());
    let merged = undone.filter(|kind| !kind.waits_to_be_told());
    assert_eq!(merged.collect::<Vec<_>>(), [&EventKind::Merge]);
}

#[test]
fn a_clock_that_runs_out_moves_nothing() {
    for &state in State::ALL {
        let Ok(step) = next(Some(state), &Event::Overdue(ClockKind::Total), &KNOWN) else {
            // Neither what is done with nor what is suspended has a clock that runs.
            assert!(state.is_final() || state == State::Suspended, "{state}");
            continue;
        };
        assert_eq!((step.to, step.effect), (state, Effect::Note));
    }
}

#[test]
fn absence_never_rejects_a_citizen() {
    for outcome in [Outcome::Cleared, Outcome::Undeterminable] {
        let to = next(Some(State::Prechecking), &Event::VerdictPrecheck(outcome), &KNOWN).unwrap();
        assert_eq!(to.to, State::Manual);
        assert_eq!(to.to.stage(to.phase), Stage::Collection);
    }
}

#[test]
fn a_clearance_without_both_pictures_goes_to_a_person() {
    let known = Known { before_and_after: false, ..KNOWN };
    let event = Event::VerdictPostcheck(Outcome::Cleared);
    let to = next(Some(State::Postchecking), &event, &known).unwrap();
    assert_eq!(to.to, State::Manual);
}

#[test]
fn neither_cleared_nor_gone_ends_what_another_camera_still_sees() {
    let seen = Known { seen_elsewhere: true, ..KNOWN };
    let cleared = Event::VerdictPostcheck(Outcome::Cleared);
    assert_eq!(next(Some(State::Postchecking), &cleared, &seen).unwrap().to, State::Manual);
    let gone = next(Some(State::PendingReview), &Event::GoneAtEdge, &seen).unwrap();
    assert_eq!((gone.to, gone.effect), (State::PendingReview, Effect::Note));
    let gone = next(Some(State::PendingReview), &Event::GoneAtEdge, &KNOWN).unwrap();
    assert_eq!(gone.to, State::Vanished);
}

#[test]
fn unmerged_is_where_it_was_on_the_same_side_of_filing() {
    for (was, phase) in [
        (State::PendingReview, Phase::BeforeFiling),
        (State::Manual, Phase::BeforeFiling),
        (State::Manual, Phase::AfterFiling),
        (State::Filed, Phase::AfterFiling),
        (State::Handling, Phase::AfterFiling),
        (State::Rework, Phase::AfterFiling),
    ] {
        let merged = next(Some(was), &Event::Merge, &Known { phase, ..KNOWN }).unwrap();
        assert_eq!((merged.to, merged.phase), (State::Merged, phase));
        let known = Known { phase, merged_from: Some(was), ..KNOWN };
        let back = next(Some(State::Merged), &Event::Unmerge, &known).unwrap();
        assert_eq!((back.to, back.phase), (was, phase));
    }
    let nowhere = Known { merged_from: None, ..KNOWN };
    assert!(next(Some(State::Merged), &Event::Unmerge, &nowhere).is_err());
}

#[test]
fn a_person_may_merge_and_unmerge_and_is_asked_for_no_reason() {
    let may = |state, kind| {
        let found = actions(state, Phase::BeforeFiling).into_iter().find(|(on, _)| *on == kind);
        found.map(|(_, reasons)| reasons.len())
    };
    for state in [State::PendingReview, State::Manual, State::Filed, State::Rework] {
        assert_eq!(may(state, EventKind::Merge), Some(0), "{state}");
    }
    assert_eq!(may(State::Postchecking, EventKind::Merge), None);
    let merged = actions(State::Merged, Phase::BeforeFiling);
    assert_eq!(merged, [(EventKind::Unmerge, &[][..])]);
}

#[test]
fn a_blind_look_is_repeated_until_the_tries_are_spent() {
    let event = Event::VerdictPostcheck(Outcome::Undeterminable);
    let again = next(Some(State::Postchecking), &event, &KNOWN).unwrap();
    assert_eq!((again.to, again.effect), (State::Postchecking, Effect::RetryPostcheck));
    let spent = Known { tries_left: false, ..KNOWN };
    let last = next(Some(State::Postchecking), &event, &spent).unwrap();
    assert_eq!(last.to, State::Manual);
}

#[test]
fn manual_keeps_the_side_of_filing_it_came_from() {
    let known = Known { phase: Phase::AfterFiling, tries_left: false, ..KNOWN };
    let event = Event::VerdictPostcheck(Outcome::Undeterminable);
    let to = next(Some(State::Postchecking), &event, &known).unwrap();
    assert_eq!(to.to.stage(to.phase), Stage::Verification);
}

fn any_event() -> impl Strategy<Value = Event> {
    let outcome =
        prop::sample::select(vec![Outcome::Present, Outcome::Cleared, Outcome::Undeterminable]);
    (prop::sample::select(EventKind::ALL.to_vec()), outcome, any::<bool>()).prop_map(
        |(kind, outcome, with_reason)| {
            event(kind, outcome, if with_reason { a_reason(kind) } else { "" })
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn closed_is_reached_only_by_a_cleared_verdict_with_pictures_or_by_a_person(
        events in prop::collection::vec(
            (any_event(), any::<[bool; 5]>()), 1..40),
        complaint in any::<bool>(),
    ) {
        let first = if complaint { Event::ComplaintReceived } else { Event::OpenedByEdge };
        let mut at = next(None, &first, &KNOWN).unwrap();
        let mut merged_from = None;
        for (event, facts) in events {
            let [before_and_after, tries_left, seen_elsewhere, handled_it, checklist_done] = facts;
            let known = Known {
                phase: at.phase, before_and_after, tries_left, seen_elsewhere, merged_from, handled_it,
                checklist_done, ..KNOWN
            };
            let Ok(step) = next(Some(at.to), &event, &known) else { continue };
            if step.to == State::Closed && at.to != State::Closed {
                let by_verdict = at.to == State::Postchecking
                    && event == Event::VerdictPostcheck(Outcome::Cleared)
                    && before_and_after
                    && !seen_elsewhere;
                let by_person = at.to == State::Manual
                    && matches!(event, Event::Close { .. })
                    && !handled_it;
                prop_assert!(checklist_done && (by_verdict || by_person), "{at:?} {event:?}");
            }
            prop_assert!(step.to != State::Vanished || at.to == State::Vanished || !seen_elsewhere);
            if event == Event::Merge {
                merged_from = Some(at.to);
            } else if at.to == State::Merged && step.to != State::Merged {
                prop_assert_eq!(Some(step.to), merged_from.take());
                prop_assert_eq!(step.phase, at.phase);
            }
            // A state whose case was never filed stays on that side until it is filed.
            if step.to == State::Filed {
                prop_assert_eq!(step.phase, Phase::AfterFiling);
            }
            at = step;
        }
    }
}
