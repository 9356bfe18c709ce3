//! The fuzz targets on an ordinary compiler: every seed, and seeded changes of each.

#[path = "../fuzz/entry.rs"]
mod entry;

use std::path::Path;

use rand::{RngExt, SeedableRng, seq::IndexedRandom};
use rand_chacha::ChaCha8Rng;

/// Runs a target over its seeds, and `changed` times over spoiled ones.
fn replay(target: &str, run: impl Fn(&[u8]), changed: usize) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/seeds").join(target);
    let mut files: Vec<_> =
        std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let seeds: Vec<Vec<u8>> = files.iter().map(|file| std::fs::read(file).unwrap()).collect();
    assert!(seeds.len() >= 5, "{} has {} seeds", folder.display(), seeds.len());
    for seed in &seeds {
        run(seed);
    }
    let mut random = ChaCha8Rng::seed_from_u64(2_053);
    for _ in 0..changed {
        let input = spoiled(&seeds, &mut random);
        // The input is on the screen if the target panics.
        println!("{target}: {:?}", String::from_utf8_lossy(&input));
        run(&input);
    }
}

/// A seed with some bytes flipped, exchanged, removed or doubled, or the end of another put on.
fn spoiled(seeds: &[Vec<u8>], random: &mut ChaCha8Rng) -> Vec<u8> {
    const USUAL: &[u8] = b"0123456789ABCDEFGNSV-.,eE+[]{}\" ";
    let pick = |random: &mut ChaCha8Rng| seeds.choose(random).cloned().unwrap_or_default();
    let mut bytes = pick(random);
    for _ in 0..random.random_range(1..6) {
        if bytes.is_empty() {
            break;
        }
        let at = random.random_range(0..bytes.len());
        match random.random_range(0..6) {
            0 => bytes[at] ^= 1 << random.random_range(0..8),
            1 | 2 => bytes[at] = *USUAL.choose(random).unwrap_or(&b'0'),
            3 => drop(bytes.remove(at)),
            4 => bytes.insert(at, *USUAL.choose(random).unwrap_or(&b'0')),
            _ => {
                let other = pick(random);
                bytes.truncate(at);
                bytes.extend(&other[at.min(other.len())..]);
            }
        }
    }
    bytes
}

#[test]
fn codes_survive() {
    replay("codes", entry::codes, 6_000);
}

#[test]
fn points_survive() {
    replay("points", entry::points, 1_000);
}

#[test]
fn areas_survive() {
    replay("areas", entry::areas, 300);
}
