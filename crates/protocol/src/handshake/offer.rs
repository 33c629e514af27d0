//! What a host offers and what a plugin chooses from it.

use std::borrow::Cow;

use super::{Encoding, Incompatible, MAJOR, VERSION};
use crate::frame::Framing;
use crate::json;

/// What a peer can speak.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Offer {
    /// MAJOR.MINOR.
    pub version: String,
    /// Optional parts of the protocol. In a host's offer a name that ends in `!` is required of the plugin, in a plugin's
    /// own it is required of the host.
    pub features: Vec<String>,
    /// Best first. JSON is always understood.
    pub encodings: Vec<Encoding>,
    /// Best first. Lines are always understood.
    pub framings: Vec<Framing>,
}

impl Offer {
    /// The version of this crate, no optional features, JSON in lines.
    #[must_use]
    pub fn new() -> Self {
        Self {
            version: VERSION.to_owned(),
            features: Vec::new(),
            encodings: vec![Encoding::Json],
            framings: vec![Framing::Ndjson],
        }
    }

    /// The same with other framings, best first.
    #[must_use]
    pub fn with_framings(mut self, framings: &[Framing]) -> Self {
        self.framings = framings.to_vec();
        self
    }

    /// The same with other encodings, best first.
    ///
    /// ```
    /// use crossplug_protocol::frame::Framing;
    /// use crossplug_protocol::handshake::{Choice, Encoding, Offer};
    ///
    /// let both = Offer::new()
    ///     .with_encodings(&[Encoding::Msgpack, Encoding::Json])
    ///     .with_framings(&[Framing::Length, Framing::Ndjson]);
    /// assert_eq!(Choice::from_offer(&both, &both).unwrap().encoding, Encoding::Msgpack);
    /// // Whoever cannot count frames stays with JSON.
    /// let lines = both.clone().with_framings(&[Framing::Ndjson]);
    /// assert_eq!(Choice::from_offer(&both, &lines).unwrap().encoding, Encoding::Json);
    /// ```
    #[must_use]
    pub fn with_encodings(mut self, encodings: &[Encoding]) -> Self {
        self.encodings = encodings.to_vec();
        self
    }

    /// The same with features.
    #[must_use]
    pub fn with_features(mut self, features: &[&str]) -> Self {
        self.features = features
            .iter()
            .map(|feature| (*feature).to_owned())
            .collect();
        self
    }

    /// Whether it has a feature, required or not.
    fn has(&self, feature: &str) -> bool {
        self.features.iter().any(|own| bare(own) == bare(feature))
    }

    /// Reads the member `protocol` of checked `initialize` params. Names that this crate does not know are left out.
    ///
    /// # Errors
    /// [`Incompatible::Malformed`] where it is missing or not of its type.
    pub fn read(params: &[u8]) -> Result<Self, Incompatible> {
        let protocol = json::member(params, "protocol")
            .ok_or(Incompatible::Malformed("`protocol` is missing"))?;
        let encodings = names(protocol, "encodings")?;
        let framings = names(protocol, "framings")?;
        Ok(Self {
            version: version(protocol)?,
            features: names(protocol, "features")?,
            encodings: encodings
                .iter()
                .filter_map(|name| Encoding::from_name(name))
                .collect(),
            framings: framings
                .iter()
                .filter_map(|name| Framing::from_name(name))
                .collect(),
        })
    }

    /// Appends it as `ProtocolOffer`.
    pub fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(b"{\"version\":");
        json::push_text(out, &self.version);
        push_names(out, "features", self.features.iter().map(String::as_str));
        push_names(
            out,
            "encodings",
            self.encodings.iter().map(|encoding| encoding.name()),
        );
        push_names(
            out,
            "framings",
            self.framings.iter().map(|framing| framing.name()),
        );
        out.push(b'}');
    }
}

impl Default for Offer {
    fn default() -> Self {
        Self::new()
    }
}

/// What a plugin chose. It holds from the next message on, in both directions.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Choice {
    /// MAJOR.MINOR.
    pub version: String,
    /// The offered features that the plugin also has, and those it requires (`!`).
    pub features: Vec<String>,
    /// How messages become bytes.
    pub encoding: Encoding,
    /// How they are told apart.
    pub framing: Framing,
}

impl Choice {
    /// What holds before the handshake and where nothing was chosen.
    #[must_use]
    pub fn plain() -> Self {
        Self {
            version: VERSION.to_owned(),
            features: Vec::new(),
            encoding: Encoding::default(),
            framing: Framing::default(),
        }
    }

    /// Whether a feature was chosen.
    #[must_use]
    pub fn has(&self, feature: &str) -> bool {
        self.features.iter().any(|chosen| bare(chosen) == feature)
    }

    /// The plugin's part: chooses from an offer what `own` has too.
    ///
    /// # Errors
    /// Another major version, or a required feature that `own` does not have.
    pub fn from_offer(offer: &Offer, own: &Offer) -> Result<Self, Incompatible> {
        same_major(&offer.version)?;
        let required = offer
            .features
            .iter()
            .filter(|feature| feature.ends_with('!'));
        if let Some(unknown) = required.into_iter().find(|feature| !own.has(feature)) {
            return Err(Incompatible::Feature(bare(unknown).to_owned()));
        }
        let wanted = own
            .features
            .iter()
            .filter(|feature| feature.ends_with('!') || offer.has(feature));
        let (encoding, framing) = how(offer, own);
        Ok(Self {
            version: own.version.clone(),
            features: wanted.cloned().collect(),
            encoding,
            framing,
        })
    }

