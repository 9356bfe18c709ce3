//! The event queue that moves everything, and the trouble it makes.
//!
//! ```text
//! things -> Look -> edge book -> disk commit -> outbox -> link -> broker -> link -> hub commit
//!                                   ^                                                  |
//!                                   `---- delete <- link <- broker <- link <- hub ack -'
//! ```

use crate::{
    broker::{Fate, Message, Packet, Session, Weather},
    disk::Fact,
    edge::{Edge, Sight},
    hub::Hub,
    ledger::{Ledger, Violation},
    trouble::{Mutant, Node, Report},
};
use gridwarden::{
    base::{
        clock::{Clock, SimClock},
        time::{Monotonic, WallTime},
    },
    domain::{
        ids::CameraId,
        outbox::{OutboxRow, OutboxSeq, Want},
        wire::AckData,
    },
};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::{collections::BTreeMap, time::Duration};

pub const CAMERAS: u32 = 3;
pub const TROUBLE: Duration = Duration::from_secs(180);
/// Things stop changing a little before the trouble ends.
pub const SCENE: Duration = Duration::from_secs(150);
/// One event in so many is followed by a kill while the trouble lasts.
const STEPS_A_KILL: u32 = 150;
/// With a calm network everything must be through by then.
const SETTLED_BY: Duration = Duration::from_secs(600);

#[derive(Debug)]
pub enum Event {
    Look { camera: u32 },
    EdgeCommitted { epoch: u32 },
    HubCommitted { epoch: u32 },
    Wake { epoch: u32 },
    AtBroker(Packet),
    AtHub(Packet),
    AtEdge(Packet),
    Start(Node),
    CutLink(Node),
    MendLink(Node),
    Calm,
}

pub struct World {
    pub clock: SimClock,
    pub random: ChaCha8Rng,
    pub queue: BTreeMap<(Monotonic, u64), Event>,
    pub scheduled: u64,
    pub weather: Weather,
    pub mutant: Mutant,
    pub edge: Edge,
    pub hub: Hub,
    pub broker_up: bool,
    pub edge_session: Session,
    pub hub_session: Session,
    pub ledger: Ledger,
    pub report: Report,
    /// Which things stand before which camera, and until when.
    pub things: Vec<(u32, u32, Monotonic, Monotonic)>,
    pub sent: BTreeMap<i64, u32>,
    /// The earliest wake-up that is scheduled for this life of the edge.
    pub wake_at: Option<(u32, Monotonic)>,
}

impl World {
    pub fn run(seed: u64, mutant: Mutant) -> Result<Report, Violation> {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let weather = Weather::of(&mut random);
        let mut world = Self {
            clock: SimClock::starting_at(WallTime::from_unix_millis(1_767_225_600_000)),
            random,
            queue: BTreeMap::new(),
            scheduled: 0,
            weather,
            mutant,
            edge: Edge::new(seed),
            hub: Hub::default(),
            broker_up: false,
            edge_session: Session::default(),
            hub_session: Session::default(),
            ledger: Ledger::default(),
            report: Report::default(),
            things: Vec::new(),
            sent: BTreeMap::new(),
            wake_at: None,
        };
        world.plan();
        world.play()
    }

    fn play(mut self) -> Result<Report, Violation> {
        let mut calm = false;
        while let Some(((at, _), event)) = self.queue.pop_first() {
            let now = self.clock.monotonic();
            self.clock.advance(at.since(now));
            calm |= matches!(event, Event::Calm);
            self.handle(event)?;
            if !calm && self.random.random_range(0..STEPS_A_KILL) == 0 {
                let node = [Node::Edge, Node::Hub, Node::Broker][self.random.random_range(0..3)];
                self.kill(node)?;
            }
            let through = self.edge.is_idle() && self.edge.disk.outbox_depth() == 0;
            if calm && through && self.scene_is_over() {
                break;
            }
            if at.since(Monotonic::ZERO) > SETTLED_BY {
                break;
            }
        }
        self.ledger.settled(self.edge.disk.outbox_depth())?;
        self.report.facts = self.ledger.facts();
        self.report.cases = self.ledger.cases();
        self.report.duplicates = self.ledger.duplicates;
        self.report.settled_secs = self.clock.monotonic().since(Monotonic::ZERO).as_secs();
        Ok(self.report)
    }

