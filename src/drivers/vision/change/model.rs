//! The view over time: what is new in it and stays.
//!
//! ```text
//! sample -> median of the latest -> difference to the reference, light taken out -> blobs -> things
//!                                       ^ learns slowly, not where a thing is, nor where one is hidden
//! ```

use super::{
    blob::{self, Blob, Finder},
    judge::{Verdict, judge},
    light::Light,
    plume::Plumes,
    recent::Recent,
    reference::{Difference, Reference},
    small::{Patch, Small},
    things::{Fate, Things},
};

/// A known thing hides its place for a while after it was last seen there, as detectors blink: the longer,
/// the longer it stood there.
const HIDDEN_SECS_MIN: f32 = 1.0;
const HIDDEN_SHARE: f32 = 0.5;
const HIDDEN_SECS_MAX: f32 = 6.0;
/// Pixels about a blob that are not learnt either.
const MARGIN_PX: usize = 3;
/// More of the view than this never changes at once but by light, a moved camera or a fault.
const UPSET_SHARE: f32 = 0.3;
/// After so long the upset view is the view.
const UPSET_SECS: f32 = 20.0;

/// A blob that is mostly veiled is the veil.
const VEILED_SHARE_MAX: f32 = 0.3;

pub struct Model {
    recent: Recent,
    pub reference: Reference,
    pub difference: Difference,
    finder: Finder,
    pub things: Things,
    /// Not looked for where none is wanted.
    pub plumes: Option<Plumes>,
    /// Seconds until a pixel counts as seen again, and for how long a known thing has been there.
    hidden: Vec<f32>,
    covered: Vec<f32>,
    /// Pixels of things.
    stays: Vec<bool>,
    /// Pixels of plumes.
    veils: Vec<bool>,
    upset_secs: f32,
    scratch: Vec<bool>,
}

/// What is known of a view beyond its pixels.
#[derive(Debug, Clone, Copy)]
pub struct Given<'a> {
    /// Things that the detector has a name for.
    pub known: &'a [Patch],
    /// Places of open cases: nothing there is ever learnt.
    pub held: &'a [Patch],
    /// For how long a thing without a case is kept apart from the view.
    pub keep_secs: f32,
}

impl Model {
    pub fn new(width: usize, height: usize, plumes: bool) -> Self {
        let pixels = width * height;
        Self {
            recent: Recent::new(width, height),
            reference: Reference::new(width, height),
            difference: Difference::new(width, height),
            finder: Finder::new(width, height),
            things: Things::default(),
            plumes: plumes.then(|| Plumes::new(width, height)),
            hidden: vec![0.0; pixels],
            covered: vec![0.0; pixels],
            stays: vec![false; pixels],
            veils: vec![false; pixels],
            upset_secs: 0.0,
            scratch: vec![false; pixels],
        }
    }

    /// Bytes that it holds, but for the lists of things.
    #[cfg(test)]
    pub fn bytes(&self) -> usize {
        let flags = self.stays.len() + self.veils.len() + self.scratch.len();
        let times = 4 * (self.hidden.len() + self.covered.len());
        self.recent.bytes()
            + self.reference.bytes()
            + self.difference.bytes()
            + self.finder.bytes()
            + self.plumes.as_ref().map_or(0, Plumes::bytes)
            + flags
            + times
    }

    /// `secs` since the last sample.
    pub fn step(&mut self, sample: &Small, given: &Given<'_>, secs: f32) -> Vec<(Blob, Verdict)> {
        let (width, height) = (sample.width, sample.height);
        let pixels = width * height;
        let hidden = self.hide(given.known, width, secs);
        let brightening = self.recent.brightening(sample, &hidden);
        self.recent.push(sample, &hidden, brightening);
        let now = self.recent.median();
        for at in (0..pixels).filter(|&at| self.recent.knows(at)) {
            if !self.reference.known[at] {
                self.reference.take(now, at);
            }
        }
        let mut free: Vec<bool> = (0..pixels)
            .map(|at| self.reference.known[at] && !hidden[at] && !self.stays[at] && !self.veils[at])
            .collect();
        let light = Light::of(now, &self.reference, &free);
        self.reference.difference(now, &light, &mut self.difference);
        self.veils.fill(false);
        if let Some(plumes) = &mut self.plumes {
            plumes.step(sample, &self.reference, &self.difference, &hidden, secs, &mut self.veils);
        }
        let found = self.finder.find(&self.difference.score, width, height);
        let changed: usize = found.iter().map(|(_, pixels)| pixels.len()).sum();
        if changed as f32 > UPSET_SHARE * pixels as f32 {
            self.upset(given.held, secs);
            return Vec::new();
        }
        self.upset_secs = 0.0;
        let view = blob::View {
            now,
            sample,
            reference: &self.reference,
            difference: &self.difference,
            brightening,
            hidden: &hidden,
        };
        let blobs: Vec<(Blob, Verdict)> = found
            .into_iter()
            .map(|(patch, inside)| {
                let looks = blob::looks(&inside, patch, &view, &mut self.scratch);
                let share = |mask: &[bool]| {
                    inside.iter().filter(|at| mask[**at]).count() as f32 / inside.len() as f32
                };
                let verdict = match share(&self.veils) > VEILED_SHARE_MAX {
                    true => Verdict::Restless,
                    false => judge(&looks, inside.len() as f32 / pixels as f32),
                };
                (Blob { patch, pixels: inside, looks }, verdict)
            })
            .collect();
        self.stays.fill(false);
        for (fate, (blob, _)) in
            self.things.step(&blobs, given.held, given.keep_secs, secs).iter().zip(&blobs)
        {
            for at in blob.patch.grown(MARGIN_PX, width, height).pixels(width) {
                free[at] = false;
            }
            for &at in &blob.pixels {
                match fate {
                    Fate::Kept => self.stays[at] = true,
                    Fate::Learnt => self.reference.take(now, at),
                }
            }
        }
        self.reference.learn(now, &light, &free, secs);
        self.reference.watch_noise(now, sample, brightening, &free);
        blobs
    }

    fn hide(&mut self, known: &[Patch], width: usize, secs: f32) -> Vec<bool> {
        self.hidden.iter_mut().for_each(|left| *left = (*left - secs).max(0.0));
        self.scratch.fill(false);
        known.iter().flat_map(|patch| patch.pixels(width)).for_each(|at| self.scratch[at] = true);
        for (at, covers) in self.scratch.iter_mut().enumerate() {
            let covered = &mut self.covered[at];
            if std::mem::take(covers) {
                *covered = (*covered + secs).min(HIDDEN_SECS_MAX / HIDDEN_SHARE);
                let left = HIDDEN_SECS_MIN + HIDDEN_SHARE * *covered;
                self.hidden[at] = left.min(HIDDEN_SECS_MAX);
            } else if self.hidden[at] == 0.0 {
                *covered = 0.0;
            }
        }
        self.hidden.iter().map(|left| *left > 0.0).collect()
    }

    fn upset(&mut self, held: &[Patch], secs: f32) {
        self.upset_secs += secs;
        if self.upset_secs >= UPSET_SECS {
            let now = self.recent.median();
            let seen = |at: &usize| self.recent.knows(*at);
            (0..self.stays.len()).filter(seen).for_each(|at| self.reference.take(now, at));
            self.things.assume(held);
            self.stays.fill(false);
            self.upset_secs = 0.0;
        }
    }
}
