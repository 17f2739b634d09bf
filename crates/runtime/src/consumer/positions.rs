//! How far a consumer has applied each tenant, for those who have to wait for it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use handoff_domain::id::TenantId;
use tokio::sync::watch;

/// The applied position of each tenant. All clones see the same.
#[derive(Debug, Clone, Default)]
pub struct Positions {
    by_tenant: Arc<Mutex<HashMap<TenantId, watch::Sender<i64>>>>,
}

impl Positions {
    /// The last position of `tenant` whose effects are durable; 0 for none.
    pub fn applied(&self, tenant: TenantId) -> i64 {
        *self.watch(tenant).borrow()
    }

    /// Waits until everything of `tenant` up to `position` is applied.
    pub async fn reached(&self, tenant: TenantId, position: i64) {
        let mut applied = self.watch(tenant);
        // The sender lives as long as the map, of which we hold a clone.
        let _ = applied.wait_for(|applied| *applied >= position).await;
    }

    /// Follows the position of one tenant.
    pub fn watch(&self, tenant: TenantId) -> watch::Receiver<i64> {
        self.with(tenant, watch::Sender::subscribe)
    }

    /// Notes that everything up to `position` is applied. Never goes back.
    pub(super) fn advance(&self, tenant: TenantId, position: i64) {
        self.with(tenant, |applied| {
            applied.send_if_modified(|applied| {
                let forward = position > *applied;
                *applied = position.max(*applied);
                forward
            })
        });
    }

    fn with<T>(&self, tenant: TenantId, see: impl FnOnce(&watch::Sender<i64>) -> T) -> T {
        // A panic elsewhere leaves a map of numbers as good as it was.
        let mut by_tenant = self.by_tenant.lock().unwrap_or_else(PoisonError::into_inner);
        see(by_tenant.entry(tenant).or_insert_with(|| watch::Sender::new(0)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn who_waits_for_a_position_goes_on_once_it_is_applied() {
        let (positions, tenant) = (Positions::default(), TenantId::from_slug("acme"));
        let waiting = tokio::spawn({
            let positions = positions.clone();
            async move { positions.reached(tenant, 5).await }
        });
        positions.advance(TenantId::from_slug("other"), 9);
        positions.advance(tenant, 4);
        tokio::task::yield_now().await;
        assert!(!waiting.is_finished());
        positions.advance(tenant, 5);
        waiting.await.expect("it goes on");
        positions.advance(tenant, 3);
        assert_eq!(positions.applied(tenant), 5);
    }
}
