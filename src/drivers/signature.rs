//! Ed25519 keys in PEM files, through ring.
//!
//! The forms are those of RFC 8410, so that `openssl pkey` reads both and
//! `openssl pkeyutl -verify -rawin` checks a signature without this program.

use crate::base::hex::hex;
use base64::{Engine, engine::general_purpose::STANDARD};
use ring::{
    rand::{SecureRandom, SystemRandom},
    signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey},
};
use sha2::{Digest, Sha256};
use std::fmt;

pub const SIGNATURE_BYTES: usize = 64;
const KEY_BYTES: usize = 32;
/// DER before the 32 bytes of a secret key (PKCS #8) and of a public one (SPKI).
const SECRET_PREFIX: [u8; 16] =
    [0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20];
const PUBLIC_PREFIX: [u8; 12] = [0x30, 0x2a, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 3, 0x21, 0];

const SECRET: &str = "PRIVATE KEY";
const PUBLIC: &str = "PUBLIC KEY";

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadKey {
    #[error("it is no PEM file with one {expected}")]
    NotPem { expected: &'static str },
    #[error("it is no Ed25519 key of RFC 8410")]
    NotEd25519,
    #[error("this machine gives no random numbers")]
    NoRandomness,
}

/// Signs. Has no way out but [`SigningKey::make`]'s text.
pub struct SigningKey {
    pair: Ed25519KeyPair,
    public: PublicKey,
}

/// Checks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PublicKey([u8; KEY_BYTES]);

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey({})", self.public.fingerprint())
    }
}

impl SigningKey {
    /// A new secret key as a PEM text.
    pub fn make() -> Result<String, BadKey> {
        let mut secret = [0; KEY_BYTES];
        SystemRandom::new().fill(&mut secret).map_err(|_| BadKey::NoRandomness)?;
        Ok(to_pem(SECRET, &[&SECRET_PREFIX[..], &secret].concat()))
    }

    pub fn from_pem(text: &str) -> Result<Self, BadKey> {
        let der = from_pem(SECRET, text)?;
        let secret = der.strip_prefix(&SECRET_PREFIX).ok_or(BadKey::NotEd25519)?;
        let pair = Ed25519KeyPair::from_seed_unchecked(secret).map_err(|_| BadKey::NotEd25519)?;
        let public = pair.public_key().as_ref().try_into().map_err(|_| BadKey::NotEd25519)?;
        Ok(Self { pair, public: PublicKey(public) })
    }

    pub fn public(&self) -> PublicKey {
        self.public
    }

    pub fn sign(&self, message: &[u8]) -> [u8; SIGNATURE_BYTES] {
        let mut bytes = [0; SIGNATURE_BYTES];
        bytes.copy_from_slice(self.pair.sign(message).as_ref());
        bytes
    }
}

impl PublicKey {
    pub fn from_pem(text: &str) -> Result<Self, BadKey> {
        let der = from_pem(PUBLIC, text)?;
        let key = der.strip_prefix(&PUBLIC_PREFIX).ok_or(BadKey::NotEd25519)?;
        key.try_into().map(Self).map_err(|_| BadKey::NotEd25519)
    }

    pub fn to_pem(self) -> String {
        to_pem(PUBLIC, &self.der())
    }

    fn der(self) -> Vec<u8> {
        [&PUBLIC_PREFIX[..], &self.0].concat()
    }

    /// SHA-256 of its DER form: `openssl pkey -pubin -outform DER | sha256sum`.
    pub fn fingerprint(self) -> String {
        hex(&Sha256::digest(self.der()))
    }

    pub fn has_signed(self, message: &[u8], signature: &[u8]) -> bool {
        UnparsedPublicKey::new(&ED25519, self.0).verify(message, signature).is_ok()
    }
}

fn to_pem(label: &str, der: &[u8]) -> String {
    // One line: these keys are shorter than the 64 letters of one.
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", STANDARD.encode(der))
}

fn from_pem(label: &'static str, text: &str) -> Result<Vec<u8>, BadKey> {
    let read = || {
        let text = text.trim().strip_prefix(&format!("-----BEGIN {label}-----"))?;
        let body = text.strip_suffix(&format!("-----END {label}-----"))?;
        STANDARD.decode(body.trim()).ok()
    };
    read().ok_or(BadKey::NotPem { expected: label })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 8032, 7.1, test 2.
    const SEED: &str = "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb";
    const KEY: &str = "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c";
    const SIGNED_72: &str = "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da\
        085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00";

    fn bytes(hex: &str) -> Vec<u8> {
        (0..hex.len())
            .step_by(2)
            .map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap())
            .collect()
    }

    #[test]
    fn keys_and_signatures_are_those_of_the_standard() {
        let pem = to_pem(SECRET, &[&SECRET_PREFIX[..], &bytes(SEED)].concat());
        let key = SigningKey::from_pem(&pem).unwrap();
        assert_eq!(hex(&key.public().0), KEY);
        assert_eq!(hex(&key.sign(&[0x72])), SIGNED_72);
        assert!(key.public().has_signed(&[0x72], &bytes(SIGNED_72)));
        assert!(!key.public().has_signed(&[0x73], &bytes(SIGNED_72)));
        assert!(!key.public().has_signed(&[0x72], &bytes(SIGNED_72)[1..]));
    }

    #[test]
    fn a_made_key_is_new_and_its_public_part_survives_the_file() {
        let pem = SigningKey::make().unwrap();
        assert_ne!(pem, SigningKey::make().unwrap());
        let key = SigningKey::from_pem(&pem).unwrap();
        let public = PublicKey::from_pem(&key.public().to_pem()).unwrap();
        assert_eq!(public, key.public());
        assert!(public.has_signed(b"m", &key.sign(b"m")));
        assert!(!format!("{key:?}").contains(pem.lines().nth(1).unwrap()));
    }

    #[test]
    fn what_is_no_key_is_refused() {
        let secret = SigningKey::make().unwrap();
        let public = SigningKey::from_pem(&secret).unwrap().public().to_pem();
        assert_eq!(PublicKey::from_pem(&secret), Err(BadKey::NotPem { expected: PUBLIC }));
        assert!(SigningKey::from_pem(&public).is_err());
        assert!(PublicKey::from_pem("").is_err());
        assert!(PublicKey::from_pem(&public.replace("MCow", "MCox")).is_err());
        assert!(PublicKey::from_pem(&to_pem(PUBLIC, b"short")).is_err());
    }
}
