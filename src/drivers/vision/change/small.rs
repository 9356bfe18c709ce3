//! A picture of few pixels: luma, and chroma at half the size.

/// Tightly packed; chroma sides are halved and rounded up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Small {
    pub width: usize,
    pub height: usize,
    pub y: Vec<u8>,
    pub u: Vec<u8>,
    pub v: Vec<u8>,
}

impl Small {
    /// Width and height must be even.
    pub fn new(width: usize, height: usize) -> Self {
        let chroma = width / 2 * (height / 2);
        Self {
            width,
            height,
            y: vec![0; width * height],
            u: vec![128; chroma],
            v: vec![128; chroma],
        }
    }

    /// Bytes of its planes.
    #[cfg(test)]
    pub fn bytes(&self) -> usize {
        self.y.len() + self.u.len() + self.v.len()
    }

    pub fn chroma_width(&self) -> usize {
        self.width / 2
    }

    /// A luma sample under this chroma sample.
    pub fn luma_of(&self, chroma: usize) -> usize {
        2 * (chroma / self.chroma_width() * self.width + chroma % self.chroma_width())
    }

    /// The chroma sample over this luma sample.
    pub fn chroma_of(&self, luma: usize) -> usize {
        luma / self.width / 2 * self.chroma_width() + luma % self.width / 2
    }
}

/// Pixels of a small picture: left and top in, right and bottom out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patch {
    pub x1: usize,
    pub y1: usize,
    pub x2: usize,
    pub y2: usize,
}

impl Patch {
    pub fn area(&self) -> usize {
        (self.x2 - self.x1) * (self.y2 - self.y1)
    }

    pub fn grown(&self, by: usize, width: usize, height: usize) -> Self {
        Self {
            x1: self.x1.saturating_sub(by),
            y1: self.y1.saturating_sub(by),
            x2: (self.x2 + by).min(width),
            y2: (self.y2 + by).min(height),
        }
    }

    /// Around both.
    pub fn with(&self, other: &Self) -> Self {
        Self {
            x1: self.x1.min(other.x1),
            y1: self.y1.min(other.y1),
            x2: self.x2.max(other.x2),
            y2: self.y2.max(other.y2),
        }
    }

    pub fn shared(&self, other: &Self) -> usize {
        let side =
            |a1: usize, a2: usize, b1: usize, b2: usize| a2.min(b2).saturating_sub(a1.max(b1));
        side(self.x1, self.x2, other.x1, other.x2) * side(self.y1, self.y2, other.y1, other.y2)
    }

    /// Indices of its pixels in a picture of this width.
    pub fn pixels(self, width: usize) -> impl Iterator<Item = usize> {
        (self.y1..self.y2).flat_map(move |row| (self.x1..self.x2).map(move |x| row * width + x))
    }
}
