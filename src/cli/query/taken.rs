//! Detects whether `--during` took a word that belongs to the question. The option takes one or two words, and a value
//! may follow it.

use super::QueryArgs;
use crate::document::privileges::Levels;
use crate::query::{CannedQuery, ParameterType};
use crate::store::When;

impl QueryArgs {
    /// Returns the words after `--during`.
    #[cfg(test)]
    pub fn during(&self) -> &[String] {
        &self.during
    }

    /// Returns the words after `--during` if the second one is the question or one of its values: the first is already
    /// a range, or the question is incomplete without the second.
    pub fn taken_by_during(&self) -> Option<[&str; 2]> {
        let [from, to] = self.during.as_slice() else { return None };
        let Some(question) = &self.question else { return Some([from, to]) };
        let values = self.values.len();
        // The word stands before or after the question.
        let is_whole_with = self.takes(question, values + 1) || self.takes(to, values + 1);
        let belongs = match self.takes(question, values) {
            // The question accepts another value. The second word is that value, unless it is a time or no valid value.
            true => {
                is_whole_with
                    && matches!(to.parse(), Ok(When::Label { is_explicit: false, .. }))
                    && self.may_be(question, values, to)
            }
            false => is_whole_with,
        };
        (from.contains("..") || belongs).then_some([from, to])
    }

    /// Returns true if a word may be the value in this position of a canned query. For a choice it must be one of the
    /// words.
    fn may_be(&self, question: &str, place: usize, word: &str) -> bool {
        let Ok(CannedQuery { header, .. }) = self.catalog().find(question) else { return true };
        let is_choice = header.parameters.get(place).is_some_and(|one| one.kind == ParameterType::Level);
        !is_choice || Levels::named(&word.to_lowercase()).is_some()
    }

    /// Returns true if a question is complete with this many values, besides those given by name.
    fn takes(&self, question: &str, values: usize) -> bool {
        if question == "-" || question.contains(char::is_whitespace) {
            return values == 0;
        }
        let Ok(CannedQuery { header, .. }) = self.catalog().find(question) else { return false };
        let is_named = |name: &str| {
            self.param.iter().any(|pair| pair.split_once('=').is_some_and(|(typed, _)| typed.trim() == name))
        };
        values <= header.parameters.len()
            && header.parameters[values..].iter().all(|one| one.default.is_some() || is_named(&one.name))
    }
}
