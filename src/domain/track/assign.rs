//! Best one-to-one assignment over the pairs that are possible at all.
//!
//! Enters: pairs `(row, column, gain)`; what is not listed cannot be paired. Leaves: the pairs that together
//! gain most; a row or column without a partner gains nothing. Shortest augmenting paths with potentials
//! (Jonker and Volgenant), over the listed pairs only: each search ends at the nearest free column, so the cost
//! follows the crowding around a thing and not the number of things in the picture.

use std::{cmp::Ordering, collections::BinaryHeap};

/// Row and column may be one thing; the gain is above 0.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pair {
    pub row: usize,
    pub column: usize,
    pub gain: f32,
}

/// A column on the frontier of a search; the nearest is the greatest, then the one with the lower number.
struct Reached {
    distance: f64,
    column: usize,
}

impl Ord for Reached {
    fn cmp(&self, other: &Self) -> Ordering {
        other.distance.total_cmp(&self.distance).then(other.column.cmp(&self.column))
    }
}
impl PartialOrd for Reached {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
impl PartialEq for Reached {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}
impl Eq for Reached {}

const NOBODY: usize = usize::MAX;

/// The chosen of `pairs`, by row. `pairs` must be sorted by row; rows and columns count from 0.
pub fn best_pairs(rows: usize, columns: usize, pairs: &[Pair]) -> Vec<Pair> {
    debug_assert!(pairs.is_sorted_by_key(|pair| pair.row));
    let mut first_of_row = vec![0; rows + 1];
    for pair in pairs {
        first_of_row[pair.row + 1] += 1;
    }
    for row in 0..rows {
        first_of_row[row + 1] += first_of_row[row];
    }
    // Column `columns + row` stands for "row stays alone"; a cost is a gain turned round.
    let options = |row: usize| {
        let listed = &pairs[first_of_row[row]..first_of_row[row + 1]];
        let costs = listed.iter().map(|pair| (pair.column, -f64::from(pair.gain)));
        costs.chain([(columns + row, 0.0)])
    };

    let all = columns + rows;
    let mut owner = vec![NOBODY; all];
    let mut row_potential = vec![0.0; rows];
    let mut column_potential = vec![0.0; all];
    // Of the search under way; only what `touched` lists differs from the resting value.
    let mut distance = vec![f64::INFINITY; all];
    let mut came_from = vec![NOBODY; all];
    let mut frontier = BinaryHeap::new();
    let (mut touched, mut settled) = (Vec::new(), Vec::new());
    for start in 0..rows {
        let (mut row, mut so_far, mut arrived_by) = (start, 0.0, NOBODY);
        let end = loop {
            for (column, cost) in options(row) {
                let reduced = cost - row_potential[row] - column_potential[column];
                // A settled column must not come back by a rounding error.
                if so_far + reduced + 1e-12 < distance[column] {
                    if distance[column].is_infinite() {
                        touched.push(column);
                    }
                    distance[column] = so_far + reduced;
                    came_from[column] = arrived_by;
                    frontier.push(Reached { distance: distance[column], column });
                }
            }
            // Each row can stay alone, so there is always one more, and a row's own is never owned by another.
            let Some(nearest) = frontier.pop() else { break NOBODY };
            if nearest.distance > distance[nearest.column] {
                continue;
            }
            so_far = nearest.distance;
            if owner[nearest.column] == NOBODY {
                break nearest.column;
            }
            settled.push(nearest.column);
            arrived_by = nearest.column;
            row = owner[nearest.column];
        };
        row_potential[start] += so_far;
        for &column in &settled {
            row_potential[owner[column]] += so_far - distance[column];
            column_potential[column] -= so_far - distance[column];
        }
        let mut column = end;
        while column != NOBODY {
            let before = came_from[column];
            owner[column] = if before == NOBODY { start } else { owner[before] };
            column = before;
        }
        for column in touched.drain(..) {
            distance[column] = f64::INFINITY;
            came_from[column] = NOBODY;
        }
        settled.clear();
        frontier.clear();
    }
    pairs.iter().filter(|pair| owner[pair.column] == pair.row).copied().collect()
}

#[cfg(test)]
mod tests {
    use super::{Pair, best_pairs};
    use proptest::prelude::*;

    /// The best total by trying every assignment.
    fn exhaustive(gains: &[Vec<Option<f32>>], row: usize, taken: &mut Vec<bool>) -> f64 {
        let Some(options) = gains.get(row) else { return 0.0 };
        let mut best = exhaustive(gains, row + 1, taken);
        for (column, gain) in options.iter().enumerate() {
            if let (Some(gain), false) = (gain, taken[column]) {
                taken[column] = true;
                best = best.max(f64::from(*gain) + exhaustive(gains, row + 1, taken));
                taken[column] = false;
            }
        }
        best
    }

    fn listed(gains: &[Vec<Option<f32>>]) -> Vec<Pair> {
        let of_row = |(row, options): (usize, &Vec<Option<f32>>)| {
            let possible = options.iter().enumerate().filter_map(|(c, gain)| gain.map(|g| (c, g)));
            possible.map(move |(column, gain)| Pair { row, column, gain }).collect::<Vec<_>>()
        };
        gains.iter().enumerate().flat_map(of_row).collect()
    }

    proptest! {
        #[test]
        fn agrees_with_trying_everything(
            gains in (1usize..6, 1usize..6).prop_flat_map(|(rows, columns)| {
                prop::collection::vec(prop::collection::vec(prop::option::of(0.01f32..1.0), columns), rows)
            })
        ) {
            let columns = gains[0].len();
            let chosen = best_pairs(gains.len(), columns, &listed(&gains));
            let total: f64 = chosen.iter().map(|pair| f64::from(pair.gain)).sum();
            let best = exhaustive(&gains, 0, &mut vec![false; columns]);
            prop_assert!((total - best).abs() < 1e-5, "{total} against {best}");
            for side in [|pair: &Pair| pair.row, |pair: &Pair| pair.column] {
                let mut used: Vec<usize> = chosen.iter().map(side).collect();
                used.sort_unstable();
                used.dedup();
                prop_assert_eq!(used.len(), chosen.len());
            }
        }
    }

    #[test]
    fn one_gives_way_where_both_gain_together() {
        let pair = |row, column, gain| Pair { row, column, gain };
        let pairs = [pair(0, 0, 0.9), pair(0, 1, 0.8), pair(1, 0, 0.7)];
        assert_eq!(best_pairs(2, 2, &pairs), [pairs[1], pairs[2]]);
        // The near miss: what giving way costs is more than the other's gain.
        let pairs = [pair(0, 0, 0.9), pair(0, 1, 0.1), pair(1, 0, 0.7)];
        assert_eq!(best_pairs(2, 2, &pairs), [pairs[0]]);
    }

    #[test]
    fn nothing_possible_is_nothing_chosen() {
        assert_eq!(best_pairs(0, 3, &[]), []);
        assert_eq!(best_pairs(3, 0, &[]), []);
    }
}
