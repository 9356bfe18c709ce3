//! What the writers of a case say of it now: each one's newest applied picture.

use super::{HubStore, records};
use crate::{
    domain::{case::fold::fold, ids::CaseId, wire::CaseFactData},
    drivers::store::StoreError,
};

/// The opener's first.
const NEWEST: &str = "SELECT f.payload FROM fact_streams s JOIN facts f \
       ON f.case_id = s.case_id AND f.writer = s.writer AND f.revision = s.applied_upto \
     WHERE s.case_id = $1 ORDER BY s.first_at_millis, s.writer";

pub(super) async fn pictures(
    connection: &mut sqlx::AnyConnection,
    case_id: CaseId,
) -> Result<Vec<CaseFactData>, sqlx::Error> {
    let rows = sqlx::query(NEWEST).bind(case_id.to_string()).fetch_all(connection).await?;
    rows.iter().map(|row| records::json(row, "payload")).collect()
}

impl HubStore {
    /// Their fold; `None` for a case that no camera has seen.
    pub async fn picture(&self, case_id: CaseId) -> Result<Option<CaseFactData>, StoreError> {
        let read = async {
            let mut connection = self.database.readers().acquire().await?;
            pictures(&mut connection, case_id).await
        };
        read.await.map(|pictures| fold(&pictures)).map_err(|error| self.failed(error))
    }
}
