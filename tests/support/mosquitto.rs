//! A real Mosquitto on a free port, without persistence, that can be killed and started again.

use std::{
    fs,
    net::{TcpListener, TcpStream},
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};
use tempfile::TempDir;

pub struct Mosquitto {
    folder: TempDir,
    port: u16,
    process: Option<Child>,
}

impl Mosquitto {
    /// `settings` are lines of mosquitto.conf.
    pub fn start(settings: &str) -> Self {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let folder = TempDir::new().unwrap();
        let config =
            format!("listener {port} 127.0.0.1\npersistence false\nuser root\n{settings}\n");
        fs::write(folder.path().join("mosquitto.conf"), config).unwrap();
        let mut broker = Self { folder, port, process: None };
        broker.restart();
        broker
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    pub fn url(&self) -> String {
        format!("mqtt://127.0.0.1:{}", self.port())
    }

    /// SIGKILL: sessions, queues and retained messages are gone.
    pub fn kill(&mut self) {
        if let Some(mut process) = self.process.take() {
            process.kill().unwrap();
            process.wait().unwrap();
        }
    }

    /// Returns once the port answers.
    pub fn restart(&mut self) {
        self.kill();
        // Debian keeps it where only root's PATH looks.
        let program =
            ["/usr/sbin/mosquitto", "mosquitto"].into_iter().find(|p| Path::new(p).exists());
        let process = Command::new(program.unwrap_or("mosquitto"))
            .arg("-c")
            .arg(self.folder.path().join("mosquitto.conf"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("mosquitto does not start: install the Debian package `mosquitto`");
        self.process = Some(process);
        let deadline = wall_clock() + Duration::from_secs(20);
        while TcpStream::connect(("127.0.0.1", self.port)).is_err() {
            assert!(wall_clock() < deadline, "mosquitto does not answer on port {}", self.port);
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "the patience of a test with another process")]
fn wall_clock() -> Instant {
    Instant::now()
}

impl Drop for Mosquitto {
    fn drop(&mut self) {
        self.kill();
    }
}
