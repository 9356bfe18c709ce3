//! `user`: accounts of a hub's register, without its page. The hub may go on running meanwhile.

use super::{BadInput, Ended, written_by_hub};
use crate::{
    base::clock::{Clock, SystemClock},
    domain::{
        ids::{IdSource, RandomIds},
        people::{Area, Role},
    },
    drivers::store::hub::{Access, AccessKind, HubStore, NewUser, UserChange, UserRow},
    roles::{
        config::hub::load_hub,
        hub::{
            accounts::{UNIT_CHARS_MAX, is_name},
            password::hash,
        },
    },
};
use anyhow::Context;
use serde_json::json;
use std::{
    io::{BufRead, Write},
    path::PathBuf,
};

/// Who changes accounts by this command, in the log: whoever may read the hub's secrets.
const WHO: &str = "command line";

#[derive(Debug, clap::Args)]
pub struct UserArgs {
    #[command(subcommand)]
    command: UserCommand,
}

#[derive(Debug, clap::Subcommand)]
enum UserCommand {
    /// A new account; its password is read from standard input
    #[command(
        after_help = "Example:\n  read -rs P && printf %s \"$P\" | gridwarden user add li --role reviewer --unit 城管中队 --config hub.toml"
    )]
    Add(AddArgs),
    /// All accounts of the register
    #[command(after_help = "Example:\n  gridwarden user list --config hub.toml --json")]
    List {
        #[command(flatten)]
        hub: Hub,
        /// JSON instead of a table
        #[arg(long)]
        json: bool,
    },
    /// Close an account and end its sessions
    #[command(after_help = "Example:\n  gridwarden user disable li --config hub.toml")]
    Disable(NamedArgs),
    /// Open it again
    #[command(after_help = "Example:\n  gridwarden user enable li --config hub.toml")]
    Enable(NamedArgs),
    /// A new password, read from standard input; ends the account's sessions
    #[command(
        after_help = "Example:\n  read -rs P && printf %s \"$P\" | gridwarden user passwd li --config hub.toml"
    )]
    Passwd(NamedArgs),
}

#[derive(Debug, clap::Args)]
struct Hub {
    /// The hub's configuration
    #[arg(long)]
    config: PathBuf,
}

#[derive(Debug, clap::Args)]
struct NamedArgs {
    name: String,
    #[command(flatten)]
    hub: Hub,
}

#[derive(Debug, clap::Args)]
struct AddArgs {
    name: String,
    /// viewer, grid_staff, dispatcher, reviewer, administrator or auditor; may be given several times
    #[arg(long = "role", required = true)]
    roles: Vec<Role>,
    #[arg(long)]
    unit: Option<String>,
    /// A BeiDou code that bounds what the person sees; may be given several times
    #[arg(long = "cell")]
    cells: Vec<String>,
    #[command(flatten)]
    hub: Hub,
}

/// `asks`: somebody is typing.
pub fn run(
    args: &UserArgs,
    input: impl BufRead,
    output: impl Write,
    asks: bool,
) -> anyhow::Result<Ended> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let done = match &args.command {
        UserCommand::Add(args) => runtime.block_on(add(args, input, asks)),
        UserCommand::List { hub, json } => runtime.block_on(list(hub, *json, output)),
        UserCommand::Disable(args) => {
            let change = UserChange { disabled: Some(true), ..UserChange::default() };
            runtime.block_on(change_one(args, change))
        }
        UserCommand::Enable(args) => {
            let change = UserChange { disabled: Some(false), ..UserChange::default() };
            runtime.block_on(change_one(args, change))
        }
        UserCommand::Passwd(args) => {
            let password_hash = Some(hash(&password(input, asks)?).map_err(bad)?);
            let change = UserChange { password_hash, ..UserChange::default() };
            runtime.block_on(change_one(args, change))
        }
    };
    done.map(|()| Ended::Done)
}

fn bad(error: impl std::fmt::Display) -> BadInput {
    BadInput(error.to_string())
}