    /// The host's part: reads the member `protocol` of a checked `initialize` result and holds it against the offer.
    ///
    /// # Errors
    /// Another major version, a required feature or a choice that was not offered, or a `protocol` that is not of its type.
    pub fn read(result: &[u8], offer: &Offer) -> Result<Self, Incompatible> {
        let protocol = json::member(result, "protocol")
            .ok_or(Incompatible::Malformed("`protocol` is missing"))?;
        let version = version(protocol)?;
        same_major(&version)?;
        let features = names(protocol, "features")?;
        let required = features.iter().filter(|feature| feature.ends_with('!'));
        if let Some(unknown) = required.into_iter().find(|feature| !offer.has(feature)) {
            return Err(Incompatible::Feature(bare(unknown).to_owned()));
        }
        let chosen = |name: &str| match json::member(protocol, name) {
            None => Ok(None),
            Some(raw) => json::text(raw)
                .map(Some)
                .ok_or(Incompatible::Malformed("a choice is not text")),
        };
        let encoding = match chosen("encoding")? {
            None => Encoding::default(),
            Some(name) => pick(&name, &offer.encodings, Encoding::from_name)?,
        };
        let framing = match chosen("framing")? {
            None => Framing::default(),
            Some(name) => pick(&name, &offer.framings, Framing::from_name)?,
        };
        if !encoding.goes_with(framing) {
            return Err(Incompatible::Malformed(
                "the chosen encoding needs the framing `length`",
            ));
        }
        Ok(Self {
            version,
            features,
            encoding,
            framing,
        })
    }

    /// Appends it as `ProtocolChoice`.
    pub fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(b"{\"version\":");
        json::push_text(out, &self.version);
        push_names(out, "features", self.features.iter().map(String::as_str));
        out.extend_from_slice(b",\"encoding\":");
        json::push_text(out, self.encoding.name());
        out.extend_from_slice(b",\"framing\":");
        json::push_text(out, self.framing.name());
        out.push(b'}');
    }
}

fn bare(feature: &str) -> &str {
    feature.strip_suffix('!').unwrap_or(feature)
}

fn same_major(version: &str) -> Result<(), Incompatible> {
    let major = version.split_once('.').map_or(version, |(major, _)| major);
    if major == MAJOR {
        Ok(())
    } else {
        Err(Incompatible::Version(version.to_owned()))
    }
}

/// The first encoding that both have, with the first framing that both have and that goes with it. JSON in lines always is
/// one that both have.
fn how(offer: &Offer, own: &Offer) -> (Encoding, Framing) {
    let shared = offer
        .encodings
        .iter()
        .copied()
        .filter(|encoding| own.encodings.contains(encoding))
        .chain([Encoding::default()]);
    let framing = |encoding: Encoding| {
        offer
            .framings
            .iter()
            .copied()
            .filter(|framing| own.framings.contains(framing))
            .chain([Framing::default()])
            .find(|framing| encoding.goes_with(*framing))
            .map(|framing| (encoding, framing))
    };
    shared.into_iter().find_map(framing).unwrap_or_default()
}

/// The default is always offered.
fn pick<T: Copy + PartialEq + Default>(
    name: &str,
    offered: &[T],
    read: impl Fn(&str) -> Option<T>,
) -> Result<T, Incompatible> {
    let chosen = read(name).filter(|chosen| offered.contains(chosen) || *chosen == T::default());
    chosen.ok_or_else(|| Incompatible::NotOffered(name.to_owned()))
}

fn version(protocol: &[u8]) -> Result<String, Incompatible> {
    let version = json::member(protocol, "version")
        .and_then(json::text)
        .map(Cow::into_owned);
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    version
        .filter(|text| {
            text.split_once('.')
                .is_some_and(|(major, minor)| digits(major) && digits(minor))
        })
        .ok_or(Incompatible::Malformed("`version` must be MAJOR.MINOR"))
}

fn names(protocol: &[u8], member: &str) -> Result<Vec<String>, Incompatible> {
    let wrong =
        Incompatible::Malformed("`features`, `encodings` and `framings` must be lists of names");
    let Some(raw) = json::member(protocol, member) else {
        return Ok(Vec::new());
    };
    if json::kind(raw) != Some(json::Kind::Array) {
        return Err(wrong);
    }
    json::elements(raw)
        .map(|raw| {
            json::text(raw)
                .map(Cow::into_owned)
                .ok_or_else(|| wrong.clone())
        })
        .collect()
}

fn push_names<'n>(out: &mut Vec<u8>, member: &str, names: impl Iterator<Item = &'n str>) {
    out.push(b',');
    json::push_text(out, member);
    out.extend_from_slice(b":[");
    for (index, name) in names.enumerate() {
        if index > 0 {
            out.push(b',');
        }
        json::push_text(out, name);
    }
    out.push(b']');
}
