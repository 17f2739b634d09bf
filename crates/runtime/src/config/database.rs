//! Where the database is. Its URL may hold a password: it can come from a file, and neither a message nor a log repeats
//! it.

use std::convert::Infallible;
use std::fmt;
use std::fs;
use std::path::PathBuf;
use std::str::FromStr;

use clap::Args;
use handoff_store::database::{Options, check_url};

use super::told;

/// What an instance needs under full load: the batches of nine tenants at once, and reads beside them.
const CONNECTIONS: u32 = 12;

/// Told where nothing says which database.
pub(super) const NO_DATABASE: &str = "no database: --database-url or --database-url-file";

/// A database's URL, which shows itself only to whoever asks for it.
#[derive(Clone, PartialEq, Eq)]
pub struct DatabaseUrl(String);

/// The database of whoever needs one: a service, or a command for its operator.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Database")]
pub struct DatabaseLocation {
    /// The database, as postgres://user:password@host:5432/name. Others on the machine can read arguments: give a password
    /// by the environment or by a file.
    #[arg(long, env = "HANDOFF_DATABASE_URL", value_name = "URL", hide_env_values = true,
        value_parser = DatabaseUrl::unjudged)]
    pub database_url: Option<DatabaseUrl>,

    /// A file that holds that URL and nothing else, instead.
    #[arg(long, env = "HANDOFF_DATABASE_URL_FILE", value_name = "FILE")]
    pub database_url_file: Option<PathBuf>,
}

/// How a service uses its database.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Database")]
pub struct DatabaseConfig {
    /// Where it is.
    #[command(flatten)]
    pub location: DatabaseLocation,

    /// How many connections to the database calls may use; consumers and workers have their own.
    #[arg(long, env = "HANDOFF_DATABASE_CONNECTIONS", value_name = "NUMBER", default_value_t = CONNECTIONS,
        value_parser = clap::value_parser!(u32).range(2..))]
    pub database_connections: u32,
}

impl DatabaseUrl {
    /// For the parser of arguments, which would repeat what it refuses. It is judged when it is used.
    fn unjudged(text: &str) -> Result<Self, Infallible> {
        Ok(Self(text.to_owned()))
    }

    /// The URL with all that is secret in it.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// The URL for people. Whatever may be a password is left out, also where the URL is not a good one: all between the
    /// first colon after the scheme and the last `@`, and the values of the query but for harmless ones.
    pub fn masked(&self) -> String {
        Self::masked_text(&self.0)
    }

    /// The same of what may not even be a URL.
    pub(super) fn masked_text(text: &str) -> String {
        let Some((scheme, rest)) = text.split_once("://") else { return "(not shown)".to_owned() };
        let shown = match (rest.find(':'), rest.rfind('@')) {
            (Some(colon), Some(at)) if colon < at => format!("{}:***{}", &rest[..colon], &rest[at..]),
            _ => rest.to_owned(),
        };
        let (place, query) = shown.split_once('?').unwrap_or((&shown, ""));
        let harmless = ["host", "port", "sslmode", "dbname", "user"];
        let masked = query.split('&').filter(|pair| !pair.is_empty()).map(|pair| {
            let name = pair.split('=').next().unwrap_or_default();
            if harmless.contains(&name) { pair.to_owned() } else { format!("{name}=***") }
        });
        let query = masked.collect::<Vec<_>>().join("&");
        let mark = if query.is_empty() { "" } else { "?" };
        format!("{scheme}://{place}{mark}{query}")
    }
}

impl FromStr for DatabaseUrl {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        check_url(text).map_err(|error| told(&error))?;
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.masked())
    }
}

impl DatabaseLocation {
    /// The database at `url`.
    pub fn at(url: DatabaseUrl) -> Self {
        Self { database_url: Some(url), database_url_file: None }
    }

    /// The URL, wherever it comes from; none where nothing says it.
    ///
    /// # Errors
    /// A sentence: there are two, or the file cannot be read or holds none.
    pub fn url(&self) -> Result<Option<DatabaseUrl>, String> {
        match (&self.database_url, &self.database_url_file) {
            (Some(_), Some(_)) => {
                Err("--database-url and --database-url-file are both set: leave one out".to_owned())
            }
            (Some(url), None) => {
                url.0.parse().map(Some).map_err(|error: String| format!("--database-url: {error}"))
            }
            (None, Some(path)) => {
                let named = |error: String| format!("--database-url-file {}: {error}", path.display());
                let text = fs::read_to_string(path).map_err(|error| named(error.to_string()))?;
                text.trim().parse().map(Some).map_err(named)
            }
            (None, None) => Ok(None),
        }
    }

    /// The URL, which must be said somewhere.
    ///
    /// # Errors
    /// As [`Self::url`], and where it is not said.
    pub fn needed(&self) -> Result<DatabaseUrl, String> {
        self.url()?.ok_or_else(|| NO_DATABASE.to_owned())
    }
}

impl DatabaseConfig {
    /// The database at `url`, used as a service uses it unless it is told otherwise.
    pub fn at(url: DatabaseUrl) -> Self {
        Self { location: DatabaseLocation::at(url), database_connections: CONNECTIONS }
    }

    /// How to connect.
    pub fn options(&self) -> Options {
        Options { rpc_connections: self.database_connections, ..Options::default() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_shown_in_no_form_of_a_url() {
        for url in [
            "postgres://ada:s3cret@host:5432/handoff",
            "postgres://ada:s3cret@[::1]/handoff?sslmode=require",
            "postgres://ada:1/s3cret@host/handoff",
            "postgres://ada:a@s3cret@host/handoff",
            "postgres://host/handoff?user=ada&password=s3cret",
            "postgres://host/handoff?sslpassword=s3cret&host=/run",
            "s3cret",
        ] {
            let shown = format!("{:?}", DatabaseUrl(url.to_owned()));
            assert!(!shown.contains("s3cret"), "{shown}");
            if let Err(error) = url.parse::<DatabaseUrl>() {
                assert!(!error.contains("s3cret"), "{error}");
            }
        }
        let url: DatabaseUrl = "postgres://ada:s3cret@host:5432/handoff?host=/run".parse().expect("a URL");
        assert_eq!(url.masked(), "postgres://ada:***@host:5432/handoff?host=/run");
        assert_eq!(url.expose(), "postgres://ada:s3cret@host:5432/handoff?host=/run");
    }

    #[test]
    fn the_url_comes_from_a_file_or_is_said_but_not_both() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("url");
        let from_file = DatabaseLocation { database_url: None, database_url_file: Some(path.clone()) };
        assert!(from_file.needed().expect_err("no file").contains("--database-url-file"));
        fs::write(&path, "postgres://ada:s3cret@host/handoff\n").expect("written");
        let url = from_file.needed().expect("a URL");
        assert_eq!(url.expose(), "postgres://ada:s3cret@host/handoff");
        let both = DatabaseLocation { database_url: Some(url), ..from_file.clone() };
        assert!(both.needed().expect_err("two").contains("both"));
        fs::write(&path, "mysql://ada:s3cret@host/handoff").expect("written");
        let refusal = from_file.needed().expect_err("another database");
        assert!(refusal.contains("postgres://") && !refusal.contains("s3cret"), "{refusal}");
        assert!(DatabaseLocation::default().needed().is_err());
    }
}
