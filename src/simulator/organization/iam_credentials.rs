//! The credentials of the users of an account, and of its root user, on one day.

use super::iam::{IamUser, Maker};
use super::{DAY, Millis, World};

/// The credentials of a user, or of the root user.
#[derive(Debug, Clone, Default)]
pub(in crate::simulator) struct Credentials {
    pub password: Option<Password>,
    pub access_keys: Vec<AccessKey>,
    /// The serial numbers of the second factors, and when each was enabled.
    pub mfa_devices: Vec<(String, Millis)>,
    /// The signing certificates: id, whether it is active, and when it was uploaded.
    pub certificates: Vec<(String, bool, Millis)>,
}

#[derive(Debug, Clone, Default)]
pub(in crate::simulator) struct Password {
    pub changed_at: Millis,
    pub next_rotation: Option<Millis>,
    pub last_used: Option<Millis>,
}

#[derive(Debug, Clone, Default)]
pub(in crate::simulator) struct AccessKey {
    pub active: bool,
    pub created_at: Millis,
    /// When, in which Region and with which service it was last used.
    pub last_used: Option<(Millis, &'static str, &'static str)>,
}

/// A line of the credential report.
#[derive(Debug, Clone)]
pub(in crate::simulator) struct ReportLine {
    pub user_name: String,
    pub arn: String,
    pub created_at: Millis,
    pub is_root: bool,
    pub credentials: Credentials,
}

impl ReportLine {
    /// What the report says of credentials beyond its columns.
    pub fn additional_info(&self) -> Option<String> {
        let more = self.credentials.certificates.len().saturating_sub(2);
        (more > 0).then(|| format!("{more} more signing certificates: use ListSigningCertificates"))
    }

    /// The value of a column that is newer than what is known of the report.
    pub fn passkeys(&self) -> String {
        (self.user_name.len() % 2).to_string()
    }
}

/// A key is replaced by a new one so many days later.
const ROTATED_EVERY: u64 = 10;

impl World {
    /// When the credential reports of this day were made: an hour after that, somebody may be created.
    pub fn credential_report_made_at(&self) -> Millis {
        self.now() - 2 * 3_600_000
    }

    /// The lines of the credential report of the account at this position.
    pub fn credential_report(&self, account: u32) -> Vec<ReportLine> {
        let maker = Maker::of(self, account);
        let root = ReportLine {
            user_name: "<root_account>".to_owned(),
            arn: maker.arn("root", "", ""),
            created_at: maker.created("root"),
            is_root: true,
            credentials: maker.credentials_of_root(),
        };
        let line = |user: IamUser| ReportLine {
            credentials: maker.credentials(&user.name),
            user_name: user.name,
            arn: user.arn,
            created_at: user.created_at,
            is_root: false,
        };
        let made_at = self.credential_report_made_at();
        let users = self.iam(account).users.into_iter().filter(|user| user.created_at <= made_at);
        [root].into_iter().chain(users.map(line)).collect()
    }
}

impl Maker<'_> {
    /// When something was last used: in steps, hours before the report.
    fn used(&self, what: &str) -> Millis {
        let drawn = self.drawn(&format!("use of {what}"));
        self.used_on(drawn) - (3 + drawn as i64 % 9) * 3_600_000
    }

    fn key(&self, what: &str, active: bool, created_at: Millis, is_used: bool) -> AccessKey {
        let drawn = self.drawn(what);
        let at = self.used(what);
        let region = ["eu-west-1", "us-east-1"][(drawn % 2) as usize];
        let last_used = (is_used && at > created_at).then_some((at, region, "s3"));
        AccessKey { active, created_at, last_used }
    }

    fn mfa(&self, name: &str) -> (String, Millis) {
        (self.arn("mfa", "/", name), self.created(name))
    }

    fn credentials(&self, name: &str) -> Credentials {
        let (day, drawn, created_at) = (u64::from(self.world.day), self.drawn(name), self.created(name));
        let password = |is_used: bool, next_rotation| Password {
            changed_at: created_at,
            next_rotation,
            last_used: is_used.then(|| self.used(name)),
        };
        match name {
            "alice.legacy" => {
                let start = self.world.config.start.timestamp_millis();
                let rotated = match (day + drawn % ROTATED_EVERY) / ROTATED_EVERY {
                    0 => created_at,
                    times => {
                        start + (times * ROTATED_EVERY) as i64 * DAY
                            - (drawn % ROTATED_EVERY) as i64 * DAY
                            - DAY / 2
                    }
                };
                Credentials {
                    password: Some(password(true, None)),
                    access_keys: vec![
                        self.key("alice.1", true, rotated, true),
                        self.key("alice.2", false, created_at, false),
                    ],
                    mfa_devices: vec![self.mfa(name)],
                    ..Credentials::default()
                }
            }
            "break-glass+1" => Credentials {
                password: Some(password(false, None)),
                // Its second factor is taken away and comes back.
                mfa_devices: if (day + drawn) % 5 < 2 { vec![self.mfa(name)] } else { Vec::new() },
                certificates: vec![
                    ("CERTIFICATEONE0000000001".to_owned(), true, created_at),
                    ("CERTIFICATETWO0000000002".to_owned(), false, created_at),
                    ("CERTIFICATETHREE00000003".to_owned(), false, created_at),
                ],
                ..Credentials::default()
            },
            "ci-release" => Credentials {
                access_keys: vec![
                    self.key("ci.1", true, created_at, true),
                    self.key("ci.2", true, created_at, true),
                ],
                ..Credentials::default()
            },
            // The others enter by the console alone.
            _ => Credentials {
                password: Some(password(true, Some(created_at + 90 * DAY))),
                ..Credentials::default()
            },
        }
    }

    fn credentials_of_root(&self) -> Credentials {
        let (drawn, created_at) = (self.drawn("root"), self.created("root"));
        let key = || self.key("root.1", true, created_at, drawn.is_multiple_of(2));
        Credentials {
            password: Some(Password {
                changed_at: created_at,
                next_rotation: None,
                last_used: (!drawn.is_multiple_of(5)).then(|| self.used("root")),
            }),
            access_keys: if drawn.is_multiple_of(4) { vec![key()] } else { Vec::new() },
            mfa_devices: if drawn.is_multiple_of(3) { Vec::new() } else { vec![self.mfa("root")] },
            ..Credentials::default()
        }
    }
}
