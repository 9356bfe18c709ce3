//! From a cell to the cameras that see it, best first.
//!
//! In: cards, health and presence as edges announce them. Out: for a 2D or 3D cell of any level, or a
//! point, the cameras that see some of it; nothing is an answer. In memory only: a hub builds it from its
//! register and keeps it up to date.
//!
//! ```text
//!  buckets: level-5 cell (124 m) -> [ level-7 cell | parts | height | camera | error | px/m ] by cell
//!  query:   one bucket (or a range of buckets for a coarser cell), binary search, fold by camera, sort
//! ```
//! Invariants: an entry stands in the bucket of its cell's level-5 ancestor, buckets are sorted by cell
//! key, no bucket is empty. A query allocates its hits and its answer, nothing for each camera.
//!
//! The order of the answer is that of one integer ([`Seeing`] says of what): a camera that cannot see
//! now comes after all that can, with the reason.

use super::{CARD_LEVEL, footprint::fine_cells, parts::Parts};
use crate::domain::{
    geo::GeoPoint,
    grid::{GridCell, GridCell3, GridError, Level},
    ids::{CameraId, NodeId, PatternId},
    wire::{CameraCardData, CameraCondition, Presence},
};
use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    hash::{DefaultHasher, Hash, Hasher},
};

const BUCKET_LEVEL: Level = Level::Five;
/// Most cells taken from a card that gives codes only.
const PLAIN_CELLS_MAX: usize = 20_000;
/// Height of a cell whose card gave none: it lies at every height.
const EVERY_HEIGHT: i32 = i32::MIN;
/// Error of a cell whose card gave none, after all that did.
const UNKNOWN_ERROR: u16 = u16::MAX;

/// Heights at which something may lie, ellipsoidal metres.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct HeightSpan {
    pub low_metres: f64,
    pub high_metres: f64,
}

impl HeightSpan {
    /// A stated height is good to a few metres; a deck is at least 5 m over the road under it.
    const AROUND_METRES: f64 = 2.5;
    /// A layer's faces cut through things: its neighbours count so far.
    const BESIDE_METRES: f64 = 0.5;

    pub fn around(height_metres: f64) -> Self {
        Self {
            low_metres: height_metres - Self::AROUND_METRES,
            high_metres: height_metres + Self::AROUND_METRES,
        }
    }

    pub fn of_layer(solid: GridCell3) -> Self {
        let layer = solid.layer();
        Self {
            low_metres: layer.lower_metres() - Self::BESIDE_METRES,
            high_metres: layer.upper_metres() + Self::BESIDE_METRES,
        }
    }
}

/// What is asked about: a cell, at any height or within a span.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Spot {
    pub cell: GridCell,
    pub heights: Option<HeightSpan>,
}

impl Spot {
    /// A point is taken as its level-7 cell.
    pub fn at(point: GeoPoint, height_metres: Option<f64>) -> Result<Self, GridError> {
        let cell = GridCell::from_lonlat(point.lon_deg, point.lat_deg, CARD_LEVEL)?;
        Ok(Self { cell, heights: height_metres.map(HeightSpan::around) })
    }
}

impl From<GridCell> for Spot {
    fn from(cell: GridCell) -> Self {
        Self { cell, heights: None }
    }
}

impl From<GridCell3> for Spot {
    fn from(solid: GridCell3) -> Self {
        Self { cell: solid.cell(), heights: Some(HeightSpan::of_layer(solid)) }
    }
}

/// Why a camera cannot see now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Blind {
    /// Its node is not connected, or has never been heard.
    NodeAway,
    Condition(CameraCondition),
}

/// A camera's sight of a spot. The better of two: the one that can see now; then the larger share, in
/// quarters; the smaller error, in octaves; more pixels a metre, in octaves; then the smaller error.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Seeing<'a> {
    pub node: &'a NodeId,
    pub camera: &'a CameraId,
    pub blind: Option<Blind>,
    /// Share of the cell that it sees, over 0 to 1.
    pub share: f64,
    /// Best error in the cell; none where the camera's card does not say.
    pub error_metres: Option<f64>,
    pub px_per_metre: Option<f64>,
    /// Height of the ground that it sees there best.
    pub height_metres: Option<f64>,
}

#[derive(Debug, Clone)]
struct Camera {
    node: NodeId,
    id: CameraId,
    online: bool,
    condition: Option<CameraCondition>,
    patterns: Vec<PatternId>,
    /// Digest of the cells of the last card.
    cells_said: Option<u64>,
    /// Keys of the buckets that hold its entries.
    buckets: Vec<u64>,
}

impl Camera {
    fn blind(&self) -> Option<Blind> {
        match self.condition {
            _ if !self.online => Some(Blind::NodeAway),
            None | Some(CameraCondition::Ok) => None,
            Some(condition) => Some(Blind::Condition(condition)),
        }
    }
}

/// One camera's sight of one level-7 cell on one plane.
#[derive(Debug, Clone, Copy)]
struct Entry {
    cell_key: u64,
    parts: Parts,
    height_cm: i32,
    slot: u32,
    error_cm: u16,
    /// Pixels a metre, in tenths.
    density: u16,
}

