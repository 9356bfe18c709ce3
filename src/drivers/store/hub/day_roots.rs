//! One root a day over the histories: made once, kept for ever, checked against what is there.
//!
//! Invariants: `day_roots` and `day_leaves` only grow; a day's leaves are the chains with more entries than
//! the day before knew (`cases.sealed_version`); a day that was missed is covered by the next one made.

use super::{
    HubStore, Tx, audit as history,
    records::{parsed, time},
};
use crate::{
    base::time::{LocalDate, WallTime},
    domain::{
        case::{
            audit::{GENESIS, link},
            day_root::{self, Inclusion, SealedChain},
        },
        ids::CaseId,
    },
    drivers::store::StoreError,
};
use sqlx::{AnyConnection, AnyExecutor, Row};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DayRoot {
    pub day: LocalDate,
    pub root: String,
    /// Chains that grew since the root before.
    pub chains: i64,
    pub sealed_at: WallTime,
}

/// Why a root is not what its histories give.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadRoot {
    #[error("day {day}: case {case_id} had another history up to entry {number}")]
    Chain { day: LocalDate, case_id: CaseId, number: i64 },
    #[error("day {day}: its chains do not give its root")]
    Root { day: LocalDate },
}

/// A root with the way to it from one case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealedDay {
    pub root: DayRoot,
    pub inclusion: Inclusion,
}

async fn roots<'e>(
    executor: impl AnyExecutor<'e>,
    limit: i64,
) -> Result<Vec<DayRoot>, sqlx::Error> {
    let rows = sqlx::query("SELECT * FROM day_roots ORDER BY day DESC LIMIT $1")
        .bind(limit)
        .fetch_all(executor)
        .await?;
    rows.iter()
        .map(|row| {
            Ok(DayRoot {
                day: parsed(row, "day")?,
                root: row.try_get("root")?,
                chains: row.try_get("chains")?,
                sealed_at: time(row, "sealed_millis")?,
            })
        })
        .collect()
}

async fn leaves<'e>(
    executor: impl AnyExecutor<'e>,
    day: LocalDate,
) -> Result<Vec<SealedChain>, sqlx::Error> {
    let rows = sqlx::query("SELECT case_id, number, head FROM day_leaves WHERE day = $1")
        .bind(day.to_string())
        .fetch_all(executor)
        .await?;
    rows.iter()
        .map(|row| {
            Ok(SealedChain {
                case_id: parsed(row, "case_id")?,
                number: row.try_get("number")?,
                head: row.try_get("head")?,
            })
        })
        .collect()
}

/// The days that cover a case, oldest first.
pub(super) async fn sealed_days(
    tx: &mut AnyConnection,
    case_id: CaseId,
) -> Result<Vec<SealedDay>, sqlx::Error> {
    let days: Vec<String> =
        sqlx::query_scalar("SELECT day FROM day_leaves WHERE case_id = $1 ORDER BY day")
            .bind(case_id.to_string())
            .fetch_all(&mut *tx)
            .await?;
    let mut roots = roots(&mut *tx, i64::MAX).await?;
    roots.reverse();
    let mut sealed = Vec::new();
    for day in days {
        let Some(at) = roots.iter().position(|root| root.day.to_string() == day) else { continue };
        let before = at.checked_sub(1).map(|at| roots[at].root.as_str());
        let chains = leaves(&mut *tx, roots[at].day).await?;
        if let Some(inclusion) = day_root::inclusion(before, &chains, case_id) {
            sealed.push(SealedDay { root: roots[at].clone(), inclusion });
        }
    }
    Ok(sealed)
}

impl HubStore {
    /// The newest roots first.
    pub async fn day_roots(&self, limit: u32) -> Result<Vec<DayRoot>, StoreError> {
        roots(self.database.readers(), i64::from(limit)).await.map_err(|error| self.failed(error))
    }

