//! Blobs over time: what has been in the view for how long, and what it is.
//!
//! ```text
//! blob -> doubtful --seen as a thing for SURE_SECS--> thing --view as before for LOST_SECS--> forgotten
//!            \--seen as light or gone for HEAL_SECS--> part of the reference
//! ```
//! The longer a thing has been one, the longer it must look like light before it is taken for that; a thing
//! of an open case never is.

use super::{
    blob::Blob,
    judge::{Kind, Verdict},
    small::Patch,
};

/// A blob is a thing after it has looked like one for so long.
const SURE_SECS: f32 = 0.5;
/// A blob that is no thing belongs to the view after so long, and after a share of its time as a thing.
const HEAL_SECS: f32 = 4.0;
const HEAL_SHARE: f32 = 0.5;
const HEAL_SECS_MAX: f32 = 60.0;
/// A thing without a blob is forgotten after so long.
const LOST_SECS: f32 = 3.0;
/// A thing is still there while it is restless or looks like light for so long: somebody handles it, a shadow passes.
const DOUBT_SECS: f32 = 5.0;
/// Share of the smaller patch that makes two one.
const SAME_SHARE: f32 = 0.4;
/// Share of an assumed thing's place that must change for it to have gone.
const TAKEN_SHARE: f32 = 0.35;
/// Seconds that votes on the kind of a thing count for.
const VOTES_SECS: f32 = 30.0;

#[derive(Debug, Clone)]
pub struct Thing {
    pub patch: Patch,
    /// Since it was first seen.
    pub age_secs: f32,
    /// For which it has looked like a thing.
    pub sure_secs: f32,
    pub score: f32,
    heal_secs: f32,
    lost_secs: f32,
    /// Since it last looked like a thing.
    doubt_secs: f32,
    /// Already seen in this sample: another blob is a part of it.
    seen_now: bool,
    /// Votes for [`Kind`]s.
    votes: [f32; 3],
}

/// A thing that stands in the reference itself: it was there before a restart, in an open case.
#[derive(Debug, Clone, Copy)]
pub struct Assumed {
    pub patch: Patch,
    pub kind: Kind,
    /// How much of its place has changed since, in pixels.
    changed: usize,
}

impl Assumed {
    pub fn new(patch: Patch, kind: Kind) -> Self {
        Self { patch, kind, changed: 0 }
    }
}

#[derive(Default)]
pub struct Things {
    list: Vec<Thing>,
    pub assumed: Vec<Assumed>,
}

/// What becomes of the pixels of a blob.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// Not learnt, for now.
    Kept,
    /// Part of the view from now on.
    Learnt,
}

impl Thing {
    pub fn kind(&self) -> Kind {
        let [object, spill, ponding] = self.votes;
        match () {
            () if ponding > object && ponding > spill => Kind::Ponding,
            () if spill > object => Kind::Spill,
            () => Kind::Object,
        }
    }

    fn is_sure(&self) -> bool {
        self.sure_secs >= SURE_SECS && self.doubt_secs <= DOUBT_SECS
    }
}

impl Things {
    /// What is there now.
    pub fn present(&self) -> impl Iterator<Item = &Thing> {
        self.list.iter().filter(|thing| thing.is_sure())
    }

    /// Things and blobs of this moment. `held` are the places of open cases.
    pub fn step(
        &mut self,
        blobs: &[(Blob, Verdict)],
        held: &[Patch],
        keep_secs: f32,
        secs: f32,
    ) -> Vec<Fate> {
        for thing in &mut self.list {
            thing.lost_secs += secs;
            thing.doubt_secs += secs;
            thing.age_secs += secs;
            thing.seen_now = false;
        }
        let fates = blobs
            .iter()
            .map(|(blob, verdict)| {
                if self.is_where_an_assumed_thing_was(blob) {
                    return Fate::Learnt;
                }
                let thing = self.thing_of(blob);
                thing.see(blob, *verdict, secs);
                let is_held = held.iter().any(|patch| same(patch, &thing.patch));
                if !is_held && (thing.is_healed() || thing.age_secs > keep_secs) {
                    thing.lost_secs = f32::INFINITY;
                    return Fate::Learnt;
                }
                Fate::Kept
            })
            .collect();
        self.list.retain(|thing| thing.lost_secs <= LOST_SECS);
        fates
    }

    /// The view has changed as a whole: what was a thing of an open case is one still, unseen.
    pub fn assume(&mut self, held: &[Patch]) {
        let kept =
            self.list.iter().filter(|thing| held.iter().any(|patch| same(patch, &thing.patch)));
        self.assumed.extend(kept.map(|thing| Assumed::new(thing.patch, thing.kind())));
        self.list.clear();
    }

    /// A change within an assumed thing's place is learnt; after enough of them it has gone.
    fn is_where_an_assumed_thing_was(&mut self, blob: &Blob) -> bool {
        let mut within = false;
        self.assumed.retain_mut(|assumed| {
            let shared = blob.patch.shared(&assumed.patch);
            let inside = 2 * shared > blob.patch.area();
            within |= inside;
            // What lies inside is learnt, and so counts once; what covers it all at once has replaced it.
            assumed.changed += if inside { shared } else { 0 };
            let taken = TAKEN_SHARE * assumed.patch.area() as f32;
            (assumed.changed.max(shared) as f32) < taken
        });
        within
    }

    fn thing_of(&mut self, blob: &Blob) -> &mut Thing {
        let best = (0..self.list.len())
            .filter(|&index| same(&self.list[index].patch, &blob.patch))
            .max_by_key(|&index| self.list[index].patch.shared(&blob.patch));
        let index = best.unwrap_or_else(|| {
            self.list.push(Thing {
                patch: blob.patch,
                age_secs: 0.0,
                sure_secs: 0.0,
                score: 0.0,
                heal_secs: 0.0,
                lost_secs: 0.0,
                doubt_secs: 0.0,
                seen_now: false,
                votes: [0.0; 3],
            });
            self.list.len() - 1
        });
        &mut self.list[index]
    }
}

impl Thing {
    fn see(&mut self, blob: &Blob, verdict: Verdict, secs: f32) {
        if self.seen_now {
            self.patch = self.patch.with(&blob.patch);
            return;
        }
        self.seen_now = true;
        self.patch = blob.patch;
        self.lost_secs = 0.0;
        self.score = blob.looks.score;
        match verdict {
            Verdict::Thing(kind) => {
                self.sure_secs += secs;
                (self.heal_secs, self.doubt_secs) = (0.0, 0.0);
                let keep = 1.0 - (secs / VOTES_SECS).min(1.0);
                self.votes.iter_mut().for_each(|votes| *votes *= keep);
                self.votes[kind as usize] += secs;
            }
            Verdict::Gone | Verdict::Light => self.heal_secs += secs,
            Verdict::Restless => {}
        }
    }

    fn is_healed(&self) -> bool {
        let needed = HEAL_SECS + (HEAL_SHARE * self.sure_secs).min(HEAL_SECS_MAX);
        self.heal_secs >= needed
    }
}

fn same(a: &Patch, b: &Patch) -> bool {
    let smaller = a.area().min(b.area()).max(1);
    a.shared(b) as f32 >= SAME_SHARE * smaller as f32
}
