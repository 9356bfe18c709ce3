//! Codes in the plane: encoding, reading, neighbours, reference codes, GeoSOT.

use gridwarden::domain::grid::{GeosotCell, GeosotLevel, GridCell, Level, refer as tell, resolve};
use rand::{RngExt, seq::IndexedRandom};
use rand_chacha::ChaCha8Rng;

use crate::{
    Differences,
    probes::{self, Probe},
    second::{
        coordinate::DEGREE,
        geosot,
        height::Briggs,
        plane::{self, Cell},
        refer,
    },
    seeded,
};

pub fn level(number: usize) -> Level {
    Level::ALL[number - 1]
}

#[test]
fn points_fall_into_the_same_cells() {
    let mut random = seeded(1);
    let mut differences = Differences::default();
    let mut doubtful = 0;
    for _ in 0..crate::probes(1) {
        let probe = Probe::draw(&mut random);
        if probe.doubtful() {
            doubtful += 1;
            continue;
        }
        compare_point(&probe, random.random_range(1..10), &mut differences);
        compare_point(&probe, 10, &mut differences);
    }
    assert!(doubtful < crate::probes(10), "{doubtful} probes were left out");
    differences.none();
}

fn compare_point(probe: &Probe, number: usize, differences: &mut Differences) {
    let product = GridCell::from_lonlat(probe.lon.degrees, probe.lat.degrees, level(number)).ok();
    let second = plane::encode(&probe.lon.exact, &probe.lat.exact, number);
    let capped = || plane::encode_cap(&probe.lon.exact, &probe.lat.exact, number);
    let text = second.as_ref().map(|cell| cell.text.clone()).or_else(capped);
    let input = || format!("{:?} {:?} level {number}", probe.lon.degrees, probe.lat.degrees);
    let written = product.map(|cell| cell.code().as_str().to_owned());
    differences.compare(written, text, input);
    if let (Some(product), Some(second)) = (product, second) {
        compare_edges(product, &second, differences);
    }
}

fn compare_edges(product: GridCell, second: &Cell, differences: &mut Differences) {
    let bounds = product.bounds();
    let got = [bounds.west_deg, bounds.south_deg, bounds.east_deg, bounds.north_deg];
    let wanted = second.edges();
    // Whole units over a power of two times 225: the nearest number is one division away.
    let same = got.iter().zip(wanted).all(|(got, wanted)| {
        (got * DEGREE as f64).round() as i128 == wanted
            && (got - wanted as f64 / DEGREE as f64).abs() < 1e-13
    });
    if !same {
        differences.note(|| format!("{}: bounds {got:?}, units {wanted:?}", second.text));
    }
}

/// A cell of any level outside the caps; every fourth at a seam.
pub fn cell(random: &mut ChaCha8Rng) -> Cell {
    loop {
        let probe = Probe::draw(random);
        let number = random.random_range(1..=10);
        if let Some(cell) = plane::encode(&probe.lon.exact, &probe.lat.exact, number) {
            return cell;
        }
    }
}

const LETTERS: &[u8] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZnsf -\x00\xff";

/// A valid code, or one with something exchanged, left out, put in or cut off.
pub fn spoiled(code: &str, random: &mut ChaCha8Rng) -> Vec<u8> {
    let mut bytes = code.as_bytes().to_vec();
    for _ in 0..random.random_range(0..3) {
        let at = random.random_range(0..=bytes.len());
        let letter = *LETTERS.choose(random).unwrap_or(&b'0');
        match random.random_range(0..4) {
            0 if at < bytes.len() => bytes[at] = letter,
            1 if at < bytes.len() => {
                bytes.remove(at);
            }
            2 => bytes.insert(at, letter),
            _ => bytes.truncate(at),
        }
    }
    bytes
}

#[test]
fn texts_are_read_and_refused_alike() {
    let mut random = seeded(2);
    let mut differences = Differences::default();
    let (mut valid, mut refused) = (0, 0);
    for _ in 0..crate::probes(2) {
        let spoiled = spoiled(&cell(&mut random).text, &mut random);
        let Ok(text) = String::from_utf8(spoiled) else { continue };
        let second = plane::decode(&text);
        let product = text.parse::<GridCell>();
        // Caps are looked up, not read, in the second implementation.
        let product = product.ok().filter(|cell| !cell.is_polar());
        if second.is_some() {
            valid += 1
        } else {
            refused += 1
        }
        match (&product, &second) {
            (Some(product), Some(second)) => compare_edges(*product, second, &mut differences),
            (None, None) => {}
            _ => differences.note(|| format!("{text:?}: product {product:?}, second {second:?}")),
        }
    }
    assert!(valid.min(refused) > crate::probes(10), "{valid} valid, {refused} refused");
    differences.none();
}

