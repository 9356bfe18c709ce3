//! The register walks every legal path of the transition table, and refuses every other step with its reason.
//!
//! The model is the table with what its guards ask for kept beside it, in memory. What the register does on a
//! database must be what the model does: the same state or the same refusal, a version and a history entry for
//! each step taken and none for a refused one, and the clocks that belong to the state.

use super::{tests::open, *};
use crate::domain::{
    case::{
        audit,
        clock::{Clock, ClockKind, EXTENSIONS_MAX},
        lifecycle::{self, Event, EventKind, Known, NoUndo, Phase, Refused, Row, State, TABLE},
        limits::{ClockRules, EventLimits, Limit},
        policy::{CasePolicy, ChecklistItem},
        reason_codes,
    },
    ids::{CaseId, IdSource, RandomIds},
    people::AssignedWhy,
    samples,
    verdict::Outcome,
    wire::{CaseFactData, EventData},
};
use proptest::{
    collection::vec,
    test_runner::{Config, TestRunner},
};
use std::{
    collections::{BTreeMap, HashSet, VecDeque},
    time::Duration,
};
use tokio::runtime::Runtime;

const AT: WallTime = WallTime::from_unix_millis(1_767_225_600_000);
const NODE: &str = "edge-1";
const CODE: &str = "x";

/// One limit, so that it can be extended, and one item that must be ticked.
fn policy() -> CasePolicy {
    let mut clocks = ClockRules::default();
    let limits = EventLimits { disposal: Some(Limit::UrgentHours(2)), ..EventLimits::default() };
    clocks.limits.by_code.insert(CODE.to_owned(), limits);
    let checklist = vec![ChecklistItem {
        id: "told".to_owned(),
        name_zh: "已告知".to_owned(),
        name_en: "told".to_owned(),
        required: true,
    }];
    CasePolicy { clocks, checklist, undo_within: Duration::from_secs(30) }
}

/// Something that may be tried on a case.
#[derive(Debug, Clone, PartialEq)]
struct Step {
    event: Event,
    actor: &'static str,
    tries_left: bool,
    /// After the time in which a decision may be taken back.
    late: bool,
}

impl Step {
    fn new(event: Event, actor: &'static str) -> Self {
        Self { event, actor, tries_left: true, late: false }
    }

    fn decision(&self) -> Decision {
        let at = AT.plus(Duration::from_secs(if self.late { 30 } else { 0 }));
        Decision {
            tries_left: self.tries_left,
            ..Decision::new(self.event.clone(), self.actor, at)
        }
    }
}

/// Every event, with reasons good and bad, every outcome, in time and late, by one person and by the other.
fn alphabet() -> Vec<Step> {
    let reason = |kind| reason_codes::allowed(kind, Phase::AfterFiling)[0].to_owned();
    let until = AT.plus(Duration::from_secs(86_400));
    let mut events = vec![
        Event::OpenedByEdge,
        Event::ComplaintReceived,
        Event::GoneAtEdge,
        Event::SeenAgain,
        Event::Confirm,
        Event::Dispatch { unit: "环卫所".to_owned() },
        Event::Accept,
        Event::Resume,
        Event::PostcheckStarted,
        Event::Check { item: "told".to_owned() },
        Event::Uncheck { item: "told".to_owned() },
        Event::ReopenProposed { seen_at: AT },
        Event::ReopenProposed { seen_at: until },
        Event::Reopen,
        Event::Overdue(ClockKind::Review),
        Event::Overdue(ClockKind::Disposal),
        Event::Merge,
        Event::Unmerge,
        Event::TookIn,
        Event::LetGo,
        Event::Reclassify { to: Box::new(EventData { code: CODE.to_owned(), ..samples::event() }) },
        Event::Undo,
    ];
    for bad in [false, true] {
        let of = |kind| if bad { "no such reason".to_owned() } else { reason(kind) };
        events.push(Event::Reject { reason: of(EventKind::Reject) });
        events.push(Event::Return { reason: of(EventKind::Return) });
        events.push(Event::Suspend { reason: of(EventKind::Suspend), until });
        events.push(Event::Extend { reason: of(EventKind::Extend) });
        events.push(Event::Rework { reason: of(EventKind::Rework) });
    }
    for outcome in [Outcome::Present, Outcome::Cleared, Outcome::Undeterminable] {
        events.push(Event::VerdictPrecheck(outcome));
        events.push(Event::VerdictPostcheck(outcome));
    }
    let mut steps: Vec<Step> = events.into_iter().map(|event| Step::new(event, "li")).collect();
    let late = Event::VerdictPostcheck(Outcome::Undeterminable);
    steps.push(Step { tries_left: false, ..Step::new(late, "li") });
    steps.push(Step { late: true, ..Step::new(Event::Undo, "li") });
    steps.push(Step::new(Event::Undo, "crew"));
    for actor in ["li", "crew"] {
        for reason in ["seen_cleared_on_site", "no such reason"] {
            let event = Event::Close { reason: reason.to_owned() };
            steps.push(Step::new(event, actor));
        }
    }
    for to in ["wang", "crew"] {
        let event =
            Event::Assign { to: to.to_owned(), why: AssignedWhy::ByPerson, metres: Some(180) };
        steps.push(Step::new(event, "li"));
    }
    steps.push(Step::new(Event::Feedback, "crew"));
    steps
}

