//! `[auth.oidc]` of `hub.toml`: an identity provider, and what its word is worth here.

use super::{beside, mqtt::secret_file};
use crate::{
    base::toml_reader::Table,
    domain::people::{Role, Roles},
    drivers::oidc::OidcConfig,
    roles::hub::OidcSignIn,
};
use std::path::Path;

/// Where the provider sends people back to.
pub const CALLBACK: &str = "/api/v1/session/oidc/callback";
pub const ROLES: &str = "some of viewer grid_staff dispatcher reviewer administrator auditor";

pub fn oidc(mut table: Table<'_>, file: &Path) -> Option<OidcSignIn> {
    let address = |url: String| {
        let local = ["http://127.0.0.1", "http://[::1]", "http://localhost"];
        let sound = url.starts_with("https://") || local.iter().any(|local| url.starts_with(local));
        if sound { Ok(url) } else { Err(String::new()) }
    };
    // As it stands in the tokens, to the last slash.
    let issuer = table
        .value::<String>("issuer")
        .check("https://..., or http:// on this machine", address)
        .required();
    let hub_url = table
        .value::<String>("hub_url")
        .check("https://... of this hub as people reach it", address)
        .required();
    let client_id = table.value::<String>("client_id").not_empty().required();
    let client_secret = secret_file(&mut table, "client_secret_file", file);
    let scopes = table.value::<Vec<String>>("scopes").or(vec!["profile".to_owned()]);
    let ca = table.value::<String>("ca").not_empty().optional();
    let roles_claim = table.value::<String>("roles_claim").not_empty().or("roles".to_owned());
    let name_claim =
        table.value::<String>("name_claim").not_empty().or("preferred_username".to_owned());
    let unit_claim = table.value::<String>("unit_claim").not_empty().optional();
    let mut roles = Vec::new();
    let mut sound = true;
    for mut row in table.tables("role") {
        let claim = row.value::<String>("claim").not_empty().required();
        let granted = row.value::<Vec<String>>("roles").check(ROLES, some_roles).required();
        match (claim, granted) {
            (Some(claim), Some(granted)) => roles.push((claim, granted)),
            _ => sound = false,
        }
    }
    if sound && roles.is_empty() {
        table.fault("role", "no [[auth.oidc.role]]: nobody could do anything here");
        sound = false;
    }
    let provider = OidcConfig {
        issuer: issuer?,
        client_id: client_id?,
        client_secret,
        redirect_url: format!("{}{CALLBACK}", hub_url?.trim_end_matches('/')),
        scopes,
        ca: ca.map(|written| beside(file, &written)),
    };
    sound.then_some(OidcSignIn { provider, roles_claim, name_claim, unit_claim, roles })
}

/// At least one role.
pub fn some_roles(names: Vec<String>) -> Result<Roles, String> {
    let roles: Result<Roles, _> = names.iter().map(|name| name.parse::<Role>()).collect();
    match roles {
        Ok(roles) if roles.is_empty() => Err(String::new()),
        roles => roles.map_err(|error| error.to_string()),
    }
}
