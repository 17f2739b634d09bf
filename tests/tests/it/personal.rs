//! Nothing personal leaves the services but in answers that are asked for it: marked e-mail addresses and phone numbers go
//! through every method, in requests that go through and in every place of others, and are in no line, span, metric or
//! refusal, and neither are their parts.
//!
//! Names of resources (`users/ada`) are no personal values here: who gives them decides what they say.

mod decided;
mod requests;
mod texts;

use std::collections::BTreeMap;

use anyhow::{Context, ensure};
use handoff_domain::actor::Side;
use handoff_proto::common::v1::Version;
use handoff_proto::method::{METHODS, Method};
use handoff_proto::qualification::v1 as pb;
use handoff_proto::qualification::v1::import_response::Result as Imported;
use handoff_runtime::client::Caller;
use handoff_runtime::identity::{SIDE_HEADER, TENANT_HEADER, USER_HEADER};
use handoff_store::scratch::ScratchDatabase;
use handoff_tests::apart::{Apart, Name};
use handoff_tests::collector::Collector;
use handoff_tests::endpoints::Endpoints;
use handoff_tests::http::get;
use handoff_tests::life::Life;
use handoff_tests::raw;
use prost::Message;
use prost_reflect::{DescriptorPool, DynamicMessage, MessageDescriptor};
use tonic::transport::{Channel, Endpoint};
use tonic::{Code, Status};
use uuid::Uuid;

/// What must be nowhere: parts too, since an address that is cut in two is still one.
const MARKS: [&str; 4] = ["canary.mail", "777000042", "1577 7000042", "1577-7000042"];
const MAIL: &str = "canary.mail@example.com";
const PHONE: &str = "+4915777000042";
/// The number as others write it.
const WRITTEN: [&str; 2] = ["004915777000042", "0049 1577 7000042"];

/// What should not be, each with where it was.
#[derive(Default)]
struct Findings(Vec<String>);

impl Findings {
    fn look(&mut self, what: &str, text: &str) {
        for mark in MARKS {
            if let Some(place) = text.find(mark) {
                let before: Vec<char> = text[..place].chars().rev().take(400).collect();
                let before: String = before.into_iter().rev().collect();
                let rest: String = text[place..].chars().take(100).collect();
                self.0.push(format!("{what} holds {mark}: …{before}{rest}…"));
            }
        }
    }

    /// A refusal says what is wrong, and not of whom.
    fn look_at(&mut self, what: &str, status: &Status) {
        self.look(what, status.message());
        self.look(what, &String::from_utf8_lossy(status.details()));
        self.look(what, &format!("{:?}", status.metadata()));
    }
}

/// The services, and all that is needed to call any of their methods.
struct World {
    endpoints: Endpoints,
    pool: DescriptorPool,
    channels: BTreeMap<&'static str, Channel>,
    /// How requests ended, by code.
    ended: BTreeMap<i32, usize>,
    findings: Findings,
}

impl World {
    async fn of(endpoints: &Endpoints) -> anyhow::Result<Self> {
        let mut channels = BTreeMap::new();
        for (package, endpoint) in [
            ("qualification", &endpoints.qualification),
            ("event", &endpoints.qualification),
            ("sla", &endpoints.sla),
            ("reporting", &endpoints.reporting),
        ] {
            channels.insert(package, Endpoint::from_shared(endpoint.clone())?.connect().await?);
        }
        let pool = DescriptorPool::decode(handoff_proto::DESCRIPTOR_SET)?;
        Ok(Self {
            endpoints: endpoints.clone(),
            pool,
            channels,
            ended: BTreeMap::new(),
            findings: Findings::default(),
        })
    }

    fn input(&self, method: &Method) -> anyhow::Result<MessageDescriptor> {
        let (service, name) = method.path[1..].split_once('/').context("a service and a method")?;
        let service = self.pool.get_service_by_name(service).context("a service")?;
        let found = service.methods().find(|method| method.name() == name);
        Ok(found.context("a method")?.input())
    }

