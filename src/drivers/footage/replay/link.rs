//! RTSP over one TCP connection, as far as replay needs it: requests, answers, RTP between them.
//!
//! Enters: bytes of somebody's recorder, which may be anything. Leaves: answers and RTP packets, each within
//! bounds. GStreamer's own client asks a recorder for what its DESCRIBE lists, never for a moment beyond.

use super::rtp;
use crate::base::{
    challenge::{Challenge, Login},
    clock::Clock,
    time::Monotonic,
};
use std::{
    io::{self, BufRead, BufReader, Read, Write},
    net::{TcpStream, ToSocketAddrs},
    sync::Arc,
    time::Duration,
};

/// A recorder that says nothing for so long has nothing more to say.
pub const SILENCE_MAX: Duration = Duration::from_secs(10);
/// Sessions end after a minute without a request.
const KEEP_ALIVE: Duration = Duration::from_secs(25);
const PORT: u16 = 554;
const LINE_BYTES_MAX: usize = 8 * 1024;
const HEADERS_MAX: usize = 64;
const BODY_BYTES_MAX: usize = 64 * 1024;
/// One request a nonce and connection needs no second number; the client's own adds nothing here.
const CNONCE: &str = "67726964";
/// Interleaved data begins with it.
const DOLLAR: u8 = b'$';

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    Unreachable(String),
    Refused(String),
    Unusable(String),
}

#[derive(Debug, Default)]
pub struct Answer {
    pub status: u16,
    pub reason: String,
    headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, it)| &**it)
    }
}

/// What stands in the stream next.
enum Heard {
    Answer(Answer),
    /// Channel and packet.
    Data(u8, Vec<u8>),
    /// The recorder asks something; nothing of it matters here.
    Request,
    End,
}

pub struct Link {
    stream: BufReader<TcpStream>,
    login: Option<Login>,
    challenge: Option<Challenge>,
    session: Option<String>,
    cseq: u32,
    clock: Arc<dyn Clock>,
    asked_at: Monotonic,
    /// What keeps the session alive goes there.
    address: String,
}

