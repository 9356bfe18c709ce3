//! Sets against sets of finest cells, and their size against a search for the smallest.

use std::collections::BTreeSet;
use std::fmt::Debug;

use proptest::prelude::*;

use super::super::nested::Nested;
use super::super::{
    GridCell, GridCell3, GridError, GridSet, HeightPacking, HeightScheme, HeightSign, Level,
    set_contains,
};

/// The level that the sets of these tests end at.
const FINEST: Level = Level::Seven;

/// A small world: some cells that cover one another, down to [`FINEST`].
fn within<C: Nested>(roots: &[C]) -> Vec<C> {
    let levels = roots[0].level().chain().len()..=FINEST.chain().len();
    let levels = levels.map(|number| Level::ALL[number - 1]);
    levels.flat_map(|level| roots.iter().flat_map(move |c| c.descendants(level).unwrap())).collect()
}

/// One cell of level 5 and its neighbours over the corner of four sheets.
fn flat_world() -> Vec<GridCell> {
    let corner: GridCell = "N31A0000000".parse().unwrap();
    let beside = [(-1, 0), (0, -1), (-1, -1)].map(|(e, n)| corner.offset(e, n).unwrap());
    within(&[&[corner], &beside[..]].concat())
}

/// Two boxes of level 6, over and under the ellipsoid.
fn tall_world(scheme: HeightScheme) -> Vec<GridCell3> {
    let cell: GridCell = "N50F05351663".parse().unwrap();
    let over = GridCell3::at_height(cell, 1.0, scheme).unwrap();
    let under = GridCell3::at_height(cell, -1.0, scheme).unwrap();
    within(&[over, under])
}

fn scheme() -> impl Strategy<Value = HeightScheme> {
    let packing = prop::sample::select(vec![
        HeightPacking::Radix15,
        HeightPacking::Linear32,
        HeightPacking::Geosot64,
    ]);
    let sign =
        prop::sample::select(vec![HeightSign::Mirror, HeightSign::FloorAbs, HeightSign::Twos]);
    (packing, sign).prop_map(|(packing, sign)| HeightScheme { packing, sign })
}

/// What to take from a world of this size: some of it, sometimes all but some of it.
fn picks() -> impl Strategy<Value = (Vec<prop::sample::Index>, bool)> {
    (prop::collection::vec(any::<prop::sample::Index>(), 0..24), any::<bool>())
}

fn take<C: Nested>(world: &[C], (picks, inverted): &(Vec<prop::sample::Index>, bool)) -> Vec<C> {
    let picked: Vec<C> = picks.iter().map(|pick| *pick.get(world)).collect();
    if !inverted {
        return picked;
    }
    let finest = world.iter().filter(|cell| cell.level() == FINEST);
    finest.filter(|cell| !picked.iter().any(|away| away.contains(**cell))).copied().collect()
}

fn spelled<C: Nested>(cells: &[C]) -> BTreeSet<C::Key> {
    let finest = cells.iter().flat_map(|cell| cell.descendants(FINEST).unwrap());
    finest.map(|cell| cell.sort_key()).collect()
}

/// How few cells can make up what the set has of `cell`: one, or what the children need.
fn fewest<C: Nested>(cell: C, set: &BTreeSet<C::Key>) -> usize {
    let finest = cell.descendants(FINEST).unwrap();
    let present = finest.iter().filter(|cell| set.contains(&cell.sort_key())).count();
    match present {
        0 => 0,
        _ if present == finest.len() => 1,
        _ => {
            let children = cell.descendants(cell.level().finer().unwrap()).unwrap();
            children.into_iter().map(|child| fewest(child, set)).sum()
        }
    }
}

