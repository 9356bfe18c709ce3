//! Wiring, task lifetimes, configuration; nothing clever.
