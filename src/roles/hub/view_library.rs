//! Filed and closed cases as scenes for a view library (视图库), with their pictures.
//!
//! ```text
//! deliver loop --step of a case--> push --case, pictures, access log--> scene --> library
//! stay_registered, each second ----------- register, keepalive, time, good-bye --> library
//! ```
//!
//! Only pictures leave that every case which names them calls masked, that are held whole and have their digest; each is in
//! the access log before the first byte leaves, at every try. A case whose pictures are still on their way waits for
//! them a while, then goes with those that came. Failure: the deliver loop's, as for webhooks.

use super::register::Register;
use crate::{
    base::shutdown::Shutdown,
    domain::{
        case::notice::{Hears, Listener},
        ids::CaseId,
        view_library::{DeviceCode, Picture, PictureFormat, SceneList, Step},
        wire::{EventData, PlaceData},
    },
    drivers::{
        evidence::files::Digest256,
        store::hub::{Access, AccessKind, Delivery, NamedFile},
        view_library::{Kept, ViewLibrary, ViewLibraryError, ViewLibrarySettings},
    },
};
use anyhow::{Context, bail};
use base64::{Engine, prelude::BASE64_STANDARD};
use serde::Deserialize;
use std::{collections::BTreeMap, sync::Arc, time::Duration};
use tokio::io::AsyncReadExt;

/// Of one scene: the first, and the newest after it.
const PICTURES_MAX: usize = 4;
const PICTURE_BYTES_MAX: u64 = 4 * 1024 * 1024;
/// How long a step waits for pictures that are named and not here yet.
const PICTURES_WITHIN: Duration = Duration::from_secs(600);
const LOOK_EVERY: Duration = Duration::from_secs(1);
const LEAVE_WITHIN: Duration = Duration::from_secs(2);
/// Clocks further apart are a warning.
const CLOCKS_APART_MAX: Duration = Duration::from_secs(5);

/// A view library that gets cases as scenes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ViewLibraryConfig {
    pub name: String,
    pub link: ViewLibrarySettings,
    /// What the library calls an event, by its code; others are not sent.
    pub event_sorts: BTreeMap<String, u32>,
    /// What the library calls a camera, by `<node>/<camera>`; others are sent as the hub's own.
    pub devices: BTreeMap<String, DeviceCode>,
}

impl ViewLibraryConfig {
    pub fn listener(&self) -> Listener {
        let codes = self.event_sorts.keys().cloned().collect();
        Listener { name: self.name.clone(), hears: Hears::Filings(codes) }
    }
}

pub struct Library {
    config: ViewLibraryConfig,
    link: ViewLibrary,
}

impl Library {
    pub fn new(config: ViewLibraryConfig) -> Result<Self, ViewLibraryError> {
        let link = ViewLibrary::new(config.link.clone())?;
        Ok(Self { config, link })
    }

    pub fn name(&self) -> &str {
        &self.config.name
    }
}

/// What a message tells: the `data` of a [`Notice`](crate::domain::case::notice::Notice).
#[derive(Deserialize)]
struct Told {
    case_id: CaseId,
    version: i64,
    state_zh: String,
    event: EventData,
    place: Option<PlaceData>,
}

#[derive(Deserialize)]
struct Message {
    data: Told,
}

/// One step of a case, as a scene.
pub async fn push(
    library: &Library,
    delivery: &Delivery,
    register: &Register,
) -> anyhow::Result<()> {
    let Message { data: told } =
        serde_json::from_str(&delivery.payload).context("the message is not as it was written")?;
    let Library { config, link } = library;
    // Before anything is written down as gone.
    link.ready(register.clock.monotonic()).await?;
    let Some(event_sort) = config.event_sorts.get(&told.event.code) else {
        bail!("event_sorts names the event {} no longer", told.event.code);
    };
    let case = register.store.case(told.case_id).await?.context("there is no such case")?;
    let device = case.camera.and_then(|by| config.devices.get(&format!("{}/{}", by.node, by.id)));
    let device = device.unwrap_or(link.device_id());
    let named = named_pictures(delivery, register).await?;
    let mut pictures = Vec::new();
    for file in named {
        pictures.extend(picture(file, register).await?);
    }
    let shown: Vec<String> = pictures.iter().map(|picture| picture.sha256.clone()).collect();
    let step = Step {
        case_id: told.case_id,
        version: told.version,
        state_zh: told.state_zh,
        event_zh: told.event.name_zh,
        event_code: told.event.code,
        first_seen_at: case.first_seen_at,
        place: told.place,
    };
    let scene = SceneList::of(&step, device, *event_sort, pictures)
        .context("the case has no masked picture that could be sent")?;
    let who = format!("platform:{}", config.name);
    let entry = |sha256: String| Access {
        case_id: Some(step.case_id),
        sha256: Some(sha256),
        why: "view library".to_owned(),
        detail: format!("scene {}", scene.scene_id()),
        ..register.access(AccessKind::Export, &who, None)
    };
    register.store.log_accesses(&shown.into_iter().map(entry).collect::<Vec<_>>()).await?;
    Ok(link.push(&scene, register.clock.monotonic()).await?)
}

