//! Finds a key that occurs twice in one object of a JSON text. Some readers take the last value, others the first, and
//! no reader can tell which one is meant.
//!
//! `serde_json` reads each name and each value without children. It skips numbers without converting them, so a number
//! that no reader can represent does not stop the check. Open objects and lists are kept in a list instead of on the
//! call stack, so nesting may have any depth.

use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt::{self, Formatter};

use serde::de::{Deserialize, Deserializer, IgnoredAny, Visitor};
use serde_json::de::SliceRead;

/// The reason why readers may disagree about a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// The text is not JSON, or has more than one value.
    NotJson,
    /// One of its objects has this key twice.
    KeyTwice(String),
}

/// Checks the text up to its first fault.
pub fn check(text: &[u8]) -> Result<(), Fault> {
    let mut unread = Unread(text);
    // The keys of each open object; `None` for a list.
    let mut open: Vec<Option<HashSet<Cow<'_, [u8]>>>> = Vec::new();
    loop {
        let mut is_first = true;
        if unread.begins_with(b'{') {
            open.push(Some(HashSet::new()));
        } else if unread.begins_with(b'[') {
            open.push(None);
        } else {
            unread.read(|value| IgnoredAny::deserialize(value))?;
            is_first = false;
        }
        // Skips to the next value.
        loop {
            let Some(keys) = open.last_mut() else { return unread.end() };
            if unread.begins_with(if keys.is_some() { b'}' } else { b']' }) {
                open.pop();
                is_first = false;
                continue;
            }
            if !is_first {
                unread.expect(b',')?;
            }
            if let Some(keys) = keys {
                let key = unread.read(|key| key.deserialize_bytes(Key))?;
                if keys.contains(&key) {
                    return Err(Fault::KeyTwice(String::from_utf8_lossy(&key).into_owned()));
                }
                keys.insert(key);
                unread.expect(b':')?;
            }
            break;
        }
    }
}

/// The unread rest of a text.
struct Unread<'a>(&'a [u8]);

impl<'a> Unread<'a> {
    /// Skips white space, and this byte if it comes next. Returns true if the byte was skipped.
    fn begins_with(&mut self, byte: u8) -> bool {
        let is_space = |byte: &u8| matches!(byte, b' ' | b'\t' | b'\n' | b'\r');
        self.0 = &self.0[self.0.iter().take_while(|byte| is_space(byte)).count()..];
        let rest = self.0.strip_prefix(&[byte]);
        self.0 = rest.unwrap_or(self.0);
        rest.is_some()
    }

    fn expect(&mut self, byte: u8) -> Result<(), Fault> {
        if self.begins_with(byte) { Ok(()) } else { Err(Fault::NotJson) }
    }

    /// Reads the next value.
    fn read<T>(
        &mut self,
        read: impl FnOnce(&mut serde_json::Deserializer<SliceRead<'a>>) -> serde_json::Result<T>,
    ) -> Result<T, Fault> {
        let mut reader = serde_json::Deserializer::from_slice(self.0);
        let value = read(&mut reader).map_err(|_| Fault::NotJson)?;
        let (read, rest) = self.0.split_at(reader.into_iter::<IgnoredAny>().byte_offset());
        self.0 = rest;
        std::str::from_utf8(read).map(|_| value).map_err(|_| Fault::NotJson)
    }

    fn end(&self) -> Result<(), Fault> {
        if self.0.trim_ascii_start().is_empty() { Ok(()) } else { Err(Fault::NotJson) }
    }
}

/// A name as bytes. JSON allows half of a surrogate pair, which is not valid text.
struct Key;

impl<'de> Visitor<'de> for Key {
    type Value = Cow<'de, [u8]>;

    fn expecting(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        formatter.write_str("a name")
    }

    fn visit_borrowed_bytes<E>(self, name: &'de [u8]) -> Result<Self::Value, E> {
        Ok(Cow::Borrowed(name))
    }

