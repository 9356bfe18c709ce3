//! Who asks: the answers to a server's challenge, Basic (RFC 7617) and Digest (RFC 2069, RFC 2617, RFC 7616), in RTSP and
//! in HTTP alike.

use super::{hex::hex, secret::Secret};
use base64::{Engine, prelude::BASE64_STANDARD};
use md5::{Digest, Md5};
use sha2::Sha256;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Login {
    pub username: String,
    pub password: Secret,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Challenge {
    Basic,
    Digest { realm: String, nonce: String, opaque: Option<String>, with_count: bool, sha256: bool },
}

impl Challenge {
    /// The best of those that are offered.
    pub fn best<'a>(offered: impl Iterator<Item = &'a str>) -> Option<Self> {
        let mut known: Vec<Self> = offered.filter_map(Self::read).collect();
        let rank = |challenge: &Self| match challenge {
            Self::Digest { sha256: true, .. } => 0,
            Self::Digest { .. } => 1,
            Self::Basic => 2,
        };
        known.sort_by_key(rank);
        known.into_iter().next()
    }

    fn read(text: &str) -> Option<Self> {
        let (scheme, rest) = text.trim().split_once(' ')?;
        if scheme.eq_ignore_ascii_case("basic") {
            return Some(Self::Basic);
        }
        let pairs: Vec<(&str, &str)> = pairs(rest);
        let field = |name: &str| {
            let found = pairs.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
            found.map(|(_, value)| (*value).to_owned())
        };
        let sha256 = match field("algorithm").as_deref() {
            None | Some("MD5" | "md5") => false,
            Some("SHA-256") => true,
            Some(_) => return None,
        };
        let with_count = match field("qop") {
            None => false,
            Some(offered) if offered.split(',').any(|one| one.trim() == "auth") => true,
            Some(_) => return None,
        };
        scheme.eq_ignore_ascii_case("digest").then_some(Self::Digest {
            realm: field("realm")?,
            nonce: field("nonce")?,
            opaque: field("opaque"),
            with_count,
            sha256,
        })
    }

    /// The value of `Authorization`. `cnonce` is the client's own number, for the first request with this challenge's.
    pub fn answer(&self, login: &Login, method: &str, address: &str, cnonce: &str) -> String {
        let Login { username, password } = login;
        let Self::Digest { realm, nonce, opaque, with_count, sha256 } = self else {
            let both = format!("{username}:{}", password.reveal());
            return format!("Basic {}", BASE64_STANDARD.encode(both));
        };
        let hash = |text: String| match sha256 {
            true => hex(&Sha256::digest(text)),
            false => hex(&Md5::digest(text)),
        };
        let who = hash(format!("{username}:{realm}:{}", password.reveal()));
        let what = hash(format!("{method}:{address}"));
        let response = match with_count {
            true => hash(format!("{who}:{nonce}:00000001:{cnonce}:auth:{what}")),
            false => hash(format!("{who}:{nonce}:{what}")),
        };
        let mut text = format!(
            "Digest username=\"{username}\", realm=\"{realm}\", nonce=\"{nonce}\", uri=\"{address}\", response=\"{response}\""
        );
        if *with_count {
            text += &format!(", qop=auth, nc=00000001, cnonce=\"{cnonce}\"");
        }
        if *sha256 {
            text += ", algorithm=SHA-256";
        }
        if let Some(opaque) = opaque {
            text += &format!(", opaque=\"{opaque}\"");
        }
        text
    }
}

/// `name=value, name="value, with a comma"`.
fn pairs(text: &str) -> Vec<(&str, &str)> {
    let mut found = Vec::new();
    let mut rest = text.trim();
    while let Some((name, after)) = rest.split_once('=') {
        let (value, left) = match after.strip_prefix('"').and_then(|quoted| quoted.split_once('"'))
        {
            Some((value, left)) => (value, left.trim_start().trim_start_matches(',')),
            None => after.split_once(',').unwrap_or((after, "")),
        };
        found.push((name.trim(), value.trim()));
        rest = left.trim();
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn login() -> Login {
        Login { username: "Mufasa".to_owned(), password: Secret::new("Circle of Life") }
    }

    const CNONCE: &str = "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ";

    /// The example of RFC 7616, section 3.9.1.
    #[test]
    fn digests_are_those_of_the_standard() {
        let offered = |algorithm: &str| {
            format!(
                "Digest realm=\"http-auth@example.org\", qop=\"auth, auth-int\", {algorithm}\
                 nonce=\"7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v\", opaque=\"FQhe\""
            )
        };
        let best = |list: &[String]| Challenge::best(list.iter().map(String::as_str));
        let plain = best(&["Basic realm=\"x\"".to_owned(), offered("")]).unwrap();
        assert!(matches!(&plain, Challenge::Digest { with_count: true, sha256: false, .. }));
        let newer = best(&[offered(""), offered("algorithm=SHA-256, ")]).unwrap();
        assert!(matches!(&newer, Challenge::Digest { sha256: true, .. }));
        assert_eq!(best(&[offered("algorithm=SHA-512-256, ")]), None);
        let old = Challenge::read("Digest realm=\"testrealm@host.com\", nonce=\"dcd98b\"").unwrap();
        let answer = old.answer(&login(), "PLAY", "rtsp://nvr/a", CNONCE);
        let (who, what) = (
            hex(&Md5::digest("Mufasa:testrealm@host.com:Circle of Life")),
            hex(&Md5::digest("PLAY:rtsp://nvr/a")),
        );
        let response = hex(&Md5::digest(format!("{who}:dcd98b:{what}")));
        assert!(answer.contains(&format!("response=\"{response}\"")), "{answer}");
        assert!(!answer.contains("Circle"));
        let counted = plain.answer(&login(), "PLAY", "rtsp://nvr/a", CNONCE);
        assert!(counted.contains("qop=auth, nc=00000001") && counted.contains("opaque=\"FQhe\""));
        for (challenge, response) in [
            (&plain, "8ca523f5e9506fed4657c9700eebdbec"),
            (&newer, "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"),
        ] {
            let answer = challenge.answer(&login(), "GET", "/dir/index.html", CNONCE);
            assert!(answer.contains(&format!("response=\"{response}\"")), "{answer}");
        }
        let basic = Challenge::Basic.answer(&login(), "PLAY", "rtsp://nvr/a", CNONCE);
        assert_eq!(basic, "Basic TXVmYXNhOkNpcmNsZSBvZiBMaWZl");
    }
}
