//! Values into MessagePack, no deeper than a peer will read. Knows serde's data model; must not know a type of the IDL.

use serde::ser::{
    Error as _, Serialize, SerializeMap, SerializeSeq, SerializeStruct, SerializeStructVariant,
    SerializeTuple, SerializeTupleStruct, SerializeTupleVariant, Serializer,
};

use super::error::EncodeError;
use super::wire::{As, Wire};
use crate::msgpack::{
    Head, head, push_array, push_boolean, push_bytes, push_float, push_map, push_null, push_signed,
    push_text, push_unsigned,
};

/// Appends; on an error the document is as before.
pub(super) fn append<W: Wire>(
    value: &W::Value,
    depth: usize,
    document: &mut Vec<u8>,
) -> Result<(), EncodeError> {
    let before = document.len();
    let packer = Packer {
        out: document,
        left: depth,
    };
    As::<W>(value)
        .serialize(packer)
        .inspect_err(|_| document.truncate(before))
}

/// Writes one value; `left` is how deep it may still nest.
struct Packer<'o> {
    out: &'o mut Vec<u8>,
    left: usize,
}

impl<'o> Packer<'o> {
    fn enter(self) -> Result<Self, EncodeError> {
        match self.left.checked_sub(1) {
            Some(left) => Ok(Self { left, ..self }),
            None => Err(EncodeError::custom("nested too deeply")),
        }
    }

    fn list(self, count: Option<usize>) -> Result<Open<'o>, EncodeError> {
        let inner = self.enter()?;
        Ok(Open::new(inner, count, push_array))
    }

    fn map(self, count: Option<usize>) -> Result<Open<'o>, EncodeError> {
        let inner = self.enter()?;
        Ok(Open::new(inner, count, push_map))
    }

    /// An enum's variant that holds something: a map with its name.
    fn variant(self, name: &str) -> Result<Self, EncodeError> {
        let inner = self.enter()?;
        push_map(inner.out, 1);
        push_text(inner.out, name);
        Ok(inner)
    }
}

/// An array or map that is being written.
struct Open<'o> {
    inner: Packer<'o>,
    /// What stands in the head, where it was known.
    promised: Option<usize>,
    written: usize,
    /// Where a head of five bytes waits for its count, where it was not.
    head: usize,
}

impl<'o> Open<'o> {
    fn new(inner: Packer<'o>, count: Option<usize>, push: impl Fn(&mut Vec<u8>, usize)) -> Self {
        let head = inner.out.len();
        // A count of 32 bits for now; the real one takes its place at the end.
        push(inner.out, count.unwrap_or(usize::MAX));
        Self {
            inner,
            promised: count,
            written: 0,
            head,
        }
    }

    fn element<T: ?Sized + Serialize>(&mut self, value: &T) -> Result<(), EncodeError> {
        self.written += 1;
        self.value(value)
    }

    fn value<T: ?Sized + Serialize>(&mut self, value: &T) -> Result<(), EncodeError> {
        value.serialize(Packer {
            out: self.inner.out,
            left: self.inner.left,
        })
    }

    fn named<T: ?Sized + Serialize>(
        &mut self,
        name: &'static str,
        value: &T,
    ) -> Result<(), EncodeError> {
        push_text(self.inner.out, name);
        self.element(value)
    }

    fn close(self) -> Result<(), EncodeError> {
        if self.promised == Some(self.written) {
            return Ok(());
        }
        if self.promised.is_some() {
            return Err(EncodeError::custom(
                "a sequence or map gave another number of elements than it had said",
            ));
        }
        let count = u32::try_from(self.written)
            .map_err(|_| EncodeError::custom("more than 2^32 elements"))?;
        let place = self.inner.out.get_mut(self.head + 1..self.head + 5);
        if let Some(place) = place {
            place.copy_from_slice(&count.to_be_bytes());
        }
        Ok(())
    }
}

impl<'o> Serializer for Packer<'o> {
    type Ok = ();
    type Error = EncodeError;
    type SerializeSeq = Open<'o>;
    type SerializeTuple = Open<'o>;
    type SerializeTupleStruct = Open<'o>;
    type SerializeTupleVariant = Open<'o>;
    type SerializeMap = Open<'o>;
    type SerializeStruct = Open<'o>;
    type SerializeStructVariant = Open<'o>;

    fn is_human_readable(&self) -> bool {
        false
    }

    fn serialize_bool(self, value: bool) -> Result<(), EncodeError> {
        push_boolean(self.out, value);
        Ok(())
    }

    fn serialize_i8(self, value: i8) -> Result<(), EncodeError> {
        self.serialize_i64(value.into())
    }

    fn serialize_i16(self, value: i16) -> Result<(), EncodeError> {
        self.serialize_i64(value.into())
    }

    fn serialize_i32(self, value: i32) -> Result<(), EncodeError> {
        self.serialize_i64(value.into())
    }

    fn serialize_i64(self, value: i64) -> Result<(), EncodeError> {
        push_signed(self.out, value);
        Ok(())
    }

    fn serialize_i128(self, value: i128) -> Result<(), EncodeError> {
        match (u64::try_from(value), i64::try_from(value)) {
            (Ok(value), _) => self.serialize_u64(value),
            (_, Ok(value)) => self.serialize_i64(value),
            _ => Err(EncodeError::custom("an integer of more than 64 bits")),
        }
    }

    fn serialize_u8(self, value: u8) -> Result<(), EncodeError> {
        self.serialize_u64(value.into())
    }

