//! A bounded queue between threads in which the newest item wins.
//!
//! A full queue drops its *oldest* item and counts it: a late frame is worth less than a fresh one.
//! Closing wakes every waiter; what is still queued is then handed out before `None`.

use std::{
    collections::VecDeque,
    sync::{
        Arc, Condvar, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

struct Inner<T> {
    state: Mutex<State<T>>,
    filled: Condvar,
    dropped: AtomicU64,
    len_max: usize,
}

struct State<T> {
    items: VecDeque<T>,
    closed: bool,
}

/// Clones share the queue.
pub struct NewestQueue<T>(Arc<Inner<T>>);

impl<T> Clone for NewestQueue<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

#[derive(Debug, PartialEq, Eq)]
pub enum Popped<T> {
    Item(T),
    TimedOut,
    Closed,
}

impl<T> NewestQueue<T> {
    /// `len_max` of zero is taken as one.
    pub fn new(len_max: usize) -> Self {
        Self(Arc::new(Inner {
            state: Mutex::new(State {
                items: VecDeque::with_capacity(len_max.max(1)),
                closed: false,
            }),
            filled: Condvar::new(),
            dropped: AtomicU64::new(0),
            len_max: len_max.max(1),
        }))
    }

    /// Never blocks; after `close` the item is dropped and counted.
    pub fn push(&self, item: T) {
        let mut state = self.lock();
        if state.closed {
            self.0.dropped.fetch_add(1, Ordering::Relaxed);
            return;
        }
        if state.items.len() == self.0.len_max {
            state.items.pop_front();
            self.0.dropped.fetch_add(1, Ordering::Relaxed);
        }
        state.items.push_back(item);
        self.0.filled.notify_one();
    }

    pub fn pop(&self, timeout: Duration) -> Popped<T> {
        let state = self.lock();
        let (mut state, _) = self
            .0
            .filled
            .wait_timeout_while(state, timeout, |state| state.items.is_empty() && !state.closed)
            .unwrap_or_else(PoisonError::into_inner);
        match state.items.pop_front() {
            Some(item) => Popped::Item(item),
            None if state.closed => Popped::Closed,
            None => Popped::TimedOut,
        }
    }

    pub fn close(&self) {
        self.lock().closed = true;
        self.0.filled.notify_all();
    }

    /// Items that were pushed and will never be popped.
    pub fn dropped(&self) -> u64 {
        self.0.dropped.load(Ordering::Relaxed)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State<T>> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_items_survive_and_the_rest_are_counted() {
        let queue = NewestQueue::new(2);
        (0..5).for_each(|item| queue.push(item));
        assert_eq!(queue.pop(Duration::ZERO), Popped::Item(3));
        assert_eq!(queue.pop(Duration::ZERO), Popped::Item(4));
        assert_eq!(queue.pop(Duration::ZERO), Popped::TimedOut);
        assert_eq!(queue.dropped(), 3);
    }

    #[test]
    fn closing_wakes_a_waiter_after_the_last_item() {
        let queue = NewestQueue::new(4);
        let waiter = {
            let queue = queue.clone();
            std::thread::spawn(move || {
                let mut seen = Vec::new();
                loop {
                    match queue.pop(Duration::from_secs(60)) {
                        Popped::Item(item) => seen.push(item),
                        Popped::TimedOut => continue,
                        Popped::Closed => return seen,
                    }
                }
            })
        };
        queue.push(1);
        queue.push(2);
        queue.close();
        assert_eq!(waiter.join().unwrap(), [1, 2]);
    }
}
