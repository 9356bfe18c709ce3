//! What open pages are told of changes.
//!
//! ```text
//! changes --gathered for a moment, each case's last--> one query: where they are, with whom --> every page
//! ```
//!
//! A page passes on what lies in the area of its person. However many pages are open, a moment costs one
//! query, and each page writes at most once in it. More changes than a page could show at once, or a
//! register that cannot be read, and pages are told to read their lists anew.

use super::register::{Change, Register};
use crate::{
    base::shutdown::Shutdown,
    domain::{ids::CaseId, people::Area},
    drivers::store::{StoreError, hub::Standing},
};
use std::{sync::Arc, time::Duration};
use tokio::sync::broadcast::{self, error::TryRecvError};

/// People do not see the difference; a hub with many pages does.
const MOMENT: Duration = Duration::from_millis(100);
/// Changes of one moment that are told one by one.
const TOLD_MAX: usize = 200;
/// Moments that a slow page may be behind.
const MOMENTS_MAX: usize = 64;

/// One event of a page.
#[derive(Debug, Clone, PartialEq)]
pub struct Told {
    pub name: &'static str,
    /// JSON.
    pub data: String,
    whose: Whose,
}

#[derive(Debug, Clone, PartialEq)]
enum Whose {
    Everyones,
    /// Of whoever sees its place, or is to look at it; without a place, only of those who see everything.
    Of(Standing),
}

impl Told {
    pub fn resync(missed: u64) -> Self {
        let data = format!("{{\"missed\":{missed}}}");
        Self { name: "resync", data, whose: Whose::Everyones }
    }

    pub fn is_for(&self, area: &Area, name: &str) -> bool {
        match &self.whose {
            Whose::Everyones => true,
            Whose::Of(Standing { place, assignee }) => {
                area.holds_place(place.as_ref()) || assignee.as_deref() == Some(name)
            }
        }
    }
}

/// To every open page, one moment at a time.
#[derive(Clone)]
pub struct Feed(broadcast::Sender<Arc<[Told]>>);

impl Default for Feed {
    fn default() -> Self {
        Self(broadcast::channel(MOMENTS_MAX).0)
    }
}

impl Feed {
    pub fn listen(&self) -> broadcast::Receiver<Arc<[Told]>> {
        self.0.subscribe()
    }
}

/// Until shutdown.
pub async fn feed_loop(register: Arc<Register>, shutdown: Shutdown) {
    let mut changes = register.listen();
    loop {
        let first = tokio::select! {
            first = changes.recv() => first,
            () = shutdown.begun() => return,
        };
        let mut moment = Moment::default();
        match first {
            Ok(change) => moment.add(change),
            Err(broadcast::error::RecvError::Lagged(missed)) => moment.missed += missed,
            Err(broadcast::error::RecvError::Closed) => return,
        }
        tokio::time::sleep(MOMENT).await;
        loop {
            match changes.try_recv() {
                Ok(change) => moment.add(change),
                Err(TryRecvError::Lagged(missed)) => moment.missed += missed,
                Err(TryRecvError::Empty | TryRecvError::Closed) => break,
            }
        }
        let Feed(pages) = &register.feed;
        if pages.receiver_count() > 0 {
            let told = moment.told(&register).await;
            // An error only says that the last page has closed.
            let _ = pages.send(told.into());
        }
    }
}

/// The changes of a moment, in order; of one thing the last alone.
#[derive(Default)]
struct Moment {
    changes: Vec<Change>,
    missed: u64,
}

impl Moment {
    fn add(&mut self, change: Change) {
        if self.missed > 0 || self.changes.len() == TOLD_MAX && !self.holds(&change) {
            self.missed += 1;
            return;
        }
        self.changes.retain(|known| !known.is_of_the_same(&change));
        self.changes.push(change);
    }

    fn holds(&self, change: &Change) -> bool {
        self.changes.iter().any(|known| known.is_of_the_same(change))
    }

    async fn told(self, register: &Register) -> Vec<Told> {
        let all = self.missed + self.changes.len() as u64;
        if self.missed > 0 {
            return vec![Told::resync(all)];
        }
        match self.placed(register).await {
            Ok(told) => told,
            Err(error) => {
                tracing::warn!(%error, "pages are told to read anew");
                vec![Told::resync(all)]
            }
        }
    }

    async fn placed(self, register: &Register) -> Result<Vec<Told>, StoreError> {
        let cases: Vec<CaseId> = self.changes.iter().filter_map(Change::case_id).collect();
        let standings = match cases.is_empty() {
            true => Default::default(),
            false => register.store.standings(&cases).await?,
        };
        let told = self.changes.iter().filter_map(|change| {
            Some(Told {
                name: change.name(),
                data: serde_json::to_string(change).ok()?,
                whose: match change.case_id() {
                    Some(case_id) => {
                        Whose::Of(standings.get(&case_id).cloned().unwrap_or_default())
                    }
                    None => Whose::Everyones,
                },
            })
        });
        Ok(told.collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::case::lifecycle::State;

    fn change(case: u128, version: i64) -> Change {
        let case_id = CaseId(uuid::Uuid::from_u128(case));
        Change::Case { case_id, version, state: State::Filed }
    }

    #[test]
    fn of_each_case_the_last_change_is_told_and_in_order() {
        let mut moment = Moment::default();
        for change in [change(1, 1), change(2, 1), change(1, 2)] {
            moment.add(change);
        }
        let camera = Change::Camera { camera: "gate".parse().unwrap() };
        moment.add(camera.clone());
        assert_eq!(moment.changes, [change(2, 1), change(1, 2), camera]);
        assert_eq!(moment.missed, 0);
    }

    #[test]
    fn more_than_a_page_could_show_are_counted_and_a_known_case_is_not_more() {
        let mut moment = Moment::default();
        for case in 0..TOLD_MAX as u128 {
            moment.add(change(case, 1));
        }
        moment.add(change(7, 2));
        assert_eq!((moment.changes.len(), moment.missed), (TOLD_MAX, 0));
        moment.add(change(TOLD_MAX as u128, 1));
        assert_eq!(moment.missed, 1);
    }
}
