//! The access token that a client sends: the content of a file, which whoever renews it writes anew (Kubernetes, a vault's
//! agent). The file is looked at again every now and then; while it cannot be read the last token goes on.

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use http::HeaderValue;
use tokio::time::Instant;

use crate::service::StartError;

/// How often the file is looked at. Renewed tokens overlap by minutes.
const LOOK: Duration = Duration::from_secs(10);

/// A file with a token. Clones share what was read.
#[derive(Clone)]
pub struct TokenFile(Arc<Inner>);

struct Inner {
    path: PathBuf,
    last: Mutex<Last>,
}

struct Last {
    header: HeaderValue,
    looked_at: Instant,
}

impl TokenFile {
    /// Reads the file.
    ///
    /// # Errors
    /// [`StartError::Configuration`] where there is none, or no token in it.
    pub fn open(path: &Path) -> Result<Self, StartError> {
        let header = read(path).map_err(|fault| StartError::Configuration {
            faults: vec![format!("the token in {}: {fault}", path.display())],
        })?;
        let last = Mutex::new(Last { header, looked_at: Instant::now() });
        Ok(Self(Arc::new(Inner { path: path.to_owned(), last })))
    }

    /// The header `authorization`.
    pub(super) fn header(&self) -> HeaderValue {
        let mut last = self.0.last.lock().unwrap_or_else(PoisonError::into_inner);
        if last.looked_at.elapsed() >= LOOK {
            last.looked_at = Instant::now();
            // A few kilobytes, in memory as a rule: not worth a thread for blocking work.
            match read(&self.0.path) {
                Ok(header) => last.header = header,
                Err(fault) => {
                    tracing::warn!(path = %self.0.path.display(), %fault, "the token cannot be read again");
                }
            }
        }
        last.header.clone()
    }
}

/// Marked as sensitive: it is never printed, and no compression table remembers it.
fn read(path: &Path) -> Result<HeaderValue, String> {
    let text = fs::read_to_string(path).map_err(|error| error.to_string())?;
    let token = text.trim();
    if token.is_empty() || token.contains(char::is_whitespace) {
        return Err("it is not one token and nothing else".to_owned());
    }
    let mut header = HeaderValue::from_str(&format!("Bearer {token}"))
        .map_err(|_| "it has characters that no token has".to_owned())?;
    header.set_sensitive(true);
    Ok(header)
}

impl fmt::Debug for TokenFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenFile").field("path", &self.0.path).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_renewed_token_is_sent_and_a_lost_file_leaves_the_last() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("token");
        fs::write(&path, "first\n").expect("written");
        let token = TokenFile::open(&path).expect("a token");
        assert_eq!(token.header(), "Bearer first");
        assert!(token.header().is_sensitive());
        fs::write(&path, "second").expect("written");
        assert_eq!(token.header(), "Bearer first", "it is not looked at for every call");
        tokio::time::advance(LOOK).await;
        assert_eq!(token.header(), "Bearer second");
        fs::remove_file(&path).expect("removed");
        tokio::time::advance(LOOK).await;
        assert_eq!(token.header(), "Bearer second");
    }

    #[test]
    fn what_is_no_token_is_refused_without_being_quoted() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("token");
        assert!(TokenFile::open(&path).is_err(), "there is none");
        for bad in ["", " \n", "two tokens", "a\nb", "caf\u{e9}\u{0}"] {
            fs::write(&path, bad).expect("written");
            let fault = TokenFile::open(&path).expect_err("no token").to_string();
            assert!(fault.contains("token") && (bad.trim().is_empty() || !fault.contains(bad)), "{fault}");
        }
    }
}
