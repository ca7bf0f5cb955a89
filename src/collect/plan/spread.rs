//! Extrapolates from a few listings to all: the number of pages, and the error of the estimate.

use std::collections::BTreeMap;

/// Returns the number of pages after the first, of a listing with this many rows.
pub(super) fn later_pages(rows: i64, page: i64) -> i64 {
    (rows - 1).max(0) / page
}

/// The number of listings by their number of rows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Histogram(BTreeMap<i64, i64>);

impl Histogram {
    /// Counts the rows of each listing. The listings of `all` that are not among `rows` have none.
    pub fn of(rows: impl IntoIterator<Item = i64>, all: i64) -> Self {
        let mut histogram = BTreeMap::new();
        let mut counted = 0;
        for rows in rows {
            *histogram.entry(rows).or_default() += 1;
            counted += 1;
        }
        if all > counted {
            *histogram.entry(0).or_default() += all - counted;
        }
        Self(histogram)
    }

    /// Returns the number of listings.
    pub fn listings(&self) -> i64 {
        self.0.values().sum()
    }

    /// Returns the number of pages after the first, over all listings, if each has `more` further rows.
    pub fn later_pages(&self, more: i64, page: i64) -> i64 {
        self.0.iter().map(|(rows, listings)| listings * later_pages(rows + more, page)).sum()
    }
}

/// An estimate and its error: two standard errors.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Spread {
    pub value: f64,
    pub error: f64,
}

impl Spread {
    /// Returns a number that is known exactly.
    pub fn exactly(value: i64) -> Self {
        Self { value: value as f64, error: 0.0 }
    }

    /// Returns the sum over `all`, estimated from a random sample of values.
    pub fn of_all(found: &[f64], all: i64) -> Self {
        let (tried, all) = (found.len() as f64, all as f64);
        if found.is_empty() {
            return Self { value: 0.0, error: if all > 0.0 { f64::INFINITY } else { 0.0 } };
        }
        let mean = found.iter().sum::<f64>() / tried;
        let variance = found.iter().map(|one| (one - mean).powi(2)).sum::<f64>() / (tried - 1.0).max(1.0);
        let left = (1.0 - tried / all).max(0.0);
        Self { value: mean * all, error: 2.0 * all * (variance / tried * left).sqrt() }
    }

    /// Estimates the number of true values among `all`. A sample without a true value does not prove that there is
    /// none.
    pub fn share_of_all(found: &[bool], all: i64) -> Self {
        let numbers: Vec<f64> = found.iter().map(|is_so| f64::from(u8::from(*is_so))).collect();
        let spread = Self::of_all(&numbers, all);
        let few = (3.0 * (all as f64 / found.len().max(1) as f64 - 1.0)).max(0.0);
        Self { error: spread.error.max(few), ..spread }
    }

    /// Returns the sum of two estimates with independent errors.
    pub fn and(self, other: Self) -> Self {
        Self { value: self.value + other.value, error: self.error.hypot(other.error) }
    }

    /// Returns true if it exceeds the other by more than both errors.
    pub fn is_surely_more_than(self, other: Self) -> bool {
        self.value - self.error > other.value + other.error
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_listing_has_at_least_a_page() {
        let pages = |rows| 1 + later_pages(rows, 100);
        assert_eq!([0, 1, 100, 101, 200, 201].map(pages), [1, 1, 1, 2, 2, 3]);
        let histogram = Histogram::of([50, 150, 250], 10);
        assert_eq!(histogram.listings(), 10);
        assert_eq!(histogram.later_pages(0, 100), 3);
        assert_eq!(histogram.later_pages(51, 100), 1 + 2 + 3);
    }

    #[test]
    fn all_are_known_without_an_error() {
        assert_eq!(Spread::of_all(&[1.0, 5.0, 3.0], 3), Spread { value: 9.0, error: 0.0 });
        assert_eq!(Spread::of_all(&[], 0), Spread::default());
        assert!(Spread::of_all(&[], 5).error.is_infinite());
    }

    #[test]
    fn none_of_a_few_may_still_be_some_of_all() {
        let none = Spread::share_of_all(&[false; 50], 5_000);
        assert_eq!(none.value, 0.0);
        assert!(none.error > 250.0 && none.error < 350.0, "{none:?}");
        assert_eq!(Spread::share_of_all(&[false; 50], 50).error, 0.0);
    }

    #[test]
    fn what_is_within_the_error_is_not_surely_more() {
        let known = Spread { value: 100.0, error: 10.0 };
        assert!(Spread { value: 140.0, error: 20.0 }.is_surely_more_than(known));
        assert!(!Spread { value: 125.0, error: 20.0 }.is_surely_more_than(known));
        assert_eq!(known.and(Spread { value: 1.0, error: 0.0 }), Spread { value: 101.0, error: 10.0 });
    }
}
