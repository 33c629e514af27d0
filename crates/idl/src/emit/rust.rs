//! Rust from the model: types with their codec, the author's trait with its dispatch, the host's client. Knows the
//! model and the names of our crates; must not know JSON Schema or invent names of its own.

mod emitted;
mod expression;
mod host;
mod page;
mod plugin;
mod types;

use super::{File, Layout, Options, Role};
use crate::model::Interface;
use page::Page;

/// The files of an interface.
///
/// For this repository one file `<module>.rs` a role. For a user `<module>.rs`, which holds the modules `types`,
/// `plugin` and `host` as far as they were asked for.
#[must_use]
pub fn emit(interface: &Interface, options: &Options) -> Vec<File> {
    match options.layout {
        Layout::Repository => {
            let only = |role, at: Place| {
                options.has(role).then(|| File {
                    path: format!("{}.rs", interface.module.rust),
                    text: page(role, interface, &at, &options.header),
                })
            };
            let own = |role| Place {
                protocol: own_protocol(role).to_owned(),
                runtime: "crate".to_owned(),
                types: format!("crossplug_protocol::generated::{}", interface.module.rust),
                repository: true,
                mark: String::new(),
            };
            [Role::Types, Role::Plugin, Role::Host]
                .into_iter()
                .filter_map(|role| only(role, own(role)))
                .collect()
        }
        Layout::User => user(interface, options),
    }
}

/// What the paths in a file begin with.
struct Place {
    /// The protocol crate.
    protocol: String,
    /// The crate of the role: `crossplug_plugin` or `crossplug_host`.
    runtime: String,
    /// The module of the interface's types.
    types: String,
    /// Whether the file lives in this repository.
    repository: bool,
    /// Behind the names of macros, of which a crate has one each: the roles, since one crate may hold the author's side alone
    /// and all of it.
    mark: String,
}

const fn own_protocol(role: Role) -> &'static str {
    match role {
        Role::Types => "crate",
        Role::Plugin | Role::Host => "crossplug_protocol",
    }
}

fn page(role: Role, interface: &Interface, place: &Place, header: &str) -> String {
    let mut page = Page::new(header);
    match role {
        Role::Types => types::write(interface, place, &mut page),
        Role::Plugin => plugin::write(interface, place, &mut page),
        Role::Host => host::write(interface, place, &mut page),
    }
    page.finish()
}

/// One file for a user's crate, which may depend on the plugin crate, the host crate or both.
///
/// A module a role, in one file as in the other languages: a folder beside `<module>.py` would be a package of the same
/// name to Python's tools.
fn user(interface: &Interface, options: &Options) -> Vec<File> {
    let crate_of = |role| match role {
        Role::Host => "crossplug_host",
        Role::Types | Role::Plugin => "crossplug_plugin",
    };
    // Types alone belong to whichever side is asked for; a plugin's crate by default.
    let types_role = if options.has(Role::Host) && !options.has(Role::Plugin) {
        Role::Host
    } else {
        Role::Plugin
    };
    let protocol = options
        .runtime
        .clone()
        .unwrap_or_else(|| format!("{}::protocol", crate_of(types_role)));
    let roles = [
        (Role::Types, "_types"),
        (Role::Plugin, "_plugin"),
        (Role::Host, "_host"),
    ];
    let mark: String = roles
        .iter()
        .filter(|(role, _)| options.has(*role))
        .map(|(_, name)| *name)
        .collect();
    let mut file = Page::new(&options.header);
    file.inner_docs(&format!(
        "The interface `{}` {}. {}",
        interface.name, interface.version, interface.description
    ));
    for (role, name) in [
        (Role::Types, "types"),
        (Role::Plugin, "plugin"),
        (Role::Host, "host"),
    ] {
        if !options.has(role) && role != Role::Types {
            continue;
        }
        let place = Place {
            protocol: protocol.clone(),
            runtime: crate_of(role).to_owned(),
            types: "super::types".to_owned(),
            repository: false,
            mark: mark.clone(),
        };
        file.blank();
        // The text is laid out already; a formatter that is set up otherwise would undo the next comparison.
        file.line("#[rustfmt::skip]");
        if role == Role::Host && options.has(Role::Plugin) {
            // The crate is a plugin, too, and as a module it has no host in it.
            file.line("#[cfg(not(target_arch = \"wasm32\"))]");
        }
        file.line(&format!("pub mod {name} {{"));
        for line in page(role, interface, &place, "").lines() {
            file.line(&if line.is_empty() {
                String::new()
            } else {
                format!("    {line}")
            });
        }
        file.line("}");
    }
    vec![File {
        path: format!("{}.rs", interface.module.rust),
        text: file.finish(),
    }]
}
