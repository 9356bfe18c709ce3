//! `[[webhook]]` of `hub.toml`: platforms that are told of cases.

use super::mqtt::required_secret_file;
use crate::{base::toml_reader::Table, roles::hub::deliver::HookConfig};
use reqwest::Url;
use std::path::Path;

const NAME_CHARS_MAX: usize = 40;

pub fn webhooks(root: &mut Table<'_>, file: &Path) -> Option<Vec<HookConfig>> {
    let mut hooks: Vec<HookConfig> = Vec::new();
    let mut sound = true;
    for mut table in root.tables("webhook") {
        let (name, url) = (name(&mut table), url(&mut table));
        let secret = required_secret_file(&mut table, "secret_file", file);
        match (name, url, secret) {
            (Some(name), ..) if hooks.iter().any(|hook| hook.name == name) => {
                table.fault("name", "two webhooks have it; what was sent is kept by the name");
                sound = false;
            }
            (Some(name), Some(url), Some(secret)) => hooks.push(HookConfig { name, url, secret }),
            _ => sound = false,
        }
    }
    sound.then_some(hooks)
}

/// Of a platform; what was sent is kept by it.
pub fn name(table: &mut Table<'_>) -> Option<String> {
    table
        .value::<String>("name")
        .check("letters, digits and -, at most 40", |name| match is_name(&name) {
            true => Ok(name),
            false => Err(String::new()),
        })
        .required()
}

/// Of a platform.
pub fn url(table: &mut Table<'_>) -> Option<Url> {
    table
        .value::<String>("url")
        .check("http:// or https://, without user and password", |url| {
            let url = Url::parse(&url).map_err(|error| error.to_string())?;
            let bare = url.username().is_empty() && url.password().is_none();
            match matches!(url.scheme(), "http" | "https") && bare {
                true => Ok(url),
                false => Err(String::new()),
            }
        })
        .required()
}

fn is_name(name: &str) -> bool {
    let fits = (1..=NAME_CHARS_MAX).contains(&name.len());
    fits && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
}
