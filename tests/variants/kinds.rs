//! What may be the matter when a look is taken, and what an honest judge must say.

use gridwarden::domain::verdict::Outcome;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Matter {
    Plain,
    /// By two metres, onto free ground.
    Moved,
    /// By two metres, onto whatever is there: half a bin under half a heap.
    MovedOnto,
    /// By another of its kind.
    Replaced,
    /// By a thing of another kind.
    OtherThing,
    /// For less than half of the time.
    VanPasses,
    VanStands,
    Night,
    Rain,
    /// Some px.
    Bumped,
    Turned,
    Black,
    Frozen,
    TooShort,
    BinMissing,
    Crowd,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Kind {
    pub matter: Matter,
    /// Whether the street still has it.
    pub there: bool,
}

const fn kind(matter: Matter, there: bool) -> Kind {
    Kind { matter, there }
}

pub const KINDS: [Kind; 27] = [
    kind(Matter::Plain, false),
    kind(Matter::Plain, true),
    kind(Matter::Moved, true),
    kind(Matter::Replaced, true),
    kind(Matter::OtherThing, false),
    kind(Matter::VanPasses, false),
    kind(Matter::VanPasses, true),
    kind(Matter::VanStands, false),
    kind(Matter::VanStands, true),
    kind(Matter::Night, false),
    kind(Matter::Night, true),
    kind(Matter::Rain, false),
    kind(Matter::Rain, true),
    kind(Matter::Bumped, false),
    kind(Matter::Bumped, true),
    kind(Matter::Turned, false),
    kind(Matter::Turned, true),
    kind(Matter::Black, false),
    kind(Matter::Black, true),
    kind(Matter::Frozen, false),
    kind(Matter::Frozen, true),
    kind(Matter::TooShort, false),
    kind(Matter::TooShort, true),
    kind(Matter::BinMissing, false),
    kind(Matter::Crowd, false),
    kind(Matter::Crowd, true),
    kind(Matter::MovedOnto, true),
];

impl Kind {
    /// A bin can be missing where a bin belongs.
    pub fn is_possible(self, pattern: &str) -> bool {
        self.matter != Matter::BinMissing || pattern == "bin_overflowing"
    }

    /// What must be said; none where nothing can honestly be known.
    pub fn expected(self) -> Option<Outcome> {
        match (self.matter, self.there) {
            (Matter::Plain | Matter::VanPasses | Matter::Rain | Matter::Bumped, there) => {
                Some(if there { Outcome::Present } else { Outcome::Cleared })
            }
            (Matter::Moved | Matter::Replaced, _) => Some(Outcome::Present),
            _ => None,
        }
    }

    /// Whether a closure would leave something behind.
    pub fn must_not_close(self) -> bool {
        self.there || matches!(self.matter, Matter::OtherThing | Matter::BinMissing)
    }
}
