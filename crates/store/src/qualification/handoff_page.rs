//! Pages of the handoff lists (R25): places in the order of an index, with what they are filtered by. Each index has a statement
//! of its own, because one statement with optional filters has one plan for all of them, and it is a scan. They give keys;
//! `handoff::load` gives the rows.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use handoff_domain::id::{HandoffId, LeadId, TeamId, TenantId, UserId};
use handoff_domain::qualification::record::{HandoffState, ProductLine};

use super::{line, word};
use crate::error::StoreError;
use crate::tx::Tx;

/// The way through the handoffs: an index, and the part of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Walk {
    /// All of them, the latest MQL first.
    All,
    /// Those in a state.
    State(HandoffState),
    /// Those of an owner.
    Owner(UserId),
    /// The open ones of a team.
    OpenOfTeam(TeamId),
    /// The open ones of a persona.
    OpenOfPersona(String),
    /// The open ones, the best score first.
    OpenByScore,
}

/// Where a handoff stands in a walk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// When the lead became an MQL, in microseconds; or its score in thousandths of a point.
    pub rank: i64,
    /// Which, where several have the same.
    pub handoff: HandoffId,
}

impl Place {
    /// Before every handoff there is: a rank that none has reached.
    pub const START: Self = Self { rank: i64::MAX, handoff: HandoffId(Uuid::max()) };
}

/// A handoff on the way, with what lists are filtered by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Passed {
    /// Which.
    pub handoff: HandoffId,
    /// Of whom.
    pub lead: LeadId,
    /// On which line.
    pub line: ProductLine,
    /// Where it stands.
    pub state: HandoffState,
    /// Whose it is.
    pub owner: Option<UserId>,
    /// Of which team.
    pub team: Option<TeamId>,
    /// Of which persona.
    pub persona: Option<String>,
    /// The behaviour when the lead became an MQL, in thousandths of a point.
    pub score: Option<i64>,
    /// When that was.
    pub mql_at: DateTime<Utc>,
    /// In which cycle of its line.
    pub cycle: i32,
}

/// A row as it is stored.
struct Columns {
    handoff_id: Uuid,
    lead_id: Uuid,
    product_line: String,
    state: String,
    owner_id: Option<Uuid>,
    team_id: Option<Uuid>,
    persona: Option<String>,
    behaviour_milli: Option<i64>,
    mql_at: DateTime<Utc>,
    cycle: i32,
}

impl TryFrom<Columns> for Passed {
    type Error = StoreError;

    fn try_from(row: Columns) -> Result<Self, StoreError> {
        Ok(Self {
            handoff: HandoffId(row.handoff_id),
            lead: LeadId(row.lead_id),
            line: line("handoff.product_line", &row.product_line)?,
            state: word("handoff.state", &row.state, HandoffState::from_name)?,
            owner: row.owner_id.map(UserId),
            team: row.team_id.map(TeamId),
            persona: row.persona,
            score: row.behaviour_milli,
            mql_at: row.mql_at,
            cycle: row.cycle,
        })
    }
}

impl Passed {
    /// Where it stands in a walk.
    pub fn place(&self, walk: &Walk) -> Place {
        let rank = match walk {
            Walk::OpenByScore => self.score.unwrap_or(i64::MIN),
            _ => self.mql_at.timestamp_micros(),
        };
        Place { rank, handoff: self.handoff }
    }
}

/// The next handoffs of a walk behind a place, at most `limit`.
pub async fn next(
    tx: &mut Tx,
    tenant: TenantId,
    walk: &Walk,
    after: Place,
    limit: i64,
) -> Result<Vec<Passed>, StoreError> {
    // A rank that is no instant lies behind all of them.
    let at = DateTime::from_timestamp_micros(after.rank).unwrap_or(DateTime::<Utc>::MAX_UTC);
    let (tenant, Place { rank, handoff: HandoffId(after) }) = (tenant.0, after);
    let rows = match walk {
        Walk::All => by_date(tx, tenant, at, after, limit).await?,
        Walk::State(state) => by_state(tx, tenant, state.as_str(), at, after, limit).await?,
        Walk::Owner(owner) => by_owner(tx, tenant, owner.0, at, after, limit).await?,
        Walk::OpenOfTeam(team) => open_by_team(tx, tenant, team.0, at, after, limit).await?,
        Walk::OpenOfPersona(persona) => open_by_persona(tx, tenant, persona, at, after, limit).await?,
        Walk::OpenByScore => open_by_score(tx, tenant, rank, after, limit).await?,
    };
    rows.into_iter().map(Passed::try_from).collect()
}

