//! `pki`: the certificates of one district, and who may say what at its broker.

use super::{BadInput, Ended};
use crate::{
    base::{
        clock::{Clock, SystemClock},
        time::WallTime,
    },
    domain::{
        ids::{DistrictId, NodeId},
        wire::mosquitto_acl,
    },
    drivers::pki::{
        AUTHORITY, Authority, CA_FILE, CERT_FILE, CRL_FILE, Holder, KEY_FILE, Kind, PkiError,
        Renewed,
    },
};
use anyhow::Context;
use serde_json::json;
use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
    time::Duration,
};

const DAYS_SECS: u64 = 86_400;
const BROKER: &str = "broker";
const HUB: &str = "hub";

#[derive(Debug, clap::Args)]
pub struct PkiArgs {
    #[command(subcommand)]
    command: PkiCommand,
}

#[derive(Debug, clap::Subcommand)]
enum PkiCommand {
    /// Make the district's own authority
    Init(InitArgs),
    /// Make a key and a certificate: a folder to be carried to its box
    Issue {
        #[command(subcommand)]
        what: Issue,
    },
    /// Renew what ends soon, with the same keys, and tell how long each certificate lasts
    Renew(RenewArgs),
    /// Shut somebody out whose box was lost or stolen
    Revoke(RevokeArgs),
    /// Write Mosquitto's access list and listener for these certificates
    Acl(AclArgs),
}

#[derive(Debug, clap::Args)]
struct Folder {
    /// Folder of the authority
    #[arg(long, default_value = "pki")]
    dir: PathBuf,
}

#[derive(Debug, clap::Args)]
struct Lasting {
    /// Days that the certificate lasts
    #[arg(long, default_value_t = 365, value_parser = clap::value_parser!(u32).range(1..=3_650))]
    days: u32,
}

#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  gridwarden pki init --dir pki --district 440310\n\
    pki/ca/key.pem signs for the whole district: it stays here, readable for you alone.")]
struct InitArgs {
    #[command(flatten)]
    folder: Folder,
    /// The district of [node] and of the hub
    #[arg(long)]
    district: DistrictId,
    /// Days that the authority lasts
    #[arg(long, default_value_t = AUTHORITY_DAYS, value_parser = clap::value_parser!(u32).range(365..=18_250))]
    days: u32,
}

const AUTHORITY_DAYS: u32 = 3_650;

#[derive(Debug, clap::Subcommand)]
enum Issue {
    /// For the broker
    #[command(
        after_help = "Example:\n  gridwarden pki issue broker --host mqtt.example.cn --host 10.0.0.2"
    )]
    Broker(ServerArgs),
    /// For a hub: it serves edges with it, and is known to the broker by it
    #[command(after_help = "Examples:\n  gridwarden pki issue hub --host hub.example.cn\n  \
        gridwarden pki issue hub --name hub-2 --host 10.0.0.4")]
    Hub {
        /// Each hub of a district has a name of its own
        #[arg(long, default_value = HUB)]
        name: NodeId,
        #[command(flatten)]
        server: ServerArgs,
    },
    /// For edges
    #[command(after_help = "Example:\n  gridwarden pki issue edge edge-1 edge-2")]
    Edge {
        #[command(flatten)]
        folder: Folder,
        #[command(flatten)]
        lasting: Lasting,
        /// Node ids, as in [node] of edge.toml
        #[arg(required = true)]
        nodes: Vec<NodeId>,
    },
}

#[derive(Debug, clap::Args)]
struct ServerArgs {
    #[command(flatten)]
    folder: Folder,
    #[command(flatten)]
    lasting: Lasting,
    /// A name or address that clients use for it; may be given several times
    #[arg(long = "host", required = true)]
    hosts: Vec<String>,
}

#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  gridwarden pki renew --dir pki --within-days 30\n\
    Keys stay, so a box needs only its new cert.pem (and ca.pem), and SIGHUP. The authority itself is\n\
    renewed when it has less than two years left.")]
