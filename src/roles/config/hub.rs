//! `hub.toml`: one hub.

use super::{
    beside, load,
    mqtt::{secret_file, settings},
    pattern::Catalogue,
};
use crate::{
    base::{
        secret::Secret,
        toml_reader::{Faults, Table},
    },
    drivers::mqtt::Credentials,
    roles::hub::{BrokerConfig, HubConfig, KnownEvent, User, verify::LookTimes},
};
use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    time::Duration,
};

/// Reads the file; nothing is made or changed.
pub fn load_hub(path: &Path) -> Result<HubConfig, Faults> {
    let catalogue = Catalogue::built_in()?;
    load(path, |table| hub(table, path, &catalogue))
}

/// What complaints may name.
pub fn known_events(catalogue: &Catalogue) -> Vec<KnownEvent> {
    catalogue
        .iter()
        .map(|pattern| KnownEvent {
            event: pattern.event.clone(),
            pattern: pattern.data(),
            priority: pattern.priority,
        })
        .collect()
}

fn hub(mut root: Table<'_>, path: &Path, catalogue: &Catalogue) -> Option<HubConfig> {
    let district = root.value::<String>("district").parsed().required();
    let mqtt = root.required_table("mqtt").and_then(|table| settings(table, path));
    let database = root.required_table("store").and_then(|mut table| {
        local(&mut table, "sqlite://", "sqlite:///absolute/path or sqlite://path", path)
    });
    let evidence_dir = root.required_table("evidence").and_then(|mut table| {
        local(&mut table, "file://", "file:///absolute/path or file://path", path)
    });
    let http = root.required_table("http").and_then(|mut table| {
        let listen = table.value::<String>("listen").parsed::<SocketAddr>().required();
        let https_in_front = table.value("https_in_front").or(false);
        Some((listen?, https_in_front))
    });
    let auth = root.required_table("auth").and_then(|table| auth(table, path));
    let looks = root.table("verify").map_or_else(LookTimes::default, looks);
    let (mqtt, (listen, https_in_front), auth) = (mqtt?, http?, auth?);
    Some(HubConfig {
        district: district?,
        listen,
        database: database?,
        evidence_dir: evidence_dir?,
        mqtt: BrokerConfig {
            url: mqtt.url,
            client_id: "gridwarden-hub".to_owned(),
            credentials: mqtt.username.map(|user| Credentials {
                user,
                password: mqtt.password.unwrap_or_else(|| Secret::new("")),
            }),
            ca: mqtt.ca,
            cert: mqtt.cert,
            key: mqtt.key,
        },
        users: auth.users,
        node_token: auth.node_token,
        platform_token: auth.platform_token,
        demo_ticket: None,
        events: known_events(catalogue),
        looks,
        https_in_front,
    })
}

/// A path behind a scheme, relative to the configuration file.
fn local(table: &mut Table<'_>, scheme: &str, allowed: &str, file: &Path) -> Option<PathBuf> {
    table
        .value::<String>("url")
        .check(allowed, |url| match url.strip_prefix(scheme) {
            Some(rest) if !rest.is_empty() => Ok(beside(file, rest)),
            _ => Err(String::new()),
        })
        .required()
}

struct Auth {
    users: Vec<User>,
    node_token: Secret,
    platform_token: Option<Secret>,
}

fn auth(mut table: Table<'_>, file: &Path) -> Option<Auth> {
    let node_token = secret_file(&mut table, "node_token_file", file);
    if node_token.is_none() {
        table.fault("node_token_file", "a file with the token that edges upload evidence with; make one with: openssl rand -hex 32");
    }
    let platform_token = secret_file(&mut table, "platform_token_file", file);
    let users: Vec<Option<User>> = table
        .tables("user")
        .into_iter()
        .map(|mut user| {
            let name = user.value::<String>("name").not_empty().required();
            let hash = user
                .value::<String>("password_hash")
                .check("an argon2 hash; make one with: gridwarden password", |text| {
                    if text.starts_with("$argon2") {
                        Ok(Secret::new(text))
                    } else {
                        Err(String::new())
                    }
                })
                .required();
            Some(User { name: name?, password_hash: hash? })
        })
        .collect();
    let users: Option<Vec<User>> = users.into_iter().collect();
    Some(Auth { users: users?, node_token: node_token?, platform_token })
}

fn looks(mut table: Table<'_>) -> LookTimes {
    let default = LookTimes::default();
    let mut secs = |key: &str, range, default: Duration| {
        Duration::from_secs(table.value::<u64>(key).in_range(range).or(default.as_secs()))
    };
    let settle = secs("settle_secs", 0..=86_400, default.settle);
    let look = secs("look_secs", 2..=3_600, default.look);
    let retry_after = secs("retry_after_secs", 1..=86_400, default.retry_after);
    let span_max = secs("span_secs_max", 10..=604_800, default.span_max);
    let answer_within = secs("answer_within_secs", 5..=3_600, default.answer_within);
    let resend_after = secs("resend_after_secs", 1..=600, default.resend_after);
    let tries_max = table.value("tries_max").in_range(1..=10).or(default.tries_max);
    LookTimes { settle, look, retry_after, tries_max, span_max, answer_within, resend_after }
}
