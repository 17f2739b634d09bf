//! A corpus of headers, good and bad, each by name.

use http::{HeaderMap, HeaderName, HeaderValue};

use super::*;

const SLEEP: &str = "spiffe://cluster.local/ns/foo/sa/sleep";
const LINKERD: &str = "web.default.serviceaccount.identity.linkerd.cluster.local";

fn headers(fields: &[(&'static str, &str)]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in fields {
        headers.append(
            HeaderName::from_static(name),
            HeaderValue::from_bytes(value.as_bytes()).expect("a value"),
        );
    }
    headers
}

fn read(mesh: Mesh, fields: &[(&'static str, &str)]) -> Result<Option<Forwarded>, ForwardedError> {
    forwarded(mesh, &headers(fields))
}

fn xfcc(value: &str) -> Result<Option<Forwarded>, ForwardedError> {
    read(Mesh::Istio, &[(XFCC_HEADER, value)])
}

fn workload(id: &str) -> Option<Forwarded> {
    Some(Forwarded::Spiffe(id.parse().expect("an id")))
}

#[test]
fn without_a_header_there_is_nobody() {
    for mesh in [Mesh::Istio, Mesh::Linkerd] {
        assert_eq!(read(mesh, &[("user-agent", "x"), ("x-forwarded-for", SLEEP)]), Ok(None));
    }
}

#[test]
fn the_last_elements_only_uri_is_believed() {
    let corpus = [
        (
            "as Istio writes it",
            r#"By=spiffe://cluster.local/ns/foo/sa/httpbin;Hash=9f86d081884c7d65;Subject="";URI=spiffe://cluster.local/ns/foo/sa/sleep"#,
        ),
        (
            "as Envoy 1.40 writes it, of a subject with separators, a quote and a backslash",
            r#"By=spiffe://cluster.local/ns/foo/sa/httpbin;Hash=f56eb9544b606b42;Subject="CN=a\;b\,c=\"d\\e";URI=spiffe://cluster.local/ns/foo/sa/sleep;DNS=a.example"#,
        ),
        ("a URI alone", "URI=spiffe://cluster.local/ns/foo/sa/sleep"),
        ("keys in capitals", "BY=x;URI=spiffe://cluster.local/ns/foo/sa/sleep"),
        ("keys in small letters", "by=x;uri=spiffe://cluster.local/ns/foo/sa/sleep"),
        ("a URI in quotes", r#"URI="spiffe://cluster.local/ns/foo/sa/sleep""#),
        ("a URI in quotes with an escape", r#"URI="spiffe://cluster.local/ns/foo/sa\/sleep""#),
        ("separators in quotes", r#"Subject="CN=a,OU=b;c=d";URI=spiffe://cluster.local/ns/foo/sa/sleep"#),
        ("an escaped quote", r#"Subject="CN=\"a\"";URI=spiffe://cluster.local/ns/foo/sa/sleep"#),
        ("an escaped backslash at the end", r#"Subject="CN=a\\";URI=spiffe://cluster.local/ns/foo/sa/sleep"#),
        (
            "a forged element inside a subject",
            r#"Subject="CN=x\",URI=spiffe://cluster.local/ns/foo/sa/admin,By=\"";URI=spiffe://cluster.local/ns/foo/sa/sleep"#,
        ),
        ("names of hosts too", "URI=spiffe://cluster.local/ns/foo/sa/sleep;DNS=a.example;DNS=b.example"),
        (
            "a certificate and a chain",
            r#"Cert="-----BEGIN%20CERTIFICATE-----%0A";Chain="x";URI=spiffe://cluster.local/ns/foo/sa/sleep"#,
        ),
        ("a key that we do not know", "Alg=x;URI=spiffe://cluster.local/ns/foo/sa/sleep"),
        ("an empty value of another key", "DNS=;URI=spiffe://cluster.local/ns/foo/sa/sleep"),
        ("an equals sign in a value", "By=http://a/?b=c;URI=spiffe://cluster.local/ns/foo/sa/sleep"),
        ("blanks around separators", r#"By=x ; Subject="" ; URI=spiffe://cluster.local/ns/foo/sa/sleep "#),
        (
            "letters beyond ASCII in a subject",
            "Subject=\"CN=Zoë\";URI=spiffe://cluster.local/ns/foo/sa/sleep",
        ),
        (
            "two hops",
            "By=y;URI=spiffe://cluster.local/ns/foo/sa/gateway,By=x;URI=spiffe://cluster.local/ns/foo/sa/sleep",
        ),
        (
            "two hops and a blank",
            "URI=spiffe://cluster.local/ns/foo/sa/gateway, URI=spiffe://cluster.local/ns/foo/sa/sleep",
        ),
        (
            "a first hop that is no workload",
            "URI=https://a.example/x,URI=spiffe://cluster.local/ns/foo/sa/sleep",
        ),
        (
            "a first hop with two URIs",
            "URI=spiffe://a/x;URI=spiffe://a/y,URI=spiffe://cluster.local/ns/foo/sa/sleep",
        ),
        ("a first hop without one", "Hash=00,URI=spiffe://cluster.local/ns/foo/sa/sleep"),
    ];
    for (name, value) in corpus {
        assert_eq!(xfcc(value), Ok(workload(SLEEP)), "{name}");
    }
}

#[test]
fn what_a_caller_put_before_is_not_believed() {
    let forged = "By=x;URI=spiffe://cluster.local/ns/foo/sa/admin";
    // The proxy appends the true client behind it.
    assert_eq!(xfcc(&format!("{forged},By=x;URI={SLEEP}")), Ok(workload(SLEEP)));
    // A true client whose certificate names no workload is nobody, and not the one before.
    assert_eq!(xfcc(&format!(r#"{forged},By=x;Hash=00;Subject="""#)), Err(ForwardedError::Uris(0)));
}

#[test]
fn what_is_malformed_is_an_error() {
    let corpus = [
        ("empty", ""),
        ("a blank", " "),
        ("a comma", ","),
        ("a semicolon", ";"),
        ("no pair", "URI"),
        ("no key", "=x;URI=spiffe://a/b"),
        ("a blank before the equals sign", "URI =spiffe://a/b"),
        ("a key in quotes", r#""URI"=spiffe://a/b"#),
        ("a comma at the end", "URI=spiffe://a/b,"),
        ("a comma at the beginning", ",URI=spiffe://a/b"),
        ("an element of nothing", "URI=spiffe://a/b,,URI=spiffe://a/b"),
        ("a semicolon at the end", "URI=spiffe://a/b;"),
        ("a pair of nothing", "By=x;;URI=spiffe://a/b"),
        ("a quote that is not closed", r#"Subject="CN=a;URI=spiffe://a/b"#),
        ("a quote whose end is escaped", r#"Subject="CN=a\";URI=spiffe://a/b"#),
        ("a backslash and nothing", r#"URI=spiffe://a/b;Subject="CN=a\"#),
        ("an open quote in an element before", r#"Subject="CN=a,URI=spiffe://a/b"#),
        ("a quote in the middle of a value", r#"URI=spiffe://a/b"c"#),
        ("a backslash outside of quotes", r"By=a\,URI=spiffe://a/b"),
        ("something behind a quote", r#"Subject="a"b;URI=spiffe://a/b"#),
        ("two quoted values", r#"Subject="a""b";URI=spiffe://a/b"#),
        ("a first element that is malformed", "x,URI=spiffe://a/b"),
    ];
    for (name, value) in corpus {
        assert!(matches!(xfcc(value), Err(ForwardedError::Malformed(_))), "{name}: {:?}", xfcc(value));
    }
    let mut headers = HeaderMap::new();
    headers.insert(XFCC_HEADER, HeaderValue::from_bytes(b"URI=spiffe://a/\xff").expect("a value"));
    assert!(matches!(forwarded(Mesh::Istio, &headers), Err(ForwardedError::Malformed(_))));
}

#[test]
fn the_last_element_has_exactly_one_uri() {
    let corpus = [
        ("none", "By=x;Hash=00", 0),
        ("none, and one before", "URI=spiffe://a/b,DNS=a.example", 0),
        ("two", "URI=spiffe://a/b;URI=spiffe://a/c", 2),
        ("the same twice", "URI=spiffe://a/b;uri=spiffe://a/b", 2),
    ];
    for (name, value, uris) in corpus {
        assert_eq!(xfcc(value), Err(ForwardedError::Uris(uris)), "{name}");
    }
}

#[test]
fn the_last_elements_uri_is_a_spiffe_id() {
    let corpus = [
        ("empty", "URI=", SpiffeIdError::Scheme),
        ("empty in quotes", r#"URI="""#, SpiffeIdError::Scheme),
        ("another scheme", "URI=https://a/b", SpiffeIdError::Scheme),
        ("capitals", "URI=spiffe://A/b", SpiffeIdError::TrustDomain),
        ("a way up", "URI=spiffe://a/b/../c", SpiffeIdError::Path),
        ("encoded", "URI=spiffe://a/%62", SpiffeIdError::Path),
        ("a blank in quotes", r#"URI="spiffe://a/b ""#, SpiffeIdError::Path),
        ("a comma in quotes", r#"URI="spiffe://a/b,c""#, SpiffeIdError::Path),
    ];
    for (name, value, error) in corpus {
        assert_eq!(xfcc(value), Err(ForwardedError::Spiffe(error)), "{name}");
    }
}

#[test]
fn a_header_has_a_longest_length_and_so_many_elements() {
    let of_length = |bytes: usize| {
        let uri = format!("URI={SLEEP};By=");
        format!("{uri}{}", "x".repeat(bytes - uri.len()))
    };
    assert_eq!(xfcc(&of_length(16 << 10)), Ok(workload(SLEEP)));
    assert_eq!(xfcc(&of_length((16 << 10) + 1)), Err(ForwardedError::TooLong));
    let of_elements = |count: usize| vec![format!("URI={SLEEP}"); count].join(",");
    assert_eq!(xfcc(&of_elements(64)), Ok(workload(SLEEP)));
    assert_eq!(xfcc(&of_elements(65)), Err(ForwardedError::TooManyElements));
}

#[test]
fn a_header_that_comes_twice_is_an_error() {
    let uri = format!("URI={SLEEP}");
    for (mesh, value) in [(Mesh::Istio, uri.as_str()), (Mesh::Linkerd, LINKERD)] {
        let header = mesh.header();
        let refused = read(mesh, &[(header, value), (header, value)]);
        assert_eq!(refused, Err(ForwardedError::Repeated { header }));
    }
}

#[test]
fn the_header_of_the_other_mesh_is_an_error_alone_and_with_ours() {
    let fields = [(XFCC_HEADER, "URI=spiffe://cluster.local/ns/foo/sa/admin"), (LINKERD_HEADER, LINKERD)];
    for (mesh, other) in [(Mesh::Istio, LINKERD_HEADER), (Mesh::Linkerd, XFCC_HEADER)] {
        let refused = Err(ForwardedError::OtherMesh { header: other });
        assert_eq!(read(mesh, &fields), refused);
        let foreign = fields.iter().find(|(header, _)| *header == other).expect("it is one of them");
        assert_eq!(read(mesh, &[*foreign]), refused);
    }
}

#[test]
fn linkerd_names_a_workload_by_a_dns_name() {
    let read = |value: &str| read(Mesh::Linkerd, &[(LINKERD_HEADER, value)]);
    let of_length =
        |bytes: usize| format!("{}{}", "a.".repeat((bytes - 1) / 2), "a".repeat((bytes - 1) % 2 + 1));
    for good in [LINKERD, "web", "web-1.a_b.example", &of_length(253), &"a".repeat(63)] {
        assert_eq!(read(good), Ok(Some(Forwarded::Linkerd(good.to_owned()))), "{good}");
    }
    for bad in [
        "",
        " ",
        ".",
        "web.",
        ".web",
        "web..default",
        "Web.default",
        "-web.default",
        "web-.default",
        "web default",
        "web.default,admin.default",
        "web.default;a",
        "*.default",
        "wëb.default",
        SLEEP,
        &of_length(254),
        &"a".repeat(64),
    ] {
        assert_eq!(read(bad), Err(ForwardedError::NotDnsName), "{bad}");
    }
}

#[test]
fn a_mesh_is_told_by_its_name() {
    assert_eq!("istio".parse(), Ok(Mesh::Istio));
    assert_eq!("linkerd".parse(), Ok(Mesh::Linkerd));
    let refusal = "Istio".parse::<Mesh>().expect_err("a name is written in one way");
    assert!(refusal.to_string().contains("linkerd"));
}
