//! Whether `--during` took a word that belongs to the question: its option may have one word or two, and a value may
//! follow it.

use super::QueryArgs;
use crate::document::privileges::Levels;
use crate::query::{CannedQuery, ParameterType};
use crate::store::When;

impl QueryArgs {
    /// The words after `--during`.
    #[cfg(test)]
    pub fn during(&self) -> &[String] {
        &self.during
    }

    /// The words after `--during`, where the second is the question or one of its values: the first is a range
    /// already, or the question is not complete without the second.
    pub fn taken_by_during(&self) -> Option<[&str; 2]> {
        let [from, to] = self.during.as_slice() else { return None };
        let Some(question) = &self.question else { return Some([from, to]) };
        let values = self.values.len();
        // The word stands before the question or after it.
        let is_whole_with = self.takes(question, values + 1) || self.takes(to, values + 1);
        let belongs = match self.takes(question, values) {
            // A value more may be given: then the second word is one unless it is a time, or no such value.
            true => {
                is_whole_with
                    && matches!(to.parse(), Ok(When::Label { is_explicit: false, .. }))
                    && self.may_be(question, values, to)
            }
            false => is_whole_with,
        };
        (from.contains("..") || belongs).then_some([from, to])
    }

    /// Whether a word may be the value at this place of a canned query: of a choice it is one of the words to choose from.
    fn may_be(&self, question: &str, place: usize, word: &str) -> bool {
        let Ok(CannedQuery { header, .. }) = self.catalog().find(question) else { return true };
        let is_choice = header.parameters.get(place).is_some_and(|one| one.kind == ParameterType::Level);
        !is_choice || Levels::named(&word.to_lowercase()).is_some()
    }

    /// Whether a question is whole with so many values beside those that are given by name.
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
