//! How calls to other services are made: with which token and which certificate, and whose certificates are believed.
//! The services use it among themselves, and the command line towards all of them.

use std::path::PathBuf;

use clap::Args;

use super::told;
use crate::client::{Credentials, TlsFiles, TokenFile, Trust};
use crate::service::StartError;

/// What a caller proves itself with.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Peer")]
pub struct PeerConfig {
    /// The access token that calls carry: a file, read again when it is renewed.
    #[arg(long, global = true, env = "HANDOFF_TOKEN_FILE", value_name = "FILE")]
    pub token_file: Option<PathBuf>,

    /// Believe services (https://…) whose certificates are of one of these authorities (PEM), and not those of the system.
    #[arg(long, global = true, env = "HANDOFF_PEER_AUTHORITY", value_name = "FILE")]
    pub peer_authority: Option<PathBuf>,

    /// The certificate to show to them (PEM, followed by those between it and its authority). The files are read again when
    /// they change.
    #[arg(long, global = true, env = "HANDOFF_PEER_CERTIFICATE", value_name = "FILE", requires = "peer_key")]
    pub peer_certificate: Option<PathBuf>,

    /// That certificate's private key (PEM).
    #[arg(long, global = true, env = "HANDOFF_PEER_KEY", value_name = "FILE", requires = "peer_certificate")]
    pub peer_key: Option<PathBuf>,
}

impl PeerConfig {
    /// Reads all files that it names.
    ///
    /// # Errors
    /// [`StartError::Configuration`] with every fault.
    pub fn open(&self) -> Result<Credentials, StartError> {
        let mut faults = Vec::new();
        let credentials = self.read(&mut faults);
        if faults.is_empty() { Ok(credentials) } else { Err(StartError::Configuration { faults }) }
    }

    /// The same; what cannot be used is left out and told.
    pub(super) fn read(&self, faults: &mut Vec<String>) -> Credentials {
        let token = self.token_file.as_deref().and_then(|path| match TokenFile::open(path) {
            Ok(token) => Some(token),
            Err(error) => {
                faults.push(told(&error));
                None
            }
        });
        let files = TlsFiles {
            authority: self.peer_authority.clone(),
            identity: self.peer_certificate.clone().zip(self.peer_key.clone()),
        };
        let trust = (files != TlsFiles::default()).then(|| Trust::load(files));
        let trust = trust.and_then(|loaded| loaded.map_err(|error| faults.push(told(&error))).ok());
        Credentials { token, trust }
    }
}
