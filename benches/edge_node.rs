//! What the edge's analysis costs above bare decoding and the bare network, per analysed 1080p frame.
//!
//! `cargo bench --bench edge_node` (once `make test` or `make demo` has set up); rounds and frames a
//! round: `-- ROUNDS FRAMES`.
//!
//! ```text
//! budget: whole analysis - bare decode - bare network <= 4 CPU-ms a frame
//!
//! bare decode     FileSource, every frame, pixels not looked at
//! bare network    one ONNX Runtime session of one thread on a fixed tensor, answer not read
//! whole analysis  FileSource -> health -> tensor -> network -> head, suppression -> masking boxes
//!                 -> tracker -> rules -> place -> case facts -> MQTT payload
//! ```
//! What is in the difference: mapping planes, health, tensor, reading the head, tracking, rules,
//! place, payloads. What is not: pictures and the database row, which a *case* costs and not a frame;
//! `resident` measures those with everything else in the real process.
//!
//! CPU time of this process, user and system: waiting and other programs' work are not in it, though
//! a busy neighbour on the same core still makes every instruction slower. The three are measured in
//! turn in every round, so that such a phase meets all of them, and differences are taken within a
//! round. Steps are measured on their own, over and over on the same decoded frames.

mod support;

use anyhow::Context;
use gridwarden::{
    base::time::{ClockQuality, WallTime},
    domain::{
        analyser::Analyser,
        detection::Detection,
        frame::Frame,
        health::Settings,
        ids::DerivedIds,
        letterbox::{Letterbox, TensorSpec},
        seams::{FrameSource, PixelFault, TensorMaker},
        track::{Tracker, TrackerConfig},
        wire::{CameraCondition, NodeAddress, case_event},
    },
    drivers::{
        camera::{FilePart, FileSource, FileSourceConfig},
        detector::{
            manifest::ModelManifest,
            onnx::{Found, OnnxDetector},
            provider::{Provider, ProviderOptions},
            runtime,
            session::NetworkFile,
        },
        vision::{mask::mask_regions, tensor::PlaneTensorMaker},
    },
    roles::{
        config::{
            pattern::Catalogue,
            pipeline::{Pipeline, load_pipeline},
        },
        edge::watch::HealthWatch,
    },
};
use ort::{session::Session, value::TensorRef};
use serde_json::json;
use std::{hint::black_box, path::Path};
use support::{
    clips,
    figures::{Spread, finish, round},
    process,
};

const BUDGET_MILLIS: f64 = 4.0;
/// Frames that the steps are measured on, 3 MB each: every fifth, so that rules have time to confirm.
const STEP_FRAMES: usize = 40;
const STEP_STRIDE: usize = 5;
const STEP_ROUNDS: usize = 10;

fn main() -> anyhow::Result<()> {
    let mut numbers = std::env::args().skip(1).filter_map(|text| text.parse::<usize>().ok());
    let (rounds, frames) = (numbers.next().unwrap_or(5), numbers.next().unwrap_or(200));
    let bench = Bench::open()?;
    let mut session = BareNetwork::open(&bench.network)?;
    let mut detector = bench.detector(Box::new(PlaneTensorMaker::new()))?;
    // Decoder, network and page cache are warm before anything counts.
    bench.decode(20)?;
    session.run(5)?;
    bench.analyse(&mut detector, 20)?;

    println!("CPU-ms a 1080p frame; {rounds} rounds of {frames} frames");
    println!("{:>6} {:>10} {:>10} {:>10} {:>10}", "round", "decode", "network", "whole", "above");
    let mut columns: [Vec<f64>; 4] = Default::default();
    for number in 1..=rounds {
        let (decode, _) = per_frame(frames, || bench.decode(frames))?;
        let (network, _) = per_frame(frames, || session.run(frames))?;
        let (whole, _) = per_frame(frames, || bench.analyse(&mut detector, frames))?;
        let row = [decode, network, whole, whole - decode - network];
        let [a, b, c, d] = row;
        println!("{number:>6} {a:>10.2} {b:>10.2} {c:>10.2} {d:>10.2}");
        columns.iter_mut().zip(row).for_each(|(column, value)| column.push(value));
    }
    let [decode, network, whole, above] = columns.map(Spread::of);
    let verdict = if above.at(0.5) <= BUDGET_MILLIS { "within" } else { "OVER" };
    println!("above decode and network: {:.2} ms (median), {verdict} 4 ms", above.at(0.5));

    let steps = bench.steps(&mut detector)?;
    for (name, millis) in &steps {
        println!("{name:>28} {millis:>8.3} ms");
    }
    let steps: serde_json::Map<_, _> =
        steps.into_iter().map(|(name, millis)| (name.to_owned(), round(millis).into())).collect();
    finish(json!({
        "bench": "edge_node", "unit": "CPU-ms per analysed 1920x1080 frame", "frames": frames,
        "bare_decode": decode.json(), "bare_network": network.json(), "whole": whole.json(),
        "above": above.json(), "budget": BUDGET_MILLIS, "steps": steps,
    }))
}