    /// Makes the root of a day that is over, over all that no earlier root covers. `None`: it is made.
    pub async fn seal_day(
        &self,
        day: LocalDate,
        at: WallTime,
    ) -> Result<Option<DayRoot>, StoreError> {
        let failed = |error| self.failed(error);
        let mut tx = self.begin().await?;
        let before = roots(&mut *tx, 1).await.map_err(failed)?.pop();
        if before.as_ref().is_some_and(|before| before.day >= day) {
            return Ok(None);
        }
        // A head that is not held is of a history older than the chain: its entries give it.
        let grown = sqlx::query(
            "SELECT c.case_id, c.version, h.hash FROM cases c LEFT JOIN history h \
               ON h.case_id = c.case_id AND h.number = c.version WHERE c.version > c.sealed_version",
        )
        .fetch_all(&mut *tx)
        .await
        .map_err(failed)?;
        let mut chains = Vec::new();
        for row in &grown {
            let case_id = parsed(row, "case_id").map_err(failed)?;
            let held: Option<String> = row.try_get("hash").map_err(failed)?;
            let head = match held {
                Some(head) => head,
                None => self.computed_head(&mut tx, case_id, i64::MAX).await?,
            };
            let number = row.try_get("version").map_err(failed)?;
            chains.push(SealedChain { case_id, number, head });
        }
        let root = day_root::root(before.as_ref().map(|before| before.root.as_str()), &chains);
        for chain in &chains {
            sqlx::query(
                "INSERT INTO day_leaves (day, case_id, number, head) VALUES ($1, $2, $3, $4)",
            )
            .bind(day.to_string())
            .bind(chain.case_id.to_string())
            .bind(chain.number)
            .bind(&chain.head)
            .execute(&mut *tx)
            .await
            .map_err(failed)?;
        }
        sqlx::query("UPDATE cases SET sealed_version = version WHERE version > sealed_version")
            .execute(&mut *tx)
            .await
            .map_err(failed)?;
        let count = i64::try_from(chains.len()).unwrap_or(i64::MAX);
        let sealed = DayRoot { day, root, chains: count, sealed_at: at };
        sqlx::query(
            "INSERT INTO day_roots (day, root, chains, sealed_millis) VALUES ($1, $2, $3, $4)",
        )
        .bind(sealed.day.to_string())
        .bind(&sealed.root)
        .bind(sealed.chains)
        .bind(at.unix_millis())
        .execute(&mut *tx)
        .await
        .map_err(failed)?;
        self.commit(tx).await?;
        Ok(Some(sealed))
    }

    /// The head that the entries of a case give, up to one of them.
    async fn computed_head(
        &self,
        tx: &mut Tx,
        case_id: CaseId,
        upto: i64,
    ) -> Result<String, StoreError> {
        let chain = history::chain(&mut **tx, case_id).await.map_err(|error| self.failed(error))?;
        let entries = chain.iter().filter(|chained| chained.entry.number <= upto);
        Ok(entries.fold(GENESIS.to_owned(), |head, one| link(&head, &one.entry)))
    }

    /// The days that cover a case, oldest first, with the way from it to each root.
    pub async fn sealed_days(&self, case_id: CaseId) -> Result<Vec<SealedDay>, StoreError> {
        let failed = |error| self.failed(error);
        let mut tx = self.database.snapshot().await.map_err(failed)?;
        sealed_days(&mut tx, case_id).await.map_err(failed)
    }

    /// Computes every root anew from the entries as they are now; what does not fit, oldest first.
    pub async fn check_day_roots(&self) -> Result<Vec<BadRoot>, StoreError> {
        let failed = |error| self.failed(error);
        let mut tx = self.database.snapshot().await.map_err(failed)?;
        let mut roots = roots(&mut *tx, i64::MAX).await.map_err(failed)?;
        roots.reverse();
        let (mut bad, mut before): (_, Option<String>) = (Vec::new(), None);
        for DayRoot { day, root, .. } in roots {
            let chains = leaves(&mut *tx, day).await.map_err(failed)?;
            for chain in &chains {
                let (case_id, number) = (chain.case_id, chain.number);
                if self.computed_head(&mut tx, case_id, number).await? != chain.head {
                    bad.push(BadRoot::Chain { day, case_id, number });
                }
            }
            if day_root::root(before.as_deref(), &chains) != root {
                bad.push(BadRoot::Root { day });
            }
            before = Some(root);
        }
        Ok(bad)
    }
}
