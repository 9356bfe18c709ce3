//! `gridwarden replay`: the whole edge analysis in media time, bit for bit repeatable.
//!
//! Enters: a pipeline and either a video or a file of detections. Leaves: the case facts as they
//! would go out over MQTT, one a line, and a summary on stdout. Ids derive from a digest of pipeline,
//! patterns and source plus a counter; the wall clock is given. No picture is made.

use super::{BadInput, Ended, bad_line};
use crate::{
    base::time::{ClockQuality, MediaTime, WallTime},
    domain::{
        analyser::Analyser,
        detection::{Detection, ModelRef},
        frame::FrameStamp,
        ids::DerivedIds,
        pixel::{PixelBox, PixelSize},
        wire::{CameraCondition, FactKind, NodeAddress, case_event},
    },
    roles::config::{
        pattern::Catalogue,
        pipeline::{Pipeline, load_pipeline},
    },
};
use anyhow::Context;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::{
    fs::File,
    io::{BufRead, BufReader, BufWriter, Read, Write},
    path::{Path, PathBuf},
};

#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  gridwarden replay --pipeline pipelines/demo_street.toml --source street.mp4 --out cases.jsonl\n  gridwarden replay --pipeline p.toml --detections det.jsonl --out cases.jsonl"
)]
pub struct ReplayArgs {
    /// The camera's pipeline
    #[arg(long)]
    pipeline: PathBuf,
    /// A video file to decode and detect on
    #[arg(long, conflicts_with = "detections", required_unless_present = "detections")]
    source: Option<PathBuf>,
    /// Detections, one frame a line, instead of a video
    #[arg(long)]
    detections: Option<PathBuf>,
    /// Where the case facts go
    #[arg(long)]
    out: PathBuf,
    /// Wall time of the first frame
    #[arg(long, default_value = "2026-01-01T00:00:00Z")]
    start_at: WallTime,
    /// A directory of patterns instead of the catalogue built into the program
    #[arg(long)]
    patterns: Option<PathBuf>,
    /// Node id that the facts carry
    #[arg(long, default_value = "replay")]
    node: crate::domain::ids::NodeId,
    /// District id that the facts carry
    #[arg(long, default_value = "440310")]
    district: crate::domain::ids::DistrictId,
}

/// What a replay did.
#[derive(Debug, Default, Serialize)]
pub struct Summary {
    pub frames: u64,
    pub analysed: u64,
    pub detections: u64,
    pub cases: u64,
    pub media_secs: f64,
    pub secs: f64,
}

/// Feeds frames to the analyser and writes what it says.
pub struct Replay<W> {
    analyser: Analyser,
    address: NodeAddress,
    out: W,
    pub summary: Summary,
}

impl<W: Write> Replay<W> {
    pub fn frame(
        &mut self,
        stamp: &FrameStamp,
        condition: CameraCondition,
        detections: &[Detection],
    ) -> anyhow::Result<()> {
        let step = self.analyser.step(stamp, condition, detections);
        for fact in &step.facts {
            serde_json::to_writer(&mut self.out, &case_event(fact, &self.address))?;
            self.out.write_all(b"\n")?;
            self.summary.cases += u64::from(fact.kind == FactKind::Opened);
        }
        self.summary.analysed += 1;
        self.summary.detections += detections.len() as u64;
        self.summary.media_secs = self.summary.media_secs.max(stamp.pts.as_secs_f64());
        Ok(())
    }
}

pub fn run(args: &ReplayArgs) -> anyhow::Result<Ended> {
    use crate::base::clock::Clock;
    let clock = crate::base::clock::SystemClock::new();
    let catalogue = match &args.patterns {
        Some(dir) => Catalogue::from_dir(dir)?,
        None => Catalogue::built_in()?,
    };
    let pipeline = load_pipeline(&args.pipeline, &catalogue)?;
    let out = File::create(&args.out)
        .with_context(|| format!("{} cannot be written", args.out.display()))?;
    let mut summary = match (&args.source, &args.detections) {
        (_, Some(path)) => from_detections(args, &pipeline, &catalogue, path, BufWriter::new(out))?,
        (Some(path), None) => from_video(args, &pipeline, &catalogue, path, BufWriter::new(out))?,
        (None, None) => {
            return Err(BadInput("--source or --detections is required".to_owned()).into());
        }
    };
    summary.secs = (clock.monotonic().as_secs_f64() * 1000.0).round() / 1000.0;
    println!("{}", serde_json::to_string(&summary)?);
    Ok(Ended::Done)
}

