//! `gridwarden verify`: is it gone? Two clips of one camera, or two photographs, and a verdict.
//!
//! Enters: a pipeline and two clips, or a model and two pictures. Leaves: one verdict as JSON on
//! stdout, the same on every run; exit code 0 whatever it says. The clip before is the positive
//! control: the model must find the thing there before its absence later can mean anything. The clip
//! after is split into as many looks as the pattern asks for.
//!
//! A photograph shows one moment from a place nobody checked, so its verdict is advice: marked
//! `advisory`, with the reason `photographs_only`.

use super::{BadInput, Ended, detect::refused};
use crate::{
    base::time::{ClockQuality, WallTime},
    domain::{
        frame::Frame,
        ids::{PatternId, ZoneId},
        privacy::Masked,
        seams::FrameSource,
        taxonomy::Pattern,
        verdict::{
            Verdict,
            bursts::FPS_MAX,
            judge::{Footage, Question, judge},
        },
        wire::VerifyKind,
    },
    drivers::{
        camera::{FilePart, FileSource, FileSourceConfig},
        detector::provider::{Provider, ProviderOptions},
        vision::still::load_image,
    },
    roles::{
        config::{
            pattern::Catalogue,
            pipeline::{Pipeline, load_pipeline},
        },
        edge::{
            findings::{FRAME_SPAN, Memory, Study, Target, in_looks, look_at, one_footage},
            photographs::compare,
            sight::Sight,
        },
    },
};
use std::path::{Path, PathBuf};

const EXAMPLES: &str = "Examples:
  gridwarden verify --pipeline pipelines/demo_street.toml --pattern bin_overflowing --before filed.mp4 --after today.mp4
  gridwarden verify --images before.jpg after.jpg --pattern bin_overflowing
The exit code is 0 whatever the verdict; 2 says that the input was bad.";

/// The model for photographs, below one of the folders of [`default_model`].
const DEFAULT_MODEL: &str = "models/street-nano.toml";

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct VerifyArgs {
    /// The camera's pipeline
    #[arg(long, value_name = "FILE", required_unless_present = "images")]
    pipeline: Option<PathBuf>,
    /// What was reported, for example roadside_stall
    #[arg(long, value_name = "ID")]
    pattern: PatternId,
    /// Where; all zones that the pipeline gives the pattern if left out
    #[arg(long, value_name = "ID")]
    zone: Option<ZoneId>,
    /// Video of the time when it was filed: the model must find it there
    #[arg(long, value_name = "CLIP", required_unless_present = "images")]
    before: Option<PathBuf>,
    /// Video of the time in question
    #[arg(long, value_name = "CLIP", required_unless_present = "images")]
    after: Option<PathBuf>,
    /// Two photographs instead of a pipeline and two clips; the verdict is advice
    #[arg(long, num_args = 2, value_names = ["BEFORE", "AFTER"], conflicts_with_all = ["pipeline", "zone", "before", "after"])]
    images: Option<Vec<PathBuf>>,
    /// The model's manifest, for photographs [default: the shipped street-nano]
    #[arg(long, value_name = "MANIFEST", requires = "images")]
    model: Option<PathBuf>,
    /// Wall time of the first frame before
    #[arg(long, value_name = "TIME", default_value = "2026-01-01T00:00:00Z")]
    before_start: WallTime,
    /// Wall time of the first frame after [default: where the footage before ends]
    #[arg(long, value_name = "TIME")]
    after_start: Option<WallTime>,
    /// A directory of patterns instead of the catalogue built into the program
    #[arg(long, value_name = "DIR")]
    patterns: Option<PathBuf>,
}

pub fn run(args: &VerifyArgs) -> anyhow::Result<Ended> {
    if let Some(after) = args.after_start.filter(|after| *after < args.before_start) {
        let before = args.before_start;
        return Err(BadInput(format!(
            "--after-start {after}: not before --before-start {before} is allowed"
        ))
        .into());
    }
    let catalogue = match &args.patterns {
        Some(dir) => Catalogue::from_dir(dir)?,
        None => Catalogue::built_in()?,
    };
    let verdict = match (&args.images, &args.pipeline, &args.before, &args.after) {
        (Some(images), ..) => photographs(args, &catalogue, images)?,
        (None, Some(pipeline), Some(before), Some(after)) => {
            clips(args, &load_pipeline(pipeline, &catalogue)?, before, after)?
        }
        _ => {
            return Err(BadInput(
                "--pipeline, --before and --after, or --images, are required".to_owned(),
            )
            .into());
        }
    };
    println!("{}", serde_json::to_string(&verdict)?);
    Ok(Ended::Done)
}

