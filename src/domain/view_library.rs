//! What a view library (视图库) takes in after GA/T 1400: scenes with their pictures, and the words of registration.
//!
//! Enters: a step of a case and its masked pictures. Leaves: the objects of the JSON bodies. An identifier follows from
//! the picture, the case and its version alone, so the same step sent again is the same scene.
//!
//! ```text
//! ImageID (41):  20 digits of the device, 02 (image), YYYYMMDDhhmmss, five digits
//! SceneID (48):  ImageID of its first picture, 05 (scene), five digits
//! ```
//!
//! Times are China's. Lengths and codes are those that public implementations of GA/T 1400.3-2017 agree on
//! (docs/platform.md).

use super::{ids::CaseId, schedule::CHINA_OFFSET_SECS, wire::PlaceData};
use crate::base::time::WallTime;
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

const DEVICE_DIGITS: usize = 20;
/// 图像
const IMAGE: &str = "02";
/// 场景
const SCENE: &str = "05";
/// 自动采集
const COLLECTED_BY_MACHINE: u8 = 1;
/// 场景图
const PICTURE_OF_A_SCENE: &str = "14";
const DESCRIPTION_CHARS_MAX: usize = 256;

/// Who or which camera: 20 digits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DeviceCode(Box<str>);

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{value:?} is not a code of {DEVICE_DIGITS} digits")]
pub struct BadDeviceCode {
    value: String,
}

impl FromStr for DeviceCode {
    type Err = BadDeviceCode;
    fn from_str(text: &str) -> Result<Self, BadDeviceCode> {
        match text.len() == DEVICE_DIGITS && text.bytes().all(|byte| byte.is_ascii_digit()) {
            true => Ok(Self(text.into())),
            false => Err(BadDeviceCode { value: text.chars().take(40).collect() }),
        }
    }
}

impl fmt::Display for DeviceCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What is told of a case.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    pub case_id: CaseId,
    pub version: i64,
    pub state_zh: String,
    pub event_zh: String,
    pub event_code: String,
    pub first_seen_at: WallTime,
    pub place: Option<PlaceData>,
}

/// A masked picture, and its bytes in base64.
#[derive(Debug, Clone, PartialEq)]
pub struct Picture {
    pub sha256: String,
    pub format: PictureFormat,
    pub captured_at: WallTime,
    pub width_px: u32,
    pub height_px: u32,
    pub data: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum PictureFormat {
    Jpeg,
    Png,
}

impl PictureFormat {
    /// `None`: nothing that is sent.
    pub fn of(media_type: &str) -> Option<Self> {
        match media_type {
            "image/jpeg" => Some(Self::Jpeg),
            "image/png" => Some(Self::Png),
            _ => None,
        }
    }
}

/// The body of `POST /VIID/Scenes`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SceneList {
    #[serde(rename = "SceneListObject")]
    list: Scenes,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
struct Scenes {
    #[serde(rename = "SceneObject")]
    scenes: Vec<Scene>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
struct Scene {
    #[serde(rename = "SceneID")]
    scene_id: String,
    #[serde(rename = "InfoKind")]
    info_kind: u8,
    #[serde(rename = "SourceID")]
    source_id: String,
    #[serde(rename = "DeviceID")]
    device_id: DeviceCode,
    #[serde(rename = "BeginTime")]
    begin_time: String,
    #[serde(rename = "SceneDescribe")]
    describe: String,
    #[serde(rename = "SubImageList")]
    pictures: SubImageList,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
struct SubImageList {
    #[serde(rename = "SubImageInfoObject")]
    pictures: Vec<SubImage>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
struct SubImage {
    #[serde(rename = "ImageID")]
    image_id: String,
    #[serde(rename = "EventSort")]
    event_sort: u32,
    #[serde(rename = "DeviceID")]
    device_id: DeviceCode,
    #[serde(rename = "Type")]
    kind: &'static str,
    #[serde(rename = "FileFormat")]
    format: PictureFormat,
    #[serde(rename = "ShotTime")]
    shot_time: String,
    #[serde(rename = "Width")]
    width_px: u32,
    #[serde(rename = "Height")]
    height_px: u32,
    #[serde(rename = "Data")]
    data: String,
}

impl SceneList {
    /// One scene; `None` without a picture, since a scene has its identifier from the first.
    pub fn of(
        step: &Step,
        device: &DeviceCode,
        event_sort: u32,
        pictures: Vec<Picture>,
    ) -> Option<Self> {
        let source_id = image_id(device, pictures.first()?);
        let image = |picture: Picture| SubImage {
            image_id: image_id(device, &picture),
            event_sort,
            device_id: device.clone(),
            kind: PICTURE_OF_A_SCENE,
            format: picture.format,
            shot_time: stamp(picture.captured_at),
            width_px: picture.width_px,
            height_px: picture.height_px,
            data: picture.data,
        };
        let scene = Scene {
            scene_id: format!("{source_id}{SCENE}{:05}", step.number()),
            info_kind: COLLECTED_BY_MACHINE,
            source_id,
            device_id: device.clone(),
            begin_time: stamp(step.first_seen_at),
            describe: step.describe(),
            pictures: SubImageList { pictures: pictures.into_iter().map(image).collect() },
        };
        Some(Self { list: Scenes { scenes: vec![scene] } })
    }

