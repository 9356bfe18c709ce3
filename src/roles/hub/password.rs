//! Passwords of people: argon2id hashes as PHC strings.

use crate::base::secret::Secret;
use argon2::{Argon2, password_hash::PasswordHasher};

/// Shorter ones are guessed.
pub const CHARS_MIN: usize = 8;
/// What the sign-in form takes.
pub const CHARS_MAX: usize = 256;

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadPassword {
    #[error("the password has {chars} characters; {CHARS_MIN} to {CHARS_MAX} are allowed")]
    Length { chars: usize },
    #[error("the password cannot be hashed: {reason}")]
    Hash { reason: String },
}

/// A salted hash, another one each time.
pub fn hash(password: &str) -> Result<Secret, BadPassword> {
    let chars = password.chars().count();
    if !(CHARS_MIN..=CHARS_MAX).contains(&chars) {
        return Err(BadPassword::Length { chars });
    }
    Argon2::default()
        .hash_password(password.as_bytes())
        .map(|hash| Secret::new(hash.to_string()))
        .map_err(|error| BadPassword::Hash { reason: error.to_string() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use argon2::password_hash::{PasswordVerifier, phc::PasswordHash};

    #[test]
    fn a_hash_admits_its_password_alone() {
        let made = hash("correct horse").unwrap();
        let read = PasswordHash::new(made.reveal()).unwrap();
        assert!(Argon2::default().verify_password(b"correct horse", &read).is_ok());
        assert!(Argon2::default().verify_password(b"correct house", &read).is_err());
        assert_ne!(made.reveal(), hash("correct horse").unwrap().reveal());
        assert_eq!(hash("short").unwrap_err(), BadPassword::Length { chars: 5 });
    }
}