fn check<C: Nested + Debug>(world: &[C], a: Vec<C>, b: Vec<C>) -> Result<(), TestCaseError>
where
    C::Key: Debug,
{
    let (fine_a, fine_b) = (spelled(&a), spelled(&b));
    let (set_a, set_b): (GridSet<C>, GridSet<C>) =
        (a.into_iter().collect(), b.into_iter().collect());
    let united = set_a.union(&set_b);
    let shared = set_a.intersection(&set_b);
    let rest = set_a.difference(&set_b);
    for (set, fine) in [
        (&set_a, fine_a.clone()),
        (&united, &fine_a | &fine_b),
        (&shared, &fine_a & &fine_b),
        (&rest, &fine_a - &fine_b),
    ] {
        prop_assert!(set.cells().is_sorted_by_key(|cell| cell.sort_key()));
        prop_assert_eq!(&spelled(set.cells()), &fine);
        let roots = world.iter().filter(|cell| cell.level() == world[0].level());
        let smallest: usize = roots.map(|&root| fewest(root, &fine)).sum();
        prop_assert_eq!(set.cells().len(), smallest);
        let at_level: Vec<_> = set.at_level(FINEST).unwrap();
        prop_assert!(at_level.iter().map(|cell| cell.sort_key()).eq(fine.iter().copied()));
        prop_assert_eq!(set.is_empty(), fine.is_empty());
        for &cell in world.iter().step_by(7) {
            let own = spelled(&[cell]);
            prop_assert_eq!(set.contains(cell), own.is_subset(&fine), "{:?}", cell);
            prop_assert_eq!(set.intersects(cell), !own.is_disjoint(&fine), "{:?}", cell);
            prop_assert_eq!(set_contains(set.cells(), cell), set.contains(cell));
        }
    }
    prop_assert_eq!(set_a.contains_set(&set_b), fine_b.is_subset(&fine_a));
    prop_assert_eq!(set_a.intersects_set(&set_b), !fine_a.is_disjoint(&fine_b));
    prop_assert!(united.contains_set(&set_a) && set_a.contains_set(&shared));
    prop_assert!(!rest.intersects_set(&set_b));
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn operations_on_cells_are_those_on_sets(a in picks(), b in picks()) {
        let world = flat_world();
        let (a, b) = (take(&world, &a), take(&world, &b));
        check(&world, a, b)?;
    }

    #[test]
    fn operations_on_boxes_are_those_on_sets(a in picks(), b in picks(), scheme in scheme()) {
        let world = tall_world(scheme);
        let (a, b) = (take(&world, &a), take(&world, &b));
        check(&world, a, b)?;
    }
}

#[test]
fn a_hole_of_the_finest_level_can_be_cut_from_the_coarsest() {
    let sheet: GridCell = "N50F".parse().unwrap();
    let pin: GridCell = "N50F0535166000000000".parse().unwrap();
    let whole: GridSet<GridCell> = [sheet].into_iter().collect();
    let hole: GridSet<GridCell> = [pin].into_iter().collect();
    let rest = whole.difference(&hole);
    // One child fewer at each of the nine levels.
    assert_eq!(rest.cells().len(), 96 + 6 + 150 + 225 + 4 + 4 * 64 - 9);
    assert!(!rest.intersects(pin) && rest.intersects(sheet) && !rest.contains(sheet));
    assert_eq!(rest.union(&hole), whole);
    assert_eq!(whole.difference(&whole).cells(), []);
    assert!(matches!(rest.at_level(Level::Nine), Err(GridError::NoSuchLevel { .. })));
}

#[test]
fn caps_and_schemes_keep_apart() {
    let cap: GridCell = "N000".parse().unwrap();
    let parts: GridSet<GridCell> = cap.children().unwrap().collect();
    assert_eq!(parts.cells(), [cap]);
    let part: GridSet<GridCell> = cap.children().unwrap().take(1).collect();
    assert_eq!(parts.difference(&part).cells().len(), 15);

    let cell: GridCell = "N50F0535166".parse().unwrap();
    let floorabs = HeightScheme { sign: HeightSign::FloorAbs, ..HeightScheme::default() };
    let [usual, other] = [HeightScheme::default(), floorabs]
        .map(|scheme| GridCell3::at_height(cell, 1.0, scheme).unwrap());
    let both: GridSet<GridCell3> = [usual, other].into_iter().collect();
    assert_eq!(both.cells().len(), 2);
    let children = usual.children().unwrap().take(3).chain(other.children().unwrap().skip(3));
    assert_eq!(children.collect::<GridSet<GridCell3>>().cells().len(), 8);
}
