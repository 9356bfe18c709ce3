//! Where footage comes from: the node's own ring, and where that has nothing, whoever else keeps it.

use crate::{
    base::clock::Clock,
    domain::{
        footage::{Fetched, FootageError, HoleReason, Span, main_reason},
        ids::CameraId,
        seams::FootageSource,
    },
    drivers::{
        archive::{
            files::{FilesConfig, HttpFiles},
            gb28181::{Gateway, GatewayConfig},
        },
        footage::replay::{Replay, ReplayConfig},
    },
    roles::config::{
        pipeline::Pipeline,
        recorder::{RecorderSettings, Server},
    },
};
use std::{collections::BTreeMap, path::Path, sync::Arc};
use tokio::runtime::Handle;

pub type Recorders = BTreeMap<CameraId, Box<dyn FootageSource>>;

/// Those that pipelines name.
pub fn recorders(
    pipelines: &[Pipeline],
    clock: &Arc<dyn Clock>,
    runtime: &Handle,
) -> Result<Recorders, FootageError> {
    let named = pipelines.iter().filter_map(|pipeline| {
        let settings = pipeline.recorder.clone()?;
        let opened = open(settings, Arc::clone(clock), runtime.clone());
        Some(opened.map(|source| (pipeline.camera.clone(), source)))
    });
    named.collect()
}

fn open(
    settings: RecorderSettings,
    clock: Arc<dyn Clock>,
    runtime: Handle,
) -> Result<Box<dyn FootageSource>, FootageError> {
    Ok(match settings {
        RecorderSettings::RtspReplay(Server { uri, username, password }) => {
            Box::new(Replay::new(ReplayConfig { uri, username, password }, clock))
        }
        RecorderSettings::HttpFiles(Server { uri, username, password }) => {
            Box::new(HttpFiles::new(FilesConfig { uri, username, password }, clock, runtime)?)
        }
        RecorderSettings::Gb28181 { uri, username, password, device, channel } => {
            let config = GatewayConfig { uri, username, password, device, channel };
            Box::new(Gateway::new(config, clock, runtime)?)
        }
    })
}

/// The ring first: its times are this node's own, and it costs nobody anything.
pub struct RingFirst<R> {
    pub ring: R,
    pub recorders: Recorders,
}

impl<R: FootageSource> FootageSource for RingFirst<R> {
    fn fetch(&self, camera: &CameraId, span: Span, into: &Path) -> Result<Fetched, FootageError> {
        let own = self.ring.fetch(camera, span, into);
        let has_some = own.as_ref().is_ok_and(|own| !own.parts.is_empty());
        let Some(recorder) = self.recorders.get(camera).filter(|_| !has_some) else { return own };
        let theirs = recorder.fetch(camera, span, into)?;
        match own {
            // A ring that was there knows why nothing is.
            Ok(own) if theirs.parts.is_empty() && knows_why(&own) => Ok(own),
            _ => Ok(theirs),
        }
    }
}

fn knows_why(own: &Fetched) -> bool {
    let reason = main_reason(&own.holes);
    reason.is_some_and(|reason| !matches!(reason, HoleReason::NeverRecorded | HoleReason::Unknown))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        base::time::{ClockQuality, WallTime},
        domain::footage::{FootagePart, Hole},
    };

    /// Answers as it is told to.
    struct Scripted(Result<Fetched, FootageError>);

    impl FootageSource for Scripted {
        fn fetch(&self, _: &CameraId, _: Span, _: &Path) -> Result<Fetched, FootageError> {
            self.0.clone()
        }
    }

    fn at(secs: i64) -> WallTime {
        WallTime::from_unix_millis(1_000 * secs)
    }

    fn some(name: &str) -> Fetched {
        let part = FootagePart { path: name.into(), starts_at: at(0), ends_at: at(10) };
        Fetched { parts: vec![part], holes: vec![], clock: ClockQuality::Arrival }
    }

    fn nothing(reason: HoleReason) -> Fetched {
        let holes = vec![Hole { from: at(0), to: at(10), reason }];
        Fetched { parts: vec![], holes, clock: ClockQuality::Arrival }
    }

    fn fetch(
        own: Result<Fetched, FootageError>,
        theirs: Option<Result<Fetched, FootageError>>,
    ) -> Result<Fetched, FootageError> {
        let camera: CameraId = "gate".parse().unwrap();
        let theirs = theirs.map(|it| (camera.clone(), Box::new(Scripted(it)) as Box<_>));
        let source = RingFirst { ring: Scripted(own), recorders: theirs.into_iter().collect() };
        source.fetch(&camera, Span::new(at(0), at(10)), Path::new("/"))
    }

    #[test]
    fn a_recorder_is_asked_only_where_the_ring_has_nothing() {
        let down = || FootageError::Unreachable { source_name: "nvr".into(), reason: "no".into() };
        assert_eq!(fetch(Ok(some("own")), Some(Err(down()))), Ok(some("own")));
        let off = || Ok(nothing(HoleReason::NeverRecorded));
        assert_eq!(fetch(off(), Some(Ok(some("theirs")))), Ok(some("theirs")));
        assert_eq!(fetch(off(), Some(Err(down()))), Err(down()));
        assert_eq!(fetch(off(), None), off());
        let disk = FootageError::disk(Path::new("/x"), "read-only");
        assert_eq!(fetch(Err(disk.clone()), Some(Ok(some("theirs")))), Ok(some("theirs")));
        assert_eq!(fetch(Err(disk.clone()), None), Err(disk));
    }

    #[test]
    fn where_nobody_has_anything_the_one_who_knows_why_is_heard() {
        let unknown = nothing(HoleReason::Unknown);
        let old = nothing(HoleReason::BeforeRetention);
        assert_eq!(fetch(Ok(old.clone()), Some(Ok(unknown.clone()))), Ok(old));
        assert_eq!(
            fetch(Ok(nothing(HoleReason::NeverRecorded)), Some(Ok(unknown.clone()))),
            Ok(unknown)
        );
    }
}
