//! The history of a case as a chain: each entry's hash covers the entry and the hash before it.
//!
//! ```text
//! GENESIS --+-- entry 1 --> hash 1 --+-- entry 2 --> hash 2 ... --> head
//! hash n = SHA-256(hash n-1 as 64 hexadecimal digits, line feed, entry n as compact JSON)
//! ```
//!
//! An entry that is changed, taken out or put in breaks every hash behind it. Who can write the
//! database can also forge a whole new chain: what tells is a head that has left it, in a signed
//! package.

use crate::base::{hex::hex, time::WallTime};
use crate::domain::ids::CaseId;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// The hash before the first entry.
pub const GENESIS: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// One entry. The order of its fields is part of the hash.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AuditEntry {
    pub case_id: CaseId,
    /// From 1 on, without a gap: the version that the case had after it.
    pub number: i64,
    pub at: WallTime,
    pub actor: String,
    pub kind: String,
    pub from: Option<String>,
    pub to: String,
    pub reason: Option<String>,
    pub note: Option<String>,
}

/// An entry with the hash that is held for it; `None` where it is older than the chain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChainedEntry {
    pub entry: AuditEntry,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hash: Option<String>,
}

/// What is wrong, at the first entry where it shows.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BrokenChain {
    #[error("entry {number} is of case {case_id}")]
    OfAnotherCase { number: i64, case_id: CaseId },
    #[error("entry {expected} is missing: {found} stands in its place")]
    Gap { expected: i64, found: i64 },
    #[error("entry {number}, or one before it, is not what its hash was made of")]
    Altered { number: i64 },
    #[error("entry {number} has no hash, though one before it has")]
    HashMissing { number: i64 },
    #[error("the case has had {version} entries, and {entries} are there")]
    Length { version: i64, entries: i64 },
}

/// The hash of an entry behind `previous`.
pub fn link(previous: &str, entry: &AuditEntry) -> String {
    // A struct of texts and numbers: writing it cannot fail.
    let entry = serde_json::to_string(entry).unwrap_or_default();
    let hash = Sha256::new().chain_update(previous).chain_update("\n").chain_update(entry);
    hex(&hash.finalize())
}

/// The head of a chain, or where it is broken. `version`: of the case, so that a lost end shows.
pub fn check(
    case_id: CaseId,
    version: i64,
    entries: &[ChainedEntry],
) -> Result<String, BrokenChain> {
    let mut head = GENESIS.to_owned();
    let mut chained = false;
    for (expected, ChainedEntry { entry, hash }) in (1..).zip(entries) {
        let number = entry.number;
        if entry.case_id != case_id {
            return Err(BrokenChain::OfAnotherCase { number, case_id: entry.case_id });
        }
        if number != expected {
            return Err(BrokenChain::Gap { expected, found: number });
        }
        head = link(&head, entry);
        match hash {
            Some(hash) if *hash != head => return Err(BrokenChain::Altered { number }),
            Some(_) => chained = true,
            None if chained => return Err(BrokenChain::HashMissing { number }),
            None => {}
        }
    }
    let entries = i64::try_from(entries.len()).unwrap_or(i64::MAX);
    if entries != version {
        return Err(BrokenChain::Length { version, entries });
    }
    Ok(head)
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    const CASE: CaseId = CaseId(Uuid::from_u128(7));

    fn chain(actors: &[&str]) -> Vec<ChainedEntry> {
        let mut head = GENESIS.to_owned();
        (1..)
            .zip(actors)
            .map(|(number, actor)| {
                let entry = AuditEntry {
                    case_id: CASE,
                    number,
                    at: WallTime::from_unix_millis(1_767_225_600_000 + number),
                    actor: (*actor).to_owned(),
                    kind: "confirm".to_owned(),
                    from: None,
                    to: "FILED".to_owned(),
                    reason: None,
                    note: Some("备注".to_owned()),
                };
                head = link(&head, &entry);
                ChainedEntry { entry, hash: Some(head.clone()) }
            })
            .collect()
    }

    #[test]
    fn a_hash_is_what_anybody_would_compute() {
        let entry = &chain(&["li"])[0];
        let json = format!(
            "{{\"case_id\":\"{CASE}\",\"number\":1,\"at\":\"2026-01-01T00:00:00.001Z\",\"actor\":\"li\",\
             \"kind\":\"confirm\",\"from\":null,\"to\":\"FILED\",\"reason\":null,\"note\":\"备注\"}}"
        );
        let plain = hex(&Sha256::digest(format!("{GENESIS}\n{json}")));
        assert_eq!(entry.hash.as_deref(), Some(&*plain));
    }

    #[test]
    fn whatever_is_changed_taken_out_or_put_in_is_found_where_it_is() {
        let whole = chain(&["li", "wang", "zhao"]);
        assert_eq!(check(CASE, 3, &whole).ok(), whole[2].hash);
        let mut altered = whole.clone();
        altered[1].entry.note = None;
        assert_eq!(check(CASE, 3, &altered), Err(BrokenChain::Altered { number: 2 }));
        let mut early = whole.clone();
        early[0].entry.at = WallTime::from_unix_millis(0);
        assert_eq!(check(CASE, 3, &early), Err(BrokenChain::Altered { number: 1 }));
        let without = [whole[0].clone(), whole[2].clone()];
        assert_eq!(check(CASE, 3, &without), Err(BrokenChain::Gap { expected: 2, found: 3 }));
        let end_lost = check(CASE, 3, &whole[..2]);
        assert_eq!(end_lost, Err(BrokenChain::Length { version: 3, entries: 2 }));
        let swapped = [whole[1].clone(), whole[0].clone(), whole[2].clone()];
        assert!(check(CASE, 3, &swapped).is_err());
        let other = CaseId(Uuid::from_u128(8));
        let moved = check(other, 3, &whole);
        assert_eq!(moved, Err(BrokenChain::OfAnotherCase { number: 1, case_id: CASE }));
    }

    #[test]
    fn entries_from_before_the_chain_are_covered_by_the_first_with_a_hash() {
        let mut old = chain(&["li", "wang", "zhao"]);
        (old[0].hash, old[1].hash) = (None, None);
        assert_eq!(check(CASE, 3, &old).ok(), old[2].hash);
        old[0].entry.actor = "nobody".to_owned();
        assert_eq!(check(CASE, 3, &old), Err(BrokenChain::Altered { number: 3 }));
        let mut holed = chain(&["li", "wang"]);
        holed[1].hash = None;
        assert_eq!(check(CASE, 2, &holed), Err(BrokenChain::HashMissing { number: 2 }));
    }
}
