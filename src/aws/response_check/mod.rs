//! Refuses answers that are not whole, before anybody reads "nothing" out of them: one file a protocol.
//!
//! The SDK reads what is missing as what is not there. A listing that was cut, or that lost its list, would be
//! taken for a shorter or an empty one, and so for removals. A refused answer counts as one that could not be
//! read: it is asked for again, and at last becomes a gap.

mod json;
mod xml;

pub(super) use json::WholeJson;
pub(super) use xml::WholeXml;
