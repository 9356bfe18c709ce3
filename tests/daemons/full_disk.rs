//! A full disk under the edge's data: analysis goes on, facts wait in memory and are stored later.

use crate::daemons::{Site, ready, street, until};
use std::{
    fs::{self, File},
    io::Write,
    path::{Path, PathBuf},
    process::Command,
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
