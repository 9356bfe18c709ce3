//! Arguments of `gridwarden grid ...`, checked by clap on the way in.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use crate::domain::grid::{GridCell, HeightPacking, HeightScheme, HeightSign, Level};

/// Codes of the BeiDou grid (GB/T 39409-2020).
#[derive(Debug, Args)]
pub struct GridArgs {
    #[command(subcommand)]
    pub(super) command: GridCommand,
}

#[derive(Debug, Subcommand)]
pub(super) enum GridCommand {
    /// Code of a point
    #[command(after_help = "Examples:\n  \
        gridwarden grid encode --level 7 114.34 22.69\n  \
        gridwarden grid encode --height -2.5 114.34 -22.69\n  \
        echo 114.34,22.69,7,42 | gridwarden grid encode --csv")]
    Encode(EncodeArgs),
    /// Place, size and key of a code
    #[command(after_help = "Examples:\n  \
        gridwarden grid decode N50F0535166\n  \
        gridwarden grid decode --3d N050F0005030510660 --json")]
    Decode(DecodeArgs),
    /// Codes of the cells around a cell, clockwise from north
    #[command(after_help = "Example:\n  gridwarden grid neighbours N50F0535166")]
    Neighbours(NeighboursArgs),
    /// Code of the cell around a cell
    #[command(after_help = "Example:\n  gridwarden grid parent --level 4 N50F0535166000")]
    Parent(RelativeArgs),
    /// Codes of the cells within a cell
    #[command(after_help = "Example:\n  gridwarden grid children N50F0535166")]
    Children(RelativeArgs),
    /// Codes of all cells that share ground with a GeoJSON area
    #[command(after_help = "Example:\n  gridwarden grid cover --level 7 market.geojson")]
    Cover(CoverArgs),
    /// Codes on stdin, with complete sets of children replaced by their parent
    #[command(after_help = "Example:\n  \
        gridwarden grid cover --level 7 market.geojson | gridwarden grid compact")]
    Compact,
    /// Codes on stdin, spelled out as cells of one level
    #[command(after_help = "Example:\n  \
        echo N50F0535166 | gridwarden grid uncompact --level 7")]
    Uncompact {
        /// Level of the cells, 1 to 10
        #[arg(long)]
        level: Level,
    },
    /// Reference-grid code of a cell as seen from another (clause 7)
    #[command(after_help = "Example:\n  \
        gridwarden grid refer --from N50J475491E N50J475493E")]
    Refer {
        /// The known cell, level 5 or finer
        #[arg(long)]
        from: GridCell,
        code: GridCell,
    },
    /// Code of the cell that a reference-grid code names
    #[command(after_help = "Example:\n  gridwarden grid resolve N50J475491E-20")]
    Resolve { code: String },
}

#[derive(Debug, Args)]
pub(super) struct EncodeArgs {
    /// Longitude in degrees, CGCS2000, -180 to 180
    #[arg(value_parser = number, allow_hyphen_values = true, required_unless_present = "csv")]
    pub(super) lon: Option<f64>,
    /// Latitude in degrees, CGCS2000, -90 to 90
    #[arg(value_parser = number, allow_hyphen_values = true, required_unless_present = "csv")]
    pub(super) lat: Option<f64>,
    /// Level of the cell, 1 to 10
    #[arg(long, default_value = "10")]
    pub(super) level: Level,
    /// Ellipsoidal height in metres: gives a 3D code
    #[arg(long, value_name = "METRES", value_parser = number, allow_hyphen_values = true)]
    pub(super) height: Option<f64>,
    /// Read `lon,lat,level[,height_metres]` lines from stdin, write one code a line
    #[arg(long, conflicts_with_all = ["lon", "lat", "level", "height"])]
    pub(super) csv: bool,
    #[command(flatten)]
    pub(super) scheme: SchemeArgs,
}

#[derive(Debug, Args)]
pub(super) struct DecodeArgs {
    pub(super) code: String,
    /// The code is a 3D code
    #[arg(long = "3d")]
    pub(super) three_d: bool,
    /// Write an object instead of a table
    #[arg(long)]
    pub(super) json: bool,
    #[command(flatten)]
    pub(super) scheme: SchemeArgs,
}

#[derive(Debug, Args)]
pub(super) struct NeighboursArgs {
    pub(super) code: GridCell,
    /// Only the four cells that share an edge
    #[arg(long)]
    pub(super) edges: bool,
    /// Write objects with direction and code
    #[arg(long)]
    pub(super) json: bool,
}

#[derive(Debug, Args)]
pub(super) struct RelativeArgs {
    pub(super) code: GridCell,
    /// Level of the answer, 1 to 10; the next one if left out
    #[arg(long)]
    pub(super) level: Option<Level>,
}

#[derive(Debug, Args)]
pub(super) struct CoverArgs {
    /// Level of the cells, 1 to 10
    #[arg(long)]
    pub(super) level: Level,
    /// Polygon, MultiPolygon, Feature or FeatureCollection in degrees
    #[arg(value_name = "FILE.geojson")]
    pub(super) file: PathBuf,
    /// Replace complete sets of children by their parent
    #[arg(long)]
    pub(super) compact: bool,
}

/// How heights are written; both must be known to read a 3D code.
#[derive(Debug, Args)]
pub(super) struct SchemeArgs {
    /// Digits of the height: radix15, linear32 or geosot64
    #[arg(long, value_name = "NAME", default_value_t)]
    pub(super) height_packing: HeightPacking,
    /// Heights below the ellipsoid: mirror, floorabs or twos
    #[arg(long, value_name = "NAME", default_value_t)]
    pub(super) height_sign: HeightSign,
}

impl From<SchemeArgs> for HeightScheme {
    fn from(args: SchemeArgs) -> Self {
        Self { packing: args.height_packing, sign: args.height_sign }
    }
}

pub(super) fn number(text: &str) -> Result<f64, String> {
    text.parse().map_err(|_| {
        let shown: String = text.chars().take(32).collect();
        format!("{shown:?} is not allowed: a decimal number such as -114.34")
    })
}
