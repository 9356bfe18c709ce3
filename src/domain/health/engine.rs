//! The state machine of the module's diagram.

use super::{
    FAULTS, Fault, Picture,
    judge::{Stillness, shown, switches_light},
};
use crate::{
    base::time::{MediaTime, WallTime},
    domain::{frame::FrameStamp, wire::CameraCondition},
};
use std::time::Duration;

/// Frames further apart leave a hole that is evidence for nothing.
const FRAME_GAP_MAX: Duration = Duration::from_secs(10);
/// Good for this long, a suspicion is forgotten.
const SETTLE: Duration = Duration::from_secs(1);
/// Faults that take turns are told, as the one seen most, after this long together.
const WAVERING_MAX: Duration = Duration::from_secs(50);
/// A picture without colour is an infrared one after this long.
const SWITCH: Duration = Duration::from_secs(3);
const LEARN_EVERY: Duration = Duration::from_secs(1);
/// How far back the reference remembers.
const LEARN_MEMORY: Duration = Duration::from_secs(120);
/// A reference younger than this may show a lorry that stood there when the edge started ...
const ESTABLISHED: Duration = Duration::from_secs(60);
/// ... so a view that differs from it for this long is the view.
const UNESTABLISHED_RELEARN: Duration = Duration::from_secs(120);

#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Settings {
    /// A camera that was turned for this long is taken to be meant so. None: until a restart.
    pub relearn_after: Option<Duration>,
}

/// What shall become of the reference picture.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Learn {
    Nothing,
    /// The frame's share of the new mean.
    Blend(f32),
    /// The same for light and coarse structure alone: what is soft now must not be learnt as sharp enough.
    Light(f32),
    /// The frame is the reference.
    Anew,
}

/// What is told of a camera.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Public {
    pub condition: CameraCondition,
    pub since: WallTime,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Assessment {
    /// What this frame is worth: `Ok`, or the fault that it shows or may hide.
    pub condition: CameraCondition,
    pub learn: Learn,
}

/// For how long a fault was shown, less for how long it was not.
#[derive(Debug, Clone, Copy, Default)]
struct Evidence {
    span: Duration,
    since: Option<WallTime>,
}

#[derive(Debug, Default)]
pub struct HealthEngine {
    settings: Settings,
    last: Option<MediaTime>,
    stillness: Stillness,
    evidence: [Evidence; FAULTS.len()],
    wavering: Evidence,
    good: Duration,
    good_since: Option<WallTime>,
    /// A suspicion that has not been good for long enough since.
    lingering: Option<CameraCondition>,
    public: Option<Public>,
    before_offline: Option<Public>,
    reference: Reference,
    /// The reference is another footage's: it must be met, and learns nothing from this one.
    fixed: bool,
}

#[derive(Debug, Clone, Copy, Default)]
struct Reference {
    known: bool,
    /// Good time that went into it.
    age: Duration,
    unlearnt: Duration,
    /// For how long the view has been another one, and the light another kind.
    away: Duration,
    switched: Duration,
}

impl HealthEngine {
    pub fn new(settings: Settings) -> Self {
        Self { settings, ..Self::default() }
    }

    /// What is told now; none before the first good second.
    pub fn public(&self) -> Option<Public> {
        self.public
    }

    /// The frames to come are of another time, and must show the view that was learnt.
    pub fn another_footage(&mut self) {
        let Self { settings, reference, .. } = *self;
        *self = Self { settings, reference, fixed: reference.known, ..Self::default() };
    }

    /// The stream is lost; frames end it.
    pub fn offline(&mut self, at: WallTime) {
        if self.public.is_none_or(|public| public.condition != CameraCondition::Offline) {
            self.before_offline = self.public;
            self.public = Some(Public { condition: CameraCondition::Offline, since: at });
        }
        self.last = None;
    }

    /// A frame that cannot be read shows nothing, like a covered one.
    pub fn unreadable(&mut self, stamp: &FrameStamp) -> Assessment {
        let span = self.advance(stamp);
        self.judged(stamp, span, Some(CameraCondition::Covered));
        Assessment { condition: self.worth(Some(CameraCondition::Covered)), learn: Learn::Nothing }
    }

    pub fn step(&mut self, stamp: &FrameStamp, picture: &Picture) -> Assessment {
        let span = self.advance(stamp);
        self.stillness.step(span, picture);
        self.reference.known |= picture.view.is_some();
        let fault = shown(picture, self.stillness.is_frozen());
        if let Some(learn) = self.new_reference(span, picture, fault) {
            return Assessment { condition: self.worth(fault), learn };
        }
        self.judged(stamp, span, fault);
        Assessment { condition: self.worth(fault), learn: self.learn(span, picture, fault) }
    }

    /// The time that the frame stands for; ends `offline`.
    fn advance(&mut self, stamp: &FrameStamp) -> Duration {
        if self.public.is_some_and(|public| public.condition == CameraCondition::Offline) {
            let ok = Public { condition: CameraCondition::Ok, since: stamp.captured_at };
            let before = self.before_offline.take();
            let faulty = before.filter(|public| public.condition != CameraCondition::Ok);
            self.public = Some(faulty.unwrap_or(ok));
        }
        let last = self.last.replace(stamp.pts);
        let gap = last.map_or(Duration::ZERO, |last| stamp.pts.since(last));
        if gap > FRAME_GAP_MAX { Duration::ZERO } else { gap }
    }

