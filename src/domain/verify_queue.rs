//! Looks that edges are asked for, in the order in which they are taken.
//!
//! Enters: requests, and the time. Leaves: what to do [`Next`]. Urgent ones first, then the one whose
//! deadline is nearest, then the one that came first. A request whose footage is not there yet holds up
//! nobody; near its deadline it is taken with what there is. Bounded by [`WAITING_MAX`].

use super::{
    footage::FOOTAGE_DELAY,
    wire::{Priority, VerifyRequestData},
};
use crate::base::time::WallTime;

/// The hub repeats what finds no room.
pub const WAITING_MAX: usize = 256;

#[derive(Debug, Default)]
pub struct VerifyQueue {
    /// In order of arrival.
    waiting: Vec<VerifyRequestData>,
}

#[derive(Debug, PartialEq)]
pub enum Next {
    /// Its footage is there, or its deadline is so near that it will not be in time.
    Look(Box<VerifyRequestData>),
    /// Its deadline has passed.
    Late(Box<VerifyRequestData>),
    /// Nothing to do before then.
    NotBefore(WallTime),
    Nothing,
}

impl VerifyQueue {
    /// False: there is no room. One that waits already is not taken twice.
    pub fn offer(&mut self, request: VerifyRequestData) -> bool {
        if self.waiting.iter().any(|waiting| waiting.request_id == request.request_id) {
            return true;
        }
        let has_room = self.waiting.len() < WAITING_MAX;
        if has_room {
            self.waiting.push(request);
        }
        has_room
    }

    pub fn next(&mut self, now: WallTime) -> Next {
        if let Some(late) = self.waiting.iter().position(|request| now >= request.deadline) {
            return Next::Late(Box::new(self.waiting.remove(late)));
        }
        let first = |ready: &dyn Fn(&VerifyRequestData) -> bool| {
            let ready = self.waiting.iter().enumerate().filter(|(_, request)| ready(request));
            // The first of equals is the one that came first.
            ready.min_by_key(|(_, request)| rank(request)).map(|(index, _)| index)
        };
        match first(&|request| now >= ready_at(request)) {
            Some(index) => Next::Look(Box::new(self.waiting.remove(index))),
            None => match self.waiting.iter().map(ready_at).min() {
                Some(at) => Next::NotBefore(at),
                None => Next::Nothing,
            },
        }
    }
}

fn rank(request: &VerifyRequestData) -> (Priority, WallTime) {
    (request.priority.unwrap_or(Priority::Normal), request.deadline)
}

fn ready_at(request: &VerifyRequestData) -> WallTime {
    request.to.plus(FOOTAGE_DELAY).min(request.deadline.minus(FOOTAGE_DELAY))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::wire::VerifyKind;
    use uuid::Uuid;

    fn secs(secs: i64) -> WallTime {
        WallTime::from_unix_millis(secs * 1_000)
    }

    /// Footage is asked for until second 10.
    fn request(number: u128, priority: Option<Priority>, deadline: i64) -> VerifyRequestData {
        VerifyRequestData {
            request_id: Uuid::from_u128(number),
            kind: VerifyKind::Postcheck,
            camera: "street".parse().unwrap(),
            cell: None,
            pattern: "roadside_stall".parse().unwrap(),
            zone: None,
            from: secs(0),
            to: secs(10),
            not_before: None,
            deadline: secs(deadline),
            case_id: None,
            priority,
            photographs: Vec::new(),
        }
    }

    fn taken(queue: &mut VerifyQueue, now: i64) -> Vec<u128> {
        let next = || match queue.next(secs(now)) {
            Next::Look(request) | Next::Late(request) => Some(request.request_id.as_u128()),
            Next::NotBefore(_) | Next::Nothing => None,
        };
        std::iter::from_fn(next).collect()
    }

    #[test]
    fn urgent_ones_first_then_the_nearest_deadline_then_who_came_first() {
        let mut queue = VerifyQueue::default();
        for (number, priority, deadline) in [
            (1, Some(Priority::Low), 60),
            (2, None, 100),
            (3, Some(Priority::Normal), 90),
            (4, None, 90),
            (5, Some(Priority::Urgent), 120),
        ] {
            assert!(queue.offer(request(number, priority, deadline)));
        }
        assert_eq!(taken(&mut queue, 20), [5, 3, 4, 2, 1]);
    }

    #[test]
    fn who_waits_for_footage_holds_up_nobody() {
        let mut queue = VerifyQueue::default();
        let later = VerifyRequestData { to: secs(30), ..request(1, Some(Priority::Urgent), 100) };
        queue.offer(later);
        queue.offer(request(2, None, 100));
        assert_eq!(queue.next(secs(14)), Next::NotBefore(secs(15)));
        assert_eq!(taken(&mut queue, 15), [2]);
        assert_eq!(queue.next(secs(34)), Next::NotBefore(secs(35)));
        assert_eq!(taken(&mut queue, 35), [1]);
        assert_eq!(queue.next(secs(36)), Next::Nothing);
    }

    #[test]
    fn near_its_deadline_a_request_is_taken_with_what_there_is_and_after_it_it_is_late() {
        let mut queue = VerifyQueue::default();
        let soon = VerifyRequestData { to: secs(30), ..request(1, None, 32) };
        queue.offer(soon.clone());
        assert_eq!(queue.next(secs(26)), Next::NotBefore(secs(27)));
        assert_eq!(queue.next(secs(27)), Next::Look(Box::new(soon.clone())));
        queue.offer(request(2, Some(Priority::Urgent), 100));
        queue.offer(soon.clone());
        assert_eq!(queue.next(secs(32)), Next::Late(Box::new(soon)), "it costs no time");
        assert_eq!(taken(&mut queue, 32), [2]);
    }

    #[test]
    fn a_repeated_request_waits_once_and_a_full_queue_takes_no_more() {
        let mut queue = VerifyQueue::default();
        for number in 0..WAITING_MAX as u128 {
            assert!(queue.offer(request(number, None, 100)));
            assert!(queue.offer(request(number, None, 100)), "it waits already");
        }
        assert!(!queue.offer(request(9_999, Some(Priority::Urgent), 100)));
        assert_eq!(taken(&mut queue, 20).len(), WAITING_MAX);
    }
}
