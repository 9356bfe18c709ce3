//! Who may do what, and where: one table of roles and acts, and the area of a person.
//!
//! A person has one role or several; what any of them may, the person may. Nobody has a role that may
//! everything: who keeps the accounts does not look at pictures, and who reads the log cannot change
//! anything that stands in it.
//!
//! What no video can decide goes to one of the grid's staff ([`nearest`]).
//!
//! The area is a set of BeiDou cells. It bounds what a person sees and does alike; a case without a
//! place lies in no area, and only people without bounds see it.

mod area;
mod nearest;
mod role;

pub use area::{Area, BadArea};
pub use nearest::{Assigned, AssignedWhy, Ranked, Staff, nearest, ranked};
pub use role::{Act, BadRole, Role, Roles, TABLE};
