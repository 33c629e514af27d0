//! Reading the members of one JSON object of a document: kinds of values, unknown keywords. Knows no type of the IDL.

use super::suggest::{list, nearest};
use crate::refusal::{Refusals, member};
use serde_json::{Map, Value};

/// The largest integer that every language sees exactly.
pub(crate) const MAX_SAFE: i64 = (1 << 53) - 1;

/// One object of the document.
pub(crate) struct Keywords<'d> {
    pub(crate) map: &'d Map<String, Value>,
    pub(crate) pointer: &'d str,
}

impl<'d> Keywords<'d> {
    /// The object, or a refusal.
    pub(crate) fn open(
        value: &'d Value,
        pointer: &'d str,
        what: &str,
        refusals: &mut Refusals,
    ) -> Option<Self> {
        let map = value.as_object();
        if map.is_none() {
            let found = kind(value);
            let cure = format!("write {what} as an object: {{ … }}");
            refusals.refuse(pointer, format!("{found} where {what} belongs"), cure);
        }
        map.map(|map| Self { map, pointer })
    }

    pub(crate) fn get(&self, key: &str) -> Option<&'d Value> {
        self.map.get(key)
    }

    /// Pointer to a member.
    pub(crate) fn at(&self, key: &str) -> String {
        member(self.pointer, key)
    }

    /// Refuses every keyword that is not allowed in `what`.
    pub(crate) fn only(&self, what: &str, allowed: &[&'static str], refusals: &mut Refusals) {
        for key in self
            .map
            .keys()
            .filter(|key| !allowed.contains(&key.as_str()))
        {
            let cure = match (foreign(key, what), nearest(key, allowed.iter().copied())) {
                (Some(cure), _) => cure.to_owned(),
                (None, Some(meant)) => format!("did you mean \"{meant}\"?"),
                (None, None) => format!(
                    "remove it; {what} may have {}",
                    list(allowed.iter().copied())
                ),
            };
            let key_shown = key.escape_debug();
            refusals.refuse(
                &self.at(key),
                format!("\"{key_shown}\" is no keyword of {what}"),
                cure,
            );
        }
    }

    /// A text, refused when it is not one.
    pub(crate) fn text(&self, key: &str, refusals: &mut Refusals) -> Option<&'d str> {
        let value = self.get(key)?;
        if !value.is_string() {
            let cure = "write it in double quotes";
            refusals.refuse(
                &self.at(key),
                format!("{} where text belongs", kind(value)),
                cure,
            );
        }
        value.as_str()
    }

    /// A text that must be there.
    pub(crate) fn required_text(
        &self,
        key: &str,
        what: &str,
        cure: &str,
        refusals: &mut Refusals,
    ) -> Option<&'d str> {
        if self.get(key).is_none() {
            refusals.refuse(self.pointer, format!("{what} has no \"{key}\""), cure);
        }
        self.text(key, refusals)
    }

    /// The prose that every named thing must have.
    pub(crate) fn description(&self, what: &str, refusals: &mut Refusals) -> String {
        let cure = "add \"description\" with a sentence: it becomes the docs of three languages";
        let text = self.required_text("description", what, cure, refusals);
        if text.is_some_and(|text| text.trim().is_empty()) {
            refusals.refuse(
                &self.at("description"),
                "the description is empty",
                "say what it is for",
            );
        }
        text.unwrap_or_default().to_owned()
    }

    /// true or false; absent means false.
    pub(crate) fn flag(&self, key: &str, refusals: &mut Refusals) -> bool {
        match self.get(key) {
            None => false,
            Some(Value::Bool(flag)) => *flag,
            Some(value) => {
                let what = format!("{} where true or false belongs", kind(value));
                refusals.refuse(&self.at(key), what, "write true or false, without quotes");
                false
            }
        }
    }

    /// A flag that is there only to say yes.
    pub(crate) fn mark(&self, key: &str, refusals: &mut Refusals) -> bool {
        match self.get(key) {
            None => false,
            Some(Value::Bool(true)) => true,
            Some(value) => {
                let what = format!("\"{key}\" can only be true, and this is {value}");
                refusals.refuse(
                    &self.at(key),
                    what,
                    format!("write true, or leave \"{key}\" out"),
                );
                false
            }
        }
    }

    /// An integer within limits.
    pub(crate) fn integer(
        &self,
        key: &str,
        least: i64,
        most: i64,
        refusals: &mut Refusals,
    ) -> Option<i64> {
        let value = self.get(key)?;
        let number = integer(value).filter(|number| (least..=most).contains(number));
        if number.is_none() {
            let what = format!("{value} is not an integer from {least} to {most}");
            refusals.refuse(&self.at(key), what, "write one, without quotes");
        }
        number
    }

    /// A list of texts, none of them twice.
    pub(crate) fn texts(&self, key: &str, refusals: &mut Refusals) -> Vec<String> {
        let Some(value) = self.get(key) else {
            return Vec::new();
        };
        let at = self.at(key);
        let Some(items) = value.as_array() else {
            let what = format!("{} where a list of names belongs", kind(value));
            refusals.refuse(&at, what, "write an array of strings: [\"…\"]");
            return Vec::new();
        };
        let mut texts: Vec<String> = Vec::new();
        for (index, item) in items.iter().enumerate() {
            let place = member(&at, &index.to_string());
            match item.as_str() {
                None => {
                    let what = format!("{} where text belongs", kind(item));
                    refusals.refuse(&place, what, "write it in double quotes");
                }
                Some(text) if texts.iter().any(|known| known == text) => {
                    let what = format!("\"{}\" stands twice in the list", text.escape_debug());
                    refusals.refuse(&place, what, "keep it once");
                }
                Some(text) => texts.push(text.to_owned()),
            }
        }
        texts
    }

    /// The members of a member that maps names to things; empty where it is absent.
    pub(crate) fn named(
        &self,
        key: &str,
        what: &str,
        refusals: &mut Refusals,
    ) -> Vec<(&'d String, &'d Value, String)> {
        let Some(value) = self.get(key) else {
            return Vec::new();
        };
        let at = self.at(key);
        match value.as_object() {
            Some(map) => map
                .iter()
                .map(|(name, value)| (name, value, member(&at, name)))
                .collect(),
            None => {
                let found = kind(value);
                let cure = format!("write an object whose names are those of the {what}");
                refusals.refuse(&at, format!("{found} where {what} belong"), cure);
                Vec::new()
            }
        }
    }
}

