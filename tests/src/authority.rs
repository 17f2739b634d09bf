//! An authority of certificates: a folder where it keeps its own, issues those of workloads, and lists what the workloads
//! may do.

use std::fs;
use std::net::Ipv4Addr;
use std::path::PathBuf;

use rcgen::string::Ia5String;
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair, SanType};
use tempfile::TempDir;

/// The authority.
#[derive(Debug)]
pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
    folder: TempDir,
}

impl Authority {
    /// One with a new key.
    ///
    /// # Errors
    /// When the folder cannot be written.
    pub fn new() -> anyhow::Result<Self> {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate()?;
        let folder = tempfile::tempdir()?;
        fs::write(folder.path().join("ca.crt"), params.self_signed(&key)?.pem())?;
        Ok(Self { issuer: Issuer::new(params, key), folder })
    }

    /// Its own certificate.
    pub fn certificate(&self) -> String {
        self.path("ca.crt")
    }

    /// The certificate and the key of `spiffe://handoff/NAME`, good on this machine.
    ///
    /// # Errors
    /// When they cannot be written.
    pub fn issue(&self, name: &str) -> anyhow::Result<(String, String)> {
        let mut params = CertificateParams::default();
        params.subject_alt_names = vec![
            SanType::URI(Ia5String::try_from(format!("spiffe://handoff/{name}"))?),
            SanType::IpAddress(Ipv4Addr::LOCALHOST.into()),
        ];
        let key = KeyPair::generate()?;
        let certificate = params.signed_by(&key, &self.issuer)?.pem();
        let files = (self.path(&format!("{name}.crt")), self.path(&format!("{name}.key")));
        fs::write(&files.0, certificate)?;
        fs::write(&files.1, key.serialize_pem())?;
        Ok(files)
    }

    /// A list of workloads on which `names` may follow all logs.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn workloads(&self, names: &[&str]) -> anyhow::Result<String> {
        let entry = |name: &&str| {
            format!(
                "[[workload]]\nid = \"spiffe://handoff/{name}\"\nprincipal = \"services/{name}\"\nside = \"SYSTEM\"\n\
                 roles = [\"SERVICE\"]\ntenants = \"all\"\n"
            )
        };
        let path = self.path("workloads.toml");
        fs::write(&path, names.iter().map(entry).collect::<String>())?;
        Ok(path)
    }

    fn path(&self, file: &str) -> String {
        let path: PathBuf = self.folder.path().join(file);
        path.display().to_string()
    }
}
