//! `password`: a hash for `[[auth.user]]` of `hub.toml`. The password is read from standard input, so
//! that it never stands in a command line.

use super::{BadInput, Ended};
use crate::roles::hub::password::hash;
use anyhow::Context;
use std::io::{BufRead, Write};

#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  gridwarden password\n  read -rs P && printf %s \"$P\" | gridwarden password\nThe line that is printed goes to [[auth.user]] of hub.toml as password_hash."
)]
pub struct PasswordArgs {}

/// One line in, one argon2 PHC string out. `asks`: somebody is typing.
pub fn run(mut input: impl BufRead, mut output: impl Write, asks: bool) -> anyhow::Result<Ended> {
    if asks {
        eprint!("password (8 to 256 characters, it shows as you type): ");
    }
    let mut line = String::new();
    input.read_line(&mut line).context("the password cannot be read from standard input")?;
    let password = line.trim_end_matches(['\r', '\n']);
    let hash = hash(password).map_err(|error| BadInput(error.to_string()))?;
    writeln!(output, "{}", hash.reveal())?;
    Ok(Ended::Done)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_becomes_a_hash_and_a_short_one_is_refused() {
        let mut printed = Vec::new();
        run(&b"correct horse\n"[..], &mut printed, false).unwrap();
        assert!(printed.starts_with(b"$argon2id$") && printed.ends_with(b"\n"));
        let error = run(&b"short\n"[..], Vec::new(), false).unwrap_err();
        assert!(error.is::<BadInput>() && error.to_string().contains("5 characters"), "{error}");
    }
}
