//! Where the broker is and who we are: raw settings in, rumqttc's options out.

use super::RECEIVED_UNACKED_MAX;
use crate::{
    base::secret::Secret,
    domain::wire::{PAYLOAD_BYTES_MAX, Presence},
};
use rumqttc::{NetworkOptions, TlsConfiguration, Transport, v5::MqttOptions};
use rustls::{
    ClientConfig, RootCertStore,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
};
use std::{path::PathBuf, sync::Arc, time::Duration};

/// A dead broker is noticed within twice this.
const KEEP_ALIVE: Duration = Duration::from_secs(10);
/// Room for the topic and properties around the largest payload.
const PACKET_OVERHEAD_BYTES_MAX: usize = 4 * 1024;
/// Debian's bundle, from the package `ca-certificates`.
const SYSTEM_AUTHORITIES: &str = "/etc/ssl/certs/ca-certificates.crt";
/// Publishes without the broker's acknowledgement; the broker may allow fewer.
const PUBLISHED_UNACKED_MAX: u16 = 64;

/// Sets the process-wide TLS provider. Call it first in `main` and in tests; repeats are harmless.
pub fn install_crypto_provider() {
    // An error only says that one is installed already.
    let _ = rustls::crypto::ring::default_provider().install_default();
}

#[derive(Debug, Clone)]
pub struct Credentials {
    pub user: String,
    pub password: Secret,
}

/// The retained message that tells others how this node is: its topic and how to write it. Called
/// for `Online` at each connection, for `Offline` as last will, for `Stopping` at the end.
pub type StatusMessage = (String, Arc<dyn Fn(Presence) -> Vec<u8> + Send + Sync>);

#[derive(Clone)]
pub struct MqttConfig {
    /// `mqtt://host[:1883]` or `mqtts://host[:8883]`
    pub url: String,
    /// One a node; a second client with the same id throws the first one out.
    pub client_id: String,
    pub credentials: Option<Credentials>,
    /// PEM file of trusted authorities; without it those of the system.
    pub ca: Option<PathBuf>,
    /// PEM files of this client; both or none.
    pub cert: Option<PathBuf>,
    pub key: Option<PathBuf>,
    pub status: Option<StatusMessage>,
    /// Topic filters, all at QoS 1.
    pub subscriptions: Vec<String>,
    /// How long the broker keeps our messages while we are away.
    pub session_expiry_secs: u32,
}

