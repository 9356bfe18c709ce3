//! `gridwarden dataset export`: what reviewers confirmed and rejected, as a data set.
//!
//! Enters: `hub.toml`. Leaves: a folder ([`crate::roles::hub::dataset`]) and its counts on stdout. The
//! hub may go on running meanwhile.

use super::{Ended, written_by_hub};
use crate::{
    base::clock::{Clock, SystemClock},
    domain::dataset::split::VAL_PERMILLE_DEFAULT,
    drivers::{evidence::files::EvidenceFiles, store::hub::HubStore},
    roles::{
        config::hub::load_hub,
        hub::{
            HubConfig,
            dataset::{self, Manifest, Order},
            register::Register,
        },
    },
};
use indicatif::{ProgressBar, ProgressStyle};
use std::{path::PathBuf, sync::Arc};

#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  gridwarden dataset export --config packaging/hub.toml --out reviewed"
)]
pub struct DatasetArgs {
    #[command(subcommand)]
    act: Act,
}

#[derive(Debug, clap::Subcommand)]
enum Act {
    /// Pictures and labels of reviewed cases, for training and for judging
    Export(ExportArgs),
}

#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  gridwarden dataset export --config packaging/hub.toml --out reviewed --by li.wei"
)]
struct ExportArgs {
    /// The hub's configuration; its register and evidence are read
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    /// A new folder
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Which labels to write; both, if left out
    #[arg(long, value_enum)]
    format: Option<Format>,
    /// Share of the places that is kept for judging, 0 to 1; 0.2 if left out
    #[arg(long, value_name = "SHARE", value_parser = permille)]
    val_share: Option<u16>,
    /// Who takes the pictures out, for the access log
    #[arg(long, value_name = "NAME", env = "USER", default_value = "command line")]
    by: String,
    /// What for, for the access log
    #[arg(long, value_name = "TEXT", default_value = "dataset export")]
    why: String,
    /// Print the manifest as JSON
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    Coco,
    Yolo,
}

fn permille(text: &str) -> Result<u16, String> {
    let share: f64 =
        text.parse().ok().filter(|share| (0.0..=1.0).contains(share)).ok_or("0 to 1")?;
    Ok((share * 1000.0).round() as u16)
}

pub fn run(args: &DatasetArgs) -> anyhow::Result<Ended> {
    let Act::Export(args) = &args.act;
    let config = load_hub(&args.config)?.config;
    // Opening would make them, and an empty register is no answer to a wrong path.
    written_by_hub(
        &args.config,
        &[("store.url", config.database.file()), ("evidence.url", Some(&config.evidence_dir))],
    )?;
    let order = Order {
        out: args.out.clone(),
        coco: args.format != Some(Format::Yolo),
        yolo: args.format != Some(Format::Coco),
        val_permille: args.val_share.unwrap_or(VAL_PERMILLE_DEFAULT),
        by: args.by.clone(),
        why: args.why.clone(),
    };
    let runtime = tokio::runtime::Runtime::new()?;
    let manifest = runtime.block_on(export(&config, &order))?;
    if args.json {
        println!("{}", serde_json::to_string(&manifest)?);
    } else {
        show(&manifest, &order);
    }
    Ok(Ended::Done)
}

async fn export(config: &HubConfig, order: &Order) -> anyhow::Result<Manifest> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
    let store = HubStore::open(config.database.clone(), config.district.clone()).await?;
    let files = EvidenceFiles::open(&config.evidence_dir, config.bucket.as_ref()).await?;
    let register = Register::over(store, files, clock).await?;
    let style = ProgressStyle::with_template("{bar:40} {pos}/{len} pictures, {eta} left")?;
    // Shows on a terminal only.
    let progress = ProgressBar::new(0).with_style(style);
    let manifest = dataset::export(&register, &config.district, order, |done, of| {
        progress.set_length(of);
        progress.set_position(done);
    })
    .await;
    progress.finish_and_clear();
    register.store.close().await;
    manifest
}

fn show(manifest: &Manifest, order: &Order) {
    for (side, counts) in &manifest.sides {
        let boxes: Vec<String> =
            counts.boxes.iter().map(|(class, count)| format!("{count} {class}")).collect();
        println!(
            "{}: {} pictures, {} of them negatives; boxes: {}",
            side.as_str(),
            counts.pictures,
            counts.negatives,
            if boxes.is_empty() { "none".to_owned() } else { boxes.join(", ") }
        );
    }
    let left_out: u64 = manifest.left_out.values().sum();
    println!("{} cases, {left_out} left out", manifest.cases);
    for (reason, count) in &manifest.left_out {
        println!("  {count} {reason}");
    }
    println!("-> {}", order.out.display());
}
