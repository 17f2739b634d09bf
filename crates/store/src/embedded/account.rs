//! The account that PostgreSQL runs as. It refuses to run as root, so a root caller gets an unprivileged one for
//! the children; everybody else stays who they are. Refuses folders which that account cannot enter, by trying.

use std::{
    fs, io,
    os::unix::{fs::MetadataExt, process::CommandExt},
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use super::EmbeddedError;

/// Who the children run as.
#[derive(Debug, Clone)]
pub(super) struct Account {
    /// `None`: as the caller. `Some`: this user and group, which only root may take on.
    ids: Option<(u32, u32)>,
    name: String,
}

impl Account {
    /// The account for a cluster in `cluster`: the caller, unless that is root; then the cluster's owner if there
    /// is one already, else `postgres`, else `nobody`.
    pub(super) fn choose(cluster: &Path) -> Self {
        if !rustix::process::geteuid().is_root() {
            return Self { ids: None, name: "yourself".to_owned() };
        }
        if let Ok(owner) = fs::metadata(cluster)
            && owner.uid() != 0
        {
            return Self { ids: Some((owner.uid(), owner.gid())), name: format!("uid {}", owner.uid()) };
        }
        let accounts = fs::read_to_string("/etc/passwd").unwrap_or_default();
        let known = ["postgres", "nobody"].iter().find_map(|name| {
            let ids = accounts.lines().find_map(|line| ids_in_passwd(line, name))?;
            Some(Self { ids: Some(ids), name: (*name).to_owned() })
        });
        known.unwrap_or(Self { ids: Some((65534, 65534)), name: "nobody".to_owned() })
    }

    /// A command that runs as this account, in `folder`, deaf to the caller's terminal and PG* variables.
    pub(super) fn command(&self, program: &Path, folder: &Path) -> Command {
        let mut command = Command::new(program);
        if let Some((user, group)) = self.ids {
            // The standard library drops root's supplementary groups together with the user id.
            command.uid(user).gid(group);
        }
        for (name, _) in std::env::vars_os() {
            if name.as_encoded_bytes().starts_with(b"PG") {
                command.env_remove(name); // PGDATA, PGPORT and others would change what we start.
            }
        }
        // A process group of its own: Ctrl-C in the terminal is for us to handle, PostgreSQL is stopped last.
        command.current_dir(folder).stdin(Stdio::null()).process_group(0);
        command
    }

    /// Gives `path` to this account.
    pub(super) fn own(&self, path: &Path) -> Result<(), EmbeddedError> {
        match self.ids {
            None => Ok(()),
            Some((user, group)) => std::os::unix::fs::chown(path, Some(user), Some(group))
                .map_err(EmbeddedError::file("change the owner of", path)),
        }
    }

    /// Refuses a folder that this account cannot enter, naming the first closed folder on the way.
    ///
    /// Found out by entering it, not from mode bits, which do not show access control lists.
    pub(super) fn check_reaches(&self, folder: &Path) -> Result<(), EmbeddedError> {
        if self.ids.is_none() || self.enters(folder)? {
            return Ok(());
        }
        let mut way: Vec<&Path> = folder.ancestors().collect();
        way.reverse();
        for step in way {
            if !self.enters(step)? {
                return Err(EmbeddedError::Unreachable {
                    blocked: step.to_owned(),
                    wanted: folder.to_owned(),
                    account: self.name.clone(),
                });
            }
        }
        Ok(())
    }

    fn enters(&self, folder: &Path) -> Result<bool, EmbeddedError> {
        let shell = PathBuf::from("/bin/sh");
        match self
            .command(&shell, folder)
            .args(["-c", ":"])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
        {
            Ok(_) => Ok(true),
            Err(e) if e.kind() == io::ErrorKind::PermissionDenied => Ok(false),
            Err(e) => Err(EmbeddedError::program(shell)(e)),
        }
    }
}

/// The user and group id of `name` if `line` of the account database is about it.
fn ids_in_passwd(line: &str, name: &str) -> Option<(u32, u32)> {
    let mut fields = line.split(':');
    (fields.next()? == name).then_some(())?;
    Some((fields.nth(1)?.parse().ok()?, fields.next()?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::ids_in_passwd;

    #[test]
    fn an_account_is_found_by_its_whole_name() {
        let line = "postgres:x:105:113:PostgreSQL administrator,,,:/var/lib/postgresql:/bin/bash";
        assert_eq!(ids_in_passwd(line, "postgres"), Some((105, 113)));
        assert_eq!(ids_in_passwd(line, "post"), None);
        assert_eq!(ids_in_passwd("postgres:x", "postgres"), None);
    }
}
