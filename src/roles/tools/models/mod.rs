//! `gridwarden models`: what is installed, whether it loads, and how one model takes another's place.

mod judge;
mod promote;

use super::{BadInput, Ended, detect};
use crate::{
    base::clock::{Clock, SystemClock},
    drivers::detector::{
        LoadError,
        install::{self, Act, Entry, SwitchError, VersionRef},
        load_on_cpu,
        manifest::ModelManifest,
    },
};
use serde::Serialize;
use std::path::{Path, PathBuf};

#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  gridwarden models list\n  gridwarden models check models/street-nano.toml\n  gridwarden models promote trained/street-nano.toml --over models/street-nano.toml --frozen frozen.json --images pictures\n  gridwarden models rollback models/street-nano.toml"
)]
pub struct ModelsArgs {
    #[command(subcommand)]
    act: ModelsAct,
}

#[derive(Debug, clap::Subcommand)]
enum ModelsAct {
    /// The models of a folder and their last switch
    List(ListArgs),
    /// Load networks and tell what contradicts their manifests; changes nothing
    Check(CheckArgs),
    /// Judge a new model against the current one, and put it in its place if it is no worse
    Promote(promote::PromoteArgs),
    /// Put back the model that the current one was promoted over
    Rollback(RollbackArgs),
}

#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  gridwarden models list models --json")]
struct ListArgs {
    /// A folder of manifests
    #[arg(default_value = "models", value_name = "DIR")]
    folder: PathBuf,
    /// One JSON array instead of a table
    #[arg(long)]
    json: bool,
}

#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  gridwarden models check models/street-nano.toml")]
struct CheckArgs {
    /// Manifests
    #[arg(required = true, value_name = "MANIFEST")]
    manifests: Vec<PathBuf>,
}

#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  gridwarden models rollback models/street-nano.toml --by li.wei"
)]
struct RollbackArgs {
    /// The current manifest
    #[arg(value_name = "MANIFEST")]
    current: PathBuf,
    /// Who puts it back, for the history
    #[arg(long, value_name = "NAME", env = "USER", default_value = "command line")]
    by: String,
}

pub fn run(args: &ModelsArgs) -> anyhow::Result<Ended> {
    match &args.act {
        ModelsAct::List(args) => list(args),
        ModelsAct::Check(args) => check(args),
        ModelsAct::Promote(args) => promote::run(args),
        ModelsAct::Rollback(args) => rollback(args),
    }
}

/// What a person gave that cannot be used is bad input; a disk that refuses is a failure.
fn refused(error: SwitchError) -> anyhow::Error {
    match error {
        SwitchError::Load(error) => detect::refused(error),
        SwitchError::Disk { .. } | SwitchError::Busy { .. } => error.into(),
        SwitchError::History { .. }
        | SwitchError::Current { .. }
        | SwitchError::NothingBefore { .. } => BadInput(error.to_string()).into(),
    }
}

#[derive(Serialize)]
struct Listed {
    manifest: PathBuf,
    #[serde(flatten)]
    version: VersionRef,
    classes: usize,
    input: String,
    network_bytes: u64,
    /// The switch that made it current.
    #[serde(skip_serializing_if = "Option::is_none")]
    since: Option<Entry>,
    /// Versions that it can be put back to, newest first.
    kept: Vec<String>,
}

fn list(args: &ListArgs) -> anyhow::Result<Ended> {
    let folder = args.folder.display();
    let entries = std::fs::read_dir(&args.folder)
        .map_err(|error| BadInput(format!("{folder}: cannot be read: {error}")))?;
    let mut manifests: Vec<PathBuf> = entries
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .filter(|path| path.extension().is_some_and(|ending| ending == "toml"))
        .filter(|path| !install::is_kept_version(path))
        .collect();
    manifests.sort();
    let mut listed = Vec::new();
    for manifest in manifests {
        listed.push(describe(&manifest).map_err(refused)?);
    }
    if args.json {
        println!("{}", serde_json::to_string(&listed)?);
        return Ok(Ended::Done);
    }
    for model in &listed {
        let VersionRef { version, model: named } = &model.version;
        let (path, mb) = (model.manifest.display(), model.network_bytes as f64 / 1e6);
        println!(
            "{path}: {} {version}, {} classes, {}, {mb:.1} MB",
            named.id, model.classes, model.input
        );
        if let Some(Entry { act, at, by, from, .. }) = &model.since {
            let act = if *act == Act::Promote { "promoted over" } else { "put back after" };
            println!("  {act} {} {} by {by} at {at}", from.model.id, from.version);
        }
        if !model.kept.is_empty() {
            println!("  kept: {}", model.kept.join(", "));
        }
    }
    println!("{} models in {folder}", listed.len());
    Ok(Ended::Done)
}

fn describe(path: &Path) -> Result<Listed, SwitchError> {
    let manifest = ModelManifest::open(path)?;
    let version = install::version_of(path, &manifest)?;
    let mut entries = install::history(path)?;
    let mut kept: Vec<String> = Vec::new();
    for entry in entries.iter().rev().flat_map(|entry| [&entry.to, &entry.from]) {
        if entry.version != version.version && !kept.contains(&entry.version) {
            kept.push(entry.version.clone());
        }
    }
    let since = entries.iter().rposition(|entry| entry.to.version == version.version);
    let size = manifest.input.size;
    Ok(Listed {
        manifest: path.to_owned(),
        classes: manifest.classes.len(),
        input: format!("{}x{} px", size.width_px, size.height_px),
        network_bytes: std::fs::metadata(&manifest.file).map_or(0, |file| file.len()),
        since: since.map(|index| entries.swap_remove(index)),
        version,
        kept,
    })
}

fn check(args: &CheckArgs) -> anyhow::Result<Ended> {
    let mut faults = 0;
    for path in &args.manifests {
        match load_on_cpu(path) {
            Ok(network) => {
                let (manifest, batch) = (network.manifest(), network.batch_max());
                let names: Vec<&str> =
                    manifest.classes.iter().map(|class| class.name.as_str()).collect();
                let batch = if batch > 1 { "any batch" } else { "one picture a run" };
                println!("{}: sound: {} ({batch})", path.display(), names.join(" "));
            }
            Err(error @ (LoadError::Runtime { .. } | LoadError::NoProvider { .. })) => {
                return Err(error.into());
            }
            Err(error) => {
                faults += 1;
                println!("{error}");
            }
        }
    }
    if faults == 0 {
        return Ok(Ended::Done);
    }
    Err(BadInput(format!("{faults} of {} models are not sound", args.manifests.len())).into())
}

fn rollback(args: &RollbackArgs) -> anyhow::Result<Ended> {
    let now = SystemClock::new().wall();
    let switch = install::rollback(&args.current, (now, &args.by)).map_err(refused)?;
    let (from, to) = (switch.from.clone(), switch.to.clone());
    switch.run().map_err(refused)?;
    let path = args.current.display();
    println!("{path}: {} {} -> {} {}", from.model.id, from.version, to.model.id, to.version);
    println!("an edge takes it up on SIGHUP");
    Ok(Ended::Done)
}
