//! `[mqtt]` of both daemons.

use super::beside;
use crate::base::{
    secret::Secret,
    toml_reader::{Field, Table},
};
use std::path::{Path, PathBuf};

#[derive(Debug, Clone, PartialEq)]
pub struct MqttSettings {
    /// `mqtt://host:port` or `mqtts://host:port`
    pub url: String,
    pub username: Option<String>,
    pub password: Option<Secret>,
    pub ca: Option<PathBuf>,
    pub cert: Option<PathBuf>,
    pub key: Option<PathBuf>,
}

/// Reads `[mqtt]`; secrets come from files named here, relative to the configuration file.
pub fn settings(mut table: Table<'_>, file: &Path) -> Option<MqttSettings> {
    let url = table
        .value::<String>("url")
        .check("mqtt://host:port or mqtts://host:port", |url| {
            if url.contains('@') {
                return Err(
                    "a password must not stand in the address; use username and password_file"
                        .into(),
                );
            }
            let sound = ["mqtt://", "mqtts://"]
                .iter()
                .any(|scheme| url.strip_prefix(scheme).is_some_and(|h| !h.is_empty()));
            if sound { Ok(url) } else { Err(String::new()) }
        })
        .required();
    let username = table.value::<String>("username").not_empty().optional();
    let password = secret_file(&mut table, "password_file", file);
    let path = |table: &mut Table<'_>, key: &str| {
        table.value::<String>(key).not_empty().optional().map(|written| beside(file, &written))
    };
    let (ca, cert, key) =
        (path(&mut table, "ca"), path(&mut table, "cert"), path(&mut table, "key"));
    if cert.is_some() != key.is_some() {
        table.fault("cert", "cert and key go together");
    }
    Some(MqttSettings { url: url?, username, password, ca, cert, key })
}

/// A secret in a file of its own, so that it never stands in a configuration.
pub fn secret_file(table: &mut Table<'_>, key: &str, file: &Path) -> Option<Secret> {
    secret(table, key, file).optional()
}

/// The same where nothing goes without it.
pub fn required_secret_file(table: &mut Table<'_>, key: &str, file: &Path) -> Option<Secret> {
    secret(table, key, file).required()
}

fn secret<'d>(table: &mut Table<'d>, key: &str, file: &Path) -> Field<'d, Secret> {
    table.value::<String>(key).check(
        "a readable file with the secret on its first line",
        |written| {
            let path = beside(file, &written);
            Secret::from_file(&path).map_err(|error| format!("{}: {error}", path.display()))
        },
    )
}
