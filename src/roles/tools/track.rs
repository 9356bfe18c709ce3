//! `gridwarden track`: MOT challenge text in and out.
//!
//! In: `frame,id,left,top,width,height,confidence,...` (id is ignored). Out: the same columns with
//! the tracker's ids and its smoothed boxes. A negative confidence means "not given" and counts as certain.

use super::{Ended, bad_line};
use crate::{
    base::time::MediaTime,
    domain::{
        detection::Detection,
        ids::ClassName,
        pixel::PixelBox,
        track::{Tracker, TrackerConfig},
    },
};
use anyhow::Context;
use std::{
    collections::BTreeMap,
    fs::File,
    io::{BufRead, BufReader, BufWriter, Write},
    path::{Path, PathBuf},
};

#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  gridwarden track --fps 7 det.txt --out tracks.txt")]
pub struct TrackArgs {
    /// Frames a second of the sequence
    #[arg(long, value_parser = fps)]
    fps: f64,
    /// Detections in MOT challenge text
    detections: PathBuf,
    /// Where the tracks go
    #[arg(long)]
    out: PathBuf,
}

fn fps(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(fps) if (0.1..=240.0).contains(&fps) => Ok(fps),
        _ => Err("0.1 to 240 is allowed".to_owned()),
    }
}

/// More frames than this (11 days at 25 fps) is a mistake in the file.
const FRAME_MAX: u64 = 25_000_000;

pub fn run(args: &TrackArgs) -> anyhow::Result<Ended> {
    let frames = read(&args.detections)?;
    let out = File::create(&args.out)
        .with_context(|| format!("{} cannot be written", args.out.display()))?;
    let mut out = BufWriter::new(out);
    let mut tracker = Tracker::new(TrackerConfig::default(), 1);
    let last = frames.keys().next_back().copied().unwrap_or(0);
    for frame in 1..=last {
        let pts = MediaTime::from_secs_f64((frame - 1) as f64 / args.fps);
        for track in tracker.step(pts, frames.get(&frame).map_or(&[][..], Vec::as_slice)) {
            let bbox = tracker.smoothed(track.id).unwrap_or(track.bbox);
            let PixelBox { x1, y1, .. } = bbox;
            let (width, height) = (bbox.width(), bbox.height());
            writeln!(
                out,
                "{frame},{},{x1:.2},{y1:.2},{width:.2},{height:.2},{:.4},-1,-1,-1",
                track.id.number, track.score
            )?;
        }
    }
    out.flush()?;
    Ok(Ended::Done)
}

fn read(path: &Path) -> anyhow::Result<BTreeMap<u64, Vec<Detection>>> {
    let file = File::open(path)
        .map_err(|error| super::BadInput(format!("{}: {error}", path.display())))?;
    let class: ClassName = "object".parse().map_err(|error| anyhow::anyhow!("{error}"))?;
    let mut frames: BTreeMap<u64, Vec<Detection>> = BTreeMap::new();
    for (index, line) in BufReader::new(file).lines().enumerate() {
        let line = line.map_err(|error| bad_line(path, index + 1, error))?;
        if line.trim().is_empty() {
            continue;
        }
        let expected = "expected frame,id,left,top,width,height,confidence";
        let values: Vec<f64> = line
            .split(',')
            .map(|field| field.trim().parse::<f64>())
            .collect::<Result<_, _>>()
            .map_err(|error| bad_line(path, index + 1, format!("{line:?}: {error}; {expected}")))?;
        let [frame, _, left, top, width, height, confidence, ..] = values[..] else {
            return Err(bad_line(
                path,
                index + 1,
                format!("{line:?} has {} columns; {expected}", values.len()),
            ));
        };
        let sound = (1.0..=FRAME_MAX as f64).contains(&frame) && width > 0.0 && height > 0.0;
        if !sound {
            let allowed = format!("frame 1 to {FRAME_MAX}, width and height above 0");
            return Err(bad_line(path, index + 1, format!("{line:?}: {allowed}")));
        }
        let score = if confidence < 0.0 { 1.0 } else { confidence.min(1.0) as f32 };
        let (x, y) = (left as f32, top as f32);
        let bbox = PixelBox::new(x, y, x + width as f32, y + height as f32);
        frames.entry(frame as u64).or_default().push(Detection {
            class: class.clone(),
            score,
            bbox,
        });
    }
    Ok(frames)
}
