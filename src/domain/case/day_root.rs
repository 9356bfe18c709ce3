//! One hash a day over the histories of all cases: what has left the hub once cannot be rewritten unseen.
//!
//! ```text
//! leaf   = SHA-256(0x00, "case <case_id> <number> <head>")    the case's chain up to entry <number>
//! first  = SHA-256(0x00, "root <root of the day before>")     GENESIS for the first day
//! node   = SHA-256(0x01, left, right)                         as in RFC 6962, leaves in order of case id
//! root   = the top
//! ```
//!
//! A day's leaves are the chains that have grown since the day before, so the work is that of a day; since
//! each root covers the one before, and each head its whole chain, a root covers every entry of every case
//! there has been. Whoever keeps one root outside the hub can tell later whether any entry was changed.

use super::audit::GENESIS;
use crate::{base::hex::hex, domain::ids::CaseId};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// A chain as it stood at the end of a day.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SealedChain {
    pub case_id: CaseId,
    /// Of its last entry.
    pub number: i64,
    pub head: String,
}

/// From a leaf to the root: the hashes beside the way, from below.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Inclusion {
    pub chain: SealedChain,
    pub beside: Vec<Beside>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
pub enum Beside {
    Left(String),
    Right(String),
}

type Hash = [u8; 32];

fn text_leaf(text: &str) -> Hash {
    Sha256::new().chain_update([0]).chain_update(text).finalize().into()
}

fn leaf(chain: &SealedChain) -> Hash {
    text_leaf(&format!("case {} {} {}", chain.case_id, chain.number, chain.head))
}

fn node(left: &[u8], right: &[u8]) -> Hash {
    Sha256::new().chain_update([1]).chain_update(left).chain_update(right).finalize().into()
}

/// The leaves of a day: the root before, then the chains in order of their cases.
fn leaves(before: Option<&str>, chains: &[SealedChain]) -> Vec<Hash> {
    let mut sorted: Vec<&SealedChain> = chains.iter().collect();
    sorted.sort();
    let first = text_leaf(&format!("root {}", before.unwrap_or(GENESIS)));
    std::iter::once(first).chain(sorted.into_iter().map(leaf)).collect()
}

/// The root of a day. `before`: of the last day that has one.
pub fn root(before: Option<&str>, chains: &[SealedChain]) -> String {
    hex(&top(&leaves(before, chains)))
}

fn top(leaves: &[Hash]) -> Hash {
    match leaves {
        // Never of a day, whose first leaf is the root before.
        [] => text_leaf(""),
        [one] => *one,
        _ => {
            let (left, right) = leaves.split_at(split(leaves.len()));
            node(&top(left), &top(right))
        }
    }
}

/// The largest power of two below `count`.
fn split(count: usize) -> usize {
    count.next_power_of_two() / 2
}

/// What shows that a chain is under the root; `None` if it is not among these.
pub fn inclusion(
    before: Option<&str>,
    chains: &[SealedChain],
    case_id: CaseId,
) -> Option<Inclusion> {
    let chain = chains.iter().find(|chain| chain.case_id == case_id)?;
    let leaves = leaves(before, chains);
    let own = leaf(chain);
    let mut at = leaves.iter().position(|leaf| *leaf == own)?;
    let (mut rest, mut beside) = (&leaves[..], Vec::new());
    while rest.len() > 1 {
        let (left, right) = rest.split_at(split(rest.len()));
        if at < left.len() {
            beside.push(Beside::Right(hex(&top(right))));
            rest = left;
        } else {
            beside.push(Beside::Left(hex(&top(left))));
            at -= left.len();
            rest = right;
        }
    }
    beside.reverse();
    Some(Inclusion { chain: chain.clone(), beside })
}

impl Inclusion {
    /// The root that the way leads to; `None` where a hash beside it is none.
    pub fn root(&self) -> Option<String> {
        let mut here = leaf(&self.chain);
        for beside in &self.beside {
            here = match beside {
                Beside::Left(left) => node(&bytes(left)?, &here),
                Beside::Right(right) => node(&here, &bytes(right)?),
            };
        }
        Some(hex(&here))
    }
}

