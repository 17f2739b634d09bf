//! What a command needs to see, and loading it in rounds: ask for the missing keys, load them, ask again, until
//! nothing is missing. The same closure cuts out the part of a state that one command can touch.

use std::collections::BTreeSet;

use crate::actor::Actor;
use crate::id::{HandoffId, LeadId, TeamId, UserId};
use crate::qualification::command::{
    CaptureLead, Command, Entry, Finding, Import, JudgeCause, JudgeLead, LeadRef, Past, ResolveDispute,
    Subject,
};
use crate::qualification::record::{Agreement, Person, SourceKey, Team, Tenant, User};
use crate::qualification::rulebook::Rulebook;
use crate::qualification::state::{Dossier, Page, SourceEntry, State};
use crate::version::Subject as Agreed;

/// Names of records, as callers give them. The tenant is always needed and is not listed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Keys {
    /// Leads by key, each with its whole [`Dossier`].
    pub leads: BTreeSet<LeadId>,
    /// Leads by key of which it is enough to know whether they are there.
    pub present: BTreeSet<LeadId>,
    /// Leads by external id.
    pub external_ids: BTreeSet<String>,
    /// Leads by record id: system and id.
    pub record_ids: BTreeSet<(String, String)>,
    /// Leads by normalised address.
    pub emails: BTreeSet<String>,
    /// Leads, as callers name them, of which it matters what they did.
    pub engaged: BTreeSet<LeadRef>,
    /// Leads by key of which it matters what they did, if their time to be judged has come.
    pub judged: BTreeSet<LeadId>,
    /// What leads did, by key: as it was counted, or else all their activities.
    pub engagements: BTreeSet<LeadId>,
    /// Leads by telephone number, as it is compared.
    pub phones: BTreeSet<String>,
    /// Handoffs, each with its lead.
    pub handoffs: BTreeSet<HandoffId>,
    /// Handoffs of which it matters who owns them.
    pub owned: BTreeSet<HandoffId>,
    /// Users by key.
    pub owners: BTreeSet<UserId>,
    /// Teams by slug.
    pub teams: BTreeSet<String>,
    /// Users by slug.
    pub users: BTreeSet<String>,
    /// Imported items.
    pub sources: BTreeSet<SourceKey>,
    /// Agreements by subject, each with all its versions: they are few.
    pub agreements: BTreeSet<Agreed>,
    /// Every agreement that has a version in review: whoever leaves may have signed it.
    pub in_review: bool,
    /// The attributes, all of them.
    pub catalogue: bool,
    /// The types of activity, all of them.
    pub activity_types: bool,
    /// The rates between currencies, all of them.
    pub rates: bool,
    /// Whom there is to route to, if the tenant has a plan.
    pub roster: bool,
    /// The same without a plan too.
    pub roster_anyway: bool,
    /// How far sla's log was read.
    pub cursor: bool,
    /// Handoffs that nobody names.
    pub pages: BTreeSet<Page>,
}

impl Keys {
    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Adds those of `other`.
    pub fn extend(&mut self, other: Self) {
        self.leads.extend(other.leads);
        self.present.extend(other.present);
        self.external_ids.extend(other.external_ids);
        self.record_ids.extend(other.record_ids);
        self.emails.extend(other.emails);
        self.engaged.extend(other.engaged);
        self.judged.extend(other.judged);
        self.engagements.extend(other.engagements);
        self.phones.extend(other.phones);
        self.handoffs.extend(other.handoffs);
        self.owned.extend(other.owned);
        self.owners.extend(other.owners);
        self.teams.extend(other.teams);
        self.users.extend(other.users);
        self.sources.extend(other.sources);
        self.agreements.extend(other.agreements);
        self.in_review |= other.in_review;
        self.catalogue |= other.catalogue;
        self.activity_types |= other.activity_types;
        self.rates |= other.rates;
        self.roster |= other.roster;
        self.roster_anyway |= other.roster_anyway;
        self.cursor |= other.cursor;
        self.pages.extend(other.pages);
    }

