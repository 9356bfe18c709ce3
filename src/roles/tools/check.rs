//! `gridwarden check`: validates configuration files; reports all faults at once, changes nothing.

use super::Ended;
use crate::{
    base::{
        clock::{Clock, SystemClock},
        toml_reader::{Fault, Faults},
    },
    domain::schedule::CHINA_OFFSET_SECS,
    roles::config::{
        calendar, calibration, edge, footage, limits, masks, pattern, pattern::Catalogue, pipeline,
    },
};
use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  gridwarden check pipelines calibration models\n  gridwarden check packaging/edge.toml --json"
)]
pub struct CheckArgs {
    /// Files or directories: pipelines, patterns, calendars, calibrations, model manifests, edge.toml, hub.toml
    #[arg(required = true)]
    paths: Vec<PathBuf>,
    /// One JSON object instead of lines
    #[arg(long)]
    json: bool,
}

/// What a TOML file is, told by the tables it has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
enum Kind {
    Pipeline,
    Pattern,
    Calendar,
    Limits,
    Calibration,
    Manifest,
    Edge,
    Hub,
}

#[derive(Default, serde::Serialize)]
struct Report {
    checked: Vec<(PathBuf, Kind)>,
    faults: Vec<String>,
    warnings: Vec<String>,
    /// What something costs, for whoever sizes a machine.
    notes: Vec<String>,
    /// Manifests whose networks were loaded: many pipelines share one.
    #[cfg(feature = "edge")]
    #[serde(skip)]
    loaded: BTreeSet<PathBuf>,
}

pub fn run(args: &CheckArgs) -> anyhow::Result<Ended> {
    let mut report = Report::default();
    let catalogue = Catalogue::built_in()?;
    let mut files = Vec::new();
    for path in &args.paths {
        collect(path, &mut files, &mut report);
    }
    for file in files {
        check_file(&file, &catalogue, &mut report);
    }
    // Several files may lead to the same faulty one.
    let mut told = BTreeSet::new();
    report.faults.retain(|fault| told.insert(fault.clone()));
    let sound = report.faults.is_empty();
    if args.json {
        println!("{}", serde_json::to_string(&report)?);
    } else {
        let lines = report.faults.iter().chain(&report.warnings).chain(&report.notes);
        lines.for_each(|line| println!("{line}"));
        let (files, faults) = (report.checked.len(), report.faults.len());
        println!("{files} files checked, {faults} faults, {} warnings", report.warnings.len());
    }
    if sound {
        return Ok(Ended::Done);
    }
    Err(super::BadInput(format!("{} faults", report.faults.len())).into())
}

fn collect(path: &Path, files: &mut Vec<PathBuf>, report: &mut Report) {
    if !path.is_dir() {
        files.push(path.to_owned());
        return;
    }
    match std::fs::read_dir(path) {
        Err(error) => report.faults.push(format!("{}:1: cannot be read: {error}", path.display())),
        Ok(entries) => {
            let mut inner: Vec<PathBuf> =
                entries.filter_map(|entry| entry.ok().map(|e| e.path())).collect();
            inner.sort();
            for entry in inner {
                if entry.is_dir() || entry.extension().is_some_and(|extension| extension == "toml")
                {
                    collect(&entry, files, report);
                }
            }
        }
    }
}

fn check_file(path: &Path, catalogue: &Catalogue, report: &mut Report) {
    let result = kind_of(path).and_then(|kind| {
        report.checked.push((path.to_owned(), kind));
        check_as(kind, path, catalogue, report)
    });
    if let Err(faults) = result {
        report.faults.extend(faults.list().iter().map(ToString::to_string));
    }
}