async fn by_date(
    tx: &mut Tx,
    tenant: Uuid,
    at: DateTime<Utc>,
    after: Uuid,
    limit: i64,
) -> Result<Vec<Columns>, sqlx::Error> {
    sqlx::query_as!(
        Columns,
        r#"-- handoff_page::by_date
        select handoff_id, lead_id, product_line, state, owner_id, team_id, persona, behaviour_milli, mql_at, cycle
        from qualification.handoff
        where tenant_id = $1 and (mql_at, handoff_id) < ($2, $3)
        order by mql_at desc, handoff_id desc
        limit $4"#,
        tenant,
        at,
        after,
        limit,
    )
    .fetch_all(tx.connection())
    .await
}

async fn by_state(
    tx: &mut Tx,
    tenant: Uuid,
    state: &str,
    at: DateTime<Utc>,
    after: Uuid,
    limit: i64,
) -> Result<Vec<Columns>, sqlx::Error> {
    sqlx::query_as!(
        Columns,
        r#"-- handoff_page::by_state
        select handoff_id, lead_id, product_line, state, owner_id, team_id, persona, behaviour_milli, mql_at, cycle
        from qualification.handoff
        where tenant_id = $1 and state = $2 and (mql_at, handoff_id) < ($3, $4)
        order by mql_at desc, handoff_id desc
        limit $5"#,
        tenant,
        state,
        at,
        after,
        limit,
    )
    .fetch_all(tx.connection())
    .await
}

async fn by_owner(
    tx: &mut Tx,
    tenant: Uuid,
    owner: Uuid,
    at: DateTime<Utc>,
    after: Uuid,
    limit: i64,
) -> Result<Vec<Columns>, sqlx::Error> {
    sqlx::query_as!(
        Columns,
        r#"-- handoff_page::by_owner
        select handoff_id, lead_id, product_line, state, owner_id, team_id, persona, behaviour_milli, mql_at, cycle
        from qualification.handoff
        where tenant_id = $1 and owner_id = $2 and (mql_at, handoff_id) < ($3, $4)
        order by mql_at desc, handoff_id desc
        limit $5"#,
        tenant,
        owner,
        at,
        after,
        limit,
    )
    .fetch_all(tx.connection())
    .await
}

async fn open_by_team(
    tx: &mut Tx,
    tenant: Uuid,
    team: Uuid,
    at: DateTime<Utc>,
    after: Uuid,
    limit: i64,
) -> Result<Vec<Columns>, sqlx::Error> {
    sqlx::query_as!(
        Columns,
        r#"-- handoff_page::open_by_team
        select handoff_id, lead_id, product_line, state, owner_id, team_id, persona, behaviour_milli, mql_at, cycle
        from qualification.handoff
        where tenant_id = $1 and team_id = $2 and state in ('PENDING_ROUTE', 'ASSIGNED') and (mql_at, handoff_id) < ($3, $4)
        order by mql_at desc, handoff_id desc
        limit $5"#,
        tenant,
        team,
        at,
        after,
        limit,
    )
    .fetch_all(tx.connection())
    .await
}

async fn open_by_persona(
    tx: &mut Tx,
    tenant: Uuid,
    persona: &str,
    at: DateTime<Utc>,
    after: Uuid,
    limit: i64,
) -> Result<Vec<Columns>, sqlx::Error> {
    sqlx::query_as!(
        Columns,
        r#"-- handoff_page::open_by_persona
        select handoff_id, lead_id, product_line, state, owner_id, team_id, persona, behaviour_milli, mql_at, cycle
        from qualification.handoff
        where tenant_id = $1 and persona = $2 and state in ('PENDING_ROUTE', 'ASSIGNED') and (mql_at, handoff_id) < ($3, $4)
        order by mql_at desc, handoff_id desc
        limit $5"#,
        tenant,
        persona,
        at,
        after,
        limit,
    )
    .fetch_all(tx.connection())
    .await
}

async fn open_by_score(
    tx: &mut Tx,
    tenant: Uuid,
    rank: i64,
    after: Uuid,
    limit: i64,
) -> Result<Vec<Columns>, sqlx::Error> {
    sqlx::query_as!(
        Columns,
        r#"-- handoff_page::open_by_score
        select handoff_id, lead_id, product_line, state, owner_id, team_id, persona, behaviour_milli, mql_at, cycle
        from qualification.handoff
        where tenant_id = $1 and state in ('PENDING_ROUTE', 'ASSIGNED')
            and (coalesce(behaviour_milli, -9223372036854775808), handoff_id) < ($2, $3)
        order by coalesce(behaviour_milli, -9223372036854775808) desc, handoff_id desc
        limit $4"#,
        tenant,
        rank,
        after,
        limit,
    )
    .fetch_all(tx.connection())
    .await
}
