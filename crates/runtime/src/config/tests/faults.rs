//! All that is wrong is told at once, each with its place, and nothing secret with it.

use super::*;

const SECRET: &str = "s3cr3t-9f2c";

#[test]
fn every_wrong_value_is_told_with_its_place() {
    let file = "[database]\nconnections = 1\n\n[identity]\nmesh = \"consul\"\noidc-algorithms = [\"RS256\", \"HS256\"]\n";
    let told = faults_of(&Said {
        flags: &["--listen", "here"],
        environment: &[("HANDOFF_QUALIFICATION", "sla:7432"), ("HANDOFF_INSECURE_DEV", "1")],
        file: Some(file),
    });
    let begins = [
        "handoff.toml, line 2: database.connections: \"1\" cannot be used: 1 is not in 2..",
        "--listen: \"here\" cannot be used: invalid socket address",
        "HANDOFF_INSECURE_DEV: \"1\" is neither true nor false",
        "handoff.toml, line 6: identity.oidc-algorithms: \"HS256\" cannot be used: an algorithm is one of",
        "handoff.toml, line 5: identity.mesh: \"consul\" cannot be used: ",
        "HANDOFF_QUALIFICATION: \"sla:7432\" cannot be used: it is not the address",
    ];
    for begin in begins {
        assert!(told.iter().any(|fault| fault.starts_with(begin)), "{begin}\n{told:#?}");
    }
    assert_eq!(told.len(), begins.len(), "{told:#?}");
}

#[test]
fn what_the_file_should_not_say_is_told_by_line_with_what_may_be_meant() {
    for (file, told) in [
        (
            "[identity]\noidc_issuer = \"x\"",
            "line 2: there is no setting identity.oidc_issuer; is identity.oidc-issuer meant?",
        ),
        ("[identity]\nisuer = \"x\"", "line 2: there is no setting identity.isuer"),
        ("[server]\nmesh = \"istio\"", "line 2: there is no setting server.mesh; is identity.mesh meant?"),
        ("[databse]\nurl = \"x\"", "line 1: there is no table [databse]; is [database] meant?"),
        ("[sla.databse]\nurl = \"x\"", "line 1: there is no table [sla.databse]; is [database] meant?"),
        ("[reportin]\nx = 1", "line 1: there is no table [reportin]; is [reporting] meant?"),
        ("listen = \"127.0.0.1:1\"", "line 1: listen stands in no table; is server.listen meant?"),
        ("sla = 7", "line 1: [sla] is a section of tables"),
        (
            "[database]\nconnections = \"20\"",
            "line 2: database.connections is a number, and not of the type string",
        ),
        ("[server]\nlisten = 7432", "line 2: server.listen is a text, and not of the type integer"),
        (
            "[server]\nreflection = \"yes\"",
            "line 2: server.reflection is true or false, and not of the type string",
        ),
        (
            "[identity]\nmesh-proxies = [1]",
            "line 2: identity.mesh-proxies is a list of texts, and not of the type array",
        ),
        ("[server]\nconfig = \"other.toml\"\n", "line 2: a file names no other"),
    ] {
        let faults = faults_of(&Said { file: Some(file), ..Said::default() });
        assert_eq!(faults.len(), 1, "{file}: {faults:?}");
        assert!(faults[0].starts_with(&format!("handoff.toml, {told}")), "{file}: {faults:?}");
    }
}

#[test]
fn a_key_that_comes_twice_and_what_is_no_toml_are_told_by_line() {
    let twice = faults_of(&Said {
        file: Some("[server]\nlisten = \"127.0.0.1:1\"\nlisten = \"127.0.0.1:2\""),
        ..Said::default()
    });
    assert!(twice.len() == 1 && twice[0].starts_with("handoff.toml, line 3: duplicate key"), "{twice:?}");
    let broken = format!("[database]\nurl = \"postgres://ada:{SECRET}@host/db\n");
    let broken = faults_of(&Said { file: Some(&broken), ..Said::default() });
    assert!(!broken.is_empty() && broken[0].starts_with("handoff.toml, line 2: "), "{broken:?}");
    assert!(!format!("{broken:?}").contains(SECRET));
}

#[test]
fn a_file_that_is_not_there_is_told() {
    let told = faults_of(&Said { flags: &["--config", "none.toml"], ..Said::default() });
    assert!(told.len() == 1 && told[0].starts_with("--config none.toml: "), "{told:?}");
}

#[test]
fn what_needs_another_setting_is_told_wherever_it_was_said() {
    let file = "[identity]\noidc-issuer = \"https://issuer\"\n[server]\nreflection = true";
    let told = faults_of(&Said { file: Some(file), ..Said::default() });
    for needed in ["--oidc-audience", "--oidc-keys", "--insecure-dev"] {
        assert!(
            told.iter().any(|fault| fault.starts_with(needed) && fault.contains("missing")),
            "{needed}: {told:?}"
        );
    }
    // What the file says is as good as a flag.
    let flags = ["--oidc-audience", "handoff", "--oidc-keys", "keys.json", "--insecure-dev"];
    assert_eq!(faults_of(&Said { flags: &flags, file: Some(file), ..Said::default() }), Vec::<String>::new());
}