/// A case in memory.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Model {
    state: State,
    phase: Phase,
    merged_from: Option<State>,
    fed_back: bool,
    suspended: bool,
    extensions: u32,
    ticked: bool,
    proposed: bool,
    /// Another edge's case is merged into it, and is seen still.
    child: bool,
    /// The last step was a decision of this one, and how it was before.
    decided: Option<(&'static str, Box<Model>)>,
}

impl Model {
    fn opened(by: &Event) -> Self {
        let opened = lifecycle::next(None, by, &Known::NOTHING).unwrap();
        Self {
            state: opened.to,
            phase: opened.phase,
            merged_from: None,
            fed_back: false,
            suspended: false,
            extensions: 0,
            ticked: false,
            proposed: false,
            child: false,
            decided: None,
        }
    }

    fn known(&self, step: &Step) -> Known {
        let held = matches!(
            self.state,
            State::Dispatched | State::Handling | State::Suspended | State::Rework
        );
        let undo = match &self.decided {
            Some((by, _)) if *by != step.actor => Err(NoUndo::NotYours),
            Some(_) if step.late => Err(NoUndo::TooLate),
            Some((_, before)) => Ok(before.state),
            None => Err(NoUndo::NotYours),
        };
        Known {
            phase: match &self.decided {
                Some((_, before)) if step.event == Event::Undo && undo.is_ok() => before.phase,
                _ => self.phase,
            },
            undo,
            before_and_after: true,
            tries_left: step.tries_left,
            seen_elsewhere: self.child,
            merged_from: self.merged_from,
            handled_it: self.fed_back
                && match &step.event {
                    Event::Assign { to, .. } => to == "crew",
                    _ => step.actor == "crew",
                },
            checklist_done: self.ticked || self.phase == Phase::BeforeFiling,
            suspended_before: self.suspended,
            extension_left: held && self.extensions < EXTENSIONS_MAX,
            may_reopen: match step.event {
                Event::ReopenProposed { seen_at } => seen_at == AT,
                _ => self.proposed,
            },
        }
    }

