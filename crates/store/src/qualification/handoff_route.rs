//! What routing keeps of handoffs, and which of them wait.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use handoff_domain::id::{HandoffId, LeadId, TenantId, UserId};
use handoff_domain::qualification::command::Waiting;
use handoff_domain::qualification::record::HandoffRoute;
use handoff_domain::routing::{LeftOut, Method, Route};

use super::{count, stored_count, word, wrote};
use crate::error::StoreError;
use crate::tx::Tx;

/// What is kept of those of the handoffs that routing has looked at.
pub async fn load(
    tx: &mut Tx,
    tenant: TenantId,
    handoffs: &[HandoffId],
) -> Result<Vec<HandoffRoute>, StoreError> {
    let ids: Vec<_> = handoffs.iter().map(|id| id.0).collect();
    let rows = sqlx::query_as!(
        Columns,
        r#"-- handoff_route::load
        select r.handoff_id as "handoff_id!", r.lead_id as "lead_id!", r.mql_at as "mql_at!", r.begun as "begun!", r.plan, r.rule, r.method,
            r.inactive, r.returned, r.absent, r.off_hours, r.occupied, r.free_at, r.is_waiting as "is_waiting!",
            r.returned_by, r.version as "version!"
        from unnest($2::uuid[]) as wanted(handoff_id)
        cross join lateral (
            select handoff_id, lead_id, mql_at, begun, plan, rule, method, inactive, returned, absent, off_hours, occupied,
                free_at, is_waiting, returned_by, version
            from qualification.handoff_route
            where tenant_id = $1 and handoff_id between wanted.handoff_id and wanted.handoff_id
            order by handoff_id
            limit 1
        ) as r"#,
        tenant.0,
        &ids,
    )
    .fetch_all(tx.connection())
    .await?;
    rows.into_iter().map(HandoffRoute::try_from).collect()
}

/// At most `limit` handoffs that wait by a rule, behind one of them, the oldest first.
pub async fn waiting(
    tx: &mut Tx,
    tenant: TenantId,
    rule: &str,
    after: Option<Waiting>,
    limit: i64,
) -> Result<Vec<HandoffId>, StoreError> {
    let (mql_at, begun) = after.unwrap_or((DateTime::UNIX_EPOCH, 0));
    let ids = sqlx::query_scalar!(
        r#"-- handoff_route::waiting
        select handoff_id
        from qualification.handoff_route
        where tenant_id = $1 and rule = $2 and is_waiting and (mql_at, begun) > ($3, $4)
        order by mql_at, begun
        limit $5"#,
        tenant.0,
        rule,
        mql_at,
        begun,
        limit,
    )
    .fetch_all(tx.connection())
    .await?;
    Ok(ids.into_iter().map(HandoffId).collect())
}

/// The same of handoffs without an owner that no plan has looked at. What an import brought waits for a person.
pub async fn unseen(
    tx: &mut Tx,
    tenant: TenantId,
    after: Option<Waiting>,
    limit: i64,
) -> Result<Vec<HandoffId>, StoreError> {
    let (mql_at, begun) = after.unwrap_or((DateTime::UNIX_EPOCH, 0));
    let ids = sqlx::query_scalar!(
        r#"-- handoff_route::unseen
        select h.handoff_id
        from qualification.handoff as h
        where h.tenant_id = $1 and h.state = 'PENDING_ROUTE' and not h.imported and (h.mql_at, h.version) > ($2, $3)
            and not exists (
                select from qualification.handoff_route as r
                where r.tenant_id = $1 and r.handoff_id = h.handoff_id and r.is_waiting
            )
        order by h.mql_at, h.version
        limit $4"#,
        tenant.0,
        mql_at,
        begun,
        limit,
    )
    .fetch_all(tx.connection())
    .await?;
    Ok(ids.into_iter().map(HandoffId).collect())
}

/// At most `limit` handoffs that a user has open, the oldest first.
pub async fn owned(
    tx: &mut Tx,
    tenant: TenantId,
    user: UserId,
    limit: i64,
) -> Result<Vec<HandoffId>, StoreError> {
    let ids = sqlx::query_scalar!(
        r#"-- handoff_route::owned
        select handoff_id
        from qualification.handoff
        where tenant_id = $1 and owner_id = $2 and state = 'ASSIGNED'
        order by mql_at, handoff_id
        limit $3"#,
        tenant.0,
        user.0,
        limit,
    )
    .fetch_all(tx.connection())
    .await?;
    Ok(ids.into_iter().map(HandoffId).collect())
}

/// How many handoffs each user has open, of those who have some.
pub async fn open_work(tx: &mut Tx, tenant: TenantId) -> Result<Vec<(UserId, u32)>, StoreError> {
    let rows = sqlx::query!(
        r#"-- handoff_route::open_work
        select owner_id as "owner_id!", count(*)::integer as "open!"
        from qualification.handoff
        where tenant_id = $1 and state = 'ASSIGNED' and owner_id is not null
        group by owner_id"#,
        tenant.0,
    )
    .fetch_all(tx.connection())
    .await?;
    rows.into_iter().map(|row| Ok((UserId(row.owner_id), count("open handoffs", row.open)?))).collect()
}

