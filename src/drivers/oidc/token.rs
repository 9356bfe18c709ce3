//! ID tokens (RFC 7519, OpenID Connect Core 3.1.3.7): signature first, then what they say.
//!
//! Taken are RS256, PS256, ES256 and EdDSA with a key of the provider's set; never `none`, and no
//! symmetric one, which a client's secret could forge.

use crate::base::time::WallTime;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use ring::signature::{self, RsaPublicKeyComponents, UnparsedPublicKey};
use serde::Deserialize;
use serde_json::{Map, Value};
use std::time::Duration;

/// Clocks of provider and hub may differ by this much.
const CLOCK_SLACK: Duration = Duration::from_secs(60);
const TOKEN_BYTES_MAX: usize = 64 * 1024;

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadToken {
    #[error("it is no signed token")]
    Form,
    #[error("algorithm {alg:?} is not taken; RS256, PS256, ES256 and EdDSA are")]
    Algorithm { alg: String },
    #[error("no key of the provider fits {kid:?} and {alg}")]
    NoKey { kid: Option<String>, alg: String },
    #[error("its signature is wrong")]
    Signature,
    #[error("{claim} is {found}; expected: {expected}")]
    Claim { claim: &'static str, found: String, expected: String },
}

/// Keys of a provider (RFC 7517); those of other kinds stay unused.
#[derive(Debug, Clone, Default, Deserialize)]
pub(super) struct JwkSet {
    keys: Vec<Jwk>,
}

#[derive(Debug, Clone, Deserialize)]
struct Jwk {
    kty: String,
    kid: Option<String>,
    #[serde(rename = "use")]
    purpose: Option<String>,
    crv: Option<String>,
    n: Option<String>,
    e: Option<String>,
    x: Option<String>,
    y: Option<String>,
}

#[derive(Deserialize)]
struct Header {
    alg: String,
    kid: Option<String>,
}

/// What a token must say.
pub(super) struct Expected<'a> {
    pub issuer: &'a str,
    pub client_id: &'a str,
    pub nonce: &'a str,
    pub now: WallTime,
}

/// What the provider vouches for.
#[derive(Debug, Clone, PartialEq)]
pub struct Claims {
    pub subject: String,
    all: Map<String, Value>,
}

impl Claims {
    pub fn text(&self, name: &str) -> Option<&str> {
        self.find(name)?.as_str()
    }

    /// One text, or a list of texts; a name with dots goes into objects (`realm_access.roles`).
    pub fn texts(&self, name: &str) -> Vec<&str> {
        match self.find(name) {
            Some(Value::String(one)) => vec![one],
            Some(Value::Array(many)) => many.iter().filter_map(Value::as_str).collect(),
            _ => Vec::new(),
        }
    }

    fn find(&self, name: &str) -> Option<&Value> {
        // A claim may be an address with dots in it.
        if let Some(value) = self.all.get(name) {
            return Some(value);
        }
        let mut parts = name.split('.');
        let first = self.all.get(parts.next()?)?;
        parts.try_fold(first, |value, part| value.get(part))
    }
}

impl JwkSet {
    pub(super) fn knows(&self, token: &str) -> bool {
        header(token).is_ok_and(|header| self.fitting(&header).next().is_some())
    }

    fn fitting<'a>(&'a self, header: &'a Header) -> impl Iterator<Item = &'a Jwk> {
        let (kty, crv) = match header.alg.as_str() {
            "RS256" | "PS256" => ("RSA", None),
            "ES256" => ("EC", Some("P-256")),
            _ => ("OKP", Some("Ed25519")),
        };
        self.keys.iter().filter(move |key| {
            key.kty == kty
                && (crv.is_none() || key.crv.as_deref() == crv)
                && key.purpose.as_deref().is_none_or(|purpose| purpose == "sig")
                && (header.kid.is_none() || key.kid == header.kid)
        })
    }
}

fn decode(part: &str) -> Result<Vec<u8>, BadToken> {
    URL_SAFE_NO_PAD.decode(part).map_err(|_| BadToken::Form)
}

fn header(token: &str) -> Result<Header, BadToken> {
    let first = token.split('.').next().unwrap_or_default();
    serde_json::from_slice(&decode(first)?).map_err(|_| BadToken::Form)
}

pub(super) fn verify(
    token: &str,
    keys: &JwkSet,
    expected: &Expected<'_>,
) -> Result<Claims, BadToken> {
    if token.len() > TOKEN_BYTES_MAX {
        return Err(BadToken::Form);
    }
    let header = header(token)?;
    if !["RS256", "PS256", "ES256", "EdDSA"].contains(&header.alg.as_str()) {
        return Err(BadToken::Algorithm { alg: header.alg.chars().take(20).collect() });
    }
    let (signed, mark) = token.rsplit_once('.').ok_or(BadToken::Form)?;
    let (_, payload) = signed.split_once('.').ok_or(BadToken::Form)?;
    let mark = decode(mark)?;
    let mut fitting = keys.fitting(&header).peekable();
    if fitting.peek().is_none() {
        return Err(BadToken::NoKey { kid: header.kid.clone(), alg: header.alg.clone() });
    }
    if !fitting.any(|key| is_signed(&header.alg, key, signed.as_bytes(), &mark)) {
        return Err(BadToken::Signature);
    }
    let all = serde_json::from_slice(&decode(payload)?).map_err(|_| BadToken::Form)?;
    check(all, expected)
}

