//! The files of the benches' censuses.

use std::path::{Path, PathBuf};

/// Returns the file of a census that is created once. Delete `target/bench` to create it again.
pub fn made(name: &str, make: impl FnOnce(&Path)) -> PathBuf {
    let path = place(name);
    if !path.exists() {
        // Under another name until it is complete, so that an interrupted run leaves none.
        let partial = place(&format!("{name}.partial"));
        let _ = std::fs::remove_file(&partial);
        make(&partial);
        std::fs::rename(&partial, &path).expect("the census is moved within its folder");
    }
    path
}

/// Returns the path of a census below `target/bench`.
pub fn place(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/bench");
    std::fs::create_dir_all(&folder).expect("a folder below target can be made");
    folder.join(format!("{name}.db"))
}
