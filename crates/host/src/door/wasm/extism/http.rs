//! A guest's HTTP request, done for it: only to hosts that were granted, each redirect asked about again, within the
//! guest's time and a bound. Knows no WebAssembly.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use crossplug_policy::extism::Hosts;
use serde::Deserialize;
use ureq::Agent;
use ureq::http::header::{
    AUTHORIZATION, CONNECTION, CONTENT_LENGTH, CONTENT_TYPE, COOKIE, EXPECT, HOST, LOCATION,
    PROXY_AUTHORIZATION, TE, TRAILER, TRANSFER_ENCODING, UPGRADE,
};
use ureq::http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, Uri};
use ureq::unversioned::resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::{DefaultConnector, NextTimeout};

use super::super::fault::Halt;

/// More than any sane chain has.
const MOST_REDIRECTS: usize = 10;

/// What says whom the request is for, and how it travels. With a `Host` of its own a guest would speak, at an address that
/// was granted, to a host that was not.
const RESERVED: [HeaderName; 8] = [
    HOST,
    CONNECTION,
    TRANSFER_ENCODING,
    UPGRADE,
    TE,
    TRAILER,
    EXPECT,
    PROXY_AUTHORIZATION,
];

/// What a guest asks for.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    url: String,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    method: Option<String>,
}

/// What came back. Any status is an answer.
#[derive(Debug, Default)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) headers: BTreeMap<String, String>,
    pub(super) body: Vec<u8>,
}

/// A guest's way to the network.
#[derive(Debug)]
pub(super) struct Http {
    agent: Agent,
    hosts: Hosts,
    most_bytes: u64,
}

impl Http {
    pub(super) fn new(hosts: Hosts, most_bytes: u64) -> Self {
        let config = Agent::config_builder()
            .http_status_as_error(false)
            // Each step is asked about here.
            .max_redirects(0)
            // A proxy of the environment would be reached in place of the host that was granted.
            .proxy(None)
            .build();
        let guard = Guard(hosts.clone(), DefaultResolver::default());
        Self {
            agent: Agent::with_parts(config, DefaultConnector::default(), guard),
            hosts,
            most_bytes,
        }
    }

    /// Does what the guest asks for. `remaining` is what is left of its time.
    ///
    /// # Errors
    /// It is not allowed, cannot be read, goes wrong, is too large, or takes too long.
    pub(super) fn send(
        &self,
        asked: &[u8],
        body: Vec<u8>,
        remaining: Option<Duration>,
    ) -> Result<Answer, Halt> {
        let asked: Asked = serde_json::from_slice(asked)
            .map_err(|error| Halt::Abi(format!("the HTTP request cannot be read: {error}")))?;
        let mut step = Step::new(asked, body)?;
        let until = remaining.and_then(|time| Instant::now().checked_add(time));
        for _ in 0..=MOST_REDIRECTS {
            self.check(&step.uri)?;
            let response = self.run(&step, until)?;
            match step.next(&response)? {
                Some(next) => step = next,
                None => return self.answer(response, &step.uri),
            }
        }
        Err(Halt::Limit(format!(
            "{}: redirected more than {MOST_REDIRECTS} times",
            step.uri
        )))
    }

    fn check(&self, uri: &Uri) -> Result<(), Halt> {
        let port = match uri.scheme_str() {
            Some("http") => 80,
            Some("https") => 443,
            _ => {
                return Err(Halt::Denied(format!(
                    "HTTP request to {uri} is not allowed: only http and https are"
                )));
            }
        };
        let port = uri.port_u16().unwrap_or(port);
        let allowed = uri.host().is_some_and(|host| self.hosts.allows(host, port));
        allowed.then_some(()).ok_or_else(|| {
            Halt::Denied(format!(
                "HTTP request to {uri} is not allowed: its host was not granted"
            ))
        })
    }

    fn run(&self, step: &Step, until: Option<Instant>) -> Result<Response<ureq::Body>, Halt> {
        let left = until.map(|until| until.saturating_duration_since(Instant::now()));
        if left == Some(Duration::ZERO) {
            return Err(Halt::Deadline);
        }
        let mut request = Request::builder()
            .method(step.method.clone())
            .uri(step.uri.clone());
        if let Some(headers) = request.headers_mut() {
            headers.clone_from(&step.headers);
        }
        let unusable = |error: &dyn std::fmt::Display| {
            Halt::Abi(format!("HTTP request to {}: {error}", step.uri))
        };
        let sent = if step.body.is_empty() {
            let request = request.body(()).map_err(|error| unusable(&error))?;
            self.agent.run(
                self.agent
                    .configure_request(request)
                    .timeout_global(left)
                    .build(),
            )
        } else {
            let request = request.body(&step.body).map_err(|error| unusable(&error))?;
            self.agent.run(
                self.agent
                    .configure_request(request)
                    .timeout_global(left)
                    .build(),
            )
        };
        sent.map_err(|error| self.failed(&error, &step.uri))
    }

    fn answer(&self, mut response: Response<ureq::Body>, uri: &Uri) -> Result<Answer, Halt> {
        let headers = response.headers().iter().map(|(name, value)| {
            let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
            (name.as_str().to_owned(), value)
        });
        let headers = headers.collect();
        // The library's bound is one below what it lets through.
        let limit = self.most_bytes.saturating_add(1);
        let body = response.body_mut().with_config().limit(limit).read_to_vec();
        Ok(Answer {
            status: response.status().as_u16(),
            headers,
            body: body.map_err(|error| self.failed(&error, uri))?,
        })
    }

