//! What a verification measured, frame by frame: for the evidence package, so that a verdict can be
//! followed without the footage.
//!
//! Enters: findings as they are made. Leaves: [`Measured`], which travels with the result, and its rows
//! as CSV. Bounded by [`FRAMES_MAX`], so that a result fits a message (some 150 bytes a frame).

use super::{Hindrance, judge::FrameFinding, target::Showing};
use crate::{
    base::time::{ClockQuality, WallTime},
    domain::{
        detection::Detection, ids::ZoneId, pixel::PixelBox, scene::Zone, taxonomy::Pattern,
        wire::CameraCondition,
    },
};
use serde::{Deserialize, Serialize};
use std::fmt::Write;

pub const FRAMES_MAX: usize = 800;

/// Boxes and polygons in pixels of `frame_px`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Measured {
    /// The edge's own clock as it answered, to be compared with when the answer came.
    pub answered_at: WallTime,
    pub clock: Option<ClockQuality>,
    pub frame_px: [u32; 2],
    pub zones: Vec<ZoneOutline>,
    /// Where the case's thing stood, if anybody knows: left, top, right, bottom.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place_px: Option<[f32; 4]>,
    pub thresholds: Thresholds,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub frames: Vec<FrameRecord>,
    /// Frames beyond those that a message holds.
    #[serde(default, skip_serializing_if = "super::hindrance::is_zero")]
    pub frames_left_out: u32,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ZoneOutline {
    pub id: ZoneId,
    pub polygon_px: Vec<[f32; 2]>,
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Thresholds {
    pub filing_score_min: f32,
    pub clearing_score_min: f32,
    pub valid_frames_min: u32,
    pub looks_min: u32,
}

/// One frame, as it was found by itself; what the frames about it make of it is the judge's matter.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FrameRecord {
    /// 0: the footage of the filing.
    pub look: u32,
    pub at: WallTime,
    pub condition: CameraCondition,
    pub showing: Showing,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hindrance: Option<Hindrance>,
    /// Of the surest thing of the event in the zones, and its box.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub score: Option<f32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub box_px: Option<[f32; 4]>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub view_share: Option<f32>,
}

impl FrameRecord {
    pub fn of(look: u32, finding: &FrameFinding, members: &[Detection]) -> Self {
        let surest = members.iter().max_by(|a, b| a.score.total_cmp(&b.score));
        Self {
            look,
            at: finding.at,
            condition: finding.condition,
            showing: finding.showing,
            hindrance: finding.hindrance,
            score: surest.map(|d| rounded(d.score, 1_000.0)),
            box_px: surest.map(|d| corners(&d.bbox)),
            view_share: finding.view_share.map(|share| rounded(share, 1_000.0)),
        }
    }
}

impl Thresholds {
    pub fn of(pattern: &Pattern) -> Self {
        let closure = &pattern.closure;
        Self {
            filing_score_min: pattern.score_min,
            clearing_score_min: rounded(pattern.score_min * closure.score_factor, 10_000.0),
            valid_frames_min: closure.valid_frames_min,
            looks_min: closure.looks_min,
        }
    }
}

impl ZoneOutline {
    pub fn of(zone: &Zone) -> Self {
        let corners = zone.polygon.corners().iter();
        let polygon_px =
            corners.map(|p| [p.x as f32, p.y as f32].map(|edge| rounded(edge, 10.0))).collect();
        Self { id: zone.id.clone(), polygon_px }
    }
}

impl Measured {
    /// The frames as a table for people's programs.
    pub fn csv(&self) -> String {
        let mut text =
            "look,at,condition,showing,hindrance,score,x1,y1,x2,y2,view_share\n".to_owned();
        for frame in &self.frames {
            let code = |value: serde_json::Result<serde_json::Value>| match value {
                Ok(serde_json::Value::String(code)) => code,
                _ => String::new(),
            };
            let number = |value: Option<f32>| value.map_or_else(String::new, |it| it.to_string());
            let edges = [0, 1, 2, 3].map(|edge| number(frame.box_px.map(|of| of[edge]))).join(",");
            // Writing to a String cannot fail.
            let _ = writeln!(
                text,
                "{},{},{},{},{},{},{edges},{}",
                frame.look,
                frame.at,
                code(serde_json::to_value(frame.condition)),
                code(serde_json::to_value(frame.showing)),
                code(serde_json::to_value(frame.hindrance)),
                number(frame.score),
                number(frame.view_share),
            );
        }
        text
    }
}

pub fn corners(of: &PixelBox) -> [f32; 4] {
    [of.x1, of.y1, of.x2, of.y2].map(|edge| rounded(edge, 10.0))
}

fn rounded(value: f32, parts: f32) -> f32 {
    (value * parts).round() / parts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::wire::PAYLOAD_BYTES_MAX;

    #[test]
    fn as_many_frames_as_may_be_fit_a_message() {
        let long = FrameRecord {
            look: 2,
            at: WallTime::from_unix_millis(1_767_225_600_123),
            condition: CameraCondition::RainOnLens,
            showing: Showing::Nothing,
            hindrance: Some(Hindrance::OutsideSchedule),
            score: Some(0.123),
            box_px: Some([1234.5; 4]),
            view_share: Some(0.123),
        };
        let bytes = serde_json::to_vec(&vec![long; FRAMES_MAX]).unwrap().len();
        assert!(bytes < PAYLOAD_BYTES_MAX * 3 / 4, "{bytes}");
    }

    #[test]
    fn a_frame_is_a_line_and_what_is_not_known_is_empty() {
        let at = WallTime::from_unix_millis(1_000);
        let blind = FrameRecord {
            look: 0,
            at,
            condition: CameraCondition::Black,
            showing: Showing::Nothing,
            hindrance: None,
            score: None,
            box_px: None,
            view_share: None,
        };
        let seen = FrameRecord {
            look: 1,
            condition: CameraCondition::Ok,
            showing: Showing::Faintly,
            hindrance: Some(Hindrance::BeingHandled),
            score: Some(0.31),
            box_px: Some([1.0, 2.5, 30.0, 40.0]),
            view_share: Some(0.98),
            ..blind.clone()
        };
        let measured = Measured {
            answered_at: at,
            clock: None,
            frame_px: [640, 360],
            zones: Vec::new(),
            place_px: None,
            thresholds: Thresholds {
                filing_score_min: 0.4,
                clearing_score_min: 0.24,
                valid_frames_min: 30,
                looks_min: 2,
            },
            frames: vec![blind, seen],
            frames_left_out: 0,
        };
        let csv = measured.csv();
        let lines: Vec<&str> = csv.lines().collect();
        assert_eq!(lines[1], "0,1970-01-01T00:00:01.000Z,black,nothing,,,,,,,");
        assert_eq!(
            lines[2],
            "1,1970-01-01T00:00:01.000Z,ok,faintly,being_handled,0.31,1,2.5,30,40,0.98"
        );
        let columns = |line: &&str| line.split(',').count();
        assert!(lines.iter().map(columns).all(|count| count == 11));
    }
}
