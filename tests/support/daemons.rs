//! Real edge and hub processes on the configuration files that are shipped, in a folder of their own.

use crate::mosquitto::Mosquitto;
use sqlx::{
    ConnectOptions, Connection,
    sqlite::{SqliteConnectOptions, SqliteRow},
};
use std::{
    fs::{self, OpenOptions},
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Output, Stdio},
    time::Duration,
};
use tempfile::TempDir;

/// Long enough for a loaded machine; a passing run takes a fraction.
const PATIENCE: Duration = Duration::from_secs(120);
const LOOK_EVERY: Duration = Duration::from_millis(50);
const LOG_SHOWN_BYTES: usize = 6_000;

pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// False, and says so, where this machine lacks what an edge needs.
pub fn ready() -> bool {
    let library = std::env::var_os("ORT_DYLIB_PATH")
        .map_or_else(|| root().join(".build/onnxruntime/libonnxruntime.so"), PathBuf::from);
    let needed = [
        library,
        root().join("models/street-nano.onnx"),
        root().join("tests/scenes/street.mp4"),
        PathBuf::from("/usr/sbin/mosquitto"),
    ];
    match needed.iter().find(|path| !path.exists()) {
        Some(path) => {
            println!("skipped: {} is missing; `make test` sets it up", path.display());
            false
        }
        None => true,
    }
}

/// Waits until `done`; the panic names what was waited for.
#[track_caller]
pub fn until(what: &str, mut done: impl FnMut() -> bool) {
    let mut waited = Duration::ZERO;
    while !done() {
        assert!(waited < PATIENCE, "waited in vain for: {what}");
        std::thread::sleep(LOOK_EVERY);
        waited += LOOK_EVERY;
    }
}

/// A command that must succeed.
#[track_caller]
pub fn gridwarden(args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_gridwarden"));
    let done = command.args(args).current_dir(root()).output().unwrap();
    let said = String::from_utf8_lossy(&done.stdout) + String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "{args:?}: {said}");
    done
}

/// One process of gridwarden; killed when dropped. Its log goes on over restarts.
pub struct Daemon {
    role: &'static str,
    config: PathBuf,
    process: Option<Child>,
}

impl Daemon {
    pub fn start(role: &'static str, config: &Path) -> Self {
        let mut daemon = Self { role, config: config.to_owned(), process: None };
        daemon.restart();
        daemon
    }

    /// After [`Self::kill`] or an end of its own.
    pub fn restart(&mut self) {
        self.kill();
        let log = OpenOptions::new().create(true).append(true).open(self.log_path()).unwrap();
        let process = Command::new(env!("CARGO_BIN_EXE_gridwarden"))
            .args([self.role, "--config"])
            .arg(&self.config)
            .current_dir(root())
            .env_remove("RUST_LOG")
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .spawn();
        self.process = Some(process.unwrap());
    }

    /// SIGKILL.
    pub fn kill(&mut self) {
        if let Some(mut process) = self.process.take() {
            // It may have ended by itself.
            let _ = process.kill();
            process.wait().unwrap();
        }
    }

    /// `TERM`, `HUP`.
    pub fn signal(&self, name: &str) {
        let id = self.process.as_ref().expect("it runs").id();
        let sent = Command::new("sh").args(["-c", &format!("kill -{name} {id}")]).status();
        assert!(sent.unwrap().success(), "{} has ended: {}", self.role, self.log());
    }

    pub fn is_running(&mut self) -> bool {
        self.process.as_mut().is_some_and(|process| process.try_wait().unwrap().is_none())
    }

    /// Waits for its end.
    #[track_caller]
    pub fn ended(&mut self) -> ExitStatus {
        until(&format!("{} ends", self.role), || !self.is_running());
        self.process.take().unwrap().wait().unwrap()
    }

    pub fn log(&self) -> String {
        fs::read_to_string(self.log_path()).unwrap()
    }

    #[track_caller]
    pub fn until_logged(&self, parts: &[&str]) {
        let all = |line: &str| parts.iter().all(|part| line.contains(part));
        until(&format!("{parts:?} in the log of {}", self.role), || self.log().lines().any(all));
    }

    fn log_path(&self) -> PathBuf {
        self.config.with_extension("log")
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        self.kill();
        if std::thread::panicking() {
            let log = self.log();
            let from = log.floor_char_boundary(log.len().saturating_sub(LOG_SHOWN_BYTES));
            eprintln!("--- end of the log of {}\n{}", self.role, &log[from..]);
        }
    }
}

/// A database that a daemon may be writing, or has left behind when it was killed.
pub struct Database(pub PathBuf);

