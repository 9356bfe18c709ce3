//! The log of who looked at what, for those who check it.

use super::{
    AppState,
    problem::{Answer, Pairs, Problem},
};
use crate::{
    base::time::WallTime,
    drivers::{
        evidence::files::Digest256,
        store::hub::{Access, AccessFilter},
    },
    roles::hub::accounts::NAME_CHARS_MAX,
};
use axum::{Json, extract::State};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

const PAGE_DEFAULT: u32 = 100;
const PAGE_MAX: u32 = 1_000;

#[derive(Serialize, ToSchema)]
pub struct AccessView {
    pub entry_id: String,
    #[schema(value_type = String)]
    pub at: WallTime,
    pub who: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    /// `view`, `playback`, `footage_request`, `export`, `dataset`, `comparison`, `sign_in`, `account` or `handover`
    pub kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub case_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sha256: Option<String>,
    pub why: String,
    pub detail: String,
}

#[derive(Serialize, ToSchema)]
pub struct AccessPage {
    pub items: Vec<AccessView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}

impl From<Access> for AccessView {
    fn from(entry: Access) -> Self {
        Self {
            entry_id: entry.entry_id.to_string(),
            at: entry.at,
            who: entry.who,
            unit: entry.unit,
            kind: entry.kind.as_str(),
            case_id: entry.case_id.map(|id| id.to_string()),
            sha256: entry.sha256,
            why: entry.why,
            detail: entry.detail,
        }
    }
}

/// Who looked at what, the newest first. An auditor's area does not bound it.
#[utoipa::path(get, path = "/api/v1/audit", params(
    ("who" = Option<String>, Query), ("kind" = Option<String>, Query),
    ("case" = Option<String>, Query), ("file" = Option<String>, Query),
    ("from" = Option<String>, Query), ("to" = Option<String>, Query),
    ("limit" = Option<u32>, Query), ("cursor" = Option<String>, Query)),
    responses((status = 200, body = AccessPage), (status = 422, body = Problem)))]
pub async fn list(State(state): State<AppState>, Pairs(pairs): Pairs) -> Answer<Json<AccessPage>> {
    let mut filter = AccessFilter::default();
    let (mut limit, mut before) = (PAGE_DEFAULT, None);
    for (name, value) in pairs {
        let bad = |allowed: String| Problem::invalid(&name, &value, allowed);
        match name.as_str() {
            "who" if value.chars().count() <= NAME_CHARS_MAX => filter.who = Some(value),
            "who" => return Err(bad(format!("at most {NAME_CHARS_MAX} characters"))),
            "kind" => filter.kind = Some(value.parse().map_err(|error| bad(format!("{error}")))?),
            "case" => {
                filter.case_id = Some(value.parse().map_err(|error| bad(format!("{error}")))?)
            }
            "file" => {
                let file: Digest256 = value.parse().map_err(|error| bad(format!("{error}")))?;
                filter.sha256 = Some(file.to_string());
            }
            "from" => filter.from = Some(value.parse().map_err(|error| bad(format!("{error}")))?),
            "to" => filter.to = Some(value.parse().map_err(|error| bad(format!("{error}")))?),
            "limit" => {
                let sound = value.parse().ok().filter(|limit| (1..=PAGE_MAX).contains(limit));
                limit = sound.ok_or_else(|| bad(format!("1 to {PAGE_MAX}")))?;
            }
            "cursor" => {
                let found = cursor(&value);
                before =
                    Some(found.ok_or_else(|| bad("next_cursor of the page before".to_owned()))?);
            }
            _ => return Err(bad("who kind case file from to limit cursor".to_owned())),
        }
    }
    let mut entries = state.register.store.accesses(&filter, before, limit + 1).await?;
    let more = entries.len() > limit as usize;
    entries.truncate(limit as usize);
    let last = entries.last().filter(|_| more);
    let next_cursor = last.map(|last| format!("{}.{}", last.at.unix_millis(), last.entry_id));
    let items = entries.into_iter().map(AccessView::from).collect();
    Ok(Json(AccessPage { items, next_cursor }))
}

fn cursor(text: &str) -> Option<(WallTime, Uuid)> {
    let (millis, id) = text.split_once('.')?;
    Some((WallTime::from_unix_millis(millis.parse().ok()?), id.parse().ok()?))
}
