//! A PostgreSQL server of a test's own, in a folder of its own, on a free port.

use std::{
    fs, net,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Duration,
};
use tempfile::TempDir;

const PATIENCE: Duration = Duration::from_secs(60);
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// Stopped when dropped.
pub struct Postgres {
    programs: PathBuf,
    folder: TempDir,
    port: u16,
    server: Option<Child>,
}

impl Postgres {
    /// `None`: PostgreSQL is not installed here, and the caller says that it skips.
    pub fn start() -> Option<Self> {
        let programs = programs()?;
        let folder = tempfile::tempdir().unwrap();
        let taken = net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = taken.local_addr().unwrap().port();
        drop(taken);
        let mut postgres = Self { programs, folder, port, server: None };
        let data = postgres.folder.path().join("data");
        fs::create_dir(&data).unwrap();
        if is_root() {
            for path in [postgres.folder.path(), &data] {
                assert!(
                    Command::new("chown").arg("postgres:").arg(path).status().unwrap().success()
                );
            }
        }
        let made = postgres
            .program("initdb")
            .arg("-D")
            .arg(&data)
            .args(["-U", "gridwarden", "-A", "trust", "-E", "UTF8", "--no-locale", "--no-sync"])
            .output()
            .unwrap();
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        postgres.restart();
        Some(postgres)
    }

    pub fn url(&self) -> String {
        format!("postgres://gridwarden@127.0.0.1:{}/postgres", self.port)
    }

    /// Ends every connection at once and keeps what was committed.
    pub fn stop(&mut self) {
        if let Some(mut server) = self.server.take() {
            let interrupt = ["-INT", &server.id().to_string()];
            assert!(Command::new("kill").args(interrupt).status().unwrap().success());
            server.wait().unwrap();
        }
    }

    pub fn restart(&mut self) {
        let data = self.folder.path().join("data");
        let server = self
            .program("postgres")
            .arg("-D")
            .arg(data)
            .arg("-k")
            .arg(self.folder.path())
            .args(["-h", "127.0.0.1", "-p", &self.port.to_string()])
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        self.server = Some(server);
        let (port, mut waited) = (self.port.to_string(), Duration::ZERO);
        let ready = ["-q", "-h", "127.0.0.1", "-p", &port];
        while !Command::new(self.programs.join("pg_isready"))
            .args(ready)
            .status()
            .unwrap()
            .success()
        {
            assert!(waited < PATIENCE, "PostgreSQL does not come up");
            std::thread::sleep(LOOK_EVERY);
            waited += LOOK_EVERY;
        }
    }

    /// PostgreSQL refuses to run as root.
    fn program(&self, name: &str) -> Command {
        let path = self.programs.join(name);
        if !is_root() {
            return Command::new(path);
        }
        let mut command = Command::new("setpriv");
        command.args(["--reuid=postgres", "--regid=postgres", "--clear-groups"]).arg(path);
        command
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        self.stop();
    }
}

fn is_root() -> bool {
    let id = Command::new("id").arg("-u").output().unwrap();
    id.stdout.trim_ascii() == b"0"
}

/// Debian keeps the server's programs out of the way, a folder a version.
fn programs() -> Option<PathBuf> {
    let versions = fs::read_dir("/usr/lib/postgresql").ok()?;
    let programs = versions.filter_map(Result::ok).map(|version| version.path().join("bin"));
    programs.filter(|path| Path::new(path).join("postgres").exists()).max()
}
