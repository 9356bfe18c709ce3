//! What becomes of a crew's photographs between feedback and verdict.

use super::*;

#[tokio::test]
async fn a_crews_photographs_are_asked_about_once_a_round_and_move_nothing() {
    for (verdict, photograph, state) in [
        ("CLEARED", "PRESENT", State::Closed),
        ("PRESENT", "CLEARED", State::Rework),
        ("UNDETERMINABLE", "CLEARED", State::Postchecking),
    ] {
        let mut case = Case::filed().await;
        case.of_photographs = Some(photograph);
        let store = &case.bench.register.store;
        let (taken, late) = (case.bench.hold(b"taken").await, Digest256Of::new(b"not here").0);
        let earlier = case.bench.hold(b"of an earlier round").await;
        let now = case.bench.register.now();
        store.add_photograph(case_id(1), taken.as_str(), now).await.unwrap();
        store.add_photograph(case_id(1), earlier.as_str(), now.minus(TIMES.settle)).await.unwrap();
        case.pass(5);
        case.feedback(&[taken.to_string(), late.to_string()]).await;
        let request = case.after_the_look().await;
        assert_eq!(request.photographs, [taken.to_string()], "named now, and held");
        assert_eq!(
            store.photograph_asked_for(taken.as_str(), None).await.unwrap(),
            Some(case_id(1))
        );
        assert_eq!(
            store.photograph_asked_for(late.as_str(), None).await.unwrap(),
            None,
            "not held"
        );
        let after = case.bench.hold(b"after").await;
        case.answer(&request, verdict, vec![picture("after", &after, request.from)]).await;
        assert_eq!(case.state().await, state);
        let asked_for = store.photograph_asked_for(taken.as_str(), None).await.unwrap();
        assert_eq!(asked_for, None, "lent while it is compared");
        let looks = store.verifications(case_id(1)).await.unwrap();
        assert_eq!(looks[0].result.as_ref().unwrap().photographs[0].sha256, taken.to_string());
        if state == State::Postchecking {
            case.pass(30);
            assert!(case.request().await.unwrap().photographs.is_empty(), "said once");
        }
    }
}

#[tokio::test]
async fn a_photograph_is_never_the_picture_that_a_closure_needs() {
    let case = Case::filed_with(TIMES, false).await;
    let now = case.bench.register.now();
    let taken = case.bench.hold(b"taken").await;
    case.bench.register.store.add_photograph(case_id(1), taken.as_str(), now).await.unwrap();
    case.feedback(&[taken.to_string()]).await;
    let request = case.after_the_look().await;
    let after = case.bench.hold(b"after").await;
    case.answer(&request, "CLEARED", vec![picture("after", &after, request.from)]).await;
    assert_eq!(case.state().await, State::Postchecking, "there is no picture of before");
}

#[tokio::test]
async fn a_photograph_that_another_case_was_handed_is_told() {
    let case = Case::filed().await;
    let store = &case.bench.register.store;
    case.bench.send_fact("edge-1", &fact(2, 1, "opened", Vec::new())).await;
    let (same, own) = (case.bench.hold(b"same").await, case.bench.hold(b"own").await);
    let now = case.bench.register.now();
    for (number, digest) in [(1, &same), (2, &same), (2, &own)] {
        store.add_photograph(case_id(number), digest.as_str(), now).await.unwrap();
    }
    let elsewhere = store.photographs_elsewhere(case_id(1)).await.unwrap();
    assert_eq!(elsewhere, [(same.to_string(), case_id(2))]);
}
