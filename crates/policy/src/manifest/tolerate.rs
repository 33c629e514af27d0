//! The forms that real manifests have though no schema allows them, brought into the one form that is ours. Each is
//! noted for the strict validator. Knows which members hold records; must not look into free values such as `config`.

use serde_json::{Map, Value};

use crate::finding::Findings;

/// Members of the root that are lists of records.
const LISTS: [&str; 6] = [
    "dependencies",
    "actions",
    "providers",
    "evaluators",
    "services",
    "routes",
];

pub(super) fn tolerate(root: &mut Value, findings: &mut Findings) {
    drop_nulls(root, "", findings);
    for name in ["interop", "permissions", "doors"] {
        let pointer = format!("/{name}");
        if let Some(record) = root.get_mut(name) {
            drop_nulls(record, &pointer, findings);
            if name != "interop" {
                each_member(record, &pointer, |inner, pointer| {
                    drop_nulls(inner, pointer, findings)
                });
            }
        }
    }
    for name in LISTS {
        if let Some(list) = root.get_mut(name) {
            each_element(list, &format!("/{name}"), |record, pointer| {
                drop_nulls(record, pointer, findings)
            });
        }
    }
    if let Some(actions) = root.get_mut("actions") {
        each_element(actions, "/actions", |action, pointer| {
            examples(action, pointer, findings)
        });
    }
    if let Some(routes) = root.get_mut("routes") {
        each_element(routes, "/routes", |route, pointer| {
            method(route, pointer, findings)
        });
    }
}

/// A null stands for an absent member, as elizaOS's emitters write it.
fn drop_nulls(record: &mut Value, pointer: &str, findings: &mut Findings) {
    let Some(members) = record.as_object_mut() else {
        return;
    };
    members.retain(|name, value| {
        if value.is_null() {
            findings.deviation(
                join(pointer, name),
                "null stands for an absent member",
                "leave the member out",
            );
        }
        !value.is_null()
    });
}

fn examples(action: &mut Value, pointer: &str, findings: &mut Findings) {
    let Some(examples) = action.get_mut("examples") else {
        return;
    };
    each_element(
        examples,
        &format!("{pointer}/examples"),
        |conversation, pointer| {
            each_element(conversation, pointer, |line, pointer| {
                drop_nulls(line, pointer, findings);
                if let Some(content) = line.get_mut("content") {
                    drop_nulls(content, &format!("{pointer}/content"), findings);
                }
            });
        },
    );
}

/// elizaOS's emitters call a route's method `type`.
fn method(route: &mut Value, pointer: &str, findings: &mut Findings) {
    let Some(members) = route.as_object_mut() else {
        return;
    };
    let Some(spelled) = members
        .get("type")
        .filter(|value| value.is_string())
        .cloned()
    else {
        return;
    };
    match members.get("method") {
        None => {
            findings.deviation(
                format!("{pointer}/type"),
                "a route's method is called `type`",
                "call it `method`",
            );
            rename(members, spelled);
        }
        Some(method) if *method == spelled => {
            findings.deviation(
                format!("{pointer}/type"),
                "a route's method stands in `type` too",
                "leave `type` out",
            );
            members.shift_remove("type");
        }
        Some(_) => findings.warning(
            format!("{pointer}/type"),
            "`type` and `method` of the route differ",
            "leave `type` out; `method` is used",
        ),
    }
}

/// Puts `method` where `type` stood, so that what is written back reads as it came.
fn rename(members: &mut Map<String, Value>, spelled: Value) {
    let renamed = std::mem::take(members)
        .into_iter()
        .map(|(name, value)| match name.as_str() {
            "type" => ("method".to_owned(), spelled.clone()),
            _ => (name, value),
        });
    *members = renamed.collect();
}

fn each_member(record: &mut Value, pointer: &str, mut visit: impl FnMut(&mut Value, &str)) {
    for (name, value) in record.as_object_mut().into_iter().flatten() {
        visit(value, &join(pointer, name));
    }
}

fn each_element(list: &mut Value, pointer: &str, mut visit: impl FnMut(&mut Value, &str)) {
    for (index, value) in list.as_array_mut().into_iter().flatten().enumerate() {
        visit(value, &format!("{pointer}/{index}"));
    }
}

/// The pointer of a member.
pub(super) fn join(pointer: &str, name: &str) -> String {
    format!("{pointer}/{}", name.replace('~', "~0").replace('/', "~1"))
}