fn bytes(text: &str) -> Option<Hash> {
    let mut bytes = [0; 32];
    if text.len() != 64 || !text.is_ascii() {
        return None;
    }
    for (byte, at) in bytes.iter_mut().zip((0..64).step_by(2)) {
        *byte = u8::from_str_radix(&text[at..at + 2], 16).ok()?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        base::time::WallTime,
        domain::case::audit::{AuditEntry, link},
    };
    use proptest::prelude::*;
    use uuid::Uuid;

    fn entry(case: u128, number: i64, actor: &str) -> AuditEntry {
        AuditEntry {
            case_id: CaseId(Uuid::from_u128(case)),
            number,
            at: WallTime::from_unix_millis(number),
            actor: actor.to_owned(),
            kind: "confirm".to_owned(),
            from: None,
            to: "FILED".to_owned(),
            reason: None,
            note: None,
        }
    }

    fn sealed(rows: &[Vec<AuditEntry>]) -> Vec<SealedChain> {
        rows.iter()
            .filter_map(|entries| {
                let head = entries.iter().fold(GENESIS.to_owned(), |head, row| link(&head, row));
                let last = entries.last()?;
                Some(SealedChain { case_id: last.case_id, number: last.number, head })
            })
            .collect()
    }

    fn cases(lengths: &[i64]) -> Vec<Vec<AuditEntry>> {
        let of = |(case, length): (u128, &i64)| {
            (1..=*length).map(|number| entry(case, number, "li")).collect()
        };
        (1..).zip(lengths).map(of).collect()
    }

    #[test]
    fn a_day_of_one_case_is_what_anybody_would_compute() {
        let chains = sealed(&cases(&[1]));
        let sha = |parts: &[&[u8]]| Sha256::digest(parts.concat());
        let first = sha(&[&[0], format!("root {GENESIS}").as_bytes()]);
        let text = format!("case {} 1 {}", chains[0].case_id, chains[0].head);
        let second = sha(&[&[0], text.as_bytes()]);
        assert_eq!(root(None, &chains), hex(&sha(&[&[1], &first[..], &second[..]])));
        assert_ne!(root(Some(&root(None, &chains)), &[]), root(None, &[]));
    }

    #[test]
    fn what_is_not_under_the_root_has_no_way_to_it() {
        let chains = sealed(&cases(&[2, 1, 3]));
        let mut way = inclusion(None, &chains, chains[1].case_id).unwrap();
        assert_eq!(way.root(), Some(root(None, &chains)));
        way.chain.number = 7;
        assert_ne!(way.root(), Some(root(None, &chains)));
        way.beside.push(Beside::Left("zz".to_owned()));
        assert_eq!(way.root(), None);
        assert_eq!(inclusion(None, &chains, CaseId(Uuid::from_u128(99))), None);
    }

    proptest! {
        #[test]
        fn any_changed_row_changes_the_root(
            lengths in prop::collection::vec(1i64..6, 1..20),
            (case, row) in any::<(prop::sample::Index, prop::sample::Index)>(),
            what in 0usize..6,
        ) {
            let mut rows = cases(&lengths);
            let before = root(None, &sealed(&rows));
            let case = case.index(rows.len());
            let row = row.index(rows[case].len());
            let changed = &mut rows[case][row];
            match what {
                0 => changed.actor.push('x'),
                1 => changed.note = Some(String::new()),
                2 => changed.at = WallTime::from_unix_millis(changed.at.unix_millis() + 1),
                3 => changed.reason = Some("x".to_owned()),
                4 => changed.to = "CLOSED".to_owned(),
                _ => drop(rows[case].remove(row)),
            }
            prop_assert_ne!(root(None, &sealed(&rows)), before);
        }

        #[test]
        fn every_chain_of_a_day_has_a_way_to_its_root_in_whatever_order_they_came(
            lengths in prop::collection::vec(1i64..4, 1..40), reversed in any::<bool>(),
        ) {
            let mut chains = sealed(&cases(&lengths));
            let before = root(None, &[]);
            let day = root(Some(&before), &chains);
            if reversed {
                chains.reverse();
            }
            for chain in &chains {
                let way = inclusion(Some(&before), &chains, chain.case_id).unwrap();
                prop_assert_eq!(way.root(), Some(day.clone()));
            }
        }
    }
}