/// Writes what is kept.
pub async fn save(tx: &mut Tx, tenant: TenantId, kept: &[&HandoffRoute]) -> Result<(), StoreError> {
    let route = |kept: &&HandoffRoute| kept.route.clone();
    let routes: Vec<Option<Route>> = kept.iter().map(route).collect();
    let number = |of: fn(&Route) -> u32| {
        let of = |route: &Option<Route>| {
            route.as_ref().map(|route| stored_count("handoff_route", of(route))).transpose()
        };
        routes.iter().map(of).collect::<Result<Vec<_>, _>>()
    };
    let ids: Vec<_> = kept.iter().map(|kept| kept.handoff.0).collect();
    let leads: Vec<_> = kept.iter().map(|kept| kept.lead.0).collect();
    let mql_at: Vec<_> = kept.iter().map(|kept| kept.mql_at).collect();
    let begun: Vec<_> = kept.iter().map(|kept| kept.begun).collect();
    let rules: Vec<_> = routes.iter().map(|route| route.as_ref().map(|route| route.rule.as_str())).collect();
    let methods: Vec<_> =
        routes.iter().map(|route| route.as_ref().map(|route| route.method.as_str())).collect();
    let free_at: Vec<_> = routes.iter().map(|route| route.as_ref().and_then(|route| route.free_at)).collect();
    let is_waiting: Vec<_> = kept.iter().map(|kept| kept.is_waiting).collect();
    let returned_by: Vec<_> = kept.iter().map(|kept| kept.returned_by.map(|user| user.0)).collect();
    let versions: Vec<_> = kept.iter().map(|kept| kept.version).collect();
    let done = sqlx::query!(
        r#"-- handoff_route::save
        insert into qualification.handoff_route as old (tenant_id, handoff_id, lead_id, mql_at, begun, plan, rule, method, inactive,
            returned, absent, off_hours, occupied, free_at, is_waiting, returned_by, version)
        select $1, n.handoff_id, n.lead_id, n.mql_at, n.begun, n.plan, n.rule, n.method, n.inactive, n.returned, n.absent, n.off_hours,
            n.occupied, n.free_at, n.is_waiting, n.returned_by, n.version
        from unnest($2::uuid[], $3::uuid[], $4::timestamptz[], $5::integer[], $6::text[], $7::text[], $8::integer[],
            $9::integer[], $10::integer[], $11::integer[], $12::integer[], $13::timestamptz[], $14::boolean[], $15::uuid[],
            $16::bigint[], $17::bigint[])
            as n(handoff_id, lead_id, mql_at, plan, rule, method, inactive, returned, absent, off_hours, occupied, free_at,
                is_waiting, returned_by, version, begun)
        on conflict (tenant_id, handoff_id) do update
        set plan = excluded.plan, rule = excluded.rule, method = excluded.method, inactive = excluded.inactive,
            returned = excluded.returned, absent = excluded.absent, off_hours = excluded.off_hours,
            occupied = excluded.occupied, free_at = excluded.free_at, is_waiting = excluded.is_waiting,
            returned_by = excluded.returned_by, version = excluded.version
        where old.version < excluded.version"#,
        tenant.0,
        &ids,
        &leads,
        &mql_at,
        &number(|route| route.plan)? as &[Option<i32>],
        &rules as &[Option<&str>],
        &methods as &[Option<&str>],
        &number(|route| route.left_out.inactive)? as &[Option<i32>],
        &number(|route| route.left_out.returned)? as &[Option<i32>],
        &number(|route| route.left_out.absent)? as &[Option<i32>],
        &number(|route| route.left_out.off_hours)? as &[Option<i32>],
        &number(|route| route.left_out.full)? as &[Option<i32>],
        &free_at as &[Option<DateTime<Utc>>],
        &is_waiting,
        &returned_by as &[Option<Uuid>],
        &versions,
        &begun,
    )
    .execute(tx.connection())
    .await?;
    wrote("handoff_route", done.rows_affected(), kept.len())
}

struct Columns {
    handoff_id: Uuid,
    lead_id: Uuid,
    mql_at: DateTime<Utc>,
    begun: i64,
    plan: Option<i32>,
    rule: Option<String>,
    method: Option<String>,
    inactive: Option<i32>,
    returned: Option<i32>,
    absent: Option<i32>,
    off_hours: Option<i32>,
    occupied: Option<i32>,
    free_at: Option<DateTime<Utc>>,
    is_waiting: bool,
    returned_by: Option<Uuid>,
    version: i64,
}

impl TryFrom<Columns> for HandoffRoute {
    type Error = StoreError;

    fn try_from(row: Columns) -> Result<Self, StoreError> {
        let number = |value: Option<i32>| count("handoff_route", value.unwrap_or(0));
        let route = match (row.plan, row.rule, row.method) {
            (Some(plan), Some(rule), Some(method)) => Some(Route {
                plan: count("handoff_route.plan", plan)?,
                rule,
                method: word("handoff_route.method", &method, Method::from_name)?,
                left_out: LeftOut {
                    inactive: number(row.inactive)?,
                    returned: number(row.returned)?,
                    absent: number(row.absent)?,
                    off_hours: number(row.off_hours)?,
                    full: number(row.occupied)?,
                },
                free_at: row.free_at,
            }),
            _ => None,
        };
        Ok(Self {
            handoff: HandoffId(row.handoff_id),
            lead: LeadId(row.lead_id),
            mql_at: row.mql_at,
            begun: row.begun,
            route,
            is_waiting: row.is_waiting,
            returned_by: row.returned_by.map(UserId),
            version: row.version,
        })
    }
}
