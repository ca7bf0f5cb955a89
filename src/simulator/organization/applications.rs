//! The applications of the instance on one day. They follow from the seed and the day, and are assigned to any
//! principals that ever existed: an assignment of a deleted user or group stays.

use serde_json::{Value, json};

use super::{DAY, Millis, PrincipalKind, TagPair, World};
use crate::simulator::dice;

/// An application.
#[derive(Debug, Clone)]
pub(in crate::simulator) struct Application {
    /// The number that identifies it and never changes.
    pub number: u32,
    pub arn: String,
    pub name: Option<String>,
    pub description: Option<String>,
    /// The position of the account in which it was created.
    pub account: u32,
    pub provider: String,
    pub status: &'static str,
    pub assignment_required: bool,
    pub portal: Option<Portal>,
    pub created_at: Millis,
    pub created_from: Option<String>,
    /// The assigned principals, sorted.
    pub principals: Vec<(PrincipalKind, u32)>,
    pub grants: Vec<Grant>,
    /// The access scopes, each with its authorized targets.
    pub scopes: Vec<(String, Vec<String>)>,
    pub actor_policy: Option<Value>,
    pub tags: Vec<TagPair>,
}

/// The appearance of an application in the access portal, and the start of a sign-in.
#[derive(Debug, Clone)]
pub(in crate::simulator) struct Portal {
    pub visibility: &'static str,
    pub sign_in: Option<(&'static str, Option<String>)>,
}

/// A grant with its members in AWS's spelling.
#[derive(Debug, Clone)]
pub(in crate::simulator) struct Grant {
    pub grant_type: &'static str,
    /// The member of the answer, and its content.
    pub settings: (&'static str, Value),
}

/// The names of applications, which several may share.
const NAMES: [&str; 8] = [
    "Jira",
    "QuickSight",
    "Grafana",
    "Q Business",
    "Salesforce",
    "VPN, \"field\"",
    "CodeCatalyst",
    "Redshift",
];
const PROVIDERS: [&str; 4] = ["custom", "custom-saml", "catalog/Jira", "sagemaker"];
/// The application with more assignments than a page has, and the one with more scopes.
const POPULAR: u32 = 2;
const WIDE: u32 = 3;

/// Returns the existing applications.
pub(super) fn applications(world: &World) -> Vec<Application> {
    let number = world.config.size.applications as u32;
    // One in five comes and goes.
    let exists = |number: &u32| number % 5 != 4 || (world.day + number) % 7 < 4;
    (0..number).filter(exists).map(|number| application(world, number)).collect()
}

fn application(world: &World, number: u32) -> Application {
    let (seed, day) = (world.config.seed, world.day);
    let dice = |what: &str| dice::hash(seed, &["application", what, &number.to_string()]);
    let account = match number % 3 {
        0 => world.identity.member_account,
        _ => world.identity.management_account,
    };
    let id = &world.accounts[account as usize].id;
    let arn = format!(
        "arn:{}:sso::{id}:application/ssoins-{}/apl-{:016x}",
        world.partition(),
        world.identity.instance_hex,
        dice("id")
    );
    let name = NAMES[number as usize % NAMES.len()];
    let portal = (number % 4 != 3).then(|| Portal {
        visibility: if number.is_multiple_of(2) { "ENABLED" } else { "DISABLED" },
        sign_in: match number % 3 {
            0 => Some(("IDENTITY_CENTER", None)),
            1 => Some(("APPLICATION", Some(format!("https://apps.acme.example/{number}/{}", day / 6)))),
            _ => None,
        },
    });
    Application {
        number,
        name: Some(name.to_owned()),
        description: (number % 3 == 1).then(|| format!("{name}, revision {}", day / 3)),
        account,
        provider: format!(
            "arn:{}:sso::aws:applicationProvider/{}",
            world.partition(),
            PROVIDERS[number as usize % PROVIDERS.len()]
        ),
        status: if (number + day / 2) % 6 == 5 { "DISABLED" } else { "ENABLED" },
        assignment_required: (number + day / 3) % 4 != 1,
        portal,
        created_at: world.identity.created_at + (300 + i64::from(number)) * DAY,
        created_from: (number.is_multiple_of(2)).then(|| world.config.region.clone()),
        principals: principals(world, number, dice("principals")),
        grants: grants(world, number),
        scopes: scopes(&arn, number, day),
        actor_policy: (number % 3 != 2).then(|| actor_policy(id, number, day)),
        tags: match number % 4 {
            0 => vec![
                ("owner".to_owned(), format!("team-{}", (number + day / 4) % 3)),
                ("empty".to_owned(), String::new()),
            ],
            1 => vec![("stage".to_owned(), "prod".to_owned())],
            _ => Vec::new(),
        },
        arn,
    }
}

fn principals(world: &World, number: u32, drawn: u64) -> Vec<(PrincipalKind, u32)> {
    let (users, groups) = (world.users.len() as u64, world.groups.len() as u64);
    let wanted = match number {
        POPULAR => 45,
        // No principals.
        _ if number % 6 == 5 => 0,
        _ => 1 + drawn % 4,
    };
    let mut principals: Vec<_> = (0..wanted)
        .map(|at| {
            let place = dice::mix(drawn ^ at);
            // One of them changes with the days.
            let place = if at == 0 { place + u64::from(world.day / 2) } else { place };
            match place % 3 {
                0 => (PrincipalKind::Group, (place / 3 % groups) as u32),
                _ => (PrincipalKind::User, (place / 3 % users) as u32),
            }
        })
        .collect();
    principals.sort_unstable();
    principals.dedup();
    principals
}

fn grants(world: &World, number: u32) -> Vec<Grant> {
    let mut grants = Vec::new();
    if number % 3 != 2 {
        let uris = [format!("https://apps.acme.example/{number}/callback/{}", world.day / 4)];
        grants.push(Grant {
            grant_type: "authorization_code",
            settings: ("AuthorizationCode", json!({"RedirectUris": uris})),
        });
        grants.push(Grant { grant_type: "refresh_token", settings: ("RefreshToken", json!({})) });
    }
    if number % 4 == 1 {
        let issuer = &world.issuers()[0];
        let issuer = json!({"TrustedTokenIssuerArn": issuer.arn, "AuthorizedAudiences": ["census", format!("app-{number}")]});
        grants.push(Grant {
            grant_type: "urn:ietf:params:oauth:grant-type:jwt-bearer",
            settings: ("JwtBearer", json!({"AuthorizedTokenIssuers": [issuer]})),
        });
    }
    if number.is_multiple_of(5) && world.day % 3 != 1 {
        grants.push(Grant {
            grant_type: "urn:ietf:params:oauth:grant-type:token-exchange",
            settings: ("TokenExchange", json!({})),
        });
    }
    grants
}

fn scopes(arn: &str, number: u32, day: u32) -> Vec<(String, Vec<String>)> {
    let wanted = match number {
        WIDE => 23,
        _ if number % 4 == 2 => 0,
        _ => 1 + (number + day / 5) % 3,
    };
    let targets = |at: u32| if at.is_multiple_of(2) { vec![arn.to_owned()] } else { Vec::new() };
    (0..wanted).map(|at| (format!("service{at:02}:read"), targets(at))).collect()
}

fn actor_policy(account: &str, number: u32, day: u32) -> Value {
    json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Sid": format!("Revision{}", day / 5),
            "Effect": "Allow",
            "Principal": {"AWS": account},
            "Action": if number.is_multiple_of(2) { json!("sso-oauth:*") } else { json!(["sso-oauth:CreateTokenWithIAM"]) },
            "Resource": "*",
        }],
    })
}