    fn without(&self, other: &Self) -> Self {
        fn minus<T: Ord + Clone>(ours: &BTreeSet<T>, theirs: &BTreeSet<T>) -> BTreeSet<T> {
            ours.difference(theirs).cloned().collect()
        }
        Self {
            leads: minus(&self.leads, &other.leads),
            present: minus(&self.present, &other.present),
            external_ids: minus(&self.external_ids, &other.external_ids),
            record_ids: minus(&self.record_ids, &other.record_ids),
            emails: minus(&self.emails, &other.emails),
            // They are only asked by their keys.
            engaged: BTreeSet::new(),
            judged: BTreeSet::new(),
            engagements: minus(&self.engagements, &other.engagements),
            phones: minus(&self.phones, &other.phones),
            handoffs: minus(&self.handoffs, &other.handoffs),
            // They are asked by their keys.
            owned: BTreeSet::new(),
            owners: minus(&self.owners, &other.owners),
            teams: minus(&self.teams, &other.teams),
            users: minus(&self.users, &other.users),
            sources: minus(&self.sources, &other.sources),
            agreements: minus(&self.agreements, &other.agreements),
            in_review: self.in_review && !other.in_review,
            catalogue: self.catalogue && !other.catalogue,
            activity_types: self.activity_types && !other.activity_types,
            rates: self.rates && !other.rates,
            roster: self.roster && !other.roster,
            roster_anyway: self.roster_anyway && !other.roster_anyway,
            cursor: self.cursor && !other.cursor,
            pages: minus(&self.pages, &other.pages),
        }
    }

    fn add_lead(&mut self, lead: &LeadRef) {
        match lead {
            LeadRef::Id(id) => self.leads.insert(*id),
            LeadRef::ExternalId(id) => self.external_ids.insert(id.clone()),
            LeadRef::RecordId { system, id } => self.record_ids.insert((system.clone(), id.clone())),
            LeadRef::Email(email) => self.emails.insert(Person::normalise_email(email)),
        };
    }

    fn add_engaged(&mut self, lead: &LeadRef) {
        self.add_lead(lead);
        self.engaged.insert(lead.clone());
    }

    fn add_capture(&mut self, capture: &CaptureLead) {
        self.external_ids.extend(capture.person.external_id.clone());
        self.record_ids.extend(capture.person.record_ids.clone());
        self.emails.extend(capture.person.email.as_deref().map(Person::normalise_email));
        self.catalogue |= !capture.person.attributes.is_empty();
        if capture.person.is_known_by_phone_alone() {
            self.phones.extend(capture.person.number());
        }
    }

    fn add_import(&mut self, import: &Import) {
        match &import.subject {
            Subject::Capture { source, lead } => {
                self.sources.insert(source.key);
                self.add_capture(lead);
            }
            Subject::Existing(lead) => self.add_lead(lead),
        }
        for Entry { source, past, .. } in &import.entries {
            self.sources.insert(source.key);
            match past {
                Past::Assigned { owner } => self.users.extend([owner.clone()]),
                Past::Accepted { by } | Past::Rejected { by, .. } | Past::Contact { by, .. } => {
                    self.users.extend(by.clone());
                }
                Past::Activity { .. }
                | Past::Qualified
                | Past::OpportunityOpened { .. }
                | Past::Won { .. }
                | Past::Lost { .. }
                | Past::Nurtured { .. }
                | Past::Returned { .. }
                | Past::Disqualified { .. } => {}
            }
        }
    }
}

