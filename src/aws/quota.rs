//! AWS's request quotas as data: the rate of each, and the source of the number.

use std::collections::BTreeMap;
use std::str::FromStr;

use super::operation::{Operation, Service};
use crate::error::Error;

/// One quota: the calls that share it, and the number of calls per second that it allows.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Quota {
    /// The calls per second.
    pub per_second: f64,
    /// True if AWS publishes the number. A published quota is never exceeded. For another one the rate is a
    /// conservative guess that the pacer slowly probes upward.
    pub published: bool,
    /// True if each operation of the service has a bucket of its own.
    pub per_operation: bool,
    /// The source of the number.
    pub source: &'static str,
}

/// Returns the quota that calls to a service share.
pub fn quota_of(service: Service) -> Quota {
    match service {
        Service::SsoAdmin => Quota {
            per_second: 20.0,
            published: true,
            per_operation: false,
            source: "IAM Identity Center User Guide, quotas: 20 TPS, collective over all sso-admin operations, \
                     not adjustable",
        },
        Service::IdentityStore => Quota {
            per_second: 20.0,
            published: false,
            per_operation: false,
            source: "not published; throttles are seen on fan-outs of ListGroupMemberships \
                     (modernisation-platform#11948)",
        },
        Service::Organizations => Quota {
            per_second: 6.0,
            published: false,
            per_operation: true,
            source: "per operation and shared by the whole organization, numbers not published; four parallel \
                     callers of a tree walk pass, eight are throttled (orgtreepubsub)",
        },
        Service::Iam => Quota {
            per_second: 5.0,
            published: false,
            per_operation: false,
            source: "not published; access reports are serial anyway (IAM User Guide)",
        },
        Service::Sts => Quota {
            per_second: 5.0,
            published: false,
            per_operation: false,
            source: "called once or twice a run",
        },
    }
}

/// A rate as `--rate SERVICE=TPS|auto` gives it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Rate {
    /// Calls per second, taken as published.
    Fixed(f64),
    /// Starts at the known quota and probes upward until AWS throttles: for a quota that was raised.
    Auto,
}

/// The user's choice of the pace: `--rate` and `--share`.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct PaceOptions {
    /// The rates by service. A service without one has its known quota.
    pub rates: BTreeMap<Service, Rate>,
    /// Percent of each quota to use, 1 to 100; `None` is all of it.
    pub share: Option<u8>,
}

impl PaceOptions {
    /// Returns the pacer that an operation waits for: the service's, or the operation's own if AWS has one bucket for
    /// each.
    pub fn pacer_key(operation: Operation) -> (Service, Option<Operation>) {
        let service = operation.service();
        (service, quota_of(service).per_operation.then_some(operation))
    }
}

/// The accepted rates, in calls per second. Two calls are at most some minutes apart.
const RATES: std::ops::RangeInclusive<f64> = 0.01..=100_000.0;

/// One `--rate` argument: `SERVICE=TPS` or `SERVICE=auto`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ServiceRate(pub Service, pub Rate);

impl FromStr for ServiceRate {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wanted =
            || Error::usage(format!("`{text}` is not SERVICE=TPS or SERVICE=auto, e.g. sso-admin=15"));
        let (name, rate) = text.split_once('=').ok_or_else(wanted)?;
        let service = Service::ALL.into_iter().find(|service| service.name() == name).ok_or_else(|| {
            let known: Vec<_> = Service::ALL.iter().map(|service| service.name()).collect();
            Error::usage(format!("no service `{name}`; known: {}", known.join(", ")))
        })?;
        let rate = match rate {
            "auto" => Rate::Auto,
            number => match number.parse::<f64>() {
                Ok(per_second) if RATES.contains(&per_second) => Rate::Fixed(per_second),
                Ok(per_second) if per_second > 0.0 => {
                    let (least, most) = RATES.into_inner();
                    return Err(Error::usage(format!(
                        "`{text}`: a rate must be from {least} to {most} calls per second"
                    )));
                }
                _ => return Err(wanted()),
            },
        };
        Ok(Self(service, rate))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_names_a_service_and_calls_a_second() {
        assert_eq!(
            "sso-admin=15".parse::<ServiceRate>().unwrap(),
            ServiceRate(Service::SsoAdmin, Rate::Fixed(15.0))
        );
        assert_eq!("iam=auto".parse::<ServiceRate>().unwrap(), ServiceRate(Service::Iam, Rate::Auto));
        for wrong in ["sso-admin", "s3=4", "iam=-1", "iam=0", "iam=NaN", "iam=", "iam=1e-30", "iam=inf"] {
            assert!(wrong.parse::<ServiceRate>().is_err(), "{wrong}");
        }
    }
}
