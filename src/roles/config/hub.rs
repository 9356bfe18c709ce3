//! `hub.toml`: one hub.

use super::{
    beside, load,
    map::map,
    mqtt::{required_secret_file, secret_file, settings},
    oidc::{ROLES, oidc, some_roles},
    pattern::Catalogue,
    policy::policy,
    streets::streets,
    view_libraries::view_libraries,
    webhooks::webhooks,
};
use crate::{
    base::{
        secret::Secret,
        toml_reader::{Faults, Table},
    },
    domain::people::{Area, Role},
    drivers::{
        evidence::bucket::BucketSettings, mqtt::Credentials, pki::MutualTls, store::hub::Place,
    },
    roles::hub::{
        BrokerConfig, EdgesListener, HubConfig, KnownEvent, MapConfig, OidcSignIn, User,
        accounts::{Account, is_name},
        first_start::{HubPlan, PasswordFile},
        verify::LookTimes,
    },
};
use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

/// What a person of `hub.toml` may whose roles are left out: let others in, and do the daily work.
const FIRST_PERSON: [Role; 3] = [Role::Administrator, Role::Dispatcher, Role::Reviewer];

/// Reads the file; nothing is made or changed.
pub fn load_hub(path: &Path) -> Result<HubPlan, Faults> {
    let catalogue = Catalogue::built_in()?;
    let mut nested = Vec::new();
    let built = load(path, |table| hub(table, path, &catalogue, &mut nested));
    match (built, nested.into_iter().reduce(joined)) {
        (Ok(plan), None) => Ok(plan),
        (Ok(_), Some(nested)) => Err(nested),
        (Err(faults), None) => Err(faults),
        (Err(faults), Some(nested)) => Err(joined(faults, nested)),
    }
}

