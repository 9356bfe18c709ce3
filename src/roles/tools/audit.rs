//! `gridwarden audit`: does every entry of every history still give the root of its day?
//!
//! Enters: `hub.toml`, and roots that were written down elsewhere. Leaves: each day with its root, and what
//! does not fit. Nothing is changed; the hub may go on running meanwhile.

use super::{Ended, written_by_hub};
use crate::{base::time::LocalDate, drivers::store::hub::HubStore, roles::config::hub::load_hub};
use std::{io::Write, path::PathBuf, str::FromStr};

#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  gridwarden audit --config packaging/hub.toml --root 2026-11-27=3f6c0b7e..."
)]
pub struct AuditArgs {
    /// The hub's configuration; its register is read
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    /// The root of a day as it was written down elsewhere; may repeat
    #[arg(long = "root", value_name = "DAY=ROOT")]
    roots: Vec<Kept>,
    /// One JSON object instead of lines
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Kept {
    day: LocalDate,
    root: String,
}

impl FromStr for Kept {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let (day, root) =
            text.split_once('=').ok_or("write DAY=ROOT, such as 2026-11-27=3f6c...")?;
        let day = day.parse().map_err(|error| format!("{error}"))?;
        let hash = root.len() == 64 && root.bytes().all(|byte| byte.is_ascii_hexdigit());
        match hash {
            true => Ok(Self { day, root: root.to_ascii_lowercase() }),
            false => Err(format!("{root:?} is no root: 64 hexadecimal digits")),
        }
    }
}

pub fn run(args: &AuditArgs, mut out: impl Write) -> anyhow::Result<Ended> {
    let config = load_hub(&args.config)?.config;
    // Opening would make an empty register, which is no answer to a wrong path.
    written_by_hub(&args.config, &[("store.url", config.database.file())])?;
    let (roots, mut faults) = tokio::runtime::Runtime::new()?.block_on(async {
        let store = HubStore::open(config.database.clone(), config.district.clone()).await?;
        let roots = store.day_roots(u32::MAX).await?;
        let bad = store.check_day_roots().await?;
        store.close().await;
        let faults: Vec<String> = bad.iter().map(ToString::to_string).collect();
        anyhow::Ok((roots, faults))
    })?;
    for kept in &args.roots {
        match roots.iter().find(|root| root.day == kept.day) {
            Some(root) if root.root == kept.root => {}
            Some(root) => faults.push(format!("day {}: its root is {} now", kept.day, root.root)),
            None => faults.push(format!("day {}: has no root of its own here", kept.day)),
        }
    }
    if args.json {
        let days: Vec<_> = (roots.iter())
            .map(|root| {
                let day = root.day.to_string();
                serde_json::json!({"day": day, "root": root.root, "chains": root.chains})
            })
            .collect();
        writeln!(out, "{}", serde_json::json!({"days": days, "faults": faults}))?;
    } else {
        for root in &roots {
            writeln!(out, "{} {} {} histories", root.day, root.root, root.chains)?;
        }
        for fault in &faults {
            writeln!(out, "fault: {fault}")?;
        }
    }
    Ok(if faults.is_empty() { Ended::Done } else { Ended::Failed })
}
