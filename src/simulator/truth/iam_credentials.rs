//! The credential report of the account of the caller, as rows.

use serde_json::json;

use super::{Rows, columns};
use crate::model::{IamCredential, IamCredentialActivity};
use crate::simulator::organization::{ReportLine, World, rfc3339};

/// Who has which credentials.
pub(super) fn credentials(world: &World, position: u32) -> Rows {
    let account = world.accounts[position as usize].id.to_string();
    world.credential_report(position).iter().map(|line| columns(&credential(&account, line))).collect()
}

fn credential(account: &str, line: &ReportLine) -> IamCredential {
    let held = &line.credentials;
    let word = |is_there: bool, word: &str| (!is_there).then(|| word.to_owned());
    let password = held.password.as_ref();
    let of_user = password.filter(|_| !line.is_root);
    let none = if line.is_root { "not_supported" } else { "N/A" };
    let key = |number: usize| held.access_keys.get(number);
    let certificate = |number: usize| held.certificates.get(number);
    let rotation = password.and_then(|password| password.next_rotation);
    IamCredential {
        account_id: account.to_owned(),
        user_name: line.user_name.clone(),
        arn: Some(line.arn.clone()),
        user_creation_time: Some(rfc3339(line.created_at)),
        password_enabled: (!line.is_root).then_some(password.is_some()),
        password_enabled_status: word(!line.is_root, "not_supported"),
        password_last_changed: of_user.map(|password| rfc3339(password.changed_at)),
        password_last_changed_status: word(of_user.is_some(), none),
        password_next_rotation: rotation.map(rfc3339),
        password_next_rotation_status: word(rotation.is_some(), none),
        mfa_active: Some(!held.mfa_devices.is_empty()),
        access_key_1_active: Some(key(0).is_some_and(|key| key.active)),
        access_key_1_last_rotated: key(0).map(|key| rfc3339(key.created_at)),
        access_key_1_last_rotated_status: word(key(0).is_some(), "N/A"),
        access_key_2_active: Some(key(1).is_some_and(|key| key.active)),
        access_key_2_last_rotated: key(1).map(|key| rfc3339(key.created_at)),
        access_key_2_last_rotated_status: word(key(1).is_some(), "N/A"),
        cert_1_active: Some(certificate(0).is_some_and(|(_, active, _)| *active)),
        cert_1_last_rotated: certificate(0).map(|(.., at)| rfc3339(*at)),
        cert_1_last_rotated_status: word(certificate(0).is_some(), "N/A"),
        cert_2_active: Some(certificate(1).is_some_and(|(_, active, _)| *active)),
        cert_2_last_rotated: certificate(1).map(|(.., at)| rfc3339(*at)),
        cert_2_last_rotated_status: word(certificate(1).is_some(), "N/A"),
        additional_credentials_info: line.additional_info(),
        extra: Some(json!({"passkeys": line.passkeys()}).to_string()),
        ..IamCredential::default()
    }
}

/// When their credentials were last used.
pub(super) fn activity(world: &World, position: u32) -> Rows {
    let account = world.accounts[position as usize].id.to_string();
    let mut rows = Rows::new();
    for line in world.credential_report(position) {
        let held = &line.credentials;
        let password = held.password.as_ref();
        let used = password.and_then(|password| password.last_used).map(|at| (at, None, None));
        let unused = if password.is_some() { "no_information" } else { "N/A" };
        let key = |number: usize| {
            let used = held.access_keys.get(number).and_then(|key| key.last_used);
            used.map(|(at, region, service)| (at, Some(region), Some(service)))
        };
        let all =
            [("password", used, unused), ("access_key_1", key(0), "N/A"), ("access_key_2", key(1), "N/A")];
        rows.extend(all.map(|(credential, used, word)| {
            columns(&IamCredentialActivity {
                account_id: account.clone(),
                user_name: line.user_name.clone(),
                credential: credential.to_owned(),
                last_used_at: used.map(|(at, ..)| rfc3339(at)),
                last_used_region: used.and_then(|(_, region, _)| region.map(str::to_owned)),
                last_used_service: used.and_then(|(.., service)| service.map(str::to_owned)),
                last_used_status: used.is_none().then(|| word.to_owned()),
            })
        }));
    }
    rows
}
