//! Where a stream comes from, and a name for it that may be shown.
//!
//! Enters: the `uri` of a pipeline file (`rtsp://`, `rtsps://`, `http(s)://`, `file://` or a path).
//! Leaves: an [`Address`] whose `Display` never carries a user, a password or a query.

use std::{
    fmt,
    net::{SocketAddr, TcpStream, ToSocketAddrs},
    path::PathBuf,
    time::Duration,
};

#[derive(Clone, PartialEq, Eq)]
pub enum Address {
    Rtsp(String),
    Http(String),
    File(PathBuf),
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{uri}: {reason}; write rtsp://host/path, http://host/path or the path of a file")]
pub struct BadAddress {
    pub uri: String,
    pub reason: &'static str,
}

impl Address {
    pub fn parse(text: &str) -> Result<Self, BadAddress> {
        let bad = |reason| BadAddress { uri: without_credentials(text), reason };
        if text.is_empty() {
            return Err(bad("the address is empty"));
        }
        let Some((scheme, rest)) = text.split_once("://") else {
            return Ok(Self::File(text.into()));
        };
        match scheme.to_ascii_lowercase().as_str() {
            "file" => Ok(Self::File(rest.into())),
            _ if is_ambiguous(rest) => {
                Err(bad("'@', '/' and '?' in a password must be written %40, %2F and %3F"))
            }
            _ if host_and_port(text).is_none() => Err(bad("it names no host, or a bad port")),
            "rtsp" | "rtsps" | "rtspt" | "rtspu" => Ok(Self::Rtsp(text.to_owned())),
            "http" | "https" => Ok(Self::Http(text.to_owned())),
            _ => Err(bad("this scheme is not known")),
        }
    }

    /// Whether anybody listens there, in words with the cure; `None` if somebody does.
    /// Blocks up to two seconds: only for explaining a failure that has already happened.
    pub fn why_unreachable(&self) -> Option<String> {
        let (Self::Rtsp(uri) | Self::Http(uri)) = self else { return None };
        let (host, port) = host_and_port(uri)?;
        let place = format!("{host}:{port}");
        let resolved: Option<SocketAddr> =
            (host, port).to_socket_addrs().ok().and_then(|mut found| found.next());
        let Some(socket) = resolved else {
            return Some(format!("the host name {host} does not resolve: is it spelled right?"));
        };
        let error = TcpStream::connect_timeout(&socket, Duration::from_secs(2)).err()?;
        Some(match error.kind() {
            std::io::ErrorKind::ConnectionRefused => {
                format!("connection refused: is the camera at {place} on, and is this its port?")
            }
            std::io::ErrorKind::TimedOut | std::io::ErrorKind::WouldBlock => {
                format!("no answer from {place}: is the camera on, and does a route lead there?")
            }
            _ => format!("{place} cannot be reached: {error}"),
        })
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rtsp(uri) | Self::Http(uri) => f.write_str(&without_credentials(uri)),
            Self::File(path) => path.display().fmt(f),
        }
    }
}

/// As `Display`: an address must not leak its password through a derived `Debug`.
impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Drops `user:password@` and everything after `?`: many cameras take the password there.
/// A password may hold '/', '@' or '?' unescaped, so what is doubtful is not shown.
fn without_credentials(uri: &str) -> String {
    let Some((scheme, rest)) = uri.split_once("://") else { return uri.to_owned() };
    let shown = match (rest.rfind('@'), rest.find('?')) {
        (Some(at), Some(query)) if query < at => "...",
        (at, query) => &rest[at.map_or(0, |at| at + 1)..query.unwrap_or(rest.len())],
    };
    format!("{scheme}://{shown}")
}

/// An '@' ends the password in the authority; a second one means that it ended too soon.
fn is_ambiguous(rest: &str) -> bool {
    let authority = rest.split(['/', '?']).next().unwrap_or_default();
    authority.contains('@') && rest.matches('@').count() > 1
}

fn host_and_port(uri: &str) -> Option<(&str, u16)> {
    let (scheme, rest) = uri.split_once("://")?;
    let authority = rest.split(['/', '?']).next()?;
    let authority = authority.rsplit_once('@').map_or(authority, |(_, after)| after);
    let default_port = match scheme.to_ascii_lowercase().as_str() {
        "http" => 80,
        "https" => 443,
        "rtsps" => 322,
        _ => 554,
    };
    let (host, port) = match authority.strip_prefix('[') {
        Some(v6) => {
            let (host, after) = v6.split_once(']')?;
            (host, after.strip_prefix(':'))
        }
        None => match authority.split_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (authority, None),
        },
    };
    let port = port.map_or(Some(default_port), |port| port.parse().ok())?;
    (!host.is_empty()).then_some((host, port))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shown_name_has_no_user_password_or_query() {
        for (uri, shown) in [
            ("rtsp://10.0.0.14/main", "rtsp://10.0.0.14/main"),
            ("rtsp://admin:hunter2@10.0.0.14:8554/main", "rtsp://10.0.0.14:8554/main"),
            ("rtsp://admin:hun%40ter2@10.0.0.14/main", "rtsp://10.0.0.14/main"),
            ("http://cam/video?user=admin&password=hunter2", "http://cam/video"),
            ("http://cam/video?user=a@b&password=hunter2", "http://..."),
        ] {
            let address = Address::parse(uri).unwrap();
            assert_eq!(address.to_string(), shown);
            assert_eq!(format!("{address:?}"), shown);
        }
    }

    #[test]
    fn anything_without_a_scheme_is_a_path() {
        let address = Address::parse("footage/a@b.mp4").unwrap();
        assert_eq!(address, Address::File("footage/a@b.mp4".into()));
        assert_eq!(Address::parse("file:///tmp/a.mp4"), Ok(Address::File("/tmp/a.mp4".into())));
    }

    #[test]
    fn bad_addresses_say_so_without_the_password() {
        let error = Address::parse("ftp://admin:hunter2@host/x").unwrap_err().to_string();
        assert!(error.contains("scheme") && !error.contains("hunter2"), "{error}");
        for uri in ["rtsp://admin:hun@ter/2@10.0.0.14/x", "rtsp://admin:hun?ter2@10.0.0.14/x"] {
            let error = Address::parse(uri).unwrap_err().to_string();
            assert!(!error.contains("hun") && !error.contains("ter"), "{error}");
        }
        assert!(Address::parse("rtsp:///path").is_err());
        assert!(Address::parse("rtsp://host:99999/path").is_err());
        assert!(Address::parse("").is_err());
    }

    #[test]
    fn hosts_and_ports_are_found() {
        assert_eq!(host_and_port("rtsp://u:p@cam:8554/x"), Some(("cam", 8554)));
        assert_eq!(host_and_port("rtsp://cam"), Some(("cam", 554)));
        assert_eq!(host_and_port("https://[::1]:8443/x"), Some(("::1", 8443)));
    }

    #[test]
    fn a_closed_port_is_told_with_the_cure() {
        let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let reason = Address::parse(&format!("rtsp://{free}/x")).unwrap().why_unreachable();
        let reason = reason.unwrap_or_default();
        assert!(reason.contains("connection refused: is the camera at"), "{reason}");
    }
}
