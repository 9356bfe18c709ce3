//! Several cameras of one node on one spot: one case with several witnesses, from its first second to its
//! last, whatever one of the cameras suffers.
//!
//! `cargo test --no-default-features --test two_cameras`; `STREET_SEEDS=200` widens the random streets.

mod street;

use gridwarden::domain::{case::node_book::SILENT_AFTER, wire::FactKind};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use street::{CLEAR, DWELL, Look, Stall, Street, second};

const STALL: Stall = Stall { east: 1.0, north: 6.0, from: 20.0, to: 900.0 };
/// How much later than it might be told gone.
const LATE: f64 = 15.0;

fn witnesses(street: &Street) -> Vec<Vec<String>> {
    let last = |facts: Vec<&gridwarden::domain::case::CaseFact>| {
        let state = &facts[facts.len() - 1].state;
        let mut cameras: Vec<String> =
            state.witnesses.iter().map(|witness| witness.camera.to_string()).collect();
        // Who is first is a matter of noise.
        cameras.sort();
        cameras
    };
    street.cases().into_iter().map(last).collect()
}

/// When each case was told gone.
fn gone(street: &Street) -> Vec<Option<f64>> {
    let ends = |facts: &Vec<&gridwarden::domain::case::CaseFact>| {
        facts.iter().find(|fact| fact.kind == FactKind::Gone).map(|fact| second(fact.at))
    };
    street.cases().iter().map(ends).collect()
}

fn told_gone_after(street: &Street, after: f64) {
    let [Some(at)] = gone(street)[..] else { panic!("{:?}", gone(street)) };
    assert!((after..after + LATE).contains(&at), "gone at {at}, expected from {after}");
}

#[test]
fn one_stall_before_two_cameras_is_one_case_with_two_witnesses() {
    let mut street = Street::new(1, "ab", vec![STALL]);
    street.play(0.0..1300.0, |_, _| Look::Clear);
    assert_eq!(witnesses(&street), [["a", "b"]]);
    told_gone_after(&street, STALL.to + CLEAR - 5.0);
    let case = &street.cases()[0];
    let joined = case.iter().find(|fact| !fact.state.witnesses.is_empty()).unwrap();
    assert_eq!((joined.kind, joined.state.revision), (FactKind::Seen, 2));
    assert!(second(joined.at) < STALL.from + DWELL + 10.0);
    assert_eq!(joined.state.subject, case[0].state.subject, "the opener's box stays");
    assert_ne!(joined.state.witnesses[1].subject, joined.state.subject);
    let last = &case[case.len() - 1].state;
    assert!(last.witnesses.iter().all(|witness| witness.gone_at.is_some()));
}

#[test]
fn a_camera_that_a_bus_blocks_neither_ends_the_case_nor_holds_it_for_ever() {
    let mut street = Street::new(2, "ab", vec![STALL]);
    let blocked = |camera: &str, at: f64| match camera {
        "a" if at > 300.0 => Look::Hidden,
        _ => Look::Clear,
    };
    street.play(0.0..STALL.to + CLEAR - 10.0, blocked);
    assert_eq!(gone(&street), [None], "the other one has seen it all the time");
    street.play(STALL.to + CLEAR - 10.0..1500.0, blocked);
    assert_eq!(witnesses(&street), [["a", "b"]]);
    told_gone_after(&street, STALL.to + CLEAR - 5.0);
}

#[test]
fn a_camera_that_sees_the_stall_keeps_the_case_of_one_that_is_deceived() {
    let mut street = Street::new(3, "ab", vec![STALL]);
    street.play(0.0..1500.0, |camera, at| match camera {
        "a" if at > 300.0 => Look::Deceived,
        _ => Look::Clear,
    });
    assert_eq!(witnesses(&street), [["a", "b"]]);
    told_gone_after(&street, STALL.to + CLEAR - 5.0);
    let said = street.facts.iter().filter(|fact| {
        let first = fact.state.witnesses.first();
        fact.kind == FactKind::Seen && first.is_some_and(|witness| witness.gone_at.is_some())
    });
    assert!(said.count() > 3, "that it sees it no longer is told, and is no end");
}

