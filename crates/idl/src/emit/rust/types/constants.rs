//! What an interface says about itself: its name, version and hash, wire names, and the descriptor.

use super::super::Place;
use super::super::page::{Page, quoted};
use crate::model::{Interface, Method};

/// The name, version and hash of the interface, and the wire names of what it has.
pub(super) fn write_constants(interface: &Interface, page: &mut Page) {
    for (name, about, value) in [
        ("NAME", "The interface's name.", &interface.name),
        ("VERSION", "The interface's version.", &interface.version),
        (
            "HASH",
            "SHA-256 of the interface's document without descriptions.",
            &interface.hash,
        ),
    ] {
        page.blank();
        page.line(&format!("/// {about}"));
        let one = format!("pub const {name}: &str = {};", quoted(value));
        page.line(&one);
    }
    let group = |page: &mut Page, module: &str, about: &str, entries: Vec<(&str, &str, &str)>| {
        if entries.is_empty() {
            return;
        }
        page.blank();
        page.line(&format!("/// {about}"));
        page.line(&format!("pub mod {module} {{"));
        for (constant, wire, description) in entries {
            page.docs("    ", description);
            page.line(&format!(
                "    pub const {constant}: &str = {};",
                quoted(wire)
            ));
        }
        page.line("}");
    };
    fn names(list: &[Method]) -> Vec<(&str, &str, &str)> {
        list.iter()
            .map(|method| {
                (
                    method.name.constant.as_str(),
                    method.wire.as_str(),
                    method.description.as_str(),
                )
            })
            .collect()
    }
    group(
        page,
        "methods",
        "Wire names of the methods, which a host calls.",
        names(&interface.methods),
    );
    group(
        page,
        "services",
        "Wire names of the services, which a plugin calls.",
        names(&interface.services),
    );
    let events = interface.events.iter().map(|event| {
        (
            event.name.constant.as_str(),
            event.wire.as_str(),
            event.description.as_str(),
        )
    });
    group(
        page,
        "events",
        "Wire names of the events.",
        events.collect(),
    );
}

/// What a dispatcher and a client know about the interface at run time.
pub(super) fn write_descriptor(interface: &Interface, place: &Place, page: &mut Page) {
    page.blank();
    page.line("/// The interface at run time.");
    page.line(&format!(
        "pub static DESCRIPTOR: {0}::descriptor::Descriptor = {{",
        place.protocol
    ));
    page.line(&format!(
        "    use {}::descriptor::{{Descriptor, MethodDescriptor}};",
        place.protocol
    ));
    for (constant, list) in [
        ("METHODS", &interface.methods),
        ("SERVICES", &interface.services),
    ] {
        let body: Vec<String> = list
            .iter()
            .map(|method| descriptor(method, &constant.to_lowercase()))
            .collect();
        if body.is_empty() {
            page.line(&format!("    const {constant}: &[MethodDescriptor] = &[];"));
            continue;
        }
        page.line(&format!("    const {constant}: &[MethodDescriptor] = &["));
        for line in body {
            page.line(&format!("        {line},"));
        }
        page.line("    ];");
    }
    page.line("    Descriptor::new(NAME, VERSION, HASH, METHODS, SERVICES)");
    page.line("};");
}

fn descriptor(method: &Method, group: &str) -> String {
    let plain = format!("MethodDescriptor::new({group}::{})", method.name.constant);
    let flags = [
        method.items.is_some(),
        method.upload.is_some(),
        method.progress,
        method.idempotent,
    ];
    if method.timeout_ms.is_none() && method.permission.is_none() && flags == [false; 4] {
        return plain;
    }
    let permission = method
        .permission
        .as_ref()
        .map(|permission| quoted(permission));
    let permission = permission.map_or_else(
        || "None".to_owned(),
        |permission| format!("Some({permission})"),
    );
    format!(
        "{plain}.with({:?}, {flags:?}, {permission})",
        method.timeout_ms
    )
}