fn joined(mut faults: Faults, others: Faults) -> Faults {
    faults.extend(others);
    faults
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

fn hub(
    mut root: Table<'_>,
    path: &Path,
    catalogue: &Catalogue,
    nested: &mut Vec<Faults>,
) -> Option<HubPlan> {
    let district = root.value::<String>("district").parsed().required();
    let mqtt = root.required_table("mqtt").and_then(|table| settings(table, path));
    let database = root.required_table("store").and_then(|table| store(table, path));
    let evidence = root.required_table("evidence").and_then(|table| evidence(table, path));
    let http = root.required_table("http").and_then(|mut table| {
        let listen = table.value::<String>("listen").parsed::<SocketAddr>().required();
        let https_in_front = table.value("https_in_front").or(false);
        let edges = match table.table("edges") {
            Some(table) => Some(edges(table, path)?),
            None => None,
        };
        Some((listen?, https_in_front, edges))
    });
    let by_certificate = http.as_ref().is_some_and(|(.., edges)| edges.is_some());
    let auth = root.required_table("auth").and_then(|table| auth(table, path, by_certificate));
    let looks = root.table("verify").map_or_else(LookTimes::default, looks);
    let policy = policy(&mut root, path, nested);
    let hooks = webhooks(&mut root, path);
    let taken: Vec<String> = hooks.iter().flatten().map(|hook| hook.name.clone()).collect();
    let view_libraries = view_libraries(&mut root, path, catalogue, &taken);
    let streets = streets(&mut root);
    let map = match root.table("map") {
        Some(table) => map(table, path),
        None => Some(MapConfig::default()),
    };
    let (mqtt, (listen, https_in_front, edges), auth) = (mqtt?, http?, auth?);
    let (database, Evidence { dir: evidence_dir, bucket, key_file }) = (database?, evidence?);
    let config = HubConfig {
        district: district?,
        listen,
        package_key_file: key_file.unwrap_or_else(|| match database.file() {
            Some(file) => file.with_file_name("package-key.pem"),
            None => evidence_dir.with_file_name("package-key.pem"),
        }),
        database,
        evidence_dir,
        bucket,
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
        edges,
        users: auth.users,
        oidc: auth.oidc,
        node_token: None,
        platform_token: auth.platform_token,
        demo_ticket: None,
        events: known_events(catalogue),
        looks,
        policy: Arc::new(policy?),
        hooks: hooks?,
        view_libraries: view_libraries?,
        streets: streets?,
        map: map?,
        https_in_front,
    };
    Some(HubPlan {
        config,
        node_token_file: auth.node_token_file,
        password_files: auth.password_files,
    })
}

struct Evidence {
    dir: PathBuf,
    bucket: Option<BucketSettings>,
    key_file: Option<PathBuf>,
}

/// A folder, or a bucket of an S3 store and a folder for uploads under way.
fn evidence(mut table: Table<'_>, file: &Path) -> Option<Evidence> {
    const ALLOWED: &str = "file:///absolute/path, file://path or s3://bucket/prefix";
    let key_file = table.value::<String>("key_file").not_empty().optional();
    let key_file = key_file.map(|key_file| beside(file, &key_file));
    let url = table
        .value::<String>("url")
        .check(ALLOWED, |url| match url.split_once("://") {
            Some(("file" | "s3", place)) if !place.is_empty() => Ok(url),
            _ => Err(String::new()),
        })
        .required()?;
    let Some(place) = url.strip_prefix("s3://") else {
        let dir = beside(file, url.trim_start_matches("file://"));
        return Some(Evidence { dir, bucket: None, key_file });
    };
    let dir = table.value::<String>("dir").not_empty().required();
    let endpoint = table
        .value::<String>("endpoint")
        .check("http:// or https:// and a host", |url| match url.starts_with("http") {
            true => Ok(url),
            false => Err(String::new()),
        })
        .optional();
    let region = table.value::<String>("region").or("us-east-1".to_owned());
    let access_key = table.value::<String>("access_key").not_empty().required();
    let secret_key = required_secret_file(&mut table, "secret_key_file", file);
    let (bucket, prefix) = place.split_once('/').unwrap_or((place, ""));
    let bucket = BucketSettings {
        bucket: bucket.to_owned(),
        prefix: prefix.trim_matches('/').to_owned(),
        endpoint,
        region,
        access_key: access_key?,
        secret_key: secret_key?,
    };
    Some(Evidence { dir: beside(file, &dir?), bucket: Some(bucket), key_file })
}

/// A file, or a PostgreSQL database whose password stands in a file of its own.
fn store(mut table: Table<'_>, file: &Path) -> Option<Place> {
    let password = secret_file(&mut table, "password_file", file);
    let place = table
        .value::<String>("url")
        .check("sqlite:///absolute/path, sqlite://path, or postgres://user@host/database", |url| {
            match url.split_once("://") {
                Some(("sqlite", path)) if !path.is_empty() => Ok(Place::File(beside(file, path))),
                Some(("postgres" | "postgresql", place)) if !place.is_empty() => {
                    Ok(Place::Postgres { url, password: None })
                }
                _ => Err(String::new()),
            }
        })
        .required()?;
    match (place, password) {
        (Place::File(path), None) => Some(Place::File(path)),
        (Place::File(_), Some(_)) => {
            table.fault("password_file", "a file of SQLite has no password; leave it out");
            None
        }
        // Said without its value, which would be in the log then.
        (Place::Postgres { url, .. }, _) if holds_password(&url) => {
            table.fault(
                "url",
                "holds a password; write it into a file and name that as password_file",
            );
            None
        }
        (Place::Postgres { url, .. }, password) => Some(Place::Postgres { url, password }),
    }
}

fn holds_password(url: &str) -> bool {
    let user = url.split_once("://").and_then(|(_, place)| place.split_once('@'));
    user.is_some_and(|(user, _)| user.contains(':')) || url.contains("password=")
}

struct Auth {
    users: Vec<User>,
    password_files: Vec<PasswordFile>,
    oidc: Option<OidcSignIn>,
    node_token_file: Option<PathBuf>,
    platform_token: Option<Secret>,
}

/// Where edges come in by their certificates.
fn edges(mut table: Table<'_>, file: &Path) -> Option<EdgesListener> {
    let listen = table.value::<String>("listen").parsed::<SocketAddr>().required();
    let mut named = |key: &str| {
        let readable = |written: String| {
            let path = beside(file, &written);
            match std::fs::File::open(&path) {
                Ok(_) => Ok(path),
                Err(error) => Err(format!("{}: {error}", path.display())),
            }
        };
        table.value::<String>(key).check("a readable PEM file", readable)
    };
    let (cert, key, client_ca) =
        (named("cert").required(), named("key").required(), named("client_ca").required());
    let crl = named("crl").optional();
    let tls = MutualTls { cert: cert?, key: key?, client_ca: client_ca?, crl };
    Some(EdgesListener { listen: listen?, tls })
}

fn auth(mut table: Table<'_>, file: &Path, by_certificate: bool) -> Option<Auth> {
    // Not read here: the first start makes these two kinds of files where they are missing.
    let token = table.value::<String>("node_token_file").not_empty();
    let node_token_file = match by_certificate {
        true => token.optional(),
        false => Some(token.required()?),
    };
    let platform_token = secret_file(&mut table, "platform_token_file", file);
    let (mut users, mut password_files) = (Vec::new(), Vec::new());
    let mut sound = true;
    for mut user in table.tables("user") {
        let name = user
            .value::<String>("name")
            .check("letters, digits, - _ . @, and no name of a machine", |name| {
                if is_name(&name) { Ok(name) } else { Err(String::new()) }
            })
            .required();
        let hash = user
            .value::<String>("password_hash")
            .check("an argon2 hash; make one with: gridwarden password", |text| {
                if text.starts_with("$argon2") { Ok(Secret::new(text)) } else { Err(String::new()) }
            })
            .optional();
        let path = user.value::<String>("password_file").not_empty().optional();
        let roles = user
            .value::<Vec<String>>("roles")
            .check(ROLES, some_roles)
            .or(FIRST_PERSON.into_iter().collect());
        let unit = user.value::<String>("unit").not_empty().optional();
        let area = user
            .value::<Vec<String>>("area")
            .check("BeiDou 2D codes", |codes| Area::try_from(codes).map_err(|e| e.to_string()))
            .or(Area::EVERYWHERE);
        let account = name.map(|name| Account { name, unit, roles, area });
        match (account, hash, path) {
            (Some(account), Some(password_hash), None) => {
                users.push(account.with_password(password_hash));
            }
            (Some(account), None, Some(path)) => {
                password_files.push(PasswordFile { account, path: beside(file, &path) });
            }
            (None, ..) => sound = false,
            (Some(_), ..) => {
                user.fault("password_hash", "give either password_hash or password_file");
                sound = false;
            }
        }
    }
    let oidc = match table.table("oidc") {
        Some(table) => Some(oidc(table, file)?),
        None => None,
    };
    let auth = Auth {
        users,
        oidc,
        password_files,
        node_token_file: node_token_file.map(|written| beside(file, &written)),
        platform_token,
    };
    sound.then_some(auth)
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
    // Who wants to know at once whether it is gone does not want to wait long for the second look.
    let again_after = secs("again_after_secs", 0..=86_400, settle);
    let tries_max = table.value("tries_max").in_range(1..=10).or(default.tries_max);
    let daypart_tries_max =
        table.value("daypart_tries_max").in_range(1..=31).or(default.daypart_tries_max);
    LookTimes {
        settle,
        look,
        again_after,
        retry_after,
        tries_max,
        span_max,
        daypart_tries_max,
        answer_within,
        resend_after,
    }
}
