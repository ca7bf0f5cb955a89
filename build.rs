//! Refuses systems that the program does not run on, and rebuilds the catalog of canned queries when a file comes or goes:
//! `include_dir` alone does not see it.

fn main() {
    if std::env::var("CARGO_CFG_TARGET_OS").is_ok_and(|system| system == "windows") {
        println!("cargo::error=orgcensus runs on Linux and macOS; on Windows, build and run it in WSL");
    }
    println!("cargo:rerun-if-changed=queries");
    println!("cargo:rerun-if-changed=build.rs");
}
