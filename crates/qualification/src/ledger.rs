//! The write model in the store's terms: loads what a batch of commands needs, lets the domain decide, saves what the
//! fold changed, and keeps of every answer what is needed to give it again.
//!
//! It decides nothing itself.

mod answer;
mod load;
mod rosters;
mod rules;
mod save;

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use handoff_domain::actor::Actor;
use handoff_domain::error::Error;
use handoff_domain::id::{HandoffId, TenantId, UserId};
use handoff_domain::qualification::record::Activity;
use handoff_domain::qualification::state::Stamp;
use handoff_domain::qualification::{Command, Event, State, decide};
use handoff_store::batch::{Context, Decision, EventRecord, Reference, Round};
use handoff_store::error::StoreError;
use handoff_store::qualification::tenant;
use handoff_store::qualification::user_account::UserCard;
use handoff_store::tx::{Opening, Tx};
use prost::Message;
use tokio::sync::OwnedSemaphorePermit;
use uuid::Uuid;

use crate::convert::directory::Directory;
use crate::convert::event;
use rosters::Rosters;
pub(crate) use rosters::load as load_staff;
pub(crate) use rules::Rulebooks;

pub(crate) use answer::{Answer, Told};

/// The version of the meaning of all payloads so far.
const PAYLOAD_VERSION: i16 = 1;
/// About what a command writes besides its own bytes: keys, times, rows and their indexes.
const SIZE_OVERHEAD: usize = 256;

/// The ledger of the qualification service.
#[derive(Debug, Clone, Default)]
pub(crate) struct Ledger {
    rulebooks: Arc<Rulebooks>,
    rosters: Arc<Rosters>,
}

/// A command with what loading and batching need to know of it.
#[derive(Debug)]
pub(crate) struct Wish {
    /// Who asks: whoever accepts a handoff that nobody owns will own it, so the user is loaded.
    pub(crate) actor: Actor,
    /// What.
    pub(crate) command: Command,
    /// The bytes that it came in.
    pub(crate) size: usize,
    /// An import's share of the room for commands that wait; given back when the command is done or dropped.
    #[expect(dead_code, reason = "it is held, not read")]
    pub(crate) turn: Option<OwnedSemaphorePermit>,
}

/// What the commands of a batch can look at, and what they changed.
#[derive(Debug, Default)]
pub(crate) struct Loaded {
    /// Nothing before the first round.
    state: Option<State>,
    /// The names of the users and teams that records point to.
    directory: Directory,
    /// By what the roster will be known, if it changes.
    mark: Option<Uuid>,
    /// The users as they were before the batch, with the personal values that no decision needs but an answer has.
    cards: BTreeMap<UserId, UserCard>,
    /// What was done, once the rest was saved.
    activities: Vec<Activity>,
}

impl handoff_store::batch::Ledger for Ledger {
    type Command = Wish;
    type State = Loaded;
    type Answer = Answer;

    fn size(&self, wish: &Wish) -> usize {
        wish.size + SIZE_OVERHEAD
    }

    fn opening(&self, tenant: TenantId, wishes: &[&Wish]) -> Option<Opening> {
        Some(load::opening(tenant, wishes))
    }

    fn creates_tenant(&self, wish: &Wish) -> bool {
        matches!(wish.command, Command::CreateTenant(_))
    }

    async fn load(
        &self,
        tx: &mut Tx,
        tenant: TenantId,
        now: DateTime<Utc>,
        wishes: &[&Wish],
        loaded: &mut Loaded,
    ) -> Result<Round, StoreError> {
        let moment = load::Moment { tenant, now, rulebooks: &self.rulebooks, rosters: &self.rosters };
        load::round(tx, moment, wishes, loaded).await
    }

    fn decide(
        &self,
        loaded: &mut Loaded,
        wish: &Wish,
        context: &mut Context<'_>,
    ) -> Result<Decision<Answer>, Error> {
        let Loaded { state, directory, cards, mark, .. } = loaded;
        let state = state.get_or_insert_with(|| State::new(context.tenant, context.position - 1));
        let (tenant, now, actor, first) = (context.tenant, context.now, context.actor, context.position);
        let mut deciding = decide::Context { tenant, now, actor, ids: context.ids() };
        let decided = decide(state, &wish.command, &mut deciding)?;

        // Encoded before it is folded: what cannot be encoded must leave the state as it was. A name may be noted too
        // early: a key has one name, whether or not there is a record of it.
        decided.events.iter().for_each(|event| note_names(event, state, directory));
        let mut events = Vec::with_capacity(decided.events.len());
        for event in &decided.events {
            events.push(EventRecord {
                event_id: deciding.ids.next(),
                kind: event.name(),
                version: PAYLOAD_VERSION,
                occurred_at: event.occurred_at(),
                payload: event::payload(event, directory)?.encode_to_vec(),
                person: event::person_values(event),
            });
        }
        let mut position = first - 1;
        for event in &decided.events {
            position += 1;
            state.apply(event, &Stamp { position, recorded_at: now, actor });
        }
        if let Some(watch) = &decided.watch {
            state.watch(watch);
        }
        decided.notes.iter().for_each(|note| state.note(note, now));
        if state.changes().routing {
            *mark = Some(deciding.ids.next());
        }
        let answer = answer::give(state, directory, cards, &decided, position)?;
        Ok(Decision { events, answer })
    }

    async fn save(
        &self,
        tx: &mut Tx,
        tenant: TenantId,
        now: DateTime<Utc>,
        loaded: &mut Loaded,
    ) -> Result<(), StoreError> {
        if let Some(state) = &mut loaded.state {
            let mark = loaded.mark.filter(|_| state.changes().routing);
            loaded.activities = save::changes(tx, tenant, now, state).await?;
            if let Some(mark) = mark {
                tenant::save_routing_mark(tx, tenant, mark).await?;
                self.rosters.keep(mark, state);
            }
        }
        Ok(())
    }

    fn activities(&self, loaded: &mut Loaded) -> Vec<Activity> {
        std::mem::take(&mut loaded.activities)
    }

    fn reference(&self, answer: &Answer) -> Reference {
        answer.reference()
    }

    async fn recall(
        &self,
        tx: &mut Tx,
        tenant: TenantId,
        reference: &Reference,
        position: i64,
    ) -> Result<Option<Answer>, StoreError> {
        answer::recall(tx, tenant, reference, position).await
    }
}

/// The names that an event brings into being, and those that routing found.
fn note_names(event: &Event, state: &State, directory: &mut Directory) {
    match event {
        Event::HandoffRouted(event) if event.routing.is_some() => {
            let Some(roster) = state.roster() else { return };
            if let Some(user) = roster.user(event.owner) {
                directory.put_user(user.id, &user.slug);
            }
            if let Some(team) = event.team.and_then(|team| roster.team(team)) {
                directory.put_team(team.id, &team.slug);
            }
        }
        Event::TeamChanged(event) => directory.put_team(event.team.id, &event.team.slug),
        Event::UserChanged(event) => directory.put_user(event.user.id, &event.user.slug),
        _ => {}
    }
}

/// Notes the names that came with loaded handoffs.
fn note_owners(
    state: &State,
    names: BTreeMap<HandoffId, (Option<String>, Option<String>)>,
    directory: &mut Directory,
) {
    for (id, (owner, team)) in names {
        let Some(handoff) = state.handoff(id) else { continue };
        if let (Some(id), Some(slug)) = (handoff.owner, owner) {
            directory.put_user(id, &slug);
        }
        if let (Some(id), Some(slug)) = (handoff.team, team) {
            directory.put_team(id, &slug);
        }
    }
}
