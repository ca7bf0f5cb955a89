//! What an account has itself, on one day: users, groups, roles and policies. It follows from the account, the seed and the
//! day, and so is not kept.

use serde_json::{Value, json};

use super::{DAY, Millis, PermissionSet, TagPair, World};
use crate::simulator::dice;

/// IAM of one account.
#[derive(Debug, Clone, Default)]
pub(in crate::simulator) struct AccountIam {
    pub users: Vec<IamUser>,
    pub groups: Vec<IamGroup>,
    pub roles: Vec<IamRole>,
    pub policies: Vec<IamPolicy>,
}

/// The policies of a user, group or role.
#[derive(Debug, Clone, Default)]
pub(in crate::simulator) struct Policies {
    /// Name and document.
    pub inline: Vec<(String, String)>,
    /// Name and ARN.
    pub attached: Vec<(String, String)>,
}

#[derive(Debug, Clone, Default)]
pub(in crate::simulator) struct IamUser {
    pub name: String,
    pub id: String,
    pub arn: String,
    pub path: String,
    pub created_at: Millis,
    pub boundary: Option<String>,
    pub groups: Vec<String>,
    pub policies: Policies,
    pub tags: Vec<TagPair>,
}

#[derive(Debug, Clone, Default)]
pub(in crate::simulator) struct IamGroup {
    pub name: String,
    pub id: String,
    pub arn: String,
    pub path: String,
    pub created_at: Millis,
    pub policies: Policies,
}

#[derive(Debug, Clone, Default)]
pub(in crate::simulator) struct IamRole {
    pub name: String,
    pub id: String,
    pub arn: String,
    pub path: String,
    pub created_at: Millis,
    pub description: Option<String>,
    pub max_session_duration: i64,
    pub trust_policy: String,
    pub boundary: Option<String>,
    /// Name, id and ARN of its instance profile.
    pub profile: Option<(String, String, String)>,
    /// ARN and minor version.
    pub template: Option<(String, i64)>,
    pub policies: Policies,
    pub tags: Vec<TagPair>,
    /// When and in which Region it was last used.
    pub last_used: Option<(Millis, &'static str)>,
}

#[derive(Debug, Clone, Default)]
pub(in crate::simulator) struct IamPolicy {
    pub name: String,
    pub id: String,
    pub arn: String,
    pub path: String,
    pub description: Option<String>,
    pub created_at: Millis,
    pub updated_at: Millis,
    /// The versions, the newest last: it is in force. The oldest of them is the version `first_version`.
    pub documents: Vec<(Millis, String)>,
    pub first_version: u64,
    pub attachments: i64,
    pub boundary_uses: i64,
}

/// A role that is used is used again so many days later: by more than what a census takes for the same use.
const USED_EVERY: u64 = 9;
/// The roles that accounts have beside those of permission sets.
const TRUSTS: [&str; 7] =
    ["organization", "service-linked", "github", "partner", "instance", "lambda", "anyone"];

impl World {
    /// What the account at this position has itself.
    pub fn iam(&self, account: u32) -> AccountIam {
        let maker = Maker::of(self, account);
        let policies = maker.policies(account);
        let mut iam = AccountIam {
            users: maker.users(),
            groups: maker.groups(),
            roles: maker.roles(account),
            policies,
        };
        let held = iam.users.iter().map(|user| &user.policies);
        let held = held.chain(iam.groups.iter().map(|group| &group.policies));
        let attached: Vec<String> = held
            .chain(iam.roles.iter().map(|role| &role.policies))
            .flat_map(|policies| policies.attached.iter().map(|(_, arn)| arn.clone()))
            .collect();
        let bounds = iam.users.iter().filter_map(|user| user.boundary.clone());
        let bounds: Vec<String> =
            bounds.chain(iam.roles.iter().filter_map(|role| role.boundary.clone())).collect();
        for policy in &mut iam.policies {
            policy.attachments = attached.iter().filter(|arn| **arn == policy.arn).count() as i64;
            policy.boundary_uses = bounds.iter().filter(|arn| **arn == policy.arn).count() as i64;
        }
        iam
    }
}

pub(super) struct Maker<'a> {
    pub world: &'a World,
    account_id: String,
}

impl<'a> Maker<'a> {
    /// Makes what the account at this position has.
    pub fn of(world: &'a World, account: u32) -> Self {
        Self { world, account_id: world.accounts[account as usize].id.to_string() }
    }
}