fn clips(
    args: &VerifyArgs,
    pipeline: &Pipeline,
    before: &Path,
    after: &Path,
) -> anyhow::Result<Verdict> {
    let Some((pattern, zones)) = pipeline.pattern(&args.pattern) else {
        let known: Vec<&str> =
            pipeline.patterns.iter().map(|(pattern, _)| pattern.id.as_str()).collect();
        return Err(not_allowed("--pattern", args.pattern.as_str(), &pipeline.path, &known));
    };
    let zones = match &args.zone {
        None => zones.iter().filter_map(|id| pipeline.scene.zone(id)).collect(),
        Some(id) => match pipeline.scene.zone(id) {
            Some(zone) => vec![zone],
            None => {
                let known: Vec<&str> =
                    pipeline.scene.zones.iter().map(|zone| zone.id.as_str()).collect();
                return Err(not_allowed("--zone", id.as_str(), &pipeline.path, &known));
            }
        },
    };
    let ground = pipeline.calibration.as_ref().map(|calibration| &calibration.view);
    let mut target = Target {
        pattern,
        scene: &pipeline.scene,
        zones,
        place: None,
        cell: None,
        ground,
        memory: Memory::Learning,
    };
    let mut sight = open(&pipeline.manifest)?;
    let open_clip = |path: &Path, starts_at| {
        clip(path, starts_at).map(|source| Masked { source, mask: pipeline.privacy.clone() })
    };
    let (before, study) =
        footage(&mut sight, &mut open_clip(before, args.before_start)?, args.before_start, &target);
    target.memory = Memory::Known(study.known(&target));
    let after_start =
        args.after_start.or(before.as_ref().map(|seen| seen.to)).unwrap_or(args.before_start);
    // The same camera: what it sees after must be what it saw before.
    sight.another_footage();
    let (after, _) = footage(&mut sight, &mut open_clip(after, after_start)?, after_start, &target);
    Ok(verdict(&sight, pattern, before.as_ref(), after.as_ref()))
}

fn not_allowed(option: &str, value: &str, file: &Path, known: &[&str]) -> anyhow::Error {
    BadInput(format!("{option} {value:?}: {} has {}", file.display(), known.join(", "))).into()
}

fn clip(path: &Path, starts_at: WallTime) -> anyhow::Result<FileSource> {
    let config = FileSourceConfig {
        parts: vec![FilePart { path: path.to_owned(), starts_at }],
        analysed_fps: FPS_MAX,
        between: None,
        clock: ClockQuality::Assigned,
    };
    FileSource::open(config).map_err(|error| BadInput(error.to_string()).into())
}

fn footage(
    sight: &mut Sight,
    source: &mut dyn FrameSource,
    from: WallTime,
    target: &Target<'_>,
) -> (Option<Footage>, Study) {
    // Shows on a terminal only.
    let progress = indicatif::ProgressBar::new_spinner().with_message("frames looked at");
    let mut study = Study::default();
    let findings = look_at(sight, source, target).map(|looked| {
        looked.teach(&mut study);
        looked.finding
    });
    let frames = progress.wrap_iter(findings).collect();
    progress.finish_and_clear();
    (one_footage(from, frames), study)
}

fn verdict(
    sight: &Sight,
    pattern: &Pattern,
    before: Option<&Footage>,
    after: Option<&Footage>,
) -> Verdict {
    let after = after.map_or(Vec::new(), |after| in_looks(after, pattern.closure.looks_min));
    let model = sight.detector().manifest().model_ref();
    let kind = VerifyKind::Postcheck;
    // Clips do not say what found the thing in them.
    judge(&Question { kind, pattern, model, filed_by: None, after: &after, before })
}

fn photographs(
    args: &VerifyArgs,
    catalogue: &Catalogue,
    images: &[PathBuf],
) -> anyhow::Result<Verdict> {
    let Some(pattern) = catalogue.get(&args.pattern) else {
        let (pattern, known) = (args.pattern.as_str(), catalogue.ids().join(", "));
        return Err(BadInput(format!("--pattern {pattern:?}: one of {known} is allowed")).into());
    };
    let [before, after] = images else {
        return Err(BadInput("--images: two pictures are required".to_owned()).into());
    };
    let mut sight = match &args.model {
        Some(model) => open(model)?,
        None => open(&default_model()?)?,
    };
    let after_start = args.after_start.unwrap_or(args.before_start.plus(FRAME_SPAN));
    let before = photograph(before, args.before_start)?;
    let after = photograph(after, after_start)?;
    Ok(compare(&mut sight, pattern, Some(&before), Some(&after)))
}

fn photograph(path: &Path, at: WallTime) -> anyhow::Result<Frame> {
    let mut frame = load_image(path).map_err(|error| BadInput(error.to_string()))?;
    frame.stamp.captured_at = at;
    Ok(frame)
}

fn open(manifest: &Path) -> anyhow::Result<Sight> {
    // One provider, one thread: the same clips give the same verdict on every run of a machine.
    let providers = ProviderOptions { order: vec![Provider::Cpu], ..ProviderOptions::default() };
    Sight::open(manifest, &providers).map_err(refused)
}

/// The shipped model: below the working directory, beside the program, or beside the program's folder.
fn default_model() -> anyhow::Result<PathBuf> {
    let program =
        std::env::current_exe().ok().and_then(|program| program.parent().map(Path::to_owned));
    let mut places = vec![PathBuf::from(DEFAULT_MODEL)];
    if let Some(folder) = program {
        places.extend([folder.join(DEFAULT_MODEL), folder.join("..").join(DEFAULT_MODEL)]);
    }
    places.iter().find(|place| place.is_file()).cloned().ok_or_else(|| {
        let looked: Vec<String> = places.iter().map(|place| place.display().to_string()).collect();
        BadInput(format!(
            "the shipped model is in none of {}; name one with --model",
            looked.join(", ")
        ))
        .into()
    })
}
