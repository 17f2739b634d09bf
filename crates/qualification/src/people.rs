//! Leads as people, for those who read: each with all that are one person with it.

use handoff_domain::id::TenantId;
use handoff_domain::qualification::{Keys, State};
use handoff_store::error::StoreError;
use handoff_store::qualification::dossier;
use handoff_store::tx::Tx;

/// The named leads, with those that they were merged into and those that were merged into them. Nobody who is not
/// merged costs more than one round.
pub(crate) async fn load(
    tx: &mut Tx,
    tenant: TenantId,
    mut names: dossier::Names,
) -> Result<State, StoreError> {
    let mut state = State::new(tenant, 0);
    while !names.is_empty() {
        for dossier in dossier::load(tx, tenant, &names).await?.dossiers.into_values() {
            state.put_dossier(dossier);
        }
        let there = Keys { leads: state.records().dossiers.keys().copied().collect(), ..Keys::default() };
        let missing = state.missing(&there);
        names =
            dossier::Names { leads: missing.leads.iter().copied().collect(), ..dossier::Names::default() };
        state.loaded(missing);
    }
    Ok(state)
}