#[test]
fn a_blind_witness_holds_a_case_open_for_ten_minutes_and_begins_anew_afterwards() {
    let silent = SILENT_AFTER.as_secs_f64();
    let back = Stall { from: 2000.0, to: 2400.0, ..STALL };
    let mut street = Street::new(4, "ab", vec![Stall { to: 500.0, ..STALL }, back]);
    let blind = |camera: &str, at: f64| match camera {
        "b" if (490.0..1900.0).contains(&at) => Look::Blind,
        _ => Look::Clear,
    };
    street.play(0.0..490.0 + silent - 70.0, blind);
    assert_eq!(gone(&street), [None], "the blind one saw it less than ten minutes ago");
    street.play(490.0 + silent - 70.0..1990.0, blind);
    let [Some(at)] = gone(&street)[..] else { panic!("{:?}", gone(&street)) };
    assert!((490.0 + silent - 65.0..490.0 + silent + LATE).contains(&at), "{at}");
    street.play(1990.0..2900.0, blind);
    assert_eq!(witnesses(&street), [["a", "b"], ["a", "b"]], "what came back is a second case");
}

#[test]
fn a_restart_keeps_both_witnesses_of_a_case() {
    let mut street = Street::new(5, "ab", vec![STALL]);
    street.play(0.0..300.0, |_, _| Look::Clear);
    street.restart(900.0 - 500.0);
    street.play(400.0..1500.0, |_, _| Look::Clear);
    assert_eq!(witnesses(&street), [["a", "b"]]);
    told_gone_after(&street, STALL.to + CLEAR - 5.0);
}

#[test]
fn the_camera_that_opened_a_case_may_stay_away_after_a_restart() {
    let mut street = Street::new(6, "ab", vec![STALL]);
    street.play(0.0..300.0, |_, _| Look::Clear);
    street.restart(310.0);
    street.play(310.0..1700.0, |camera, _| if camera == "a" { Look::Down } else { Look::Clear });
    assert_eq!(witnesses(&street), [["a", "b"]]);
    told_gone_after(&street, STALL.to + CLEAR - 5.0);
}

#[test]
fn two_stalls_six_metres_apart_are_two_cases() {
    let other = Stall { east: STALL.east + 6.0, ..STALL };
    let mut street = Street::new(7, "ab", vec![STALL, other]);
    street.play(0.0..1300.0, |_, _| Look::Clear);
    assert_eq!(witnesses(&street), [["a", "b"], ["a", "b"]]);
}

#[test]
fn a_camera_without_calibration_stays_by_itself() {
    let mut street = Street::new(8, "abc", vec![STALL]);
    street.play(0.0..1300.0, |_, _| Look::Clear);
    let mut found = witnesses(&street);
    found.sort();
    assert_eq!(found, [vec![], vec!["a".to_owned(), "b".to_owned()]]);
    assert!(gone(&street).iter().all(Option::is_some));
}

/// Stalls on a lattice of 6 m, each camera at times hidden, blind or down, and one restart.
#[test]
fn on_random_streets_each_stall_is_one_case() {
    let seeds = std::env::var("STREET_SEEDS").map_or(20, |text| text.parse().unwrap());
    let mut joined = 0;
    for seed in 0..seeds {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let stalls: Vec<Stall> = [(-6.0, 3.0), (0.0, 3.0), (6.0, 9.0), (0.0, 9.0)]
            .into_iter()
            .map(|(east, north)| {
                let from = random.random_range(5.0..200.0);
                let to = from + random.random_range(400.0..900.0);
                Stall { east, north, from, to }
            })
            .collect();
        // One camera at a time is in trouble, for at most two minutes.
        let troubles: Vec<(bool, f64, f64, Look)> = (0..5)
            .map(|number| {
                let from = f64::from(number) * 260.0 + random.random_range(0.0..120.0);
                let look = [Look::Hidden, Look::Blind, Look::Down][random.random_range(0..3)];
                (random.random_bool(0.5), from, from + random.random_range(10.0..120.0), look)
            })
            .collect();
        let look = |camera: &str, at: f64| {
            let hit = |(first, from, to, _): &&(bool, f64, f64, Look)| {
                (camera == "a") == *first && (*from..*to).contains(&at)
            };
            troubles.iter().find(hit).map_or(Look::Clear, |(.., look)| *look)
        };
        let mut street = Street::new(seed, "ab", stalls);
        let restart = random.random_range(100.0..1000.0f64).round();
        street.play(0.0..restart, look);
        street.restart(restart + 30.0);
        street.play(restart + 30.0..2000.0, look);
        let found = witnesses(&street);
        assert_eq!(found.len(), street.stalls.len(), "seed {seed}: {found:?}");
        assert!(gone(&street).iter().all(Option::is_some), "seed {seed}: {:?}", gone(&street));
        joined += found.iter().filter(|witnesses| witnesses.len() >= 2).count();
    }
    let stalls = 4 * seeds as usize;
    println!("{joined} of {stalls} stalls have two witnesses");
    assert!(joined * 20 >= stalls * 19, "{joined} of {stalls}");
}
