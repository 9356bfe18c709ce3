//! What an edge sends next, and when a row of its outbox may be deleted. Pure; time is passed in.
//!
//! Enters: durable rows in `seq` order, link changes, acknowledgements of the hub. Leaves: the row
//! to send now, the rows to delete, the next instant at which something is due, and which rows to
//! read from the database next. The caller owns the database and the network.
//!
//! ```text
//! database --load--> lane (one a camera) --next_to_send--> network
//!                      | head only, again after `resend_after` or a new link
//!                      `--acked (the hub's, never the broker's)--> rows to delete
//! ```
//!
//! Invariants
//! - A row leaves only by an acknowledgement of the hub that covers its case and revision.
//! - Only the head of a lane is ever on its way. The next row of that camera waits until the hub
//!   holds the head, so the order per camera survives a broker that drops, reorders or repeats,
//!   and a shared subscription of several hubs. The price is one round trip a fact and camera.
//! - At most `in_flight_rows_max` rows wait for an acknowledgement within `resend_after`.
//! - At most `lane_rows_max` rows of a camera are in memory; the rest stays in the database.
//!
//! Failure: nothing here fails. A row that the hub never acknowledges keeps its camera waiting and
//! shows in [`Outbox::oldest_attempts`]; other cameras go on, because rows tried less go first.

use super::{
    ids::{CameraId, CaseId},
    wire::{AckData, Topic},
};
use crate::base::time::Monotonic;
use std::{
    collections::{BTreeMap, VecDeque},
    time::Duration,
};

/// Position in the outbox table; grows with every row and is never reused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OutboxSeq(pub i64);

/// One durable message that the hub has not acknowledged.
#[derive(Debug, Clone, PartialEq)]
pub struct OutboxRow {
    pub seq: OutboxSeq,
    pub case_id: CaseId,
    pub camera: CameraId,
    pub revision: u32,
    pub topic: Topic,
    pub payload: Vec<u8>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub struct OutboxLimits {
    pub in_flight_rows_max: usize,
    pub lane_rows_max: usize,
    /// How long the hub may take before a row is sent again.
    pub resend_after: Duration,
}

impl Default for OutboxLimits {
    fn default() -> Self {
        Self { in_flight_rows_max: 32, lane_rows_max: 16, resend_after: Duration::from_secs(5) }
    }
}

/// Rows that the caller should read: of `camera`, with `seq > after`, in order, at most `rows_max`.
#[derive(Debug, Clone, PartialEq)]
pub struct Want {
    pub camera: CameraId,
    pub after: OutboxSeq,
    pub rows_max: usize,
}

/// The rows of one camera, oldest first, and how far its head has got.
#[derive(Debug)]
struct Lane {
    rows: VecDeque<OutboxRow>,
    /// Last row read from the database, whether or not it is still here.
    read_upto: OutboxSeq,
    /// The database may hold rows after `read_upto`.
    more: bool,
    /// Times that the head was handed out since it became the head or the link came up.
    attempts: u32,
    sent_at: Option<Monotonic>,
}

impl Lane {
    fn new() -> Self {
        Self {
            rows: VecDeque::new(),
            read_upto: OutboxSeq(0),
            more: true,
            attempts: 0,
            sent_at: None,
        }
    }

    fn new_head(&mut self) {
        self.attempts = 0;
        self.sent_at = None;
    }

    fn waits(&self, now: Monotonic, resend_after: Duration) -> bool {
        self.sent_at.is_some_and(|sent| now.since(sent) < resend_after)
    }
}

#[derive(Debug)]
pub struct Outbox {
    limits: OutboxLimits,
    lanes: BTreeMap<CameraId, Lane>,
    link_up: bool,
}

impl Outbox {
    /// Empty, with the link down. Tell it of every camera with rows through [`Self::note_stored`].
    pub fn new(limits: OutboxLimits) -> Self {
        Self { limits, lanes: BTreeMap::new(), link_up: false }
    }

    /// Rows of this camera were committed and can be read.
    pub fn note_stored(&mut self, camera: &CameraId) {
        self.lanes.entry(camera.clone()).or_insert_with(Lane::new).more = true;
    }