fn begin<W: Write>(
    args: &ReplayArgs,
    pipeline: &Pipeline,
    catalogue: &Catalogue,
    source: &Path,
    model: ModelRef,
    out: W,
) -> anyhow::Result<Replay<W>> {
    let mut digest = Sha256::new().chain_update(&pipeline.text);
    for text in &catalogue.texts {
        digest.update(text);
    }
    let mut file =
        File::open(source).map_err(|error| BadInput(format!("{}: {error}", source.display())))?;
    let mut block = vec![0; 1 << 16];
    loop {
        let read = file
            .read(&mut block)
            .with_context(|| format!("{} cannot be read", source.display()))?;
        if read == 0 {
            break;
        }
        digest.update(&block[..read]);
    }
    let ids = Box::new(DerivedIds::new(digest.finalize().into()));
    let ground = pipeline.calibration.as_ref().map(|c| c.view.clone());
    Ok(Replay {
        analyser: Analyser::new(pipeline.scene.clone(), ground, model, &pipeline.patterns, 1, ids),
        address: NodeAddress { district: args.district.clone(), node: args.node.clone() },
        out,
        summary: Summary::default(),
    })
}

/// One line of a detections file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct FrameLine {
    pts_secs: f64,
    width: u32,
    height: u32,
    #[serde(default = "sees")]
    valid: bool,
    #[serde(default)]
    detections: Vec<DetectionLine>,
}

