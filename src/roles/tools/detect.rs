//! `gridwarden detect`: a model on picture files, answers as COCO results.
//!
//! Enters: a manifest and pictures. Leaves: one JSON array in the order of the pictures, the same
//! whatever the number of threads. A picture that cannot be read is named, the others are still
//! analysed, and the exit code is 2.

use super::{BadInput, Ended};
use crate::{
    base::clock::{Clock, SystemClock},
    domain::{
        detection::{Detection, ModelRef},
        pixel::{PixelBox, PixelSize},
        tiles::{TILE_OVERLAP_DEFAULT, TileShape, Tiling},
    },
    drivers::{
        detector::{
            LoadError,
            manifest::ModelManifest,
            onnx::OnnxDetector,
            provider::{Provider, ProviderOptions, ProviderReport},
            session::NetworkFile,
        },
        vision::{still::load_image, tensor::PlaneTensorMaker},
    },
};
use anyhow::{Context, Result};
use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;
use std::{
    path::{Path, PathBuf},
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

/// A picture in the smallest tiles is a long wait, and no bound at all would be a longer one.
const TILES_OF_A_PICTURE_MAX: usize = 1000;

/// Run a model on pictures and write COCO results.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  gridwarden detect --model models/street-nano.toml \
    --out found.json street/*.jpg")]
pub struct DetectArgs {
    /// The model's manifest
    #[arg(long, value_name = "MANIFEST")]
    pub model: PathBuf,
    /// Pictures: JPEG, PNG, WebP or BMP
    #[arg(required = true, value_name = "IMAGES")]
    pub images: Vec<PathBuf>,
    /// Where the results go
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
    /// Where to run the model; the first that works is used
    #[arg(
        long,
        value_name = "LIST",
        value_delimiter = ',',
        default_value = "tensorrt,cuda,openvino,cpu"
    )]
    pub providers: Vec<Provider>,
    /// Report everything from this score on, instead of the manifest's thresholds
    #[arg(long, value_name = "SCORE", value_parser = score)]
    pub score_min: Option<f32>,
    /// Look at each picture in tiles of this size as well, for small things; each costs an inference
    #[arg(long, value_name = "WIDTHxHEIGHT", value_parser = tile_size)]
    pub tile: Option<PixelSize>,
    /// Share of a tile that its neighbour sees too
    #[arg(long, value_name = "SHARE", default_value_t = TILE_OVERLAP_DEFAULT, value_parser = overlap, requires = "tile")]
    pub tile_overlap: f32,
    /// Print the summary as JSON
    #[arg(long)]
    pub json: bool,
}

fn tile_size(text: &str) -> Result<PixelSize, String> {
    let side = |text: &str| text.parse().ok().filter(|side| (64..=4096).contains(side));
    let (width, height) = text.split_once('x').unwrap_or_default();
    side(width)
        .zip(side(height))
        .map(|(width_px, height_px)| PixelSize { width_px, height_px })
        .ok_or_else(|| "two sides from 64 to 4096 px are allowed, such as 320x192".to_owned())
}

fn overlap(text: &str) -> Result<f32, String> {
    let share = text.parse().ok().filter(|share| (0.0..=0.5).contains(share));
    share.ok_or_else(|| "a number from 0 to 0.5 is allowed".to_owned())
}

fn score(text: &str) -> Result<f32, String> {
    let allowed = || "a number from 0 to 1 is allowed".to_owned();
    let score: f32 = text.parse().map_err(|_| allowed())?;
    if (0.0..=1.0).contains(&score) { Ok(score) } else { Err(allowed()) }
}

/// One box as COCO evaluation tools read it; `bbox` is left, top, width, height in source pixels.
#[derive(Debug, Serialize)]
struct CocoResult<'a> {
    file_name: &'a str,
    category_name: &'a str,
    bbox: [f64; 4],
    score: f64,
}

impl<'a> CocoResult<'a> {
    fn new(file_name: &'a str, detection: &'a Detection) -> Self {
        let bbox = &detection.bbox;
        let round = |value: f32, digits: f64| (f64::from(value) * digits).round() / digits;
        Self {
            file_name,
            category_name: detection.class.as_str(),
            bbox: [bbox.x1, bbox.y1, bbox.width(), bbox.height()].map(|value| round(value, 100.0)),
            score: round(detection.score, 1e5),
        }
    }
}

#[derive(Debug, Serialize)]
struct Summary<'a> {
    images: usize,
    unreadable: usize,
    detections: usize,
    inferences: usize,
    out: String,
    model: &'a ModelRef,
    providers: &'a ProviderReport,
    seconds: f64,
}

/// What one picture held.
#[derive(Debug, Clone)]
pub struct Seen {
    pub size: PixelSize,
    pub detections: Vec<Detection>,
    pub inferences: usize,
}

pub type Answer = std::result::Result<Seen, String>;

/// Results go to `args.out`, the summary to stdout, what is wrong to stderr.
pub fn run(args: &DetectArgs) -> Result<Ended> {
    let clock = SystemClock::new();
    let (file, images) = (open(args).map_err(refused)?, &args.images[..]);
    let tiles = args.tile.map(|size| TileShape { size, overlap: args.tile_overlap });
    let job = Job { file, providers: &args.providers, images, tiles };
    let first = job.load().map_err(refused)?;
    let (model, providers) = (first.manifest().model_ref(), first.report().clone());
    let answers = job.analyse(first)?;

    let (mut results, mut faults, mut inferences) = (Vec::new(), Vec::new(), 0);
    let names: Vec<_> = args.images.iter().map(|image| image.display().to_string()).collect();
    for (name, answer) in names.iter().zip(&answers) {
        match answer {
            Ok(seen) => {
                inferences += seen.inferences;
                let found = seen.detections.iter();
                results.extend(found.map(|found| CocoResult::new(name, found)));
            }
            Err(fault) => faults.push(fault),
        }
    }
    let json = serde_json::to_vec(&results).context("results cannot be written as JSON")?;
    std::fs::write(&args.out, json)
        .with_context(|| format!("{}: cannot be written", args.out.display()))?;

    let summary = Summary {
        images: args.images.len(),
        unreadable: faults.len(),
        detections: results.len(),
        inferences,
        out: args.out.display().to_string(),
        model: &model,
        providers: &providers,
        seconds: clock.monotonic().as_secs_f64(),
    };
    if args.json {
        println!("{}", serde_json::to_string(&summary)?);
    } else {
        let Summary { images, detections, out, seconds, .. } = &summary;
        let (id, used) = (&model.id, providers.used);
        println!(
            "{detections} detections in {images} pictures -> {out} ({id} on {used}, {seconds:.1} s)"
        );
    }
    if faults.is_empty() {
        return Ok(Ended::Done);
    }
    faults.iter().for_each(|fault| eprintln!("{fault}"));
    let (faults, images) = (faults.len(), args.images.len());
    Err(BadInput(format!("{faults} of {images} pictures have no results")).into())
}

fn open(args: &DetectArgs) -> std::result::Result<NetworkFile, LoadError> {
    let mut manifest = ModelManifest::open(&args.model)?;
    if let Some(score_min) = args.score_min {
        manifest.classes.iter_mut().for_each(|class| class.score_min = score_min);
    }
    NetworkFile::open(manifest)
}

/// A manifest or network that does not fit is bad input; a machine without ONNX Runtime is a failure.
pub fn refused(error: LoadError) -> anyhow::Error {
    match error {
        LoadError::Runtime { .. } | LoadError::NoProvider { .. } => error.into(),
        LoadError::Manifest(faults) => faults.into(),
        other => BadInput(other.to_string()).into(),
    }
}

/// A model, pictures, and where to run.
pub struct Job<'a> {
    pub file: NetworkFile,
    pub providers: &'a [Provider],
    pub images: &'a [PathBuf],
    /// Over whole pictures.
    pub tiles: Option<TileShape>,
}

impl Job<'_> {
    pub fn load(&self) -> std::result::Result<OnnxDetector, LoadError> {
        let options =
            ProviderOptions { order: self.providers.to_vec(), ..ProviderOptions::default() };
        OnnxDetector::load(&self.file, &options, Box::new(PlaneTensorMaker::new()))
    }

    /// One answer a picture, in order; as many detectors of one thread as cores where that pays.
    pub fn analyse(&self, first: OnnxDetector) -> Result<Vec<Answer>> {
        let cores = thread::available_parallelism().map_or(1, std::num::NonZeroUsize::get);
        let threads =
            if first.report().used.wants_batches() { 1 } else { cores.min(self.images.len()) };
        let mut detectors = vec![first];
        while detectors.len() < threads {
            detectors.push(self.load()?);
        }
        let style = ProgressStyle::with_template("{bar:40} {pos}/{len} pictures, {eta} left")?;
        // Shows on a terminal only.
        let progress = ProgressBar::new(self.images.len() as u64).with_style(style);
        let next = AtomicUsize::new(0);
        let answers: Mutex<Vec<Option<Answer>>> = Mutex::new(vec![None; self.images.len()]);
        thread::scope(|scope| {
            for mut detector in detectors {
                let (next, answers, progress) = (&next, &answers, &progress);
                scope.spawn(move || {
                    loop {
                        let index = next.fetch_add(1, Ordering::Relaxed);
                        let Some(path) = self.images.get(index) else { return };
                        let answer = look(&mut detector, path, self.tiles);
                        answers.lock().unwrap_or_else(PoisonError::into_inner)[index] =
                            Some(answer);
                        progress.inc(1);
                    }
                });
            }
        });
        progress.finish_and_clear();
        let answers = answers.into_inner().unwrap_or_else(PoisonError::into_inner);
        answers.into_iter().collect::<Option<_>>().context("a picture was left out")
    }
}

fn look(detector: &mut OnnxDetector, path: &Path, tiles: Option<TileShape>) -> Answer {
    let fault = |reason: String| format!("{}: {reason}", path.display());
    let frame = load_image(path).map_err(|error| error.to_string())?;
    let size = frame.stamp.size;
    let area = tiles.map(|shape| (PixelBox::whole(size), shape));
    let tiling = Tiling::over(size, area);
    if tiling.len() > TILES_OF_A_PICTURE_MAX {
        return Err(fault(format!(
            "would be cut into {} tiles; at most {TILES_OF_A_PICTURE_MAX} are allowed",
            tiling.len()
        )));
    }
    let found = detector.detect_tiled(&[(frame, &tiling)]).pop();
    match found {
        Some(Ok(found)) => {
            let inferences = 1 + tiling.len();
            Ok(Seen { size, detections: found.detections, inferences })
        }
        Some(Err(error)) => Err(fault(error.to_string())),
        None => Err(fault("no answer".to_owned())),
    }
}