struct RenewArgs {
    #[command(flatten)]
    folder: Folder,
    #[command(flatten)]
    lasting: Lasting,
    /// Renew what ends within so many days
    #[arg(long, default_value_t = 30, value_parser = clap::value_parser!(u32).range(1..=3_650))]
    within_days: u32,
    /// JSON instead of a table
    #[arg(long)]
    json: bool,
}

#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  gridwarden pki revoke --node edge-1\n\
    Signs a new list, pki/ca/crl.pem, with a copy in the folders of the broker and of each hub: carry these to\n\
    their boxes, restart the broker, send SIGHUP to the hub. A new box may then have the name: pki issue edge.")]
struct RevokeArgs {
    #[command(flatten)]
    folder: Folder,
    /// The name in the certificate: a node id, or a hub's name
    #[arg(long, value_name = "NAME")]
    node: NodeId,
}

#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  gridwarden pki acl --dir pki --at /etc/mosquitto/gridwarden\n\
    Writes pki/broker/acl and pki/broker/gridwarden.conf. Copy pki/broker to that place, let the\n\
    user mosquitto read it, and put into /etc/mosquitto/conf.d/gridwarden.conf:\n  \
    include_dir /etc/mosquitto/gridwarden")]
struct AclArgs {
    #[command(flatten)]
    folder: Folder,
    /// Where the broker will find the folder; left out: where it is now
    #[arg(long)]
    at: Option<PathBuf>,
    #[arg(long, default_value_t = 8_883)]
    port: u16,
}

pub fn run(args: &PkiArgs, output: impl Write) -> anyhow::Result<Ended> {
    let now = SystemClock::new().wall();
    let done = match &args.command {
        PkiCommand::Init(args) => init(args, now, output),
        PkiCommand::Issue { what } => issue(what, now, output),
        PkiCommand::Renew(args) => renew(args, now, output),
        PkiCommand::Revoke(args) => revoke(args, now, output),
        PkiCommand::Acl(args) => acl(args, now, output),
    };
    done.map(|()| Ended::Done)
}

fn said(error: PkiError) -> anyhow::Error {
    match error.is_usage() {
        true => BadInput(error.to_string()).into(),
        false => error.into(),
    }
}

fn init(args: &InitArgs, now: WallTime, mut output: impl Write) -> anyhow::Result<()> {
    let dir = &args.folder.dir;
    let made = Authority::make(dir, &args.district, now, args.days).map_err(said)?;
    let (path, ends) = (dir.join("ca"), made.ends_at().local(0).date);
    writeln!(output, "{}: authority of district {}, until {ends}", path.display(), args.district)?;
    Ok(())
}

fn issue(what: &Issue, now: WallTime, mut output: impl Write) -> anyhow::Result<()> {
    let one = |kind, name: &NodeId| Holder { kind, name: name.clone() };
    let (folder, days, hosts, holders) = match what {
        Issue::Broker(args) => {
            let name = BROKER.parse().map_err(|error| said(PkiError::Name(error)))?;
            (&args.folder, args.lasting.days, &*args.hosts, vec![one(Kind::Broker, &name)])
        }
        Issue::Hub { name, server: args } => {
            (&args.folder, args.lasting.days, &*args.hosts, vec![one(Kind::Hub, name)])
        }
        Issue::Edge { folder, lasting, nodes } => {
            let holders = nodes.iter().map(|node| one(Kind::Edge, node)).collect();
            (folder, lasting.days, &[][..], holders)
        }
    };
    let authority = Authority::open(&folder.dir).map_err(said)?;
    for holder in holders {
        let made = authority.issue(&holder, hosts, now, days).map_err(said)?;
        let Holder { kind, name } = holder;
        writeln!(output, "{}: {kind} {name}, for {days} days", made.display())?;
    }
    Ok(())
}