/// What must be loaded before `command` of `actor` can be decided; [`State::missing`] closes it.
pub fn needs(command: &Command, actor: &Actor) -> Keys {
    let mut keys = Keys::default();
    match command {
        Command::CreateTenant(_) | Command::UpdateTenant(_) => {}
        Command::PutTeam(command) => keys.teams.extend([command.slug.clone()]),
        Command::PutUser(command) => {
            keys.users.insert(command.slug.clone());
            keys.teams.extend(command.team.clone());
            keys.in_review = true;
        }
        Command::PutRoutingPlan(_) => keys.roster_anyway = true,
        Command::SetAvailability(command) => {
            keys.users.insert(command.user.clone());
            keys.roster_anyway = true;
        }
        Command::SetTeamCalendar(command) => {
            keys.teams.insert(command.team.clone());
            keys.roster_anyway = true;
        }
        Command::HearCalendars(_) => keys.cursor = true,
        Command::RouteWaiting(command) => {
            keys.roster = true;
            keys.pages.insert(Page::Waiting(command.rule.clone(), command.after));
        }
        Command::ReleaseOwner(command) => {
            keys.roster = true;
            keys.pages.insert(Page::Owned(command.user));
        }
        Command::PutAttribute(_) => keys.catalogue = true,
        Command::PutActivityType(_) => keys.activity_types = true,
        Command::PutRate(_) => keys.rates = true,
        Command::ChangeVersion(command) => {
            keys.agreements.insert(command.subject);
            // Whoever signs is an active user of the side, or nobody.
            keys.users.extend(user_slug(actor).map(str::to_owned));
        }
        Command::CaptureLead(command) => keys.add_capture(command),
        Command::MergeLeads(command) => {
            keys.add_lead(&command.survivor);
            keys.add_lead(&command.duplicate);
        }
        Command::UnmergeLead(command) => keys.add_lead(&command.lead),
        Command::RecordActivity(command) => match &command.lead {
            // What a lead does changes nothing of it.
            LeadRef::Id(lead) => keys.present.extend([*lead]),
            other => keys.add_lead(other),
        },
        Command::JudgeLead(JudgeLead { lead, cause }) => {
            keys.leads.insert(*lead);
            keys.roster = true;
            match cause {
                JudgeCause::Due => keys.judged.insert(*lead),
                JudgeCause::Published => keys.engaged.insert(LeadRef::Id(*lead)),
            };
        }
        Command::TakeEffect => keys.agreements.extend(Rulebook::SUBJECTS),
        Command::AdjustScore(command) => keys.add_lead(&command.lead),
        Command::ResetScore(command) => keys.add_lead(&command.lead),
        Command::NurtureLead(command) => keys.add_lead(&command.lead),
        Command::SetStage(command) => {
            keys.add_engaged(&command.lead);
            keys.users.extend(command.user.as_deref().or(user_slug(actor)).map(str::to_owned));
            // It may be handed over, or go back to routing.
            keys.roster = true;
        }
        Command::QualifyLead(command) => {
            keys.add_engaged(&command.lead);
            keys.roster = true;
        }
        Command::AssignHandoff(command) => {
            keys.handoffs.insert(command.handoff);
            keys.users.insert(command.owner.clone());
        }
        Command::AcceptHandoff(command) => {
            keys.handoffs.insert(command.handoff);
            // Whoever accepts before anybody was assigned owns it from then on.
            keys.users.extend(user_slug(actor).map(str::to_owned));
        }
        Command::RejectHandoff(command) => {
            keys.handoffs.extend([command.handoff]);
            // It may go back to routing.
            keys.roster = true;
        }
        Command::WithdrawHandoff(command) => keys.handoffs.extend([command.handoff]),
        Command::DisputeHandoff(command) => keys.handoffs.extend([command.handoff]),
        Command::ResolveDispute(ResolveDispute { handoff, finding, .. }) => {
            keys.handoffs.insert(*handoff);
            match finding {
                Finding::Overturned { owner: Some(owner) } => keys.users.extend([owner.clone()]),
                Finding::Overturned { owner: None } => keys.owned.extend([*handoff]),
                Finding::Upheld => {}
            }
        }
        Command::RecordContact(command) => keys.add_lead(&command.lead),
        Command::RecordOutcome(command) => keys.add_lead(&command.lead),
        Command::Import(command) => keys.add_import(command),
    }
    keys
}

/// The slug of the user that an actor is, if it is one: the rest are programs.
pub(in crate::qualification) fn user_slug(actor: &Actor) -> Option<&str> {
    actor.principal.strip_prefix("users/")
}

impl State {
    /// What of `wanted`, and of what it points to, was not loaded yet.
    pub fn missing(&self, wanted: &Keys) -> Keys {
        let mut closed = wanted.clone();
        closed.handoffs.extend(self.routing.paged(wanted));
        closed.leads.extend(self.pointed_to(&closed).collect::<Vec<_>>());
        closed.roster &= self.routing.has_plan() && !closed.roster_anyway;
        closed.leads.extend(wanted.present.intersection(&self.absorbed));
        self.close(&mut closed.leads);
        closed.owners.extend(self.owners(wanted));
        if wanted.in_review {
            closed.agreements.extend(&self.in_review);
        }
        if self.model().is_some() {
            // Whose score is known only once the lead is: what it did comes in the round after.
            let is_whole = |lead: &LeadId| self.members(*lead).iter().all(|it| self.known.leads.contains(it));
            closed.engagements.extend(self.engaged(wanted).filter(is_whole));
        }
        // As what the values of criteria are read, the catalogue says.
        closed.catalogue |= !closed.agreements.is_empty();
        let mut missing = closed.without(&self.known);
        missing.present.retain(|lead| !closed.leads.contains(lead) && !self.known.leads.contains(lead));
        missing
    }

