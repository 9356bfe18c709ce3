//! Makes an authority, signs with it, renews what it has signed, and revokes it. Through rcgen.

use super::{
    AUTHORITY, CA_FILE, CERT_FILE, CRL_FILE, Certificate, Holder, KEY_FILE, Kind, PkiError,
    certificate::{SCHEME, ends_at, parse},
    read_certificate,
    revoked::{RevocationList, Revoked},
};
use crate::{
    base::{
        hex::hex,
        time::{LocalDate, WallTime},
    },
    domain::ids::{DistrictId, NodeId},
};
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, SanType, date_time_ymd,
};
use rustls::pki_types::{CertificateDer, pem::PemObject};
use std::{
    fs::{self, DirBuilder, File, OpenOptions},
    io::{self, Write as _},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
    time::Duration,
};

const DAY: Duration = Duration::from_secs(86_400);
/// An authority with less left is renewed, so that boxes have that long to get its new certificate.
const AUTHORITY_LEFT_MIN: Duration = DAY.saturating_mul(730);
const DISTRICT_FILE: &str = "district";
/// Folders of those whose certificate is revoked.
const REVOKED: &str = "revoked";

/// An authority in its folder.
pub struct Authority {
    dir: PathBuf,
    district: DistrictId,
    issuer: Issuer<'static, KeyPair>,
    pem: String,
    ends_at: WallTime,
}

/// What became of one certificate; the authority's own has no holder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Renewed {
    pub holder: Option<Holder>,
    pub ends_at: WallTime,
    pub renewed: bool,
}

impl Authority {
    /// A new authority in `dir`.
    pub fn make(
        dir: &Path,
        district: &DistrictId,
        now: WallTime,
        days: u32,
    ) -> Result<Self, PkiError> {
        let folder = dir.join(AUTHORITY);
        if folder.exists() {
            let cure = "name another folder, or issue with this authority";
            return Err(PkiError::Exists { path: folder, cure });
        }
        let (key, params) = (new_key(AUTHORITY)?, own_params(district, now, days));
        let made = params.self_signed(&key).map_err(sign_error(AUTHORITY))?;
        make_folder(
            dir,
            AUTHORITY,
            &[
                (KEY_FILE, &key.serialize_pem(), 0o600),
                (CERT_FILE, &made.pem(), 0o644),
                (DISTRICT_FILE, &format!("{district}\n"), 0o644),
            ],
        )?;
        let made = Self::open(dir)?;
        made.write_list(None, now)?;
        Ok(made)
    }

    pub fn open(dir: &Path) -> Result<Self, PkiError> {
        let folder = dir.join(AUTHORITY);
        if !folder.is_dir() {
            return Err(PkiError::NoAuthority { path: dir.to_owned() });
        }
        let read = |name: &str| {
            let path = folder.join(name);
            fs::read_to_string(&path).map_err(|reason| PkiError::File { path, reason })
        };
        let (pem, key, district) = (read(CERT_FILE)?, read(KEY_FILE)?, read(DISTRICT_FILE)?);
        let unreadable =
            |name: &str, reason: String| PkiError::Unreadable { path: folder.join(name), reason };
        let key =
            KeyPair::from_pem(&key).map_err(|error| unreadable(KEY_FILE, error.to_string()))?;
        let der = CertificateDer::from_pem_slice(pem.as_bytes())
            .map_err(|error| unreadable(CERT_FILE, error.to_string()))?;
        let ends_at = ends_at(&parse(&der).map_err(|reason| unreadable(CERT_FILE, reason))?);
        let issuer = Issuer::from_ca_cert_der(&der, key)
            .map_err(|error| unreadable(CERT_FILE, error.to_string()))?;
        Ok(Self { dir: dir.to_owned(), district: district.trim().parse()?, issuer, pem, ends_at })
    }

    pub fn district(&self) -> &DistrictId {
        &self.district
    }

    pub fn ends_at(&self) -> WallTime {
        self.ends_at
    }

    /// A key and a certificate for one who has none. Its folder.
    pub fn issue(
        &self,
        holder: &Holder,
        hosts: &[String],
        now: WallTime,
        days: u32,
    ) -> Result<PathBuf, PkiError> {
        let name = holder.name.as_str();
        let folder = self.dir.join(name);
        if folder.exists() {
            let cure = "its certificate is renewed with: gridwarden pki renew";
            return Err(PkiError::Exists { path: folder, cure });
        }
        let key = new_key(name)?;
        let pem = self.sign(holder, hosts, &key, now, days)?;
        let files = [
            (KEY_FILE, &*key.serialize_pem(), 0o600),
            (CERT_FILE, &*pem, 0o644),
            (CA_FILE, &*self.pem, 0o644),
        ];
        make_folder(&self.dir, name, &files)?;
        if lets_in(holder.kind) {
            let list = self.dir.join(AUTHORITY).join(CRL_FILE);
            match list.exists() {
                true => copy(&list, &folder.join(CRL_FILE))?,
                false => drop(self.write_list(None, now)?),
            }
        }
        Ok(folder)
    }

