//! Detects a listing without an end, whose token is always new.

use std::collections::{HashMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};

use crate::aws::Operation;
use crate::collect::collector::Page;
use crate::model::{Row, resource};

/// The number of consecutive pages without a new row that end a listing. AWS's own empty pages come one or two at a
/// time.
const BARREN: u32 = 300;
/// The number of pages without a new row, over all listings of an operation, after which the limit is lowered: the
/// pages of five such listings.
const BARREN_IN_ALL: u32 = 5 * BARREN;
/// The lowered limit of consecutive pages without a new row. Shorter series are normal for AWS, and are not counted.
const FEW: u32 = 4;
/// The number of pages that ends any listing. The longest listing within the published quotas, the assignments of one
/// user to 500 permission sets in each of 10,000 accounts, has half as many.
const MOST_PAGES: u32 = 100_000;

/// The pages so far of one listing.
#[derive(Debug, Default)]
pub(super) struct Pages {
    number: u32,
    barren: u32,
    /// The hashes of the keys of its rows.
    brought: HashSet<u64>,
}

/// The number of pages without a new row, by operation.
#[derive(Debug, Default)]
pub(super) struct Barren(HashMap<Operation, u32>);

impl Barren {
    /// Records a page of a listing. Returns the reason if the listing seems to have no end.
    pub fn take(&mut self, operation: Operation, listed: &mut Pages, page: &Page) -> Option<String> {
        let in_all = self.0.entry(operation).or_default();
        let most = if *in_all >= BARREN_IN_ALL { FEW } else { BARREN };
        let why = listed.take(page, most);
        *in_all += u32::from(listed.barren > FEW);
        why
    }
}

impl Pages {
    fn take(&mut self, page: &Page, most: u32) -> Option<String> {
        // The last page ends the listing anyway.
        if !page.goes_on() {
            return None;
        }
        self.number += 1;
        let known = self.brought.len();
        self.brought.extend(page.rows.iter().map(key_of));
        self.barren = if self.brought.len() > known { 0 } else { self.barren + 1 };
        match self {
            Self { barren, .. } if *barren >= most => {
                Some(format!("{barren} pages in a row brought nothing new"))
            }
            Self { number: MOST_PAGES.., .. } => Some(format!("it has more than {MOST_PAGES} pages")),
            _ => None,
        }
        .map(|why| format!("the listing has no end: {why}"))
    }
}

fn key_of(row: &Row) -> u64 {
    let key = resource(row.resource).map_or(&[][..], |spec| spec.key);
    let values: Vec<_> = key.iter().map(|column| row.columns.get(*column).map(ToString::to_string)).collect();
    hash_of(&(row.resource, values))
}

fn hash_of(value: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Group, GroupMembership};

    fn page(rows: Vec<Row>) -> Page {
        Page { rows, next_token: Some("more".to_owned()), ..Page::default() }
    }

    fn group(number: u32) -> Row {
        Row::whole(&Group { group_id: number.to_string(), ..Group::default() })
    }

    #[test]
    fn pages_that_bring_nothing_new_end_a_listing() {
        for rows in [vec![], vec![group(1), group(2)]] {
            let mut pages = Pages::default();
            pages.take(&page(vec![group(1), group(2)]), BARREN);
            let taken = (0..BARREN - 1).filter_map(|_| pages.take(&page(rows.clone()), BARREN)).count();
            assert_eq!(taken, 0);
            let why = pages.take(&page(rows), BARREN).unwrap();
            assert_eq!(why, "the listing has no end: 300 pages in a row brought nothing new");
        }
    }

    #[test]
    fn a_listing_goes_on_while_anything_is_new() {
        let mut pages = Pages::default();
        for number in 0..5_000 {
            let rows = if number % 290 == 0 { vec![group(number)] } else { vec![group(0)] };
            assert_eq!(pages.take(&page(rows), BARREN), None, "{number}");
        }
        // A part of a key alone is no key.
        let mut pages = Pages::default();
        for number in 0..3_000 {
            let member = GroupMembership {
                group_id: "g".to_owned(),
                user_id: number.to_string(),
                ..GroupMembership::default()
            };
            assert_eq!(pages.take(&page(vec![Row::whole(&member)]), BARREN), None);
        }
        assert_eq!(pages.take(&Page::default(), BARREN), None);
    }

    #[test]
    fn no_listing_has_more_pages_than_the_quotas_allow() {
        let mut pages = Pages { number: MOST_PAGES - 1, ..Pages::default() };
        assert!(pages.take(&page(vec![group(1)]), BARREN).unwrap().ends_with("more than 100000 pages"));
    }

    /// Returns the number of pages after which a listing without new rows ends.
    fn pages_until_the_end(barren: &mut Barren, operation: Operation) -> u32 {
        let mut listed = Pages::default();
        (1..).find(|_| barren.take(operation, &mut listed, &page(vec![])).is_some()).unwrap()
    }

    #[test]
    fn an_operation_without_end_is_given_up() {
        let mut barren = Barren::default();
        let mut all = 0;
        for _ in 0..100 {
            all += pages_until_the_end(&mut barren, Operation::ListGroupMemberships);
        }
        // The first FEW pages of each listing are not counted.
        assert!(all < BARREN_IN_ALL + BARREN + 100 * FEW, "{all}");
        assert_eq!(pages_until_the_end(&mut barren, Operation::ListGroupMemberships), FEW);
        assert_eq!(pages_until_the_end(&mut barren, Operation::ListTagsForResource), BARREN);
    }

    #[test]
    fn listings_side_by_side_end_together() {
        let mut barren = Barren::default();
        let mut listed: Vec<_> = (0..50).map(|_| Pages::default()).collect();
        let mut all = 0;
        while !listed.is_empty() {
            all += listed.len();
            listed
                .retain_mut(|one| barren.take(Operation::ListGroupMemberships, one, &page(vec![])).is_none());
        }
        assert!(all < 2_000, "{all}");
    }

    #[test]
    fn a_few_empty_pages_are_no_sign() {
        let mut barren = Barren::default();
        for number in 0..3_000 {
            let mut listed = Pages::default();
            for _ in 0..FEW - 1 {
                let why = barren.take(Operation::ListGroupMemberships, &mut listed, &page(vec![]));
                assert_eq!(why, None, "{number}");
            }
        }
        assert_eq!(pages_until_the_end(&mut barren, Operation::ListGroupMemberships), BARREN);
    }
}
