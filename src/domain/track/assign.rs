//! Optimal one-to-one assignment (Hungarian method with potentials, O(n^2 m)).

/// Pairs `(row, column)` that together have the greatest affinity. `None` pairs are never made.
pub fn best_pairs(
    rows: usize,
    columns: usize,
    affinity: impl Fn(usize, usize) -> Option<f32>,
) -> Vec<(usize, usize)> {
    if rows == 0 || columns == 0 {
        return Vec::new();
    }
    // The method needs rows <= columns and minimises; a forbidden pair costs as much as no pair.
    const FORBIDDEN: f64 = 0.0;
    let flipped = rows > columns;
    let (n, m) = if flipped { (columns, rows) } else { (rows, columns) };
    let gain = |i: usize, j: usize| if flipped { affinity(j, i) } else { affinity(i, j) };
    let costs: Vec<f64> = (0..n * m)
        .map(|at| gain(at / m, at % m).map_or(FORBIDDEN, |gain| -f64::from(gain)))
        .collect();

    // Index 0 is a sentinel row and column; owner[j] is the row that holds column j.
    let mut row_potential = vec![0.0; n + 1];
    let mut column_potential = vec![0.0; m + 1];
    let mut owner = vec![0; m + 1];
    let mut came_from = vec![0; m + 1];
    for row in 1..=n {
        owner[0] = row;
        let mut column = 0;
        let mut slack = vec![f64::INFINITY; m + 1];
        let mut used = vec![false; m + 1];
        loop {
            used[column] = true;
            let current = owner[column];
            let (mut delta, mut next) = (f64::INFINITY, 0);
            for j in (1..=m).filter(|&j| !used[j]).collect::<Vec<_>>() {
                let reduced =
                    costs[(current - 1) * m + j - 1] - row_potential[current] - column_potential[j];
                if reduced < slack[j] {
                    slack[j] = reduced;
                    came_from[j] = column;
                }
                if slack[j] < delta {
                    delta = slack[j];
                    next = j;
                }
            }
            for j in 0..=m {
                if used[j] {
                    row_potential[owner[j]] += delta;
                    column_potential[j] -= delta;
                } else {
                    slack[j] -= delta;
                }
            }
            column = next;
            if owner[column] == 0 {
                break;
            }
        }
        while column != 0 {
            owner[column] = owner[came_from[column]];
            column = came_from[column];
        }
    }

    let mut pairs: Vec<(usize, usize)> = (1..=m)
        .filter(|&j| owner[j] != 0)
        .map(|j| (owner[j] - 1, j - 1))
        .filter(|&(i, j)| gain(i, j).is_some())
        .map(|(i, j)| if flipped { (j, i) } else { (i, j) })
        .collect();
    pairs.sort_unstable();
    pairs
}

#[cfg(test)]
mod tests {
    use super::best_pairs;
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

    proptest! {
        #[test]
        fn agrees_with_trying_everything(
            gains in (1usize..5, 1usize..5).prop_flat_map(|(rows, columns)| {
                prop::collection::vec(prop::collection::vec(prop::option::of(0.01f32..1.0), columns), rows)
            })
        ) {
            let columns = gains[0].len();
            let pairs = best_pairs(gains.len(), columns, |i, j| gains[i][j]);
            let total: f64 = pairs.iter().map(|&(i, j)| f64::from(gains[i][j].unwrap())).sum();
            let best = exhaustive(&gains, 0, &mut vec![false; columns]);
            prop_assert!((total - best).abs() < 1e-5, "{total} against {best}");
            let mut used: Vec<usize> = pairs.iter().map(|p| p.1).collect();
            used.sort_unstable();
            used.dedup();
            prop_assert_eq!(used.len(), pairs.len());
        }
    }
}
