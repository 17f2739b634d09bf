//! An authority that issues certificates for the tests, and the directory that a server reads them from: laid out as
//! Kubernetes does it, where the files are links through one link, and that one is swapped.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::PathBuf;

use rcgen::string::Ia5String;
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, SanType,
    date_time_ymd,
};
use tempfile::TempDir;

use crate::server::tls::TlsConfig;

/// The workload that a client is, where a test does not say.
pub(super) const WEB: &str = "spiffe://example.org/ns/shop/sa/web";

/// A certificate and its key, as PEM.
#[derive(Debug, Clone)]
pub(super) struct Pair {
    pub(super) certificate: String,
    pub(super) key: String,
}

/// What a client's certificate may differ in.
pub(super) struct Leaf<'a> {
    pub(super) uris: &'a [&'a str],
    pub(super) usage: ExtendedKeyUsagePurpose,
    /// The years in which it begins and ends.
    pub(super) years: (i32, i32),
}

impl Default for Leaf<'_> {
    fn default() -> Self {
        Self { uris: &[WEB], usage: ExtendedKeyUsagePurpose::ClientAuth, years: (2020, 2049) }
    }
}

pub(super) struct Authority {
    issuer: Issuer<'static, KeyPair>,
    /// Its own certificate, as PEM.
    pub(super) certificate: String,
}

impl Authority {
    /// One by the name that all have here, so that only the key tells them apart.
    pub(super) fn new() -> Self {
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, "the authority");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        let certificate = params.self_signed(&key).unwrap().pem();
        Self { issuer: Issuer::new(params, key), certificate }
    }

    /// A server's certificate, for `localhost`.
    pub(super) fn server(&self) -> Pair {
        let mut params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        self.sign(params)
    }

    pub(super) fn client(&self, leaf: Leaf<'_>) -> Pair {
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, "a client");
        let uri = |uri: &&str| SanType::URI(Ia5String::try_from(*uri).unwrap());
        params.subject_alt_names = leaf.uris.iter().map(uri).collect();
        params.subject_alt_names.push(SanType::DnsName(Ia5String::try_from("web.example").unwrap()));
        params.extended_key_usages = vec![leaf.usage];
        params.not_before = date_time_ymd(leaf.years.0, 1, 1);
        params.not_after = date_time_ymd(leaf.years.1, 1, 1);
        self.sign(params)
    }

    fn sign(&self, params: CertificateParams) -> Pair {
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap().pem();
        Pair { certificate, key: key.serialize_pem() }
    }
}

/// The files of a server.
pub(super) struct Directory {
    root: TempDir,
    versions: usize,
}

impl Directory {
    pub(super) fn new(pair: &Pair, client_authority: &str) -> Self {
        let root = TempDir::new().unwrap();
        for name in ["tls.crt", "tls.key", "ca.crt"] {
            symlink(format!("..data/{name}"), root.path().join(name)).unwrap();
        }
        let mut directory = Self { root, versions: 0 };
        directory.swap(&pair.certificate, &pair.key, client_authority);
        directory
    }

    /// Puts other files there at one moment.
    pub(super) fn swap(&mut self, certificate: &str, key: &str, client_authority: &str) {
        self.versions += 1;
        let version = format!("..version-{}", self.versions);
        let folder = self.root.path().join(&version);
        fs::create_dir(&folder).unwrap();
        for (name, text) in [("tls.crt", certificate), ("tls.key", key), ("ca.crt", client_authority)] {
            fs::write(folder.join(name), text).unwrap();
        }
        let new = self.root.path().join("..data_new");
        symlink(&version, &new).unwrap();
        fs::rename(new, self.root.path().join("..data")).unwrap();
    }

    /// Where a file is.
    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.root.path().join(name)
    }

    pub(super) fn config(&self) -> TlsConfig {
        TlsConfig {
            certificate: self.path("tls.crt"),
            key: self.path("tls.key"),
            client_authority: self.path("ca.crt"),
        }
    }
}