/// CPU milliseconds of `work` divided by the frames that it was for, and its answer.
fn per_frame<T>(
    frames: usize,
    work: impl FnOnce() -> anyhow::Result<T>,
) -> anyhow::Result<(f64, T)> {
    let before = process::cpu_time("self")?;
    let answer = work()?;
    let spent = process::cpu_time("self")? - before;
    Ok((spent.as_secs_f64() * 1000.0 / frames as f64, answer))
}

/// One ONNX Runtime session as the product configures it, with nothing around it.
struct BareNetwork {
    session: Session,
    shape: [usize; 4],
    tensor: Vec<f32>,
}

impl BareNetwork {
    fn open(manifest: &ModelManifest) -> anyhow::Result<Self> {
        let builder = Session::builder(&runtime::environment()?).map_err(told)?;
        let builder = builder.with_intra_threads(1).map_err(told)?;
        let mut builder = builder.with_inter_threads(1).map_err(told)?;
        let session = builder.commit_from_file(&manifest.file).map_err(told)?;
        let size = manifest.input.size;
        let tensor = (0..manifest.input.len()).map(|i| (i * 31 % 255) as f32).collect();
        Ok(Self { session, shape: [1, 3, size.height_px as usize, size.width_px as usize], tensor })
    }

    fn run(&mut self, times: usize) -> anyhow::Result<()> {
        let input = self.session.inputs()[0].name().to_owned();
        for _ in 0..times {
            let tensor =
                TensorRef::from_array_view((self.shape, &self.tensor[..])).map_err(told)?;
            black_box(self.session.run(ort::inputs![input.as_str() => tensor]).map_err(told)?);
        }
        Ok(())
    }
}

/// ONNX Runtime's errors may not cross threads, so anyhow does not take them as they are.
fn told<T>(error: ort::Error<T>) -> anyhow::Error {
    anyhow::anyhow!("{error}")
}

/// Leaves the tensor as it is: what remains of detection is the network and reading its answer.
struct NoTensor;

impl TensorMaker for NoTensor {
    fn fill(
        &mut self,
        frame: &Frame,
        spec: &TensorSpec,
        _: &mut [f32],
    ) -> Result<Letterbox, PixelFault> {
        Ok(Letterbox::fit(frame.stamp.size, spec.size))
    }
}

struct Bench {
    clip: std::path::PathBuf,
    pipeline: Pipeline,
    network: ModelManifest,
    file: NetworkFile,
    address: NodeAddress,
}