fn renew(args: &RenewArgs, now: WallTime, mut output: impl Write) -> anyhow::Result<()> {
    let mut authority = Authority::open(&args.folder.dir).map_err(said)?;
    let within = Duration::from_secs(u64::from(args.within_days) * DAYS_SECS);
    let told = authority.renew(now, within, args.lasting.days, AUTHORITY_DAYS).map_err(said)?;
    for Renewed { holder, ends_at, renewed } in told {
        let (kind, name) = holder.map_or(("authority".to_owned(), "ca".to_owned()), |holder| {
            (holder.kind.to_string(), holder.name.to_string())
        });
        if args.json {
            let line = json!({"name": name, "kind": kind, "ends_at": ends_at, "renewed": renewed});
            writeln!(output, "{line}")?;
        } else {
            let (ends, did) = (ends_at.local(0).date, if renewed { "renewed" } else { "" });
            writeln!(output, "{}", format!("{name:<24} {kind:<10} {ends} {did}").trim_end())?;
        }
    }
    let list = authority.renew_list(now).map_err(said)?;
    if args.json {
        let line = json!({"name": CRL_FILE, "kind": "list", "ends_at": list.ends_at, "renewed": true,
            "revoked": list.revoked.len()});
        writeln!(output, "{line}")?;
    } else {
        let (ends, count) = (list.ends_at.local(0).date, list.revoked.len());
        writeln!(output, "{CRL_FILE:<24} {:<10} {ends} {count} revoked, renewed", "list")?;
    }
    Ok(())
}

fn revoke(args: &RevokeArgs, now: WallTime, mut output: impl Write) -> anyhow::Result<()> {
    let (dir, node) = (&args.folder.dir, &args.node);
    let authority = Authority::open(dir).map_err(said)?;
    let list = authority.revoke(node, now).map_err(said)?;
    let (ends, count) = (list.ends_at.local(0).date, list.revoked.len());
    let path = dir.join(AUTHORITY).join(CRL_FILE);
    writeln!(output, "{}: {node} is revoked, {count} in all, until {ends}", path.display())?;
    for one in authority.issued().map_err(said)? {
        let copy = dir.join(one.holder.name.as_str()).join(CRL_FILE);
        if copy.is_file() {
            writeln!(output, "{}: to be carried to its box", copy.display())?;
        }
    }
    Ok(())
}

fn acl(args: &AclArgs, now: WallTime, mut output: impl Write) -> anyhow::Result<()> {
    let authority = Authority::open(&args.folder.dir).map_err(said)?;
    let folder = args.folder.dir.join(BROKER);
    if !folder.is_dir() {
        let message = format!(
            "{}: the broker has no certificate yet; make one with: gridwarden pki issue broker",
            folder.display()
        );
        return Err(BadInput(message).into());
    }
    if !folder.join(CRL_FILE).is_file() {
        // An authority of an earlier version; without a list the broker lets nobody in.
        authority.renew_list(now).map_err(said)?;
    }
    let hubs = authority.issued().map_err(said)?.into_iter();
    let hubs: Vec<String> = hubs
        .filter(|issued| issued.holder.kind == Kind::Hub)
        .map(|issued| issued.holder.name.to_string())
        .collect();
    if hubs.is_empty() {
        tracing::warn!("no hub has a certificate yet: none may read; write this anew once one has");
    }
    let at = match &args.at {
        Some(at) => at.clone(),
        None => fs::canonicalize(&folder).with_context(|| folder.display().to_string())?,
    };
    for (name, text) in [
        ("acl", mosquitto_acl(authority.district(), &hubs)),
        ("gridwarden.conf", listener(&at, args.port)),
    ] {
        let path = folder.join(name);
        fs::write(&path, text).with_context(|| path.display().to_string())?;
        writeln!(output, "{}", path.display())?;
    }
    Ok(())
}

/// A listener that knows its clients by their certificates alone. The client id is set to the name in
/// the certificate, or one edge could throw another out by calling itself by its id.
fn listener(at: &Path, port: u16) -> String {
    let at = at.display();
    format!(
        "# Written by `gridwarden pki acl`, which writes it anew: changes made here are lost.\n\
         listener {port}\n\
         cafile {at}/{CA_FILE}\n\
         certfile {at}/{CERT_FILE}\n\
         keyfile {at}/{KEY_FILE}\n\
         crlfile {at}/{CRL_FILE}\n\
         tls_version tlsv1.2\n\
         require_certificate true\n\
         use_identity_as_username true\n\
         use_username_as_clientid true\n\
         allow_anonymous false\n\
         acl_file {at}/acl\n"
    )
}