fn password(mut input: impl BufRead, asks: bool) -> anyhow::Result<String> {
    if asks {
        eprint!("password (8 to 256 characters, it shows as you type): ");
    }
    let mut line = String::new();
    input.read_line(&mut line).context("the password cannot be read from standard input")?;
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}

/// The register, and the names that stand in the configuration.
async fn open(hub: &Hub) -> anyhow::Result<(HubStore, Vec<String>)> {
    let plan = load_hub(&hub.config)?;
    let config = plan.config;
    written_by_hub(&hub.config, &[("store.url", config.database.file())])?;
    let store = HubStore::open(config.database.clone(), config.district.clone()).await?;
    let configured = config.users.into_iter().map(|user| user.name);
    let configured =
        configured.chain(plan.password_files.into_iter().map(|file| file.account.name));
    Ok((store, configured.collect()))
}

fn entry(name: &str, detail: String) -> Access {
    let at = SystemClock::new().wall();
    Access {
        entry_id: RandomIds.next_uuid(at),
        at,
        who: WHO.to_owned(),
        unit: None,
        kind: AccessKind::Account,
        case_id: None,
        sha256: None,
        why: String::new(),
        detail: format!("{name}: {detail}"),
    }
}

async fn add(args: &AddArgs, input: impl BufRead, asks: bool) -> anyhow::Result<()> {
    let AddArgs { name, roles, unit, cells, hub } = args;
    if !is_name(name) {
        let message =
            format!("name {name:?}: 1 to 64 letters, digits, - _ . @, and no name of a machine");
        return Err(BadInput(message).into());
    }
    let unit = unit.as_deref().map(str::trim).filter(|unit| !unit.is_empty());
    if unit.is_some_and(|unit| unit.chars().count() > UNIT_CHARS_MAX) {
        return Err(BadInput(format!("--unit: at most {UNIT_CHARS_MAX} characters")).into());
    }
    let area = Area::of_codes(cells.iter().map(String::as_str));
    let area = area.map_err(|error| BadInput(format!("--cell: {error}")))?;
    let (store, configured) = open(hub).await?;
    let new = NewUser {
        name: name.clone(),
        subject: None,
        password_hash: Some(hash(&password(input, asks)?).map_err(bad)?),
        roles: roles.iter().copied().collect(),
        unit: unit.map(str::to_owned),
        area,
        at: SystemClock::new().wall(),
    };
    let entry = entry(name, format!("added: {}", new.roles));
    if configured.contains(name) || !store.add_user(&new, &entry).await? {
        return Err(BadInput(format!("{name}: there is an account of this name already")).into());
    }
    store.close().await;
    Ok(())
}

async fn change_one(args: &NamedArgs, change: UserChange) -> anyhow::Result<()> {
    let NamedArgs { name, hub } = args;
    let (store, configured) = open(hub).await?;
    if configured.contains(name) {
        let file = hub.config.display();
        return Err(BadInput(format!("{name}: stands in {file}, and is changed there")).into());
    }
    if change.password_hash.is_some()
        && store.user(name).await?.is_some_and(|user| user.subject.is_some())
    {
        let message =
            format!("{name}: signs in through the identity provider, which keeps the password");
        return Err(BadInput(message).into());
    }
    if !store.change_user(name, &change, &entry(name, change.to_string())).await? {
        return Err(BadInput(format!("{name}: there is no such account")).into());
    }
    store.close().await;
    Ok(())
}

async fn list(hub: &Hub, as_json: bool, mut output: impl Write) -> anyhow::Result<()> {
    let (store, _) = open(hub).await?;
    for UserRow { name, subject, roles, unit, area, disabled, .. } in store.users().await? {
        let kept_in = if subject.is_some() { "provider" } else { "register" };
        if as_json {
            let line = json!({"name": name, "roles": roles, "unit": unit, "area": area,
                              "disabled": disabled, "kept_in": kept_in});
            writeln!(output, "{line}")?;
        } else {
            let (unit, off) = (unit.unwrap_or_default(), if disabled { "disabled" } else { "" });
            let line = format!("{name:<16} {roles:<32} {unit:<16} {area} {off}");
            writeln!(output, "{}", line.trim_end())?;
        }
    }
    store.close().await;
    Ok(())
}
