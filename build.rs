//! Refuses systems that the program does not run on, and rebuilds the catalog of canned queries when a file is added or
//! removed, which `include_dir` alone does not notice.

fn main() {
    if std::env::var("CARGO_CFG_TARGET_OS").is_ok_and(|system| system == "windows") {
        println!("cargo::error=orgcensus runs on Linux and macOS; on Windows, build and run it in WSL");
    }
    println!("cargo:rerun-if-changed=queries");
    println!("cargo:rerun-if-changed=build.rs");
}