/// Those that may leave; an error while others may still come.
async fn named_pictures(
    delivery: &Delivery,
    register: &Register,
) -> anyhow::Result<Vec<NamedFile>> {
    let named = register.store.named_files(delivery.case_id).await?;
    let sent =
        |file: &NamedFile| file.masked && PictureFormat::of(&file.evidence.media_type).is_some();
    let (mut held, missing): (Vec<_>, Vec<_>) =
        named.into_iter().filter(sent).partition(|file| file.complete);
    if !missing.is_empty() && register.now().since(delivery.created_at) < PICTURES_WITHIN {
        bail!("pictures that are not here yet: {}", missing.len());
    }
    if held.len() > PICTURES_MAX {
        held.drain(1..held.len() + 1 - PICTURES_MAX);
    }
    Ok(held)
}

/// `None`: the file is not one to be sent, and the log says why.
async fn picture(file: NamedFile, register: &Register) -> anyhow::Result<Option<Picture>> {
    let evidence = file.evidence;
    let digest: Digest256 = evidence.sha256.parse()?;
    let Some(format) = PictureFormat::of(&evidence.media_type) else { return Ok(None) };
    let mut bytes = Vec::new();
    let content = register.files.read(&digest, 0).await?;
    content.take(PICTURE_BYTES_MAX + 1).read_to_end(&mut bytes).await?;
    if bytes.len() as u64 > PICTURE_BYTES_MAX {
        tracing::warn!(%digest, PICTURE_BYTES_MAX, "a picture is too large for a view library");
        return Ok(None);
    }
    if Digest256::of(&bytes) != digest {
        tracing::error!(%digest, "a picture is damaged and not sent");
        return Ok(None);
    }
    Ok(Some(Picture {
        sha256: evidence.sha256,
        format,
        captured_at: evidence.captured_at,
        width_px: evidence.width_px,
        height_px: evidence.height_px,
        data: BASE64_STANDARD.encode(bytes),
    }))
}

/// Until shutdown, and then the good-bye.
pub async fn stay_registered(library: Arc<Library>, register: Arc<Register>, shutdown: Shutdown) {
    let name = library.name();
    let registered =
        metrics::gauge!("gridwarden_hub_view_library_registered", "library" => name.to_owned());
    loop {
        match library.link.keep_up(register.clock.monotonic()).await {
            Ok(Kept::Outside) => registered.set(0.0),
            Ok(Kept::Inside) => registered.set(1.0),
            Ok(Kept::Registered) => {
                registered.set(1.0);
                tracing::info!(library = name, "registered at the view library");
                compare_clocks(&library, &register).await;
            }
            Err(error) => {
                registered.set(0.0);
                tracing::error!(library = name, %error, "the view library does not hear this hub");
            }
        }
        tokio::select! {
            () = tokio::time::sleep(LOOK_EVERY) => {}
            () = shutdown.begun() => break,
        }
    }
    let left = tokio::time::timeout(LEAVE_WITHIN, library.link.leave()).await;
    if !matches!(left, Ok(Ok(()))) {
        tracing::warn!(library = name, "the view library was not told that this hub ends");
    }
}

/// Nothing depends on the library's clock: who looks for a scene there should know of it.
async fn compare_clocks(library: &Library, register: &Register) {
    let name = library.name();
    match library.link.time().await {
        Err(error) => tracing::warn!(library = name, %error, "its clock is not known"),
        Ok(theirs) => {
            let ours = register.now();
            let apart = ours.since(theirs).max(theirs.since(ours));
            let apart_secs = apart.as_secs();
            match apart > CLOCKS_APART_MAX {
                true => tracing::warn!(library = name, apart_secs, "its clock differs"),
                false => tracing::info!(library = name, apart_secs, "its clock agrees"),
            }
        }
    }
}
