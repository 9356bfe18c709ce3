//! A broker without persistence, and links that lose, delay, reorder and repeat.
//!
//! The broker acknowledges a publish at once. It keeps messages for a subscriber that is away, but
//! a restart forgets sessions and queues, and a message for an unknown subscriber is dropped: what
//! makes "the broker has it" worth nothing.

use gridwarden::domain::{
    ids::{CameraId, CaseId},
    outbox::OutboxSeq,
    wire::AckData,
};
use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use std::{collections::VecDeque, time::Duration};

/// A case fact as it travels.
#[derive(Debug, Clone, PartialEq)]
pub struct Message {
    pub case_id: CaseId,
    pub camera: CameraId,
    pub revision: u32,
    pub payload: Vec<u8>,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Packet {
    Fact {
        seq: OutboxSeq,
        message: Message,
    },
    /// The broker's acknowledgement, on which nothing may rely.
    BrokerAck {
        seq: OutboxSeq,
    },
    HubAck(AckData),
}

/// Chances in percent, drawn once a seed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Weather {
    pub lost: u32,
    pub twice: u32,
    pub slow: u32,
}

impl Weather {
    pub const CALM: Self = Self { lost: 0, twice: 0, slow: 0 };

    pub fn of(random: &mut ChaCha8Rng) -> Self {
        let lost = random.random_range(0..25);
        Self { lost, twice: random.random_range(0..15), slow: random.random_range(0..20) }
    }

    /// After how long each copy arrives; none when it is lost.
    pub fn copies(&self, random: &mut ChaCha8Rng) -> Vec<Duration> {
        if random.random_range(0..100) < self.lost {
            return Vec::new();
        }
        let count = if random.random_range(0..100) < self.twice { 2 } else { 1 };
        let delay = |random: &mut ChaCha8Rng| {
            let slow = random.random_range(0..100) < self.slow;
            Duration::from_millis(random.random_range(1..if slow { 8_000 } else { 40 }))
        };
        (0..count).map(|_| delay(random)).collect()
    }
}

/// Messages for one subscriber that is away.
pub type Queue = VecDeque<Packet>;

const QUEUE_MAX: usize = 20;

/// One subscriber's place at the broker.
#[derive(Debug, Default)]
pub struct Session {
    pub known: bool,
    pub connected: bool,
    queue: Queue,
}

/// What the broker does with a message for this session.
#[derive(Debug, PartialEq)]
pub enum Fate {
    Forward(Packet),
    Queued,
    Dropped,
}

impl Session {
    pub fn offer(&mut self, packet: Packet) -> Fate {
        if self.connected {
            return Fate::Forward(packet);
        }
        if self.known && self.queue.len() < QUEUE_MAX {
            self.queue.push_back(packet);
            return Fate::Queued;
        }
        Fate::Dropped
    }

    /// What was kept is handed over.
    pub fn connect(&mut self) -> Queue {
        self.known = true;
        self.connected = true;
        std::mem::take(&mut self.queue)
    }

    pub fn disconnect(&mut self) {
        self.connected = false;
    }

    pub fn forget(&mut self) {
        *self = Self::default();
    }
}
