//! What the writers of a case say of it now: each one's newest applied picture.

use super::{HubStore, records, statement::Statement};
use crate::{
    domain::{case::fold::fold, ids::CaseId, wire::CaseFactData},
    drivers::store::StoreError,
};
use sqlx::AnyConnection;
use std::collections::HashMap;

/// Of each case, the opener's first; a case that no camera has seen is not there.
pub(super) async fn pictures(
    connection: &mut AnyConnection,
    cases: &[CaseId],
) -> Result<HashMap<CaseId, Vec<CaseFactData>>, sqlx::Error> {
    let mut query = Statement::new(
        "SELECT f.payload FROM fact_streams s JOIN facts f \
           ON f.case_id = s.case_id AND f.writer = s.writer AND f.revision = s.applied_upto \
         WHERE s.case_id IN ",
    );
    query.bind_list(cases.iter().map(CaseId::to_string));
    query.push(" ORDER BY s.first_at_millis, s.writer");
    let mut pictures: HashMap<CaseId, Vec<CaseFactData>> = HashMap::new();
    for row in query.fetch_all(connection).await? {
        let picture: CaseFactData = records::json(&row, "payload")?;
        pictures.entry(picture.case_id).or_default().push(picture);
    }
    Ok(pictures)
}

impl HubStore {
    /// Their fold; `None` for a case that no camera has seen.
    pub async fn picture(&self, case_id: CaseId) -> Result<Option<CaseFactData>, StoreError> {
        let read = async { pictures(&mut *self.database.reader().await?, &[case_id]).await };
        let mut pictures = read.await.map_err(|error| self.failed(error))?;
        Ok(pictures.remove(&case_id).and_then(|pictures| fold(&pictures)))
    }
}
