//! Dead letters: what a platform did not take, and sending it once more.

use super::{
    AppState,
    auth::Person,
    problem::{Answer, Problem},
};
use crate::{base::time::WallTime, domain::ids::CaseId, drivers::store::hub::Delivery};
use axum::{
    Json,
    extract::{Path, State},
    http::StatusCode,
};
use serde::Serialize;
use utoipa::ToSchema;

const LETTERS_MAX: u32 = 500;

/// A message that was tried for three days in vain.
#[derive(Serialize, ToSchema)]
pub struct DeadLetter {
    pub hook: String,
    pub message_id: String,
    #[schema(value_type = String)]
    pub case_id: CaseId,
    pub tries: u32,
    pub last_error: Option<String>,
    #[schema(value_type = Option<String>)]
    pub dead_at: Option<WallTime>,
    /// What would be sent.
    #[schema(value_type = Object)]
    pub message: serde_json::Value,
}

#[derive(Serialize, ToSchema)]
pub struct DeadLetters {
    pub items: Vec<DeadLetter>,
}

/// The newest first, 500 at most.
#[utoipa::path(get, path = "/api/v1/deliveries/dead", responses((status = 200, body = DeadLetters)))]
pub async fn dead(State(state): State<AppState>, _: Person) -> Answer<Json<DeadLetters>> {
    let letters = state.register.store.dead_letters(LETTERS_MAX).await?;
    Ok(Json(DeadLetters { items: letters.into_iter().map(view).collect() }))
}

fn view(letter: Delivery) -> DeadLetter {
    let Delivery { message_id, hook, case_id, payload, tries, last_error, dead_at, .. } = letter;
    // This program wrote it; what is not JSON is shown as a text.
    let message = serde_json::from_str(&payload).unwrap_or(serde_json::Value::String(payload));
    DeadLetter { hook, message_id, case_id, tries, last_error, dead_at, message }
}

/// Tries a dead letter again, as long as a new one.
#[utoipa::path(post, path = "/api/v1/deliveries/{hook}/{message_id}/retry",
    params(("hook" = String, Path), ("message_id" = String, Path)),
    responses((status = 202), (status = 404, body = Problem)))]
pub async fn retry(
    State(state): State<AppState>,
    person: Person,
    Path((hook, message_id)): Path<(String, String)>,
) -> Answer<StatusCode> {
    if !state.register.store.revive(&hook, &message_id, state.register.now()).await? {
        let said = "there is no such dead letter; GET /api/v1/deliveries/dead lists them";
        return Err(Problem::new(StatusCode::NOT_FOUND, "not-found", said));
    }
    tracing::info!(by = person.name, hook, message_id, "a dead letter is sent again");
    Ok(StatusCode::ACCEPTED)
}
