//! The deterministic heart of the edge: frame stamps and detections in, case facts out.
//!
//! Same inputs, same facts: no clock, no randomness but the injected [`IdSource`]. One analyser per
//! camera. Frames must come in order of `pts`.
//!
//! ```text
//! detections -> (reference pixels) -> Tracker -> ZoneRule* -> case book -> [CaseFact]
//! ```

use super::{
    case::{CaseFact, CaseState, Subject, mute::Mute},
    detection::{Detection, ModelRef},
    exception::Exception,
    frame::FrameStamp,
    ground::GroundView,
    ids::{CaseId, ClassName, IdSource},
    observation::{Observation, RuleEvent, StayId},
    pixel::PixelBox,
    place::place_of,
    rule::{
        RuleFrame, ZoneRule,
        candidate::{Candidate, Now},
    },
    scene::{Scene, Zone},
    taxonomy::Pattern,
    track::{Track, Tracker, TrackerConfig, TrackerCounters},
    wire::{CameraCondition, EvidenceData, FactKind},
};
use crate::base::time::{MediaTime, WallTime};
use std::{
    collections::{BTreeMap, VecDeque},
    sync::Arc,
    time::Duration,
};

/// An open case says that it is still there at least this often.
const SEEN_EVERY: Duration = Duration::from_secs(60);
/// Ended cases kept for evidence that is still being made (a clip ends after its event).
const ENDED_MAX: usize = 64;

/// Media time begins here, so that a moment before the start of the run has a media time as well.
const BEFORE_RUN: Duration = Duration::from_secs(400 * 24 * 3600);
const RUN_BEGINS: MediaTime = MediaTime::from_nanos(BEFORE_RUN.as_nanos() as u64);
/// Candidates of one camera that are kept over a restart, the longest first.
const CANDIDATES_MAX: usize = 256;

/// Spots that may be quiet at once; the oldest gives way.
const MUTES_MAX: usize = 256;

/// What one analysed frame led to.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Step {
    pub facts: Vec<CaseFact>,
    /// Tracks seen in this frame, in reference pixels.
    pub tracks: Vec<Track>,
}

struct OpenCase {
    state: CaseState,
    /// Dwell from before the last restart, on top of what the rule has measured since.
    dwell_before_secs: f64,
    reported_at: MediaTime,
}

/// A rule and a stay within it.
type StayKey = (usize, StayId);

pub struct Analyser {
    scene: Scene,
    ground: Option<GroundView>,
    model: ModelRef,
    tracker: Tracker,
    rules: Vec<ZoneRule>,
    open: BTreeMap<StayKey, OpenCase>,
    ended: VecDeque<CaseState>,
    mutes: VecDeque<Mute>,
    /// From before the restart, until the first frame says what time it is.
    waiting: Vec<Candidate>,
    now: Option<Now>,
    ids: Box<dyn IdSource>,
}

impl Analyser {
    /// `patterns` pairs each pattern with the zones (of `scene`) that it watches.
    pub fn new(
        scene: Scene,
        ground: Option<GroundView>,
        model: ModelRef,
        patterns: &[(Arc<Pattern>, Vec<super::ids::ZoneId>)],
        run: u32,
        ids: Box<dyn IdSource>,
    ) -> Self {
        let exceptions: Vec<_> = scene.exceptions.iter().cloned().map(Arc::new).collect();
        let rules = patterns
            .iter()
            .flat_map(|(pattern, zones)| {
                let zones = zones.iter().filter_map(|id| scene.zone(id));
                let of_pattern = |exception: &&Arc<Exception>| exception.is_of(&pattern.id);
                let exceptions: Vec<_> = exceptions.iter().filter(of_pattern).cloned().collect();
                let rule = |zone: &Zone| {
                    ZoneRule::new(pattern.clone(), zone.clone()).with_exceptions(exceptions.clone())
                };
                zones.map(rule).collect::<Vec<_>>()
            })
            .collect();
        Self {
            scene,
            ground,
            model,
            tracker: Tracker::new(TrackerConfig::default(), run),
            rules,
            open: BTreeMap::new(),
            ended: VecDeque::new(),
            mutes: VecDeque::new(),
            waiting: Vec::new(),
            now: None,
            ids,
        }
    }