#[derive(Debug, thiserror::Error)]
pub enum MqttConfigError {
    #[error("MQTT address {url:?}: {reason}; write mqtt://host:1883 or mqtts://host:8883")]
    Url { url: String, reason: &'static str },
    #[error("MQTT {what} {path}: {reason}", path = path.display())]
    Certificate { what: &'static str, path: PathBuf, reason: String },
    #[error("MQTT: `cert` and `key` belong together; {missing} is missing")]
    HalfIdentity { missing: &'static str },
    #[error("MQTT TLS: {reason}")]
    Tls { reason: String },
}

/// Settings that were found sound.
pub(super) struct Checked {
    pub(super) options: MqttOptions,
    pub(super) url: String,
    pub(super) status: Option<StatusMessage>,
    pub(super) subscriptions: Vec<String>,
}

impl MqttConfig {
    pub(super) fn check(self) -> Result<Checked, MqttConfigError> {
        let Address { tls, host, port } = parse_url(&self.url)?;
        let mut options = MqttOptions::new(&self.client_id, host, port);
        let mut network = NetworkOptions::new();
        network.set_tcp_nodelay(true);
        options
            .set_keep_alive(KEEP_ALIVE)
            .set_clean_start(false)
            .set_session_expiry_interval(Some(self.session_expiry_secs))
            .set_receive_maximum(Some(RECEIVED_UNACKED_MAX))
            .set_max_packet_size(Some((PAYLOAD_BYTES_MAX + PACKET_OVERHEAD_BYTES_MAX) as u32))
            .set_outgoing_inflight_upper_limit(PUBLISHED_UNACKED_MAX)
            .set_network_options(network)
            .set_manual_acks(true);
        if let Some(Credentials { user, password }) = &self.credentials {
            options.set_credentials(user, password.reveal());
        }
        if tls {
            let config = TlsConfiguration::Rustls(Arc::new(self.tls()?));
            options.set_transport(Transport::tls_with_config(config));
        }
        let Self { url, status, subscriptions, .. } = self;
        Ok(Checked { options, url, status, subscriptions })
    }

    fn tls(&self) -> Result<ClientConfig, MqttConfigError> {
        install_crypto_provider();
        let refused = |what, path: &PathBuf, reason: String| MqttConfigError::Certificate {
            what,
            path: path.clone(),
            reason,
        };
        let read = |what, path: &PathBuf| -> Result<Vec<CertificateDer<'static>>, _> {
            let found: Result<Vec<_>, _> =
                CertificateDer::pem_file_iter(path).and_then(Iterator::collect);
            match found {
                Ok(found) if found.is_empty() => {
                    Err(refused(what, path, "holds no PEM certificate".to_owned()))
                }
                other => other.map_err(|error| refused(what, path, error.to_string())),
            }
        };
        let authorities = self.ca.clone().unwrap_or_else(|| PathBuf::from(SYSTEM_AUTHORITIES));
        let mut roots = RootCertStore::empty();
        // A system's bundle may hold one that this library does not know; one is enough.
        let (usable, _) = roots.add_parsable_certificates(read("ca", &authorities)?);
        if usable == 0 {
            return Err(refused("ca", &authorities, "holds no usable authority".to_owned()));
        }
        let builder = ClientConfig::builder().with_root_certificates(roots);
        let failed = |error: rustls::Error| MqttConfigError::Tls { reason: error.to_string() };
        match (&self.cert, &self.key) {
            (None, None) => Ok(builder.with_no_client_auth()),
            (Some(cert), Some(key)) => {
                let private = PrivateKeyDer::from_pem_file(key)
                    .map_err(|error| refused("key", key, error.to_string()))?;
                builder.with_client_auth_cert(read("cert", cert)?, private).map_err(failed)
            }
            (Some(_), None) => Err(MqttConfigError::HalfIdentity { missing: "key" }),
            (None, Some(_)) => Err(MqttConfigError::HalfIdentity { missing: "cert" }),
        }
    }
}

struct Address {
    tls: bool,
    host: String,
    port: u16,
}

fn parse_url(url: &str) -> Result<Address, MqttConfigError> {
    // The address goes into messages; a password in it must not.
    let shown = url.rsplit_once('@').map_or(url, |(_, host)| host).to_owned();
    let bad = |reason| MqttConfigError::Url { url: shown.clone(), reason };
    let (tls, rest) = match url.split_once("://") {
        Some(("mqtt" | "tcp", rest)) => (false, rest),
        Some(("mqtts" | "ssl", rest)) => (true, rest),
        _ => return Err(bad("the scheme is neither mqtt:// nor mqtts://")),
    };
    let rest = rest.trim_end_matches('/');
    if rest.contains('@') {
        return Err(bad(
            "user and password belong in a file or the environment, not in the address",
        ));
    }
    if rest.contains('/') {
        return Err(bad("a path has no meaning here"));
    }
    let standard_port = if tls { 8883 } else { 1883 };
    // An IPv6 host is written in brackets, and keeps them: `[::1]:1883`.
    let (host, port) = match rest.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => {
            (host, port.parse().map_err(|_| bad("the port is no number from 1 to 65535"))?)
        }
        _ => (rest, standard_port),
    };
    if host.is_empty() || port == 0 {
        return Err(bad("host or port is missing"));
    }
    Ok(Address { tls, host: host.to_owned(), port })
}
