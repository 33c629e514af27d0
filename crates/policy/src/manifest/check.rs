//! What a type cannot say of a manifest: versions, requirements, names that stand twice. Looks only at places in which
//! nothing is wrong yet.

use std::collections::{BTreeMap, BTreeSet};

use crossplug_protocol::generated::manifest::{DependencyEntry, Manifest};
use semver::{Version, VersionReq};

use super::Requirement;
use super::tolerate::join;
use crate::finding::Findings;

/// What the checks read out of the manifest.
pub(super) struct Checked {
    pub(super) version: Version,
    pub(super) interfaces: BTreeMap<String, VersionReq>,
    pub(super) dependencies: Vec<Requirement>,
}

pub(super) fn check(manifest: &Manifest, findings: &mut Findings) -> Option<Checked> {
    let version = version(manifest, findings);
    let interfaces = interfaces(manifest, findings);
    let dependencies = dependencies(manifest, findings);
    doubles(manifest, findings);
    Some(Checked {
        version: version?,
        interfaces,
        dependencies,
    })
}

fn version(manifest: &Manifest, findings: &mut Findings) -> Option<Version> {
    if findings.has_error_at("/version") {
        return None;
    }
    match Version::parse(&manifest.version) {
        Ok(version) => {
            if version.pre.contains('.') || !version.build.is_empty() {
                findings.warning(
                    "/version",
                    format!("readers of elizaOS refuse the version `{version}`"),
                    "write a pre-release without dots and no build, as in `1.0.0-alpha1`, if they shall take it",
                );
            }
            Some(version)
        }
        Err(error) => {
            findings.error(
                "/version",
                format!("`{}` is no semantic version: {error}", manifest.version),
                "write three numbers, as in `1.0.0`, and at most a pre-release behind them, as in `1.0.0-beta.2`",
            );
            None
        }
    }
}

fn interfaces(manifest: &Manifest, findings: &mut Findings) -> BTreeMap<String, VersionReq> {
    let mut read = BTreeMap::new();
    for (name, text) in manifest.interfaces.iter().flatten() {
        let pointer = join("/interfaces", name);
        if let Some(requirement) = requirement(text, &pointer, findings) {
            read.insert(name.clone(), requirement);
        }
    }
    read
}

fn dependencies(manifest: &Manifest, findings: &mut Findings) -> Vec<Requirement> {
    let mut read: Vec<Requirement> = Vec::new();
    let mut seen = BTreeSet::new();
    for (index, entry) in manifest.dependencies.iter().flatten().enumerate() {
        let pointer = format!("/dependencies/{index}");
        if findings.has_error_around(&pointer) {
            continue;
        }
        let (name, version, optional) = match entry {
            DependencyEntry::String(name) => (name.as_str(), None, false),
            DependencyEntry::Dependency(dependency) => (
                dependency.name.as_str(),
                dependency.version.as_deref(),
                dependency.optional == Some(true),
            ),
        };
        if name.is_empty() {
            findings.error(
                pointer,
                "a dependency without a name",
                "write the other plugin's name",
            );
            continue;
        }
        if name == manifest.name && !findings.has_error_at("/name") {
            findings.error(pointer, "the plugin depends on itself", "take it out");
            continue;
        }
        if !seen.insert(name) {
            findings.error(
                pointer,
                format!("the dependency `{name}` stands twice"),
                "keep one of the two",
            );
            continue;
        }
        let version = match version {
            None => VersionReq::STAR,
            Some(text) => match requirement(text, &format!("{pointer}/version"), findings) {
                Some(requirement) => requirement,
                None => continue,
            },
        };
        read.push(Requirement {
            name: name.to_owned(),
            version,
            optional,
        });
    }
    read
}

fn requirement(text: &str, pointer: &str, findings: &mut Findings) -> Option<VersionReq> {
    if findings.has_error_at(pointer) {
        return None;
    }
    match VersionReq::parse(text) {
        Ok(requirement) => Some(requirement),
        Err(error) => {
            findings.error(
                pointer,
                format!("`{text}` is no requirement on versions: {error}"),
                "write `1` or `^1.2` for all that is compatible, `>=1.2, <3`, or `*`",
            );
            None
        }
    }
}

/// The same name twice: whichever is meant, the other one can never be reached.
fn doubles(manifest: &Manifest, findings: &mut Findings) {
    let of = |list: &str, names: Vec<String>, findings: &mut Findings| {
        let mut seen = BTreeSet::new();
        for (index, name) in names.into_iter().enumerate() {
            let pointer = format!("/{list}/{index}");
            if !findings.has_error_around(&pointer) && !seen.insert(name.clone()) {
                findings.warning(
                    pointer,
                    format!("`{name}` stands twice in `{list}`"),
                    "give one of the two another name",
                );
            }
        }
    };
    let actions = manifest
        .actions
        .iter()
        .flatten()
        .map(|action| action.name.clone())
        .collect();
    of("actions", actions, findings);
    let providers = manifest
        .providers
        .iter()
        .flatten()
        .map(|provider| provider.name.clone())
        .collect();
    of("providers", providers, findings);
    let evaluators = manifest
        .evaluators
        .iter()
        .flatten()
        .map(|evaluator| evaluator.name.clone())
        .collect();
    of("evaluators", evaluators, findings);
    let services = manifest
        .services
        .iter()
        .flatten()
        .map(|service| service.r#type.clone())
        .collect();
    of("services", services, findings);
    let routes = manifest
        .routes
        .iter()
        .flatten()
        .map(|route| format!("{} {}", route.method.as_str(), route.path))
        .collect();
    of("routes", routes, findings);
}
