//! `gridwarden models promote`: a new model must be no worse than the current one before it takes its
//! place.
//!
//! ```text
//! frozen set -> both models -> two scores -> objections? -> refused, nothing changed
//!                                                  \-> none -> install::promotion
//! ```

use super::{judge::FrozenSet, refused};
use crate::{
    base::clock::{Clock, SystemClock},
    domain::{
        average_precision::{ClassScore, Score, objections},
        ids::ClassName,
    },
    drivers::detector::{
        install::{Installed, VersionRef, promotion},
        manifest::ModelManifest,
        provider::Provider,
    },
    roles::tools::Ended,
};
use serde::Serialize;
use std::path::PathBuf;

#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  gridwarden models promote trained/street-nano.toml --over models/street-nano.toml --frozen frozen.json --images pictures --by li.wei"
)]
pub struct PromoteArgs {
    /// The new model's manifest
    #[arg(value_name = "NEW")]
    new: PathBuf,
    /// The current manifest, which pipelines name
    #[arg(long, value_name = "MANIFEST")]
    over: PathBuf,
    /// COCO labels that neither model was trained on
    #[arg(long, value_name = "FILE")]
    frozen: PathBuf,
    /// What the labels' file names are relative to
    #[arg(long, value_name = "DIR")]
    images: PathBuf,
    /// How much AP50 a single class may lose
    #[arg(long, value_name = "AP50", default_value = "0.02", value_parser = share)]
    loss_max: f64,
    /// Who promotes it, for the history
    #[arg(long, value_name = "NAME", env = "USER", default_value = "command line")]
    by: String,
    /// Judge only; change nothing
    #[arg(long)]
    dry_run: bool,
    /// Where to run both; the first that works is used
    #[arg(long, value_name = "LIST", value_delimiter = ',', default_value = "cpu")]
    providers: Vec<Provider>,
    /// One JSON object instead of a table
    #[arg(long)]
    json: bool,
}

fn share(text: &str) -> Result<f64, String> {
    text.parse().ok().filter(|share| (0.0..=1.0).contains(share)).ok_or_else(|| "0 to 1".to_owned())
}

#[derive(Serialize)]
struct Report<'a> {
    from: &'a VersionRef,
    to: &'a VersionRef,
    figures: Figures<'a>,
    objections: Vec<String>,
    promoted: bool,
}

/// What the history keeps of a decision.
#[derive(Clone, Copy, Serialize)]
struct Figures<'a> {
    frozen_sha256: &'a str,
    pictures: usize,
    loss_max: f64,
    mean_ap50: [f64; 2],
    /// Classes of the new model that the set has no labels of.
    unjudged: &'a [ClassName],
    old: &'a Score,
    new: &'a Score,
}

pub fn run(args: &PromoteArgs) -> anyhow::Result<Ended> {
    let current = Installed::open(&args.over).map_err(refused)?;
    let new = Installed::open(&args.new).map_err(refused)?;
    let frozen = FrozenSet::open(&args.frozen, &args.images)?;
    let (from, to) = (current.version_at(&args.over), new.version_at(&args.over));
    let old_score = frozen.judge(&current.file, &args.providers)?;
    let new_score = frozen.judge(&new.file, &args.providers)?;
    let lost = lost(current.manifest(), new.manifest());
    let unjudged: Vec<ClassName> = (new.manifest().classes.iter())
        .map(|class| class.name.clone())
        .filter(|name| !old_score.classes.contains_key(name))
        .collect();
    let objections = objections(&old_score, &new_score, &lost, args.loss_max);
    let figures = Figures {
        frozen_sha256: &frozen.sha256,
        pictures: frozen.pictures(),
        loss_max: args.loss_max,
        mean_ap50: [old_score.mean_ap50(), new_score.mean_ap50()],
        unjudged: &unjudged,
        old: &old_score,
        new: &new_score,
    };
    let may = objections.is_empty() && !args.dry_run;
    let report = Report { from: &from, to: &to, figures, objections, promoted: may };
    if may {
        // The very bytes that were judged are installed.
        let now = SystemClock::new().wall();
        let figures = serde_json::to_value(figures)?;
        let switch = promotion(&args.over, &new, (now, &args.by), figures).map_err(refused)?;
        anyhow::ensure!(switch.from == from, "{} has changed meanwhile", args.over.display());
        switch.run().map_err(refused)?;
    }
    show(args, &report)?;
    Ok(if report.objections.is_empty() { Ended::Done } else { Ended::Failed })
}

/// Classes that only the old model has.
fn lost(old: &ModelManifest, new: &ModelManifest) -> Vec<ClassName> {
    let known = |name: &ClassName| new.classes.iter().any(|class| &class.name == name);
    (old.classes.iter()).map(|class| class.name.clone()).filter(|name| !known(name)).collect()
}

fn show(args: &PromoteArgs, report: &Report<'_>) -> anyhow::Result<()> {
    if args.json {
        println!("{}", serde_json::to_string(report)?);
        return Ok(());
    }
    let Figures { old, new, pictures, mean_ap50, unjudged, .. } = report.figures;
    println!("{:<18}{:>7}{:>16}{:>16}{:>16}", "", "labels", "AP50", "recall", "precision");
    let pair = |figure: &dyn Fn(&ClassScore) -> Option<f64>, class: &ClassName| {
        let of = |score: &Score| score.classes.get(class).and_then(figure);
        format!("{} > {}", number(of(old)), number(of(new)))
    };
    for (class, score) in &old.classes {
        println!(
            "{:<18}{:>7}{:>16}{:>16}{:>16}",
            class.as_str(),
            score.labels,
            pair(&|score| Some(score.ap50), class),
            pair(&|score| Some(score.recall()), class),
            pair(&|score| score.precision(), class),
        );
    }
    let [before, after] = mean_ap50;
    let mean = format!("{before:.3} > {after:.3}");
    println!("{:<18}{:>7}{mean:>16}   over {pictures} pictures", "mean", "");
    if !unjudged.is_empty() {
        let names: Vec<&str> = unjudged.iter().map(ClassName::as_str).collect();
        println!("no labels, not judged: {}", names.join(" "));
    }
    let named = |version: &VersionRef| format!("{} {}", version.model.id, version.version);
    let (over, from, to) = (args.over.display(), named(report.from), named(report.to));
    for objection in &report.objections {
        println!("refused: {objection}");
    }
    match (report.promoted, report.objections.is_empty()) {
        (true, _) => println!("{over}: {from} -> {to}; an edge takes it up on SIGHUP"),
        (false, true) => println!("{to} may take the place of {from}; nothing was changed"),
        (false, false) => println!("{over}: {from} stays"),
    }
    Ok(())
}

fn number(figure: Option<f64>) -> String {
    figure.map_or_else(|| "-".to_owned(), |figure| format!("{figure:.3}"))
}
