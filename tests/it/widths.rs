//! Every canned query as displayed in terminals of 80, 100 and 140 columns.

use orgcensus::query::catalog;
use unicode_width::UnicodeWidthStr;

use crate::canned_queries::words_of;
use crate::fixture;
use crate::terminal::answer_on_terminal;

#[test]
fn every_answer_fits_the_terminal_and_begins_with_what_was_asked() {
    let sandbox = fixture::census();
    for width in [80_u16, 100, 140] {
        let mut shown = String::new();
        for query in catalog() {
            let (exit, answer) = answer_on_terminal(&sandbox, width, &words_of(query));
            assert_eq!(exit, Some(0), "{}: {answer}", query.name);
            for line in answer.lines() {
                assert!(line.width() <= usize::from(width), "{}: {line}", query.name);
            }
            shown.push_str(&format!("# {}\n{}\n", query.name, answer));
        }
        insta::assert_snapshot!(format!("width_{width}"), shown);
    }
}