    /// Sends a request by whoever no rule of sides stops, and looks at what comes back.
    async fn send(&mut self, what: &str, method: &Method, request: &DynamicMessage) -> anyhow::Result<Code> {
        let code = if method.path.ends_with("/Import") {
            self.import(what, request).await?
        } else {
            let package = method.path.split('.').nth(1).context("a package")?;
            let channel = self.channels.get(package).context("a service")?;
            let name = method.path.rsplit('/').next().unwrap_or_default();
            let (user, side) = decided::speaker(name);
            let headers = [(TENANT_HEADER, "acme"), (USER_HEADER, user), (SIDE_HEADER, side)];
            let status = raw::call(channel, method.path, &headers, &request.encode_to_vec()).await?;
            self.findings.look_at(what, &status);
            status.code()
        };
        if matches!(code, Code::Internal | Code::Unknown | Code::Unauthenticated | Code::PermissionDenied) {
            self.findings.0.push(format!("{what}: {code:?}"));
        }
        *self.ended.entry(code as i32).or_default() += 1;
        Ok(code)
    }

    /// An item is refused in an answer, and the call goes on.
    async fn import(&mut self, what: &str, item: &DynamicMessage) -> anyhow::Result<Code> {
        let item: pb::ImportRequest = item.transcode_to()?;
        let caller = Caller::user("acme", "tests", Side::System);
        let answers = self.endpoints.qualification(&caller)?.import(tokio_stream::iter([item])).await;
        let answer = match answers {
            Ok(answers) => answers.into_inner().message().await,
            Err(status) => Err(status),
        };
        match answer {
            Ok(answer) => match answer.and_then(|answer| answer.result) {
                Some(Imported::Refused(refused)) => {
                    self.findings.look(what, &format!("{refused:?}"));
                    Ok(Code::InvalidArgument)
                }
                Some(Imported::Imported(_)) => Ok(Code::Ok),
                None => anyhow::bail!("{what}: an answer says what became of the item"),
            },
            Err(status) => {
                self.findings.look_at(what, &status);
                Ok(status.code())
            }
        }
    }

    /// The request of a method that goes through, with what it needs made for it.
    async fn request(&self, method: &Method) -> anyhow::Result<DynamicMessage> {
        let name = method.path.rsplit('/').next().unwrap_or_default();
        let mut text = requests::that_goes_through(name).to_string();
        if text.contains("\"LEAD\"") || text.contains("\"HANDOFF\"") {
            let (lead, handoff) = self.hand_over(name).await?;
            text = text
                .replace("\"LEAD\"", &format!("\"{lead}\""))
                .replace("\"HANDOFF\"", &format!("\"{handoff}\""));
        }
        if text.contains("\"VERSION\"") {
            let version = self.version(name).await?;
            text = text
                .replace("\"VERSION\"", &format!("\"{}\"", version.name))
                .replace("\"HASH\"", &format!("\"{}\"", version.content_hash));
        }
        let other = format!("n{}", Uuid::now_v7().simple());
        let text = text
            .replace("\"OTHER.MAIL\"", &format!("\"{other}.{MAIL}\""))
            .replace("KNOWN.MAIL", MAIL)
            .replace("\"reason\":\"OTHER\"", "\"reason\":\"\\u004fTHER\"")
            .replace("OTHER", &other)
            .replace("SOME", &format!("call {PHONE} or {MAIL}"))
            .replace("NUMBER", PHONE)
            .replace("REQUEST", &Uuid::now_v7().to_string());
        let read = &mut serde_json::Deserializer::from_str(&text);
        DynamicMessage::deserialize(self.input(method)?, read).with_context(|| format!("{name}: {text}"))
    }

    /// A version that stands where the method needs it, whatever was under way before.
    async fn version(&self, method: &str) -> anyhow::Result<Version> {
        let person = |user: &str, side| self.endpoints.versions(&Caller::user("acme", user, side));
        let (mut marketing, mut sales) = (person("mia", Side::Marketing)?, person("bob", Side::Sales)?);
        let id = || Uuid::now_v7().to_string();
        let drafted = requests::that_goes_through("DraftVersion").to_string();
        let drafted = drafted.replace("REQUEST", &id()).replace("OTHER", &id());
        let message = DynamicMessage::deserialize(
            self.pool
                .get_message_by_name("handoff.qualification.v1.DraftVersionRequest")
                .context("a message")?,
            &mut serde_json::Deserializer::from_str(&drafted),
        )?;
        let drafted = marketing.draft_version(message.transcode_to::<pb::DraftVersionRequest>()?).await?;
        let version = drafted.into_inner().version.context("a version")?;
        let (name, content_hash) = (version.name.clone(), version.content_hash.clone());
        if matches!(method, "GetVersion" | "SubmitVersion") {
            return Ok(version);
        }
        marketing.submit_version(pb::SubmitVersionRequest { request_id: id(), name: name.clone() }).await?;
        let sign = || pb::SignVersionRequest {
            request_id: id(),
            name: name.clone(),
            content_hash: content_hash.clone(),
        };
        if matches!(method, "WithdrawSignature" | "ScheduleVersion") {
            sales.sign_version(sign()).await?;
        }
        if method == "ScheduleVersion" {
            marketing.sign_version(sign()).await?;
        }
        Ok(version)
    }

