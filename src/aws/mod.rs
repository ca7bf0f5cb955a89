//! (see src/lib.rs)