/// The value as an integer that every language sees exactly; 1.0 is one.
pub(crate) fn integer(value: &Value) -> Option<i64> {
    let number = value.as_number()?;
    let exact = number.as_i64().or_else(|| {
        let float = number.as_f64()?;
        #[allow(
            clippy::cast_possible_truncation,
            reason = "only whole floats within 2^53 pass"
        )]
        (float.fract() == 0.0 && float.abs() <= MAX_SAFE as f64).then_some(float as i64)
    })?;
    (-MAX_SAFE..=MAX_SAFE).contains(&exact).then_some(exact)
}

/// What a value is, for a message.
pub(crate) fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}

/// Cures for keywords that people know from JSON Schema, OpenAPI or other IDLs.
pub(super) fn foreign(key: &str, what: &str) -> Option<&'static str> {
    Some(match key {
        "title" => "remove it; the name in $defs is the title",
        "default" => "remove it; say in the description what an absent member means",
        "nullable" => "write {\"oneOf\": [T, {\"type\": \"null\"}]}",
        "optional" => {
            "remove it; a field is optional unless its name stands in \"required\" of its object"
        }
        "required" if what != "an object" => {
            "\"required\" is a list beside \"properties\" of the object that has the field: add the field's name there"
        }
        "example" | "examples" | "deprecated" | "readOnly" | "writeOnly" | "$comment" => {
            "remove it; say it in the description"
        }
        "minimum" | "maximum" | "exclusiveMinimum" | "exclusiveMaximum" | "multipleOf"
        | "minItems" | "maxItems" | "uniqueItems" | "minProperties" | "maxProperties"
        | "contains" => "remove it; say it in the description and check it in code",
        "allOf" | "extends" => "write all the fields into one object",
        "not" | "if" | "then" | "else" | "dependentRequired" | "dependentSchemas" => {
            "remove it; say it in the description and check it in code"
        }
        "patternProperties" | "propertyNames" => {
            "use a map: {\"type\": \"object\", \"additionalProperties\": T}"
        }
        "additionalProperties" => {
            "remove it; unknown members are passed over anyway, and \"x-extra\": true keeps them"
        }
        "prefixItems" => "use an object with named fields",
        "discriminator" => {
            "remove it; the arms are told apart by a const field that all of them require"
        }
        "returns" | "return" | "response" | "output" => "call it \"result\"",
        "parameters" | "args" | "arguments" | "input" | "request" => "call it \"params\"",
        "throws" | "raises" => "call it \"errors\"",
        "stream" => "call it \"items\" (responder to caller) or \"upload\" (caller to responder)",
        "definitions" => "call it \"$defs\"",
        "$schema" | "$id" => "remove it; \"idl\": \"1\" says what the document is",
        _ => return None,
    })
}
