//! Whom a WebAssembly guest may speak to over HTTP. Decides by name, port and address; opens nothing.

// Addresses are numbers; nothing here opens one.
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::Pattern;

/// The hosts that were granted, and asked for where there is a manifest of ours. Nothing by default.
///
/// ```
/// use crossplug_policy::extism::Hosts;
///
/// let mut hosts = Hosts::default();
/// hosts.grant("*.example.org:443");
/// assert!(hosts.allows("api.example.org", 443) && !hosts.allows("api.example.org", 80));
/// assert!(!hosts.reaches("127.0.0.1".parse()?), "a name may lead anywhere");
/// # Ok::<(), core::net::AddrParseError>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct Hosts {
    granted: Vec<Rule>,
    /// What the manifest asks for; none: there is nobody to ask.
    asked: Option<Vec<Rule>>,
    /// Whether addresses that are not on the public internet may be reached.
    pub private: bool,
}

#[derive(Debug, Clone)]
struct Rule {
    host: Pattern,
    port: Option<u16>,
}

impl Rule {
    /// `api.example.org`, `*.example.org:443`, `[::1]:8080`.
    fn new(text: &str) -> Self {
        let text = text.to_ascii_lowercase();
        let (host, port) = match text.rsplit_once(':') {
            Some((host, port)) if !host.contains(':') || host.ends_with(']') => {
                (host, port.parse().ok())
            }
            _ => (text.as_str(), None),
        };
        // What looks like a port and is none belongs to a name that nothing has.
        let host = if port.is_some() { host } else { text.as_str() };
        Self {
            host: Pattern::new(bare(host)),
            port,
        }
    }

    fn fits(&self, host: &str, port: u16) -> bool {
        self.host.matches(host) && self.port.is_none_or(|own| own == port)
    }
}

/// A host without the brackets of an IPv6 address and the dot of a full name.
fn bare(host: &str) -> &str {
    let host = host
        .strip_prefix('[')
        .and_then(|host| host.strip_suffix(']'))
        .unwrap_or(host);
    host.strip_suffix('.').unwrap_or(host)
}

impl Hosts {
    /// Grants a host: `api.example.org`, `*.example.org:443`, `[::1]:8080`.
    pub fn grant(&mut self, text: &str) {
        self.granted.push(Rule::new(text));
    }

    /// Holds the guest to what its manifest asks for, beside what is granted.
    pub fn ask<'a>(&mut self, texts: impl IntoIterator<Item = &'a str>) {
        self.asked = Some(texts.into_iter().map(Rule::new).collect());
    }

    /// Whether a host may be spoken to, by its name as the address says it.
    #[must_use]
    pub fn allows(&self, host: &str, port: u16) -> bool {
        let host = host.to_ascii_lowercase();
        let host = bare(&host);
        let any = |rules: &[Rule]| rules.iter().any(|rule| rule.fits(host, port));
        any(&self.granted) && self.asked.as_deref().is_none_or(any)
    }

    /// Whether the address that a name leads to may be spoken to.
    #[must_use]
    pub fn reaches(&self, address: IpAddr) -> bool {
        self.private || is_public(address)
    }
}

/// Whether the address belongs to the public internet. What lies on this machine, in its networks, or nowhere does not.
fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_4(address),
        IpAddr::V6(address) => is_public_6(address),
    }
}

fn is_public_4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    let shared = a == 100 && (64..128).contains(&b);
    let assigned = (a, b, c) == (192, 0, 0);
    let benchmark = a == 198 && (b == 18 || b == 19);
    !(a == 0
        || a >= 240
        || address.is_loopback()
        || address.is_private()
        || address.is_link_local()
        || address.is_multicast()
        || address.is_documentation()
        || shared
        || assigned
        || benchmark)
}

fn is_public_6(address: Ipv6Addr) -> bool {
    let [a, b, c, d, e, f, g, h] = address.segments();
    let inner = |high: u16, low: u16| {
        let [x, y] = high.to_be_bytes();
        let [z, w] = low.to_be_bytes();
        is_public_4(Ipv4Addr::new(x, y, z, w))
    };
    match (a, b, c, d, e, f) {
        // An IPv4 address in another spelling, or behind a gateway that leads there.
        (0, 0, 0, 0, 0, 0 | 0xffff) | (0x64, 0xff9b, 0, 0, 0, 0) => inner(g, h),
        (0x2002, ..) => inner(b, c),
        // Teredo and documentation; only 2000::/3 is handed out at all.
        (0x2001, 0 | 0x0db8, ..) => false,
        _ => a & 0xe000 == 0x2000,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn names_are_judged_whole_and_nothing_is_allowed_by_default() {
        assert!(!Hosts::default().allows("example.org", 443));
        let mut hosts = Hosts::default();
        for rule in [
            "api.example.org",
            "*.example.net:443",
            "[::1]:8080",
            "10.0.0.1",
            "odd:port",
        ] {
            hosts.grant(rule);
        }
        for (host, port, allowed) in [
            ("api.example.org", 80, true),
            ("API.Example.ORG.", 80, true),
            ("example.org", 80, false),
            ("api.example.org.evil.test", 80, false),
            ("a.b.example.net", 443, true),
            ("a.example.net", 80, false),
            ("[::1]", 8080, true),
            ("[::1]", 80, false),
            ("10.0.0.1", 1, true),
            ("odd", 80, false),
        ] {
            assert_eq!(hosts.allows(host, port), allowed, "{host}:{port}");
        }
        hosts.ask(["*.example.net"]);
        assert!(
            !hosts.allows("api.example.org", 80),
            "granted, but not asked for"
        );
        assert!(hosts.allows("a.example.net", 443));
    }

    #[test]
    fn addresses_that_are_not_public() {
        let hosts = Hosts::default();
        for address in [
            "127.0.0.1",
            "10.1.2.3",
            "172.16.0.1",
            "192.168.0.1",
            "169.254.169.254",
            "0.0.0.0",
            "100.64.0.1",
            "198.18.0.1",
            "224.0.0.1",
            "255.255.255.255",
            "::1",
            "::",
            "fe80::1",
            "fd00::1",
            "ff02::1",
            "::ffff:127.0.0.1",
            "64:ff9b::10.0.0.1",
            "2002:7f00:1::",
            "2001:db8::1",
            "2001:0:1::",
        ] {
            assert!(!hosts.reaches(address.parse().unwrap()), "{address}");
        }
        for address in [
            "1.1.1.1",
            "172.32.0.1",
            "100.128.0.1",
            "2606:4700::1111",
            "::ffff:8.8.8.8",
        ] {
            assert!(hosts.reaches(address.parse().unwrap()), "{address}");
        }
        let private = Hosts {
            private: true,
            ..Hosts::default()
        };
        assert!(private.reaches("127.0.0.1".parse().unwrap()));
    }
}
