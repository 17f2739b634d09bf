//! Finds the machine's PostgreSQL server binaries. Never downloads anything: that is the business of whoever
//! installs this program.

use std::{
    ffi::OsStr,
    fs,
    path::{self, Path, PathBuf},
};

use super::{EmbeddedError, account::Account};

/// The environment variable that names the folder of `postgres` and `initdb`.
pub const BIN_FOLDER_VARIABLE: &str = "HANDOFF_POSTGRES_BIN";

/// Our SQL is written for this major version and newer ones.
pub(super) const OLDEST_MAJOR: u32 = 15;

/// Where distributions put them: a folder, the beginning of the names below it, and the rest of the path.
const USUAL_PLACES: &[(&str, &str, &str)] = &[
    ("/usr/lib/postgresql", "", "bin"),          // Debian, Ubuntu
    ("/usr", "pgsql-", "bin"),                   // Red Hat with PostgreSQL's own packages
    ("/usr/libexec", "postgresql", ""),          // Alpine
    ("/opt/homebrew/opt", "postgresql@", "bin"), // Homebrew
    ("/usr/local/opt", "postgresql@", "bin"),    // Homebrew on Intel
    ("/Applications/Postgres.app/Contents/Versions", "", "bin"), // Postgres.app
];

/// A folder of server binaries and the version that they are of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Binaries {
    pub(super) folder: PathBuf,
    pub(super) major: u32,
}

impl Binaries {
    /// The binaries to use: those in `configured` and no others, else the newest in the usual places, else the
    /// first on PATH. With `made_by`, the version that made the data, those of that version come first.
    pub(super) fn find(
        configured: Option<&Path>,
        made_by: Option<u32>,
        account: &Account,
    ) -> Result<Self, EmbeddedError> {
        if let Some(folder) = configured {
            // The programs run in other folders than ours, where a relative path would mean something else.
            let folder = path::absolute(folder).map_err(EmbeddedError::file("open", folder))?;
            if !has_binaries(&folder) {
                return Err(EmbeddedError::NotBinaries { folder });
            }
            account.check_reaches(&folder)?;
            return Self::ask(&folder, account)?.supported();
        }
        // Broken or closed binaries in a usual place are passed over: there may be good ones beside them.
        let usual: Vec<Self> =
            usual_folders().iter().filter_map(|folder| Self::ask(folder, account).ok()).collect();
        let on_path =
            || first_on_path(&std::env::var_os("PATH")?).and_then(|folder| Self::ask(&folder, account).ok());
        let best = choose(&usual, made_by).or_else(on_path);
        best.ok_or(EmbeddedError::NoBinaries)?.supported()
    }

    pub(super) fn program(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    fn ask(folder: &Path, account: &Account) -> Result<Self, EmbeddedError> {
        let program = folder.join("postgres");
        let said = account
            .command(&program, Path::new("/"))
            .arg("--version")
            .output()
            .map_err(EmbeddedError::program(&program))?;
        let version = String::from_utf8_lossy(&said.stdout);
        match major(&version) {
            Some(major) => Ok(Self { folder: folder.to_owned(), major }),
            None => {
                let complaint = String::from_utf8_lossy(&said.stderr);
                let reason =
                    complaint.lines().chain(version.lines()).next().unwrap_or("it said nothing").to_owned();
                Err(EmbeddedError::Broken { program, reason })
            }
        }
    }

    fn supported(self) -> Result<Self, EmbeddedError> {
        if self.major < OLDEST_MAJOR {
            return Err(EmbeddedError::TooOld { found: self.major, folder: self.folder });
        }
        Ok(self)
    }
}

fn choose(found: &[Binaries], made_by: Option<u32>) -> Option<Binaries> {
    let same = found.iter().find(|b| Some(b.major) == made_by);
    same.or_else(|| found.iter().max_by_key(|b| b.major)).cloned()
}

fn has_binaries(folder: &Path) -> bool {
    ["postgres", "initdb"].iter().all(|name| folder.join(name).is_file())
}

fn usual_folders() -> Vec<PathBuf> {
    let mut folders = Vec::new();
    for (base, beginning, rest) in USUAL_PLACES {
        for entry in fs::read_dir(base).into_iter().flatten().flatten() {
            let folder = entry.path().join(rest);
            if entry.file_name().as_encoded_bytes().starts_with(beginning.as_bytes()) && has_binaries(&folder)
            {
                folders.push(folder);
            }
        }
    }
    folders
}

fn first_on_path(path: &OsStr) -> Option<PathBuf> {
    std::env::split_paths(path).find(|folder| folder.is_absolute() && has_binaries(folder))
}

/// The major version in what `postgres --version` prints: `postgres (PostgreSQL) 15.14 (Debian 15.14-0)`.
fn major(version: &str) -> Option<u32> {
    let (_, number) = version.split_once("(PostgreSQL) ")?;
    let digits = number.find(|c: char| !c.is_ascii_digit()).unwrap_or(number.len());
    number[..digits].parse().ok()
}

#[cfg(test)]
mod tests {
    use super::{Binaries, choose, major};

    fn of(major: u32) -> Binaries {
        Binaries { folder: format!("/pg/{major}").into(), major }
    }

    #[test]
    fn a_version_is_read_in_every_form_that_postgres_prints() {
        let check = |said: &str, expected: Option<u32>| assert_eq!(major(said), expected, "{said}");
        check("postgres (PostgreSQL) 15.14 (Debian 15.14-0+deb12u1)\n", Some(15));
        check("postgres (PostgreSQL) 18beta1\n", Some(18));
        check("postgres (PostgreSQL) 19devel", Some(19));
        check("postgres (PostgreSQL) 9.6.24", Some(9));
        check("postgres (PostgreSQL) 18", Some(18));
        check("command not found", None);
    }

    #[test]
    fn the_newest_is_chosen_unless_the_data_was_made_by_another_one() {
        let found = [of(15), of(18), of(16)];
        assert_eq!(choose(&found, None), Some(of(18)));
        assert_eq!(choose(&found, Some(16)), Some(of(16)));
        assert_eq!(choose(&found, Some(17)), Some(of(18)));
        assert_eq!(choose(&[], None), None);
    }
}