/// Cameras by what they see.
#[derive(Debug, Clone, Default)]
pub struct CoverageIndex {
    cameras: Vec<Camera>,
    slots: HashMap<NodeId, HashMap<CameraId, u32>>,
    online: BTreeSet<NodeId>,
    buckets: BTreeMap<u64, Vec<Entry>>,
}

impl CoverageIndex {
    /// What a camera's card says replaces what its last one said. Cells that are no cells count nothing.
    pub fn set_card(&mut self, node: &NodeId, card: &CameraCardData) {
        let slot = self.slot(node, &card.camera);
        let camera = &mut self.cameras[slot as usize];
        camera.patterns = card.patterns.iter().map(|pattern| pattern.id.clone()).collect();
        // Cards come again every few seconds, nearly always with the same cells.
        let said = digest(card);
        if camera.cells_said.replace(said) == Some(said) {
            return;
        }
        self.forget_cells(slot);
        let mut entries = stated_entries(slot, card);
        if entries.is_empty() {
            entries = plain_entries(slot, &card.footprint);
        }
        entries.sort_unstable_by_key(|(bucket, entry)| (*bucket, entry.cell_key));
        let mut buckets = Vec::new();
        for group in entries.chunk_by(|(a, _), (b, _)| a == b) {
            let bucket = group[0].0;
            buckets.push(bucket);
            let held = self.buckets.entry(bucket).or_default();
            held.extend(group.iter().map(|(_, entry)| *entry));
            held.sort_by_key(|entry| entry.cell_key);
        }
        self.cameras[slot as usize].buckets = buckets;
    }

    pub fn set_condition(&mut self, node: &NodeId, camera: &CameraId, condition: CameraCondition) {
        let slot = self.slot(node, camera);
        self.cameras[slot as usize].condition = Some(condition);
    }

    pub fn set_presence(&mut self, node: &NodeId, presence: Presence) {
        let online = presence == Presence::Online;
        if online {
            self.online.insert(node.clone());
        } else {
            self.online.remove(node);
        }
        for slot in self.slots.get(node).into_iter().flat_map(HashMap::values) {
            self.cameras[*slot as usize].online = online;
        }
    }

    /// The cameras that see some of a spot, best first; only those that watch for `pattern`, if one is
    /// given.
    pub fn cameras_of(&self, spot: &Spot, pattern: Option<&PatternId>) -> Vec<Seeing<'_>> {
        let mut hits = self.hits(spot);
        // The same cell on two planes of one camera counts once, by the plane that shows more of it.
        hits.sort_unstable_by_key(|hit| {
            (hit.slot, hit.cell_key, u32::MAX - hit.parts.count(), hit.error_cm)
        });
        hits.dedup_by_key(|hit| (hit.slot, hit.cell_key));
        let of_parts = match spot.cell.level() {
            level if level > CARD_LEVEL => 1.0,
            level => fine_cells(level) * f64::from(Parts::ALL.count()),
        };
        let mut ranked: Vec<(u64, Seeing<'_>)> = hits
            .chunk_by(|a, b| a.slot == b.slot)
            .filter_map(|of_camera| {
                let camera = &self.cameras[of_camera[0].slot as usize];
                let knows = pattern.is_none_or(|pattern| camera.patterns.contains(pattern));
                knows.then(|| sight_of(camera, of_camera, of_parts))
            })
            .collect();
        ranked.sort_unstable_by(|(a, x), (b, y)| a.cmp(b).then_with(|| x.camera.cmp(y.camera)));
        ranked.into_iter().map(|(_, seeing)| seeing).collect()
    }

    /// Entries that show some of a spot, their parts narrowed to it.
    fn hits(&self, spot: &Spot) -> Vec<Entry> {
        let cell = spot.cell;
        let (keys, wanted) = match cell.ancestor(CARD_LEVEL) {
            Some(seven) if cell.level() > CARD_LEVEL => {
                (seven.key()..seven.key() + 1, Parts::at(seven, cell.centre()))
            }
            _ => (cell.key_range(), Parts::ALL),
        };
        let buckets = match cell.ancestor(BUCKET_LEVEL) {
            Some(bucket) => bucket.key()..bucket.key() + 1,
            None => cell.key_range(),
        };
        let heights = spot.heights.map(|span| {
            let cm = |metres: f64| (metres * 100.0) as i32;
            cm(span.low_metres)..=cm(span.high_metres)
        });
        let mut hits = Vec::new();
        for bucket in self.buckets.range(buckets).map(|(_, bucket)| bucket) {
            let first = bucket.partition_point(|entry| entry.cell_key < keys.start);
            let inside = bucket[first..].iter().take_while(|entry| entry.cell_key < keys.end);
            hits.extend(inside.filter_map(|entry| {
                let parts = entry.parts.and(wanted);
                let at_height = entry.height_cm == EVERY_HEIGHT
                    || heights.as_ref().is_none_or(|span| span.contains(&entry.height_cm));
                (at_height && !parts.is_none()).then_some(Entry { parts, ..*entry })
            }));
        }
        hits
    }

