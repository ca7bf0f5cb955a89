//! The answer as flat rows.
