//! What a hub's first start makes: the token that edges upload with, first passwords, and the key that
//! evidence packages are signed with.
//!
//! Enters: a [`HubPlan`], which names the files. Leaves: a [`HubConfig`] with what stands in them. A
//! file that is missing is made with a random secret, for its owner alone (0600), and its path is
//! logged, never its content. A file that is there is only read.
//!
//! Failure: a file that can be neither read nor made is named, and the hub does not start.

use super::{HubConfig, accounts::Account, password};
use crate::{
    base::{hex::hex, secret::Secret},
    drivers::signature::SigningKey,
};
use anyhow::Context;
use std::{
    fs::{self, DirBuilder, File, OpenOptions},
    io::{self, Write as _},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

/// 128 bits: nobody guesses it, and a person can still copy it.
const SECRET_BYTES: usize = 16;

/// A checked `hub.toml` whose secrets have not been read yet.
#[derive(Debug, Clone)]
pub struct HubPlan {
    /// Without node token, and without the users of `password_files`.
    pub config: HubConfig,
    /// Left out: edges come by their certificates alone.
    pub node_token_file: Option<PathBuf>,
    pub password_files: Vec<PasswordFile>,
}

/// A user whose password stands in a file as it is typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PasswordFile {
    pub account: Account,
    pub path: PathBuf,
}

/// Reads or makes the secrets.
pub fn prepare(plan: HubPlan) -> anyhow::Result<HubConfig> {
    let mut config = plan.config;
    if let Some(path) = &plan.node_token_file {
        config.node_token = Some(read_or_make(path, "node token")?);
    }
    for PasswordFile { account, path } in plan.password_files {
        let secret = read_or_make(&path, &format!("password of {}", account.name))?;
        let password_hash =
            password::hash(secret.reveal()).with_context(|| path.display().to_string())?;
        config.users.push(account.with_password(password_hash));
    }
    Ok(config)
}

fn read_or_make(path: &Path, what: &str) -> anyhow::Result<Secret> {
    match Secret::from_file(path) {
        Ok(secret) => Ok(secret),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let secret = hex(&rand::random::<[u8; SECRET_BYTES]>());
            make(path, &format!("{secret}\n"), what)?;
            Ok(Secret::new(secret))
        }
        Err(error) => Err(error).with_context(|| {
            format!(
                "{}: the {what} cannot be read; remove the file to get a new one",
                path.display()
            )
        }),
    }
}

/// The key of evidence packages. Its public part is put beside it, for whoever checks them.
pub fn package_key(path: &Path) -> anyhow::Result<SigningKey> {
    let what = "package key";
    let text = match fs::read_to_string(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let text = SigningKey::make()?;
            make(path, &text, what)?;
            text
        }
        read => read.with_context(|| format!("{}: the {what} cannot be read", path.display()))?,
    };
    // Not to be removed lightly: packages that it has signed are known by it.
    let key = SigningKey::from_pem(&text)
        .with_context(|| format!("{}: put the {what} back from a backup", path.display()))?;
    let (public, public_file) = (key.public().to_pem(), public_key_file(path));
    if fs::read_to_string(&public_file).ok().as_ref() != Some(&public) {
        write_whole(&public_file, &public, 0o644)
            .with_context(|| format!("{}: cannot be written", public_file.display()))?;
    }
    let fingerprint = key.public().fingerprint();
    tracing::info!(path = %public_file.display(), %fingerprint, "evidence packages are checked with this key");
    Ok(key)
}

/// `package-key.pem` and `package-key.pub.pem`.
pub fn public_key_file(path: &Path) -> PathBuf {
    path.with_extension("pub.pem")
}

/// A secret, for its owner alone.
fn make(path: &Path, text: &str, what: &str) -> anyhow::Result<()> {
    write_whole(path, text, 0o600).with_context(|| {
        format!(
            "{}: the {what} cannot be made; name a place that this user may write to",
            path.display()
        )
    })?;
    tracing::info!(path = %path.display(), "first start: a {what} was made, it stands in this file");
    Ok(())
}

/// Whole or not at all: a crash must not leave an empty secret.
fn write_whole(path: &Path, text: &str, mode: u32) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    let mut part = path.as_os_str().to_owned();
    part.push(".part");
    let mut file =
        OpenOptions::new().write(true).create(true).truncate(true).mode(mode).open(&part)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    fs::rename(&part, path)?;
    File::open(folder)?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn a_missing_secret_is_made_once_for_its_owner_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("hub/node-token");
        let made = read_or_make(&path, "node token").unwrap();
        assert_eq!(made.reveal().len(), 2 * SECRET_BYTES);
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        let folder_mode = fs::metadata(path.parent().unwrap()).unwrap().permissions().mode();
        assert_eq!(folder_mode & 0o777, 0o700);
        assert_eq!(read_or_make(&path, "node token").unwrap(), made);
    }

    #[test]
    fn the_package_key_is_made_once_and_its_public_part_beside_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("hub/package-key.pem");
        let made = package_key(&path).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        let public = folder.path().join("hub/package-key.pub.pem");
        assert_eq!(fs::read_to_string(&public).unwrap(), made.public().to_pem());
        fs::write(&public, "of another key").unwrap();
        assert_eq!(package_key(&path).unwrap().public(), made.public());
        assert_eq!(fs::read_to_string(&public).unwrap(), made.public().to_pem());
        fs::write(&path, "no key").unwrap();
        let error = format!("{:#}", package_key(&path).unwrap_err());
        assert!(error.contains("package-key.pem") && error.contains("backup"), "{error}");
        assert_eq!(fs::read_to_string(&path).unwrap(), "no key", "it is not replaced");
    }

    #[test]
    fn an_empty_file_is_refused_and_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("node-token");
        fs::write(&path, "").unwrap();
        let error = format!("{:#}", read_or_make(&path, "node token").unwrap_err());
        assert!(error.contains("node-token") && error.contains("remove the file"), "{error}");
    }
}
