//! What goes wrong, and what was deliberately built wrong.

use crate::{
    ledger::Violation,
    world::{CAMERAS, Event, SCENE, TROUBLE, World},
};
use gridwarden::base::time::Monotonic;
use rand::RngExt;
use std::time::Duration;

/// What can be killed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Node {
    Edge,
    Hub,
    Broker,
}

/// A deliberately broken variant; the checks must notice it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mutant {
    None,
    /// Edge: takes the broker's acknowledgement for the hub's.
    DeletesOnBrokerAck,
    /// Edge: does not read its open cases back after a restart.
    ForgetsOpenCases,
    /// Edge: sends a fact that is not durable yet.
    PublishesBeforeCommit,
    /// Edge: does not wait for the hub before a camera's next row.
    SendsAhead,
    /// Hub: acknowledges what it has not committed.
    AcksBeforeCommit,
    /// Hub: applies without asking the inbox.
    AppliesWhateverArrives,
}

impl Mutant {
    pub const BROKEN: [Self; 6] = [
        Self::DeletesOnBrokerAck,
        Self::ForgetsOpenCases,
        Self::PublishesBeforeCommit,
        Self::SendsAhead,
        Self::AcksBeforeCommit,
        Self::AppliesWhateverArrives,
    ];
}

/// What happened, for the reader and for the check that trouble was made at all.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Report {
    pub cases: usize,
    pub facts: usize,
    pub resends: u32,
    pub duplicates: u32,
    pub packets_lost: u32,
    pub commits_cut: u32,
    pub edge_kills: u32,
    pub hub_kills: u32,
    pub broker_kills: u32,
    pub settled_secs: u64,
}

impl Report {
    pub fn add(&mut self, other: &Self) {
        self.cases += other.cases;
        self.facts += other.facts;
        self.resends += other.resends;
        self.duplicates += other.duplicates;
        self.packets_lost += other.packets_lost;
        self.commits_cut += other.commits_cut;
        self.edge_kills += other.edge_kills;
        self.hub_kills += other.hub_kills;
        self.broker_kills += other.broker_kills;
        self.settled_secs = self.settled_secs.max(other.settled_secs);
    }
}

impl World {
    /// Lays out the scene and the trouble.
    pub fn plan(&mut self) {
        for thing in 0..self.random.random_range(6..16) {
            let appears = self.random.random_range(0..SCENE.as_secs() / 2 * 1_000);
            let stands = self.random.random_range(1_000..SCENE.as_secs() / 2 * 1_000);
            let [from, to] = [appears, appears + stands]
                .map(|millis| Monotonic::ZERO.plus(Duration::from_millis(millis)));
            self.things.push((self.random.random_range(0..CAMERAS), thing, from, to));
        }
        (0..CAMERAS).for_each(|camera| self.after_millis(10, Event::Look { camera }));
        for node in [Node::Broker, Node::Hub, Node::Edge] {
            self.after_millis(0, Event::Start(node));
        }
        for node in [Node::Hub, Node::Edge] {
            for _ in 0..self.random.random_range(0..6) {
                let at = self.random.random_range(0..TROUBLE.as_millis() as u64);
                self.after_millis(at, Event::CutLink(node));
            }
        }
        self.after_millis(TROUBLE.as_millis() as u64, Event::Calm);
    }

    pub fn kill(&mut self, node: Node) -> Result<(), Violation> {
        let millis = self.random.random_range(50..25_000);
        self.after_millis(millis, Event::Start(node));
        // A commit under way reached the platter or not; the process never learns which.
        let durable = self.random.random_range(0..2) == 0;
        match node {
            Node::Edge if self.edge.up => {
                self.report.edge_kills += 1;
                self.report.commits_cut += u32::from(!self.edge.is_idle());
                if durable && let Some((fact, seq)) = self.edge.committed() {
                    self.ledger.committed(&fact, seq)?;
                }
                self.edge.take_cut_commit();
                self.edge.kill();
                self.edge_session.disconnect();
            }
            Node::Hub if self.hub.up => {
                self.report.hub_kills += 1;
                if self.hub.under_commit().is_some() {
                    self.report.commits_cut += 1;
                    if durable {
                        self.hub.committed(&mut self.ledger, self.mutant)?;
                    }
                }
                self.hub.take_cut_commit();
                self.hub.kill();
                self.hub_session.disconnect();
            }
            Node::Broker if self.broker_up => {
                self.report.broker_kills += 1;
                self.broker_up = false;
                self.edge_session.forget();
                self.hub_session.forget();
                if self.edge.up {
                    self.edge.outbox.link_down();
                }
            }
            // Dead already.
            Node::Edge | Node::Hub | Node::Broker => {}
        }
        Ok(())
    }

    pub fn start(&mut self, node: Node) {
        match node {
            Node::Edge if !self.edge.up => self.edge.start(self.mutant),
            Node::Hub if !self.hub.up => self.hub.up = true,
            Node::Broker if !self.broker_up => self.broker_up = true,
            Node::Edge | Node::Hub | Node::Broker => {}
        }
        self.mend(Node::Hub);
        self.mend(Node::Edge);
    }

    pub fn cut(&mut self, node: Node) {
        match node {
            Node::Edge => {
                self.edge_session.disconnect();
                if self.edge.up {
                    self.edge.outbox.link_down();
                }
            }
            Node::Hub => self.hub_session.disconnect(),
            Node::Broker => {}
        }
    }

    /// Connects whoever is up and not connected, and hands over what the broker kept.
    pub fn mend(&mut self, node: Node) {
        if !self.broker_up {
            return;
        }
        if node == Node::Edge && self.edge.up && !self.edge_session.connected {
            let kept = self.edge_session.connect();
            self.edge.outbox.link_up();
            kept.into_iter().for_each(|packet| self.transmit(packet, Event::AtEdge));
        }
        if node == Node::Hub && self.hub.up && !self.hub_session.connected {
            let kept = self.hub_session.connect();
            kept.into_iter().for_each(|packet| self.transmit(packet, Event::AtHub));
        }
    }
}
