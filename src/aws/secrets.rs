//! Values that must never appear in a message. AWS may echo them: an answer to a refused signature repeats the
//! request's headers, including the session token.

use std::convert::Infallible;
use std::fmt;
use std::str::FromStr;
use std::sync::{Mutex, PoisonError};

/// A value that cannot be printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Returns the value, to be sent.
    pub fn text(&self) -> &str {
        &self.0
    }
}

impl FromStr for Secret {
    type Err = Infallible;

    fn from_str(typed: &str) -> Result<Self, Infallible> {
        Ok(Self(typed.to_owned()))
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// The length below which values are not blanked out, because they might match harmless words.
const SHORTEST: usize = 6;

/// The secrets that a connection has seen.
#[derive(Default)]
pub(super) struct Secrets(Mutex<Vec<String>>);

impl Secrets {
    /// Adds a secret.
    pub fn add(&self, secret: &str) {
        let mut secrets = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if secret.len() >= SHORTEST && !secrets.iter().any(|known| known == secret) {
            secrets.push(secret.to_owned());
        }
    }

    /// Returns the text with three asterisks in place of each secret.
    pub fn hidden_in(&self, text: String) -> String {
        let secrets = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        secrets.iter().fold(text, |text, secret| match text.contains(secret.as_str()) {
            true => text.replace(secret.as_str(), "***"),
            false => text,
        })
    }
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secrets")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_hidden_in_messages() {
        let secrets = Secrets::default();
        secrets.add("token/+=");
        secrets.add("abc");
        let text = "x-amz-security-token:token/+=; abc".to_owned();
        assert_eq!(secrets.hidden_in(text), "x-amz-security-token:***; abc");
        assert_eq!(format!("{secrets:?} {:?}", Secret("abc".to_owned())), "Secrets ***");
    }
}