    /// A lead and, where the method needs one, its handoff.
    async fn hand_over(&self, name: &str) -> anyhow::Result<(String, String)> {
        let caller = Caller::user("acme", "tests", Side::System);
        let mut service = self.endpoints.qualification(&caller)?;
        let id = || Uuid::now_v7().to_string();
        let person = pb::Person { external_id: id(), ..pb::Person::default() };
        let captured = pb::CaptureLeadRequest {
            request_id: id(),
            lead: Some(pb::Lead { person: Some(person), ..pb::Lead::default() }),
            ..pb::CaptureLeadRequest::default()
        };
        let lead = service.capture_lead(captured).await?.into_inner().lead.context("a lead")?.name;
        if !decided::needs_handoff(name) {
            return Ok((lead, String::new()));
        }
        let qualified = pb::QualifyLeadRequest {
            request_id: id(),
            lead: Some(pb::LeadRef { lead: Some(pb::lead_ref::Lead::Name(lead.clone())) }),
            ..pb::QualifyLeadRequest::default()
        };
        let handoff = service.qualify_lead(qualified).await?.into_inner().handoff.context("a handoff")?.name;
        let assigned = pb::AssignHandoffRequest {
            request_id: id(),
            name: handoff.clone(),
            owner: "users/bob".into(),
            ..pb::AssignHandoffRequest::default()
        };
        service.assign_handoff(assigned).await?;
        decided::decide(&self.endpoints, name, &handoff).await?;
        Ok((lead, handoff))
    }
}

/// Those of the command line that people see, and of the log: everything that ours say, and what others say unasked.
const SAID: &str = "info,handoff=trace";

#[tokio::test]
async fn nothing_personal_is_in_lines_spans_metrics_or_refusals() -> anyhow::Result<()> {
    let mut collector = Collector::start()?;
    let endpoint = collector.endpoint();
    let database = ScratchDatabase::new().await?;
    let told = [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint.as_str()),
        ("OTEL_BSP_MAX_QUEUE_SIZE", "1000000"),
        ("OTEL_BLRP_MAX_QUEUE_SIZE", "1000000"),
        ("RUST_LOG", SAID),
    ];
    let services = Apart::told(&database.url(), &told).await?;
    let life = Life::begin(&services.endpoints, "acme").await?;
    services.endpoints.reports_catch_up(&Caller::user("acme", "tests", Side::System)).await?;
    // There are re-evaluations to ask for.
    life.score(0).await?;
    life.publish().await?;
    // And a routing plan.
    life.route().await?;
    let mut world = World::of(&services.endpoints).await?;

    // Somebody has the address, so that others collide with it and it can be asked for.
    let known = json_lead();
    let capture = METHODS.iter().find(|method| method.path.ends_with("/CaptureLead")).context("a method")?;
    let read = &mut serde_json::Deserializer::from_str(&known);
    let known = DynamicMessage::deserialize(world.input(capture)?, read)?;
    ensure!(world.send("the first", capture, &known).await? == Code::Ok, "somebody has the address");

    let long = format!("{MAIL}{}", "x".repeat(20_000));
    // As they are, and as no field takes them.
    let texts = [MAIL, PHONE, &format!("{MAIL}\0"), &long];
    for method in METHODS {
        let what = format!("the answer to {}", method.path);
        let good = world.request(method).await?;
        let code = world.send(&what, method, &good).await?;
        if code != Code::Ok {
            world.findings.0.push(format!("{} does not go through: {code:?}", method.path));
        }
        let input = world.input(method)?;
        for text in texts.iter().chain(&WRITTEN) {
            for turn in 0..texts::turns(&input) {
                world.send(&what, method, &texts::filled(&input, text, turn)).await?;
            }
        }
        for text in texts {
            for place in 0..texts::each_replaced(&good, text).len() {
                // With a request id and a handoff of its own, so that nothing else stands in the way.
                let fresh = world.request(method).await?;
                let replaced = texts::each_replaced(&fresh, text);
                let (field, request) = replaced.get(place).context("as many places")?;
                world.send(&format!("{what} with {text:.40} in {field}"), method, request).await?;
            }
        }
    }
    for code in
        [Code::Ok, Code::InvalidArgument, Code::NotFound, Code::FailedPrecondition, Code::AlreadyExists]
    {
        ensure!(world.ended.contains_key(&(code as i32)), "{code:?} was among the ends: {:?}", world.ended);
    }
    services.endpoints.reports_catch_up(&Caller::user("acme", "tests", Side::System)).await?;

    let mut pages = String::new();
    for name in Name::ALL {
        pages += &get(&format!("http://{}/metrics", services.one(name)?.health_address())).await?;
    }
    let lines = services.stop_and_tell().await?;
    let sent: usize = world.ended.values().sum();
    collector.until("the last metrics", |got| (got.metrics.len() >= Name::ALL.len()).then_some(())).await?;
    let received = collector.received();
    ensure!(received.spans().count() > sent, "every call is a span: {} of {sent}", received.spans().count());
    let Findings(mut found) = world.findings;
    let mut last = Findings::default();
    for (what, text, told) in [
        ("a span", format!("{:?}", received.traces), "SlaService/PutCalendar"),
        ("a metric", format!("{:?}", received.metrics), "SlaService/PutCalendar"),
        ("a record of the log", format!("{:?}", received.logs), "following the log"),
        ("a page of metrics", pages.clone(), "SlaService/PutCalendar"),
        ("a line", lines.clone(), "following the log"),
    ] {
        ensure!(text.contains(told), "{what} tells of {told}, or not everything was looked at");
        last.look(what, &text);
    }
    found.append(&mut last.0);
    if lines.contains("\"panic\"") || pages.contains("handoff_panics_total") {
        found.push("a request made a service panic".to_owned());
    }
    ensure!(found.is_empty(), "{} findings:\n{}", found.len(), found.join("\n"));
    Ok(())
}

