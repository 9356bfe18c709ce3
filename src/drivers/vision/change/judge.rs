//! What a blob is taken for: a thing, what a thing has left behind, or light.
//!
//! | | how it is told |
//! |---|---|
//! | restless | its pixels stir: somebody stands there, leaves, water |
//! | gone | the reference has edges along its border that are no longer there |
//! | light | the same surface, evenly brighter or darker, its colour kept |
//! | ponding | large, and what texture the ground had is lost |
//! | spill | no edges within and weak ones around: flat |
//! | object | all else |

use super::blob::Looks;

/// What a blob is taken for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    Thing(Kind),
    Gone,
    Light,
    Restless,
}

/// What a thing looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    Object,
    Spill,
    Ponding,
}

/// Stirring, in units of each pixel's own noise.
const STIR_MAX: f32 = 1.5;
/// Edges along the border then, as a multiple of those now.
const GONE_EDGES: f32 = 1.2;
/// Or how much the place stood out from what is around, and what of it may be left.
const GONE_STEP_MIN: f32 = 15.0;
const GONE_STEP_LEFT: f32 = 0.5;
/// A shadow or a patch of light: how alike the surface is, how even the factor, what factor, what colour.
const SAME_SURFACE_MIN: f32 = 0.6;
const EVEN_MAX: f32 = 0.25;
const DARKER_MAX: f32 = -0.9;
const BRIGHTER_MAX: f32 = 0.8;
const SAME_COLOUR_MAX: f32 = 4.0;
/// Without a texture there is nothing to compare: what is even, then and now, is taken for light.
const BARE_EVEN_MAX: f32 = 0.1;
const BARE_TEXTURE_MAX: f32 = 5.0;
/// Water: share of the view, texture that the ground must have had, and what of it may be left.
const POND_SHARE_MIN: f32 = 0.012;
const POND_TEXTURE_MIN: f32 = 2.5;
const POND_TEXTURE_LEFT_MAX: f32 = 0.6;
/// Of another colour it is mud.
const POND_COLOUR_MAX: f32 = 12.0;
/// As a multiple of the texture around: more was no ground.
const GROUND_TEXTURE_MAX: f32 = 2.0;
/// Nothing that is left takes more of the view; a cloud's shadow does.
const THING_SHARE_MAX: f32 = 0.1;
/// Flat: gradients within and around.
const FLAT_INSIDE_MAX: f32 = 5.0;
const FLAT_BORDER_MAX: f32 = 16.0;

/// `share` of the view that the blob takes.
pub fn judge(looks: &Looks, share: f32) -> Verdict {
    if looks.stir > STIR_MAX {
        return Verdict::Restless;
    }
    // Where a thing was, the reference has an outline, or another luma than the ground around it.
    let outline = looks.border_then > GONE_EDGES * looks.border_now;
    let stood_out =
        looks.step_then > GONE_STEP_MIN && looks.step_now < GONE_STEP_LEFT * looks.step_then;
    if outline || stood_out {
        return Verdict::Gone;
    }
    let alike = looks.likeness > SAME_SURFACE_MIN && looks.ratio_spread < EVEN_MAX;
    let bare = looks.ratio_spread < BARE_EVEN_MAX
        && looks.inside_now.max(looks.inside_then) < BARE_TEXTURE_MAX;
    let same_surface = alike || bare;
    let in_reach = (DARKER_MAX..BRIGHTER_MAX).contains(&looks.ratio);
    if same_surface && in_reach && looks.chroma < SAME_COLOUR_MAX {
        return Verdict::Light;
    }
    // Water shows the sky and what is beneath it, and the ground had to be there before.
    let was_ground = looks.step_then < GONE_STEP_MIN
        && looks.inside_then < GROUND_TEXTURE_MAX * looks.around_then.max(POND_TEXTURE_MIN);
    let pond = share >= POND_SHARE_MIN
        && was_ground
        && looks.chroma < POND_COLOUR_MAX
        && looks.inside_then >= POND_TEXTURE_MIN
        && looks.inside_now <= POND_TEXTURE_LEFT_MAX * looks.inside_then;
    if pond {
        return Verdict::Thing(Kind::Ponding);
    }
    if share > THING_SHARE_MAX {
        return Verdict::Light;
    }
    let flat = looks.inside_now <= FLAT_INSIDE_MAX && looks.border_now <= FLAT_BORDER_MAX;
    Verdict::Thing(if flat { Kind::Spill } else { Kind::Object })
}
