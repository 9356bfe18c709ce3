//! An S3 store of a test's own (SeaweedFS), in a folder of its own, on free ports. It checks signatures.

use std::{
    fs,
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Duration,
};
use tempfile::TempDir;

pub const ACCESS_KEY: &str = "gridwarden";
pub const SECRET_KEY: &str = "secret-of-the-tests";

const PATIENCE: Duration = Duration::from_secs(60);
const LOOK_EVERY: Duration = Duration::from_millis(50);
/// Parts of it talk to each other, each over a port of its own.
const PORTS: [&str; 8] = [
    "master.port",
    "master.port.grpc",
    "volume.port",
    "volume.port.grpc",
    "filer.port",
    "filer.port.grpc",
    "s3.port",
    "s3.port.grpc",
];

/// Stopped when dropped.
pub struct ObjectStore {
    folder: TempDir,
    ports: [u16; 8],
    server: Child,
}

impl ObjectStore {
    /// `None`: it is not installed here, and the caller says that it skips.
    pub fn start() -> Option<Self> {
        let program = program()?;
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name).display().to_string();
        let identity = format!(
            r#"{{"identities": [{{"name": "hub", "actions": ["Admin"],
                "credentials": [{{"accessKey": "{ACCESS_KEY}", "secretKey": "{SECRET_KEY}"}}]}}]}}"#
        );
        fs::write(folder.path().join("identities.json"), identity).unwrap();
        fs::create_dir(folder.path().join("data")).unwrap();
        let ports = free_ports();
        let server = Command::new(program)
            .current_dir(folder.path())
            .args(["server", "-filer", "-s3", "-s3.iam=false", "-master.telemetry=false"])
            .args(["-ip=127.0.0.1", "-ip.bind=127.0.0.1", "-master.volumeSizeLimitMB=64"])
            .args(["-s3.port.iceberg=0", "-s3.port.lance=0"])
            .arg(format!("-dir={}", at("data")))
            .arg(format!("-s3.config={}", at("identities.json")))
            .arg(format!("-filer.localSocket={}", at("filer.sock")))
            .arg(format!("-s3.localSocket={}", at("s3.sock")))
            .args(PORTS.iter().zip(ports).map(|(name, port)| format!("-{name}={port}")))
            .stdout(Stdio::null())
            .stderr(fs::File::create(folder.path().join("log")).unwrap())
            .spawn()
            .unwrap();
        let mut store = Self { folder, ports, server };
        store.wait_until_it_asks_who_calls();
        Some(store)
    }

    /// It makes a bucket when the first object comes.
    pub fn endpoint(&self) -> String {
        format!("http://127.0.0.1:{}", self.s3_port())
    }

    fn s3_port(&self) -> u16 {
        self.ports[6]
    }

    fn wait_until_it_asks_who_calls(&mut self) {
        let mut waited = Duration::ZERO;
        while !asks_who_calls(self.s3_port()) {
            let ended = self.server.try_wait().unwrap();
            assert!(ended.is_none(), "the S3 store ended by itself: {}", self.log());
            assert!(waited < PATIENCE, "the S3 store does not come up: {}", self.log());
            std::thread::sleep(LOOK_EVERY);
            waited += LOOK_EVERY;
        }
    }

    fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }
}

/// A call without a signature is refused once the store is ready for those that have one.
fn asks_who_calls(port: u16) -> bool {
    let Ok(mut stream) = TcpStream::connect(("127.0.0.1", port)) else { return false };
    let mut status = [0; 12];
    stream.write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").is_ok()
        && stream.read_exact(&mut status).is_ok()
        && status == *b"HTTP/1.1 403"
}

fn free_ports() -> [u16; 8] {
    // All held at once, or the same could be given twice.
    let taken = PORTS.map(|_| TcpListener::bind("127.0.0.1:0").unwrap());
    taken.map(|listener| listener.local_addr().unwrap().port())
}

impl Drop for ObjectStore {
    fn drop(&mut self) {
        // Asked to end, it takes its leave of each of its parts, which is a quarter of a minute.
        let _ = self.server.kill();
        let _ = self.server.wait();
        // It puts these there whatever it is told, and a kill leaves them.
        for (name, port) in PORTS.iter().zip(self.ports) {
            if let Some(part) = name.strip_suffix(".port.grpc") {
                let _ = fs::remove_file(format!("/tmp/seaweedfs-{part}-grpc-{port}.sock"));
            }
        }
    }
}

/// Put there by `make test`.
fn program() -> Option<PathBuf> {
    let program = Path::new(env!("CARGO_MANIFEST_DIR")).join(".build/object-store/weed");
    program.exists().then_some(program)
}
