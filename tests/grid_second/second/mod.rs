//! The BeiDou grid code once more, written from the description of the standard alone and in
//! another manner than `domain::grid`, so that the two are unlikely to share a mistake.
//!
//! | there | here |
//! |---|---|
//! | binary floating point, one multiplication, then remainders | exact fractions; a cell is found by walking over its brothers |
//! | indices are the value, text is printed from them | the text is the value, a parent is the text cut short |
//! | heights by `ln_1p` and `exp_m1` | digits of the logarithm by repeated square roots, 120 binary places |
//! | a step to a neighbour adds to signed indices | the middle of the cell is moved and encoded again |
//! | covers by rows and crossings | each cell of the bounding box against each edge |
//!
//! Nothing here is fast, and nothing is used outside the tests. `None` means: no such thing.

pub mod area;
pub mod coordinate;
pub mod geosot;
pub mod height;
pub mod plane;
pub mod refer;
pub mod solid;
