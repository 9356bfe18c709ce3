//! A real Mosquitto on a free port of loopback, stopped with the demo.

use anyhow::Context;
use std::{
    fs,
    net::{Ipv4Addr, TcpListener, TcpStream},
    path::Path,
    process::{Child, Command, Stdio},
    time::Duration,
};

const BINARIES: [&str; 2] = ["/usr/sbin/mosquitto", "mosquitto"];
const START_ATTEMPTS: u32 = 100;
const START_PAUSE: Duration = Duration::from_millis(50);

pub struct Broker {
    process: Child,
    port: u16,
}

impl Broker {
    pub fn start(dir: &Path) -> anyhow::Result<Self> {
        fs::create_dir_all(dir)?;
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port();
        let config = dir.join("mosquitto.conf");
        fs::write(
            &config,
            format!("listener {port} 127.0.0.1\nallow_anonymous true\npersistence false\n"),
        )?;
        let log = fs::File::create(dir.join("log"))?;
        let mut command = BINARIES.iter().find_map(|binary| {
            let mut command = Command::new(binary);
            command.arg("-c").arg(&config).stdout(Stdio::null()).stderr(log.try_clone().ok()?);
            command.spawn().ok()
        });
        let process = command
            .take()
            .context("the program mosquitto was not found; `make demo` installs it (Debian package mosquitto)")?;
        let mut broker = Self { process, port };
        for _ in 0..START_ATTEMPTS {
            if TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_ok() {
                return Ok(broker);
            }
            if let Some(status) = broker.process.try_wait()? {
                anyhow::bail!(
                    "mosquitto ended with {status}: {}",
                    fs::read_to_string(dir.join("log"))?.trim()
                );
            }
            std::thread::sleep(START_PAUSE);
        }
        anyhow::bail!("mosquitto does not listen on port {port}")
    }

    pub fn url(&self) -> String {
        format!("mqtt://127.0.0.1:{}", self.port)
    }
}

impl Drop for Broker {
    fn drop(&mut self) {
        // It may have ended by itself; there is nothing left to do then.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