    /// All things are gone and every camera has looked since.
    fn scene_is_over(&self) -> bool {
        self.clock.monotonic().since(Monotonic::ZERO) > TROUBLE + Duration::from_secs(10)
            && self.edge.disk.open_cases().is_empty()
    }

    fn handle(&mut self, event: Event) -> Result<(), Violation> {
        match event {
            Event::Look { camera } => self.look(camera),
            Event::EdgeCommitted { epoch } if epoch == self.edge.epoch => {
                self.edge_committed()?;
            }
            Event::HubCommitted { epoch } if epoch == self.hub.epoch => self.hub_committed()?,
            Event::Wake { epoch } if epoch == self.edge.epoch => self.wake_at = None,
            // Of a process that has been killed since.
            Event::EdgeCommitted { .. } | Event::HubCommitted { .. } | Event::Wake { .. } => {
                return Ok(());
            }
            Event::AtBroker(packet) => self.at_broker(packet),
            Event::AtHub(packet) => self.at_hub(packet),
            Event::AtEdge(packet) => self.at_edge(packet)?,
            Event::Start(node) => self.start(node),
            Event::CutLink(node) => {
                self.cut(node);
                let millis = self.random.random_range(10..15_000);
                self.after_millis(millis, Event::MendLink(node));
            }
            Event::MendLink(node) => self.mend(node),
            Event::Calm => {
                self.weather = Weather::CALM;
                for node in [Node::Broker, Node::Hub, Node::Edge] {
                    self.start(node);
                }
            }
        }
        self.send();
        Ok(())
    }

    fn look(&mut self, camera: u32) {
        let now = self.clock.monotonic();
        let millis = self.random.random_range(500..6_000);
        self.after_millis(millis, Event::Look { camera });
        if !self.edge.up {
            return;
        }
        let stands = |(at, _, from, to): &&(u32, u32, Monotonic, Monotonic)| {
            *at == camera && *from <= now && now < *to
        };
        let things = self.things.iter().filter(stands).map(|(_, thing, ..)| *thing).collect();
        let sight = Sight { camera: camera_id(camera), things };
        let begun = self.edge.look(&sight, self.clock.wall());
        if self.mutant == Mutant::PublishesBeforeCommit {
            for fact in self.edge.uncommitted() {
                let packet = Packet::Fact { seq: OutboxSeq(0), message: message_of_fact(&fact) };
                self.transmit(packet, Event::AtBroker);
            }
        }
        if begun {
            self.commit_edge();
        }
    }

    fn commit_edge(&mut self) {
        let millis = self.random.random_range(1..60);
        self.after_millis(millis, Event::EdgeCommitted { epoch: self.edge.epoch });
    }

    fn commit_hub(&mut self) {
        let millis = self.random.random_range(1..60);
        self.after_millis(millis, Event::HubCommitted { epoch: self.hub.epoch });
    }

    fn edge_committed(&mut self) -> Result<(), Violation> {
        if let Some((fact, seq)) = self.edge.committed() {
            self.ledger.committed(&fact, seq)?;
        }
        if self.edge.begin() {
            self.commit_edge();
        }
        Ok(())
    }

    fn hub_committed(&mut self) -> Result<(), Violation> {
        let ack = self.hub.committed(&mut self.ledger, self.mutant)?;
        if let Some(ack) = ack {
            self.send_ack(ack);
        }
        if self.hub.begin() {
            self.commit_hub();
        }
        Ok(())
    }

    fn send_ack(&mut self, ack: AckData) {
        if self.hub_session.connected {
            self.transmit(Packet::HubAck(ack), Event::AtBroker);
        }
    }

    /// Everything that is due at the edge goes out; then it sleeps until something is due again.
    fn send(&mut self) {
        if !self.edge.up {
            return;
        }
        let now = self.clock.monotonic();
        while let Some(row) = self.edge.next_to_send(now) {
            let times = self.sent.entry(row.seq.0).or_default();
            *times += 1;
            self.report.resends += u32::from(*times > 1);
            let message = message_of_row(&row);
            if self.edge_session.connected {
                self.transmit(Packet::Fact { seq: row.seq, message }, Event::AtBroker);
                if self.mutant == Mutant::SendsAhead {
                    self.send_ahead(&row.camera, row.seq);
                }
            }
        }
        if let Some(due) = self.edge.outbox.next_due(now) {
            let due = due.max(now.plus(Duration::from_millis(1)));
            let epoch = self.edge.epoch;
            if self.wake_at.is_none_or(|(of, at)| of != epoch || due < at) {
                self.wake_at = Some((epoch, due));
                self.after(due.since(now), Event::Wake { epoch });
            }
        }
    }