impl Link {
    pub fn connect(
        address: &str,
        login: Option<Login>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, Fault> {
        let (host, port) = host(address).ok_or_else(|| {
            Fault::Unusable("its address is none; expected: rtsp://host[:port]/path".to_owned())
        })?;
        let unreachable = |error: io::Error| Fault::Unreachable(format!("{host}:{port}: {error}"));
        let mut found = (host, port).to_socket_addrs().map_err(unreachable)?;
        let found = found.next().ok_or_else(|| unreachable(io::ErrorKind::NotFound.into()))?;
        let stream = TcpStream::connect_timeout(&found, SILENCE_MAX).map_err(unreachable)?;
        stream.set_read_timeout(Some(SILENCE_MAX)).map_err(unreachable)?;
        stream.set_write_timeout(Some(SILENCE_MAX)).map_err(unreachable)?;
        Ok(Self {
            stream: BufReader::new(stream),
            login,
            challenge: None,
            session: None,
            cseq: 0,
            asked_at: clock.monotonic(),
            clock,
            address: address.to_owned(),
        })
    }

    /// The answer to a request; a challenge is met once. Anything but success is a refusal in words.
    pub fn ask(
        &mut self,
        method: &str,
        address: &str,
        headers: &[(&str, &str)],
    ) -> Result<Answer, Fault> {
        let mut answer = self.ask_once(method, address, headers)?;
        if answer.status == 401 && self.login.is_some() && self.challenge.is_none() {
            let offered = answer.headers.iter();
            let offered = offered.filter(|(name, _)| name.eq_ignore_ascii_case("www-authenticate"));
            self.challenge = Challenge::best(offered.map(|(_, value)| &**value));
            answer = self.ask_once(method, address, headers)?;
        }
        if let Some(session) = answer.header("session") {
            self.session = session.split(';').next().map(|id| id.trim().to_owned());
        }
        match answer.status {
            200..300 => Ok(answer),
            401 => Err(Fault::Refused("401: check username and password_file".to_owned())),
            status => Err(Fault::Refused(format!("{method}: {status} {}", answer.reason))),
        }
    }

    fn ask_once(
        &mut self,
        method: &str,
        address: &str,
        headers: &[(&str, &str)],
    ) -> Result<Answer, Fault> {
        self.say(method, address, headers)?;
        loop {
            match self.hear()? {
                Heard::Answer(answer) => return Ok(answer),
                Heard::Data(..) | Heard::Request => {}
                Heard::End => return Err(Fault::Unreachable("it hung up".to_owned())),
            }
        }
    }

    fn say(&mut self, method: &str, address: &str, headers: &[(&str, &str)]) -> Result<(), Fault> {
        self.cseq += 1;
        let mut text = format!("{method} {address} RTSP/1.0\r\nCSeq: {}\r\n", self.cseq);
        let agent = concat!("gridwarden/", env!("CARGO_PKG_VERSION"));
        let session = self.session.as_deref().map(|session| ("Session", session));
        for (name, value) in [("User-Agent", agent)].into_iter().chain(session) {
            text += &format!("{name}: {value}\r\n");
        }
        if let (Some(challenge), Some(login)) = (&self.challenge, &self.login) {
            text +=
                &format!("Authorization: {}\r\n", challenge.answer(login, method, address, CNONCE));
        }
        for (name, value) in headers {
            text += &format!("{name}: {value}\r\n");
        }
        text += "\r\n";
        self.asked_at = self.clock.monotonic();
        self.stream.get_mut().write_all(text.as_bytes()).map_err(lost)
    }

    /// The next packet of a channel; `None` at the end of the stream, or of the recorder's patience.
    pub fn packet(&mut self, wanted: u8) -> Result<Option<Vec<u8>>, Fault> {
        loop {
            if self.clock.monotonic().since(self.asked_at) > KEEP_ALIVE {
                let address = self.address.clone();
                self.say("GET_PARAMETER", &address, &[])?;
            }
            match self.hear()? {
                Heard::Data(channel, packet) if channel == wanted => return Ok(Some(packet)),
                Heard::Data(channel, report)
                    if channel == wanted.wrapping_add(1) && rtp::is_goodbye(&report) =>
                {
                    return Ok(None);
                }
                Heard::Data(..) | Heard::Answer(_) | Heard::Request => {}
                Heard::End => return Ok(None),
            }
        }
    }

    /// How long it may say nothing from now on.
    pub fn be_patient(&self, span: Duration) -> Result<(), Fault> {
        self.stream.get_ref().set_read_timeout(Some(span)).map_err(lost)
    }

    /// Says goodbye; whether that is heard is the recorder's matter.
    pub fn hang_up(&mut self, address: &str) {
        if let Err(fault) = self.say("TEARDOWN", address, &[]) {
            tracing::debug!(?fault, "a replay ends without a goodbye");
        }
    }

    fn hear(&mut self) -> Result<Heard, Fault> {
        let mut first = [0];
        loop {
            match self.stream.read(&mut first).map_err(lost)? {
                0 => return Ok(Heard::End),
                _ if first[0] == DOLLAR => break,
                // Some send empty lines between messages.
                _ if matches!(first[0], b'\r' | b'\n') => {}
                _ => return self.hear_message(first[0]),
            }
        }
        let mut head = [0; 3];
        self.stream.read_exact(&mut head).map_err(lost)?;
        let mut packet = vec![0; usize::from(u16::from_be_bytes([head[1], head[2]]))];
        self.stream.read_exact(&mut packet).map_err(lost)?;
        Ok(Heard::Data(head[0], packet))
    }

    fn hear_message(&mut self, first: u8) -> Result<Heard, Fault> {
        let start = char::from(first).to_string() + &self.line()?;
        let mut answer = Answer::default();
        let is_answer = start.starts_with("RTSP/");
        if is_answer {
            let mut words = start.splitn(3, ' ').skip(1);
            let status = words.next().and_then(|word| word.parse().ok());
            answer.status = status.ok_or_else(|| no_rtsp(&start))?;
            answer.reason = words.next().unwrap_or_default().chars().take(80).collect();
        } else if !start.ends_with("RTSP/1.0") {
            return Err(no_rtsp(&start));
        }
        loop {
            let line = self.line()?;
            let Some((name, value)) = line.split_once(':') else {
                if line.is_empty() {
                    break;
                }
                return Err(no_rtsp(&line));
            };
            if answer.headers.len() == HEADERS_MAX {
                return Err(Fault::Unusable(format!("more than {HEADERS_MAX} headers")));
            }
            answer.headers.push((name.trim().to_owned(), value.trim().to_owned()));
        }
        let bytes: usize = match answer.header("content-length") {
            None => 0,
            Some(text) => text.parse().map_err(|_| no_rtsp(text))?,
        };
        if bytes > BODY_BYTES_MAX {
            let said = format!("a body of {bytes} bytes; allowed: {BODY_BYTES_MAX}");
            return Err(Fault::Unusable(said));
        }
        answer.body = vec![0; bytes];
        self.stream.read_exact(&mut answer.body).map_err(lost)?;
        Ok(if is_answer { Heard::Answer(answer) } else { Heard::Request })
    }

    fn line(&mut self) -> Result<String, Fault> {
        let mut line = Vec::new();
        let mut bounded = self.stream.by_ref().take(LINE_BYTES_MAX as u64);
        bounded.read_until(b'\n', &mut line).map_err(lost)?;
        if line.pop() != Some(b'\n') {
            return Err(Fault::Unusable("a line without an end".to_owned()));
        }
        Ok(String::from_utf8_lossy(&line).trim_end_matches('\r').to_owned())
    }
}

fn lost(error: io::Error) -> Fault {
    match error.kind() {
        io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => {
            Fault::Unreachable(format!("nothing came for {} s", SILENCE_MAX.as_secs()))
        }
        _ => Fault::Unreachable(error.to_string()),
    }
}

fn no_rtsp(line: &str) -> Fault {
    let line: String = line.chars().take(60).collect();
    Fault::Unusable(format!("{line:?} is no RTSP"))
}

/// Host and port of `rtsp://host[:port]/path`.
fn host(address: &str) -> Option<(&str, u16)> {
    let rest = address.strip_prefix("rtsp://")?;
    let authority = rest.split(['/', '?']).next().filter(|authority| !authority.is_empty())?;
    let (host, port) = match authority.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => (host, port.parse().ok()?),
        _ => (authority, PORT),
    };
    Some((host.trim_start_matches('[').trim_end_matches(']'), port))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_have_a_host_and_a_port() {
        assert_eq!(host("rtsp://nvr/a/b?c=d"), Some(("nvr", 554)));
        assert_eq!(host("rtsp://10.0.0.9:8554/a"), Some(("10.0.0.9", 8554)));
        assert_eq!(host("rtsp://[fe80::1]:8554"), Some(("fe80::1", 8554)));
        assert_eq!(host("rtsp://[fe80::1]/a"), Some(("fe80::1", 554)));
        for none in ["rtsp:///a", "http://nvr/a", "rtsp://nvr:port/"] {
            assert_eq!(host(none), None, "{none}");
        }
    }

