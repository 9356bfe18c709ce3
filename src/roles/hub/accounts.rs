//! The people who may sign in: those of the register, and the first ones, who stand in `hub.toml`.
//!
//! A name is looked up in the configuration first, so nobody who keeps accounts can take over the name
//! that the machine's owner has written there. What comes out is what holds now: it is asked at each call.

use super::{User, password};
use crate::{
    base::secret::Secret,
    domain::people::{Area, Role, Roles},
    drivers::store::{
        StoreError,
        hub::{HubStore, UserRow},
    },
};
use argon2::{
    Argon2,
    password_hash::{PasswordVerifier, phc::PasswordHash},
};
use tokio::sync::Semaphore;

/// The account of whoever has the demo's ticket.
pub const DEMO: &str = "demo";
pub const NAME_CHARS_MAX: usize = 64;
pub const UNIT_CHARS_MAX: usize = 100;
const HASHES_AT_ONCE_MAX: usize = 2;
/// A hash that no password has; it makes an unknown name cost as much as a known one.
const NOBODY: &str = "$argon2id$v=19$m=19456,t=2,p=1$bm9ib2R5IGF0IGFsbCBoZXJl$cQPoZ8vZp5pHrQnyXy5mTqv8cZ0nqC0VdKz9yZ6cS8k";

/// What holds of a person now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    pub name: String,
    pub unit: Option<String>,
    pub roles: Roles,
    pub area: Area,
}

impl Account {
    pub fn with_password(self, password_hash: Secret) -> User {
        let Self { name, unit, roles, area } = self;
        User { name, password_hash, unit, roles, area }
    }
}

pub struct Accounts {
    store: HubStore,
    configured: Vec<User>,
    demo: bool,
    hashes: Semaphore,
}

impl Accounts {
    pub fn new(store: HubStore, configured: Vec<User>, demo: bool) -> Self {
        Self { store, configured, demo, hashes: Semaphore::new(HASHES_AT_ONCE_MAX) }
    }

    /// Does the name stand in `hub.toml`, where alone it can be changed?
    pub fn is_configured(&self, name: &str) -> bool {
        self.configured.iter().any(|user| user.name == name) || self.demo && name == DEMO
    }

    pub fn configured(&self) -> &[User] {
        &self.configured
    }

    /// `None`: there is no such account, or it is disabled.
    pub async fn open(&self, name: &str) -> Result<Option<Account>, StoreError> {
        if self.demo && name == DEMO {
            return Ok(Some(Account {
                name: DEMO.to_owned(),
                unit: None,
                roles: Role::ALL.into_iter().collect(),
                area: Area::EVERYWHERE,
            }));
        }
        if let Some(User { name, roles, unit, area, .. }) =
            self.configured.iter().find(|user| user.name == name)
        {
            let (name, unit) = (name.clone(), unit.clone());
            return Ok(Some(Account { name, unit, roles: roles.clone(), area: area.clone() }));
        }
        let user = self.store.user(name).await?.filter(|user| !user.disabled);
        let account = |UserRow { name, unit, roles, area, .. }| Account { name, unit, roles, area };
        Ok(user.map(account))
    }

    /// Whether this is the password of an account that is open. Few are hashed at once, because each costs
    /// memory; an unknown name costs as much as a known one.
    pub async fn admits(&self, name: &str, password: String) -> Result<bool, StoreError> {
        let configured = self.configured.iter().find(|user| user.name == name);
        let kept = match configured {
            Some(user) => Some(user.password_hash.clone()),
            None => {
                let user = self.store.user(name).await?.filter(|user| !user.disabled);
                user.and_then(|user| user.password_hash)
            }
        };
        let known = kept.is_some();
        let hash = kept.unwrap_or_else(|| Secret::new(NOBODY));
        let _permit = self.hashes.acquire().await;
        let right = tokio::task::spawn_blocking(move || {
            PasswordHash::new(hash.reveal()).is_ok_and(|hash| {
                Argon2::default().verify_password(password.as_bytes(), &hash).is_ok()
            })
        });
        Ok(right.await.unwrap_or(false) && known)
    }

    /// A hash to be kept, made like those that are compared: few at once.
    pub async fn hash(&self, password: String) -> Result<Secret, password::BadPassword> {
        let _permit = self.hashes.acquire().await;
        let hashed = tokio::task::spawn_blocking(move || password::hash(&password)).await;
        hashed
            .unwrap_or_else(|error| Err(password::BadPassword::Hash { reason: error.to_string() }))
    }
}

/// A name as it may stand in a log, a history and an address.
pub fn is_name(text: &str) -> bool {
    (1..=NAME_CHARS_MAX).contains(&text.chars().count())
        && text.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | '@'))
        // Actors of a case's history that are no people.
        && !["platform", "edge", "hub", "auto", DEMO].contains(&text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_name_costs_a_real_hash() {
        let hash = PasswordHash::new(NOBODY).unwrap();
        assert!(Argon2::default().verify_password(b"nobody", &hash).is_err());
        assert_eq!(hash.hash.unwrap().as_bytes().len(), 32);
    }

    #[test]
    fn names_cannot_be_taken_for_a_machine_or_a_path() {
        for good in ["li", "李四", "li.si@city", "a-1"] {
            assert!(is_name(good), "{good}");
        }
        let long = "x".repeat(NAME_CHARS_MAX + 1);
        for bad in ["", "platform", "edge", "edge:1", "auto:x", "demo", "a b", "a/b", "<b>", &long]
        {
            assert!(!is_name(bad), "{bad:?}");
        }
    }
}
