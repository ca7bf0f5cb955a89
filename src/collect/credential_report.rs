//! Reads a credential report: CSV, of which each column is found by its name in the header.
//!
//! Format: IAM User Guide, "Generate credential reports for your AWS account". A value that is none is a word: `N/A`,
//! `no_information` or `not_supported`, which mean different things, so each word is kept beside its column.

use chrono::{DateTime, Datelike, SecondsFormat, Utc};
use csv::StringRecord;
use serde_json::{Map, Value};

use super::convert::{key, text};
use crate::aws::{CallFailure, Operation};
use crate::model::{IamCredential, IamCredentialActivity, Resource, Row};

const OPERATION: Operation = Operation::GetCredentialReport;
/// The column with the name of the user.
const USER: &str = "user";
/// The only known column that a report may lack: it is there where a user has more credentials than columns.
const ADDITIONAL: &str = "additional_credentials_info";

/// A credential with a last use: its name, and the columns with the time, the Region and the service of that use.
struct Used {
    credential: &'static str,
    time: &'static str,
    region_and_service: Option<[&'static str; 2]>,
}

const USED: [Used; 3] = [
    Used { credential: "password", time: "password_last_used", region_and_service: None },
    Used {
        credential: "access_key_1",
        time: "access_key_1_last_used_date",
        region_and_service: Some(["access_key_1_last_used_region", "access_key_1_last_used_service"]),
    },
    Used {
        credential: "access_key_2",
        time: "access_key_2_last_used_date",
        region_and_service: Some(["access_key_2_last_used_region", "access_key_2_last_used_service"]),
    },
];

/// A value, or the report's own word where there is none.
type Said<T> = (Option<T>, Option<String>);

/// Returns true if the column of the report is stored in a column of its own.
fn is_known(column: &str) -> bool {
    let of_use = USED.iter().any(|used| {
        used.time == column || used.region_and_service.is_some_and(|columns| columns.contains(&column))
    });
    of_use || column == USER || IamCredential::SPEC.columns.iter().any(|known| known.name == column)
}

/// The report of an account.
pub(super) struct CredentialReport {
    header: StringRecord,
    records: Vec<StringRecord>,
}

impl CredentialReport {
    /// Parses a report. Fails if it is no CSV, or if a line has more or fewer values than the header: it was cut off.
    pub fn parse(content: &[u8]) -> Result<Self, CallFailure> {
        let unusable = |error: csv::Error| {
            CallFailure::unusable(OPERATION, format!("the credential report cannot be read: {error}"))
        };
        let mut reader = csv::Reader::from_reader(content);
        let header = reader.headers().map_err(unusable)?.clone();
        let records = reader.records().collect::<Result<_, _>>().map_err(unusable)?;
        Ok(Self { header, records })
    }

    fn lines(&self) -> impl Iterator<Item = Line<'_>> {
        self.records.iter().map(|record| Line { header: &self.header, record })
    }

    /// Returns the credentials of each user.
    pub fn credentials(&self, account_id: &str) -> Result<Vec<Row>, CallFailure> {
        self.lines().map(|line| line.credentials(account_id).map(|row| Row::whole(&row))).collect()
    }

    /// Returns when the credentials of each user were last used.
    pub fn activity(&self, account_id: &str) -> Result<Vec<Row>, CallFailure> {
        let rows = self.lines().flat_map(|line| USED.iter().map(move |used| line.activity(account_id, used)));
        rows.map(|row| row.map(|row| Row::whole(&row))).collect()
    }
}

/// The line of a user.
#[derive(Clone, Copy)]
struct Line<'a> {
    header: &'a StringRecord,
    record: &'a StringRecord,
}

