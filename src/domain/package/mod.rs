//! The evidence package of a case: a folder or a zip that proves itself to whoever has the hub's
//! public key, without the hub.
//!
//! ```text
//! index.html        the story for people, without scripts
//! manifest.json     the same for programs: facts, history, looks, pictures
//! files/<sha256>.*  masked pictures and clips as the hub holds them; what each look measured, as CSV
//! key.pem           the public key of the hub that signed
//! SHA256SUMS        digest of every file above, as `sha256sum -c` reads it
//! SHA256SUMS.sig    Ed25519 signature of SHA256SUMS, 64 bytes
//! ```
//!
//! Invariants: the same case gives the same bytes. Every byte of a folder is covered by `SHA256SUMS`
//! or by the signature over it; of a zip the rest is fixed by [`zip`], which allows one form only.

/// What must hold, and what does not.
pub mod check;
/// What stands in `manifest.json`.
pub mod manifest;
/// `index.html`.
pub mod page;
/// The list of digests.
pub mod sums;
/// Codes of the register in the words of staff.
mod words;
/// The one form of a zip that is written and read here.
pub mod zip;

/// Of `manifest.json`; a later one may mean other things by the same names.
pub const FORMAT: u32 = 1;

pub const MANIFEST: &str = "manifest.json";
pub const PAGE: &str = "index.html";
/// In place of manifest and page, where only footage was taken along.
pub const FOOTAGE: &str = "footage.json";
pub const KEY: &str = "key.pem";
pub const SUMS: &str = "SHA256SUMS";
pub const SIGNATURE: &str = "SHA256SUMS.sig";
/// The one folder.
pub const FILES: &str = "files";

pub const ENTRIES_MAX: usize = 4_096;
pub const NAME_BYTES_MAX: usize = 100;
/// Of what is read whole: manifest, page, list, key, signature.
pub const TEXT_BYTES_MAX: u64 = 64 * 1024 * 1024;
/// Zip without its 64-bit extension ends at 4 GiB.
pub const TOTAL_BYTES_MAX: u64 = 0xFFFF_FFFF - 1024 * 1024;

/// Why a name cannot be one of a package.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadName {
    #[error("it leads out of the package")]
    LeadsOut,
    #[error("it is longer than {NAME_BYTES_MAX} bytes")]
    TooLong,
    #[error(
        "allowed: a name, or {FILES}/ and a name, of letters, digits, dot, dash and underscore"
    )]
    NotAllowed,
}

/// Checks a name before anything is done with it.
pub fn check_name(name: &str) -> Result<(), BadName> {
    if name.len() > NAME_BYTES_MAX {
        return Err(BadName::TooLong);
    }
    if name.starts_with(['/', '\\']) || name.split(['/', '\\']).any(|part| part == "..") {
        return Err(BadName::LeadsOut);
    }
    let plain = name.strip_prefix("files/").unwrap_or(name);
    let letters = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    if plain.is_empty() || plain.starts_with('.') || !plain.chars().all(letters) {
        return Err(BadName::NotAllowed);
    }
    Ok(())
}

/// Name of an evidence file in the package.
pub fn file_name(sha256: &str, media_type: &str) -> String {
    let ending = match media_type {
        "image/jpeg" => "jpg",
        "image/png" => "png",
        "image/webp" => "webp",
        "video/mp4" => "mp4",
        "video/webm" => "webm",
        "text/csv" => "csv",
        _ => "bin",
    };
    format!("{FILES}/{sha256}.{ending}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_names_of_one_folder_are_taken() {
        for good in ["index.html", "SHA256SUMS.sig", "files/00ff.jpg"] {
            assert_eq!(check_name(good), Ok(()), "{good}");
        }
        for out in ["../x", "/etc/passwd", "files/../../x", "\\x", "files\\..\\x", ".."] {
            assert_eq!(check_name(out), Err(BadName::LeadsOut), "{out}");
        }
        for bad in ["", "files/", "files/a/b", "a/b", ".hidden", "files/.x", "C:x", "a b", "图.jpg"]
        {
            assert_eq!(check_name(bad), Err(BadName::NotAllowed), "{bad}");
        }
        assert_eq!(check_name(&"x".repeat(101)), Err(BadName::TooLong));
    }
}
