//! The SQL of the views: `<name>`, `<name>_history`, `<name>_by_snapshot` and the derived ones.
