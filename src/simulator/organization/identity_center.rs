//! The instance itself on one day: its encryption, its attributes for access control, and its trusted token issuers.

use super::{TagPair, World};
use crate::simulator::dice;

/// An attribute for access control.
#[derive(Debug, Clone)]
pub(in crate::simulator) struct Attribute {
    pub key: &'static str,
    pub source: &'static str,
}

/// A trusted token issuer.
#[derive(Debug, Clone)]
pub(in crate::simulator) struct Issuer {
    pub arn: String,
    pub name: &'static str,
    pub url: String,
    pub claim: &'static str,
    pub attribute: &'static str,
    pub tags: Vec<TagPair>,
}

impl World {
    /// Returns the day for changes of the instance itself. Without awkward data it does not change.
    pub(super) fn day_of_instance(&self) -> u32 {
        if self.config.awkward { self.day } else { 0 }
    }

    /// Returns the name of the organization's instance, which it gets on a later day.
    pub fn instance_name(&self) -> Option<&'static str> {
        (self.day_of_instance() >= 2).then_some("people of \"ACME\"")
    }

    /// Returns the tags of the organization's instance, one of which comes and goes.
    pub fn instance_tags(&self) -> Vec<TagPair> {
        let tag = |key: &str, value: &str| (key.to_owned(), value.to_owned());
        let mut tags = vec![tag("owner", "identity"), tag("empty", "")];
        if self.day_of_instance() % 3 == 2 {
            tags.push(tag("migration", "\"2026\""));
        }
        tags
    }

    pub fn instance_status_reason(&self) -> Option<&'static str> {
        (self.day_of_instance() % 4 == 1).then_some("A Region is being added.")
    }

    /// Returns the type of the key, its ARN, the status of the encryption, and the reason for the status.
    pub fn encryption(&self, of_organization: bool) -> [Option<String>; 4] {
        let account = &self.management_account().id;
        let key = format!("arn:{}:kms:{}:{account}:key/census", self.partition(), self.config.region);
        let text = |text: &str| Some(text.to_owned());
        match self.day_of_instance() {
            3 if of_organization => {
                let reason = text("The key policy does not allow the service.");
                [text("CUSTOMER_MANAGED_KEY"), Some(key), text("UPDATE_FAILED"), reason]
            }
            4.. if of_organization => [text("CUSTOMER_MANAGED_KEY"), Some(key), text("ENABLED"), None],
            _ => [text("AWS_OWNED_KMS_KEY"), None, text("ENABLED"), None],
        }
    }

    /// Returns the attributes for access control, with their status and its reason; `None` if they are not enabled.
    pub fn attributes(&self) -> Option<(&'static str, Option<&'static str>, Vec<Attribute>)> {
        let mut attributes = vec![
            Attribute { key: "CostCenter", source: "${path:enterprise.costCenter}" },
            Attribute { key: "email", source: "${path:emails[primary eq true].value}" },
        ];
        let day = self.day_of_instance();
        if day % 4 >= 2 {
            attributes.push(Attribute { key: "department", source: "${path:enterprise.department}" });
        }
        let (status, reason) = match day % 7 {
            5 => ("CREATION_FAILED", Some("An attribute is not known.")),
            _ => ("ENABLED", None),
        };
        (day % 5 != 3).then_some((status, reason, attributes))
    }

    /// Returns the trusted token issuers.
    pub fn issuers(&self) -> Vec<Issuer> {
        let account = &self.management_account().id;
        let issuer = |number: u32, name, attribute, revision: u32| {
            let id = dice::uuid_from(self.config.seed, &["issuer", &number.to_string()]);
            Issuer {
                arn: format!(
                    "arn:{}:sso::{account}:trustedTokenIssuer/ssoins-{}/tti-{id}",
                    self.partition(),
                    self.identity.instance_hex
                ),
                name,
                url: format!("https://login.acme.example/{number}/v{revision}"),
                claim: if number == 0 { "email" } else { "sub" },
                attribute,
                // One issuer has none.
                tags: match number {
                    1 => Vec::new(),
                    _ => vec![("owner".to_owned(), format!("team \"{number}\", since {revision}"))],
                },
            }
        };
        let day = self.day_of_instance();
        let mut issuers =
            vec![issuer(0, "Okta \"prod\"", "emails.value", day / 4), issuer(1, "Entra", "externalId", 1)];
        if day % 3 != 1 {
            issuers.push(issuer(2, "Pipeline", "userName", 1));
        }
        issuers
    }
}
