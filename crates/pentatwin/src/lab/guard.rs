//! Who may ask: the right token, from this page, at this machine's own name.
//!
//! A page of somebody else in the same browser can send requests here. It does not know the token, its origin is foreign, the browser
//! keeps the cookie from it (`SameSite=Strict`), and a name that it makes point here (DNS rebinding) is not one of ours.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::Lab;

/// Random bytes of a token.
const TOKEN_BYTES: usize = 24;

/// The secret of one Lab, made anew at each start.
pub struct Token(String);

impl Token {
    /// A random one.
    ///
    /// # Errors
    /// The system has no randomness to give.
    pub fn random() -> Result<Token, getrandom::Error> {
        let mut bytes = [0; TOKEN_BYTES];
        getrandom::fill(&mut bytes)?;
        Ok(Token(bytes.iter().map(|b| format!("{b:02x}")).collect()))
    }

    /// As it stands in the address.
    pub fn text(&self) -> &str {
        &self.0
    }

    /// Compares in a time that depends on the length alone.
    pub fn is(&self, other: &str) -> bool {
        let (a, b) = (self.0.as_bytes(), other.as_bytes());
        a.len() == b.len() && a.iter().zip(b).fold(0, |differs, (x, y)| std::hint::black_box(differs | (x ^ y))) == 0
    }
}

/// Names this machine answers to.
pub struct Hosts {
    loopback: bool,
    names: Vec<String>,
}

impl Hosts {
    /// The names for an address that is listened on.
    pub fn of(address: SocketAddr) -> Hosts {
        let loopback = address.ip().is_loopback();
        let mut names = vec!["localhost".to_owned()];
        if !loopback && let Some(name) = machine() {
            names.push(format!("{name}.local"));
            names.push(name);
        }
        Hosts { loopback, names }
    }

    /// Whether a `Host` header names this machine. The port is free: it differs at the other end of an SSH tunnel. A number cannot be made
    /// to point elsewhere, as a name can.
    fn know(&self, host: &str) -> bool {
        let name = match host.strip_prefix('[') {
            Some(rest) => rest.split_once(']').map_or("", |(ip, _)| ip),
            None => host.rsplit_once(':').map_or(host, |(name, _)| name),
        };
        match name.parse::<IpAddr>() {
            Ok(ip) => !self.loopback || ip.is_loopback(),
            Err(_) => self.names.iter().any(|n| n.eq_ignore_ascii_case(name)),
        }
    }
}

/// The machine's own name.
pub fn machine() -> Option<String> {
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").ok()?.trim().to_owned();
    (!name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || "-.".contains(c))).then_some(name)
}

fn one<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    let mut all = headers.get_all(name).iter();
    let first = all.next()?;
    if all.next().is_some() { None } else { first.to_str().ok() }
}

/// Why a request is refused; `None` if it may pass.
fn refusal(lab: &Lab, request: &Request) -> Option<(StatusCode, &'static str)> {
    let headers = request.headers();
    let Some(host) = one(headers, &header::HOST).filter(|host| lab.hosts.know(host)) else {
        return Some((StatusCode::MISDIRECTED_REQUEST, "the Lab does not answer to this name"));
    };
    let root = request.method() == Method::GET && request.uri().path() == "/";
    let upgrade = headers.contains_key(header::UPGRADE);
    let origin = headers.get(header::ORIGIN).map(|o| o.to_str().ok().and_then(|o| o.strip_prefix("http://")).is_some_and(|o| o == host));
    let must_say = upgrade || !matches!(*request.method(), Method::GET | Method::HEAD);
    if origin == Some(false) || (must_say && origin.is_none()) {
        return Some((StatusCode::FORBIDDEN, "this comes from another page than the Lab's"));
    }
    // A link to the Lab may be followed from anywhere; everything else is asked for by the page itself.
    let site = headers.get("sec-fetch-site").and_then(|s| s.to_str().ok()).unwrap_or("none");
    let opened = root && headers.get("sec-fetch-dest").is_some_and(|d| d == "document");
    if !matches!(site, "none" | "same-origin") && !opened {
        return Some((StatusCode::FORBIDDEN, "this comes from another page than the Lab's"));
    }
    let known = from_address(request).is_some_and(|t| lab.token.is(t)) && root || cookies(headers, &lab.cookie).any(|t| lab.token.is(t));
    (!known).then_some((StatusCode::FORBIDDEN, "open the address that `pentatwin lab` printed: it carries the token that this one lacks"))
}

fn from_address(request: &Request) -> Option<&str> {
    request.uri().query()?.split('&').find_map(|pair| pair.strip_prefix("token="))
}

fn cookies<'a>(headers: &'a HeaderMap, name: &'a str) -> impl Iterator<Item = &'a str> {
    let texts = headers.get_all(header::COOKIE).iter().filter_map(|c| c.to_str().ok());
    texts.flat_map(|c| c.split(';')).filter_map(move |pair| pair.trim().strip_prefix(name)?.strip_prefix('='))
}

/// What the page may do: load what the Lab serves, talk to the Lab, nothing else.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; \
                      base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// Lets a request pass, or refuses it; sets the cookie where the address carried the token.
pub async fn guard(State(lab): State<Arc<Lab>>, request: Request, next: Next) -> Response {
    let arrives = from_address(&request).is_some_and(|t| lab.token.is(t));
    let mut response = match refusal(&lab, &request) {
        Some((status, why)) => (status, format!("{why}\n")).into_response(),
        None => {
            let mut response = next.run(request).await;
            if arrives {
                let cookie = format!("{}={}; Path=/; HttpOnly; SameSite=Strict", lab.cookie, lab.token.text());
                if let Ok(cookie) = HeaderValue::from_str(&cookie) {
                    response.headers_mut().insert(header::SET_COOKIE, cookie);
                }
            }
            response
        }
    };
    let headers = response.headers_mut();
    for (name, value) in [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    // The report brings its own.
    headers.entry(header::CONTENT_SECURITY_POLICY).or_insert(HeaderValue::from_static(POLICY));
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_random_and_only_the_whole_one_is_right() {
        let (a, b) = (Token::random().unwrap(), Token::random().unwrap());
        assert_ne!(a.text(), b.text());
        assert!(a.is(a.text()) && !a.is(b.text()) && !a.is("") && !a.is(&a.text()[1..]) && !a.is(&format!("{}0", a.text())));
        assert_eq!(a.text().len(), 2 * TOKEN_BYTES);
    }

    #[test]
    fn only_names_of_this_machine_are_known() {
        let near = Hosts::of("127.0.0.1:7117".parse().unwrap());
        for good in ["127.0.0.1:7117", "localhost", "LOCALHOST:1", "[::1]:7117", "127.0.0.2"] {
            assert!(near.know(good), "{good}");
        }
        for bad in
            ["evil.example", "evil.example:7117", "192.168.1.7:7117", "localhost.evil.example", "", ":", "[", "127.0.0.1.evil.example"]
        {
            assert!(!near.know(bad), "{bad}");
        }
        let far = Hosts::of("0.0.0.0:7117".parse().unwrap());
        assert!(far.know("192.168.1.7:7117") && far.know("localhost:7117") && !far.know("evil.example:7117"));
    }
}
