//! The list of revoked certificates: what stands in it, and the next one, which takes its place.
//!
//! The list is the authority's only memory of what it has revoked: each new one is made of the one before. Whoever
//! lets clients in has a copy, and refuses whom it names. A broker also refuses everybody once its copy is past
//! its end, so a list lasts as long as a certificate does, and `pki renew` signs it anew each time.

use super::PkiError;
use crate::base::time::WallTime;
use rcgen::{
    CertificateRevocationListParams, Issuer, KeyIdMethod, KeyPair, RevocationReason,
    RevokedCertParams, SerialNumber, date_time_ymd,
};
use rustls::pki_types::{CertificateRevocationListDer, pem::PemObject};
use std::{path::Path, time::Duration};

const DAY: Duration = Duration::from_secs(86_400);
const LASTS: Duration = DAY.saturating_mul(365);

/// A list, read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RevocationList {
    pub revoked: Vec<Revoked>,
    pub ends_at: WallTime,
    /// Each list's is one more than that of the list before.
    number: u64,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revoked {
    pub serial: Vec<u8>,
    pub at: WallTime,
}

impl RevocationList {
    pub(super) fn read(path: &Path) -> Result<Self, PkiError> {
        let unreadable = |reason: &str| PkiError::Unreadable {
            path: path.to_owned(),
            reason: reason.to_owned(),
        };
        let der = CertificateRevocationListDer::from_pem_file(path)
            .map_err(|error| unreadable(&error.to_string()))?;
        let (_, list) = x509_parser::parse_x509_crl(&der)
            .map_err(|_| unreadable("no list of revoked certificates"))?;
        let time = |secs: i64| WallTime::from_unix_millis(secs.saturating_mul(1_000));
        let revoked = list.iter_revoked_certificates().map(|entry| Revoked {
            serial: entry.serial().to_bytes_be(),
            at: time(entry.revocation_date.timestamp()),
        });
        let ends = list.next_update().ok_or_else(|| unreadable("the list has no end"))?;
        let number = list.crl_number().and_then(|number| u64::try_from(number).ok());
        Ok(Self {
            revoked: revoked.collect(),
            ends_at: time(ends.timestamp()),
            number: number.ok_or_else(|| unreadable("the list has no number"))?,
        })
    }

    /// PEM of the list that follows `before`, with one more certificate or with none.
    pub(super) fn next(
        before: Option<Self>,
        more: Option<Revoked>,
        issuer: &Issuer<'static, KeyPair>,
        now: WallTime,
    ) -> Result<String, rcgen::Error> {
        let (mut revoked, number) =
            before.map_or((Vec::new(), 0), |list| (list.revoked, list.number));
        // A serial follows from its key, so this covers every certificate of that key.
        if let Some(more) = more.filter(|more| !revoked.iter().any(|one| one.serial == more.serial))
        {
            revoked.push(more);
        }
        let second = |at: WallTime| {
            let date = at.local(0).date;
            let secs = at.unix_millis().div_euclid(1_000).rem_euclid(86_400).unsigned_abs();
            date_time_ymd(date.year.into(), date.month, date.day) + Duration::from_secs(secs)
        };
        let entry = |one: Revoked| RevokedCertParams {
            serial_number: SerialNumber::from(one.serial),
            revocation_time: second(one.at),
            reason_code: Some(RevocationReason::KeyCompromise),
            invalidity_date: None,
        };
        let list = CertificateRevocationListParams {
            // From a day ago, for clocks that are behind. To the second: of two lists the later one counts.
            this_update: second(now.minus(DAY)),
            next_update: second(now.plus(LASTS)),
            crl_number: SerialNumber::from(number + 1),
            issuing_distribution_point: None,
            revoked_certs: revoked.into_iter().map(entry).collect(),
            key_identifier_method: KeyIdMethod::Sha256,
        };
        list.signed_by(issuer)?.pem()
    }
}
