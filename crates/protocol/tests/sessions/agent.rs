//! The subject's part of the interface `agent`: what `schema/README.md` section 7 says of it.

use crossplug_protocol::error::PluginError;
use crossplug_protocol::generated::agent::{
    ActionInvoke, ActionValidate, EvaluatorInvoke, EvaluatorValidate, Memory, ProviderGet,
    RouteHandle, ServiceStart,
};
use crossplug_protocol::generated::{agent, conformance};
use serde_json::{Value, json};

use super::subject::{decode, encode};

pub(crate) fn answer(method: &str, params: &str) -> Result<Value, PluginError> {
    let have = |own: &str, name: &str, code: &str| {
        if own == name {
            Ok(())
        } else {
            Err(PluginError::new(
                code,
                format!("nothing of the name {name}"),
            ))
        }
    };
    match method {
        "action.validate" => {
            have(
                "ECHO",
                &decode::<ActionValidate>(params)?.action,
                "actionNotFound",
            )?;
            Ok(json!({"valid": true}))
        }
        "action.invoke" => {
            let invoke = decode::<ActionInvoke>(params)?;
            have("ECHO", &invoke.action, "actionNotFound")?;
            let mut data = json!({});
            if let Some(options) = &invoke.options {
                data["options"] = json!(options);
            }
            if let Some(state) = &invoke.state {
                data["state"] = encode::<crossplug_protocol::generated::agent::State>(state)?;
            }
            Ok(
                json!({"success": true, "text": format!("echo:{}", said(&invoke.memory)), "data": data}),
            )
        }
        "provider.get" => {
            let get = decode::<ProviderGet>(params)?;
            have("PROV", &get.provider, "providerNotFound")?;
            Ok(json!({"text": format!("provided:{}", said(&get.memory)), "values": {"n": 1}}))
        }
        "evaluator.validate" => {
            have(
                "EVAL",
                &decode::<EvaluatorValidate>(params)?.evaluator,
                "evaluatorNotFound",
            )?;
            Ok(json!({"valid": true}))
        }
        "evaluator.invoke" => {
            let invoke = decode::<EvaluatorInvoke>(params)?;
            have("EVAL", &invoke.evaluator, "evaluatorNotFound")?;
            Ok(json!({"success": true, "text": format!("evaluated:{}", said(&invoke.memory))}))
        }
        "service.start" | "service.stop" => {
            have(
                "svc",
                &decode::<ServiceStart>(params)?.service_type,
                "serviceNotFound",
            )?;
            Ok(Value::Null)
        }
        "route.handle" => {
            let asked = decode::<RouteHandle>(params)?;
            have(
                "POST /r",
                &format!("{} {}", asked.method, asked.path),
                "routeNotFound",
            )?;
            let mut got = encode::<RouteHandle>(&asked)?;
            for name in ["params", "query", "headers"] {
                got.as_object_mut()
                    .unwrap()
                    .entry(name)
                    .or_insert(json!({}));
            }
            Ok(json!({"status": 201, "headers": {"X-A": "b"}, "body": {"got": got}}))
        }
        other => Err(unknown(other)),
    }
}

fn said(memory: &Memory) -> &str {
    memory.content.text.as_deref().unwrap_or("")
}

/// What is told of a method that no interface has.
fn unknown(method: &str) -> PluginError {
    let known = [&agent::DESCRIPTOR, &conformance::DESCRIPTOR];
    let methods = known.iter().flat_map(|interface| interface.methods);
    let mut names: Vec<&str> = methods.map(|method| method.name).collect();
    names.sort_unstable();
    let message = format!(
        "the plugin has no method `{method}`; it has {}",
        names.join(", ")
    );
    PluginError::new("methodNotFound", message)
}
