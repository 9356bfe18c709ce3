//! A full disk under the edge's data: analysis goes on, facts wait in memory and are stored later.

use crate::{
    daemons::{Database, Site, ready, street, until},
    facts::{address, fact},
};
use gridwarden::{
    base::clock::SystemClock,
    domain::{outbox::OutboxSeq, wire::FactKind},
    drivers::store::edge::{CommitBatch, EdgeStore},
};
use std::{
    fs::{self, File},
    io::Write,
    path::{Path, PathBuf},
    process::Command,
    sync::Arc,
};

/// A file system of a few MiB; gone when dropped.
struct SmallDisk(PathBuf);

impl SmallDisk {
    /// `None`, and says so, where that is not allowed.
    fn mount(at: &Path) -> Option<Self> {
        fs::create_dir_all(at).unwrap();
        let mounted =
            Command::new("mount").args(["-t", "tmpfs", "-o", "size=4m", "tmpfs"]).arg(at).output();
        if mounted.is_ok_and(|output| output.status.success()) {
            return Some(Self(at.to_owned()));
        }
        println!("skipped: mounting a small tmpfs needs root");
        None
    }

    fn ballast(&self) -> PathBuf {
        self.0.join("ballast")
    }

    /// To the last byte.
    fn fill(&self) {
        let mut file = File::create(self.ballast()).unwrap();
        let mut block = vec![0_u8; 65_536];
        while !block.is_empty() {
            if file.write_all(&block).is_err() {
                block.truncate(block.len() / 2);
            }
        }
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

/// Case ids of the log lines that tell of opened cases.
fn told(log: &str) -> Vec<String> {
    let lines = log.lines().filter(|line| line.contains("case opened"));
    lines
        .filter_map(|line| line.split("case=").nth(1)?.split_whitespace().next().map(str::to_owned))
        .collect()
}

#[test]
fn analysis_goes_on_and_facts_are_stored_once_there_is_room() {
    if !ready() {
        return;
    }
    let site = Site::new("allow_anonymous true");
    let Some(disk) = SmallDisk::mount(&site.edge_data()) else { return };
    site.write_camera("street", &street().display().to_string(), 2, "");
    site.write_edge(&["street"]);
    let (hub, edge) = (site.hub(), site.edge());
    until("the first case", || !told(&edge.log()).is_empty());
    disk.fill();
    edge.until_logged(&["case facts wait in memory", "the disk is full", "edge.sqlite"]);
    let before = told(&edge.log()).len();
    until("cases during the fault", || told(&edge.log()).len() >= before + 3);

    let waiting = told(&edge.log());
    fs::remove_file(disk.ballast()).unwrap();
    edge.until_logged(&["case facts are stored again"]);
    let at_hub = || {
        use sqlx::Row;
        let rows = site.hub_database().rows("SELECT case_id FROM cases");
        rows.iter().map(|row| row.get(0)).collect::<Vec<String>>()
    };
    until("every case is at the hub", || {
        let at_hub = at_hub();
        waiting.iter().all(|case| at_hub.contains(case))
    });
    drop((edge, hub));
}

/// SQLite ends a transaction by itself when its commit meets a full disk. Whoever thinks that it is
/// still open nests the next ones in it, and they are never written.
#[tokio::test]
async fn what_is_committed_after_a_full_disk_is_on_the_disk() {
    let folder = tempfile::TempDir::new().unwrap();
    let Some(disk) = SmallDisk::mount(folder.path()) else { return };
    let path = folder.path().join("edge.sqlite");
    let clock = Arc::new(SystemClock::new());
    let store = EdgeStore::open(&path, address(), clock).await.unwrap();
    let commit = async |case| {
        let facts = vec![fact(case, "cam-a", 1, FactKind::Opened)];
        store.commit(&CommitBatch { facts, uploads: Vec::new() }).await
    };
    for round in 1..=3 {
        disk.fill();
        for _ in 0..3 {
            commit(100 + round).await.expect_err("the disk is full");
            // The publish loop shares the connection.
            let _ = store.delete_outbox_rows(&[OutboxSeq(i64::MAX)]).await;
        }
        fs::remove_file(disk.ballast()).unwrap();
        commit(round).await.unwrap();
        let seen = path.clone();
        let on_disk = tokio::task::spawn_blocking(move || {
            Database(seen).count("SELECT count(*) FROM outbox")
        });
        assert_eq!(on_disk.await.unwrap(), round as i64);
    }
    store.close().await;
}