#[tokio::test]
async fn faults_of_telemetry_are_told_with_all_others_and_hide_none() {
    let environment: &[_] = &[("OTEL_TRACES_SAMPLER", "sometimes"), ("OTEL_BSP_MAX_QUEUE_SIZE", "0")];
    let loaded = Place::new().load(&Said { environment, ..Said::default() }).unwrap();
    assert!(loaded.faults.is_empty() && !loaded.is_sound());
    let told = loaded.all_faults().await;
    let begins =
        ["no database: ", "no source of identity", "OTEL_TRACES_SAMPLER ", "OTEL_BSP_MAX_QUEUE_SIZE "];
    assert_eq!(told.len(), begins.len(), "{told:#?}");
    for begin in begins {
        assert!(told.iter().any(|fault| fault.starts_with(begin)), "{begin}: {told:#?}");
    }
}

#[tokio::test]
async fn faults_of_values_and_of_files_are_told_together() {
    let said = Said {
        flags: &["--mesh", "consul", "--token-file", "none", "--database-url-file", "none"],
        ..Said::default()
    };
    let told = Place::new().load(&said).unwrap().all_faults().await;
    // Nothing of a missing identity: there is one, and it is wrong.
    assert_eq!(told.len(), 3, "{told:?}");
    assert!(
        told[0].contains("consul") && told[1].contains("--database-url-file") && told[2].contains("token")
    );
    let said = Said { flags: &["--insecure-dev", "--database-url", "postgres://host/db"], ..Said::default() };
    assert_eq!(Place::new().load(&said).unwrap().all_faults().await, Vec::<String>::new());
}

#[test]
fn a_wrong_command_line_is_told_by_itself() {
    let error =
        Place::new().load(&Said { flags: &["--lisen", "x"], ..Said::default() }).unwrap_err().to_string();
    assert!(error.contains("--lisen") && error.contains("--listen"), "{error}");
    let help = Place::new().load(&Said { flags: &["--help"], ..Said::default() }).unwrap_err().to_string();
    for heading in ["Database:", "Server:", "Identity:", "Peer:"] {
        assert!(help.contains(heading), "{help}");
    }
}

#[test]
fn a_password_is_in_nothing_that_is_told() {
    for url in [
        format!("postgres://ada:{SECRET}@host/db"),
        format!("postgres://ada:{SECRET}@host:port/db"),
        format!("mysql://ada:{SECRET}@host/db"),
        SECRET.to_owned(),
    ] {
        let file = format!("[database]\nurl = {url:?}\n");
        for said in [
            Said { flags: &["--database-url", &url], ..Said::default() },
            Said { environment: &[("HANDOFF_DATABASE_URL", &url)], ..Said::default() },
            Said { file: Some(&file), ..Said::default() },
            Said {
                flags: &["--database-url", &url, "--listen", "x", "--database-url-file", "x"],
                ..Said::default()
            },
        ] {
            let loaded = read(&said);
            let told = format!("{:?} {:?} {:?}", loaded.config, loaded.settings, loaded.faults);
            assert!(!told.contains(SECRET), "{told}");
            assert!(told.contains("database.url"));
        }
        for flags in [["--database-url", &url, "--help"], ["--database-url", &url, "--nonsense"]] {
            let said = Said { flags: &flags, ..Said::default() };
            let told = Place::new().load(&said).unwrap_err().to_string();
            assert!(!told.contains(SECRET), "{told}");
        }
    }
}

#[test]
fn an_origin_that_no_browser_writes_is_told_with_its_place() {
    let file = "[server]\ngrpc-web-origins = [\"https://a.example\", \"*\"]\n";
    for (said, place, why) in [
        (
            Said { flags: &["--grpc-web-origins", "https://a.example/"], ..Said::default() },
            "--grpc-web-origins",
            "slash",
        ),
        (
            Said {
                environment: &[("HANDOFF_GRPC_WEB_ORIGINS", "https://a.example,b.example")],
                ..Said::default()
            },
            "HANDOFF_GRPC_WEB_ORIGINS",
            "scheme",
        ),
        (
            Said { file: Some(file), ..Said::default() },
            "handoff.toml, line 2: server.grpc-web-origins",
            "every page",
        ),
        // Where nobody proves who he is all the less.
        (
            Said { flags: &["--grpc-web-origins", "*", "--insecure-dev"], ..Said::default() },
            "--grpc-web-origins",
            "every page",
        ),
    ] {
        let told = faults_of(&said);
        assert!(told.len() == 1 && told[0].starts_with(place) && told[0].contains(why), "{told:?}");
    }
}

#[test]
fn reflection_is_for_development_only() {
    let told = |said: &Said<'_>| match Place::new().load(said) {
        Err(refusal) => refusal.to_string(),
        Ok(loaded) => loaded.faults.join("\n"),
    };
    for said in [
        Said { flags: &["--reflection"], ..Said::default() },
        Said { environment: &[("HANDOFF_REFLECTION", "true")], ..Said::default() },
        Said { file: Some("[server]\nreflection = true"), ..Said::default() },
    ] {
        let told = told(&said);
        assert!(told.contains("insecure-dev"), "{told}");
    }
    assert_eq!(told(&Said { flags: &["--reflection", "--insecure-dev"], ..Said::default() }), "");
}
