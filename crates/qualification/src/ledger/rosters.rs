//! Rosters of tenants, kept between batches with what their users have open: a thousand users are read once and not for each
//! handoff. The tenant's row names the present one by a mark that is made anew with each change, and never the same for two:
//! so a kept one that was changed by another process, or by a batch that never became durable, is known to be out of date.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use handoff_domain::id::TenantId;
use handoff_domain::profile::Catalogue;
use handoff_domain::qualification::State;
use handoff_domain::routing::{Desk, Roster};
use handoff_store::error::StoreError;
use handoff_store::qualification::{calendar_copy, handoff_route, routing, team, user_account};
use handoff_store::tx::Tx;
use uuid::Uuid;

use crate::convert;

/// Tenants whose rosters are kept; when there are more, all are read again.
const KEPT: usize = 1_024;

/// A roster, and what is on the desks of its users.
pub(crate) type Staff = (Arc<Roster>, Arc<Desk>);

/// The rosters that are kept, each with its mark.
#[derive(Debug, Default)]
pub(crate) struct Rosters {
    kept: Mutex<HashMap<TenantId, (Uuid, Staff)>>,
}

impl Rosters {
    /// The roster with this mark, if it is kept.
    pub(super) fn kept(&self, tenant: TenantId, mark: Uuid) -> Option<Staff> {
        let all = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let (kept, staff) = all.get(&tenant)?;
        (*kept == mark).then(|| staff.clone())
    }

    /// Keeps the roster of a state, which is known by this mark from now on.
    pub(super) fn keep(&self, mark: Uuid, state: &State) {
        let Some(roster) = state.roster() else { return };
        self.put(state.tenant_id(), mark, (Arc::clone(roster), Arc::clone(state.desk())));
    }

    /// Keeps a roster that was loaded.
    pub(super) fn put(&self, tenant: TenantId, mark: Uuid, staff: Staff) {
        let mut all = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() >= KEPT {
            all.clear();
        }
        all.insert(tenant, (mark, staff));
    }
}

/// The roster of a tenant, from its tables.
pub(crate) async fn load(tx: &mut Tx, tenant: TenantId, catalogue: &Catalogue) -> Result<Staff, StoreError> {
    let calendars = convert::routing::calendars(calendar_copy::load(tx, tenant).await?);
    let (users, teams) = (user_account::load_all(tx, tenant).await?, team::load_all(tx, tenant).await?);
    let plan = match routing::load_plan(tx, tenant).await? {
        None => None,
        Some(row) => {
            let plan = convert::routing::stored_plan(&row.content, catalogue);
            Some((row.number, plan.ok_or_else(|| StoreError::defect("routing_plan.content cannot be read"))?))
        }
    };
    let roster = Roster::new(tenant, users, teams, calendars, plan);
    let mut desk = Desk::default();
    for (user, open) in handoff_route::open_work(tx, tenant).await? {
        roster.set_open(&mut desk, user, open);
    }
    for (rule, user, turn) in routing::load_turns(tx, tenant).await? {
        roster.took(&mut desk, &rule, user, turn);
    }
    Ok((Arc::new(roster), Arc::new(desk)))
}