fn kind_of(path: &Path) -> Result<Kind, Faults> {
    let text = crate::roles::config::read_text(path)?;
    let fault = |line, reason: &str| {
        Faults::new(vec![Fault::syntax(&path.display().to_string(), line, reason)])
    };
    let document = toml_edit::Document::parse(text.as_str()).map_err(|error| {
        let start = error.span().map_or(0, |span| span.start.min(text.len()));
        fault(text.as_bytes()[..start].iter().filter(|b| **b == b'\n').count() + 1, error.message())
    })?;
    let has = |key: &str| document.as_table().contains_key(key);
    Ok(match () {
        () if has("camera") && has("source") => Kind::Pipeline,
        () if has("day_off") || has("workday") || has("duty") => Kind::Calendar,
        () if has("limit") || has("stages") => Kind::Limits,
        () if has("homography") || has("datum") => Kind::Calibration,
        () if has("head") || (has("file") && has("sha256")) => Kind::Manifest,
        () if has("subjects") || has("event") => Kind::Pattern,
        () if has("node") || has("pipelines") => Kind::Edge,
        () if has("store") || has("http") => Kind::Hub,
        () => {
            return Err(fault(
                1,
                "is no pipeline, pattern, calendar, limits, calibration, model manifest, edge.toml or hub.toml",
            ));
        }
    })
}

fn check_as(
    kind: Kind,
    path: &Path,
    catalogue: &Catalogue,
    report: &mut Report,
) -> Result<(), Faults> {
    match kind {
        Kind::Pattern => pattern::load_pattern(path).map(drop),
        Kind::Calendar => calendar::load_calendar(path).map(drop),
        Kind::Limits => limits::load_limits(path).map(drop),
        Kind::Calibration => calibration::load_calibration(path).map(|calibration| {
            if let Some(shift) = calibration.suspected_shift() {
                report.warnings.push(format!("{}: warning: {shift}", path.display()));
            }
        }),
        Kind::Pipeline => {
            pipeline::load_pipeline(path, catalogue).map(|pipeline| check_model(&pipeline, report))
        }
        Kind::Edge => edge::load_edge(path, catalogue).map(|edge| {
            edge.pipelines.iter().for_each(|pipeline| check_model(pipeline, report));
            edge.faces.iter().for_each(|model| check_faces(model, report));
            let disk_bytes = disk_bytes(&edge.data_dir);
            let told = footage::warnings(&edge.footage, &edge.pipelines, disk_bytes);
            let file = path.display();
            report.warnings.extend(told.iter().map(|one| format!("{file}: warning: {one}")));
        }),
        Kind::Hub => hub(path, report),
        Kind::Manifest => manifest(path, report),
    }
}

/// Of the file system that the data will be on, where this is the machine it is on.
#[cfg(feature = "edge")]
fn disk_bytes(data_dir: &Path) -> Option<u64> {
    crate::drivers::footage::space::total_bytes(data_dir).ok()
}

#[cfg(not(feature = "edge"))]
fn disk_bytes(_: &Path) -> Option<u64> {
    None
}

fn warn(pipeline: &pipeline::Pipeline, report: &mut Report) {
    let file = pipeline.path.display();
    let tiles = pipeline.scene.tiling().len();
    if tiles > 0 {
        report.notes.push(format!(
            "{file}: note: {tiles} tiles: {} inferences a frame instead of 1",
            1 + tiles
        ));
    }
    let now = SystemClock::new().wall();
    for exception in pipeline.scene.exceptions.iter().filter(|one| one.has_expired(now)) {
        let (until, note) = (exception.valid_until, &exception.note);
        report.warnings.push(format!(
            "{file}: warning: the exception \"{note}\" ended on {until}: cases are opened there again"
        ));
    }
    let year = now.local(CHINA_OFFSET_SECS).date.year;
    if pipeline.calendar.as_ref().is_some_and(|calendar| !calendar.covers(year)) {
        report.warnings.push(format!(
            "{file}: warning: the calendar does not have {year}: only weekends are days off"
        ));
    }
    if pipeline.calibration.is_none() {
        report
            .warnings
            .push(format!("{file}: warning: no calibration: cases of this camera carry no place"));
    }
    if pipeline.recording.is_none() {
        report.warnings.push(format!(
            "{file}: warning: no [recording]: nothing of this camera can be verified later"
        ));
    }
}

