//! Parses arguments, calls one role, sets the exit code.
fn main() {}
