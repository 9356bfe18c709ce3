//! Heights and boxes, under every packing and sign convention.

use gridwarden::domain::grid::{
    GridCell, GridCell3, HeightLayer, HeightPacking, HeightScheme, HeightSign, layer_number,
};
use rand::{RngExt, seq::IndexedRandom};
use rand_chacha::ChaCha8Rng;

use crate::{
    Differences,
    cells::{cell, level, spoiled},
    probes, second,
    second::height::{Briggs, GRID, LENGTHS, PACKINGS, Packing, SIGNS, Sign, read, write},
    second::{plane, solid},
    seeded,
};

/// A scheme in both languages.
fn scheme(random: &mut ChaCha8Rng) -> (HeightScheme, Packing, Sign) {
    let packing = *PACKINGS.choose(random).unwrap_or(&Packing::Radix15);
    let sign = *SIGNS.choose(random).unwrap_or(&Sign::Mirror);
    let scheme = HeightScheme {
        packing: match packing {
            Packing::Radix15 => HeightPacking::Radix15,
            Packing::Linear32 => HeightPacking::Linear32,
            Packing::Geosot64 => HeightPacking::Geosot64,
        },
        sign: match sign {
            Sign::Mirror => HeightSign::Mirror,
            Sign::FloorAbs => HeightSign::FloorAbs,
            Sign::Twos => HeightSign::Twos,
        },
    };
    (scheme, packing, sign)
}

#[test]
fn heights_fall_into_the_same_layers() {
    let mut random = seeded(11);
    let mut differences = Differences::default();
    let briggs = Briggs::default();
    let mut doubtful = 0;
    for _ in 0..crate::probes(4) {
        let metres = probes::height(&mut random);
        let (scheme, packing, sign) = scheme(&mut random);
        let number = random.random_range(1..=10);
        let input = || format!("{metres:?} m level {number} {packing:?} {sign:?}");
        let product = layer_number(metres).ok();
        let second = briggs.layer(metres);
        let or = second.and_then(|found| found.or);
        doubtful += u64::from(or.is_some());
        // At both ends of the grid the other layer is none.
        if or.is_none() || product != or.filter(|layer| (-GRID..GRID).contains(layer)) {
            differences.compare(product, second.map(|found| found.layer), input);
        }
        let layer = HeightLayer::from_height(metres, level(number), scheme).ok();
        let digits = product.and_then(|n| write(n, packing, sign));
        let cut = digits.map(|digits| digits[..LENGTHS[number - 1]].to_owned());
        differences.compare(layer.map(|l| l.code().as_str().to_owned()), cut, input);
        if let Some(layer) = layer {
            let back = HeightLayer::parse(layer.code().as_str(), scheme).ok();
            differences.compare(back, Some(layer), input);
        }
    }
    assert!(doubtful < crate::probes(8), "{doubtful} heights lay on a face");
    differences.none();
}

#[test]
fn height_codes_are_read_and_refused_alike() {
    let mut random = seeded(12);
    let mut differences = Differences::default();
    let briggs = Briggs::default();
    let (mut valid, mut refused) = (0, 0);
    for _ in 0..crate::probes(40) {
        let (scheme, packing, sign) = scheme(&mut random);
        let layer = briggs.layer(probes::height(&mut random)).map_or(0, |found| found.layer);
        let digits = write(layer, packing, sign).unwrap_or_default();
        let cut = digits.get(..*LENGTHS.choose(&mut random).unwrap_or(&12)).unwrap_or_default();
        let Ok(text) = String::from_utf8(spoiled(cut, &mut random)) else { continue };
        let product = HeightLayer::parse(&text, scheme).ok();
        let second = read(&text, packing, sign);
        if second.is_some() {
            valid += 1
        } else {
            refused += 1
        }
        differences.compare(product.map(|layer| layer.layer_numbers()), second, || {
            format!("{text:?} {packing:?} {sign:?}")
        });
    }
    assert!(valid.min(refused) > crate::probes(200), "{valid} valid, {refused} refused");
    differences.none();
}

#[test]
fn boxes_have_the_same_codes() {
    let mut random = seeded(13);
    let mut differences = Differences::default();
    for _ in 0..crate::probes(10) {
        let flat = cell(&mut random);
        let metres = probes::height(&mut random);
        let (scheme, packing, sign) = scheme(&mut random);
        let product_cell: GridCell = flat.text.parse().unwrap();
        let product = GridCell3::at_height(product_cell, metres, scheme).ok();
        let digits = layer_number(metres).ok().and_then(|n| write(n, packing, sign));
        let joined = digits.and_then(|d| solid::join(&flat.text, &d[..LENGTHS[flat.level() - 1]]));
        let input = || format!("{} {metres:?} m {packing:?} {sign:?}", flat.text);
        differences.compare(product.map(|b| b.code().as_str().to_owned()), joined.clone(), input);
        // Reading, and refusing what is spoiled.
        let code = joined.unwrap_or_default();
        let Ok(text) = String::from_utf8(spoiled(&code, &mut random)) else { continue };
        let product = GridCell3::parse(&text, scheme).ok();
        let second = solid::split(&text)
            .filter(|(flat, high)| plane::decode(flat).is_some() && valid(high, packing, sign));
        differences.compare(
            product.map(|b| {
                (b.cell().code().as_str().to_owned(), b.layer().code().as_str().to_owned())
            }),
            second,
            || format!("{text:?} {packing:?} {sign:?}"),
        );
    }
    differences.none();
}