    fn visit_bytes<E>(self, name: &[u8]) -> Result<Self::Value, E> {
        Ok(Cow::Owned(name.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::Value;

    use super::*;

    fn key_twice(text: &str) -> Option<String> {
        match check(text.as_bytes()) {
            Err(Fault::KeyTwice(key)) => Some(key),
            Ok(()) | Err(Fault::NotJson) => None,
        }
    }

    #[test]
    fn a_key_is_found_twice_at_any_depth() {
        for (body, key) in [
            (r#"{"Users": [], "Users": [{}]}"#, Some("Users")),
            (r#"{"Users": [{"UserId": "a", "UserName": "b", "UserId": "c"}]}"#, Some("UserId")),
            (r#"{"Users": [{"Name": {"GivenName": "a", "GivenName": "a"}}]}"#, Some("GivenName")),
            (r#"{"a": 1, "\u0061": 2}"#, Some("a")),
            (r#"{"é": 1, "\u00E9": 2}"#, Some("é")),
            (r#"{"🦀": 1, "\ud83e\uDD80": 2}"#, Some("🦀")),
            (r#"{"\ud800": 1, "\uD800": 2}"#, Some("\u{fffd}\u{fffd}\u{fffd}")),
            (r#"{"\ud800": 1, "\ud801": 2}"#, None),
            (r#"{"a\"": 1, "a\u0022": 2}"#, Some("a\"")),
            (r#"{"": 1, "": 2}"#, Some("")),
            (r#"{"__type": "AccessDenied", "__type": "ResourceNotFound"}"#, Some("__type")),
            (r#"{"a": null, "a": null"#, Some("a")),
            (r#"{"a": null, "a""#, Some("a")),
            (r#"{"Users": [{"a": 1.5}, {"a": true}, {"A": -1}], "a": [[{"a": {"a": "a"}}]]}"#, None),
            (r#"{"UserId": 1, "userid": 2}"#, None),
            (r#"{"a": "{\"b\": 1, \"b\": 2}", "b": "\\", "c": "a"}"#, None),
            (r#"{"a": 1} {"b": 1, "b": 2}"#, None),
            (r#"<p onclick='{"a": 1, "a": 2}'>"#, None),
            ("", None),
        ] {
            assert_eq!(key_twice(body).as_deref(), key, "{body}");
        }
    }

    #[test]
    fn no_number_hides_a_key() {
        let digits = "7".repeat(400);
        for number in
            ["1e400", "-1e999", "1E+400", "0.1e-9999", "-0", &digits, &format!("-{digits}.{digits}e{digits}")]
        {
            let twice = format!(r#"{{"n": {number}, "a": 1, "a": 2}}"#);
            assert_eq!(key_twice(&twice).as_deref(), Some("a"), "{number}");
            let twice =
                format!(r#"[{number}, [{{"n": [{number}]}}, {{"a": {number}, "\u0061": {number}}}]]"#);
            assert_eq!(key_twice(&twice).as_deref(), Some("a"), "{number}");
            assert_eq!(
                check(format!(r#"{{"n": {number}, "a": [{number}]}}"#).as_bytes()),
                Ok(()),
                "{number}"
            );
        }
        for no_number in ["01", "1e", "1.", ".5", "+1", "1e400x", "--1", "NaN", "0x1"] {
            let twice = format!(r#"{{"n": {no_number}, "a": 1, "a": 2}}"#);
            assert_eq!(check(twice.as_bytes()), Err(Fault::NotJson), "{no_number}");
        }
    }

    #[test]
    fn nesting_is_as_deep_as_it_likes() {
        assert_eq!(check("[".repeat(1_000_000).as_bytes()), Err(Fault::NotJson));
        let within = |inner: &str| format!("{}{inner}{}", "[{\"a\":".repeat(1_000), "}]".repeat(1_000));
        assert_eq!(check(within("1").as_bytes()), Ok(()));
        assert_eq!(key_twice(&within(r#"{"b":1,"b":2}"#)).as_deref(), Some("b"));
    }

    #[test]
    fn text_of_another_encoding_is_no_json() {
        for text in [&b"\"\xff\""[..], b"{\"\xff\": 1}", b"[1] \xff", b"\xef\xbb\xbf{}"] {
            assert_eq!(check(text), Err(Fault::NotJson), "{text:?}");
        }
    }

    /// Generates JSON as text, with the number of names in it.
    fn json() -> impl Strategy<Value = (String, usize)> {
        const SCALARS: &[&str] = &[
            r#""""#,
            r#""a\"{b:}""#,
            r#""\u0061\\""#,
            "0",
            "-1.5e3",
            "18446744073709551616",
            "true",
            "null",
        ];
        let scalar = prop::sample::select(SCALARS).prop_map(|text| (text.to_owned(), 0));
        let spaces = || prop::sample::select(&["", " ", "\n\t\r"][..]);
        scalar.prop_recursive(5, 40, 5, move |inner| {
            let names =
                prop::sample::select(&[r#""a""#, r#""\u0061""#, r#""b""#, r#""A""#, r#""é""#, r#""""#][..]);
            let member = (names, spaces(), inner.clone());
            let list = (prop::collection::vec(inner, 0..4), spaces()).prop_map(|(items, space)| {
                let texts: Vec<_> = items.iter().map(|(text, _)| text.as_str()).collect();
                let names = items.iter().map(|(_, names)| names).sum();
                (format!("[{space}{}{space}]", texts.join(&format!("{space},"))), names)
            });
            let object = (prop::collection::vec(member, 0..4), spaces()).prop_map(|(members, space)| {
                let texts: Vec<_> = members
                    .iter()
                    .map(|(name, space, (text, _))| format!("{name}{space}:{space}{text}"))
                    .collect();
                let names = members.iter().map(|(_, _, (_, names))| 1 + names).sum();
                (format!("{space}{{{}{space}}}", texts.join(&format!(",{space}"))), names)
            });
            prop_oneof![list, object]
        })
    }

    /// Counts the names that remain if the last value of each name wins.
    fn names_kept(json: &Value) -> usize {
        match json {
            Value::Array(items) => items.iter().map(names_kept).sum(),
            Value::Object(members) => members.values().map(|value| 1 + names_kept(value)).sum(),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => 0,
        }
    }

    proptest! {
        #[test]
        fn a_key_is_twice_where_serde_json_loses_one((text, names) in json()) {
            let kept = names_kept(&serde_json::from_str(&text).unwrap());
            match check(text.as_bytes()) {
                // The names within a lost value are lost too.
                Err(Fault::KeyTwice(_)) => prop_assert!(kept < names, "{text}"),
                other => prop_assert_eq!((other, kept), (Ok(()), names), "{}", text),
            }
            let beyond = text.replace("-1.5e3", "-1.5e3000");
            prop_assert_eq!(check(beyond.as_bytes()), check(text.as_bytes()), "{}", beyond);
        }

        #[test]
        fn what_is_json_is_what_serde_json_says(
            (text, _) in json(),
            at in any::<prop::sample::Index>(),
            put in prop::sample::select(&["", "{", "}", "[", "]", "\"", ",", ":", "\\", "0", "e", "-", " ", "x"][..]),
        ) {
            let mut characters: Vec<String> = text.chars().map(String::from).collect();
            let at = at.index(characters.len());
            put.clone_into(&mut characters[at]);
            let text = characters.concat();
            let is_json = serde_json::from_str::<IgnoredAny>(&text).is_ok();
            match check(text.as_bytes()) {
                Ok(()) => prop_assert!(is_json, "{text}"),
                Err(Fault::NotJson) => prop_assert!(!is_json, "{text}"),
                // The rest of the text may not be JSON.
                Err(Fault::KeyTwice(_)) => {}
            }
        }
    }
}