    pub fn scene(&self) -> &Scene {
        &self.scene
    }

    /// What the open cases are about and where it stands, in reference pixels.
    pub fn open_subjects(&self) -> impl Iterator<Item = (&ClassName, PixelBox)> {
        let size = self.scene.reference_size;
        self.open.values().map(move |case| {
            let Subject { class, .. } = &case.state.subject;
            let bbox = case.state.subject.bbox();
            (class, bbox.scaled(size.width_px as f32, size.height_px as f32))
        })
    }

    pub fn counters(&self) -> TrackerCounters {
        self.tracker.counters()
    }

    /// Take up cases that were open before a restart, so that the same stall is not a second case.
    /// Returns those whose pattern or zone is no longer configured; they stay open for people to end.
    pub fn restore(&mut self, cases: Vec<CaseState>) -> Vec<CaseState> {
        let mut orphans = Vec::new();
        for state in cases {
            let rule = self.rules.iter().position(|rule| {
                rule.pattern().id == state.pattern.id && rule.zone().id == state.zone
            });
            let Some(index) = rule else {
                orphans.push(state);
                continue;
            };
            let size = self.scene.reference_size;
            let bbox = state.subject.bbox().scaled(size.width_px as f32, size.height_px as f32);
            let class = state.subject.class.clone();
            let Some(stay) = self.rules[index].restore(class, bbox, RUN_BEGINS) else {
                orphans.push(state);
                continue;
            };
            let dwell_before_secs =
                state.dwell_secs - self.rules[index].pattern().dwell.as_secs_f64();
            self.open.insert(
                (index, stay),
                OpenCase { state, dwell_before_secs, reported_at: RUN_BEGINS },
            );
        }
        orphans
    }

    /// A person called a case of this camera a false alarm: its spot is quiet for a while.
    pub fn mute(&mut self, mute: Mute) {
        if self.mutes.len() == MUTES_MAX {
            self.mutes.pop_front();
        }
        self.mutes.push_back(mute);
    }

    /// What has stood for long and is no case yet, to be kept over a restart.
    pub fn candidates(&self) -> Vec<Candidate> {
        let Some(now) = self.now else { return self.waiting.clone() };
        let size = self.scene.reference_size;
        let kept = self.rules.iter().flat_map(|rule| rule.candidates_kept(now, size));
        let mut kept: Vec<Candidate> = kept.collect();
        kept.sort_by_key(|candidate| std::cmp::Reverse(candidate.held_millis));
        kept.truncate(CANDIDATES_MAX);
        kept
    }

    /// Goes on with them, where the first frame comes soon enough. After [`Self::restore`].
    pub fn resume(&mut self, candidates: Vec<Candidate>) {
        self.waiting = candidates;
    }

    fn resume_waiting(&mut self, now: Now) {
        let size = self.scene.reference_size;
        for kept in std::mem::take(&mut self.waiting) {
            let mut rules = self.rules.iter_mut();
            let of = |rule: &&mut ZoneRule| {
                rule.pattern().id == kept.pattern && rule.zone().id == kept.zone
            };
            if let Some(rule) = rules.find(of) {
                rule.resume(&kept, now, size);
            }
        }
    }

    /// The node ended this case on the word of other cameras: what stands there from now on begins anew.
    pub fn forget(&mut self, case_id: CaseId) {
        let of = |(_, case): &(&StayKey, &OpenCase)| case.state.case_id == case_id;
        let Some(key) = self.open.iter().find(of).map(|(key, _)| *key) else { return };
        self.open.remove(&key);
        self.rules[key.0].forget(key.1);
    }

