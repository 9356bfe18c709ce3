//! Arguments of `gridwarden grid ...`, checked by clap on the way in.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use crate::domain::grid::{GeosotLevel, GridCell, HeightPacking, HeightScheme, HeightSign, Level};

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
    /// Codes of the cells around a cell, clockwise from north; of a box also above and below
    #[command(after_help = "Examples:\n  \
        gridwarden grid neighbours N50F0535166\n  \
        gridwarden grid neighbours --3d --edges N050F0005030510660")]
    Neighbours(NeighboursArgs),
    /// Code of the cell around a cell
    #[command(after_help = "Examples:\n  \
        gridwarden grid parent --level 4 N50F0535166000\n  \
        gridwarden grid parent --3d N050F0005030510660")]
    Parent(RelativeArgs),
    /// Codes of the cells within a cell
    #[command(after_help = "Examples:\n  \
        gridwarden grid children N50F0535166\n  \
        gridwarden grid children --3d N050F0005030510660")]
    Children(RelativeArgs),
    /// Codes of all cells that share ground with the areas, lines and points of a GeoJSON file
    #[command(after_help = "Examples:\n  \
        gridwarden grid cover --level 7 market.geojson\n  \
        gridwarden grid cover --level 8 --buffer 12.5 --compact street.geojson\n  \
        gridwarden grid cover --level 7 --height-from 40 --height-to 55 bridge.geojson")]
    Cover(CoverArgs),
    /// Codes on stdin, with complete sets of children replaced by their parent
    #[command(after_help = "Example:\n  \
        gridwarden grid cover --level 7 market.geojson | gridwarden grid compact")]
    Compact(KindArgs),
    /// Codes on stdin, spelled out as cells of one level
    #[command(after_help = "Example:\n  \
        echo N50F0535166 | gridwarden grid uncompact --level 7")]
    Uncompact {
        /// Level of the cells, 1 to 10
        #[arg(long)]
        level: Level,
        #[command(flatten)]
        kind: KindArgs,
    },
    /// Two files of codes as areas: what either, both or only the first has
    #[command(after_help = "Examples:\n  \
        gridwarden grid set difference district.txt seen.txt\n  \
        gridwarden grid cover --level 7 market.geojson | gridwarden grid set intersects seen.txt -")]
    Set(SetArgs),
    /// Reference-grid code of a cell as seen from another (clause 7), or short code as seen
    /// from a named place (clause 8)
    #[command(after_help = "Examples:\n  \
        gridwarden grid refer --from N50J475491E N50J475493E\n  \
        gridwarden grid refer --place market --gazetteer places.csv N50J475493E")]
    Refer(ReferArgs),
    /// Code of the cell that a reference-grid code or a short code names
    #[command(after_help = "Examples:\n  \
        gridwarden grid resolve N50J475491E-20\n  \
        gridwarden grid resolve --gazetteer places.csv market-20")]
    Resolve {
        /// Lines `name,code`: the code is a short code that begins with a name
        #[arg(long, value_name = "FILE.csv")]
        gazetteer: Option<PathBuf>,
        code: String,
    },
    /// GeoSOT (GB/T 40087) of a code, or code of a GeoSOT text, number or point
    #[command(after_help = "Examples:\n  \
        gridwarden grid geosot N50F0535166\n  \
        gridwarden grid geosot G0011302302121020312\n  \
        gridwarden grid geosot --level 19 417469484765282304\n  \
        gridwarden grid geosot --level 20 --height 42 114.34 22.69")]
    Geosot(GeosotArgs),
    /// Code of a key, as `decode` shows it
    #[command(after_help = "Example:\n  gridwarden grid from-key 1435381179853011404")]
    FromKey {
        #[command(flatten)]
        kind: KindArgs,
        key: u128,
    },
    /// Finest level that a position with an error may claim
    #[command(after_help = "Example:\n  gridwarden grid level --lat 22.69 2.5")]
    Level {
        /// Latitude in degrees, -90 to 90
        #[arg(long, value_name = "DEGREES", value_parser = number, allow_hyphen_values = true)]
        lat: f64,
        /// Radius within which the position lies
        #[arg(value_name = "ERROR_METRES", value_parser = number, allow_hyphen_values = true)]
        error_metres: f64,
    },
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
    /// Refuse the code if it has another level
    #[arg(long)]
    pub(super) level: Option<Level>,
    /// Write an object instead of a table
    #[arg(long)]
    pub(super) json: bool,
    #[command(flatten)]
    pub(super) kind: KindArgs,
}