    /// For logs.
    pub fn scene_id(&self) -> &str {
        self.list.scenes.first().map_or("", |scene| &scene.scene_id)
    }
}

impl Step {
    /// Tells steps apart whose first picture is the same: the end of a case's id is random.
    fn number(&self) -> u64 {
        let tail = self.case_id.to_string().chars().rev().take(8).collect::<Vec<_>>();
        let tail: String = tail.into_iter().rev().collect();
        let tail = u64::from_str_radix(&tail, 16).unwrap_or(0);
        tail.wrapping_add(self.version.unsigned_abs()) % 100_000
    }

    fn describe(&self) -> String {
        let Self { state_zh, event_zh, event_code, case_id, place, .. } = self;
        let place = place.as_ref().map_or_else(String::new, |place| {
            let PlaceData { code_2d, lon_deg, lat_deg, datum, .. } = place;
            format!("，网格码{code_2d}，经度{lon_deg:.6}，纬度{lat_deg:.6}（{datum}）")
        });
        let text = format!("{event_zh}（{event_code}），{state_zh}，案卷{case_id}{place}");
        text.chars().take(DESCRIPTION_CHARS_MAX).collect()
    }
}

fn image_id(device: &DeviceCode, picture: &Picture) -> String {
    let head = u64::from_str_radix(picture.sha256.get(..8).unwrap_or_default(), 16).unwrap_or(0);
    format!("{device}{IMAGE}{}{:05}", stamp(picture.captured_at), head % 100_000)
}

/// `YYYYMMDDhhmmss` by China's clocks.
fn stamp(at: WallTime) -> String {
    let local = at.local(CHINA_OFFSET_SECS);
    let (day, minute) = (local.date, local.minute_of_day);
    let second = at.unix_millis().div_euclid(1_000).rem_euclid(60);
    format!(
        "{:04}{:02}{:02}{:02}{:02}{second:02}",
        day.year,
        day.month,
        day.day,
        minute / 60,
        minute % 60
    )
}

/// A library's `LocalTime`: `YYYYMMDDhhmmss`, or with signs between.
pub fn local_time(text: &str) -> Option<WallTime> {
    let digits: String = text.chars().filter(char::is_ascii_digit).take(14).collect();
    let part = |from: usize, to: usize| digits.get(from..to);
    let (date, time) = (
        format!("{}-{}-{}", part(0, 4)?, part(4, 6)?, part(6, 8)?),
        format!("{}:{}:{}", part(8, 10)?, part(10, 12)?, part(12, 14)?),
    );
    format!("{date}T{time}+08:00").parse().ok()
}

/// `RegisterObject`, `KeepaliveObject`, `UnRegisterObject`: who speaks.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Speaker<'a> {
    #[serde(rename = "DeviceID")]
    pub device_id: &'a DeviceCode,
}

/// What a library answers with, for one object or for a list.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Answered {
    #[serde(rename = "ResponseStatusObject")]
    one: Option<OneOrMany>,
    #[serde(rename = "ResponseStatusListObject")]
    list: Option<StatusList>,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
struct StatusList {
    #[serde(rename = "ResponseStatusObject")]
    statuses: OneOrMany,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(untagged)]
enum OneOrMany {
    One(Status),
    Many(Vec<Status>),
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Status {
    #[serde(rename = "StatusCode")]
    code: StatusCode,
    #[serde(rename = "StatusString", default)]
    said: Option<String>,
}

/// Implementations write it either way.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(untagged)]
enum StatusCode {
    Number(i64),
    Text(String),
}

impl Status {
    /// 0: 正常
    pub fn is_ok(&self) -> bool {
        match &self.code {
            StatusCode::Number(code) => *code == 0,
            StatusCode::Text(code) => code.trim() == "0",
        }
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.code {
            StatusCode::Number(code) => write!(f, "StatusCode {code}")?,
            StatusCode::Text(code) => write!(f, "StatusCode {code}")?,
        }
        match &self.said {
            Some(said) => write!(f, " {said}"),
            None => Ok(()),
        }
    }
}

impl Answered {
    /// Of each object that was sent; nothing where the answer speaks of none.
    pub fn statuses(self) -> Vec<Status> {
        let told = [self.one, self.list.map(|list| list.statuses)];
        told.into_iter()
            .flatten()
            .flat_map(|told| match told {
                OneOrMany::One(status) => vec![status],
                OneOrMany::Many(statuses) => statuses,
            })
            .collect()
    }
}

/// The answer to `GET /VIID/System/Time`.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct TimeTold {
    #[serde(rename = "SystemTimeObject")]
    pub time: SystemTime,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct SystemTime {
    #[serde(rename = "LocalTime")]
    pub local_time: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    const DEVICE: &str = "44031000005030000001";

    fn step(case: u128, version: i64) -> Step {
        Step {
            case_id: uuid::Uuid::from_u128(case).to_string().parse().unwrap(),
            version,
            state_zh: "已立案".to_owned(),
            event_zh: "垃圾满溢".to_owned(),
            event_code: "06042".to_owned(),
            first_seen_at: "2025-12-31T16:00:59.900Z".parse().unwrap(),
            place: None,
        }
    }

    fn picture(head: &str) -> Picture {
        Picture {
            sha256: format!("{head:0<64}"),
            format: PictureFormat::Jpeg,
            captured_at: "2025-12-31T16:00:59.900Z".parse().unwrap(),
            width_px: 64,
            height_px: 48,
            data: String::new(),
        }
    }

    fn scene(step: &Step, heads: &[&str]) -> Scene {
        let pictures = heads.iter().map(|head| picture(head)).collect();
        let list = SceneList::of(step, &DEVICE.parse().unwrap(), 680, pictures).unwrap();
        list.list.scenes.into_iter().next().unwrap()
    }

    #[test]
    fn identifiers_have_their_lengths_follow_from_what_is_sent_and_tell_steps_apart() {
        let filed = scene(&step(7, 2), &["0001869f", "000186a0"]);
        assert_eq!(filed.source_id, format!("{DEVICE}022026010100005999999"));
        assert_eq!(filed.scene_id, format!("{}0500009", filed.source_id));
        assert_eq!((filed.source_id.len(), filed.scene_id.len()), (41, 48));
        let images: Vec<_> =
            filed.pictures.pictures.iter().map(|one| &one.image_id[36..]).collect();
        assert_eq!(images, ["99999", "00000"]);
        assert_eq!(scene(&step(7, 2), &["0001869f", "000186a0"]), filed);
        assert_ne!(scene(&step(7, 5), &["0001869f"]).scene_id, filed.scene_id, "the same picture");
        assert!(SceneList::of(&step(7, 2), &DEVICE.parse().unwrap(), 680, Vec::new()).is_none());
    }

    #[test]
    fn a_description_ends_where_the_standard_ends_it() {
        let long = Step { event_zh: "长".repeat(400), ..step(1, 1) };
        assert_eq!(long.describe().chars().count(), DESCRIPTION_CHARS_MAX);
    }

    #[test]
    fn a_device_has_twenty_digits() {
        assert!(DEVICE.parse::<DeviceCode>().is_ok());
        for bad in ["", "4403100000503000000", "440310000050300000011", "4403100000503000000a"] {
            assert!(bad.parse::<DeviceCode>().is_err(), "{bad}");
        }
    }

    #[test]
    fn answers_are_read_as_implementations_write_them() {
        for (text, expected) in [
            (r#"{"ResponseStatusObject": {"StatusCode": "0", "StatusString": "OK"}}"#, vec![true]),
            (r#"{"ResponseStatusObject": {"StatusCode": 4}}"#, vec![false]),
            (
                r#"{"ResponseStatusListObject": {"ResponseStatusObject": [{"StatusCode": 0},
                    {"StatusCode": "8", "StatusString": "无效"}]}}"#,
                vec![true, false],
            ),
            (
                r#"{"ResponseStatusListObject": {"ResponseStatusObject": {"StatusCode": 0}}}"#,
                vec![true],
            ),
            ("{}", vec![]),
        ] {
            let answered: Answered = serde_json::from_str(text).unwrap();
            let ok: Vec<_> = answered.statuses().iter().map(Status::is_ok).collect();
            assert_eq!(ok, expected, "{text}");
        }
        assert!(serde_json::from_str::<Answered>(r#"{"ResponseStatusObject": 1}"#).is_err());
    }

    #[test]
    fn clocks_are_read_as_implementations_write_them() {
        let at: WallTime = "2026-01-01T03:04:05Z".parse().unwrap();
        for text in ["20260101110405", "2026-01-01 11:04:05", "20260101110405123"] {
            assert_eq!(local_time(text), Some(at), "{text}");
        }
        for bad in ["", "2026010111040", "20261301110405"] {
            assert_eq!(local_time(bad), None, "{bad}");
        }
    }
}
