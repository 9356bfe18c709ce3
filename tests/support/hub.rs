//! A hub of a test's own, before the test says what is special about it.

use gridwarden::{
    base::secret::Secret,
    drivers::{evidence::files::Digest256, store::hub::Place},
    roles::hub::{BrokerConfig, HubConfig, verify::LookTimes},
};
use std::path::Path;

pub const NODE_TOKEN: &str = "node-token-of-the-tests";
pub const PLATFORM_TOKEN: &str = "platform-token-of-the-tests";

/// On a free port, everything in one folder, nobody who could sign in, and no broker: nobody listens where
/// it looks for one, and it serves its page all the same.
pub fn quiet(dir: &Path) -> HubConfig {
    HubConfig {
        district: "440310".parse().unwrap(),
        listen: "127.0.0.1:0".parse().unwrap(),
        database: Place::File(dir.join("hub.db")),
        evidence_dir: dir.join("evidence"),
        bucket: None,
        package_key_file: dir.join("package-key.pem"),
        mqtt: BrokerConfig {
            url: "mqtt://127.0.0.1:9".to_owned(),
            client_id: "hub-test".to_owned(),
            credentials: None,
            ca: None,
            cert: None,
            key: None,
        },
        edges: None,
        oidc: None,
        users: Vec::new(),
        node_token: Some(Secret::new(NODE_TOKEN)),
        platform_token: Some(Secret::new(PLATFORM_TOKEN)),
        demo_ticket: None,
        events: Vec::new(),
        looks: LookTimes::default(),
        policy: Default::default(),
        hooks: Vec::new(),
        view_libraries: Vec::new(),
        streets: Vec::new(),
        map: Default::default(),
        https_in_front: false,
    }
}

/// What `GET /session` tells a page of that cookie.
#[allow(dead_code, reason = "not every test signs in by cookie")]
pub fn csrf_of(cookie: &str) -> String {
    let token = cookie.split_once('=').map_or("", |(_, token)| token);
    Digest256::of(format!("csrf {token}").as_bytes()).to_string()
}