    fn failed(&self, error: &ureq::Error, uri: &Uri) -> Halt {
        match error {
            ureq::Error::Timeout(_) => Halt::Deadline,
            ureq::Error::BodyExceedsLimit(_) => Halt::Limit(format!(
                "the HTTP response from {uri} is larger than {} bytes; allow more with `WasmLimits::http`",
                self.most_bytes
            )),
            ureq::Error::Other(error) if error.is::<Private>() => {
                Halt::Denied(format!("HTTP request to {uri} is not allowed: {error}"))
            }
            error => Halt::Function(crate::PluginError::unavailable(format!(
                "HTTP request to {uri}: {error}"
            ))),
        }
    }
}

/// One request of a chain.
struct Step {
    uri: Uri,
    method: Method,
    headers: HeaderMap,
    body: Vec<u8>,
}

impl Step {
    fn new(asked: Asked, body: Vec<u8>) -> Result<Self, Halt> {
        let wrong = |what: &str, error: &dyn std::fmt::Display| {
            Halt::Abi(format!("the HTTP request's {what}: {error}"))
        };
        let method = asked
            .method
            .as_deref()
            .unwrap_or("GET")
            .to_ascii_uppercase();
        let method =
            Method::from_bytes(method.as_bytes()).map_err(|error| wrong("method", &error))?;
        let mut headers = HeaderMap::new();
        for (name, value) in asked.headers {
            let name = HeaderName::from_bytes(name.as_bytes())
                .map_err(|error| wrong("headers", &error))?;
            if RESERVED.contains(&name) {
                return Err(Halt::Denied(format!(
                    "HTTP request to {} is not allowed: the header `{name}` is for the host to set; leave it out",
                    asked.url
                )));
            }
            let value = HeaderValue::from_str(&value).map_err(|error| wrong("headers", &error))?;
            // The body's length is what it is.
            if name != CONTENT_LENGTH {
                headers.insert(name, value);
            }
        }
        let bodiless = matches!(method, Method::GET | Method::HEAD);
        Ok(Self {
            uri: asked.url.parse().map_err(|error| wrong("url", &error))?,
            method,
            headers,
            body: if bodiless { Vec::new() } else { body },
        })
    }

    /// Where the answer leads; none where it is the last one.
    fn next(&self, response: &Response<ureq::Body>) -> Result<Option<Self>, Halt> {
        let keeps = match response.status().as_u16() {
            301..=303 => false,
            307 | 308 => true,
            _ => return Ok(None),
        };
        let Some(to) = response.headers().get(LOCATION) else {
            return Ok(None);
        };
        let lost = || {
            Halt::Function(crate::PluginError::unavailable(format!(
                "{} redirects to nowhere",
                self.uri
            )))
        };
        let uri = to
            .to_str()
            .ok()
            .and_then(|to| follow(&self.uri, to))
            .ok_or_else(lost)?;
        let mut headers = self.headers.clone();
        if uri.authority() != self.uri.authority() || uri.scheme() != self.uri.scheme() {
            // Secrets are for whom they were given to.
            headers.remove(AUTHORIZATION);
            headers.remove(COOKIE);
        }
        if keeps || self.method == Method::HEAD {
            let (method, body) = (self.method.clone(), self.body.clone());
            return Ok(Some(Self {
                uri,
                method,
                headers,
                body,
            }));
        }
        headers.remove(CONTENT_TYPE);
        headers.remove(CONTENT_LENGTH);
        Ok(Some(Self {
            uri,
            method: Method::GET,
            headers,
            body: Vec::new(),
        }))
    }
}

/// Looks names up and lets through what may be reached. The connection goes to the very address that was judged here,
/// so a name that leads elsewhere a moment later changes nothing.
#[derive(Debug)]
struct Guard(Hosts, DefaultResolver);

impl Resolver for Guard {
    fn resolve(
        &self,
        uri: &Uri,
        config: &ureq::config::Config,
        timeout: NextTimeout,
    ) -> Result<ResolvedSocketAddrs, ureq::Error> {
        let found = self.1.resolve(uri, config, timeout)?;
        let mut reachable = self.empty();
        for address in found.iter().filter(|address| self.0.reaches(address.ip())) {
            reachable.push(*address);
        }
        if reachable.is_empty() {
            return Err(ureq::Error::Other(Box::new(Private)));
        }
        Ok(reachable)
    }
}

/// A name leads to where only an explicit grant leads.
#[derive(Debug, thiserror::Error)]
#[error("its address is not on the public internet; grant those too if that is meant")]
struct Private;

/// The address that a redirect leads to, seen from where it was said.
fn follow(from: &Uri, to: &str) -> Option<Uri> {
    let to = to.split('#').next().unwrap_or_default();
    let scheme = from.scheme_str()?;
    let authority = from.authority()?;
    let absolute = if to.contains("://") && !to.starts_with(['/', '?', '.']) {
        to.to_owned()
    } else if to.starts_with("//") {
        format!("{scheme}:{to}")
    } else if to.starts_with('/') {
        format!("{scheme}://{authority}{to}")
    } else if to.starts_with('?') || to.is_empty() {
        format!("{scheme}://{authority}{}{to}", from.path())
    } else {
        let folder = from
            .path()
            .rsplit_once('/')
            .map_or("", |(folder, _)| folder);
        format!("{scheme}://{authority}{folder}/{to}")
    };
    absolute.parse().ok()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn redirects_lead_where_they_say() {
        let from = "http://a.test:81/x/y?q".parse().unwrap();
        for (to, whole) in [
            ("https://b.test/z#part", "https://b.test/z"),
            ("//b.test/z", "http://b.test/z"),
            ("/z?u=http://c.test/", "http://a.test:81/z?u=http://c.test/"),
            ("z", "http://a.test:81/x/z"),
            ("?r", "http://a.test:81/x/y?r"),
        ] {
            assert_eq!(follow(&from, to).unwrap().to_string(), whole);
        }
        assert!(follow(&from, "http://").is_none());
    }
}
