//! `gridwarden footage`: look into a ring, cut something out of it, check and repair it.
//!
//! Works on the folder, beside a running node or without one. Nothing that can be read is deleted here.

use super::{BadInput, Ended};
use crate::{
    base::{
        clock::{Clock, SystemClock},
        time::{ClockQuality, WallTime},
    },
    domain::{
        footage::{Hole, Span},
        ids::CameraId,
        seams::FootageSource,
    },
    drivers::{
        camera::{FilePart, FileSource, FileSourceConfig},
        footage::{
            Footage, Segment,
            clip::write_clip,
            cut::{Ring, write_mp4},
            fsck::{Check, Report, check},
        },
    },
};
use std::{
    io::Write,
    path::{Path, PathBuf},
    sync::Arc,
};

const EXAMPLES: &str = "Examples:
  gridwarden footage list --dir /var/lib/gridwarden-edge/footage
  gridwarden footage cut --dir footage --camera demo-street --from 2026-01-31T08:00:00Z --to 2026-01-31T08:00:30Z --out clip.mp4
  gridwarden footage fsck --dir footage --repair";

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct FootageArgs {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// What is there of each camera, what is missing and why
    List(ListArgs),
    /// An interval as one MP4; faces and plates are not hidden in it
    Cut(CutArgs),
    /// Check every file; exit code 1 if something is wrong and stays so
    Fsck(FsckArgs),
}

#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  gridwarden footage list --dir footage --camera demo-street --json"
)]
struct ListArgs {
    /// The ring: `footage` in an edge's data folder
    #[arg(long, value_name = "DIR")]
    dir: PathBuf,
    /// All cameras if left out
    #[arg(long, value_name = "ID")]
    camera: Option<CameraId>,
    /// [default: the first footage there is]
    #[arg(long, value_name = "TIME")]
    from: Option<WallTime>,
    /// [default: the last footage there is]
    #[arg(long, value_name = "TIME")]
    to: Option<WallTime>,
    /// Every segment, not only what they cover together
    #[arg(long)]
    segments: bool,
    /// One JSON object a camera instead of lines
    #[arg(long)]
    json: bool,
}

#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  gridwarden footage cut --dir footage --camera demo-street --from 2026-01-31T08:00:00Z --to 2026-01-31T08:00:30Z --out clip.mp4"
)]
struct CutArgs {
    /// The ring: `footage` in an edge's data folder
    #[arg(long, value_name = "DIR")]
    dir: PathBuf,
    #[arg(long, value_name = "ID")]
    camera: CameraId,
    #[arg(long, value_name = "TIME")]
    from: WallTime,
    #[arg(long, value_name = "TIME")]
    to: WallTime,
    /// The MP4 to write
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Begin at the very frame, not at the key frame before it: encodes again
    #[arg(long)]
    exact: bool,
}

#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  gridwarden footage fsck --dir footage --repair --deep")]
struct FsckArgs {
    /// The ring: `footage` in an edge's data folder
    #[arg(long, value_name = "DIR")]
    dir: PathBuf,
    /// Cut damaged segments after their last whole frame and name them truly
    #[arg(long)]
    repair: bool,
    /// Read every segment, not only its length
    #[arg(long)]
    deep: bool,
    /// One JSON object instead of lines
    #[arg(long)]
    json: bool,
}

pub fn run(args: &FootageArgs, out: impl Write) -> anyhow::Result<Ended> {
    match &args.command {
        Command::List(args) => list(args, out),
        Command::Cut(args) => cut(args, out),
        Command::Fsck(args) => fsck(args, out),
    }
}

#[derive(serde::Serialize)]
struct Listed {
    camera: CameraId,
    from: WallTime,
    to: WallTime,
    bytes: u64,
    segments: Vec<ListedSegment>,
    holes: Vec<Hole>,
    held: Vec<ListedHold>,
}

#[derive(serde::Serialize)]
struct ListedSegment {
    path: PathBuf,
    from: WallTime,
    to: WallTime,
    bytes: u64,
    being_written: bool,
    torn: bool,
}

#[derive(serde::Serialize)]
struct ListedHold {
    from: WallTime,
    to: WallTime,
    until: WallTime,
    case_id: String,
}

fn list(args: &ListArgs, mut out: impl Write) -> anyhow::Result<Ended> {
    let footage = open(&args.dir)?;
    let cameras = match &args.camera {
        Some(camera) => vec![known(&footage, camera)?],
        None => footage.cameras()?,
    };
    for camera in cameras {
        let Some(all) = footage.recording_span(&camera)? else { continue };
        let asked = Span::new(args.from.unwrap_or(all.from), args.to.unwrap_or(all.to));
        let segments = footage.segments(&camera, asked)?;
        let now = SystemClock::new().wall();
        let holes = footage.holes(&camera, asked, &segments, now)?;
        let held = footage.holds(&camera)?.into_iter().map(|hold| ListedHold {
            from: hold.span.from,
            to: hold.span.to,
            until: hold.until,
            case_id: hold.case.to_string(),
        });
        let listed = Listed {
            bytes: segments.iter().map(|segment| segment.bytes).sum(),
            segments: segments.into_iter().map(listed).collect(),
            camera,
            from: asked.from,
            to: asked.to,
            holes,
            held: held.collect(),
        };
        if args.json {
            writeln!(out, "{}", serde_json::to_string(&listed)?)?;
        } else {
            lines(&listed, args.segments, &mut out)?;
        }
    }
    Ok(Ended::Done)
}

fn listed(segment: Segment) -> ListedSegment {
    ListedSegment {
        from: segment.counts.from,
        to: segment.counts.to,
        bytes: segment.bytes,
        being_written: segment.is_open(),
        torn: segment.is_torn,
        path: segment.path,
    }
}