    /// The reference is replaced where it can no longer be the right one.
    fn new_reference(
        &mut self,
        span: Duration,
        picture: &Picture,
        fault: Option<CameraCondition>,
    ) -> Option<Learn> {
        if self.fixed {
            return None;
        }
        use CameraCondition::{Blurred, Frozen, Moved, RainOnLens};
        let away = fault == Some(Moved);
        let reference = &mut self.reference;
        reference.away = if away { reference.away + span } else { Duration::ZERO };
        // Blind pictures have no colour either.
        let sees = matches!(fault, None | Some(Moved | Blurred | Frozen | RainOnLens));
        let switched = sees && switches_light(picture);
        reference.switched = if switched { reference.switched + span } else { Duration::ZERO };
        let relearn_after = match reference.age < ESTABLISHED {
            true => Some(UNESTABLISHED_RELEARN),
            false => self.settings.relearn_after,
        };
        let meant_so = away && relearn_after.is_some_and(|after| reference.away >= after);
        if !meant_so && reference.switched < SWITCH {
            return None;
        }
        self.reference = Reference { known: true, ..Reference::default() };
        self.evidence = Default::default();
        self.wavering = Evidence::default();
        Some(Learn::Anew)
    }

    /// Evidence and the public condition.
    fn judged(&mut self, stamp: &FrameStamp, span: Duration, fault: Option<CameraCondition>) {
        let at = stamp.captured_at;
        match fault {
            None => {
                self.good_since.get_or_insert(at);
                self.good += span;
            }
            Some(_) => (self.good, self.good_since, self.lingering) = (Duration::ZERO, None, fault),
        }
        if self.good >= SETTLE {
            self.lingering = None;
        }
        for (evidence, of) in self.evidence.iter_mut().zip(FAULTS) {
            evidence.step(span, fault == Some(of.condition), at, of.raise + of.clear);
        }
        self.wavering.step(span, fault.is_some(), at, WAVERING_MAX);
        self.decide(at);
    }

    fn decide(&mut self, at: WallTime) {
        let told = self.public.map(|public| public.condition);
        let is_told = |fault: &Fault| told == Some(fault.condition);
        if let Some(fault) = FAULTS.iter().find(|fault| is_told(fault)) {
            if self.good >= fault.clear {
                self.evidence = Default::default();
                self.wavering = Evidence::default();
                self.tell(CameraCondition::Ok, self.good_since.unwrap_or(at));
                return;
            }
        } else if told.is_none() && self.good >= SETTLE {
            self.tell(CameraCondition::Ok, self.good_since.unwrap_or(at));
        }
        let all = || self.evidence.iter().zip(FAULTS);
        let most = all().max_by_key(|(evidence, _)| evidence.span);
        let Some((evidence, fault)) = most.filter(|(_, fault)| !is_told(fault)) else { return };
        // A fault that is told gives way only to what has been shown for longer, in full.
        let wavers = self.wavering.span >= WAVERING_MAX && !FAULTS.iter().any(is_told);
        if evidence.span >= fault.raise {
            self.tell(fault.condition, evidence.since.unwrap_or(at));
        } else if wavers {
            self.tell(fault.condition, self.wavering.since.unwrap_or(at));
        }
    }

    fn tell(&mut self, condition: CameraCondition, since: WallTime) {
        self.public = Some(Public { condition, since });
    }

    /// What a frame that shows `fault` may be used for.
    fn worth(&self, fault: Option<CameraCondition>) -> CameraCondition {
        let told = self.public.map(|public| public.condition);
        fault
            .or(told.filter(|told| *told != CameraCondition::Ok))
            .or(self.lingering)
            .unwrap_or(CameraCondition::Ok)
    }

    fn learn(
        &mut self,
        span: Duration,
        picture: &Picture,
        fault: Option<CameraCondition>,
    ) -> Learn {
        use CameraCondition::{Blurred, Ok, RainOnLens};
        let worth = self.worth(fault);
        let reference = &mut self.reference;
        if self.fixed || !matches!(worth, Ok | Blurred | RainOnLens) {
            reference.unlearnt = Duration::ZERO;
            return Learn::Nothing;
        }
        if picture.view.is_none() {
            if worth != Ok {
                return Learn::Nothing;
            }
            *reference = Reference { known: true, ..Reference::default() };
            return Learn::Anew;
        }
        reference.unlearnt += span;
        if reference.unlearnt < LEARN_EVERY {
            return Learn::Nothing;
        }
        let fresh = std::mem::take(&mut reference.unlearnt);
        let whole = reference.age.min(LEARN_MEMORY) + fresh;
        let share = (fresh.as_secs_f64() / whole.as_secs_f64()) as f32;
        if worth != Ok {
            return Learn::Light(share);
        }
        reference.age += fresh;
        Learn::Blend(share)
    }
}

impl Evidence {
    fn step(&mut self, span: Duration, shown: bool, at: WallTime, span_max: Duration) {
        if shown {
            self.since.get_or_insert(at);
            self.span = (self.span + span).min(span_max);
        } else {
            self.span = self.span.saturating_sub(span);
            if self.span.is_zero() {
                self.since = None;
            }
        }
    }
}