#[test]
fn steps_lead_to_the_same_cells() {
    let mut random = seeded(3);
    let mut differences = Differences::default();
    for _ in 0..crate::probes(8) {
        let second = cell(&mut random);
        let product: GridCell = second.text.parse().unwrap();
        let (east, north) = match random.random_range(0..4) {
            0 => (random.random_range(-100..=100), random.random_range(-100..=100)),
            1 => (random.random_range(-1_000_000..=1_000_000), 0),
            _ => (random.random_range(-1..=1), random.random_range(-1..=1)),
        };
        let moved = plane::moved(&second, i64::from(east), i64::from(north));
        let offset = product.offset(east, north);
        differences.compare(
            offset.map(|cell| cell.code().as_str().to_owned()),
            moved.map(|cell| cell.text),
            || format!("{} moved {east} {north}", second.text),
        );
    }
    differences.none();
}

#[test]
fn the_cells_around_are_the_same_and_in_order() {
    const CLOCKWISE: [(i64, i64); 8] =
        [(0, 1), (1, 1), (1, 0), (1, -1), (0, -1), (-1, -1), (-1, 0), (-1, 1)];
    let mut random = seeded(4);
    let mut differences = Differences::default();
    for _ in 0..crate::probes(40) {
        let second = cell(&mut random);
        let product: GridCell = second.text.parse().unwrap();
        let texts = |cells: Vec<GridCell>| -> Vec<String> {
            cells.iter().map(|cell| cell.code().as_str().to_owned()).collect()
        };
        let around = |steps: &[(i64, i64)]| -> Vec<String> {
            let cells = steps.iter().filter_map(|(e, n)| plane::moved(&second, *e, *n));
            cells.map(|cell| cell.text).collect()
        };
        let edges = CLOCKWISE.iter().copied().step_by(2).collect::<Vec<_>>();
        let input = || format!("around {}", second.text);
        differences.compare(texts(product.neighbours8().collect()), around(&CLOCKWISE), input);
        differences.compare(texts(product.neighbours4().collect()), around(&edges), input);
    }
    differences.none();
}

#[test]
fn reference_codes_name_the_same_cells() {
    const LETTERS: [char; 16] =
        ['0', '1', '2', '3', '4', '5', '6', '7', 'A', 'B', 'C', 'D', 'E', 'F', 'G', '8'];
    let mut random = seeded(5);
    let mut differences = Differences::default();
    let mut resolved = 0;
    for _ in 0..crate::probes(8) {
        let known = cell(&mut random);
        let mut text = known.text.clone();
        for segment in 0..random.random_range(1..4) {
            let kinds = if segment == 0 { 16 } else { 8 };
            let mut letter = || LETTERS[random.random_range(0..kinds)];
            text.push_str(&format!("-{}{}", letter(), letter()));
        }
        let second = refer::resolve(&text).map(|cell| cell.text);
        let product = resolve(&text).ok();
        resolved += u64::from(second.is_some());
        differences
            .compare(product.map(|cell| cell.code().as_str().to_owned()), second, || text.clone());
        // What the product tells must lead back by the second implementation.
        let reference: GridCell = known.text.parse().unwrap();
        if let Some(told) = product.and_then(|target| tell(target, reference).ok()) {
            let back = refer::resolve(&told).map(|cell| cell.text);
            let target = product.map(|cell| cell.code().as_str().to_owned());
            differences.compare(target, back, || format!("{told} told for {text}"));
        }
    }
    assert!(resolved > crate::probes(400), "only {resolved} resolved");
    differences.none();
}

#[test]
fn geosot_codes_are_the_same() {
    let mut random = seeded(6);
    let mut differences = Differences::default();
    let briggs = Briggs::default();
    for _ in 0..crate::probes(20) {
        let probe = Probe::draw(&mut random);
        let (lon, lat) = (probe.lon.exact, probe.lat.exact);
        if probe.doubtful() || lon.beyond(180) || lat.beyond(90) {
            continue;
        }
        let number = random.random_range(0..=32);
        let input = || format!("{:?} {:?} level {number}", probe.lon.degrees, probe.lat.degrees);
        let found = GeosotLevel::try_from(number)
            .and_then(|level| GeosotCell::from_lonlat(probe.lon.degrees, probe.lat.degrees, level));
        let second = geosot::encode(&lon, &lat, None, usize::from(number));
        differences.compare(found.as_ref().ok().map(|cell| cell.code()), second, input);
        let metres = probes::height(&mut random);
        let Some(height) = briggs.layer(metres).filter(|found| found.or.is_none()) else {
            continue;
        };
        let solid = found.ok().and_then(|cell| cell.code_at_height(metres).ok());
        let second = geosot::encode(&lon, &lat, Some(height.layer), usize::from(number));
        differences.compare(solid, second, || format!("{} height {metres:?}", input()));
    }
    differences.none();
}