    /// One analysed frame. `detections` are in stream pixels; on a blind frame they are not looked at.
    pub fn step(
        &mut self,
        stamp: &FrameStamp,
        condition: CameraCondition,
        detections: &[Detection],
    ) -> Step {
        let stamp = &FrameStamp { pts: stamp.pts.plus(BEFORE_RUN), ..*stamp };
        let now = Now { pts: stamp.pts, at: stamp.captured_at };
        self.now = Some(now);
        if !self.waiting.is_empty() {
            self.resume_waiting(now);
        }
        let (sx, sy) = self.scene.reference_from_stream(stamp.size);
        let tracks = if condition.shows_things() {
            let scaled: Vec<Detection> = detections
                .iter()
                .map(|d| Detection { bbox: d.bbox.scaled(sx, sy), ..d.clone() })
                .collect();
            self.tracker.step(stamp.pts, &scaled)
        } else {
            Vec::new()
        };

        let frame = RuleFrame {
            pts: stamp.pts,
            at: stamp.captured_at,
            valid: condition.shows_things(),
            clear: condition.proves_absence(),
            tracks: &tracks,
        };
        let events: Vec<(usize, RuleEvent)> = self
            .rules
            .iter_mut()
            .enumerate()
            .flat_map(|(index, rule)| {
                rule.step(&frame).into_iter().map(move |event| (index, event))
            })
            .collect();
        let facts = events
            .into_iter()
            .filter_map(|(index, event)| match event {
                RuleEvent::Confirmed(seen) => self.confirmed(stamp, index, &seen),
                RuleEvent::Holds(seen) if self.open.contains_key(&(index, seen.stay)) => {
                    self.still_seen(stamp, index, &seen)
                }
                // Confirmed on a spot that was quiet then.
                RuleEvent::Holds(seen) => self.confirmed(stamp, index, &seen),
                RuleEvent::Ended(seen) => self.gone(stamp, index, &seen),
            })
            .collect();
        Step { facts, tracks }
    }

    /// Adds evidence to a fact that has not been stored yet, and to the case from here on.
    pub fn attach(&mut self, fact: &mut CaseFact, evidence: Vec<EvidenceData>) {
        fact.state.evidence.extend(evidence.iter().cloned());
        if let Some(case) =
            self.open.values_mut().find(|case| case.state.case_id == fact.state.case_id)
        {
            case.state.evidence.extend(evidence);
        }
    }

    /// Evidence that took longer than the fact, such as a clip: a further revision of the case.
    pub fn add_evidence(
        &mut self,
        case_id: CaseId,
        evidence: Vec<EvidenceData>,
        at: WallTime,
    ) -> Option<CaseFact> {
        let open = self.open.values_mut().map(|case| &mut case.state);
        let state = open.chain(self.ended.iter_mut()).find(|state| state.case_id == case_id)?;
        state.evidence.extend(evidence);
        state.revision += 1;
        let kind = if state.is_open() { FactKind::Seen } else { FactKind::Gone };
        Some(CaseFact { kind, at, state: state.clone() })
    }

    /// A case, unless its spot is muted.
    fn confirmed(
        &mut self,
        stamp: &FrameStamp,
        index: usize,
        seen: &Observation,
    ) -> Option<CaseFact> {
        let (at, place) = (stamp.captured_at, self.subject(seen).bbox());
        self.mutes.retain(|mute| at < mute.until);
        let rule = &self.rules[index];
        let (pattern, zone) = (&rule.pattern().id, &rule.zone().id);
        let quiet = self.mutes.iter().any(|mute| mute.silences(pattern, zone, &place, at));
        (!quiet).then(|| self.opened(stamp, index, seen))
    }

