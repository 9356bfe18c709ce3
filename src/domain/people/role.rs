//! Roles, acts, and the table between them.

use serde::{Deserialize, Serialize};
use std::{collections::BTreeSet, fmt, str::FromStr};

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Looks, and changes nothing.
    Viewer,
    /// 网格员: confirms and rejects what lies in the own grid, and says what was done about it.
    GridStaff,
    /// 派遣员: takes complaints in and hands cases to units.
    Dispatcher,
    /// 复核员: decides what cameras found, and closes.
    Reviewer,
    /// Keeps accounts, and takes out what trains the next detector.
    Administrator,
    /// Reads the log of who looked at what.
    Auditor,
}

/// What a call to the hub does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Act {
    /// Lists, details, cameras, cells, live updates.
    SeeCases,
    /// Masked pictures and clips; each look is logged.
    SeePictures,
    /// Footage around a case, cut and masked by its edge.
    AskFootage,
    /// Packages and clips to take along; each is logged.
    Export,
    /// Pictures of all reviewed cases, of the whole district.
    ExportDataset,
    HandInComplaint,
    /// Confirm and reject; close and send back what no video could decide.
    Review,
    /// Merge and unmerge (并案).
    Merge,
    /// Hand a case to a unit, take it back, suspend it; give it to one of the grid's staff.
    Dispatch,
    /// A unit's own word: accepted, returned, done, with photographs.
    Feedback,
    ManageUsers,
    /// Messages that a platform did not take: see them, send them once more.
    Resend,
    ReadAudit,
}

use Role::{Administrator, Auditor, Dispatcher, GridStaff, Reviewer, Viewer};

/// The one table. An act that is not in a row of a role is not that role's.
pub const TABLE: [(Act, &[Role]); 13] = [
    (Act::SeeCases, &[Viewer, GridStaff, Dispatcher, Reviewer, Auditor]),
    (Act::SeePictures, &[Viewer, GridStaff, Dispatcher, Reviewer, Auditor]),
    (Act::AskFootage, &[GridStaff, Reviewer]),
    (Act::Export, &[Reviewer]),
    (Act::ExportDataset, &[Administrator]),
    (Act::HandInComplaint, &[GridStaff, Dispatcher, Reviewer]),
    (Act::Review, &[GridStaff, Reviewer]),
    (Act::Merge, &[Reviewer]),
    (Act::Dispatch, &[Dispatcher]),
    (Act::Feedback, &[GridStaff, Dispatcher]),
    (Act::ManageUsers, &[Administrator]),
    (Act::Resend, &[Administrator]),
    (Act::ReadAudit, &[Auditor]),
];

impl Act {
    /// What a decision about a case is, by its name in the history. `None`: no decision of a person's, or an
    /// undo, which whoever decided may.
    pub fn of_decision(name: &str) -> Option<Self> {
        Some(match name {
            "confirm" | "reject" | "close" | "rework" | "reopen" | "reclassify" | "check"
            | "uncheck" => Self::Review,
            "merge" | "unmerge" => Self::Merge,
            "dispatch" | "suspend" | "resume" | "extend" | "assign" => Self::Dispatch,
            "accept" | "return" | "feedback" => Self::Feedback,
            _ => return None,
        })
    }
}

impl Role {
    pub const ALL: [Self; 6] = [Viewer, GridStaff, Dispatcher, Reviewer, Administrator, Auditor];

    pub fn as_str(self) -> &'static str {
        match self {
            Viewer => "viewer",
            GridStaff => "grid_staff",
            Dispatcher => "dispatcher",
            Reviewer => "reviewer",
            Administrator => "administrator",
            Auditor => "auditor",
        }
    }

    pub fn may(self, act: Act) -> bool {
        TABLE.iter().any(|(row, roles)| *row == act && roles.contains(&self))
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{value:?} is no role; allowed: viewer grid_staff dispatcher reviewer administrator auditor"
)]
pub struct BadRole {
    pub value: String,
}

impl FromStr for Role {
    type Err = BadRole;
    fn from_str(text: &str) -> Result<Self, BadRole> {
        let known = Self::ALL.into_iter().find(|role| role.as_str() == text);
        known.ok_or_else(|| BadRole { value: text.chars().take(40).collect() })
    }
}

/// The roles of one person. Text form: names with spaces between.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Roles(BTreeSet<Role>);

impl Roles {
    pub fn may(&self, act: Act) -> bool {
        self.0.iter().any(|role| role.may(act))
    }

    pub fn has(&self, role: Role) -> bool {
        self.0.contains(&role)
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn iter(&self) -> impl Iterator<Item = Role> + '_ {
        self.0.iter().copied()
    }
}

impl FromIterator<Role> for Roles {
    fn from_iter<I: IntoIterator<Item = Role>>(roles: I) -> Self {
        Self(roles.into_iter().collect())
    }
}

impl fmt::Display for Roles {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.iter().map(Role::as_str).collect();
        f.write_str(&names.join(" "))
    }
}

impl FromStr for Roles {
    type Err = BadRole;
    fn from_str(text: &str) -> Result<Self, BadRole> {
        text.split_whitespace().map(str::parse).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_act_has_one_row_and_somebody_who_may() {
        let acts: BTreeSet<Act> = TABLE.iter().map(|(act, _)| *act).collect();
        assert_eq!(acts.len(), TABLE.len(), "an act has two rows");
        for (act, roles) in TABLE {
            assert!(!roles.is_empty(), "nobody may {act:?}");
        }
        for role in Role::ALL {
            assert!(acts.iter().any(|act| role.may(*act)), "{role} may nothing");
            assert!(!acts.iter().all(|act| role.may(*act)), "{role} may everything");
        }
    }

    #[test]
    fn duties_are_kept_apart() {
        assert!(!Administrator.may(Act::SeePictures) && !Administrator.may(Act::ReadAudit));
        let changes = [Act::Review, Act::Merge, Act::Dispatch, Act::Feedback, Act::ManageUsers];
        for act in changes {
            assert!(!Auditor.may(act) && !Viewer.may(act), "{act:?}");
        }
        // Whoever says that it was done is not who closes it, by role already.
        assert!(!Reviewer.may(Act::Feedback));
    }

    #[test]
    fn every_decision_of_people_is_some_act() {
        use crate::domain::case::lifecycle::{Phase, State, actions};
        for state in State::ALL {
            for phase in [Phase::BeforeFiling, Phase::AfterFiling] {
                for (action, _) in actions(*state, phase) {
                    assert!(Act::of_decision(action.as_str()).is_some(), "{action}");
                }
            }
        }
        assert_eq!(Act::of_decision("opened"), None);
    }

    #[test]
    fn several_roles_add_up_and_round_trip() {
        let both: Roles = "reviewer administrator".parse().unwrap();
        assert!(both.may(Act::Review) && both.may(Act::ManageUsers) && !both.may(Act::Dispatch));
        assert_eq!(both.to_string().parse::<Roles>().unwrap(), both);
        let error = "reviewer chief".parse::<Roles>().unwrap_err().to_string();
        assert!(error.contains("chief") && error.contains("grid_staff"), "{error}");
        assert!(!Roles::default().may(Act::SeeCases));
    }
}