    /// Notes that everything in `keys` was looked up: what was not put in is not there.
    pub fn loaded(&mut self, keys: Keys) {
        self.known.extend(keys);
    }

    /// Puts in the tenant.
    pub fn put_tenant(&mut self, tenant: Tenant) {
        self.records.tenant = Some(tenant);
    }

    /// Puts in a team.
    pub fn put_team(&mut self, team: Team) {
        self.records.teams.insert(team.id, team);
    }

    /// Puts in a user. Its personal values are not needed to decide anything.
    pub fn put_user(&mut self, user: User) {
        self.records.users.insert(user.id, user);
    }

    /// Puts in an imported item.
    pub fn put_source(&mut self, key: SourceKey, entry: SourceEntry) {
        self.records.sources.insert(key, entry);
    }

    /// Puts in all versions of a criteria set or the scoring model.
    pub fn put_agreement(&mut self, agreement: Agreement) {
        self.records.agreements.insert(agreement.versions.subject(), agreement);
    }

    /// Says that an agreement has a version in review; its versions are missing from then on.
    pub fn point_in_review(&mut self, subject: Agreed) {
        self.in_review.insert(subject);
    }

    /// Says whose external id it is; the lead itself is missing from then on.
    pub fn point_external_id(&mut self, external_id: String, lead: LeadId) {
        self.external_ids.insert(external_id, lead);
    }

    /// Says whose id in a system of record it is; the lead itself is missing from then on.
    pub fn point_record_id(&mut self, system: String, id: String, lead: LeadId) {
        self.record_ids.insert((system, id), lead);
    }

    /// Says whose address, normalised, it is; the lead itself is missing from then on.
    pub fn point_email(&mut self, email: String, lead: LeadId) {
        self.emails.insert(email, lead);
    }

    /// Says whose telephone number, as it is compared, it is; the lead itself is missing from then on.
    pub fn point_phone(&mut self, number: String, lead: LeadId) {
        self.phones.entry(number).or_default().insert(lead);
    }

    /// Says whose handoff it is; the lead itself is missing from then on.
    pub fn point_handoff(&mut self, handoff: HandoffId, lead: LeadId) {
        self.handoffs.insert(handoff, lead);
    }

    /// Says that a lead is there, of which no more is known.
    pub fn put_present(&mut self, lead: LeadId) {
        self.present.insert(lead);
    }

    /// Says that a lead is there and was merged into another; both are missing from then on.
    pub fn put_absorbed(&mut self, lead: LeadId) {
        self.absorbed.insert(lead);
    }

    /// Puts in a lead with all that hangs on it, and the names by which it is found.
    pub fn put_dossier(&mut self, dossier: Dossier) {
        let lead = dossier.lead.id;
        self.external_ids.extend(dossier.person.external_id.clone().map(|id| (id, lead)));
        self.record_ids.extend(dossier.person.record_ids.clone().into_iter().map(|id| (id, lead)));
        self.emails.extend(dossier.person.email.clone().map(|email| (email, lead)));
        if let Some(number) = dossier.person.number() {
            self.phones.entry(number).or_default().insert(lead);
        }
        self.handoffs.extend(dossier.handoffs.keys().map(|handoff| (*handoff, lead)));
        self.known.leads.insert(lead);
        self.records.dossiers.insert(lead, dossier);
    }

