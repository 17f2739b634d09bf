//! The places of a process: so many calls at work at once, and three quarters of them for one tenant at most. Whoever comes
//! beside a tenant that calls without end finds room.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use handoff_domain::id::TenantId;

#[derive(Debug)]
pub(super) struct Room {
    places: usize,
    taken: Mutex<Taken>,
}

/// Who has places.
#[derive(Debug, Default)]
struct Taken {
    all: usize,
    /// Of each tenant that has any.
    tenants: HashMap<TenantId, usize>,
}

/// One place. It is free again when this is dropped.
#[derive(Debug)]
pub(super) struct Held {
    room: Arc<Room>,
    tenant: Option<TenantId>,
}

impl Room {
    /// With so many places.
    pub(super) fn new(places: usize) -> Self {
        Self { places, taken: Mutex::default() }
    }

    /// Whether a call of this tenant, or of none, would find a place.
    pub(super) fn has_place(&self, tenant: Option<TenantId>) -> bool {
        self.fits(&self.taken(), tenant)
    }

    /// A place, if there is one.
    pub(super) fn take(self: &Arc<Self>, tenant: Option<TenantId>) -> Option<Held> {
        let mut taken = self.taken();
        if !self.fits(&taken, tenant) {
            return None;
        }
        taken.all += 1;
        if let Some(tenant) = tenant {
            *taken.tenants.entry(tenant).or_default() += 1;
        }
        Some(Held { room: Arc::clone(self), tenant })
    }

    fn fits(&self, taken: &Taken, tenant: Option<TenantId>) -> bool {
        let of_tenant = tenant.and_then(|tenant| taken.tenants.get(&tenant)).copied().unwrap_or_default();
        taken.all < self.places && of_tenant < self.places - self.places / 4
    }

    fn taken(&self) -> MutexGuard<'_, Taken> {
        // Nothing panics while it holds the lock.
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        let mut taken = self.room.taken();
        taken.all -= 1;
        if let Some(tenant) = self.tenant
            && let Some(of_tenant) = taken.tenants.get_mut(&tenant)
        {
            *of_tenant -= 1;
            if *of_tenant == 0 {
                taken.tenants.remove(&tenant);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tenant(slug: &str) -> Option<TenantId> {
        Some(TenantId::from_slug(slug))
    }

    #[test]
    fn a_tenant_has_three_quarters_of_all_places_and_not_one_more() {
        let room = Arc::new(Room::new(8));
        let mut hot: Vec<Held> = std::iter::from_fn(|| room.take(tenant("hot"))).collect();
        assert_eq!(hot.len(), 6);
        assert!(!room.has_place(tenant("hot")) && room.has_place(tenant("quiet")));
        let quiet: Vec<Held> = std::iter::from_fn(|| room.take(tenant("quiet"))).collect();
        assert_eq!(quiet.len(), 2, "the rest");
        assert!(!room.has_place(tenant("other")) && room.take(None).is_none(), "it is full");
        hot.pop();
        assert!(room.has_place(tenant("quiet")) && room.has_place(None), "whoever comes has it");
        drop((hot, quiet));
        let taken = room.taken();
        assert_eq!((taken.all, taken.tenants.len()), (0, 0), "nobody is remembered who has none");
    }

    #[test]
    fn what_belongs_to_no_tenant_may_have_all_places_and_one_place_is_anybodys() {
        let room = Arc::new(Room::new(8));
        assert_eq!(std::iter::from_fn(|| room.take(None)).collect::<Vec<_>>().len(), 8);
        let narrow = Arc::new(Room::new(1));
        assert!(narrow.take(tenant("hot")).is_some());
    }
}
