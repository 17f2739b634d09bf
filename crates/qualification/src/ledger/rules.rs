//! Rulebooks of tenants, kept between batches: a model is read and laid out once and not for each activity. The tenant's
//! row says since which position its leads are judged by something else, so that a kept one is never out of date.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use handoff_domain::id::TenantId;
use handoff_domain::profile::Catalogue;
use handoff_domain::qualification::record::Tenant;
use handoff_domain::qualification::rulebook::Rulebook;
use handoff_domain::rates::Rates;
use handoff_store::error::StoreError;
use handoff_store::qualification::{attribute, currency_rate, version};
use handoff_store::tx::Tx;

use crate::convert;

/// Tenants whose rulebooks are kept; when there are more, all are read again.
const KEPT: usize = 1_024;

/// The rulebooks that are kept, each with the position since which it is the tenant's.
#[derive(Debug, Default)]
pub(crate) struct Rulebooks {
    kept: Mutex<HashMap<TenantId, (i64, Arc<Rulebook>)>>,
}

impl Rulebooks {
    /// The rulebook of a tenant as its row says.
    pub(crate) async fn of(&self, tx: &mut Tx, tenant: &Tenant) -> Result<Arc<Rulebook>, StoreError> {
        if let Some(kept) = self.kept(tenant) {
            return Ok(kept);
        }
        let book = Arc::new(load(tx, tenant).await?);
        let mut all = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() >= KEPT {
            all.clear();
        }
        all.insert(tenant.id, (tenant.rules_position, Arc::clone(&book)));
        Ok(book)
    }

    fn kept(&self, tenant: &Tenant) -> Option<Arc<Rulebook>> {
        let all = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let (position, book) = all.get(&tenant.id)?;
        (*position == tenant.rules_position).then(|| Arc::clone(book))
    }
}

/// The rulebook of a tenant, from its tables. One of which nothing was ever said takes no look at them.
async fn load(tx: &mut Tx, tenant: &Tenant) -> Result<Rulebook, StoreError> {
    if tenant.rules_position == 0 {
        return Ok(Rulebook::new(&[], Catalogue::default(), Rates::default(), tenant.zone));
    }
    let catalogue = Catalogue::with(attribute::load(tx, tenant.id).await?);
    let rates = currency_rate::load(tx, tenant.id).await?.into_iter().collect();
    let versions = version::load(tx, tenant.id, &Rulebook::SUBJECTS).await?;
    let agreements = convert::version::agreements(versions, &catalogue)?;
    Ok(Rulebook::new(&agreements, catalogue, rates, tenant.zone))
}
