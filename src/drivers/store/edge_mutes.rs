//! Mutes in the edge's database: written when a decision comes, read at the next one and at start.

use super::{
    StoreError,
    edge::{EdgeStore, json},
};
use crate::domain::{case::mute::Mute, ids::CameraId, wire::DecisionData};

impl EdgeStore {
    /// Stores what a decision mutes, before each camera that saw the case, and returns it; nothing for a case
    /// that is not this edge's or for a decision that mutes nothing. A repeated decision changes nothing.
    pub async fn mute_after(&self, decision: &DecisionData) -> Result<Vec<Mute>, StoreError> {
        let Some(state) = self.case(decision.case_id).await? else { return Ok(Vec::new()) };
        let mut mutes = Vec::new();
        for view in state.of_each_camera() {
            let earlier = self.mutes(&view.camera).await?;
            mutes.extend(Mute::of(decision, &view, &earlier));
        }
        let insert = async {
            let mut transaction = self.pool.begin().await?;
            for mute in &mutes {
                sqlx::query(
                    "INSERT INTO mutes (case_id, camera, mute, until_millis) VALUES (?, ?, ?, ?)
                     ON CONFLICT (case_id, camera) DO NOTHING",
                )
                .bind(mute.case_id.to_string())
                .bind(mute.camera.as_str())
                .bind(json(mute)?)
                .bind(mute.until.unix_millis())
                .execute(&mut *transaction)
                .await?;
            }
            transaction.commit().await
        };
        insert.await.map_err(self.failed())?;
        Ok(mutes)
    }

    /// Mutes of one camera, over or not, in the order of their ends.
    pub async fn mutes(&self, camera: &CameraId) -> Result<Vec<Mute>, StoreError> {
        let query = "SELECT case_id, mute FROM mutes WHERE camera = ? ORDER BY until_millis";
        let rows = sqlx::query(query)
            .bind(camera.as_str())
            .fetch_all(&self.pool)
            .await
            .map_err(self.failed())?;
        self.read_all("mutes", "mute", &rows)
    }
}