impl Maker<'_> {
    pub fn drawn(&self, what: &str) -> u64 {
        dice::hash(self.world.config.seed, &["iam", &self.account_id, what])
    }

    pub fn arn(&self, kind: &str, path: &str, name: &str) -> String {
        format!("arn:{}:iam::{}:{kind}{path}{name}", self.world.partition(), self.account_id)
    }

    fn id(&self, prefix: &str, what: &str) -> String {
        format!("{prefix}{:016X}", self.drawn(what))
    }

    pub fn created(&self, what: &str) -> Millis {
        let start = self.world.config.start.timestamp_millis();
        // Whole seconds, as IAM has them.
        start - (self.drawn(what) % 900) as i64 * DAY - (self.drawn(what) % 86_000) as i64 * 1_000
    }

    fn aws_policy(&self, name: &str) -> (String, String) {
        let short = name.rsplit('/').next().unwrap_or(name);
        (short.to_owned(), self.world.managed_policy_arn(name))
    }

    fn own_policy(&self, path: &str, name: &str) -> (String, String) {
        (name.to_owned(), self.arn("policy", path, name))
    }

    fn user(&self, name: &str, path: &str) -> IamUser {
        IamUser {
            name: name.to_owned(),
            id: self.id("AIDA", name),
            arn: self.arn("user", path, name),
            path: path.to_owned(),
            created_at: self.created(name),
            ..IamUser::default()
        }
    }

    fn users(&self) -> Vec<IamUser> {
        let day = u64::from(self.world.day);
        let mut users = vec![
            IamUser {
                groups: vec!["admins".to_owned(), "developers".to_owned()],
                tags: vec![("owner".to_owned(), "platform & \"security\"".to_owned())],
                ..self.user("alice.legacy", "/")
            },
            IamUser {
                boundary: Some(self.own_policy("/", "Boundary").1),
                policies: Policies {
                    inline: vec![("deploy".to_owned(), inline(self.drawn("deploy") + day / 6))],
                    attached: vec![self.own_policy("/team/", "Deploy")],
                },
                ..self.user("ci-release", "/automation/")
            },
            IamUser {
                policies: Policies {
                    attached: vec![self.aws_policy("AdministratorAccess")],
                    ..Policies::default()
                },
                ..self.user("break-glass+1", "/")
            },
        ];
        // Somebody who comes and goes.
        if (day + self.drawn("visits") % 5) % 5 < 3 {
            let groups = vec!["developers".to_owned()];
            users.push(IamUser { groups, ..self.user("contractor", "/") });
        }
        // Somebody who came after the credential report was made.
        if (day + self.drawn("newcomer")) % 6 == 1 {
            let created_at = self.world.now() / 1_000 * 1_000 - 3_600_000;
            users.push(IamUser { created_at, ..self.user("newcomer", "/") });
        }
        users.sort_by(|one, other| one.name.cmp(&other.name));
        users
    }

    fn groups(&self) -> Vec<IamGroup> {
        let group = |name: &str, policies| IamGroup {
            name: name.to_owned(),
            id: self.id("AGPA", name),
            arn: self.arn("group", "/", name),
            path: "/".to_owned(),
            created_at: self.created(name),
            policies,
        };
        let attached = |policy| Policies { attached: vec![policy], ..Policies::default() };
        let mut developers = attached(self.own_policy("/team/", "Deploy"));
        developers.inline.push(("self-service".to_owned(), inline(3)));
        // What the group has beside that changes now and then.
        if (u64::from(self.world.day) + self.drawn("developers")) % 7 < 4 {
            developers.attached.push(self.aws_policy("ReadOnlyAccess"));
        }
        vec![
            group("admins", attached(self.aws_policy("AdministratorAccess"))),
            group("auditors", Policies::default()),
            group("developers", developers),
        ]
    }

    /// The day of the last use, in steps from one use to the next.
    pub fn used_on(&self, drawn: u64) -> Millis {
        let offset = drawn % USED_EVERY;
        let step = (u64::from(self.world.day) + offset) / USED_EVERY * USED_EVERY;
        self.world.config.start.timestamp_millis() + (step as i64 - offset as i64) * DAY
    }

    fn role(&self, name: &str, path: &str, trust: &Value) -> IamRole {
        let drawn = self.drawn(name);
        // In the hours before a census.
        let last_used = (!drawn.is_multiple_of(4)).then(|| {
            let at = self.used_on(drawn) - (1 + drawn as i64 % 9) * 3_600_000;
            (at, ["eu-west-1", "us-east-1", "eu-central-1"][(drawn % 3) as usize])
        });
        IamRole {
            name: name.to_owned(),
            id: self.id("AROA", name),
            arn: self.arn("role", path, name),
            path: path.to_owned(),
            created_at: self.created(name),
            description: None,
            max_session_duration: 3_600,
            trust_policy: trust.to_string(),
            last_used,
            ..IamRole::default()
        }
    }

    fn roles(&self, account: u32) -> Vec<IamRole> {
        let sets = &self.world.index().sets_of_account[account as usize];
        let of_sets = sets.iter().map(|(set, _)| self.role_of_set(&self.world.sets[*set as usize]));
        let mut roles: Vec<IamRole> =
            of_sets.chain(TRUSTS.iter().map(|trust| self.role_of_trust(trust))).collect();
        roles.extend((0..self.world.config.more_roles).map(|number| self.role_of_landing_zone(number)));
        if (u64::from(self.world.day) + self.drawn("migration")) % 6 < 3 {
            let trust = self.trusts(json!({"AWS": self.arn("root", "", "")}), None);
            roles.push(self.role("migration", "/temporary/", &trust));
        }
        roles.sort_by(|one, other| one.name.cmp(&other.name));
        roles
    }

    /// A role that has the same name and the same documents in every account.
    fn role_of_landing_zone(&self, number: usize) -> IamRole {
        const SERVICES: [&str; 4] = ["lambda", "ec2", "cloudformation", "config"];
        let service = format!("{}.amazonaws.com", SERVICES[number % SERVICES.len()]);
        IamRole {
            policies: Policies {
                inline: vec![("baseline".to_owned(), inline(number as u64))],
                attached: vec![self.aws_policy("ReadOnlyAccess")],
            },
            ..self.role(
                &format!("landing-zone-{number:03}"),
                "/baseline/",
                &self.trusts(json!({"Service": service}), None),
            )
        }
    }

    fn trusts(&self, principal: Value, condition: Option<Value>) -> Value {
        let mut statement = json!({"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"});
        if let Some(condition) = condition {
            statement["Condition"] = condition;
        }
        json!({"Version": "2012-10-17", "Statement": [statement]})
    }

    fn role_of_trust(&self, trust: &str) -> IamRole {
        let management = &self.world.management_account().id;
        let partition = self.world.partition();
        let service = |name: &str| self.trusts(json!({"Service": name}), None);
        let admin =
            Policies { attached: vec![self.aws_policy("AdministratorAccess")], ..Policies::default() };
        match trust {
            "organization" => IamRole {
                policies: admin,
                ..self.role(
                    "OrganizationAccountAccessRole",
                    "/",
                    &self.trusts(json!({"AWS": format!("arn:{partition}:iam::{management}:root")}), None),
                )
            },
            "service-linked" => IamRole {
                description: Some("Service-linked role used by AWS Organizations".to_owned()),
                ..self.role(
                    "AWSServiceRoleForOrganizations",
                    "/aws-service-role/organizations.amazonaws.com/",
                    &service("organizations.amazonaws.com"),
                )
            },
            "github" => {
                let provider = self.arn("oidc-provider/", "", "token.actions.githubusercontent.com");
                let condition =
                    json!({"StringLike": {"token.actions.githubusercontent.com:sub": "repo:acme/*"}});
                let mut trust = self.trusts(json!({"Federated": provider}), Some(condition));
                trust["Statement"][0]["Action"] = "sts:AssumeRoleWithWebIdentity".into();
                let inline = vec![("release".to_owned(), inline(self.drawn("github")))];
                IamRole {
                    max_session_duration: 7_200,
                    policies: Policies { inline, attached: vec![self.own_policy("/team/", "Deploy")] },
                    ..self.role("github-deploy", "/", &trust)
                }
            }
            "partner" => {
                // The partner's condition is taken away and comes back.
                let has_condition = (u64::from(self.world.day) + self.drawn("partner")) % 8 < 5;
                let condition = has_condition.then(|| json!({"StringEquals": {"sts:ExternalId": "acme+1"}}));
                let outside =
                    json!({"AWS": [format!("arn:{partition}:iam::999988887777:root"), "111122223333"]});
                IamRole {
                    policies: Policies {
                        attached: vec![self.aws_policy("SecurityAudit")],
                        ..Policies::default()
                    },
                    ..self.role("partner-access", "/partners/", &self.trusts(outside, condition))
                }
            }
            "instance" => IamRole {
                boundary: Some(self.own_policy("/", "Boundary").1),
                profile: Some((
                    "app-server".to_owned(),
                    self.id("AIPA", "app-server"),
                    self.arn("instance-profile", "/", "app-server"),
                )),
                tags: vec![("app".to_owned(), "web".to_owned()), ("owner".to_owned(), "team a".to_owned())],
                ..self.role("app-server", "/", &service("ec2.amazonaws.com"))
            },
            "anyone" => self.role("public-upload", "/", &self.trusts(json!("*"), None)),
            _ => IamRole {
                template: Some((format!("arn:{partition}:iam::aws:role-template/service/Lambda"), 3)),
                description: Some("For functions: 100% + more".to_owned()),
                ..self.role("lambda-worker", "/service-role/", &service("lambda.amazonaws.com"))
            },
        }
    }

    /// The role by which an account is entered with a permission set.
    fn role_of_set(&self, set: &PermissionSet) -> IamRole {
        let hex =
            format!("{:016x}", dice::hash(self.world.config.seed, &["sso role", &self.account_id, &set.arn]));
        let name = format!("AWSReservedSSO_{}_{hex}", set.name);
        let provider = self.arn(
            "saml-provider/",
            "",
            &format!("AWSSSO_{}_DO_NOT_DELETE", self.world.identity.instance_hex),
        );
        let condition = json!({"StringEquals": {"SAML:aud": "https://signin.aws.amazon.com/saml"}});
        let mut trust = self.trusts(json!({"Federated": provider}), Some(condition));
        trust["Statement"][0]["Action"] = json!(["sts:AssumeRoleWithSAML", "sts:TagSession"]);
        let attached = set.aws_managed.iter().map(|name| self.aws_policy(name));
        let customer = set.customer_managed.iter();
        let customer = customer.map(|(path, name)| self.own_policy(path.as_deref().unwrap_or("/"), name));
        let inline = set.inline.iter().map(|document| ("AwsSSOInlinePolicy".to_owned(), document.clone()));
        IamRole {
            description: set.description.clone(),
            max_session_duration: 43_200,
            policies: Policies { inline: inline.collect(), attached: attached.chain(customer).collect() },
            ..self.role(&name, "/aws-reserved/sso.amazonaws.com/eu-west-1/", &trust)
        }
    }

    /// The account's own policies: those of the users, and those that its permission sets name.
    fn policies(&self, account: u32) -> Vec<IamPolicy> {
        let sets = &self.world.index().sets_of_account[account as usize];
        let named = sets.iter().flat_map(|(set, _)| &self.world.sets[*set as usize].customer_managed);
        let mut names: Vec<(String, String)> =
            named.map(|(path, name)| (path.clone().unwrap_or("/".to_owned()), name.clone())).collect();
        names.push(("/".to_owned(), "Boundary".to_owned()));
        names.push(("/team/".to_owned(), "Deploy".to_owned()));
        names.sort();
        names.dedup();
        names.into_iter().map(|(path, name)| self.policy(&path, &name)).collect()
    }

    fn policy(&self, path: &str, name: &str) -> IamPolicy {
        let what = format!("policy {path}{name}");
        let (drawn, created_at) = (self.drawn(&what), self.created(&what));
        // A new version every few days; of the last five each is kept.
        let revision = if name == "Boundary" { 0 } else { (u64::from(self.world.day) + drawn % 5) / 5 };
        let first = revision.saturating_sub(4);
        let start = self.world.config.start.timestamp_millis();
        let since = |revision: u64| match revision {
            0 => created_at,
            _ => start + (revision * 5) as i64 * DAY - (drawn % 5) as i64 * DAY - DAY / 3,
        };
        IamPolicy {
            name: name.to_owned(),
            id: self.id("ANPA", &what),
            arn: self.arn("policy", path, name),
            path: path.to_owned(),
            description: (name == "Boundary" || drawn.is_multiple_of(2))
                .then(|| format!("{name} of the account")),
            created_at,
            updated_at: since(revision),
            documents: (first..=revision)
                .map(|revision| (since(revision), inline(drawn % 5 + revision)))
                .collect(),
            first_version: first + 1,
            ..IamPolicy::default()
        }
    }
}

/// A document of some buckets.
fn inline(number: u64) -> String {
    let bucket = format!("arn:aws:s3:::team-{}/*", number % 11);
    let statement =
        json!({"Effect": "Allow", "Action": ["s3:GetObject", "s3:PutObject"], "Resource": bucket});
    json!({"Version": "2012-10-17", "Statement": [statement]}).to_string()
}
