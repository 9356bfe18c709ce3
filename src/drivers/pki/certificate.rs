//! What stands in a certificate: whose it is, for which hosts, until when.

use super::{Holder, Kind, PkiError};
use crate::{base::time::WallTime, domain::ids::DistrictId};
use rustls::pki_types::{CertificateDer, pem::PemObject};
use std::{net::IpAddr, path::Path};
use x509_parser::{certificate::X509Certificate, extensions::GeneralName};

pub(super) const SCHEME: &str = "gridwarden://";

/// A certificate of ours, read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Certificate {
    pub district: DistrictId,
    pub holder: Holder,
    /// Host names and addresses that it serves under.
    pub hosts: Vec<String>,
    pub ends_at: WallTime,
    /// Follows from the key: whatever the authority signs for one key has the same.
    pub serial: Vec<u8>,
}

/// The first certificate of a PEM file.
pub fn read_certificate(path: &Path) -> Result<Certificate, PkiError> {
    let unreadable = |reason: String| PkiError::Unreadable { path: path.to_owned(), reason };
    let der = CertificateDer::from_pem_file(path).map_err(|error| unreadable(error.to_string()))?;
    Certificate::from_der(&der).map_err(unreadable)
}

pub(super) fn parse(der: &[u8]) -> Result<X509Certificate<'_>, String> {
    let parsed = x509_parser::parse_x509_certificate(der);
    parsed.map(|(_, certificate)| certificate).map_err(|_| "no X.509 certificate".to_owned())
}

pub(super) fn ends_at(certificate: &X509Certificate<'_>) -> WallTime {
    WallTime::from_unix_millis(certificate.validity().not_after.timestamp().saturating_mul(1_000))
}

impl Certificate {
    /// Says nothing of the signature: whoever calls has that checked, or made the certificate.
    pub fn from_der(der: &[u8]) -> Result<Self, String> {
        let certificate = parse(der)?;
        let names = certificate
            .subject_alternative_name()
            .map_err(|error| error.to_string())?
            .map(|extension| extension.value.general_names.clone())
            .unwrap_or_default();
        let mut hosts = Vec::new();
        let mut addresses = Vec::new();
        for name in &names {
            match name {
                GeneralName::DNSName(host) => hosts.push((*host).to_owned()),
                GeneralName::IPAddress(octets) => hosts.push(ip(octets)?.to_string()),
                GeneralName::URI(address) if address.starts_with(SCHEME) => {
                    addresses.push(*address)
                }
                _ => {}
            }
        }
        // Two would let a certificate be one thing here and another there.
        let [address] = addresses.as_slice() else {
            return Err(format!("it names no holder ({SCHEME}<district>/<kind>/<name>)"));
        };
        let (district, holder) = holder(address)?;
        let common_name = certificate.subject().iter_common_name().next();
        if common_name.and_then(|name| name.as_str().ok()) != Some(holder.name.as_str()) {
            return Err(format!("its common name is not {:?}, as its address says", holder.name));
        }
        let serial = certificate.serial.to_bytes_be();
        Ok(Self { district, holder, hosts, ends_at: ends_at(&certificate), serial })
    }
}

fn ip(octets: &[u8]) -> Result<IpAddr, String> {
    if let Ok(four) = <[u8; 4]>::try_from(octets) {
        return Ok(four.into());
    }
    let six = <[u8; 16]>::try_from(octets).map_err(|_| "it names no IP address".to_owned())?;
    Ok(six.into())
}

fn holder(address: &str) -> Result<(DistrictId, Holder), String> {
    let bad = || format!("{address:?} is not {SCHEME}<district>/<kind>/<name>");
    let parts: Vec<&str> = address.strip_prefix(SCHEME).ok_or_else(bad)?.split('/').collect();
    let [district, kind, name] = parts.as_slice() else { return Err(bad()) };
    let kind: Kind = kind.parse().map_err(|()| bad())?;
    let district = district.parse().map_err(|_| bad())?;
    let name = name.parse().map_err(|_| bad())?;
    Ok((district, Holder { kind, name }))
}
