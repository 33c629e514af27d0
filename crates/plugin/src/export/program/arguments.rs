//! What a plugin's program is told when it is started. Text in, a decision out.

use crate::export::socket::Address;

const OWN: &str = "crossplug/1";

/// How the program is to talk with hosts.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Arguments {
    pub(super) dialect: String,
    pub(super) way: Way,
}

/// Over what.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Way {
    Stdio,
    Listen(Address),
    Connect(Address),
}

impl Arguments {
    /// `--dialect NAME`, `--listen ADDRESS`, `--connect ADDRESS`, each with a `=` in place of the space, too.
    ///
    /// # Errors
    /// A sentence for a person.
    pub(super) fn read(mut rest: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut dialect = OWN.to_owned();
        let mut way = Way::Stdio;
        while let Some(argument) = rest.next() {
            let (name, joined) = match argument.split_once('=') {
                Some((name, value)) => (name, Some(value.to_owned())),
                None => (argument.as_str(), None),
            };
            let mut value = |example: &str| {
                joined
                    .clone()
                    .or_else(|| rest.next())
                    .ok_or_else(|| format!("{name} needs a value, such as {example}"))
            };
            match name {
                "--dialect" => dialect = value("elizaos-bridge/1")?,
                "--listen" | "--connect" if way != Way::Stdio => {
                    return Err("--listen and --connect are said once, and not both".to_owned());
                }
                "--listen" => way = Way::Listen(Address::parse(&value("unix:run/plugin.sock")?)?),
                "--connect" => way = Way::Connect(Address::parse(&value("unix:run/host.sock")?)?),
                _ => {
                    return Err(format!(
                        "this plugin is started by a host; it takes --dialect NAME, --listen ADDRESS or --connect \
                         ADDRESS and not `{argument}`"
                    ));
                }
            }
        }
        if way != Way::Stdio && dialect != OWN {
            return Err(format!(
                "over sockets only {OWN} is spoken; {dialect} has no word for a token"
            ));
        }
        Ok(Self { dialect, way })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    fn read(line: &str) -> Result<Arguments, String> {
        Arguments::read(line.split_whitespace().map(str::to_owned))
    }

    #[test]
    fn one_way_at_a_time_and_only_what_is_known() {
        assert_eq!(read("").unwrap().way, Way::Stdio);
        assert_eq!(
            read("--dialect=elizaos-bridge/1").unwrap().dialect,
            "elizaos-bridge/1"
        );
        let unix = Address::Unix("run/a.sock".into());
        assert_eq!(
            read("--listen unix:run/a.sock").unwrap().way,
            Way::Listen(unix)
        );
        let tcp = Address::Tcp("[::1]:0".to_owned());
        assert_eq!(
            read("--connect=tcp:[::1]:0").unwrap().way,
            Way::Connect(tcp)
        );
        for wrong in [
            "--listen",
            "--listen run/a.sock",
            "--listen unix:",
            "--listen tcp:127.0.0.1",
            "--listen tcp:127.0.0.1:65536",
            "--listen unix:a --connect unix:b",
            "--listen unix:a --dialect elizaos-bridge/1",
            "--serve",
        ] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }
}
