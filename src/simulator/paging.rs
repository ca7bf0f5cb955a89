//! Pages and their tokens.
//!
//! A token is opaque and bound to its operation and parameters. It names the key after which the next page begins, so
//! that a listing continues correctly when the organization changes meanwhile.

use serde_json::Value;

use super::config::Config;
use super::dice;
use super::protocol::{ApiError, Input, Request, Service};

/// One requested page.
#[derive(Debug)]
pub(super) struct Pager {
    /// The operation and parameters to which the token is bound, as a hash.
    scope: u64,
    after: Option<u128>,
    limit: usize,
    /// True to answer with only a token to the same page.
    empty: bool,
}

/// A page's items and, if there are more, the token.
pub(super) type Page<'a, T> = (&'a [T], Option<String>);

impl Pager {
    /// Reads and checks `MaxResults` and `NextToken`, which IAM calls `MaxItems` and `Marker`.
    ///
    /// Sizes: Organizations accepts 1 to 20, access scopes of applications 1 to 10, IAM 1 to 1000, and the others 1 to
    /// 100. The call fails beyond that.
    pub fn of(config: &Config, request: &Request) -> Result<Self, ApiError> {
        let service = request.service;
        let maximum = match (service, request.operation.as_str()) {
            (_, "ListApplicationAccessScopes") => 10,
            (Service::Organizations, _) => 20,
            (Service::Iam, _) => 1_000,
            _ => 100,
        };
        let invalid = |message: String| ApiError::invalid(service, message);
        let [size, marker] = members(service);
        let mut limit = maximum.min(100);
        if let Some(wanted) = request.input.number(size) {
            if wanted < 1 || wanted > maximum as i64 {
                return Err(invalid(format!(
                    "1 validation error detected: Value '{wanted}' at '{}' failed to satisfy constraint: Member must \
                     have value between 1 and {maximum}",
                    in_camel_case(size)
                )));
            }
            limit = wanted as usize;
        }
        let scope = scope_of(request);
        let (after, nonce) = match request.input.text(marker) {
            None => (None, 0),
            // The other services treat an empty token as none.
            Some("") if service != Service::Organizations => (None, 0),
            Some(token) => decode(scope, token).ok_or_else(|| {
                invalid(format!("You specified an invalid value for {}.", in_camel_case(marker)))
            })?,
        };
        // It accepts 100, and returns 50 at most (API reference, ListApplications).
        let most = if request.operation == "ListApplications" { 50 } else { limit };
        let limit = limit.min(most).min(config.short_pages.unwrap_or(limit)).max(1);
        // "can occasionally return an empty set of results even when there are more results available"
        // (https://docs.aws.amazon.com/organizations/latest/APIReference/API_ListAccounts.html)
        let dice = dice::mix(scope ^ after.map_or(7, |after| after as u64));
        let empty =
            config.empty_pages && service == Service::Organizations && nonce == 0 && dice.is_multiple_of(4);
        Ok(Self { scope, after, limit, empty })
    }

    /// Returns the page's part of all items, which must ascend by `key`.
    pub fn cut<'a, T>(&self, items: &'a [T], key: impl Fn(&T) -> u128) -> Page<'a, T> {
        if self.empty {
            return (&[], Some(encode(self.scope, self.after, 1)));
        }
        let start = self.after.map_or(0, |after| items.partition_point(|item| key(item) <= after));
        let end = items.len().min(start + self.limit);
        let page = &items[start..end];
        let token =
            page.last().filter(|_| end < items.len()).map(|last| encode(self.scope, Some(key(last)), 0));
        (page, token)
    }
}

/// Returns the names of the parameters for the size of a page and for its token.
fn members(service: Service) -> [&'static str; 2] {
    match service {
        Service::Iam => ["MaxItems", "Marker"],
        _ => ["MaxResults", "NextToken"],
    }
}

/// Returns the name of a parameter as AWS's messages write it.
fn in_camel_case(name: &str) -> String {
    name[..1].to_lowercase() + &name[1..]
}

/// Returns a new token for the page of the request, as an empty page has.
pub(super) fn token_to_same_page(request: &Request) -> String {
    let scope = scope_of(request);
    let (after, nonce) = request
        .input
        .text(members(request.service)[1])
        .and_then(|token| decode(scope, token))
        .unwrap_or((None, 0));
    encode(scope, after, nonce.wrapping_add(1))
}

