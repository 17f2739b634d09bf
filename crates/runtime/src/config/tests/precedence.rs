//! Flags before the environment, that before the file, that before defaults; and in the file a service's own section
//! before what all share.

use super::*;

fn setting(loaded: &Loaded<Sla>, name: &str) -> Setting {
    loaded.settings.iter().find(|setting| setting.name == name).unwrap().clone()
}

#[test]
fn a_flag_wins_over_the_environment_and_that_over_the_file() {
    let file = "[server]\nlisten = \"127.0.0.1:1\"\n";
    let environment = [("HANDOFF_LISTEN", "127.0.0.1:2")];
    let flags = ["--listen", "127.0.0.1:3"];
    let said = |flags, environment, file| Said { flags, environment, file };
    for (said, port, source) in [
        (said(&flags, &environment, Some(file)), 3, Source::Flag),
        (said(&[], &environment, Some(file)), 2, Source::Environment("HANDOFF_LISTEN".into())),
        (said(&[], &[("HANDOFF_LISTEN", "")], Some(file)), 1, Source::Default),
        (said(&[], &[], None), 7432, Source::Default),
    ] {
        let loaded = read(&said);
        assert_eq!(loaded.faults, Vec::<String>::new());
        assert_eq!(loaded.config.service.server.listen.port(), port);
        let found = setting(&loaded, "server.listen");
        assert_eq!(found.value, Some(format!("127.0.0.1:{port}")));
        match found.source {
            Source::File { line, .. } => assert_eq!((port, line), (1, 2)),
            found => assert_eq!(found, source),
        }
    }
}

#[test]
fn a_section_of_the_service_wins_over_what_all_share_wherever_it_stands() {
    let file = r#"
        [sla.server]
        listen = "127.0.0.1:2"
        [server]
        listen = "127.0.0.1:1"
        health-listen = "127.0.0.1:9"
        [reporting.server]
        listen = "not judged here"
        [reporting.peer]
        sla = "http://sla:7432"
        [peer]
        sla = "https://sla:7432"
        qualification = "https://qualification:7431"
    "#;
    let loaded = read(&Said { file: Some(file), ..Said::default() });
    assert_eq!(loaded.faults, Vec::<String>::new());
    let server = &loaded.config.service.server;
    assert_eq!((server.listen.port(), server.health_listen.unwrap().port()), (2, 9));
    assert_eq!(loaded.config.qualification, "https://qualification:7431");
}

#[test]
fn values_of_all_kinds_come_from_the_file() {
    let file = r#"
        [database]
        url = "postgres://ada@host/handoff"
        connections = 20
        [identity]
        insecure-dev = true
        oidc-algorithms = ["RS256", "EdDSA"]
        mesh = "istio"
        mesh-proxies = "10.1.0.0/16"
        [server]
        reflection = false
        grpc-web-origins = ["https://app.example.com", "http://localhost:3000"]
        compression = true
        [limits]
        drain-wait = "2500ms"
        calls-in-flight = 7
    "#;
    let loaded = read(&Said { file: Some(file), ..Said::default() });
    assert_eq!(loaded.faults, Vec::<String>::new());
    let service = &loaded.config.service;
    assert_eq!(service.database.database_connections, 20);
    assert!(service.identity.insecure_dev && !service.server.reflection && service.server.compression);
    assert_eq!(service.server.grpc_web_origins.len(), 2);
    assert_eq!(service.identity.oidc_algorithms.len(), 2);
    assert_eq!(service.identity.mesh_proxies.len(), 1);
    assert_eq!(service.limits.drain_wait.as_millis(), 2_500);
    assert_eq!(service.limits.calls_in_flight, 7);
    assert_eq!(setting(&loaded, "identity.oidc-algorithms").value.unwrap(), "RS256,EdDSA");
    assert!(matches!(setting(&loaded, "server.reflection").source, Source::File { line: 11, .. }));
}

#[test]
fn the_file_is_named_by_the_environment_too() {
    let place = Place::new();
    fs::write(place.file(), "[server]\nlisten = \"127.0.0.1:5\"").unwrap();
    let path = place.file().display().to_string();
    let loaded = place.load(&Said { environment: &[("HANDOFF_CONFIG", &path)], ..Said::default() }).unwrap();
    assert_eq!(loaded.config.service.server.listen.port(), 5);
}

#[test]
fn a_service_has_ports_of_its_own_and_trusts_nobody_by_default() {
    let loaded = read(&Said::default());
    let server = &loaded.config.service.server;
    assert_eq!((server.listen.port(), server.health_listen.unwrap().port()), (7432, 7442));
    assert!(!loaded.config.service.identity.insecure_dev && !server.reflection);
    assert!(server.grpc_web_origins.is_empty() && !server.compression);
    assert_eq!(loaded.config.service.identity.oidc_user_claim, "sub");
}

/// Every setting can be said by the file under its heading, and no two share a place.
#[test]
fn every_flag_has_a_variable_and_a_place_of_its_own() {
    let loaded = read(&Said::default());
    let mut names: Vec<&str> = loaded.settings.iter().map(|setting| setting.name.as_str()).collect();
    names.sort_unstable();
    let all = names.len();
    names.dedup();
    assert_eq!(names.len(), all);
    for name in ["database.url", "database.url-file", "peer.token-file", "peer.authority", "identity.mesh"] {
        assert!(names.contains(&name), "{name}: {names:?}");
    }
    for arg in Sla::command().get_arguments().filter(|arg| arg.get_long().is_some()) {
        let flag = arg.get_long().unwrap();
        let variable = format!("HANDOFF_{}", flag.to_uppercase().replace('-', "_"));
        assert_eq!(arg.get_env().and_then(|name| name.to_str()), Some(variable.as_str()), "--{flag}");
        assert!(arg.get_help_heading().is_some(), "--{flag} has no heading");
    }
}
