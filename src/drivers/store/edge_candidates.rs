//! Candidates in the edge's database: what has stood for long and is no case yet, one row a camera.

use super::{
    StoreError,
    edge::{EdgeStore, json},
};
use crate::domain::{ids::CameraId, rule::candidate::Candidate};
use std::collections::BTreeMap;

impl EdgeStore {
    /// The candidates of these cameras are now exactly these; one transaction.
    pub async fn put_candidates(
        &self,
        of: &BTreeMap<CameraId, Vec<Candidate>>,
    ) -> Result<(), StoreError> {
        let put = async {
            let mut transaction = self.pool.begin().await?;
            for (camera, candidates) in of {
                sqlx::query(
                    "INSERT INTO candidates (camera, candidates) VALUES (?, ?)
                     ON CONFLICT (camera) DO UPDATE SET candidates = excluded.candidates",
                )
                .bind(camera.as_str())
                .bind(json(candidates)?)
                .execute(&mut *transaction)
                .await?;
            }
            transaction.commit().await
        };
        put.await.map_err(self.failed())
    }

    pub async fn candidates(&self, camera: &CameraId) -> Result<Vec<Candidate>, StoreError> {
        let query = "SELECT camera AS case_id, candidates FROM candidates WHERE camera = ?";
        let rows = sqlx::query(query)
            .bind(camera.as_str())
            .fetch_all(&self.pool)
            .await
            .map_err(self.failed())?;
        let read: Vec<Vec<Candidate>> = self.read_all("candidates", "candidates", &rows)?;
        Ok(read.into_iter().flatten().collect())
    }
}
