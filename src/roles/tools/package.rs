//! `gridwarden package`: the evidence package of one case, from the hub's own files.
//!
//! Enters: `hub.toml` and a case. Leaves: a zip or a folder ([`crate::roles::hub::package`]). The hub
//! may go on running meanwhile.

use super::{BadInput, Ended, written_by_hub};
use crate::{
    base::clock::{Clock, SystemClock},
    domain::ids::CaseId,
    drivers::{evidence::files::EvidenceFiles, store::hub::HubStore},
    roles::{
        config::hub::load_hub,
        hub::{
            HubConfig, first_start,
            package::{PackageError, assemble},
            register::Register,
        },
    },
};
use anyhow::Context;
use axum::body::Bytes;
use futures_util::{Stream, TryStreamExt};
use std::{
    io,
    path::{Path, PathBuf},
    pin::pin,
    sync::Arc,
};
use tokio::{
    fs::{self, OpenOptions},
    io::AsyncWriteExt,
};

#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  gridwarden package --config packaging/hub.toml --case 019b76da-a800-7000-8000-000000000001 --out case.zip --by li.wei"
)]
pub struct PackageArgs {
    /// The hub's configuration; its register, evidence and package key are read
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    /// Case id
    #[arg(long, value_name = "ID")]
    case: CaseId,
    /// What is made and must not be there yet: a zip where the name ends in .zip, else a folder
    #[arg(long, value_name = "PATH")]
    out: PathBuf,
    /// Who takes it out, for the access log
    #[arg(long, value_name = "NAME")]
    by: String,
    /// Why, for the access log
    #[arg(long, value_name = "TEXT", default_value = "package")]
    why: String,
}

pub fn run(args: &PackageArgs) -> anyhow::Result<Ended> {
    let config = load_hub(&args.config)?.config;
    // Opening would make them, and an empty register or a new key is no answer to a wrong path.
    written_by_hub(
        &args.config,
        &[
            ("store.url", config.database.file()),
            ("evidence.url", Some(&config.evidence_dir)),
            ("evidence.key_file", Some(&config.package_key_file)),
        ],
    )?;
    if args.out.exists() {
        let there = format!("--out {}: is there already; name a new one", args.out.display());
        return Err(BadInput(there).into());
    }
    tokio::runtime::Runtime::new()?.block_on(pack(&config, args))?;
    println!("-> {}", args.out.display());
    Ok(Ended::Done)
}

async fn pack(config: &HubConfig, args: &PackageArgs) -> anyhow::Result<()> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
    let key = first_start::package_key(&config.package_key_file)?;
    let store = HubStore::open(config.database.clone(), config.district.clone()).await?;
    let files = EvidenceFiles::open(&config.evidence_dir, config.bucket.as_ref()).await?;
    let register = Register::over(store, files, clock).await?;
    let package = match assemble(&register, &config.district, &key, args.case).await {
        Err(PackageError::NotFound(case_id)) => {
            return Err(BadInput(format!("--case {case_id}: the hub has no such case")).into());
        }
        made => made?,
    };
    let entries = package.accesses(&register, &args.by, None, &args.why);
    register.store.log_accesses(&entries).await?;
    let files = register.files.clone();
    if args.out.extension().is_some_and(|ending| ending == "zip") {
        write(&args.out, package.into_zip(files)).await?;
    } else {
        for (name, content) in package.into_files(files) {
            write(&args.out.join(name), content).await?;
        }
    }
    register.store.close().await;
    Ok(())
}

async fn write(path: &Path, content: impl Stream<Item = io::Result<Bytes>>) -> anyhow::Result<()> {
    let written = async {
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).await?;
        }
        let mut file = OpenOptions::new().write(true).create_new(true).open(path).await?;
        let mut content = pin!(content);
        while let Some(chunk) = content.try_next().await? {
            file.write_all(&chunk).await?;
        }
        file.sync_all().await
    };
    written.await.with_context(|| format!("{} cannot be written", path.display()))
}
