//! Runs of columns in one row of cells, and set arithmetic on them.

use alloc::vec::Vec;

/// Columns `from..to`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Span {
    pub from: i64,
    pub to: i64,
}

/// Columns of one row: sorted, apart from one another, none empty.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Spans(Vec<Span>);

impl Spans {
    /// Any spans, in any order, overlapping or empty; columns are taken modulo the circle
    /// from `-half` to `half`.
    pub(super) fn around(mut spans: Vec<Span>, half: i64) -> Self {
        for index in 0..spans.len() {
            let Span { from, to } = spans[index];
            if from >= to || -half <= from && to <= half {
                continue;
            }
            if to - from >= 2 * half {
                spans[index] = Span { from: -half, to: half };
                continue;
            }
            let start = (from + half).rem_euclid(2 * half) - half;
            let end = start + (to - from);
            spans[index] = Span { from: start, to: end.min(half) };
            spans.push(Span { from: -half, to: end - 2 * half });
        }
        Self::joined(spans)
    }

    fn joined(mut spans: Vec<Span>) -> Self {
        spans.retain(|span| span.from < span.to);
        spans.sort_unstable();
        spans.dedup_by(|span, before| {
            let touches = span.from <= before.to;
            if touches {
                before.to = before.to.max(span.to);
            }
            touches
        });
        Self(spans)
    }

    pub(super) fn as_slice(&self) -> &[Span] {
        &self.0
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many columns.
    pub(super) fn columns(&self) -> u64 {
        self.0.iter().map(|span| (span.to - span.from) as u64).sum()
    }

    pub(super) fn union(mut self, other: &Self) -> Self {
        if other.is_empty() {
            return self;
        }
        self.0.extend_from_slice(&other.0);
        Self::joined(self.0)
    }

    pub(super) fn intersection(&self, other: &Self) -> Self {
        let (mut left, mut right) = (self.0.iter().peekable(), other.0.iter().peekable());
        let mut shared = Vec::new();
        while let (Some(a), Some(b)) = (left.peek(), right.peek()) {
            let (from, to) = (a.from.max(b.from), a.to.min(b.to));
            if from < to {
                shared.push(Span { from, to });
            }
            if a.to < b.to {
                left.next()
            } else {
                right.next()
            };
        }
        Self(shared)
    }

    pub(super) fn difference(&self, other: &Self) -> Self {
        let mut rest = Vec::with_capacity(self.0.len());
        let mut away = other.0.iter().peekable();
        for &Span { mut from, to } in &self.0 {
            while let Some(hole) = away.peek().filter(|hole| hole.from < to) {
                if hole.from > from {
                    rest.push(Span { from, to: hole.from });
                }
                from = from.max(hole.to);
                if hole.to >= to {
                    break;
                }
                away.next();
            }
            if from < to {
                rest.push(Span { from, to });
            }
        }
        Self(rest)
    }

    /// The columns that make these up, `split` times as fine.
    pub(super) fn finer(&self, split: u32) -> Self {
        let split = i64::from(split);
        let spans = self.0.iter();
        Self(spans.map(|span| Span { from: span.from * split, to: span.to * split }).collect())
    }

    /// The columns, `split` times as coarse, that are wholly made up of these.
    pub(super) fn coarser(&self, split: u32) -> Self {
        let split = i64::from(split);
        let whole = |span: &Span| Span {
            from: -(-span.from).div_euclid(split),
            to: span.to.div_euclid(split),
        };
        Self(self.0.iter().map(whole).filter(|span| span.from < span.to).collect())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    fn spans() -> impl Strategy<Value = Vec<Span>> {
        let span = (-30i64..30, 0i64..12).prop_map(|(from, long)| Span { from, to: from + long });
        prop::collection::vec(span, 0..8)
    }

    fn set(spans: &Spans) -> BTreeSet<i64> {
        spans.0.iter().flat_map(|span| span.from..span.to).collect()
    }

    proptest! {
        #[test]
        fn arithmetic_is_that_of_sets(a in spans(), b in spans(), split in 1u32..5) {
            let wrapped: BTreeSet<i64> = a
                .iter()
                .flat_map(|span| span.from..span.to)
                .map(|column| (column + 20).rem_euclid(40) - 20)
                .collect();
            let (a, b) = (Spans::around(a, 20), Spans::around(b, 20));
            prop_assert_eq!(set(&a), wrapped);
            for spans in [&a, &b, &a.intersection(&b), &a.difference(&b), &a.clone().union(&b)] {
                let apart = spans.0.windows(2).all(|pair| pair[0].to <= pair[1].from);
                prop_assert!(apart && spans.0.iter().all(|span| span.from < span.to));
                prop_assert_eq!(spans.columns() as usize, set(spans).len());
            }
            prop_assert_eq!(set(&a.intersection(&b)), &set(&a) & &set(&b));
            prop_assert_eq!(set(&a.difference(&b)), &set(&a) - &set(&b));
            prop_assert_eq!(set(&a.clone().union(&b)), &set(&a) | &set(&b));
            prop_assert_eq!(a.finer(split).coarser(split), a.clone());
            let coarse = a.coarser(split);
            for column in -30..30 {
                let mut within = (0..i64::from(split)).map(|at| column * i64::from(split) + at);
                let whole = within.all(|column| set(&a).contains(&column));
                prop_assert_eq!(set(&coarse).contains(&column), whole);
            }
        }
    }
}
