//! Maps by ids, which are long and asked for again and again: the standard library's hashing would be a quarter of
//! a diff of access.

/// A map whose keys are hashed fast; nobody chooses AWS's ids so that they collide.
pub(super) type HashMap<K, V> = std::collections::HashMap<K, V, foldhash::fast::RandomState>;