    fn slot(&mut self, node: &NodeId, camera: &CameraId) -> u32 {
        if let Some(slot) = self.slots.get(node).and_then(|cameras| cameras.get(camera)) {
            return *slot;
        }
        let slot = self.cameras.len() as u32;
        self.cameras.push(Camera {
            node: node.clone(),
            id: camera.clone(),
            online: self.online.contains(node),
            condition: None,
            patterns: Vec::new(),
            cells_said: None,
            buckets: Vec::new(),
        });
        self.slots.entry(node.clone()).or_default().insert(camera.clone(), slot);
        slot
    }

    fn forget_cells(&mut self, slot: u32) {
        for bucket in std::mem::take(&mut self.cameras[slot as usize].buckets) {
            if let Some(entries) = self.buckets.get_mut(&bucket) {
                entries.retain(|entry| entry.slot != slot);
                if entries.is_empty() {
                    self.buckets.remove(&bucket);
                }
            }
        }
    }
}

/// A camera's hits as one sight and its rank; smaller ranks are better.
fn sight_of<'a>(camera: &'a Camera, hits: &[Entry], of_parts: f64) -> (u64, Seeing<'a>) {
    let blind = camera.blind();
    let seen: u64 = hits.iter().map(|hit| u64::from(hit.parts.count())).sum();
    let best = hits.iter().min_by_key(|hit| hit.error_cm).unwrap_or(&hits[0]);
    let share = (seen as f64 / of_parts).min(1.0);
    let quarters_missing = 3 - (share * 4.0).min(3.0) as u64;
    let octave = |value: u16| u64::from(u16::BITS - value.leading_zeros());
    let rank = u64::from(blind.is_some()) << 40
        | quarters_missing << 36
        | octave(best.error_cm) << 28
        | (16 - octave(best.density)) << 20
        | u64::from(best.error_cm);
    let known = best.error_cm != UNKNOWN_ERROR;
    let seeing = Seeing {
        node: &camera.node,
        camera: &camera.id,
        blind,
        share,
        error_metres: known.then(|| f64::from(best.error_cm) / 100.0),
        px_per_metre: known.then(|| f64::from(best.density) / 10.0),
        height_metres: (best.height_cm != EVERY_HEIGHT).then(|| f64::from(best.height_cm) / 100.0),
    };
    (rank, seeing)
}

fn digest(card: &CameraCardData) -> u64 {
    let mut hasher = DefaultHasher::new();
    card.footprint.hash(&mut hasher);
    for cell in &card.cells {
        (&cell.code_3d, &cell.parts).hash(&mut hasher);
        let numbers = [cell.height_metres, cell.error_metres, cell.px_per_metre];
        numbers.map(f64::to_bits).hash(&mut hasher);
    }
    hasher.finish()
}

/// Entries of a card that says how well each cell is seen, with their buckets.
fn stated_entries(slot: u32, card: &CameraCardData) -> Vec<(u64, Entry)> {
    card.cells
        .iter()
        .filter_map(|stated| {
            let solid: GridCell3 = stated.code_3d.parse().ok()?;
            let cell = solid.cell();
            let bucket = cell.ancestor(BUCKET_LEVEL)?.key();
            let parts = match &stated.parts {
                Some(text) => text.parse().ok()?,
                None => Parts::ALL,
            };
            let entry = Entry {
                cell_key: cell.key(),
                parts,
                height_cm: ((stated.height_metres * 100.0) as i32).max(EVERY_HEIGHT + 1),
                slot,
                error_cm: ((stated.error_metres * 100.0) as u16).min(UNKNOWN_ERROR - 1),
                density: (stated.px_per_metre * 10.0) as u16,
            };
            (cell.level() == CARD_LEVEL).then_some((bucket, entry))
        })
        .collect()
}

/// Entries of a card that gives 2D codes only: seen, nobody knows how well.
fn plain_entries(slot: u32, codes: &[String]) -> Vec<(u64, Entry)> {
    let mut cells: BTreeMap<GridCell, Parts> = BTreeMap::new();
    for cell in codes.iter().filter_map(|code| code.parse::<GridCell>().ok()) {
        if cells.len() >= PLAIN_CELLS_MAX {
            break;
        }
        match cell.ancestor(CARD_LEVEL) {
            Some(seven) => {
                let finer = cell.level() > CARD_LEVEL;
                let parts = if finer { Parts::at(seven, cell.centre()) } else { Parts::ALL };
                let held = cells.entry(seven).or_insert(Parts::NONE);
                *held = held.or(parts);
            }
            None => {
                let room = PLAIN_CELLS_MAX - cells.len();
                let inside = cell.descendants(CARD_LEVEL).into_iter().flatten().take(room);
                cells.extend(inside.map(|seven| (seven, Parts::ALL)));
            }
        }
    }
    let entry = |(cell, parts): (GridCell, Parts)| {
        let entry = Entry {
            cell_key: cell.key(),
            parts,
            height_cm: EVERY_HEIGHT,
            slot,
            error_cm: UNKNOWN_ERROR,
            density: 0,
        };
        Some((cell.ancestor(BUCKET_LEVEL)?.key(), entry))
    };
    cells.into_iter().filter_map(entry).collect()
}