#[test]
fn a_mark_is_found_wherever_it_is_and_in_part() {
    let mut findings = Findings::default();
    findings.look("a line", "nothing");
    assert!(findings.0.is_empty());
    findings.look("a line", r#"{"message":"sent to canary.mail at 49-1577-7000042"}"#);
    let status = Status::with_details(Code::NotFound, "nothing", PHONE.as_bytes().to_vec().into());
    findings.look_at("a refusal", &status);
    assert_eq!(findings.0.len(), 3, "{:?}", findings.0);
}

#[test]
fn every_text_of_a_request_is_replaced_in_its_turn() -> anyhow::Result<()> {
    let pool = DescriptorPool::decode(handoff_proto::DESCRIPTOR_SET)?;
    let input = pool.get_message_by_name("handoff.qualification.v1.ImportRequest").context("a message")?;
    let request = DynamicMessage::deserialize(input.clone(), requests::that_goes_through("Import"))?;
    let replaced = texts::each_replaced(&request, MAIL);
    let names: Vec<&str> = replaced.iter().map(|(name, _)| name.as_str()).collect();
    for name in ["source_key", "lead.person.email", "lead.person.attributes", "history.rejected.note"] {
        assert!(names.contains(&name), "{name}: {names:?}");
    }
    for (name, message) in &replaced {
        let found = String::from_utf8_lossy(&message.encode_to_vec()).matches("canary.mail").count();
        // The name of a map's entry and its value.
        let is_map = ["attributes", "properties", "record_ids"].iter().any(|map| name.ends_with(map));
        assert_eq!(found, if is_map { 2 } else { 1 }, "{name}");
    }
    let fills = (0..texts::turns(&input)).map(|turn| texts::filled(&input, MAIL, turn).to_string());
    let fills: Vec<String> = fills.collect();
    for member in ["activity", "qualified", "rejected", "returned", "lead_ref"] {
        assert!(fills.iter().any(|fill| fill.contains(member)), "{member}: {fills:?}");
    }
    Ok(())
}

/// Whoever has the address.
fn json_lead() -> String {
    let id = Uuid::now_v7();
    format!(
        r#"{{"requestId":"{id}","lead":{{"person":{{"externalId":"KNOWN","email":"{MAIL}","phone":"{PHONE}",
            "recordIds":{{"billing":"{MAIL}"}}}}}}}}"#
    )
}
