//! What a city decides about its cases: limits, duty hours, and what must be true before one is closed.

use super::{
    audit::AuditEntry,
    clock::Timed,
    lifecycle::{EventKind, State},
    limits::ClockRules,
};
use std::{collections::BTreeSet, time::Duration};

#[derive(Debug, Clone, PartialEq, Default)]
pub struct CasePolicy {
    pub clocks: ClockRules,
    /// Ids are unique.
    pub checklist: Vec<ChecklistItem>,
    /// How long whoever decided may take it back; zero: not at all.
    pub undo_within: Duration,
}

/// One item of the closure checklist (结案标准). The city names them; the product has none of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChecklistItem {
    pub id: String,
    pub name_zh: String,
    pub name_en: String,
    /// Nothing closes before it is ticked.
    pub required: bool,
}

impl CasePolicy {
    pub fn item(&self, id: &str) -> Option<&ChecklistItem> {
        self.checklist.iter().find(|item| item.id == id)
    }

    pub fn asks_before_closing(&self) -> bool {
        self.checklist.iter().any(|item| item.required)
    }

    /// Required items that nobody has ticked since the crew was last sent.
    pub fn missing(&self, history: &[AuditEntry]) -> Vec<String> {
        let done = ticked(history);
        let open = self.checklist.iter().filter(|item| item.required && !done.contains(&item.id));
        open.map(|item| item.id.clone()).collect()
    }

    pub fn class(&self, timed: Timed<'_>) -> super::limits::PriorityClass {
        self.clocks.class(timed.code, timed.priority)
    }
}

/// The items that are ticked now. Rework begins anew: what was found done then is not done now; unless the
/// rework was taken back.
pub fn ticked(history: &[AuditEntry]) -> BTreeSet<String> {
    let (mut done, mut before_rework) = (BTreeSet::new(), BTreeSet::new());
    for entry in history {
        let undone = entry.kind == EventKind::Undo.as_str();
        let back = entry.to == State::Rework.as_str() && entry.from.as_deref() != Some(&entry.to);
        match &entry.reason {
            Some(item) if entry.kind == EventKind::Check.as_str() => {
                done.insert(item.clone());
            }
            Some(item) if entry.kind == EventKind::Uncheck.as_str() => {
                done.remove(item);
            }
            Some(what) if undone && what == EventKind::Rework.as_str() => {
                done = std::mem::take(&mut before_rework);
            }
            _ if back => before_rework = std::mem::take(&mut done),
            _ => {}
        }
    }
    done
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{base::time::WallTime, domain::ids::CaseId};

    fn entry(kind: &str, reason: Option<&str>, from: &str, to: &str) -> AuditEntry {
        AuditEntry {
            case_id: CaseId(uuid::Uuid::from_u128(1)),
            number: 1,
            at: WallTime::from_unix_millis(0),
            actor: "li".to_owned(),
            kind: kind.to_owned(),
            from: Some(from.to_owned()),
            to: to.to_owned(),
            reason: reason.map(str::to_owned),
            note: None,
        }
    }

    #[test]
    fn what_is_ticked_may_be_unticked_and_a_rework_begins_anew() {
        let item = |id: &str, required| ChecklistItem {
            id: id.to_owned(),
            name_zh: id.to_owned(),
            name_en: id.to_owned(),
            required,
        };
        let policy = CasePolicy {
            checklist: vec![item("clean", true), item("told", true), item("nice", false)],
            ..CasePolicy::default()
        };
        let check = |id| entry("check", Some(id), "MANUAL", "MANUAL");
        let mut history = vec![check("clean"), check("told")];
        assert!(policy.asks_before_closing() && policy.missing(&history).is_empty());
        history.push(entry("uncheck", Some("told"), "MANUAL", "MANUAL"));
        assert_eq!(policy.missing(&history), ["told"]);
        history.push(entry("rework", Some("not_cleared"), "MANUAL", "REWORK"));
        assert_eq!(policy.missing(&history), ["clean", "told"]);
        history.push(check("clean"));
        history.push(entry("gone", None, "REWORK", "REWORK"));
        assert_eq!(policy.missing(&history), ["told"], "a note in REWORK begins nothing anew");
        history.push(entry("rework", Some("not_cleared"), "MANUAL", "REWORK"));
        history.push(entry("undo", Some("rework"), "REWORK", "MANUAL"));
        assert_eq!(policy.missing(&history), ["told"], "a rework that was taken back is none");
    }
}