    /// A copy of the part that a command with these keys can see; the rest does not exist for it.
    pub(in crate::qualification) fn part(&self, keys: &Keys) -> Self {
        let mut part = Self::new(self.tenant, self.position);
        part.records.tenant = self.tenant().cloned();
        keys.teams.iter().filter_map(|slug| self.team(slug)).for_each(|team| part.put_team(team.clone()));
        for user in keys.users.iter().filter_map(|slug| self.user(slug)) {
            part.put_user(user.clone());
        }
        for owner in self.owners(keys).filter_map(|owner| self.user_by_id(owner)) {
            part.put_user(owner.clone());
        }
        for key in &keys.sources {
            part.records.sources.extend(self.source(key).map(|entry| (*key, *entry)));
        }
        // Those that came into review in this batch are among the records too.
        let is_seen = |subject: &Agreed| keys.in_review || keys.agreements.contains(subject);
        for (_, agreement) in self.records.agreements.iter().filter(|(subject, _)| is_seen(subject)) {
            part.put_agreement(agreement.clone());
        }
        let records = &self.records;
        // Nothing is copied: a part shares them.
        if keys.catalogue || !keys.agreements.is_empty() {
            part.records.catalogue.clone_from(&records.catalogue);
        }
        if keys.activity_types {
            part.records.activity_types.clone_from(&records.activity_types);
        }
        if keys.rates {
            part.records.rates.clone_from(&records.rates);
        }
        let is_merged = |lead: &&LeadId| self.dossier(**lead).is_some_and(|it| it.lead.merged_into.is_some());
        let merged = keys.present.iter().filter(is_merged);
        let mut leads: BTreeSet<LeadId> =
            self.pointed_to(keys).chain(keys.leads.iter().chain(merged).copied()).collect();
        leads.extend(self.routing.paged(keys).filter_map(|handoff| self.handoffs.get(&handoff)));
        self.close(&mut leads);
        for dossier in leads.iter().filter_map(|lead| self.dossier(*lead)) {
            part.put_dossier(dossier.clone());
        }
        part.present.extend(keys.present.iter().filter(|lead| self.is_there(**lead)));
        part.rules = self.rules.clone();
        part.routing = self.routing.part(keys);
        for lead in leads.iter().chain(&part.present) {
            part.scores.extend(self.score(*lead).map(|score| (*lead, score.clone())));
        }
        for lead in self.engaged(keys) {
            part.engagements.extend(self.engagement(lead).map(|done| (lead, done.clone())));
        }
        part
    }

    /// The leads of which it matters what they did.
    fn engaged<'a>(&'a self, keys: &'a Keys) -> impl Iterator<Item = LeadId> + 'a {
        let named = keys.engaged.iter().filter_map(|lead| self.find_lead(lead));
        let judged = keys.judged.iter().copied().filter(|lead| self.is_due(*lead));
        named.chain(judged).map(|lead| self.survivor(lead))
    }

    /// Who owns the handoffs of which it matters, as far as they are known.
    fn owners<'a>(&'a self, keys: &'a Keys) -> impl Iterator<Item = UserId> + 'a {
        keys.owned.iter().filter_map(|handoff| self.handoff(*handoff)?.owner)
    }

    /// Adds all that are one person with any of these, as far as it is known.
    fn close(&self, leads: &mut BTreeSet<LeadId>) {
        let mut open: Vec<LeadId> = leads.iter().copied().collect();
        while let Some(lead) = open.pop() {
            let relatives = self.dossier(lead).into_iter().flat_map(Dossier::relatives);
            open.extend(relatives.filter(|relative| leads.insert(*relative)).collect::<Vec<_>>());
        }
    }

    fn pointed_to<'a>(&'a self, keys: &'a Keys) -> impl Iterator<Item = LeadId> + 'a {
        let external = keys.external_ids.iter().filter_map(|id| self.external_ids.get(id));
        let record_ids = keys.record_ids.iter().filter_map(|id| self.record_ids.get(id));
        let emails = keys.emails.iter().filter_map(|email| self.emails.get(email));
        let phones = keys.phones.iter().filter_map(|number| self.phones.get(number)).flatten();
        let handoffs = keys.handoffs.iter().filter_map(|handoff| self.handoffs.get(handoff));
        let sources = keys.sources.iter().filter_map(|key| self.source(key)).map(|entry| &entry.lead);
        external.chain(record_ids).chain(emails).chain(phones).chain(handoffs).chain(sources).copied()
    }

    /// The team with this key, if it was loaded or made by the batch.
    pub fn team_by_id(&self, id: TeamId) -> Option<&Team> {
        self.records.teams.get(&id)
    }

    /// The user with this key, if it was loaded or made by the batch.
    pub fn user_by_id(&self, id: UserId) -> Option<&User> {
        self.records.users.get(&id)
    }
}