#[test]
fn the_boxes_around_are_the_same_and_in_order() {
    const CLOCKWISE: [(i64, i64); 8] =
        [(0, 1), (1, 1), (1, 0), (1, -1), (0, -1), (-1, -1), (-1, 0), (-1, 1)];
    let mut random = seeded(14);
    let mut differences = Differences::default();
    let briggs = Briggs::default();
    for _ in 0..crate::probes(100) {
        let flat = cell(&mut random);
        let (scheme, packing, sign) = scheme(&mut random);
        // Every third near the ellipsoid, where the signs meet, or at an end of the range.
        let layer = match random.random_range(0..6) {
            0 => random.random_range(-3..=3),
            1 if random.random() => GRID - 1 - random.random_range(0..3),
            1 => random.random_range(0..3) - GRID,
            _ => briggs.layer(probes::height(&mut random)).map_or(0, |found| found.layer),
        };
        let length = LENGTHS[flat.level() - 1];
        let cut =
            |layer: i64| write(layer, packing, sign).map(|digits| digits[..length].to_owned());
        let Some(here) = cut(layer) else { continue };
        let Some(range) = read(&here, packing, sign) else {
            differences.note(|| format!("{here} of layer {layer} is not read back"));
            continue;
        };
        let beside = |layer: i64| cut(layer).filter(|_| (-GRID..GRID).contains(&layer));
        let layers = [Some(here.clone()), beside(range.end), beside(range.start - 1)];
        let joined = |east: i64, north: i64, layer: &Option<String>| {
            let moved = plane::moved(&flat, east, north)?;
            solid::join(&moved.text, layer.as_ref()?)
        };
        let mut six: Vec<String> =
            CLOCKWISE.iter().step_by(2).filter_map(|(e, n)| joined(*e, *n, &layers[0])).collect();
        six.extend(layers[1..].iter().filter_map(|layer| joined(0, 0, layer)));
        let around = layers.iter().enumerate().flat_map(|(at, layer)| {
            let straight = (at > 0).then_some((0, 0));
            let joined = &joined;
            straight.into_iter().chain(CLOCKWISE).filter_map(move |(e, n)| joined(e, n, layer))
        });
        let around: Vec<String> = around.collect();
        let code = solid::join(&flat.text, &here).unwrap_or_default();
        let input = || format!("around {code} {packing:?} {sign:?}");
        let Ok(product) = GridCell3::parse(&code, scheme) else {
            differences.note(input);
            continue;
        };
        let texts = |boxes: Vec<GridCell3>| -> Vec<String> {
            boxes.iter().map(|solid| solid.code().as_str().to_owned()).collect()
        };
        differences.compare(texts(product.neighbours6().collect()), six, input);
        differences.compare(texts(product.neighbours26().collect()), around, input);
    }
    differences.none();
}

#[test]
fn keys_of_boxes_are_in_the_order_of_their_texts() {
    let mut random = seeded(15);
    let mut differences = Differences::default();
    let briggs = Briggs::default();
    for _ in 0..crate::probes(400) {
        let (scheme, packing, sign) = scheme(&mut random);
        let mut boxes: Vec<(u128, String)> = (0..20)
            .filter_map(|_| {
                let flat = cell(&mut random);
                let layer = briggs.layer(probes::height(&mut random))?.layer;
                let digits = write(layer, packing, sign)?;
                let text = solid::join(&flat.text, &digits[..LENGTHS[flat.level() - 1]])?;
                let solid = GridCell3::parse(&text, scheme).ok()?;
                let back = GridCell3::from_key(solid.key(), scheme).ok();
                differences.compare(back, Some(solid), || format!("{text} {packing:?} {sign:?}"));
                Some((solid.key(), text))
            })
            .collect();
        boxes.sort();
        for pair in boxes.windows(2) {
            differences.compare(pair[0].0.cmp(&pair[1].0), pair[0].1.cmp(&pair[1].1), || {
                format!("{pair:?} {packing:?} {sign:?}")
            });
        }
    }
    differences.none();
}

fn valid(high: &str, packing: Packing, sign: Sign) -> bool {
    second::height::read(high, packing, sign).is_some()
}