    fn serialize_u16(self, value: u16) -> Result<(), EncodeError> {
        self.serialize_u64(value.into())
    }

    fn serialize_u32(self, value: u32) -> Result<(), EncodeError> {
        self.serialize_u64(value.into())
    }

    fn serialize_u64(self, value: u64) -> Result<(), EncodeError> {
        push_unsigned(self.out, value);
        Ok(())
    }

    fn serialize_u128(self, value: u128) -> Result<(), EncodeError> {
        match u64::try_from(value) {
            Ok(value) => self.serialize_u64(value),
            Err(_) => Err(EncodeError::custom("an integer of more than 64 bits")),
        }
    }

    fn serialize_f32(self, value: f32) -> Result<(), EncodeError> {
        self.serialize_f64(value.into())
    }

    fn serialize_f64(self, value: f64) -> Result<(), EncodeError> {
        if !value.is_finite() {
            return Err(EncodeError::custom(format_args!(
                "{value} is not a finite number"
            )));
        }
        push_float(self.out, value);
        Ok(())
    }

    fn serialize_char(self, value: char) -> Result<(), EncodeError> {
        self.serialize_str(value.encode_utf8(&mut [0; 4]))
    }

    fn serialize_str(self, value: &str) -> Result<(), EncodeError> {
        push_text(self.out, value);
        Ok(())
    }

    fn serialize_bytes(self, value: &[u8]) -> Result<(), EncodeError> {
        push_bytes(self.out, value);
        Ok(())
    }

    fn serialize_none(self) -> Result<(), EncodeError> {
        self.serialize_unit()
    }

    fn serialize_some<T: ?Sized + Serialize>(self, value: &T) -> Result<(), EncodeError> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<(), EncodeError> {
        push_null(self.out);
        Ok(())
    }

    fn serialize_unit_struct(self, _name: &'static str) -> Result<(), EncodeError> {
        self.serialize_unit()
    }

    fn serialize_unit_variant(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
    ) -> Result<(), EncodeError> {
        self.serialize_str(variant)
    }

    fn serialize_newtype_struct<T: ?Sized + Serialize>(
        self,
        _name: &'static str,
        value: &T,
    ) -> Result<(), EncodeError> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: ?Sized + Serialize>(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<(), EncodeError> {
        value.serialize(self.variant(variant)?)
    }

    fn serialize_seq(self, count: Option<usize>) -> Result<Open<'o>, EncodeError> {
        self.list(count)
    }

    fn serialize_tuple(self, count: usize) -> Result<Open<'o>, EncodeError> {
        self.list(Some(count))
    }

    fn serialize_tuple_struct(
        self,
        _name: &'static str,
        count: usize,
    ) -> Result<Open<'o>, EncodeError> {
        self.list(Some(count))
    }

    fn serialize_tuple_variant(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        count: usize,
    ) -> Result<Open<'o>, EncodeError> {
        self.variant(variant)?.list(Some(count))
    }

    fn serialize_map(self, count: Option<usize>) -> Result<Open<'o>, EncodeError> {
        self.map(count)
    }

    fn serialize_struct(self, _name: &'static str, count: usize) -> Result<Open<'o>, EncodeError> {
        self.map(Some(count))
    }

    fn serialize_struct_variant(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        count: usize,
    ) -> Result<Open<'o>, EncodeError> {
        self.variant(variant)?.map(Some(count))
    }
}

macro_rules! lists {
    ($($kind:ident $method:ident;)*) => {$(
        impl $kind for Open<'_> {
            type Ok = ();
            type Error = EncodeError;

            fn $method<T: ?Sized + Serialize>(&mut self, value: &T) -> Result<(), EncodeError> {
                self.element(value)
            }

            fn end(self) -> Result<(), EncodeError> {
                self.close()
            }
        }
    )*};
}

lists! {
    SerializeSeq serialize_element;
    SerializeTuple serialize_element;
    SerializeTupleStruct serialize_field;
    SerializeTupleVariant serialize_field;
}

macro_rules! structs {
    ($($kind:ident;)*) => {$(
        impl $kind for Open<'_> {
            type Ok = ();
            type Error = EncodeError;

            fn serialize_field<T: ?Sized + Serialize>(
                &mut self,
                name: &'static str,
                value: &T,
            ) -> Result<(), EncodeError> {
                self.named(name, value)
            }

            fn end(self) -> Result<(), EncodeError> {
                self.close()
            }
        }
    )*};
}

structs! {
    SerializeStruct;
    SerializeStructVariant;
}

impl SerializeMap for Open<'_> {
    type Ok = ();
    type Error = EncodeError;

    fn serialize_key<T: ?Sized + Serialize>(&mut self, name: &T) -> Result<(), EncodeError> {
        let from = self.inner.out.len();
        name.serialize(Packer {
            out: self.inner.out,
            left: 0,
        })?;
        let number = match head(self.inner.out, from) {
            Ok((Head::Text(_), _)) => return Ok(()),
            Ok((Head::Unsigned(number), _)) => number.to_string(),
            Ok((Head::Signed(number), _)) => number.to_string(),
            _ => return Err(EncodeError::custom("a name that is not a string")),
        };
        // As in JSON, the numbers that a user's own map may have for names become text.
        self.inner.out.truncate(from);
        push_text(self.inner.out, &number);
        Ok(())
    }

    fn serialize_value<T: ?Sized + Serialize>(&mut self, value: &T) -> Result<(), EncodeError> {
        self.element(value)
    }

    fn end(self) -> Result<(), EncodeError> {
        self.close()
    }
}
