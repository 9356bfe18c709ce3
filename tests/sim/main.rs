//! The whole node under one seed: clock, links, disk, broker, edge and hub.
//!
//! The edge's decisions are the real `domain::outbox`, the hub's the real `domain::inbox`; disk,
//! database, broker and links are simulated and hostile. Things appear before cameras and vanish;
//! edge, hub and broker are killed at any step. Then the trouble ends and everything must be there:
//! no case lost, none twice, revisions contiguous, order per camera kept, outbox empty.
//!
//! `cargo test --test sim` runs 20 seeds. `SIM_SEEDS=1000` widens, `SIM_SEED=7` replays one; a
//! failure prints the command that replays it. To show that the checks can fail, six broken
//! variants run through the same seeds and each must be caught.

mod broker;
mod disk;
mod edge;
mod hub;
mod ledger;
mod trouble;
mod world;

use trouble::{Mutant, Report};
use world::World;

const SEEDS: u64 = 20;

fn number(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{name}={text:?} is no number")))
}

fn seeds() -> std::ops::Range<u64> {
    match number("SIM_SEED") {
        Some(seed) => seed..seed + 1,
        None => 0..number("SIM_SEEDS").unwrap_or(SEEDS),
    }
}

#[test]
fn no_case_is_lost_and_none_comes_twice() {
    let mut total = Report::default();
    for seed in seeds() {
        match World::run(seed, Mutant::None) {
            Ok(report) => total.add(&report),
            Err(violation) => {
                panic!("seed {seed}: {violation}\nreplay: SIM_SEED={seed} cargo test --test sim")
            }
        }
    }
    println!("{} seeds: {total:?}", seeds().count());
    if number("SIM_SEED").is_none() {
        // A simulation in which nothing goes wrong proves nothing.
        assert!(total.edge_kills > 0 && total.hub_kills > 0 && total.broker_kills > 0);
        assert!(total.duplicates > 0 && total.resends > 0 && total.packets_lost > 0);
        assert!(total.commits_cut > 0 && total.cases > 0);
    }
}

#[test]
fn the_same_seed_gives_the_same_run() {
    let run = |seed| World::run(seed, Mutant::None).map_err(|violation| violation.to_string());
    assert_eq!(run(3), run(3));
    assert_ne!(run(3), run(4));
}

#[test]
fn every_broken_variant_is_caught() {
    for mutant in Mutant::BROKEN {
        let caught = (0..SEEDS).find_map(|seed| World::run(seed, mutant).err().map(|v| (seed, v)));
        let (seed, violation) = caught.unwrap_or_else(|| panic!("{mutant:?} was not caught"));
        println!("{mutant:?}: caught by seed {seed}: {violation}");
    }
}
