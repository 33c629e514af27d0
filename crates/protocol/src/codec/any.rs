//! Values without a type: `any`, members that a type keeps without knowing them, and what crosses from one encoding into
//! another. All are JSON's model: what it cannot say is refused in `any`, so that nothing is lost on the way into JSON.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{Deserialize, DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde::ser::{Serialize, SerializeMap, SerializeSeq, Serializer};
use serde_json::Number;

use super::error::{Reason, refuse};
use super::scalar::{EXACT, beyond};
use super::wire::Wire;
use super::{JsonMap, Value};

/// Any JSON value.
#[derive(Debug, Clone, Copy)]
pub struct Any;

impl Wire for Any {
    type Value = Value;
    const TAKES_NULL: bool = true;

    fn decode<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Value, D::Error> {
        if deserializer.is_human_readable() {
            Value::deserialize(deserializer)
        } else {
            deserializer.deserialize_any(Visit::<Exactly>(PhantomData))
        }
    }

    fn encode<S: Serializer>(value: &Value, serializer: S) -> Result<S::Ok, S::Error> {
        Plain(value).serialize(serializer)
    }
}

/// Any value of any encoding as JSON would say it: bytes as base64, an integer beyond 2^53 as its decimal string. A reader
/// that knows the type takes both for what they are.
///
/// ```
/// use crossplug_protocol::codec::{AsJson, Int64, List};
/// use crossplug_protocol::handshake::Encoding;
///
/// let packed = Encoding::Msgpack.encode::<List<Int64>>(&vec![7, i64::MAX]).unwrap();
/// let value = Encoding::Msgpack.decode::<AsJson>(&packed).unwrap();
/// assert_eq!(value.to_string(), r#"[7,"9223372036854775807"]"#);
/// ```
#[derive(Debug, Clone, Copy)]
pub struct AsJson;

impl Wire for AsJson {
    type Value = Value;
    const TAKES_NULL: bool = true;

    fn decode<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Value, D::Error> {
        if deserializer.is_human_readable() {
            Value::deserialize(deserializer)
        } else {
            deserializer.deserialize_any(Visit::<Rewritten>(PhantomData))
        }
    }

    fn encode<S: Serializer>(value: &Value, serializer: S) -> Result<S::Ok, S::Error> {
        Plain(value).serialize(serializer)
    }
}

/// Writes a JSON tree. A number in it is a 64-bit float by its meaning, and becomes one where an integer would say more.
pub(super) struct Plain<'a>(pub(super) &'a Value);

/// The same for an object.
pub(super) struct PlainMap<'a>(pub(super) &'a JsonMap);

impl Serialize for Plain<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            value if serializer.is_human_readable() => value.serialize(serializer),
            Value::Number(number) => match number.as_i64() {
                Some(value) if i128::from(value).abs() <= EXACT => serializer.serialize_i64(value),
                _ => serializer.serialize_f64(number.as_f64().unwrap_or(f64::NAN)),
            },
            Value::Array(list) => {
                let mut elements = serializer.serialize_seq(Some(list.len()))?;
                for element in list {
                    elements.serialize_element(&Plain(element))?;
                }
                elements.end()
            }
            Value::Object(map) => PlainMap(map).serialize(serializer),
            value => value.serialize(serializer),
        }
    }
}

impl Serialize for PlainMap<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            return self.0.serialize(serializer);
        }
        let mut members = serializer.serialize_map(Some(self.0.len()))?;
        for (name, value) in self.0 {
            members.serialize_entry(name, &Plain(value))?;
        }
        members.end()
    }
}

/// What becomes of values that JSON's model does not have.
trait Foreign {
    fn bytes<E: Error>(value: &[u8]) -> Result<Value, E>;
    fn wide<E: Error>(value: i128) -> Result<Value, E>;
}

/// They are refused.
struct Exactly;

impl Foreign for Exactly {
    fn bytes<E: Error>(_value: &[u8]) -> Result<Value, E> {
        Err(refuse(
            Reason::WrongKind,
            "bytes, which a value without a type cannot be: JSON has none",
        ))
    }

    fn wide<E: Error>(value: i128) -> Result<Value, E> {
        Err(beyond(value))
    }
}

/// They are written as JSON would.
struct Rewritten;

impl Foreign for Rewritten {
    fn bytes<E: Error>(value: &[u8]) -> Result<Value, E> {
        Ok(super::scalar::base64(value).into())
    }

    fn wide<E: Error>(value: i128) -> Result<Value, E> {
        Ok(value.to_string().into())
    }
}

/// Builds a tree.
struct Visit<F>(PhantomData<F>);

impl<'de, F: Foreign> DeserializeSeed<'de> for Visit<F> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de, F: Foreign> Visitor<'de> for Visit<F> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON value")
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_none<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Value, E> {
        if i128::from(value).abs() > EXACT {
            return F::wide(value.into());
        }
        Ok(value.into())
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Value, E> {
        if i128::from(value) > EXACT {
            return F::wide(value.into());
        }
        Ok(value.into())
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        Number::from_f64(value)
            .map(Value::Number)
            .ok_or_else(|| refuse(Reason::NotFinite, value))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_string<E: Error>(self, value: String) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_bytes<E: Error>(self, value: &[u8]) -> Result<Value, E> {
        F::bytes(value)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(element) = access.next_element_seed(Self(PhantomData))? {
            list.push(element);
        }
        Ok(list.into())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let mut map = JsonMap::new();
        while let Some(name) = access.next_key::<String>()? {
            let value = access.next_value_seed(Self(PhantomData))?;
            map.insert(name, value);
        }
        Ok(map.into())
    }
}
