//! The footage ring of a node: each camera's last weeks on disk, for clips and to verify against.
//!
//! Enters: compressed access units with their wall time. Leaves: segments of about a minute, each beginning
//! with a key frame; intervals cut out of them; what is missing, and why.
//!
//! ```text
//! recorder (one a camera) -> segments, gaps --names--> ring: reads       -> cut: parts, MP4
//!        \--notes--> keeper (one a node): deletes       fsck: checks, repairs   clip: painted, encoded again
//! ```
//! # Names are the index
//! A segment's name says from when to when it reaches and how long the file is; a hole and a hold are empty
//! files ([`name`]). So no index has to be kept in step with the files, and none can be torn. The arithmetic:
//! a minute a segment is 1,440 names a camera and day, in one folder; an interval costs the listing of its
//! days (1 to 2 ms each) and the scan of its first segment (1,500 small reads), however long the ring is. 16
//! cameras for 30 days are 691,200 names in 480 folders, which only the keeper lists, once, as it starts.
//!
//! # Failure
//! A recorder that cannot write tells it once, tries again, and never holds up analysis. What a kill or a
//! power cut leaves is read up to its last whole frame, and finished by the next start.

pub mod box_track;
pub mod clip;
pub mod cut;
mod file_writer;
pub mod fsck;
mod house;
pub mod keeper;
pub mod mask;
mod muxer;
pub mod name;
mod recorder;
mod recording;
pub mod replay;
mod ring;
mod scan;
mod segment;
pub mod space;

pub use name::Hold;
pub use recorder::{Recorder, RecorderConfig, RecorderEvent, SYNC_EVERY};
pub use ring::{Footage, Segment};