fn scope_of(request: &Request) -> u64 {
    let Input(asked) = &request.input;
    let of_page = members(request.service);
    let mut parts: Vec<String> = asked
        .iter()
        .filter(|(name, _)| !of_page.contains(&name.as_str()))
        .map(|(name, value)| format!("{name}={}", Value::to_string(value)))
        .collect();
    parts.sort();
    let mut texts = vec![request.operation.as_str()];
    texts.extend(parts.iter().map(String::as_str));
    dice::hash(17, &texts)
}

/// Encodes the nonce, the presence of a key, the key and a check in hexadecimal, unreadable for a client.
fn encode(scope: u64, after: Option<u128>, nonce: u8) -> String {
    let key = after.unwrap_or_default();
    let check = check(scope, after, nonce);
    let pad = dice::mix(check) as u128 * 0x1_0000_0001;
    format!("AAMA{nonce:02x}{:x}{:032x}{check:016x}", u8::from(after.is_some()), key ^ pad)
}

fn decode(scope: u64, token: &str) -> Option<(Option<u128>, u8)> {
    let digits = token.strip_prefix("AAMA").filter(|digits| digits.len() == 51 && digits.is_ascii())?;
    let nonce = u8::from_str_radix(&digits[..2], 16).ok()?;
    let sent = u64::from_str_radix(&digits[35..], 16).ok()?;
    let pad = dice::mix(sent) as u128 * 0x1_0000_0001;
    let key = u128::from_str_radix(&digits[3..35], 16).ok()? ^ pad;
    let after = (&digits[2..3] == "1").then_some(key);
    (check(scope, after, nonce) == sent).then_some((after, nonce))
}

fn check(scope: u64, after: Option<u128>, nonce: u8) -> u64 {
    let key = after.map_or(1, |after| after ^ (after >> 64)) as u64;
    dice::mix(scope ^ dice::mix(key ^ u64::from(nonce) << 56))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(input: Value) -> Request {
        let Value::Object(members) = input else { panic!("parameters are an object") };
        Request {
            service: Service::IdentityStore,
            operation: "ListUsers".to_owned(),
            input: Input(members),
            signature: None,
        }
    }

    #[test]
    fn pages_follow_each_other_and_end() {
        let config = Config { empty_pages: false, short_pages: None, ..Config::default() };
        let items: Vec<u32> = (0..25).collect();
        let (mut seen, mut token) = (Vec::new(), None);
        loop {
            let request = request(serde_json::json!({"MaxResults": 10, "NextToken": token}));
            let (page, next) = Pager::of(&config, &request).unwrap().cut(&items, |item| u128::from(*item));
            seen.extend_from_slice(page);
            token = next;
            if token.is_none() {
                break;
            }
        }
        assert_eq!(seen, items);
    }

    #[test]
    fn a_token_is_bound_to_its_parameters() {
        let config = Config::default();
        let first = request(serde_json::json!({"IdentityStoreId": "d-1"}));
        let items: Vec<u32> = (0..200).collect();
        let (_, token) = Pager::of(&config, &first).unwrap().cut(&items, |item| u128::from(*item));
        let stolen = request(serde_json::json!({"IdentityStoreId": "d-2", "NextToken": token}));
        assert_eq!(Pager::of(&config, &stolen).unwrap_err().code, "ValidationException");
        let garbled = request(serde_json::json!({"IdentityStoreId": "d-1", "NextToken": "AAMAx"}));
        assert!(Pager::of(&config, &garbled).is_err());
    }

    #[test]
    fn sizes_beyond_the_maximum_fail() {
        let config = Config::default();
        let mut request = request(serde_json::json!({"MaxResults": 101}));
        assert_eq!(Pager::of(&config, &request).unwrap_err().code, "ValidationException");
        (request.service, request.input) = (Service::Organizations, Input::default());
        for (name, value) in
            [("MaxResults", Value::from(0)), ("MaxResults", Value::from(21)), ("NextToken", Value::from(""))]
        {
            request.input = Input([(name.to_owned(), value)].into_iter().collect());
            assert_eq!(Pager::of(&config, &request).unwrap_err().code, "InvalidInputException");
        }
    }
}
