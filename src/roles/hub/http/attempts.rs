//! Wrong passwords, counted so that guessing is slow and nobody can shut another out by guessing.
//!
//! ```text
//! account from one address   5 in five minutes: that account is closed to that address
//! one address, all accounts 30 in five minutes: the address is
//! one account, all addresses 50 in five minutes: the account is, but not to an address that it was
//!                               signed in from in the last thirty days
//! ```
//!
//! So whoever guesses from elsewhere closes the account to strangers alone. A network behind one address
//! (IPv6: one /64) is one address. All in memory and bounded: a flood only makes old failures forgotten.

use crate::base::time::Monotonic;
use std::{
    collections::BTreeMap,
    net::IpAddr,
    sync::{Mutex, PoisonError},
    time::Duration,
};

const FORGOTTEN_AFTER: Duration = Duration::from_secs(300);
const FAILURES_OF_BOTH_MAX: u32 = 5;
const FAILURES_OF_ADDRESS_MAX: u32 = 30;
const FAILURES_OF_ACCOUNT_MAX: u32 = 50;
const KNOWN_FOR: Duration = Duration::from_secs(30 * 86_400);
/// Entries of each kind.
const ENTRIES_MAX: usize = 4_096;

/// What is counted together.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Key {
    Both(String, IpAddr),
    Address(IpAddr),
    Account(String),
}

#[derive(Debug, Clone, Copy)]
struct Failures {
    count: u32,
    /// Of the first: a window that the next failure does not move, or trickling would close for ever.
    since: Monotonic,
}

#[derive(Default)]
struct Counted {
    failures: BTreeMap<Key, Failures>,
    /// Where accounts have been signed in from, and when last.
    known: BTreeMap<(String, IpAddr), Monotonic>,
}

#[derive(Default)]
pub struct Attempts(Mutex<Counted>);

impl Attempts {
    /// How long this account is closed to this address, if it is.
    pub fn closed_for(&self, account: &str, from: IpAddr, now: Monotonic) -> Option<Duration> {
        let from = network(from);
        let counted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let left = |key: &Key, max: u32| {
            let failures = counted.failures.get(key)?;
            let age = now.since(failures.since);
            (failures.count >= max && age < FORGOTTEN_AFTER).then(|| FORGOTTEN_AFTER - age)
        };
        let known = counted.known.get(&(account.to_owned(), from));
        let known = known.is_some_and(|at| now.since(*at) < KNOWN_FOR);
        let both = left(&Key::Both(account.to_owned(), from), FAILURES_OF_BOTH_MAX);
        let address = left(&Key::Address(from), FAILURES_OF_ADDRESS_MAX);
        let all = left(&Key::Account(account.to_owned()), FAILURES_OF_ACCOUNT_MAX);
        both.max(address).max(all.filter(|_| !known))
    }

    pub fn failed(&self, account: &str, from: IpAddr, now: Monotonic) {
        let from = network(from);
        let mut counted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let account = account.to_owned();
        for key in [Key::Both(account.clone(), from), Key::Address(from), Key::Account(account)] {
            let stale = |failures: &Failures| now.since(failures.since) >= FORGOTTEN_AFTER;
            if !counted.failures.contains_key(&key) && counted.failures.len() >= 3 * ENTRIES_MAX {
                counted.failures.retain(|_, failures| !stale(failures));
                if counted.failures.len() >= 3 * ENTRIES_MAX {
                    let oldest = counted.failures.iter().min_by_key(|(_, f)| f.since);
                    let oldest = oldest.map(|(key, _)| key.clone());
                    oldest.map(|key| counted.failures.remove(&key));
                }
            }
            let entry = counted.failures.entry(key).or_insert(Failures { count: 0, since: now });
            if stale(entry) {
                *entry = Failures { count: 0, since: now };
            }
            entry.count = entry.count.saturating_add(1);
        }
    }

