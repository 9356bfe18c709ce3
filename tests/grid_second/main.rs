//! The product's grid against a second, independent implementation, over seeded inputs.
//!
//! `second` is written from the description of the standard alone; `examples` holds it to the
//! standard's own figures, the rest holds `domain::grid` to it. A disagreement prints the smallest
//! part of the input that shows it. `GRID_PROBES=2000000` widens the search, `GRID_SEED=7` moves it.

mod areas;
mod boxes;
mod cells;
mod examples;
mod probes;
mod second;

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

fn number(name: &str, default: u64) -> u64 {
    let Ok(text) = std::env::var(name) else { return default };
    text.parse().unwrap_or_else(|_| panic!("{name}={text:?} is no number"))
}

/// How many inputs a test takes, as a part of those of the whole run.
fn probes(part: u64) -> u64 {
    number("GRID_PROBES", 200_000) / part
}

fn seeded(test: u64) -> ChaCha8Rng {
    ChaCha8Rng::seed_from_u64(number("GRID_SEED", 39_409) ^ test << 32)
}

/// What two implementations said differently; the first few are shown.
#[derive(Default)]
struct Differences {
    count: usize,
    shown: Vec<String>,
}

impl Differences {
    fn note(&mut self, what: impl FnOnce() -> String) {
        self.count += 1;
        if self.shown.len() < 12 {
            self.shown.push(what());
        }
    }

    /// Notes a difference between what the product and the second implementation say.
    fn compare<T: PartialEq + std::fmt::Debug>(
        &mut self,
        product: T,
        second: T,
        input: impl FnOnce() -> String,
    ) {
        if product != second {
            self.note(|| format!("{}: product {product:?}, second {second:?}", input()));
        }
    }

    fn none(self) {
        assert!(self.count == 0, "{} differences:\n{}", self.count, self.shown.join("\n"));
    }
}
