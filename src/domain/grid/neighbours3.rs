//! Boxes beside a box: six that share a face, twenty-six with edges and corners.
//!
//! Seams are those of the plane, and in height the ellipsoid: the layer under the first
//! above is the first below, whatever digits the scheme gives it. The grid ends at 88
//! degrees and at 256 degrees of height up and down; nothing lies beyond.

use alloc::format;
use alloc::string::{String, ToString};

use super::cell3::GridCell3;
use super::neighbours::Direction;

/// A step in height.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Vertical {
    /// The same layer.
    Level,
    Up,
    Down,
}

/// A step to one of the twenty-six boxes around, or to the box itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Direction3 {
    /// In the plane; none straight up or down.
    pub flat: Option<Direction>,
    pub vertical: Vertical,
}

impl Direction3 {
    /// The six that share a face: clockwise from north, then up and down.
    pub fn faces() -> impl Iterator<Item = Self> {
        let sides =
            Direction::EDGES.map(|flat| Self { flat: Some(flat), vertical: Vertical::Level });
        sides.into_iter().chain([Self::straight(Vertical::Up), Self::straight(Vertical::Down)])
    }

    /// All twenty-six: the layer of the box, the one above, the one below; each with the
    /// box straight up or down first, then clockwise from north.
    pub fn all() -> impl Iterator<Item = Self> {
        [Vertical::Level, Vertical::Up, Vertical::Down].into_iter().flat_map(|vertical| {
            let straight = (vertical != Vertical::Level).then_some(Self::straight(vertical));
            let around = Direction::ALL.map(|flat| Self { flat: Some(flat), vertical });
            straight.into_iter().chain(around)
        })
    }

    const fn straight(vertical: Vertical) -> Self {
        Self { flat: None, vertical }
    }

    /// Short name: `NE`, `up`, `NE-up`, `down`, `NE-down`.
    pub fn name(self) -> String {
        let vertical = match self.vertical {
            Vertical::Level => "",
            Vertical::Up => "up",
            Vertical::Down => "down",
        };
        match self.flat {
            None => vertical.to_string(),
            Some(flat) if self.vertical == Vertical::Level => flat.name().to_string(),
            Some(flat) => format!("{}-{vertical}", flat.name()),
        }
    }
}

impl GridCell3 {
    /// The box one step away; none beyond the range of the grid.
    pub fn neighbour(self, direction: Direction3) -> Option<Self> {
        let layer = match direction.vertical {
            Vertical::Level => Some(self.layer()),
            Vertical::Up => self.layer().up(),
            Vertical::Down => self.layer().down(),
        };
        let cell = match direction.flat {
            Some(flat) => self.cell().neighbour(flat),
            None => Some(self.cell()),
        };
        Self::new(cell?, layer?)
    }

    /// The up to six boxes that share a face.
    pub fn neighbours6(self) -> impl Iterator<Item = Self> + use<> {
        Direction3::faces().filter_map(move |direction| self.neighbour(direction))
    }

    /// The up to twenty-six boxes that share a face, an edge or a corner.
    pub fn neighbours26(self) -> impl Iterator<Item = Self> + use<> {
        Direction3::all().filter_map(move |direction| self.neighbour(direction))
    }
}
