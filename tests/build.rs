//! Sets `cfg(test_data)` when `HANDOFF_TEST_DATA` names a folder, and `cfg(test_clients)` when `HANDOFF_TEST_CLIENTS`
//! does, so that tests over those data and with those clients count as ignored, in plain sight, where they are absent.

use std::env;
use std::path::Path;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    for (variable, cfg) in [("HANDOFF_TEST_DATA", "test_data"), ("HANDOFF_TEST_CLIENTS", "test_clients")] {
        println!("cargo::rustc-check-cfg=cfg({cfg})");
        println!("cargo::rerun-if-env-changed={variable}");
        if env::var_os(variable).is_some_and(|folder| Path::new(&folder).is_dir()) {
            println!("cargo::rustc-cfg={cfg}");
        }
    }
}