fn is_signed(alg: &str, key: &Jwk, message: &[u8], mark: &[u8]) -> bool {
    let part = |part: &Option<String>| part.as_deref().and_then(|part| decode(part).ok());
    match alg {
        "RS256" | "PS256" => {
            let (Some(n), Some(e)) = (part(&key.n), part(&key.e)) else { return false };
            let way = match alg {
                "RS256" => &signature::RSA_PKCS1_2048_8192_SHA256,
                _ => &signature::RSA_PSS_2048_8192_SHA256,
            };
            RsaPublicKeyComponents { n, e }.verify(way, message, mark).is_ok()
        }
        "ES256" => {
            let (Some(x), Some(y)) = (part(&key.x), part(&key.y)) else { return false };
            let point = [&[4][..], &x, &y].concat();
            let key = UnparsedPublicKey::new(&signature::ECDSA_P256_SHA256_FIXED, point);
            key.verify(message, mark).is_ok()
        }
        _ => part(&key.x).is_some_and(|x| {
            UnparsedPublicKey::new(&signature::ED25519, x).verify(message, mark).is_ok()
        }),
    }
}

fn check(all: Map<String, Value>, expected: &Expected<'_>) -> Result<Claims, BadToken> {
    let shown = |name: &str| all.get(name).map_or("missing".to_owned(), Value::to_string);
    let wrong = |claim: &'static str, expected: String| BadToken::Claim {
        claim,
        found: shown(claim).chars().take(120).collect(),
        expected,
    };
    let text = |name: &str| all.get(name).and_then(Value::as_str);
    if text("iss") != Some(expected.issuer) {
        return Err(wrong("iss", expected.issuer.to_owned()));
    }
    let audience: Vec<&str> = match all.get("aud") {
        Some(Value::String(one)) => vec![one],
        Some(Value::Array(many)) => many.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    if !audience.contains(&expected.client_id) {
        return Err(wrong("aud", expected.client_id.to_owned()));
    }
    // A token for several is for whoever it was made for.
    if (audience.len() > 1 || all.contains_key("azp")) && text("azp") != Some(expected.client_id) {
        return Err(wrong("azp", expected.client_id.to_owned()));
    }
    let time = |name: &str| {
        let secs = all.get(name).and_then(Value::as_f64)?;
        Some(WallTime::from_unix_millis((secs * 1_000.0) as i64))
    };
    if time("exp").is_none_or(|at| at.plus(CLOCK_SLACK) <= expected.now) {
        return Err(wrong("exp", format!("after {}", expected.now)));
    }
    if time("iat").is_none_or(|at| at > expected.now.plus(CLOCK_SLACK)) {
        return Err(wrong("iat", format!("not after {}", expected.now)));
    }
    if text("nonce") != Some(expected.nonce) {
        return Err(wrong("nonce", "that of this sign-in".to_owned()));
    }
    let subject = text("sub").filter(|sub| !sub.is_empty());
    let subject = subject.ok_or_else(|| wrong("sub", "a text".to_owned()))?.to_owned();
    Ok(Claims { subject, all })
}