impl Database {
    /// Nothing while the daemon has not made it yet.
    pub fn rows(&self, query: &'static str) -> Vec<SqliteRow> {
        if !self.0.exists() {
            return Vec::new();
        }
        let read = async {
            let options = SqliteConnectOptions::new()
                .filename(&self.0)
                .busy_timeout(Duration::from_secs(10))
                .disable_statement_logging();
            let mut connection = options.connect().await?;
            let rows = sqlx::query(query).fetch_all(&mut connection).await?;
            connection.close().await?;
            Ok::<_, sqlx::Error>(rows)
        };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        match runtime.block_on(read) {
            Ok(rows) => rows,
            // Made, and not filled yet.
            Err(sqlx::Error::Database(error)) if error.message().contains("no such table") => {
                Vec::new()
            }
            Err(error) => panic!("{}: {query}: {error}", self.0.display()),
        }
    }

    /// The number that the query gives.
    pub fn count(&self, query: &'static str) -> i64 {
        use sqlx::Row;
        self.rows(query).first().map_or(0, |row| row.get(0))
    }
}

/// A folder with the configuration of one hub and one edge, and their broker.
pub struct Site {
    pub broker: Mosquitto,
    pub hub_address: String,
    folder: TempDir,
}

impl Site {
    /// `broker` are lines of mosquitto.conf.
    pub fn new(broker: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let hub_address = listener.local_addr().unwrap().to_string();
        let folder = TempDir::new().unwrap();
        let site = Self { broker: Mosquitto::start(broker), hub_address, folder };
        fs::write(site.path("hub.toml"), site.shipped("hub.toml")).unwrap();
        site
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A file of `packaging/` with this site's places.
    pub fn shipped(&self, name: &str) -> String {
        let text = fs::read_to_string(root().join("packaging").join(name)).unwrap();
        let folder = self.folder.path().display().to_string();
        for part in ["mqtt://127.0.0.1:1883", "127.0.0.1:8600", "/var/lib/gridwarden"] {
            assert!(text.contains(part) || name != "edge.toml", "{name} has no {part}");
        }
        text.replace("mqtt://127.0.0.1:1883", &self.broker.url())
            .replace("127.0.0.1:8600", &self.hub_address)
            .replace("/var/lib/gridwarden", &format!("{folder}/gridwarden"))
            .replace(
                "../pipelines/calendars",
                &root().join("pipelines/calendars").display().to_string(),
            )
            .replace("../pipelines/limits", &root().join("pipelines/limits").display().to_string())
    }

    /// Writes `edge.toml` with these cameras.
    pub fn write_edge(&self, cameras: &[&str]) {
        let files: Vec<String> =
            cameras.iter().map(|camera| format!("\"{camera}.toml\"")).collect();
        let shipped = "pipelines = [\"../pipelines/demo_street.toml\"]";
        let text = self.shipped("edge.toml");
        assert!(text.contains(shipped));
        let text = text.replace(shipped, &format!("pipelines = [{}]", files.join(", ")));
        fs::write(self.path("edge.toml"), text).unwrap();
    }

    /// Writes the pipeline file of a camera that reports everybody who is in view for a second, and
    /// after `patterns` more.
    pub fn write_camera(&self, camera: &str, uri: &str, zones: usize, patterns: &str) {
        let model = root().join("models/street-nano.toml");
        self.write_camera_with_model(camera, uri, zones, patterns, &model);
    }

    pub fn write_camera_with_model(
        &self,
        camera: &str,
        uri: &str,
        zones: usize,
        patterns: &str,
        model: &Path,
    ) {
        let names: Vec<String> = (0..zones).map(|zone| format!("zone-{zone}")).collect();
        let tables: String =
            names.iter().map(|name| format!("[[zone]]\nid = \"{name}\"\n")).collect();
        let text = format!(
            "[camera]\nid = \"{camera}\"\n[source]\nuri = \"{uri}\"\nanalysed_fps = 5.0\n\
             [frame]\nwidth_px = 640\nheight_px = 360\n[model]\nmanifest = \"{}\"\n{tables}\
             [[pattern]]\nid = \"loitering\"\nzones = {names:?}\n\
             dwell_secs = 1\ngap_secs_max = 1\nclear_secs = 1\n{patterns}",
            model.display(),
        );
        fs::write(self.path(&format!("{camera}.toml")), text).unwrap();
    }

    pub fn hub(&self) -> Daemon {
        Daemon::start("hub", &self.path("hub.toml"))
    }

    pub fn edge(&self) -> Daemon {
        Daemon::start("edge", &self.path("edge.toml"))
    }

    pub fn edge_data(&self) -> PathBuf {
        self.path("gridwarden-edge")
    }

    pub fn edge_database(&self) -> Database {
        Database(self.edge_data().join("edge.sqlite"))
    }

    pub fn hub_database(&self) -> Database {
        Database(self.path("gridwarden-hub/hub.sqlite"))
    }
}

/// The rendered street, played in a loop from its beginning.
pub fn street() -> PathBuf {
    root().join("tests/scenes/street.mp4")
}