impl Bench {
    fn open() -> anyhow::Result<Self> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let pipeline =
            load_pipeline(&root.join("pipelines/demo_pets.toml"), &Catalogue::built_in()?)?;
        let network = ModelManifest::open(&pipeline.manifest)?;
        let file = NetworkFile::open(network.clone())?;
        let address = NodeAddress { district: "440310".parse()?, node: "bench".parse()? };
        Ok(Self { clip: clips::pets_1080p()?, pipeline, network, file, address })
    }

    fn source(&self) -> anyhow::Result<FileSource> {
        let starts_at = WallTime::from_unix_millis(0);
        Ok(FileSource::open(FileSourceConfig {
            parts: vec![FilePart { path: self.clip.clone(), starts_at }],
            analysed_fps: 0.0,
            between: None,
            clock: ClockQuality::Assigned,
        })?)
    }

    fn detector(&self, tensor_maker: Box<dyn TensorMaker>) -> anyhow::Result<OnnxDetector> {
        let providers = ProviderOptions { order: vec![Provider::Cpu], ..Default::default() };
        Ok(OnnxDetector::load(&self.file, &providers, tensor_maker)?)
    }

    fn analyser(&self) -> Analyser {
        Analyser::new(
            self.pipeline.scene.clone(),
            self.pipeline.calibration.as_ref().map(|c| c.view.clone()),
            self.network.model_ref(),
            &self.pipeline.patterns,
            1,
            Box::new(DerivedIds::new([0; 32])),
        )
    }

    fn decode(&self, frames: usize) -> anyhow::Result<()> {
        let mut source = self.source()?;
        for _ in 0..frames {
            black_box(next(&mut source)?);
        }
        Ok(())
    }

    /// What an analyst and the network do with a frame, in one thread; the number of facts.
    fn analyse(&self, detector: &mut OnnxDetector, frames: usize) -> anyhow::Result<usize> {
        let mut source = self.source()?;
        let mut watch = HealthWatch::new(Settings::default());
        let mut analyser = self.analyser();
        let mut facts = 0;
        for _ in 0..frames {
            let frame = next(&mut source)?;
            let found = detector.detect_all(&frame)?;
            let condition = watch.look(&frame).condition;
            black_box(mask_regions(&found.for_masking));
            let step = analyser.step(&frame.stamp, condition, &found.detections);
            for fact in &step.facts {
                black_box(serde_json::to_vec(&case_event(fact, &self.address))?);
            }
            facts += step.facts.len();
        }
        Ok(facts)
    }

    /// CPU milliseconds a frame of each step.
    fn steps(&self, detector: &mut OnnxDetector) -> anyhow::Result<Vec<(&'static str, f64)>> {
        let mut source = self.source()?;
        let mut frames = Vec::with_capacity(STEP_FRAMES);
        for index in 0..STEP_FRAMES * STEP_STRIDE {
            let frame = next(&mut source)?;
            if index % STEP_STRIDE == 0 {
                frames.push(frame);
            }
        }
        let found: Vec<Found> =
            frames.iter().map(|frame| detector.detect_all(frame)).collect::<Result<_, _>>()?;
        let detections: Vec<&[Detection]> = found.iter().map(|f| &f.detections[..]).collect();
        let each = frames.len() * STEP_ROUNDS;

        let spec = &self.network.input;
        let (mut maker, mut tensor) = (PlaneTensorMaker::new(), vec![0.0; spec.len()]);
        let (tensor_millis, ()) = per_frame(each, || {
            repeat(&frames, |frame| Ok(maker.fill(frame, spec, &mut tensor)?))
        })?;
        let mut watch = HealthWatch::new(Settings::default());
        let (health_millis, ()) =
            per_frame(each, || repeat(&frames, |frame| Ok(watch.look(frame))))?;
        let mut untouched = self.detector(Box::new(NoTensor))?;
        let mut bare = BareNetwork::open(&self.network)?;
        let (answered, ()) =
            per_frame(each, || repeat(&frames, |frame| Ok(untouched.detect_all(frame)?)))?;
        let (network, ()) = per_frame(each, || bare.run(each))?;

        // Too short for the kernel's ticks unless repeated often; a new tracker each time, since time
        // must not run backwards.
        let many = 200;
        let (track_millis, ()) = per_frame(frames.len() * many, || {
            for _ in 0..many {
                let mut tracker = Tracker::new(TrackerConfig::default(), 1);
                for (frame, detections) in frames.iter().zip(&detections) {
                    black_box(tracker.step(frame.stamp.pts, detections));
                }
            }
            Ok(())
        })?;
        let (analyser_millis, facts) = per_frame(frames.len() * many, || {
            let mut last = Vec::new();
            for _ in 0..many {
                let mut analyser = self.analyser();
                for (frame, detections) in frames.iter().zip(&detections) {
                    let facts = analyser.step(&frame.stamp, CameraCondition::Ok, detections).facts;
                    if !facts.is_empty() {
                        last = facts;
                    }
                }
            }
            Ok(last)
        })?;
        let mut steps = vec![
            ("tensor", tensor_millis),
            ("health", health_millis),
            ("head and suppression", (answered - network).max(0.0)),
            ("tracker", track_millis),
            ("rules, place, case book", (analyser_millis - track_millis).max(0.0)),
        ];
        if let Some(fact) = facts.first() {
            let (millis, ()) = per_frame(10_000, || {
                for _ in 0..10_000 {
                    black_box(serde_json::to_vec(&case_event(fact, &self.address))?);
                }
                Ok(())
            })?;
            steps.push(("payload, for each fact", millis));
        }
        Ok(steps)
    }
}

fn next(source: &mut FileSource) -> anyhow::Result<Frame> {
    source.next_frame()?.context("the clip is too short")
}

fn repeat<T>(
    frames: &[Frame],
    mut step: impl FnMut(&Frame) -> anyhow::Result<T>,
) -> anyhow::Result<()> {
    for _ in 0..STEP_ROUNDS {
        for frame in frames {
            black_box(step(frame)?);
        }
    }
    Ok(())
}