    /// Nobody lets the holder of this name in any more, once they have the new list. Its folder leaves the name free.
    pub fn revoke(&self, name: &NodeId, now: WallTime) -> Result<RevocationList, PkiError> {
        let folder = self.dir.join(name.as_str());
        let path = folder.join(CERT_FILE);
        if name.as_str() == AUTHORITY || !path.is_file() {
            return Err(PkiError::Unknown { path: folder });
        }
        let Certificate { holder, serial, .. } = read_certificate(&path)?;
        if holder.kind == Kind::Broker {
            return Err(PkiError::NoClient { name: name.to_string(), path: folder });
        }
        let aside = self.dir.join(AUTHORITY).join(REVOKED);
        let to = aside.join(format!("{name}-{}", hex(&serial[..serial.len().min(4)])));
        let list = self.write_list(Some(Revoked { serial, at: now }), now)?;
        let moved = || {
            DirBuilder::new().recursive(true).mode(0o700).create(&aside)?;
            fs::rename(&folder, &to)?;
            File::open(&self.dir)?.sync_all()
        };
        moved().map_err(|reason| PkiError::File { path: to.clone(), reason })?;
        Ok(list)
    }

    /// The list anew, as long-lived as a new one, and a copy for everybody who lets clients in.
    pub fn renew_list(&self, now: WallTime) -> Result<RevocationList, PkiError> {
        self.write_list(None, now)
    }

    fn write_list(&self, more: Option<Revoked>, now: WallTime) -> Result<RevocationList, PkiError> {
        let path = self.dir.join(AUTHORITY).join(CRL_FILE);
        // An authority of an earlier version has none.
        let before = path.exists().then(|| RevocationList::read(&path)).transpose()?;
        let list = RevocationList::next(before, more, &self.issuer, now);
        replace(&path, &list.map_err(sign_error(CRL_FILE))?)?;
        for Certificate { holder, .. } in self.issued()? {
            if lets_in(holder.kind) {
                copy(&path, &self.dir.join(holder.name.as_str()).join(CRL_FILE))?;
            }
        }
        RevocationList::read(&path)
    }

    /// All certificates that this authority has signed, by name.
    pub fn issued(&self) -> Result<Vec<Certificate>, PkiError> {
        let failed = |reason| PkiError::File { path: self.dir.clone(), reason };
        let mut found = Vec::new();
        for entry in fs::read_dir(&self.dir).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            let name = entry.file_name();
            // A dot: half made.
            let holder = name != AUTHORITY && !name.as_encoded_bytes().starts_with(b".");
            let path = entry.path().join(CERT_FILE);
            if holder && path.is_file() {
                found.push(read_certificate(&path)?);
            }
        }
        found.sort_by(|a, b| a.holder.name.cmp(&b.holder.name));
        Ok(found)
    }

    /// Renews what ends within `within`, each with the key that it has, and the authority in good
    /// time before its own end. Tells of every certificate.
    pub fn renew(
        &mut self,
        now: WallTime,
        within: Duration,
        days: u32,
        authority_days: u32,
    ) -> Result<Vec<Renewed>, PkiError> {
        let mut told = Vec::new();
        let due = self.ends_at < now.plus(AUTHORITY_LEFT_MIN);
        if due {
            let params = own_params(&self.district, now, authority_days);
            let made = params.self_signed(self.issuer.key()).map_err(sign_error(AUTHORITY))?;
            replace(&self.dir.join(AUTHORITY).join(CERT_FILE), &made.pem())?;
            *self = Self::open(&self.dir)?;
        }
        told.push(Renewed { holder: None, ends_at: self.ends_at, renewed: due });
        for Certificate { holder, hosts, ends_at, .. } in self.issued()? {
            let folder = self.dir.join(holder.name.as_str());
            // The key is the same, so certificates that boxes have hold under either.
            replace(&folder.join(CA_FILE), &self.pem)?;
            let due = ends_at < now.plus(within);
            if !due {
                told.push(Renewed { holder: Some(holder), ends_at, renewed: false });
                continue;
            }
            let path = folder.join(KEY_FILE);
            let key = fs::read_to_string(&path)
                .map_err(|reason| PkiError::File { path: path.clone(), reason })?;
            let key = KeyPair::from_pem(&key)
                .map_err(|error| PkiError::Unreadable { path, reason: error.to_string() })?;
            let pem = self.sign(&holder, &hosts, &key, now, days)?;
            let path = folder.join(CERT_FILE);
            replace(&path, &pem)?;
            let ends_at = read_certificate(&path)?.ends_at;
            told.push(Renewed { holder: Some(holder), ends_at, renewed: true });
        }
        Ok(told)
    }

    fn sign(
        &self,
        holder: &Holder,
        hosts: &[String],
        key: &KeyPair,
        now: WallTime,
        days: u32,
    ) -> Result<String, PkiError> {
        let name = holder.name.as_str();
        let mut params = CertificateParams::default();
        if now.plus(DAY.saturating_mul(days)) > self.ends_at {
            return Err(PkiError::AuthorityEnds { ends: date(self.ends_at).to_string() });
        }
        lasts(&mut params, now, days);
        params.distinguished_name = rcgen::DistinguishedName::new();
        params.distinguished_name.push(DnType::CommonName, name);
        for host in hosts {
            let bad = || PkiError::Host { host: host.clone() };
            params.subject_alt_names.push(match host.parse() {
                Ok(address) => SanType::IpAddress(address),
                // An underscore, a space or an empty label would be refused by every client.
                Err(_) if !is_host(host) => return Err(bad()),
                Err(_) => SanType::DnsName(host.as_str().try_into().map_err(|_| bad())?),
            });
        }
        let address = format!("{SCHEME}{}/{}/{name}", self.district, holder.kind);
        let address = address.as_str().try_into().map_err(sign_error(name))?;
        params.subject_alt_names.push(SanType::URI(address));
        params.is_ca = IsCa::ExplicitNoCa;
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        use ExtendedKeyUsagePurpose::{ClientAuth, ServerAuth};
        params.extended_key_usages = match holder.kind {
            Kind::Broker => vec![ServerAuth],
            Kind::Hub => vec![ServerAuth, ClientAuth],
            Kind::Edge => vec![ClientAuth],
        };
        params.use_authority_key_identifier_extension = true;
        let made = params.signed_by(key, &self.issuer).map_err(sign_error(name))?;
        Ok(made.pem())
    }
}