#[derive(Debug, Args)]
pub(super) struct NeighboursArgs {
    pub(super) code: String,
    /// Only the four cells that share an edge, or the six boxes that share a face
    #[arg(long)]
    pub(super) edges: bool,
    /// Write objects with direction and code
    #[arg(long)]
    pub(super) json: bool,
    #[command(flatten)]
    pub(super) kind: KindArgs,
}

#[derive(Debug, Args)]
pub(super) struct RelativeArgs {
    pub(super) code: String,
    /// Level of the answer, 1 to 10; the next one if left out
    #[arg(long)]
    pub(super) level: Option<Level>,
    #[command(flatten)]
    pub(super) kind: KindArgs,
}

#[derive(Debug, Args)]
pub(super) struct CoverArgs {
    /// Level of the cells, 1 to 10
    #[arg(long)]
    pub(super) level: Level,
    /// Any geometry, Feature or FeatureCollection in degrees
    #[arg(value_name = "FILE.geojson")]
    pub(super) file: PathBuf,
    /// Cover also what lies within so many metres, up to 100000
    #[arg(long, value_name = "METRES", value_parser = number, allow_hyphen_values = true)]
    pub(super) buffer: Option<f64>,
    /// Lower end of a range of ellipsoidal heights: gives 3D codes
    #[arg(long, value_name = "METRES", value_parser = number, allow_hyphen_values = true)]
    #[arg(requires = "height_to")]
    pub(super) height_from: Option<f64>,
    /// Upper end of the range of heights
    #[arg(long, value_name = "METRES", value_parser = number, allow_hyphen_values = true)]
    #[arg(requires = "height_from")]
    pub(super) height_to: Option<f64>,
    /// The fewest codes: complete sets of children replaced by their parent
    #[arg(long)]
    pub(super) compact: bool,
    #[command(flatten)]
    pub(super) scheme: SchemeArgs,
}

#[derive(Debug, Args)]
pub(super) struct SetArgs {
    #[arg(value_enum)]
    pub(super) operation: SetOperation,
    /// Codes one a line, of any levels; - is stdin
    pub(super) first: PathBuf,
    /// The same
    pub(super) second: PathBuf,
    #[command(flatten)]
    pub(super) kind: KindArgs,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum SetOperation {
    /// What lies in either
    Union,
    /// What lies in both
    Intersection,
    /// What lies in the first and not in the second
    Difference,
    /// Whether the second lies in the first: true or false
    Contains,
    /// Whether they share ground: true or false
    Intersects,
}

#[derive(Debug, Args)]
pub(super) struct ReferArgs {
    /// The known cell, level 5 or finer
    #[arg(long, required_unless_present = "place", conflicts_with = "place")]
    pub(super) from: Option<GridCell>,
    /// The known place, a name of the gazetteer
    #[arg(long, value_name = "NAME", requires = "gazetteer")]
    pub(super) place: Option<String>,
    /// Lines `name,code`
    #[arg(long, value_name = "FILE.csv", requires = "place")]
    pub(super) gazetteer: Option<PathBuf>,
    pub(super) code: GridCell,
}

#[derive(Debug, Args)]
pub(super) struct GeosotArgs {
    /// A code, a GeoSOT text (G... or GZ...), a GeoSOT number, or the longitude of a point
    #[arg(allow_hyphen_values = true)]
    pub(super) value: String,
    /// Latitude of the point
    #[arg(value_parser = number, allow_hyphen_values = true, requires = "level")]
    pub(super) lat: Option<f64>,
    /// GeoSOT level of a number or point, 0 to 32
    #[arg(long, value_parser = geosot_level)]
    pub(super) level: Option<GeosotLevel>,
    /// Ellipsoidal height of the point in metres: gives a GZ text
    #[arg(long, value_name = "METRES", value_parser = number, allow_hyphen_values = true)]
    #[arg(requires = "lat")]
    pub(super) height: Option<f64>,
    /// Write an object instead of a table
    #[arg(long)]
    pub(super) json: bool,
    #[command(flatten)]
    pub(super) kind: KindArgs,
}

/// Cells or boxes.
#[derive(Debug, Args)]
pub(super) struct KindArgs {
    /// Codes are 3D codes
    #[arg(long = "3d")]
    pub(super) three_d: bool,
    #[command(flatten)]
    pub(super) scheme: SchemeArgs,
}

/// How heights are written; both must be known to read a 3D code.
#[derive(Debug, Clone, Copy, Args)]
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

fn geosot_level(text: &str) -> Result<GeosotLevel, String> {
    let number = text.parse::<u8>().ok().and_then(|number| GeosotLevel::try_from(number).ok());
    number.ok_or_else(|| {
        let shown: String = text.chars().take(32).collect();
        format!("{shown:?} is not allowed: a whole number from 0 to 32")
    })
}
