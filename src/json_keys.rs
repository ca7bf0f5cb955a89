//! Finds a key that is twice in one object of a JSON text: one reader takes the last one, another the first, and
//! neither knows which one is meant.

use std::collections::HashSet;
use std::fmt::{self, Formatter};

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};

/// Returns the first such key; nothing where the text is no JSON.
pub fn key_twice(body: &[u8]) -> Option<String> {
    let mut found = None;
    // Whatever ends the reading before its end is in `found`, or is for those to tell who read the text.
    let _ = Keys(&mut found).deserialize(&mut serde_json::Deserializer::from_slice(body));
    found
}

/// Walks a value; keeps nothing of it but the key that was found.
struct Keys<'a>(&'a mut Option<String>);

impl<'de> DeserializeSeed<'de> for Keys<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Keys<'_> {
    type Value = ();

    fn expecting(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        formatter.write_str("a JSON value")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        let mut names = HashSet::new();
        while let Some(name) = members.next_key::<String>()? {
            if names.contains(&name) {
                *self.0 = Some(name);
                return Err(A::Error::custom("a key is there twice"));
            }
            names.insert(name);
            members.next_value_seed(Keys(self.0))?;
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        while items.next_element_seed(Keys(self.0))?.is_some() {}
        Ok(())
    }

    fn visit_str<E>(self, _text: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_bool<E>(self, _value: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _value: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _value: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _value: f64) -> Result<(), E> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_found_twice_at_any_depth() {
        for (body, key) in [
            (r#"{"Users": [], "Users": [{}]}"#, Some("Users")),
            (r#"{"Users": [{"UserId": "a", "UserName": "b", "UserId": "c"}]}"#, Some("UserId")),
            (r#"{"Users": [{"Name": {"GivenName": "a", "GivenName": "a"}}]}"#, Some("GivenName")),
            (r#"{"a": 1, "\u0061": 2}"#, Some("a")),
            (r#"{"__type": "AccessDenied", "__type": "ResourceNotFound"}"#, Some("__type")),
            (r#"{"a": null, "a": null"#, Some("a")),
            (r#"{"Users": [{"a": 1.5}, {"a": true}, {"A": -1}], "a": [[{"a": {"a": "a"}}]]}"#, None),
            (r#"{"UserId": 1, "userid": 2}"#, None),
            ("<html>", None),
            ("", None),
        ] {
            assert_eq!(key_twice(body.as_bytes()).as_deref(), key, "{body}");
        }
    }

    #[test]
    fn a_value_that_is_nested_too_deep_ends_the_reading() {
        assert_eq!(key_twice("[".repeat(1_000_000).as_bytes()), None);
    }
}
