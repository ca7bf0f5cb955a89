//! The users of the identity store.

use super::{AccessRole, Entity, ResourceGroup, resource};

resource! {
    /// A user of the identity store, with every attribute that ListUsers returns. Multi-valued attributes are
    /// JSON arrays in AWS's own spelling.
    pub struct User in "users" {
        /// id of the user in the identity store
        key user_id: String = Id(&[Entity::User]);
        /// the name that the user signs in with
        data user_name: Option<String> = Text, label, personal;
        /// name as the access portal shows it
        data display_name: Option<String> = Text, personal, basic;
        /// first name
        data given_name: Option<String> = Text, personal;
        /// last name
        data family_name: Option<String> = Text, personal;
        /// the primary e-mail address, or the only one
        data primary_email: Option<String> = Text, personal, basic;
        /// ENABLED or DISABLED; NULL where AWS does not say
        data user_status: Option<String> = Text, public;
        /// free text from the identity source
        data user_type: Option<String> = Text;
        /// job title
        data title: Option<String> = Text, personal;
        /// ARN of the user
        data user_arn: Option<String> = Text;
        /// nickname
        data nick_name: Option<String> = Text, personal;
        /// full name, formatted
        data formatted_name: Option<String> = Text, personal;
        /// middle name
        data middle_name: Option<String> = Text, personal;
        /// e.g. Dr.
        data honorific_prefix: Option<String> = Text, personal;
        /// e.g. III
        data honorific_suffix: Option<String> = Text, personal;
        /// URL of the user's profile
        data profile_url: Option<String> = Text, personal;
        /// preferred language
        data preferred_language: Option<String> = Text, personal;
        /// locale
        data locale: Option<String> = Text, personal;
        /// time zone
        data timezone: Option<String> = Text, personal;
        /// web site
        data website: Option<String> = Text, personal;
        /// date of birth
        data birthdate: Option<String> = Text, personal;
        /// e-mail addresses, a JSON array of {Value, Type, Primary}
        data emails: Option<String> = Json, personal;
        /// phone numbers, a JSON array of {Value, Type, Primary}
        data phone_numbers: Option<String> = Json, personal;
        /// postal addresses, a JSON array
        data addresses: Option<String> = Json, personal;
        /// photos, a JSON array
        data photos: Option<String> = Json, personal;
        /// roles given by the identity source, a JSON array
        data roles: Option<String> = Json, personal;
        /// ids in the identity source, a JSON array of {Issuer, Id}
        data external_ids: Option<String> = Json, personal;
        /// extended attributes where AWS returns them, a JSON object
        data extensions: Option<String> = Json, personal;
        /// when the user was created, UTC
        data created_at: Option<String> = Time;
        /// who created the user
        data created_by: Option<String> = Text, personal;
        /// when the user was last written, UTC; every directory sync touches it, so it makes no new version
        volatile updated_at: Option<String> = Time;
        /// who wrote the user last; makes no new version
        volatile updated_by: Option<String> = Text, personal;
        /// AWS's token for the user's last change; makes no new version
        volatile revision: Option<String> = Text;
    }
    description: "The users of the identity store, disabled ones included.",
    not_about: &[
        (&[Entity::Group, Entity::Account, Entity::PermissionSet, Entity::Application], "who a user is depends on no membership and no assignment"),
        (&[Entity::Ou, Entity::Root, Entity::Policy], "users are outside the tree of accounts"),
    ],
    in_access: AccessRole::User,
    group: ResourceGroup::Identity,
}
