//! BeiDou grid location code, GB/T 39409-2020: where on Earth, as a short text.
//!
//! In: CGCS2000 degrees and ellipsoidal metres. Out: cells of ten nested levels (6 by 4
//! degrees down to 1.5 cm), their codes, neighbours, parents, and the cells of an area.
//! Everything is a pure function; nothing panics on outside input; encoding, parsing, keys
//! and neighbours allocate nothing. Free-standing: names no other module of the product and
//! only `core`, `alloc`, `libm`, `serde` and `thiserror`, none of which needs std.
//!
//! ```
//! use gridwarden::domain::grid::{GridCell, GridCell3, Level};
//!
//! let cell = GridCell::from_lonlat(114.34, 22.69, Level::Seven)?;
//! assert_eq!(cell.code(), "N50F0535166000");
//! assert_eq!("N50F0535166000".parse(), Ok(cell));
//! assert!(cell.ancestor(Level::Five).is_some_and(|wide| wide.contains(cell)));
//!
//! let on_the_roof = GridCell3::from_point(114.34, 22.69, 42.0, Level::Seven)?;
//! assert_eq!(on_the_roof.code(), "N050F000503051066000005");
//! # Ok::<(), gridwarden::domain::grid::GridError>(())
//! ```
//!
//! Where the standard is silent or read in several ways, the choice is documented at the
//! type that makes it: edges and the 180th meridian at [`GridCell::from_lonlat`], heights at
//! [`HeightScheme`], what a cover counts at [`Region`], the caps beyond 88 degrees at [`GridError::PolarUnsupported`].

mod error;
mod level;
mod cell;
mod polar;
mod code;
mod encode;
mod decode;
mod key;
mod neighbours;
mod refer;
mod gazetteer;
mod height;
mod height_scheme;
mod height_layer;
mod cell3;
mod key3;
mod neighbours3;
mod nested;
mod compact;
mod set;
mod cover;
mod geojson;
mod geosot;
mod geosot3;

pub use cell::{CellBounds, GridCell, LonLat};
pub use cell3::GridCell3;
pub use code::{GridCode, GridCode3, HeightCode};
pub use compact::{compact, set_contains, uncompact};
pub use cover::{CELLS_MAX, HeightSpan, Region, cover_bbox, cover_geojson};
pub use error::{CodeFault, GridError};
pub use gazetteer::{refer_to_place, resolve_place};
pub use geojson::GeoJson;
pub use geosot::{GeosotCell, GeosotLevel, geosot_height_word};
pub use geosot3::GeosotCell3;
pub use height::{layer_floor_metres, layer_number};
pub use height_layer::HeightLayer;
pub use height_scheme::{HeightPacking, HeightScheme, HeightSign};
pub use level::{CellSize, Level};
pub use neighbours::Direction;
pub use neighbours3::{Direction3, Vertical};
pub use nested::Nested;
pub use refer::{refer, resolve};
pub use set::GridSet;