fn sees() -> bool {
    true
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct DetectionLine {
    class: crate::domain::ids::ClassName,
    score: f32,
    #[serde(rename = "box")]
    bbox: [f32; 4],
}

/// A line longer than this is not one frame's detections.
const LINE_BYTES_MAX: u64 = 4 * 1024 * 1024;

fn from_detections(
    args: &ReplayArgs,
    pipeline: &Pipeline,
    catalogue: &Catalogue,
    path: &Path,
    out: impl Write,
) -> anyhow::Result<Summary> {
    let model = ModelRef { id: "detections-file".to_owned(), sha256: String::new() };
    let mut replay = begin(args, pipeline, catalogue, path, model, out)?;
    let mut reader = BufReader::new(File::open(path)?);
    let (mut number, mut line, mut last) = (0, Vec::new(), None::<f64>);
    loop {
        line.clear();
        number += 1;
        if (&mut reader).take(LINE_BYTES_MAX).read_until(b'\n', &mut line)? == 0 {
            break;
        }
        if line.len() as u64 == LINE_BYTES_MAX {
            return Err(bad_line(
                path,
                number,
                format!("a line may have {LINE_BYTES_MAX} bytes at most"),
            ));
        }
        if line.iter().all(u8::is_ascii_whitespace) {
            continue;
        }
        let frame: FrameLine =
            serde_json::from_slice(&line).map_err(|error| bad_line(path, number, error))?;
        check(&frame, last).map_err(|reason| bad_line(path, number, reason))?;
        last = Some(frame.pts_secs);
        let pts = MediaTime::from_secs_f64(frame.pts_secs);
        let stamp = FrameStamp {
            pts,
            captured_at: args.start_at.plus(pts.since(MediaTime::ZERO)),
            clock: ClockQuality::Assigned,
            size: PixelSize { width_px: frame.width, height_px: frame.height },
        };
        let condition = if frame.valid { CameraCondition::Ok } else { CameraCondition::Covered };
        let detections: Vec<Detection> = frame
            .detections
            .into_iter()
            .map(|d| {
                let [x1, y1, x2, y2] = d.bbox;
                // As the detector does: what leaves the picture ends at its border.
                let bbox = PixelBox::new(x1, y1, x2, y2).clamped(stamp.size);
                Detection { class: d.class, score: d.score, bbox }
            })
            .collect();
        replay.summary.frames += 1;
        replay.frame(&stamp, condition, &detections)?;
    }
    replay.out.flush()?;
    Ok(replay.summary)
}

fn check(frame: &FrameLine, last: Option<f64>) -> Result<(), String> {
    if !(0.0..=31_622_400.0).contains(&frame.pts_secs) {
        return Err(format!("pts_secs = {}: 0 to 31622400 (one year) is allowed", frame.pts_secs));
    }
    if last.is_some_and(|last| frame.pts_secs <= last) {
        return Err(format!("pts_secs = {}: it must grow from line to line", frame.pts_secs));
    }
    if !(1..=16_384).contains(&frame.width) || !(1..=16_384).contains(&frame.height) {
        return Err(format!(
            "width x height = {}x{}: 1 to 16384 px are allowed",
            frame.width, frame.height
        ));
    }
    for detection in &frame.detections {
        let finite = detection.bbox.iter().all(|edge| edge.is_finite());
        if !finite || !(0.0..=1.0).contains(&detection.score) {
            return Err(format!("{detection:?}: score 0 to 1 and finite edges are allowed"));
        }
    }
    Ok(())
}

#[cfg(not(feature = "edge"))]
fn from_video(
    _: &ReplayArgs,
    _: &Pipeline,
    _: &Catalogue,
    _: &Path,
    _: impl Write,
) -> anyhow::Result<Summary> {
    anyhow::bail!("this build has no video: rebuild with the feature `edge`")
}

#[cfg(feature = "edge")]
fn from_video(
    args: &ReplayArgs,
    pipeline: &Pipeline,
    catalogue: &Catalogue,
    path: &Path,
    out: impl Write,
) -> anyhow::Result<Summary> {
    use crate::{
        domain::{privacy::Masked, seams::FrameSource},
        drivers::{
            camera::{FilePart, FileSource, FileSourceConfig},
            detector::provider::{Provider, ProviderOptions},
        },
        roles::edge::{
            changes::SceneWatch,
            sight::{Glance, Sight},
        },
    };
    // One provider, one thread: the same video gives the same answer on every run of a machine.
    let providers = ProviderOptions { order: vec![Provider::Cpu], ..ProviderOptions::default() };
    let mut sight = Sight::open(&pipeline.manifest, &providers).map_err(super::detect::refused)?;
    let model = sight.detector().manifest().model_ref();
    let mut replay = begin(args, pipeline, catalogue, path, model, out)?;
    let parts = vec![FilePart { path: path.to_owned(), starts_at: args.start_at }];
    let config = FileSourceConfig {
        parts,
        analysed_fps: pipeline.source.analysed_fps,
        between: None,
        clock: ClockQuality::Assigned,
    };
    let source = FileSource::open(config).map_err(|error| BadInput(error.to_string()))?;
    let mut source = Masked { source, mask: pipeline.privacy.clone() };
    let progress = indicatif::ProgressBar::new_spinner().with_message("frames analysed");
    let tiling = pipeline.scene.tiling();
    let classes = &sight.detector().manifest().classes;
    let patterns = pipeline.patterns.iter().map(|(pattern, _)| pattern);
    let mut changes =
        SceneWatch::of(patterns, |class| classes.iter().any(|known| &known.name == class));
    while let Some(frame) = source.next_frame()? {
        let Glance { condition, found } = sight.look(&frame, &tiling)?;
        let mut detections = found.detections;
        if let Some(changes) = &mut changes {
            let seen = changes.look(&frame, condition, &detections, &replay.analyser);
            detections.extend(seen);
        }
        replay.frame(&frame.stamp, condition, &detections)?;
        progress.inc(1);
    }
    progress.finish_and_clear();
    replay.out.flush()?;
    replay.summary.frames = source.source.decoded();
    Ok(replay.summary)
}