    /// Forgets the failures of this account from this address. Those of others stay.
    pub fn succeeded(&self, account: &str, from: IpAddr, now: Monotonic) {
        let from = network(from);
        let mut counted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        counted.failures.remove(&Key::Both(account.to_owned(), from));
        let known = &mut counted.known;
        if known.len() >= ENTRIES_MAX {
            let oldest = known.iter().min_by_key(|(_, at)| **at).map(|(key, _)| key.clone());
            oldest.map(|key| known.remove(&key));
        }
        known.insert((account.to_owned(), from), now);
    }
}

/// One subscriber has a whole /64 of IPv6.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => {
            let bits = u128::from(v6) >> 64 << 64;
            IpAddr::V6(bits.into())
        }
        v4 => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(secs: f64) -> Monotonic {
        Monotonic::from_secs_f64(secs)
    }

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn five_wrong_passwords_close_an_account_to_one_address_for_five_minutes() {
        let (attempts, here) = (Attempts::default(), ip("10.0.0.1"));
        for _ in 0..4 {
            attempts.failed("li", here, at(0.0));
        }
        assert_eq!(attempts.closed_for("li", here, at(1.0)), None);
        attempts.failed("li", here, at(1.0));
        assert_eq!(attempts.closed_for("li", here, at(1.0)), Some(Duration::from_secs(299)));
        assert_eq!(attempts.closed_for("wang", here, at(1.0)), None);
        assert_eq!(
            attempts.closed_for("li", ip("10.0.0.2"), at(1.0)),
            None,
            "nobody else is shut out"
        );
        assert_eq!(attempts.closed_for("li", here, at(300.0)), None);
        attempts.failed("li", here, at(300.0));
        assert_eq!(attempts.closed_for("li", here, at(300.0)), None, "a new count");
    }

    #[test]
    fn an_address_that_guesses_at_many_accounts_is_closed() {
        let (attempts, there) = (Attempts::default(), ip("10.9.9.9"));
        for number in 0..30 {
            assert_eq!(attempts.closed_for("li", there, at(1.0)), None, "{number}");
            attempts.failed(&format!("name-{number}"), there, at(1.0));
        }
        assert!(attempts.closed_for("li", there, at(1.0)).is_some());
        assert_eq!(attempts.closed_for("li", ip("10.9.9.8"), at(1.0)), None);
    }

    #[test]
    fn guessing_from_everywhere_closes_an_account_to_strangers_alone() {
        let (attempts, home) = (Attempts::default(), ip("10.0.0.1"));
        attempts.succeeded("li", home, at(0.0));
        for number in 0..50 {
            attempts.failed("li", ip(&format!("10.1.0.{number}")), at(1.0));
        }
        assert!(attempts.closed_for("li", ip("10.2.0.1"), at(2.0)).is_some());
        assert_eq!(attempts.closed_for("li", home, at(2.0)), None, "its own place stays open");
        assert_eq!(attempts.closed_for("wang", ip("10.2.0.1"), at(2.0)), None);
    }

    #[test]
    fn a_subscribers_ipv6_addresses_are_one_and_a_mapped_ipv4_is_itself() {
        let attempts = Attempts::default();
        for number in 0..5 {
            attempts.failed("li", ip(&format!("2001:db8::{number}")), at(1.0));
            attempts.failed("li", ip("::ffff:10.0.0.1"), at(1.0));
        }
        assert!(attempts.closed_for("li", ip("2001:db8::ffff"), at(1.0)).is_some());
        assert!(attempts.closed_for("li", ip("10.0.0.1"), at(1.0)).is_some());
        assert_eq!(attempts.closed_for("li", ip("2001:db8:0:1::1"), at(1.0)), None);
    }

    #[test]
    fn a_flood_stays_bounded() {
        let attempts = Attempts::default();
        for number in 0..2 * ENTRIES_MAX as u32 {
            let from = IpAddr::V4(number.into());
            attempts.failed(&number.to_string(), from, at(f64::from(number) / 1e4));
            attempts.succeeded(&number.to_string(), from, at(f64::from(number) / 1e4));
        }
        let counted = attempts.0.lock().unwrap();
        assert!(counted.failures.len() <= 3 * ENTRIES_MAX, "{}", counted.failures.len());
        assert!(counted.known.len() <= ENTRIES_MAX, "{}", counted.known.len());
    }
}