fn own_params(district: &DistrictId, now: WallTime, days: u32) -> CertificateParams {
    let mut params = CertificateParams::default();
    lasts(&mut params, now, days);
    params.distinguished_name = rcgen::DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, format!("gridwarden {district}"));
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params
}

/// Whether clients of this authority come to it.
fn lets_in(kind: Kind) -> bool {
    matches!(kind, Kind::Broker | Kind::Hub)
}

fn date(at: WallTime) -> LocalDate {
    at.local(0).date
}

/// From midnight a day ago, for clocks that are behind; a day is fine enough for certificates.
fn lasts(params: &mut CertificateParams, now: WallTime, days: u32) {
    let (from, to) = (date(now.minus(DAY)), date(now.plus(DAY.saturating_mul(days))));
    params.not_before = date_time_ymd(from.year.into(), from.month, from.day);
    params.not_after = date_time_ymd(to.year.into(), to.month, to.day);
}

fn is_host(text: &str) -> bool {
    let label = |label: &str| {
        !label.is_empty()
            && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
            && !label.starts_with('-')
    };
    text.len() <= 253 && text.split('.').all(label)
}

fn new_key(name: &str) -> Result<KeyPair, PkiError> {
    KeyPair::generate().map_err(sign_error(name))
}

fn sign_error(name: &str) -> impl Fn(rcgen::Error) -> PkiError + '_ {
    move |error| PkiError::Sign { name: name.to_owned(), reason: error.to_string() }
}

/// Whole or not at all: written beside, then moved.
fn make_folder(dir: &Path, name: &str, files: &[(&str, &str, u32)]) -> Result<(), PkiError> {
    let (part, folder) = (dir.join(format!(".{name}.part")), dir.join(name));
    let make = || {
        let private = |recursive| {
            let mut builder = DirBuilder::new();
            builder.recursive(recursive).mode(0o700);
            builder
        };
        private(true).create(dir)?;
        if part.exists() {
            // What a crash left.
            fs::remove_dir_all(&part)?;
        }
        private(false).create(&part)?;
        for (file, text, mode) in files {
            let mut options = OpenOptions::new();
            let mut file =
                options.write(true).create_new(true).mode(*mode).open(part.join(file))?;
            file.write_all(text.as_bytes())?;
            file.sync_all()?;
        }
        fs::rename(&part, &folder)?;
        File::open(dir)?.sync_all()
    };
    make().map_err(|reason: io::Error| PkiError::File { path: folder.clone(), reason })
}

fn copy(from: &Path, to: &Path) -> Result<(), PkiError> {
    let text = fs::read_to_string(from);
    replace(to, &text.map_err(|reason| PkiError::File { path: from.to_owned(), reason })?)
}

/// A public file, in one step.
fn replace(path: &Path, text: &str) -> Result<(), PkiError> {
    let part = path.with_extension("part");
    let write = || {
        let mut file = File::create(&part)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        fs::rename(&part, path)
    };
    write().map_err(|reason| PkiError::File { path: path.to_owned(), reason })
}
