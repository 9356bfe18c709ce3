//! Every case as a data set wants it: what people said, what the edge saw, which picture shows it.

use super::{
    HubStore,
    records::{from_json, parsed, time},
};
use crate::{
    base::time::WallTime,
    domain::{
        case::lifecycle::EventKind,
        dataset::{Held, Picture, Review, ReviewedCase},
        ids::CaseId,
        pixel::PixelSize,
        wire::CaseFactData,
    },
    drivers::store::StoreError,
};
use sqlx::{Row, any::AnyRow};
use std::collections::BTreeMap;

/// A moment's clean picture; the annotated one has drawings in it.
const CLEAN: &str = "snapshot";
/// What an edge writes, and what the header is read of.
const MEDIA_TYPE: &str = "image/jpeg";

impl HubStore {
    /// All cases that an edge opened, ordered by their ids. Complaints that no camera saw first have
    /// no picture of their own and are not here.
    pub async fn reviewed_cases(&self) -> Result<Vec<ReviewedCase>, StoreError> {
        let mut reviews = self.reviews().await?;
        let held = self.pictures_held().await?;
        let failed = |error| self.failed(error);
        let rows = sqlx::query(
            "SELECT f.case_id, f.payload, f.received_at_millis FROM facts f JOIN fact_streams s \
               ON s.case_id = f.case_id AND s.writer = f.writer \
             WHERE f.kind = 'opened' AND f.revision = 1 AND s.applied_upto >= 1 \
             ORDER BY f.case_id, s.first_at_millis, s.writer",
        )
        .fetch_all(self.database.readers())
        .await
        .map_err(failed)?;
        let mut cases: Vec<ReviewedCase> = Vec::new();
        for row in &rows {
            let case_id: CaseId = parsed(row, "case_id").map_err(failed)?;
            // The opener's comes first; what a second edge saw of the same thing is another view.
            if cases.last().is_some_and(|last| last.case_id == case_id) {
                continue;
            }
            let payload: String = row.try_get("payload").map_err(failed)?;
            let fact: CaseFactData = from_json("payload", &payload).map_err(failed)?;
            let opened_at = time(row, "received_at_millis").map_err(failed)?;
            let (at, review) = reviews.remove(&case_id).unwrap_or((opened_at, Review::Open));
            cases.push(reviewed(case_id, fact, at, review, &held));
        }
        Ok(cases)
    }

    /// The last decision of a person about each case that was not taken back.
    async fn reviews(&self) -> Result<BTreeMap<CaseId, (WallTime, Review)>, StoreError> {
        let (confirm, reject) = (EventKind::Confirm.as_str(), EventKind::Reject.as_str());
        // An undo is about the entry right before it.
        let rows = sqlx::query(
            "SELECT case_id, kind, reason, at_millis FROM history h WHERE kind IN ($1, $2) \
             AND NOT EXISTS (SELECT 1 FROM history u WHERE u.case_id = h.case_id \
               AND u.number = h.number + 1 AND u.kind = $3) \
             ORDER BY case_id, number",
        )
        .bind(confirm)
        .bind(reject)
        .bind(EventKind::Undo.as_str())
        .fetch_all(self.database.readers())
        .await
        .map_err(|error| self.failed(error))?;
        let read = |row: &AnyRow| -> Result<_, sqlx::Error> {
            let reason: Option<String> = row.try_get("reason")?;
            let review = match row.try_get::<String, _>("kind")? == confirm {
                true => Review::Confirmed,
                false => Review::Rejected { reason: reason.unwrap_or_default() },
            };
            Ok((parsed(row, "case_id")?, (time(row, "at_millis")?, review)))
        };
        rows.iter().map(|row| read(row).map_err(|error| self.failed(error))).collect()
    }

    /// Clean pictures by digest. One that any case calls unmasked is unmasked.
    async fn pictures_held(&self) -> Result<BTreeMap<String, Held>, StoreError> {
        let rows: Vec<(String, i64, i64)> = sqlx::query_as(
            "SELECT c.sha256, MIN(c.masked), COALESCE(MAX(e.complete), 0) FROM case_evidence c \
             LEFT JOIN evidence e ON e.sha256 = c.sha256 GROUP BY c.sha256",
        )
        .fetch_all(self.database.readers())
        .await
        .map_err(|error| self.failed(error))?;
        let held = |masked, complete| match (masked, complete) {
            (1, 1) => Held::WholeAndMasked,
            (1, _) => Held::Missing,
            _ => Held::Unmasked,
        };
        Ok(rows.into_iter().map(|(sha256, m, c)| (sha256, held(m, c))).collect())
    }
}

fn reviewed(
    case_id: CaseId,
    fact: CaseFactData,
    at: WallTime,
    review: Review,
    held: &BTreeMap<String, Held>,
) -> ReviewedCase {
    // Taken of the frame in which the box is.
    let clean = fact.evidence.into_iter().find(|file| {
        file.role == CLEAN && file.media_type == MEDIA_TYPE && file.captured_at == fact.confirmed_at
    });
    let picture = clean.map(|file| Picture {
        held: match held.get(&file.sha256) {
            _ if !fact.privacy.masked => Held::Unmasked,
            Some(held) => *held,
            None => Held::Missing,
        },
        sha256: file.sha256,
        size: PixelSize { width_px: file.width_px, height_px: file.height_px },
        captured_at: file.captured_at,
    });
    ReviewedCase {
        case_id,
        review,
        at,
        node: fact.camera.node,
        camera: fact.camera.id,
        cell: fact.place.and_then(|place| place.code_2d.parse().ok()),
        model: fact.model,
        subject: fact.subject,
        picture,
    }
}