    /// What the table does, and which row did it.
    fn step(&mut self, step: &Step) -> Result<State, Refused> {
        let to = lifecycle::next(Some(self.state), &step.event, &self.known(step))?;
        if let (Event::Undo, Some((_, before))) = (&step.event, self.decided.take()) {
            *self = *before;
            return Ok(to.to);
        }
        let decides = step.event.kind().may_be_undone();
        let before = decides.then(|| (step.actor, Box::new(self.clone())));
        match step.event {
            Event::Merge => self.merged_from = Some(self.state),
            Event::Unmerge => self.merged_from = None,
            Event::Feedback => self.fed_back = true,
            Event::Suspend { .. } => self.suspended = true,
            Event::Extend { .. } => self.extensions += 1,
            Event::Check { .. } => self.ticked = true,
            Event::Uncheck { .. } => self.ticked = false,
            Event::ReopenProposed { .. } => self.proposed = true,
            Event::Reopen => self.proposed = false,
            Event::TookIn => self.child = true,
            Event::LetGo => self.child = false,
            _ => {}
        }
        let timed = |state: State| state.clocks().contains(&ClockKind::Disposal);
        if to.changes_state() {
            if to.to == State::Rework {
                self.ticked = false;
            }
            if timed(to.to) && (!timed(self.state) || to.to == State::Rework) {
                self.extensions = 0;
            }
        }
        (self.state, self.phase) = (to.to, to.phase);
        self.decided = before;
        Ok(to.to)
    }
}

/// A case in the register, with a model beside it.
struct Walk<'s> {
    store: &'s HubStore,
    case_id: CaseId,
    model: Model,
    version: i64,
    child: Option<CaseId>,
    /// How it stood before the last step: the case without its version, and its clocks.
    before: Option<(CaseRow, Vec<Clock>)>,
}

fn fresh() -> CaseId {
    CaseId(RandomIds.next_uuid(AT))
}

impl<'s> Walk<'s> {
    async fn open(store: &'s HubStore, by: &Event) -> Self {
        let case_id = match by {
            Event::OpenedByEdge => open_by_edge(store, NODE).await,
            _ => open_by_complaint(store).await,
        };
        // Pictures from before whatever is done and from after it.
        for (role, at) in [("snapshot", 0), ("after", i64::MAX / 2)] {
            let sha256 = format!("{case_id}-{role}");
            sqlx::query(
                "INSERT INTO evidence (sha256, bytes, complete, first_at_millis) VALUES ($1, 1, 1, 0)",
            )
            .bind(&sha256)
            .execute(store.database.writer())
            .await
            .unwrap();
            sqlx::query(
                "INSERT INTO case_evidence (case_id, sha256, role, url, media_type, width_px, \
                 height_px, captured_at_millis, masked) VALUES ($1, $2, $3, '', 'image/jpeg', 1, 1, $4, 1)",
            )
            .bind(case_id.to_string())
            .bind(&sha256)
            .bind(role)
            .bind(at)
            .execute(store.database.writer())
            .await
            .unwrap();
        }
        Self { store, case_id, model: Model::opened(by), version: 1, child: None, before: None }
    }

    /// One step on both; they must agree.
    async fn take(&mut self, step: &Step) {
        let before = self.model.clone();
        let expected = self.model.step(step);
        let decision = step.decision();
        let stood = self.stands().await;
        let done = match (&step.event, &expected) {
            (Event::Merge, Ok(_)) => {
                let master = open_by_complaint(self.store).await;
                let merged = self.store.merge(self.case_id, None, master, &decision).await;
                merged.map(|changes| changes[0].clone())
            }
            (Event::Unmerge, Ok(_)) => {
                let unmerged = self.store.unmerge(self.case_id, None, &decision).await;
                unmerged.map(|changes| changes[0].clone())
            }
            (Event::TookIn, Ok(_)) if self.child.is_none() => {
                let child = open_by_edge(self.store, "edge-2").await;
                self.child = Some(child);
                let merge = Decision::new(Event::Merge, step.actor, AT);
                let merged = self.store.merge(child, None, self.case_id, &merge).await;
                merged.map(|changes| changes[1].clone())
            }
            (Event::LetGo, Ok(_)) if self.child.is_some() => {
                let child = self.child.take().unwrap();
                let unmerge = Decision::new(Event::Unmerge, step.actor, AT);
                let unmerged = self.store.unmerge(child, None, &unmerge).await;
                unmerged.map(|changes| changes[1].clone())
            }
            (Event::Feedback, Ok(_)) => {
                self.store.feedback(self.case_id, "crew", AT, &[], &decision).await
            }
            (Event::Reopen, Ok(_)) => {
                let reopened = self.store.reopen(self.case_id, None, &decision).await;
                reopened.map(|changes| changes[0].clone())
            }
            _ => self.store.decide(self.case_id, None, &decision).await,
        };
        let context = || format!("{before:?} {step:?}");
        match (expected, done) {
            (Ok(state), Ok(change)) => {
                self.version += 1;
                assert_eq!((change.state, change.version), (state, self.version), "{}", context());
                let before = self.before.replace(stood);
                if step.event == Event::Undo {
                    assert_eq!(Some(self.stands().await), before, "{}", context());
                }
            }
            (Err(Refused::Checklist), Err(DecideError::Checklist { missing })) => {
                assert_eq!(missing, ["told"], "{}", context());
            }
            (Err(expected), Err(DecideError::Refused(refused))) => {
                assert_eq!(expected, refused, "{}", context());
            }
            (expected, done) => panic!("{}: {expected:?} but {done:?}", context()),
        }
        self.holds(&context).await;
    }

