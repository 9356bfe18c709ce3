//! One RTP packet of a replay: the wall time of its frame, as ONVIF puts it into the header.
//!
//! ```text
//! V P X CC | M PT | sequence | timestamp | SSRC | CSRC * CC
//! 0xABAC | words | NTP seconds | NTP fraction | C E D T ... | CSeq | padding
//! ```

use crate::base::time::WallTime;

/// From the epoch of NTP, 1900, to that of Unix.
const NTP_TO_UNIX_SECS: i64 = 2_208_988_800;
const HEADER_BYTES: usize = 12;
const ONVIF: [u8; 2] = [0xAB, 0xAC];
const LAST: u8 = 0x10;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FrameTime {
    pub at: WallTime,
    /// The recorder ends after this frame.
    pub is_last: bool,
}

/// `None`: the packet carries none. Packets after a frame's first may leave it out.
pub fn frame_time(packet: &[u8]) -> Option<FrameTime> {
    let first = *packet.first()?;
    let (version, extended, sources) = (first >> 6, first & 0x10 != 0, usize::from(first & 0x0F));
    if version != 2 || !extended {
        return None;
    }
    let extension = packet.get(HEADER_BYTES + 4 * sources..)?;
    let (head, rest) = extension.split_first_chunk::<4>()?;
    if head[..2] != ONVIF || u16::from_be_bytes([head[2], head[3]]) < 3 {
        return None;
    }
    let (seconds, rest) = rest.split_first_chunk::<4>()?;
    let (fraction, rest) = rest.split_first_chunk::<4>()?;
    let (seconds, fraction) = (u32::from_be_bytes(*seconds), u32::from_be_bytes(*fraction));
    let millis = (u64::from(fraction) * 1_000 + (1 << 31)) >> 32;
    // The seconds wrap in 2036.
    let since_1900 = i64::from(seconds) + if seconds < 1 << 31 { 1 << 32 } else { 0 };
    let at = (since_1900 - NTP_TO_UNIX_SECS) * 1_000 + millis as i64;
    Some(FrameTime { at: WallTime::from_unix_millis(at), is_last: rest.first()? & LAST != 0 })
}

/// Whether a report (RTCP, maybe several in one) says that the stream has ended.
pub fn is_goodbye(mut report: &[u8]) -> bool {
    const BYE: u8 = 203;
    while let Some((head, _)) = report.split_first_chunk::<4>() {
        if head[0] >> 6 != 2 {
            return false;
        }
        if head[1] == BYE {
            return true;
        }
        let bytes = 4 * (1 + usize::from(u16::from_be_bytes([head[2], head[3]])));
        report = report.get(bytes..).unwrap_or_default();
    }
    false
}

/// Whether the packet ends its frame.
pub fn ends_frame(packet: &[u8]) -> bool {
    packet.get(1).is_some_and(|second| second & 0x80 != 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn packet(sources: u8, seconds: u32, fraction: u32, flags: u8) -> Vec<u8> {
        let mut bytes = vec![0x90 | sources, 0x80 | 96];
        bytes.resize(HEADER_BYTES + 4 * usize::from(sources), 7);
        bytes.extend([0xAB, 0xAC, 0, 3]);
        bytes.extend(seconds.to_be_bytes());
        bytes.extend(fraction.to_be_bytes());
        bytes.extend([flags, 1, 0, 0, 0x65]);
        bytes
    }

    #[test]
    fn the_time_is_read_behind_any_number_of_sources() {
        // 2026-01-01T00:00:00.250Z.
        let seconds = (1_767_225_600 + NTP_TO_UNIX_SECS) as u32;
        for sources in [0, 3, 15] {
            let time = frame_time(&packet(sources, seconds, 1 << 30, 0x90)).unwrap();
            assert_eq!(time.at, WallTime::from_unix_millis(1_767_225_600_250));
            assert!(
                time.is_last && !frame_time(&packet(sources, seconds, 0, 0xE0)).unwrap().is_last
            );
        }
        // 2036-02-07T06:28:16Z, the first second of the next era.
        let wrapped = frame_time(&packet(0, 0, 0, 0)).unwrap();
        assert_eq!(wrapped.at, WallTime::from_unix_millis(2_085_978_496_000));
    }

    #[test]
    fn other_packets_have_none() {
        let whole = packet(0, 1, 1, 0);
        assert_eq!(frame_time(&[&[0x80], &whole[1..]].concat()), None, "no extension");
        let mut other = whole.clone();
        other[12] = 0xBE;
        assert_eq!(frame_time(&other), None, "another extension");
        for bytes in 0..24 {
            assert_eq!(frame_time(&whole[..bytes]), None, "cut after {bytes}");
        }
    }

    #[test]
    fn a_goodbye_is_found_behind_a_report() {
        let report = [0x80, 200, 0, 1, 0, 0, 0, 7];
        let bye = [0x81, 203, 0, 1, 0, 0, 0, 7];
        assert!(is_goodbye(&[report, bye].concat()) && is_goodbye(&bye));
        assert!(!is_goodbye(&report) && !is_goodbye(&[0x80, 203 - 1, 0, 0]) && !is_goodbye(&[]));
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_not_without_panic(bytes in prop::collection::vec(any::<u8>(), 0..80)) {
            let _ = (frame_time(&bytes), ends_frame(&bytes), is_goodbye(&bytes));
        }
    }
}