    fn opened(&mut self, stamp: &FrameStamp, index: usize, seen: &Observation) -> CaseFact {
        let rule = &self.rules[index];
        let pattern = rule.pattern();
        let state = CaseState {
            case_id: CaseId(self.ids.next_uuid(stamp.captured_at)),
            revision: 1,
            camera: self.scene.camera.clone(),
            pattern: pattern.data(),
            families: pattern.families.clone(),
            event: pattern.event.clone(),
            priority: pattern.priority,
            suspected: pattern.suspected,
            zone: rule.zone().id.clone(),
            asset: rule.zone().asset.clone(),
            subject: self.subject(seen),
            place: place_of(self.ground.as_ref(), &seen.members, self.scene.reference_size),
            first_seen_at: wall_at(stamp, seen.first_seen),
            confirmed_at: stamp.captured_at,
            last_seen_at: wall_at(stamp, seen.last_seen),
            gone_at: None,
            dwell_secs: round_millis(seen.dwell_secs),
            count: seen.count,
            score: seen.score,
            model: self.model.clone(),
            clock: stamp.clock,
            evidence: Vec::new(),
            witnesses: Vec::new(),
            possibly_same_as: Vec::new(),
        };
        let fact = CaseFact { kind: FactKind::Opened, at: stamp.captured_at, state: state.clone() };
        self.open.insert(
            (index, seen.stay),
            OpenCase { state, dwell_before_secs: 0.0, reported_at: stamp.pts },
        );
        fact
    }

    fn still_seen(
        &mut self,
        stamp: &FrameStamp,
        index: usize,
        seen: &Observation,
    ) -> Option<CaseFact> {
        let subject = self.subject(seen);
        let case = self.open.get_mut(&(index, seen.stay))?;
        case.update(stamp, seen, subject);
        if stamp.pts.since(case.reported_at) < SEEN_EVERY {
            return None;
        }
        case.reported_at = stamp.pts;
        case.state.revision += 1;
        Some(CaseFact { kind: FactKind::Seen, at: stamp.captured_at, state: case.state.clone() })
    }

    fn gone(&mut self, stamp: &FrameStamp, index: usize, seen: &Observation) -> Option<CaseFact> {
        let mut case = self.open.remove(&(index, seen.stay))?;
        case.state.gone_at = Some(stamp.captured_at);
        case.state.revision += 1;
        if self.ended.len() == ENDED_MAX {
            self.ended.pop_front();
        }
        self.ended.push_back(case.state.clone());
        Some(CaseFact { kind: FactKind::Gone, at: stamp.captured_at, state: case.state })
    }

    fn subject(&self, seen: &Observation) -> Subject {
        let size = self.scene.reference_size;
        let fraction = |bbox: &PixelBox| {
            let PixelBox { x1, y1, x2, y2 } =
                bbox.scaled(1.0 / size.width_px as f32, 1.0 / size.height_px as f32);
            [x1, y1, x2, y2]
        };
        let members = if seen.members.len() > 1 { &seen.members[..] } else { &[] };
        Subject {
            class: seen.class.clone(),
            box_fraction: fraction(&seen.bbox),
            members_fraction: members.iter().map(fraction).collect(),
        }
    }
}

impl OpenCase {
    fn update(&mut self, stamp: &FrameStamp, seen: &Observation, subject: Subject) {
        self.state.subject = subject;
        self.state.last_seen_at = wall_at(stamp, seen.last_seen);
        self.state.dwell_secs = round_millis(self.dwell_before_secs + seen.dwell_secs);
        self.state.count = self.state.count.max(seen.count);
        self.state.score = self.state.score.max(seen.score);
    }
}

/// Wall time of an earlier moment of the same run.
fn wall_at(stamp: &FrameStamp, earlier: MediaTime) -> WallTime {
    stamp.captured_at.minus(stamp.pts.since(earlier))
}

fn round_millis(secs: f64) -> f64 {
    (secs * 1000.0).round() / 1000.0
}

#[cfg(test)]
#[path = "analyser_tests.rs"]
mod tests;
