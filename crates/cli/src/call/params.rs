//! Parameters of a call, from wherever the command line says. Must not look into them.

use std::io::Read;

use crossplug_host::Payload;

use crate::exit::Failure;

/// Reads JSON, `@file` or `-` for stdin, and checks that it is one object.
///
/// # Errors
/// Wrong usage: a file that cannot be read, text that is no JSON object.
pub(crate) fn read(argument: &str) -> Result<Payload, Failure> {
    let (text, source) = match argument.strip_prefix('@') {
        Some(file) => {
            let text = std::fs::read(file)
                .map_err(|error| Failure::usage(format!("--params: {file}: {error}")))?;
            (text, file)
        }
        None if argument == "-" => {
            let mut text = Vec::new();
            let read = std::io::stdin().read_to_end(&mut text);
            read.map_err(|error| Failure::usage(format!("--params: stdin: {error}")))?;
            (text, "stdin")
        }
        None => (argument.as_bytes().to_vec(), "the argument"),
    };
    let is_object = text.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'{');
    let payload = Payload::parse(text).map_err(|error| {
        Failure::usage(format!(
            "--params: {source} is not JSON that can be sent: {}",
            error.context()
        ))
    })?;
    if is_object {
        Ok(payload)
    } else {
        Err(Failure::usage(
            "--params: parameters are an object: {\"name\": value}",
        ))
    }
}
