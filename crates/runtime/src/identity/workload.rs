//! What each workload of the network may be here: which principal, on which side, with which roles, for which tenants.
//! Certificates and meshes say only what a workload is called; this list says what that is worth. Who is not on it is
//! nobody, whatever its certificate.
//!
//! ```toml
//! [[workload]]
//! id = "spiffe://cluster.local/ns/handoff/sa/sla"   # or, of Linkerd: sla.handoff.serviceaccount.identity.linkerd.cluster.local
//! principal = "services/sla"
//! side = "SYSTEM"
//! roles = ["SERVICE"]
//! tenants = "all"                                   # or ["acme", "globex"]
//! ```

use std::collections::{BTreeMap, BTreeSet};

use handoff_domain::actor::{Actor, Side};
use handoff_domain::id::is_slug;
use handoff_proto::name;
use serde::Deserialize;

use super::roles::{self, Roles};

/// The list, by the names that networks use.
#[derive(Debug, Clone, Default)]
pub struct Workloads(BTreeMap<String, Workload>);

/// What one of them is here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Workload {
    /// Who it is.
    pub actor: Actor,
    /// What it may do.
    pub roles: Roles,
    /// For whom.
    pub tenants: Tenants,
}

/// The tenants that somebody may act for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Tenants {
    /// Any, and none in particular.
    All,
    /// These.
    Listed(BTreeSet<String>),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    workload: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    id: String,
    principal: String,
    side: String,
    roles: Vec<String>,
    tenants: Listed,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Listed {
    Word(String),
    Slugs(BTreeSet<String>),
}

impl Workloads {
    /// Reads the list.
    ///
    /// # Errors
    /// Every fault that was found, a sentence each that names the workload.
    pub fn parse(text: &str) -> Result<Self, Vec<String>> {
        let file: File = toml::from_str(text).map_err(|error| vec![error.to_string().trim().to_owned()])?;
        let (mut list, mut faults) = (BTreeMap::new(), Vec::new());
        for entry in file.workload {
            let id = entry.id.clone();
            match entry.read() {
                Ok(workload) if !list.contains_key(&id) => drop(list.insert(id, workload)),
                Ok(_) => faults.push(format!("the workload {id} stands twice")),
                Err(fault) => faults.push(format!("the workload {id}: {fault}")),
            }
        }
        if faults.is_empty() { Ok(Self(list)) } else { Err(faults) }
    }

    /// What the workload of this name is.
    pub(crate) fn find(&self, id: &str) -> Option<&Workload> {
        self.0.get(id)
    }
}

impl Entry {
    fn read(self) -> Result<Workload, String> {
        if self.id.trim() != self.id || self.id.is_empty() {
            return Err("its id is empty or has spaces around it".to_owned());
        }
        let side = self.side.parse::<Side>().map_err(|_| "its side is not MARKETING, SALES or SYSTEM")?;
        let roles: Vec<_> = self
            .roles
            .iter()
            .map(|role| roles::parse(role))
            .collect::<Result<_, _>>()
            .map_err(|error| format!("it has an unknown role: {error}"))?;
        if roles.is_empty() {
            return Err("it has no role, so it could do nothing".to_owned());
        }
        let tenants = match self.tenants {
            Listed::Word(word) if word == "all" => Tenants::All,
            Listed::Slugs(slugs) if !slugs.is_empty() && slugs.iter().all(|slug| is_slug(slug)) => {
                Tenants::Listed(slugs)
            }
            _ => {
                return Err(
                    "its tenants are neither \"all\" nor a list of names such as [\"acme\"]".to_owned()
                );
            }
        };
        Ok(Workload {
            actor: Actor { principal: principal(&self.principal)?, side },
            roles: roles.into_iter().collect(),
            tenants,
        })
    }
}

/// A principal by its name.
fn principal(text: &str) -> Result<String, String> {
    let slug = name::slug("users", text).or_else(|| name::slug("services", text));
    match slug {
        Some(slug) if is_slug(slug) => Ok(text.to_owned()),
        _ => Err("its principal is not users/ada or services/sla".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SLA: &str = "[[workload]]\nid = \"spiffe://mesh/sla\"\nprincipal = \"services/sla\"\nside = \"SYSTEM\"\n\
                       roles = [\"SERVICE\"]\ntenants = \"all\"\n";

    fn faults(text: &str) -> String {
        Workloads::parse(text).expect_err("it has a fault").join("\n")
    }

    #[test]
    fn a_workload_is_found_by_its_whole_name() {
        let list = Workloads::parse(SLA).expect("a good list");
        let sla = list.find("spiffe://mesh/sla").expect("it is on the list");
        assert_eq!(sla.actor, Actor { principal: "services/sla".into(), side: Side::System });
        assert_eq!((sla.roles.to_string().as_str(), &sla.tenants), ("SERVICE", &Tenants::All));
        for other in ["spiffe://mesh", "spiffe://mesh/sla/x", "spiffe://mesh/SLA", ""] {
            assert!(list.find(other).is_none(), "{other}");
        }
    }

    #[test]
    fn each_fault_is_told_with_its_workload() {
        assert!(faults(&format!("{SLA}{SLA}")).contains("spiffe://mesh/sla stands twice"));
        for (was, is, told) in [
            ("services/sla", "sla", "principal"),
            ("SYSTEM", "system", "side"),
            ("\"SERVICE\"", "\"ROOT\"", "READER, MEMBER"),
            ("\"SERVICE\"", "", "no role"),
            ("\"all\"", "\"some\"", "tenants"),
            ("\"all\"", "[]", "tenants"),
            ("\"all\"", "[\"Acme Inc\"]", "tenants"),
            ("side", "sides", "sides"),
        ] {
            let told_now = faults(&SLA.replace(was, is));
            assert!(told_now.contains(told), "{told_now}");
        }
        let both =
            SLA.replace("SYSTEM", "system") + &SLA.replace("services/sla", "x").replace("mesh/sla", "mesh/x");
        assert_eq!(faults(&both).lines().count(), 2, "all faults at once");
    }
}
