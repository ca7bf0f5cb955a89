//! Finds the column that a wrong name means.

use crate::nearest::{did_you_mean, one_of};

/// The maximum number of columns that are suggested.
const OFFERED: usize = 3;

/// Returns the hint "did you mean …?" for a column. Names differ by table (`user_name`, `display_name`, `name`), so a
/// column with the same last word is preferred to one that is only spelt alike.
pub fn column_meant<'a>(typed: &str, columns: impl IntoIterator<Item = &'a str>) -> Option<String> {
    let columns: Vec<&str> = columns.into_iter().collect();
    let typed = in_words(typed);
    let last = |name: &str| name.rsplit('_').next().map(str::to_owned);
    let mut alike: Vec<&str> =
        columns.iter().copied().filter(|column| last(column) == last(&typed)).collect();
    alike.sort_by(|one, other| {
        let likeness = |column: &str| strsim::normalized_damerau_levenshtein(&typed, column);
        likeness(other).total_cmp(&likeness(one))
    });
    // The same column of two tables is one name.
    let mut offered: Vec<String> = Vec::new();
    for column in alike {
        if offered.len() < OFFERED && offered.iter().all(|other| other != column) {
            offered.push(column.to_owned());
        }
    }
    one_of(offered).or_else(|| did_you_mean(&typed, columns))
}

/// Returns a column name for AWS's spelling, such as `userName`.
fn in_words(name: &str) -> String {
    let mut words = String::new();
    let mut after_small = false;
    for one in name.chars() {
        if after_small && one.is_uppercase() {
            words.push('_');
        }
        after_small = one.is_lowercase();
        words.extend(one.to_lowercase());
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_of_another_table_means_the_own_one() {
        let users = ["user_id", "user_name", "display_name", "given_name", "family_name", "primary_email"];
        let groups = ["group_id", "display_name", "description"];
        let accounts = ["account_id", "name", "email", "state"];
        let meant = |typed: &str, columns: &[&'static str]| {
            let hint = column_meant(typed, columns.iter().copied()).unwrap_or_default();
            hint.trim_start_matches("did you mean ")
                .split([',', ' ', '?'])
                .next()
                .unwrap_or_default()
                .to_owned()
        };
        for (typed, columns, expected) in [
            ("group_name", &groups[..], "display_name"),
            ("name", &groups, "display_name"),
            ("account_name", &accounts, "name"),
            ("display_name", &accounts, "name"),
            ("name", &users, "user_name"),
            ("userName", &users, "user_name"),
            ("username", &users, "user_name"),
            ("user_nme", &users, "user_name"),
            ("id", &accounts, "account_id"),
            ("email", &users, "primary_email"),
            ("account_email", &accounts, "email"),
        ] {
            assert_eq!(meant(typed, columns), expected, "{typed}");
        }
        assert_eq!(column_meant("zzz", accounts), None);
    }
}
