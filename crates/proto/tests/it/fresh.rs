//! The committed code is what the protos give today. With `HANDOFF_BLESS=1` the test writes it (`./x generate`).

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use prost_reflect::DescriptorPool;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Every proto of ours, relative to `proto/`.
pub(crate) fn protos() -> Vec<PathBuf> {
    let base = root().join("proto");
    let mut folders = vec![base.clone()];
    let mut found = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("proto/ can be read") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == "proto") {
                found.push(path.strip_prefix(&base).expect("below proto/").to_owned());
            }
        }
    }
    found.sort();
    found
}

fn generate(into: &Path) {
    let mut compiler = protox::Compiler::new([root().join("proto")]).expect("proto/ is there");
    compiler.include_imports(true).include_source_info(true);
    compiler.open_files(protos()).expect("the protos compile");

    // Source info carries the comments: wanted in the generated code, dead weight in a running server.
    let files = compiler.file_descriptor_set();
    let mut prost = tonic_prost_build::Config::new();
    prost.enable_type_names();
    // Ordered maps: a request is hashed by its encoding, which must be the same in every process.
    prost.btree_map(["."]);
    tonic_prost_build::configure()
        .build_transport(false)
        .out_dir(into)
        .compile_fds_with_config(files, prost)
        .expect("the code is written");

    let mut lean = protox::Compiler::new([root().join("proto")]).expect("proto/ is there");
    lean.include_imports(true).include_source_info(false);
    lean.open_files(protos()).expect("the protos compile");
    let set = lean.encode_file_descriptor_set();
    fs::write(into.join("methods.rs"), methods(&set)).expect("written");
    fs::write(into.join("descriptor_set.binpb"), set).expect("written");
}

/// The table of all methods. Options that are extensions are lost to prost's own types and kept by this pool.
fn methods(set: &[u8]) -> String {
    let pool = DescriptorPool::decode(set).expect("a valid descriptor set");
    let access = pool.get_extension_by_name("handoff.common.v1.access").expect("access.proto declares it");
    let deadline = "handoff.common.v1.deadline_max_seconds";
    let deadline = pool.get_extension_by_name(deadline).expect("deadline.proto declares it");
    let roles = pool.get_enum_by_name("handoff.common.v1.Role").expect("access.proto declares it");
    let mut rows = BTreeMap::new();
    for service in pool.services().filter(|service| service.package_name().starts_with("handoff.")) {
        for method in service.methods() {
            let options = method.options();
            let access = options.get_extension(&access);
            let named = access.as_message().and_then(|access| access.get_field_by_name("roles"));
            let named = named.iter().flat_map(|roles| roles.as_list().unwrap_or_default()).map(|number| {
                let number = number.as_enum_number().expect("roles are an enum");
                let name = roles.get_value(number).expect("a role that is declared");
                let name = name.name().trim_start_matches("ROLE_").to_lowercase();
                format!("Role::{}{}", name[..1].to_uppercase(), &name[1..])
            });
            let named = named.collect::<Vec<_>>().join(", ");
            let seconds = options.get_extension(&deadline).as_u32().expect("seconds are a number");
            let is_unary = !method.is_client_streaming() && !method.is_server_streaming();
            let path = format!("/{}/{}", service.full_name(), method.name());
            let row = format!(
                "    Method {{ path: \"{path}\", is_unary: {is_unary}, deadline_max_seconds: {seconds}, roles: &[{named}] }},\n"
            );
            rows.insert(path, row);
        }
    }
    let rows: String = rows.into_values().collect();
    format!("/// Every method, by its path.\npub const METHODS: &[Method] = &[\n{rows}];\n")
}

fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    fs::read_dir(folder)
        .expect("the folder is there")
        .map(|entry| entry.expect("an entry").path())
        .map(|path| {
            (
                path.file_name().expect("a name").to_string_lossy().into_owned(),
                fs::read(&path).expect("readable"),
            )
        })
        .collect()
}

#[test]
fn generated_code_is_fresh() {
    let committed = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/gen");
    if std::env::var_os("HANDOFF_BLESS").is_some() {
        fs::create_dir_all(&committed).expect("src/gen");
        generate(&committed);
    }
    let fresh = tempfile::tempdir().expect("a folder");
    generate(fresh.path());
    let (fresh, committed) = (files(fresh.path()), files(&committed));
    assert_eq!(
        fresh.keys().collect::<Vec<_>>(),
        committed.keys().collect::<Vec<_>>(),
        "run ./x generate and commit src/gen"
    );
    for (name, text) in &fresh {
        assert!(committed[name] == *text, "{name} is stale: run ./x generate and commit it");
    }
}