#[cfg(test)]
mod tests {
    use super::*;
    use ring::{
        rand::SystemRandom,
        signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair},
    };
    use serde_json::json;

    const NOW: WallTime = WallTime::from_unix_millis(1_767_225_600_000);

    fn expected() -> Expected<'static> {
        Expected { issuer: "https://id.test", client_id: "hub", nonce: "n-1", now: NOW }
    }

    fn good() -> Value {
        let now = NOW.unix_millis() / 1_000;
        json!({"iss": "https://id.test", "aud": "hub", "sub": "s-1", "nonce": "n-1",
               "iat": now, "exp": now + 300, "realm_access": {"roles": ["a", "b"]}, "one": "x"})
    }

    fn encoded(value: &Value) -> String {
        URL_SAFE_NO_PAD.encode(value.to_string())
    }

    struct Signer(Ed25519KeyPair);

    impl Signer {
        fn new() -> Self {
            let made = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).unwrap();
            Self(Ed25519KeyPair::from_pkcs8(made.as_ref()).unwrap())
        }

        fn set(&self) -> JwkSet {
            let x = URL_SAFE_NO_PAD.encode(self.0.public_key());
            let key = json!({"kty": "OKP", "crv": "Ed25519", "kid": "k", "use": "sig", "x": x});
            // A kind that is not known here stands beside it.
            serde_json::from_value(json!({"keys": [{"kty": "oct", "k": "c2VjcmV0"}, key]})).unwrap()
        }

        fn sign(&self, header: &Value, claims: &Value) -> String {
            let signed = format!("{}.{}", encoded(header), encoded(claims));
            let mark = URL_SAFE_NO_PAD.encode(self.0.sign(signed.as_bytes()));
            format!("{signed}.{mark}")
        }
    }

    #[test]
    fn a_right_token_gives_its_claims() {
        let signer = Signer::new();
        let token = signer.sign(&json!({"alg": "EdDSA", "kid": "k"}), &good());
        let claims = verify(&token, &signer.set(), &expected()).unwrap();
        assert_eq!(claims.subject, "s-1");
        assert_eq!(claims.texts("realm_access.roles"), ["a", "b"]);
        assert_eq!((claims.texts("one"), claims.text("one")), (vec!["x"], Some("x")));
        assert!(claims.texts("nothing.there").is_empty());
        assert!(signer.set().knows(&token));
    }

    #[test]
    fn one_on_a_curve_is_checked_too() {
        let (random, way) = (SystemRandom::new(), &ECDSA_P256_SHA256_FIXED_SIGNING);
        let made = EcdsaKeyPair::generate_pkcs8(way, &random).unwrap();
        let pair = EcdsaKeyPair::from_pkcs8(way, made.as_ref(), &random).unwrap();
        let point = pair.public_key().as_ref();
        let (x, y) = (URL_SAFE_NO_PAD.encode(&point[1..33]), URL_SAFE_NO_PAD.encode(&point[33..]));
        let keys = json!({"keys": [{"kty": "EC", "crv": "P-256", "x": x, "y": y}]});
        let keys: JwkSet = serde_json::from_value(keys).unwrap();
        let signed = format!("{}.{}", encoded(&json!({"alg": "ES256"})), encoded(&good()));
        let mark = pair.sign(&random, signed.as_bytes()).unwrap();
        let token = format!("{signed}.{}", URL_SAFE_NO_PAD.encode(mark.as_ref()));
        assert!(verify(&token, &keys, &expected()).is_ok());
        let other = token.replace(&encoded(&good()), &encoded(&json!({"sub": "root"})));
        assert_eq!(verify(&other, &keys, &expected()).unwrap_err(), BadToken::Signature);
    }

    #[test]
    fn what_is_not_signed_by_the_provider_is_refused() {
        let (signer, other) = (Signer::new(), Signer::new());
        let right = json!({"alg": "EdDSA", "kid": "k"});
        let forged = other.sign(&right, &good());
        assert_eq!(verify(&forged, &signer.set(), &expected()).unwrap_err(), BadToken::Signature);
        for alg in ["none", "HS256", "RS1"] {
            let token = signer.sign(&json!({"alg": alg, "kid": "k"}), &good());
            let error = verify(&token, &signer.set(), &expected()).unwrap_err();
            assert_eq!(error, BadToken::Algorithm { alg: alg.to_owned() });
        }
        let token = signer.sign(&json!({"alg": "EdDSA", "kid": "other"}), &good());
        assert!(!signer.set().knows(&token));
        let error = verify(&token, &signer.set(), &expected()).unwrap_err();
        assert!(error.to_string().contains("other"), "{error}");
        let unsigned = format!("{}.{}.", encoded(&json!({"alg": "none"})), encoded(&good()));
        for bad in ["", "a.b.c", "..", &unsigned] {
            assert!(verify(bad, &signer.set(), &expected()).is_err(), "{bad}");
        }
    }

    #[test]
    fn each_claim_is_asked_for() {
        let signer = Signer::new();
        let now = NOW.unix_millis() / 1_000;
        let several = json!(["hub", "other"]);
        for (claim, value) in [
            ("iss", json!("https://id.test/")),
            ("aud", json!("other")),
            ("aud", several.clone()),
            ("azp", json!("other")),
            ("exp", json!(now - 60)),
            ("exp", json!("soon")),
            ("iat", json!(now + 61)),
            ("nonce", json!("n-2")),
            ("sub", json!("")),
        ] {
            let mut claims = good();
            claims[claim] = value.clone();
            let token = signer.sign(&json!({"alg": "EdDSA"}), &claims);
            let error = verify(&token, &signer.set(), &expected()).unwrap_err().to_string();
            let named = if value == several { "azp" } else { claim };
            assert!(error.contains(named), "{claim} = {value}: {error}");
            claims.as_object_mut().unwrap().remove(claim);
            let token = signer.sign(&json!({"alg": "EdDSA"}), &claims);
            assert_eq!(
                verify(&token, &signer.set(), &expected()).is_ok(),
                claim == "azp",
                "{claim}"
            );
        }
        let mut claims = good();
        (claims["aud"], claims["azp"]) = (several, json!("hub"));
        claims["exp"] = json!(now - 59);
        let token = signer.sign(&json!({"alg": "EdDSA"}), &claims);
        assert!(verify(&token, &signer.set(), &expected()).is_ok());
    }
}
