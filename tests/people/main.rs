//! Who may do what at the hub: every route by every role, areas, accounts, and the log of it all.
#![cfg(feature = "hub")]

mod accounts;
mod area;
mod assigned;
mod hub;
mod log;
mod routes;
