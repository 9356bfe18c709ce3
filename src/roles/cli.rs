//! The command line: one subcommand, one role or tool.

use super::tools::{
    BadInput, Ended, calibrate, check, exit_code, grid, locate, replay, track, verify_package,
};
#[cfg(feature = "hub")]
use super::tools::{audit, dataset, package, password, pki, user};
#[cfg(feature = "edge")]
use super::tools::{detect, footage, models, verify};
use std::{
    io::{self, IsTerminal},
    process::ExitCode,
};

/// gridwarden (格巡): city cameras to verified cases.
#[derive(Debug, clap::Parser)]
#[command(
    version,
    about,
    after_help = "Logs go to stderr; RUST_LOG sets their level (for example RUST_LOG=debug), GRIDWARDEN_LOG=json their form."
)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Broker, cameras, edge and hub in one place, on sample footage
    #[cfg(feature = "demo")]
    Demo(super::demo::DemoArgs),
    /// The edge daemon: cameras in, cases out
    #[cfg(feature = "edge")]
    Edge(DaemonArgs),
    /// The hub daemon: register, review page, verification
    #[cfg(feature = "hub")]
    Hub(DaemonArgs),
    /// Hash a password for hub.toml; it is read from standard input
    #[cfg(feature = "hub")]
    Password(password::PasswordArgs),
    /// Certificates of a district: its authority, broker, hubs and edges, and who may say what
    #[cfg(feature = "hub")]
    Pki(pki::PkiArgs),
    /// Accounts of people: add, list, disable, a new password
    #[cfg(feature = "hub")]
    User(user::UserArgs),
    /// What reviewers confirmed and rejected, as a data set for training
    #[cfg(feature = "hub")]
    Dataset(dataset::DatasetArgs),
    /// The evidence of one case, signed, as a zip or a folder
    #[cfg(feature = "hub")]
    Package(package::PackageArgs),
    /// Do the histories of all cases still give the roots of their days?
    #[cfg(feature = "hub")]
    Audit(audit::AuditArgs),
    /// Does an evidence package hold? Every byte, signature, chain of the history
    VerifyPackage(verify_package::VerifyPackageArgs),
    /// Validate configuration files; changes nothing
    Check(check::CheckArgs),
    /// BeiDou grid location codes (GB/T 39409-2020)
    Grid(grid::GridArgs),
    /// Where on earth a pixel lies
    Locate(locate::LocateArgs),
    /// The cells that a camera sees, as GeoJSON
    Footprint(locate::FootprintArgs),
    /// Solve a calibration from surveyed control points
    Calibrate(calibrate::CalibrateArgs),
    /// Run a model on pictures; COCO results out
    #[cfg(feature = "edge")]
    Detect(detect::DetectArgs),
    /// What cameras recorded: list it, cut a clip, check and repair it
    #[cfg(feature = "edge")]
    Footage(footage::FootageArgs),
    /// Installed models: judge a new one against the current one, switch, put back
    #[cfg(feature = "edge")]
    Models(models::ModelsArgs),
    /// Follow things through MOT challenge detections
    Track(track::TrackArgs),
    /// The whole edge analysis of a file, bit for bit repeatable
    Replay(replay::ReplayArgs),
    /// Is it gone? Footage before and after in, a verdict out
    #[cfg(feature = "edge")]
    Verify(verify::VerifyArgs),
}

#[cfg(any(feature = "edge", feature = "hub"))]
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  gridwarden edge --config packaging/edge.toml\nSIGTERM stops in order; SIGHUP reloads all or nothing."
)]
struct DaemonArgs {
    /// Configuration file
    #[arg(long)]
    config: std::path::PathBuf,
}

/// Runs the command; errors are shown on stderr.
pub fn run(cli: Cli) -> ExitCode {
    start_log();
    #[cfg(feature = "net")]
    crate::drivers::mqtt::install_crypto_provider();
    exit_code(dispatch(cli.command))
}

fn dispatch(command: Command) -> anyhow::Result<Ended> {
    match command {
        #[cfg(feature = "demo")]
        Command::Demo(args) => super::demo::run(args),
        #[cfg(feature = "edge")]
        Command::Edge(args) => super::edge::run_daemon(&args.config),
        #[cfg(feature = "hub")]
        Command::Hub(args) => super::hub::run_daemon(&args.config),
        #[cfg(feature = "hub")]
        Command::Password(_) => {
            password::run(io::stdin().lock(), io::stdout().lock(), io::stdin().is_terminal())
        }
        #[cfg(feature = "hub")]
        Command::Pki(args) => pki::run(&args, io::stdout().lock()),
        #[cfg(feature = "hub")]
        Command::User(args) => {
            let (input, asks) = (io::stdin().lock(), io::stdin().is_terminal());
            user::run(&args, input, io::stdout().lock(), asks)
        }
        #[cfg(feature = "hub")]
        Command::Dataset(args) => dataset::run(&args),
        #[cfg(feature = "hub")]
        Command::Package(args) => package::run(&args),
        #[cfg(feature = "hub")]
        Command::Audit(args) => audit::run(&args, io::stdout().lock()),
        Command::VerifyPackage(args) => verify_package::run(&args, io::stdout().lock()),
        Command::Check(args) => check::run(&args),
        Command::Grid(args) => match grid::run(args, io::stdin().lock(), io::stdout().lock())? {
            grid::Outcome::Done => Ok(Ended::Done),
            grid::Outcome::Failed => Ok(Ended::Failed),
            grid::Outcome::BadInput(message) => Err(BadInput(message).into()),
        },
        Command::Locate(args) => locate::locate(&args, io::stdin().lock(), io::stdout().lock()),
        Command::Footprint(args) => locate::footprint_geojson(&args, io::stdout().lock()),
        Command::Calibrate(args) => calibrate::run(&args),
        #[cfg(feature = "edge")]
        Command::Detect(args) => detect::run(&args),
        #[cfg(feature = "edge")]
        Command::Footage(args) => footage::run(&args, io::stdout().lock()),
        #[cfg(feature = "edge")]
        Command::Models(args) => models::run(&args),
        Command::Track(args) => track::run(&args),
        Command::Replay(args) => replay::run(&args),
        #[cfg(feature = "edge")]
        Command::Verify(args) => verify::run(&args),
    }
}

fn start_log() {
    use tracing_subscriber::{EnvFilter, fmt};
    let filter = EnvFilter::try_from_default_env()
        .unwrap_or_else(|_| EnvFilter::new("info,ort=warn,sqlx=warn"));
    let builder =
        fmt().with_env_filter(filter).with_writer(io::stderr).with_ansi(io::stderr().is_terminal());
    if std::env::var("GRIDWARDEN_LOG").is_ok_and(|form| form == "json") {
        builder.json().init();
    } else {
        builder.init();
    }
}