    async fn stands(&self) -> (CaseRow, Vec<Clock>) {
        let case = self.store.case(self.case_id).await.unwrap().unwrap();
        let case = CaseRow { version: 0, undo: None, ..case };
        (case, self.store.clocks(self.case_id).await.unwrap())
    }

    /// What must be true of the register after any step.
    async fn holds(&self, context: &impl Fn() -> String) {
        let case = self.store.case(self.case_id).await.unwrap().unwrap();
        assert_eq!((case.state, case.phase), (self.model.state, self.model.phase), "{}", context());
        assert_eq!(case.version, self.version, "{}", context());
        let clocks = self.store.clocks(self.case_id).await.unwrap();
        let running: Vec<&Clock> =
            clocks.iter().filter(|clock| clock.stopped_at.is_none()).collect();
        let mut kinds: Vec<ClockKind> = running.iter().map(|clock| clock.kind).collect();
        kinds.sort();
        let mut wanted = case.state.clocks().to_vec();
        wanted.sort();
        assert_eq!(kinds, wanted, "{}", context());
        let paused = case.state == State::Suspended;
        assert!(
            running.iter().all(|clock| clock.paused_since.is_some() == paused),
            "{}",
            context()
        );
        let disposal = running.iter().find(|clock| clock.kind == ClockKind::Disposal);
        if let Some(disposal) = disposal {
            assert_eq!(disposal.extensions, self.model.extensions, "{}", context());
        }
    }

    async fn chain_is_whole(&self) {
        let file = self.store.case_files(self.case_id).await.unwrap().remove(0);
        audit::check(self.case_id, self.version, &file.chain).unwrap();
    }
}

async fn open_by_edge(store: &HubStore, node: &str) -> CaseId {
    let mut event = samples::event();
    event.code = CODE.to_owned();
    let fact = CaseFactData { case_id: fresh(), event, ..samples::case_fact(node, AT) };
    let writer = node.parse().unwrap();
    let text = &serde_json::to_string(&fact).unwrap();
    store.ingest(&[Told { writer: &writer, fact: &fact, text }], AT).await.unwrap();
    fact.case_id
}

async fn open_by_complaint(store: &HubStore) -> CaseId {
    let case_id = fresh();
    let complaint = super::tests::complaint(1, &case_id.to_string());
    let complaint = NewComplaint { case_id, ..complaint };
    store.open_complaint(&complaint, "platform", None, AT).await.unwrap();
    case_id
}

const OPENINGS: [Event; 2] = [Event::OpenedByEdge, Event::ComplaintReceived];

/// The shortest way to each row of the table, and to each state with each side of filing.
struct Ways {
    rows: BTreeMap<usize, (Event, Vec<Step>)>,
    states: BTreeMap<(State, Phase), (Event, Vec<Step>)>,
}