/// What a pipeline needs besides itself: its model, which `replay --detections` does without.
fn check_model(pipeline: &pipeline::Pipeline, report: &mut Report) {
    warn(pipeline, report);
    let written = &pipeline.manifest;
    if !written.is_file() {
        let missing = Fault {
            file: pipeline.path.display().to_string(),
            line: pipeline.manifest_line,
            key_path: "model.manifest".to_owned(),
            value: Some(format!("{:?}", written.display().to_string())),
            allowed: "a manifest that exists, relative to this file".to_owned(),
        };
        report.faults.push(missing.to_string());
    } else if let Err(faults) = classes_found(pipeline, report) {
        report.faults.extend(faults.list().iter().map(ToString::to_string));
    }
}

/// Each pattern needs a class that the model knows or the scene itself can show, or it will never find
/// anything.
#[cfg(feature = "edge")]
fn classes_found(pipeline: &pipeline::Pipeline, report: &mut Report) -> Result<(), Faults> {
    use crate::domain::{ids::ClassName, scene_change::ChangeKind};
    let model = crate::drivers::detector::manifest::ModelManifest::open(&pipeline.manifest)?;
    let known = |class: &ClassName| model.classes.iter().any(|known| &known.name == class);
    for (pattern, _) in &pipeline.patterns {
        if !pattern
            .classes
            .iter()
            .any(|class| known(class) || ChangeKind::of_class(class).is_some())
        {
            let (file, needs) = (pipeline.path.display(), &pattern.classes);
            let needs: Vec<&str> = needs.iter().map(|class| class.as_str()).collect();
            report.warnings.push(format!(
                "{file}: warning: {} needs one of {}, and model {} finds none of them",
                pattern.id,
                needs.join(", "),
                model.id
            ));
        }
    }
    manifest(&pipeline.manifest, report)
}

#[cfg(not(feature = "edge"))]
fn classes_found(_: &pipeline::Pipeline, _: &mut Report) -> Result<(), Faults> {
    Ok(())
}

/// The manifest, and that the network is the one it names and can be loaded.
#[cfg(feature = "edge")]
fn manifest(path: &Path, report: &mut Report) -> Result<(), Faults> {
    use crate::drivers::detector::{LoadError, load_on_cpu};
    if !report.loaded.insert(path.to_owned()) {
        return Ok(());
    }
    match load_on_cpu(path) {
        Ok(_) => Ok(()),
        // Of this machine, not of the file.
        Err(error @ LoadError::Runtime { .. }) => {
            let file = path.display();
            report.warnings.push(format!("{file}: warning: the network was not loaded: {error}"));
            Ok(())
        }
        Err(error) => Err(error.into_faults(path)),
    }
}

#[cfg(not(feature = "edge"))]
fn manifest(path: &Path, _: &mut Report) -> Result<(), Faults> {
    let reason = "this build knows no models: rebuild with the feature `edge`";
    Err(Faults::new(vec![Fault::syntax(&path.display().to_string(), 1, reason)]))
}

#[cfg(feature = "edge")]
fn check_faces(model: &masks::FaceModel, report: &mut Report) {
    use crate::drivers::detector::{LoadError, faces::FaceNetwork};
    let Err(error) = FaceNetwork::open(&model.path) else { return };
    let told = model.fault(&error.to_string()).to_string();
    match error {
        // Of this machine, not of the file.
        LoadError::Runtime { .. } => report.warnings.push(format!("warning: {told}")),
        _ => report.faults.push(told),
    }
}

#[cfg(not(feature = "edge"))]
fn check_faces(_: &masks::FaceModel, _: &mut Report) {}

#[cfg(feature = "hub")]
fn hub(path: &Path, report: &mut Report) -> Result<(), Faults> {
    let config = crate::roles::config::hub::load_hub(path)?.config;
    let year = SystemClock::new().wall().local(CHINA_OFFSET_SECS).date.year;
    let working = config.policy.clocks.working.as_ref();
    if working.is_some_and(|working| !working.calendar.covers(year)) {
        report.warnings.push(format!(
            "{}: warning: the calendar does not have {year}: no deadline in hours of duty",
            path.display()
        ));
    }
    Ok(())
}

#[cfg(not(feature = "hub"))]
fn hub(path: &Path, _: &mut Report) -> Result<(), Faults> {
    Err(Faults::new(vec![Fault::syntax(
        &path.display().to_string(),
        1,
        "this build has no hub: rebuild with the feature `hub`",
    )]))
}
