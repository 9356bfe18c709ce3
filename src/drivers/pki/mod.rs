//! Certificates of one district: its own authority, and who holds what it has signed.
//!
//! ```text
//! <dir>/ca/      cert.pem  key.pem (stays here)  district  crl.pem  revoked/
//! <dir>/<name>/  ca.pem  cert.pem  key.pem       goes to the box of that name, whole
//!                crl.pem                         of a broker and a hub: whom they let in no more
//! ```
//!
//! The common name is the name (what Mosquitto takes as user name); an address in the certificate,
//! `gridwarden://<district>/<kind>/<name>`, says what kind of holder it is, so that a broker's or a
//! hub's certificate is never taken for an edge's.
//!
//! Invariants: one name has one certificate, whatever its kind; a private key is made with mode 0600
//! and never written over; a folder appears whole or not at all, and a renewed certificate replaces
//! the old one in one step, with the same key, so the two always fit. A revoked certificate is on the list before
//! its folder leaves its name, so none is lost by a crash in between.

mod authority;
mod certificate;
mod revoked;
mod server;

pub use authority::{Authority, Renewed};
pub use certificate::{Certificate, read_certificate};
pub use revoked::{RevocationList, Revoked};
pub use server::MutualTls;

use crate::domain::ids::{BadId, NodeId};
use std::{fmt, io, path::PathBuf, str::FromStr};

/// The folder of the authority itself; nobody else may have this name.
pub const AUTHORITY: &str = "ca";
pub const CERT_FILE: &str = "cert.pem";
pub const KEY_FILE: &str = "key.pem";
pub const CA_FILE: &str = "ca.pem";
pub const CRL_FILE: &str = "crl.pem";

/// What a holder of a certificate is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Serves MQTT.
    Broker,
    /// Serves HTTP, and is a client of the broker.
    Hub,
    /// A client of both.
    Edge,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Broker => "broker",
            Self::Hub => "hub",
            Self::Edge => "edge",
        })
    }
}

impl FromStr for Kind {
    type Err = ();
    fn from_str(text: &str) -> Result<Self, ()> {
        [Self::Broker, Self::Hub, Self::Edge]
            .into_iter()
            .find(|kind| kind.to_string() == text)
            .ok_or(())
    }
}

/// Whose a certificate is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holder {
    pub kind: Kind,
    /// Of an edge: its node id.
    pub name: NodeId,
}

#[derive(Debug, thiserror::Error)]
pub enum PkiError {
    #[error("{path}: {reason}", path = path.display())]
    File { path: PathBuf, reason: io::Error },
    #[error("{path} is there already and is never written over; {cure}", path = path.display())]
    Exists { path: PathBuf, cure: &'static str },
    #[error("{path}: no authority here; make one with: gridwarden pki init", path = path.display())]
    NoAuthority { path: PathBuf },
    #[error("{path}: {reason}", path = path.display())]
    Unreadable { path: PathBuf, reason: String },
    #[error("name: {0}")]
    Name(#[from] BadId),
    #[error("{host:?} is neither a host name nor an address")]
    Host { host: String },
    #[error("the authority ends on {ends}; renew it first: gridwarden pki renew")]
    AuthorityEnds { ends: String },
    #[error("{path}: nobody of that name has a certificate here; `gridwarden pki renew` names all", path = path.display())]
    Unknown { path: PathBuf },
    #[error(
        "the list names clients, and {name} is a broker: give it a new key instead (move {path} away, then: gridwarden pki issue broker)", path = path.display()
    )]
    NoClient { name: String, path: PathBuf },
    #[error("certificate of {name}: {reason}")]
    Sign { name: String, reason: String },
}

impl PkiError {
    /// Whoever called asked for something impossible; no file is at fault.
    pub fn is_usage(&self) -> bool {
        !matches!(self, Self::File { .. } | Self::Sign { .. })
    }
}
