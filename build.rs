//! Rebuilds the catalog of canned queries when a file comes or goes: `include_dir` alone does not see it.

fn main() {
    println!("cargo:rerun-if-changed=queries");
    println!("cargo:rerun-if-changed=build.rs");
}
