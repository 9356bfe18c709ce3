//! What reviews teach, as COCO. The list names pictures and holds none; each is fetched through
//! `evidence`, which writes who looked.

use super::{
    AppState,
    auth::Person,
    problem::{Answer, Pairs, Problem},
};
use crate::{
    domain::dataset::{
        categories, choose,
        coco::CocoFile,
        coco_file,
        split::{Side, VAL_PERMILLE_DEFAULT},
    },
    drivers::store::hub::{Access, AccessKind},
};
use axum::{Json, extract::State};

/// One side of the reviewed cases, `train` (if left out) or `val`; split by place.
#[utoipa::path(get, path = "/api/v1/dataset", params(("split" = Option<String>, Query)),
    responses((status = 200, description = "a COCO annotation file"), (status = 422, body = Problem)))]
pub async fn coco(
    State(state): State<AppState>,
    person: Person,
    Pairs(pairs): Pairs,
) -> Answer<Json<CocoFile>> {
    let mut side = Side::Train;
    for (name, value) in pairs {
        let known = Side::ALL.into_iter().find(|side| name == "split" && side.as_str() == value);
        side = known.ok_or_else(|| match name.as_str() {
            "split" => Problem::invalid("split", &value, "train val"),
            _ => Problem::invalid(&name, &value, "split"),
        })?;
    }
    let entry = Access {
        detail: side.as_str().to_owned(),
        ..state.register.access(AccessKind::Dataset, &person.name, person.unit.as_deref())
    };
    state.register.store.log_access(&entry).await?;
    // Reads the whole register: one at a time.
    let _permit = state.datasets.acquire().await;
    let chosen = choose(state.register.store.reviewed_cases().await?, VAL_PERMILLE_DEFAULT);
    let classes = categories(&chosen);
    let file = coco_file(
        &chosen,
        side,
        &classes,
        |entry| format!("{}.jpg", entry.picture.sha256),
        |entry| Some(format!("/api/v1/evidence/{}?why=dataset", entry.picture.sha256)),
    );
    Ok(Json(file))
}
