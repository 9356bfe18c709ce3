//! `[footage]` of a pipeline: who else keeps what this camera saw, asked where the node's own ring has nothing.

use super::mqtt::secret_file;
use crate::base::{secret::Secret, toml_reader::Table};
use std::path::Path;

#[derive(Debug, Clone, PartialEq)]
pub enum RecorderSettings {
    /// ONVIF Profile G.
    RtspReplay(Server),
    /// Files on an HTTP server, and their list.
    HttpFiles(Server),
    /// A GB/T 28181 platform behind WVP-PRO.
    Gb28181 { uri: String, username: String, password: Secret, device: String, channel: String },
}

#[derive(Debug, Clone, PartialEq)]
pub struct Server {
    pub uri: String,
    pub username: Option<String>,
    pub password: Option<Secret>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Kind {
    RtspReplay,
    HttpFiles,
    Gb28181,
}

impl Kind {
    fn schemes(self) -> (&'static [&'static str], &'static str) {
        match self {
            Self::RtspReplay => (&["rtsp://"], "rtsp://host[:port]/path"),
            Self::HttpFiles => (&["http://", "https://"], "http:// or https:// of the list"),
            Self::Gb28181 => (&["http://", "https://"], "http:// or https:// of the gateway"),
        }
    }
}

pub fn recorder(mut table: Table<'_>, file: &Path) -> Option<RecorderSettings> {
    let kind = table
        .value::<String>("source")
        .one_of(&[
            ("rtsp_replay", Kind::RtspReplay),
            ("http_files", Kind::HttpFiles),
            ("gb28181", Kind::Gb28181),
        ])
        .required();
    let (schemes, allowed) = kind.map_or((&[""][..], "an address"), Kind::schemes);
    let uri = table
        .value::<String>("uri")
        .check(allowed, |uri| {
            if uri.contains('@') {
                return Err(
                    "a password must not stand in the address; use username and password_file"
                        .into(),
                );
            }
            let rest = schemes.iter().find_map(|scheme| uri.strip_prefix(scheme));
            match rest.is_some_and(|rest| !rest.is_empty() && !rest.starts_with('/')) {
                true => Ok(uri),
                false => Err(String::new()),
            }
        })
        .required();
    let username = table.value::<String>("username").not_empty().optional();
    let password = secret_file(&mut table, "password_file", file);
    let digits = |table: &mut Table<'_>, key: &str| {
        table
            .value::<String>(key)
            .check("20 digits, as the platform lists it", |id| {
                let sound = id.len() == 20 && id.bytes().all(|byte| byte.is_ascii_digit());
                if sound { Ok(id) } else { Err(String::new()) }
            })
            .required()
    };
    if kind == Some(Kind::Gb28181) {
        let (device, channel) = (digits(&mut table, "device"), digits(&mut table, "channel"));
        if username.is_none() || password.is_none() {
            table.fault("username", "username and password_file of a user of the gateway");
        }
        let (username, password) = (username?, password?);
        return Some(RecorderSettings::Gb28181 {
            uri: uri?,
            username,
            password,
            device: device?,
            channel: channel?,
        });
    }
    let server = Server { uri: uri?, username, password };
    Some(match kind? {
        Kind::RtspReplay => RecorderSettings::RtspReplay(server),
        _ => RecorderSettings::HttpFiles(server),
    })
}