impl Line<'_> {
    fn optional(&self, column: &str) -> Option<String> {
        let place = self.header.iter().position(|name| name == column)?;
        text(self.record.get(place).map(str::to_owned))
    }

    /// Returns what the report says in a column; `None` if it says nothing. A report without the column is damaged: read on,
    /// it would say that nobody has such a credential.
    fn said(&self, column: &str) -> Result<Option<String>, CallFailure> {
        if !self.header.iter().any(|name| name == column) {
            let message = format!("the credential report has no column {column}");
            return Err(CallFailure::unusable(OPERATION, message));
        }
        Ok(self.optional(column))
    }

    fn flag(&self, column: &str) -> Result<Said<bool>, CallFailure> {
        Ok(match self.said(column)? {
            Some(word) if word.eq_ignore_ascii_case("true") => (Some(true), None),
            Some(word) if word.eq_ignore_ascii_case("false") => (Some(false), None),
            word => (None, word),
        })
    }

    fn time(&self, column: &str) -> Result<Said<String>, CallFailure> {
        let word = self.said(column)?;
        let time = word.as_deref().and_then(|word| DateTime::parse_from_rfc3339(word).ok());
        let time = time.filter(|time| (1970..=9999).contains(&time.year()));
        Ok(match time {
            Some(time) => (Some(time.with_timezone(&Utc).to_rfc3339_opts(SecondsFormat::Secs, true)), None),
            None => (None, word),
        })
    }

    fn user(&self) -> Result<String, CallFailure> {
        key(OPERATION, USER, self.said(USER)?)
    }

    fn credentials(&self, account_id: &str) -> Result<IamCredential, CallFailure> {
        let (password_enabled, password_enabled_status) = self.flag("password_enabled")?;
        let (password_last_changed, password_last_changed_status) = self.time("password_last_changed")?;
        let (password_next_rotation, password_next_rotation_status) = self.time("password_next_rotation")?;
        let (mfa_active, mfa_active_status) = self.flag("mfa_active")?;
        let (access_key_1_active, access_key_1_active_status) = self.flag("access_key_1_active")?;
        let (access_key_1_last_rotated, access_key_1_last_rotated_status) =
            self.time("access_key_1_last_rotated")?;
        let (access_key_2_active, access_key_2_active_status) = self.flag("access_key_2_active")?;
        let (access_key_2_last_rotated, access_key_2_last_rotated_status) =
            self.time("access_key_2_last_rotated")?;
        let (cert_1_active, cert_1_active_status) = self.flag("cert_1_active")?;
        let (cert_1_last_rotated, cert_1_last_rotated_status) = self.time("cert_1_last_rotated")?;
        let (cert_2_active, cert_2_active_status) = self.flag("cert_2_active")?;
        let (cert_2_last_rotated, cert_2_last_rotated_status) = self.time("cert_2_last_rotated")?;
        Ok(IamCredential {
            account_id: account_id.to_owned(),
            user_name: self.user()?,
            arn: self.said("arn")?,
            user_creation_time: self.time("user_creation_time")?.0,
            password_enabled,
            password_enabled_status,
            password_last_changed,
            password_last_changed_status,
            password_next_rotation,
            password_next_rotation_status,
            mfa_active,
            mfa_active_status,
            access_key_1_active,
            access_key_1_active_status,
            access_key_1_last_rotated,
            access_key_1_last_rotated_status,
            access_key_2_active,
            access_key_2_active_status,
            access_key_2_last_rotated,
            access_key_2_last_rotated_status,
            cert_1_active,
            cert_1_active_status,
            cert_1_last_rotated,
            cert_1_last_rotated_status,
            cert_2_active,
            cert_2_active_status,
            cert_2_last_rotated,
            cert_2_last_rotated_status,
            additional_credentials_info: self.optional(ADDITIONAL),
            extra: self.extra(),
        })
    }

    /// Returns the columns that are not known.
    fn extra(&self) -> Option<String> {
        let others = self.header.iter().zip(self.record.iter()).filter(|(column, _)| !is_known(column));
        let others: Map<String, Value> =
            others.map(|(column, value)| (column.to_owned(), value.into())).collect();
        (!others.is_empty()).then(|| Value::Object(others).to_string())
    }

    fn activity(&self, account_id: &str, used: &Used) -> Result<IamCredentialActivity, CallFailure> {
        let (last_used_at, last_used_status) = self.time(used.time)?;
        let place = |column| Ok(self.said(column)?.filter(|word| last_used_at.is_some() && word != "N/A"));
        let [last_used_region, last_used_service] = match used.region_and_service {
            Some([region, service]) => [place(region)?, place(service)?],
            None => [None, None],
        };
        Ok(IamCredentialActivity {
            account_id: account_id.to_owned(),
            user_name: self.user()?,
            credential: used.credential.to_owned(),
            last_used_at,
            last_used_region,
            last_used_service,
            last_used_status,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A report of one user with these columns changed or added; an empty value takes the column away.
    fn report(changes: &[(&str, &str)]) -> String {
        let usual = [
            ("user", "<root_account>"),
            ("arn", "arn:aws:iam::111122223333:root"),
            ("user_creation_time", "2015-06-17T19:11:50+00:00"),
            ("password_enabled", "not_supported"),
            ("password_last_used", "no_information"),
            ("password_last_changed", "not_supported"),
            ("password_next_rotation", "N/A"),
            ("mfa_active", "FALSE"),
            ("access_key_1_active", "true"),
            ("access_key_1_last_rotated", "2020-01-02T03:04:05+02:00"),
            ("access_key_1_last_used_date", "2026-01-02T03:04:00Z"),
            ("access_key_1_last_used_region", "us-east-1"),
            ("access_key_1_last_used_service", "s3"),
            ("access_key_2_active", "false"),
            ("access_key_2_last_rotated", "N/A"),
            ("access_key_2_last_used_date", "N/A"),
            ("access_key_2_last_used_region", "N/A"),
            ("access_key_2_last_used_service", "N/A"),
            ("cert_1_active", "false"),
            ("cert_1_last_rotated", "N/A"),
            ("cert_2_active", "false"),
            ("cert_2_last_rotated", "N/A"),
        ];
        let mut columns: Vec<(&str, &str)> = usual.to_vec();
        for (name, value) in changes {
            columns.retain(|(column, _)| column != name);
            if !value.is_empty() {
                columns.insert(0, (name, value));
            }
        }
        let line = |of: fn(&(&str, &str)) -> String| columns.iter().map(of).collect::<Vec<_>>().join(",");
        format!("{}\n{}\n", line(|(name, _)| (*name).to_owned()), line(|(_, value)| format!("\"{value}\"")))
    }

    fn row(report: &str) -> Row {
        CredentialReport::parse(report.as_bytes()).unwrap().credentials("111122223333").unwrap().remove(0)
    }

    #[test]
    fn words_and_values_are_told_apart() {
        let row = row(&report(&[]));
        for (column, value) in [
            ("user_name", "<root_account>".into()),
            ("user_creation_time", "2015-06-17T19:11:50Z".into()),
            ("password_enabled", Value::Null),
            ("password_enabled_status", "not_supported".into()),
            ("mfa_active", 0.into()),
            ("mfa_active_status", Value::Null),
            ("access_key_1_active", 1.into()),
            ("access_key_1_last_rotated", "2020-01-02T01:04:05Z".into()),
            ("password_next_rotation_status", "N/A".into()),
            ("extra", Value::Null),
        ] {
            let said = row.columns.get(column).cloned().unwrap_or_default();
            let said = said.as_bool().map_or(said, |truth| i64::from(truth).into());
            assert_eq!(said, value, "{column}");
        }
    }

    #[test]
    fn a_word_that_is_not_known_is_neither_true_nor_false() {
        let row = row(&report(&[("mfa_active", "pending"), ("cert_1_last_rotated", "yesterday")]));
        assert_eq!(row.text("mfa_active"), None);
        assert_eq!(row.text("mfa_active_status"), Some("pending"));
        assert_eq!(row.text("cert_1_last_rotated_status"), Some("yesterday"));
    }

    #[test]
    fn columns_are_found_by_name_and_new_ones_are_kept() {
        let row = row(&report(&[("passkeys", "2, \"\"new\"\""), ("user", "ana")]));
        assert_eq!(row.text("user_name"), Some("ana"));
        assert_eq!(row.text("extra"), Some(r#"{"passkeys":"2, \"new\""}"#));
    }

    #[test]
    fn a_use_has_a_place_only_where_there_is_one() {
        let report = CredentialReport::parse(report(&[]).as_bytes()).unwrap();
        let rows = report.activity("111122223333").unwrap();
        let said: Vec<_> = rows
            .iter()
            .map(|row| {
                ["credential", "last_used_at", "last_used_service", "last_used_status"]
                    .map(|column| row.text(column).unwrap_or("-"))
            })
            .collect();
        assert_eq!(
            said,
            [
                ["password", "-", "-", "no_information"],
                ["access_key_1", "2026-01-02T03:04:00Z", "s3", "-"],
                ["access_key_2", "-", "-", "N/A"],
            ]
        );
    }

    #[test]
    fn a_damaged_report_says_nothing() {
        let failure = |text: &str| match CredentialReport::parse(text.as_bytes()) {
            Err(failure) => failure.message,
            Ok(report) => report.credentials("1").and(report.activity("1")).unwrap_err().message,
        };
        for column in
            ["mfa_active", "access_key_2_active", "password_last_used", "user", "cert_2_last_rotated"]
        {
            let without = failure(&report(&[(column, "")]));
            assert!(without.contains(&format!("has no column {column}")), "{without}");
        }
        let whole = report(&[]);
        let cut = whole.rsplit_once(',').unwrap().0;
        assert!(failure(cut).contains("the credential report cannot be read"), "{}", failure(cut));
        assert!(CredentialReport::parse(b"user\n\xff\n").is_err());
    }
}
