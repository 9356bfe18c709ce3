//! Names of things. Newtypes without `Default`; each text id is checked once, where it enters.

use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr, sync::Arc};
use uuid::Uuid;

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{value:?} is no {what}: {reason}")]
pub struct BadId {
    pub what: &'static str,
    pub value: String,
    pub reason: &'static str,
}

/// Letters, digits, `-`, `_` and `.`: safe in a topic, a URL path and a file name.
fn check(what: &'static str, value: &str) -> Result<Arc<str>, BadId> {
    let bad = |reason| BadId { what, value: value.chars().take(80).collect(), reason };
    if value.is_empty() || value.len() > 64 {
        return Err(bad("1 to 64 characters are allowed"));
    }
    if !value.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.')) {
        return Err(bad("only letters, digits, '-', '_' and '.' are allowed"));
    }
    if value.starts_with('.') {
        return Err(bad("it must not start with '.'"));
    }
    Ok(value.into())
}

macro_rules! text_id {
    ($(#[$doc:meta])* $name:ident, $what:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(Arc<str>);

        impl $name {
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }
        impl FromStr for $name {
            type Err = BadId;
            fn from_str(value: &str) -> Result<Self, BadId> {
                check($what, value).map(Self)
            }
        }
        impl TryFrom<String> for $name {
            type Error = BadId;
            fn try_from(value: String) -> Result<Self, BadId> {
                value.parse()
            }
        }
        impl From<$name> for String {
            fn from(id: $name) -> String {
                id.0.as_ref().to_owned()
            }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

text_id!(
    /// One edge box; also the writer of its facts.
    NodeId, "node id");
text_id!(
    /// Administrative district, for example `440310`.
    DistrictId, "district id");
text_id!(CameraId, "camera id");
text_id!(ZoneId, "zone id");
text_id!(
    /// A file of `pipelines/patterns/`, for example `roadside_stall`.
    PatternId, "pattern id");
text_id!(
    /// A detector's class, for example `person`.
    ClassName, "class name");

/// One real thing, one case. UUIDv7, minted by whoever opens the case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CaseId(pub Uuid);

impl fmt::Display for CaseId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for CaseId {
    type Err = BadId;
    fn from_str(value: &str) -> Result<Self, BadId> {
        Uuid::try_parse(value).map(Self).map_err(|_| BadId {
            what: "case id",
            value: value.chars().take(80).collect(),
            reason: "a UUID is expected",
        })
    }
}

/// Where new ids come from: random on a live node, derived from digests in `replay`.
pub trait IdSource: Send {
    fn next_uuid(&mut self, at: crate::base::time::WallTime) -> Uuid;
}

/// UUIDv7 from the time given and fresh randomness.
#[derive(Debug)]
pub struct RandomIds;

impl IdSource for RandomIds {
    fn next_uuid(&mut self, at: crate::base::time::WallTime) -> Uuid {
        let millis = at.unix_millis().max(0) as u64;
        uuid::Builder::from_unix_timestamp_millis(millis, &rand::random()).into_uuid()
    }
}

/// The same inputs give the same ids: a digest of `seed` and a counter fills the random bits.
#[derive(Debug)]
pub struct DerivedIds {
    seed: [u8; 32],
    counter: u64,
}

impl DerivedIds {
    pub fn new(seed: [u8; 32]) -> Self {
        Self { seed, counter: 0 }
    }
}

impl IdSource for DerivedIds {
    fn next_uuid(&mut self, at: crate::base::time::WallTime) -> Uuid {
        use sha2::{Digest, Sha256};
        let digest = Sha256::new()
            .chain_update(self.seed)
            .chain_update(self.counter.to_be_bytes())
            .finalize();
        self.counter += 1;
        let mut random = [0; 10];
        random.copy_from_slice(&digest[..10]);
        uuid::Builder::from_unix_timestamp_millis(at.unix_millis().max(0) as u64, &random)
            .into_uuid()
    }
}

/// Unique for ever within a camera: a restart begins a new run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TrackId {
    pub run: u32,
    pub number: u64,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::time::WallTime;

    #[test]
    fn ids_that_could_escape_a_path_or_topic_are_refused() {
        for bad in ["", "a/b", "a b", "#", "+", "..", "街", &"x".repeat(65)] {
            assert!(bad.parse::<CameraId>().is_err(), "{bad:?}");
        }
        assert_eq!("pingshan-014".parse::<CameraId>().unwrap().as_str(), "pingshan-014");
    }

    #[test]
    fn derived_ids_repeat_and_differ_among_themselves() {
        let at = WallTime::from_unix_millis(1_767_225_600_000);
        let (mut a, mut b) = (DerivedIds::new([7; 32]), DerivedIds::new([7; 32]));
        let first = a.next_uuid(at);
        assert_eq!(first, b.next_uuid(at));
        assert_ne!(first, a.next_uuid(at));
        assert_eq!(first.get_version_num(), 7);
    }
}