    /// What to read next; `None` once every lane is full or knows that it has everything.
    pub fn wants(&self) -> Option<Want> {
        self.lanes.iter().find_map(|(camera, lane)| {
            // Half empty before it is filled again: fewer, larger reads.
            let worth = lane.more && lane.rows.len() <= self.limits.lane_rows_max / 2;
            worth.then(|| Want {
                camera: camera.clone(),
                after: lane.read_upto,
                rows_max: (self.limits.lane_rows_max - lane.rows.len()).max(1),
            })
        })
    }

    /// The answer to `want`, in `seq` order. Rows that were loaded before are ignored.
    pub fn load(&mut self, want: &Want, rows: Vec<OutboxRow>) {
        let Some(lane) = self.lanes.get_mut(&want.camera) else { return };
        lane.more = rows.len() >= want.rows_max;
        for row in rows {
            debug_assert_eq!(row.camera, want.camera);
            if row.seq > lane.read_upto {
                lane.read_upto = row.seq;
                lane.rows.push_back(row);
            }
        }
    }

    /// A new connection: whatever was on its way may be lost, so every head is due at once.
    pub fn link_up(&mut self) {
        self.link_up = true;
        self.lanes.values_mut().for_each(Lane::new_head);
    }

    pub fn link_down(&mut self) {
        self.link_up = false;
        self.lanes.values_mut().for_each(Lane::new_head);
    }

    /// The next row to send, marked as sent at `now`. `None` when nothing is due.
    ///
    /// Rows tried less often go first, then older ones, so a camera whose row the hub refuses
    /// cannot use up the window of the others.
    pub fn next_to_send(&mut self, now: Monotonic) -> Option<&OutboxRow> {
        let resend_after = self.limits.resend_after;
        if !self.link_up || self.in_flight(now) >= self.limits.in_flight_rows_max {
            return None;
        }
        let lane = self
            .lanes
            .values_mut()
            .filter(|lane| !lane.rows.is_empty() && !lane.waits(now, resend_after))
            .min_by_key(|lane| (lane.attempts, lane.rows.front().map(|row| row.seq)))?;
        lane.attempts = lane.attempts.saturating_add(1);
        lane.sent_at = Some(now);
        lane.rows.front()
    }

    /// The hub holds every revision of the case up to this one. Returns the rows to delete.
    pub fn acked(&mut self, ack: &AckData) -> Vec<OutboxSeq> {
        let covered =
            |row: &OutboxRow| row.case_id == ack.case_id && row.revision <= ack.upto_revision;
        let mut done = Vec::new();
        for lane in self.lanes.values_mut() {
            let head = lane.rows.front().map(|row| row.seq);
            done.extend(lane.rows.iter().filter(|row| covered(row)).map(|row| row.seq));
            lane.rows.retain(|row| !covered(row));
            if lane.rows.front().map(|row| row.seq) != head {
                lane.new_head();
            }
        }
        done
    }

    /// When [`Self::next_to_send`] may have something that it has not now; `None` while only an
    /// acknowledgement, a link or a new row can change that.
    pub fn next_due(&self, now: Monotonic) -> Option<Monotonic> {
        let full = self.in_flight(now) >= self.limits.in_flight_rows_max;
        let lanes = self.lanes.values().filter(|lane| self.link_up && !lane.rows.is_empty());
        lanes
            // With a full window only the end of a wait helps.
            .filter(|lane| !full || lane.waits(now, self.limits.resend_after))
            .map(|lane| lane.sent_at.map_or(now, |sent| sent.plus(self.limits.resend_after)))
            .min()
            .map(|due| due.max(now))
    }

    /// Rows handed out that may still be acknowledged in time.
    pub fn in_flight(&self, now: Monotonic) -> usize {
        let resend_after = self.limits.resend_after;
        self.lanes.values().filter(|lane| lane.waits(now, resend_after)).count()
    }

    /// How often the most repeated head was sent over this link; grows while the hub is silent.
    pub fn oldest_attempts(&self) -> u32 {
        self.lanes.values().map(|lane| lane.attempts).max().unwrap_or(0)
    }

    /// Rows in memory.
    pub fn loaded(&self) -> usize {
        self.lanes.values().map(|lane| lane.rows.len()).sum()
    }
}

#[cfg(test)]
#[path = "outbox_tests.rs"]
mod tests;
