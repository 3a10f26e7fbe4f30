//! The insides of lists, mappings and enums, handed to serde piece by piece.
//!
//! Here errors get their place and one more segment of their path, because only here it is known
//! under which key or index a value stands.

use serde::de::value::StrDeserializer;
use serde::de::{
    Deserialize as _, DeserializeSeed, Deserializer as _, EnumAccess, IntoDeserializer as _,
    MapAccess, SeqAccess, VariantAccess, Visitor,
};

use crate::error::NodeError;
use crate::node::{Key, Node};

/// The items of a list, one after the other.
pub(super) struct Items<'de> {
    items: &'de [Node],
    next: usize,
}

impl<'de> Items<'de> {
    pub(super) fn new(items: &'de [Node]) -> Self {
        Self { items, next: 0 }
    }
}

impl<'de> SeqAccess<'de> for Items<'de> {
    type Error = NodeError;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, NodeError> {
        let Some(node) = self.items.get(self.next) else {
            return Ok(None);
        };
        let index = self.next;
        self.next += 1;
        let value = seed.deserialize(node);
        value.map(Some).map_err(|error| error.at(&node.location).under(index.to_string()))
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.items.len() - self.next)
    }
}

/// The entries of a mapping, one after the other.
pub(super) struct Pairs<'de> {
    entries: &'de [(Key, Node)],
    /// Index of the entry whose key comes next.
    next: usize,
}

impl<'de> Pairs<'de> {
    pub(super) fn new(entries: &'de [(Key, Node)]) -> Self {
        Self { entries, next: 0 }
    }
}

impl<'de> MapAccess<'de> for Pairs<'de> {
    type Error = NodeError;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, NodeError> {
        let Some((key, _)) = self.entries.get(self.next) else {
            return Ok(None);
        };
        self.next += 1;
        let name: StrDeserializer<'_, NodeError> = key.name.as_str().into_deserializer();
        seed.deserialize(name).map(Some).map_err(|error| error.at(&key.location))
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, NodeError> {
        let (key, node) = &self.entries[self.next - 1];
        seed.deserialize(node).map_err(|error| error.at(&node.location).under(&key.name))
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.entries.len() - self.next)
    }
}

/// An enum variant with content, written as a mapping with one key.
pub(super) struct Variant<'de> {
    pub(super) key: &'de Key,
    pub(super) content: &'de Node,
}

impl<'de> EnumAccess<'de> for Variant<'de> {
    type Error = NodeError;
    type Variant = &'de Node;

    fn variant_seed<V: DeserializeSeed<'de>>(
        self,
        seed: V,
    ) -> Result<(V::Value, &'de Node), NodeError> {
        let name: StrDeserializer<'_, NodeError> = self.key.name.as_str().into_deserializer();
        let variant = seed.deserialize(name).map_err(|error| error.at(&self.key.location))?;
        Ok((variant, self.content))
    }
}

impl<'de> VariantAccess<'de> for &'de Node {
    type Error = NodeError;

    fn unit_variant(self) -> Result<(), NodeError> {
        <()>::deserialize(self)
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, NodeError> {
        seed.deserialize(self)
    }

    fn tuple_variant<V: Visitor<'de>>(
        self,
        length: usize,
        visitor: V,
    ) -> Result<V::Value, NodeError> {
        self.deserialize_tuple(length, visitor)
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        _fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, NodeError> {
        self.deserialize_map(visitor)
    }
}