fn lines(listed: &Listed, with_segments: bool, out: &mut impl Write) -> std::io::Result<()> {
    let Listed { camera, from, to, bytes, segments, holes, held } = listed;
    let count = segments.len();
    writeln!(out, "{camera}: {from} to {to}, {count} segments, {bytes} bytes")?;
    for segment in segments.iter().filter(|segment| with_segments || segment.torn) {
        let mark = match (segment.torn, segment.being_written) {
            (true, _) => ", torn",
            (_, true) => ", being written",
            _ => "",
        };
        let ListedSegment { from, to, bytes, .. } = segment;
        writeln!(out, "  {from} to {to}, {bytes} bytes{mark}")?;
    }
    for hole in holes {
        writeln!(out, "  missing {hole}")?;
    }
    for ListedHold { from, to, until, case_id } in held {
        writeln!(out, "  held {from} to {to} until {until} by case {case_id}")?;
    }
    Ok(())
}

fn cut(args: &CutArgs, mut out: impl Write) -> anyhow::Result<Ended> {
    let footage = open(&args.dir)?;
    let camera = known(&footage, &args.camera)?;
    let asked = Span::new(args.from, args.to);
    if asked.is_empty() {
        let (from, to) = (args.from, args.to);
        return Err(BadInput(format!("--to {to}: after --from {from} is allowed")).into());
    }
    if args.out.extension().is_none_or(|extension| extension != "mp4") {
        let out = args.out.display();
        return Err(BadInput(format!("--out {out}: a name that ends in .mp4 is allowed")).into());
    }
    let clock = Arc::new(SystemClock::new());
    let segments = footage.segments(&camera, asked)?;
    let holes = footage.holes(&camera, asked, &segments, clock.wall())?;
    if segments.is_empty() {
        let holes: Vec<String> = holes.iter().map(Hole::to_string).collect();
        return Err(BadInput(format!("there is no footage: {}", holes.join(", "))).into());
    }
    let (from, to, frames, bytes) = if args.exact {
        let folder = args.out.with_extension("parts");
        std::fs::create_dir_all(&folder)?;
        let made = exact(footage, &camera, asked, &folder, &args.out, clock);
        std::fs::remove_dir_all(&folder)?;
        let made = made?;
        (made.from, made.to, made.frames, made.bytes)
    } else {
        let made = write_mp4(&segments, &args.out)?;
        if made.other_format > 0 {
            eprintln!("{} segments of another codec or size are left out", made.other_format);
        }
        (made.starts_at, made.ends_at, made.frames, made.bytes)
    };
    writeln!(out, "{}: {from} to {to}, {frames} frames, {bytes} bytes", args.out.display())?;
    for hole in holes {
        writeln!(out, "  missing {hole}")?;
    }
    Ok(Ended::Done)
}

fn exact(
    footage: Footage,
    camera: &CameraId,
    asked: Span,
    folder: &Path,
    to: &Path,
    clock: Arc<SystemClock>,
) -> anyhow::Result<crate::drivers::footage::clip::ClipSummary> {
    let fetched = Ring { footage, clock }.fetch(camera, asked, folder)?;
    let parts = fetched.parts.into_iter();
    let mut frames = FileSource::open(FileSourceConfig {
        parts: parts.map(|part| FilePart { path: part.path, starts_at: part.starts_at }).collect(),
        analysed_fps: 0.0,
        between: Some((asked.from, asked.to)),
        clock: ClockQuality::Arrival,
    })?;
    Ok(write_clip(&mut frames, &mut |_, _| (), to)?)
}

fn fsck(args: &FsckArgs, mut out: impl Write) -> anyhow::Result<Ended> {
    open(&args.dir)?;
    let now = SystemClock::new().wall();
    let report = check(&args.dir, Check { now, repair: args.repair, deep: args.deep })?;
    if args.json {
        writeln!(out, "{}", serde_json::to_string(&report)?)?;
    } else {
        findings(&report, &mut out)?;
    }
    Ok(if report.is_sound() { Ended::Done } else { Ended::Failed })
}

fn findings(report: &Report, out: &mut impl Write) -> anyhow::Result<()> {
    for finding in &report.findings {
        let problem = serde_json::to_value(finding.problem)?;
        let problem = problem.as_str().unwrap_or_default();
        let (path, bytes, of) =
            (finding.path.display(), finding.readable_bytes, finding.file_bytes);
        let readable = match finding.readable {
            Some((from, to)) => format!(": readable {from} to {to}, {bytes} of {of} bytes"),
            None => String::new(),
        };
        let repaired = if finding.repaired { ", repaired" } else { "" };
        writeln!(out, "{path}: {problem}{readable}{repaired}")?;
    }
    let Report { cameras, segments, bytes, holes, holds, being_written, findings } = report;
    let findings = findings.len();
    writeln!(
        out,
        "{cameras} cameras, {segments} segments, {bytes} bytes, {being_written} being written, {holes} holes, {holds} holds, {findings} findings"
    )?;
    Ok(())
}

fn open(dir: &Path) -> anyhow::Result<Footage> {
    if !dir.is_dir() {
        return Err(BadInput(format!("--dir {}: a folder is allowed", dir.display())).into());
    }
    Ok(Footage::new(dir))
}

fn known(footage: &Footage, camera: &CameraId) -> anyhow::Result<CameraId> {
    let cameras = footage.cameras()?;
    if cameras.contains(camera) {
        return Ok(camera.clone());
    }
    let known: Vec<&str> = cameras.iter().map(CameraId::as_str).collect();
    let (dir, known) = (footage.dir().display(), known.join(", "));
    Err(BadInput(format!("--camera {:?}: {dir} has {known}", camera.as_str())).into())
}
