//! Refuses incomplete answers before any code reads them as "none": one file per protocol.
//!
//! The SDK does not tell a missing member from an empty one. A truncated listing, or one that lost its list, would be
//! taken for a shorter or an empty one, and so for removals. A refused answer counts as unreadable: the call is
//! retried, and finally becomes a gap.

mod json;
mod xml;

pub(super) use json::WholeJson;
pub(super) use xml::WholeXml;
