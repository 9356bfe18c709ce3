//! Who may do what, and where: one table of roles and acts, and the area of a person.
//!
//! A person has one role or several; what any of them may, the person may. Nobody has a role that may
//! everything: who keeps the accounts does not look at pictures, and who reads the log cannot change
//! anything that stands in it.
//!
//! The area is a set of BeiDou cells. It bounds what a person sees and does alike; a case without a
//! place lies in no area, and only people without bounds see it.

mod area;
mod role;

pub use area::{Area, BadArea};
pub use role::{Act, BadRole, Role, Roles, TABLE};
