//! Sets `cfg(test_data)` when `HANDOFF_TEST_DATA` names a folder, so that tests over those data count as ignored, in
//! plain sight, where the data are absent.

use std::env;
use std::path::Path;

fn main() {
    println!("cargo::rustc-check-cfg=cfg(test_data)");
    println!("cargo::rerun-if-env-changed=HANDOFF_TEST_DATA");
    println!("cargo::rerun-if-changed=build.rs");
    if env::var_os("HANDOFF_TEST_DATA").is_some_and(|folder| Path::new(&folder).is_dir()) {
        println!("cargo::rustc-cfg=test_data");
    }
}