    /// What a client says of whoever answers like that.
    fn told(answer: &'static [u8]) -> Fault {
        let server = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("rtsp://{}/a", server.local_addr().unwrap());
        let serving = std::thread::spawn(move || {
            let (mut stream, _) = server.accept().unwrap();
            let mut request = [0; 1_024];
            let _ = stream.read(&mut request).unwrap();
            // It may have hung up already.
            let _ = stream.write_all(answer);
        });
        let clock = Arc::new(crate::base::clock::SystemClock::new());
        let mut link = Link::connect(&address, None, clock).unwrap();
        let fault = link.ask("DESCRIBE", &address, &[]).unwrap_err();
        serving.join().unwrap();
        fault
    }

    #[test]
    fn whatever_answers_is_bounded_and_named() {
        let unusable = |answer| matches!(told(answer), Fault::Unusable(_));
        assert!(unusable(b"HTTP/1.1 400 Bad Request\r\n\r\n"));
        assert!(unusable(b"RTSP/1.0 soon\r\n\r\n"));
        assert!(unusable(b"RTSP/1.0 200 OK\r\nContent-Length: 999999999\r\n\r\n"));
        let long = Box::leak(Box::new([b'a'; 3 * LINE_BYTES_MAX]));
        assert!(unusable(long));
        assert_eq!(
            told(b"$\x01\x00\x02xy\r\nRTSP/1.0 404 Not Found\r\n\r\n"),
            Fault::Refused("DESCRIBE: 404 Not Found".to_owned()),
            "data and empty lines before it are passed over"
        );
        assert!(matches!(told(b"RTSP/1.0 200 OK\r\nCSeq"), Fault::Unusable(_)));
        assert!(matches!(told(b""), Fault::Unreachable(_)));
    }
}