    fn send_ahead(&mut self, camera: &CameraId, after: OutboxSeq) {
        let want = Want { camera: camera.clone(), after, rows_max: 3 };
        for row in self.edge.disk.rows(&want) {
            let message = message_of_row(&row);
            self.transmit(Packet::Fact { seq: row.seq, message }, Event::AtBroker);
        }
    }

    fn at_broker(&mut self, packet: Packet) {
        if !self.broker_up {
            self.report.packets_lost += 1;
            return;
        }
        let from_edge = matches!(packet, Packet::Fact { .. });
        if let Packet::Fact { seq, .. } = packet
            && self.edge_session.connected
        {
            self.transmit(Packet::BrokerAck { seq }, Event::AtEdge);
        }
        let session = if from_edge { &mut self.hub_session } else { &mut self.edge_session };
        match session.offer(packet) {
            Fate::Forward(packet) if from_edge => self.transmit(packet, Event::AtHub),
            Fate::Forward(packet) => self.transmit(packet, Event::AtEdge),
            Fate::Queued => {}
            Fate::Dropped => self.report.packets_lost += 1,
        }
    }

    fn at_hub(&mut self, packet: Packet) {
        let Packet::Fact { message, .. } = packet else { return };
        if !self.hub.up || !self.hub_session.connected {
            self.report.packets_lost += 1;
            return;
        }
        if self.mutant == Mutant::AcksBeforeCommit {
            let ack = AckData { case_id: message.case_id, upto_revision: message.revision };
            self.send_ack(ack);
        }
        if self.hub.receive(message) {
            self.commit_hub();
        }
    }

    fn at_edge(&mut self, packet: Packet) -> Result<(), Violation> {
        if !self.edge.up || !self.edge_session.connected {
            self.report.packets_lost += 1;
            return Ok(());
        }
        let ack = match packet {
            Packet::HubAck(ack) => ack,
            Packet::BrokerAck { seq } if self.mutant == Mutant::DeletesOnBrokerAck => {
                let Some(row) = self.edge.disk.row(seq) else { return Ok(()) };
                AckData { case_id: row.case_id, upto_revision: row.revision }
            }
            Packet::BrokerAck { .. } | Packet::Fact { .. } => return Ok(()),
        };
        for seq in self.edge.acked(&ack) {
            if let Some(row) = self.edge.disk.row(seq) {
                let held = self.hub.database.holds(row.case_id, row.revision);
                let mutant = self.mutant == Mutant::AppliesWhateverArrives;
                self.ledger.deleted(row.case_id, row.revision, held || mutant)?;
            }
            self.edge.delete(seq);
        }
        Ok(())
    }

    pub fn transmit(&mut self, packet: Packet, arrival: fn(Packet) -> Event) {
        let copies = self.weather.copies(&mut self.random);
        self.report.packets_lost += u32::from(copies.is_empty());
        for delay in copies {
            self.after(delay, arrival(packet.clone()));
        }
    }

    pub fn after_millis(&mut self, millis: u64, event: Event) {
        self.after(Duration::from_millis(millis), event);
    }

    pub fn after(&mut self, delay: Duration, event: Event) {
        self.scheduled += 1;
        self.queue.insert((self.clock.monotonic().plus(delay), self.scheduled), event);
    }
}

fn camera_id(number: u32) -> CameraId {
    format!("camera-{number}").parse().expect("a sound id")
}

fn message_of_row(row: &OutboxRow) -> Message {
    Message {
        case_id: row.case_id,
        camera: row.camera.clone(),
        revision: row.revision,
        payload: row.payload.clone(),
    }
}

fn message_of_fact(fact: &Fact) -> Message {
    Message {
        case_id: fact.case.case_id,
        camera: fact.case.camera.clone(),
        revision: fact.case.revision,
        payload: fact.payload.clone(),
    }
}
