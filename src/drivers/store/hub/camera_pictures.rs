//! Pictures of a camera that are no case's, such as stills: shown while they are new, then forgotten with
//! their files.

use super::{
    HubStore, Tx,
    records::{parsed, time},
};
use crate::{
    base::time::WallTime,
    domain::{
        ids::{CameraId, NodeId},
        wire::EvidenceData,
    },
    drivers::store::StoreError,
};
use sqlx::Row;
use uuid::Uuid;

/// A whole picture as a viewer sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CameraPicture {
    pub bytes: i64,
    pub media_type: String,
    pub captured_at: WallTime,
}

impl HubStore {
    /// A picture that this camera was asked for, once the whole file is here.
    pub async fn camera_picture(
        &self,
        node: &NodeId,
        camera: &CameraId,
        sha256: &str,
    ) -> Result<Option<CameraPicture>, StoreError> {
        let failed = |error| self.failed(error);
        let row = sqlx::query(
            "SELECT e.bytes, p.media_type, p.captured_at_millis FROM camera_pictures p \
             JOIN evidence e ON e.sha256 = p.sha256 AND e.complete = 1 \
             WHERE p.sha256 = $1 AND p.node = $2 AND p.camera_id = $3 LIMIT 1",
        )
        .bind(sha256)
        .bind(node.as_str())
        .bind(camera.as_str())
        .fetch_optional(self.database.readers())
        .await
        .map_err(failed)?;
        let read = |row: &sqlx::any::AnyRow| {
            Ok(CameraPicture {
                bytes: row.try_get("bytes")?,
                media_type: row.try_get("media_type")?,
                captured_at: time(row, "captured_at_millis")?,
            })
        };
        row.as_ref().map(read).transpose().map_err(failed)
    }

    /// Files of pictures that are all older than this and that no case names, oldest first.
    pub async fn old_pictures(
        &self,
        before: WallTime,
        limit: u32,
    ) -> Result<Vec<String>, StoreError> {
        let failed = |error| self.failed(error);
        let rows = sqlx::query(
            "SELECT sha256 FROM camera_pictures p WHERE at_millis < $1 \
             AND NOT EXISTS (SELECT 1 FROM camera_pictures n WHERE n.sha256 = p.sha256 AND n.at_millis >= $1) \
             GROUP BY sha256 ORDER BY MIN(at_millis), sha256 LIMIT $2",
        )
        .bind(before.unix_millis())
        .bind(i64::from(limit))
        .fetch_all(self.database.readers())
        .await
        .map_err(failed)?;
        rows.iter().map(|row| parsed(row, "sha256").map_err(failed)).collect()
    }

    /// The file is gone, or stays for a case.
    pub async fn forget_picture(&self, sha256: &str, gone: bool) -> Result<(), StoreError> {
        let failed = |error| self.failed(error);
        let mut tx = self.begin().await?;
        let deletions = [
            Some("DELETE FROM camera_pictures WHERE sha256 = $1"),
            gone.then_some("DELETE FROM evidence WHERE sha256 = $1"),
        ];
        for deletion in deletions.into_iter().flatten() {
            sqlx::query(deletion).bind(sha256).execute(&mut *tx).await.map_err(failed)?;
        }
        self.commit(tx).await
    }
}

/// Names pictures that a camera was asked for.
pub(super) async fn name_pictures(
    tx: &mut Tx,
    (node, camera): (&NodeId, &CameraId),
    request_id: Uuid,
    pictures: &[EvidenceData],
    at: WallTime,
) -> Result<(), sqlx::Error> {
    for picture in pictures {
        sqlx::query(
            "INSERT INTO camera_pictures (request_id, sha256, node, camera_id, media_type, \
             captured_at_millis, at_millis) VALUES ($1, $2, $3, $4, $5, $6, $7) \
             ON CONFLICT (request_id, sha256) DO NOTHING",
        )
        .bind(request_id.to_string())
        .bind(&picture.sha256)
        .bind(node.as_str())
        .bind(camera.as_str())
        .bind(&picture.media_type)
        .bind(picture.captured_at.unix_millis())
        .bind(at.unix_millis())
        .execute(&mut **tx)
        .await?;
    }
    Ok(())
}