fn ways() -> Ways {
    let steps = alphabet();
    let mut ways = Ways { rows: BTreeMap::new(), states: BTreeMap::new() };
    for opening in OPENINGS {
        let first = Model::opened(&opening);
        let (mut seen, mut queue) = (HashSet::from([first.clone()]), VecDeque::new());
        queue.push_back((first, Vec::new()));
        while let Some((model, path)) = queue.pop_front() {
            let here = (model.state, model.phase);
            ways.states.entry(here).or_insert_with(|| (opening.clone(), path.clone()));
            for step in &steps {
                let mut next = model.clone();
                let Ok(to) = next.step(step) else { continue };
                let path: Vec<Step> = path.iter().cloned().chain([step.clone()]).collect();
                let fired = |row: &Row| {
                    row.from == Some(model.state) && row.on == step.event.kind() && row.to == to
                };
                for (index, _) in TABLE.iter().enumerate().filter(|(_, row)| fired(row)) {
                    ways.rows.entry(index).or_insert_with(|| (opening.clone(), path.clone()));
                }
                if seen.insert(next.clone()) {
                    queue.push_back((next, path));
                }
            }
        }
    }
    ways
}

fn with_store(test: impl AsyncFnOnce(&HubStore)) {
    let dir = tempfile::tempdir().unwrap();
    Runtime::new().unwrap().block_on(async {
        let store = open(dir.path()).await.with_policy(Arc::new(policy()));
        test(&store).await;
        store.close().await;
    });
}

#[test]
fn every_row_of_the_table_is_walked() {
    let ways = ways();
    let unreached: Vec<String> = (TABLE.iter().enumerate())
        .filter(|(index, row)| row.from.is_some() && !ways.rows.contains_key(index))
        .map(|(_, row)| format!("{row:?}"))
        .collect();
    assert!(unreached.is_empty(), "no way leads to {unreached:#?}");
    with_store(async |store| {
        for (opening, path) in ways.rows.values() {
            let mut walk = Walk::open(store, opening).await;
            for step in path {
                walk.take(step).await;
            }
            walk.chain_is_whole().await;
        }
    });
}

#[test]
fn in_every_state_whatever_is_not_in_the_table_is_refused_with_its_reason() {
    let ways = ways();
    assert_eq!(
        ways.states.keys().map(|(state, _)| state).collect::<HashSet<_>>().len(),
        State::ALL.len()
    );
    with_store(async |store| {
        for (opening, path) in ways.states.values() {
            let mut walk = Walk::open(store, opening).await;
            for step in path {
                walk.take(step).await;
            }
            for step in alphabet() {
                if walk.model.clone().step(&step).is_err() {
                    walk.take(&step).await;
                }
            }
            walk.chain_is_whole().await;
        }
    });
}

#[test]
fn wherever_chance_leads_the_register_is_where_the_table_is() {
    with_store(async |store| {
        let steps = alphabet();
        let config = Config { cases: 48, failure_persistence: None, ..Config::default() };
        let sequences = vec((0..steps.len(), 0..steps.len()), 1..40);
        let mut runner = TestRunner::new(config);
        let runtime = tokio::runtime::Handle::current();
        let outcome = runner.run(&(sequences, 0..OPENINGS.len()), |(sequence, opening)| {
            tokio::task::block_in_place(|| {
                runtime.block_on(async {
                    let mut walk = Walk::open(store, &OPENINGS[opening]).await;
                    for (chosen, other) in sequence {
                        // Most steps are refused wherever a case stands: every second one is a legal one.
                        let legal: Vec<&Step> = (steps.iter())
                            .filter(|step| walk.model.clone().step(step).is_ok())
                            .collect();
                        let legal = legal.get(other % legal.len().max(1)).copied();
                        let step = legal.filter(|_| chosen % 2 == 0).unwrap_or(&steps[chosen]);
                        walk.take(step).await;
                    }
                    walk.chain_is_whole().await;
                });
            });
            Ok(())
        });
        outcome.unwrap();
    });
}
