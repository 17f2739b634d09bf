//! Versions of criteria sets and the scoring model, and who has signed them. What a version says is bytes here.

use chrono::{DateTime, Utc};
use handoff_domain::actor::Side;
use handoff_domain::id::TenantId;
use handoff_domain::version::{ContentHash, Signature, Subject, VersionState};

use super::{count, stored_count, word, wrote};
use crate::error::StoreError;
use crate::tx::Tx;

/// A version as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VersionRow {
    /// What it is a version of.
    pub subject: Subject,
    /// 1, 2, 3 …
    pub number: u32,
    /// How far it has come.
    pub state: VersionState,
    /// What it says, as its owner writes it.
    pub content: Vec<u8>,
    /// The hash of the lines that are signed.
    pub hash: ContentHash,
    /// Who has signed, in the order of signing; all on `hash`.
    pub signatures: Vec<Signature>,
    /// Since when it is in effect, or will be.
    pub effective_from: Option<DateTime<Utc>>,
    /// Until when it was.
    pub effective_until: Option<DateTime<Utc>>,
    /// Who wrote what it says.
    pub drafted_by: String,
    /// When.
    pub drafted_at: DateTime<Utc>,
    /// The position of the last event that changed it.
    pub position: i64,
}

impl VersionRow {
    fn signed_by(&self, side: Side) -> Option<&str> {
        self.signature(side).map(|signature| signature.signed_by.as_str())
    }

    fn signed_at(&self, side: Side) -> Option<DateTime<Utc>> {
        self.signature(side).map(|signature| signature.signed_at)
    }

    fn signature(&self, side: Side) -> Option<&Signature> {
        self.signatures.iter().find(|signature| signature.side == side)
    }
}

/// Whether a version takes effect at `now` or before that is not noted yet.
pub async fn is_due(tx: &mut Tx, tenant: TenantId, now: DateTime<Utc>) -> Result<bool, StoreError> {
    let is_due = sqlx::query_scalar!(
        r#"-- version::is_due
        select exists (
            select from qualification.version
            where tenant_id = $1 and state = 'SCHEDULED' and effective_from <= $2
        ) as "is_due!""#,
        tenant.0,
        now,
    )
    .fetch_one(tx.connection())
    .await?;
    Ok(is_due)
}

/// All versions of the subjects, by number. A tenant has few: two people signed each.
pub async fn load(
    tx: &mut Tx,
    tenant: TenantId,
    subjects: &[Subject],
) -> Result<Vec<VersionRow>, StoreError> {
    let subjects: Vec<_> = subjects.iter().map(|subject| subject.as_str()).collect();
    let rows = sqlx::query!(
        r#"-- version::load
        select subject, number, state, content, content_hash, drafted_by, drafted_at, marketing_signed_by,
            marketing_signed_at, sales_signed_by, sales_signed_at, effective_from, effective_until, position
        from qualification.version
        where tenant_id = $1 and subject = any($2)
        order by subject, number"#,
        tenant.0,
        &subjects as &[&str],
    )
    .fetch_all(tx.connection())
    .await?;
    rows.into_iter()
        .map(|row| {
            let hash = hash(&row.content_hash)?;
            let marketing =
                signature(Side::Marketing, hash, row.marketing_signed_by, row.marketing_signed_at);
            let sales = signature(Side::Sales, hash, row.sales_signed_by, row.sales_signed_at);
            let mut signatures: Vec<_> = marketing.into_iter().chain(sales).collect();
            signatures.sort_by_key(|signature| signature.signed_at);
            Ok(VersionRow {
                subject: subject("version.subject", &row.subject)?,
                number: count("version.number", row.number)?,
                state: word("version.state", &row.state, VersionState::from_name)?,
                content: row.content,
                hash,
                signatures,
                effective_from: row.effective_from,
                effective_until: row.effective_until,
                drafted_by: row.drafted_by,
                drafted_at: row.drafted_at,
                position: row.position,
            })
        })
        .collect()
}

/// The subjects that have a version in review: those that somebody may have signed and nobody has agreed on yet.
pub async fn load_in_review(tx: &mut Tx, tenant: TenantId) -> Result<Vec<Subject>, StoreError> {
    let rows = sqlx::query_scalar!(
        r#"-- version::load_in_review
        select subject
        from qualification.version
        where tenant_id = $1 and state = 'IN_REVIEW'"#,
        tenant.0,
    )
    .fetch_all(tx.connection())
    .await?;
    rows.iter().map(|row| subject("version.subject", row)).collect()
}

/// Writes versions, of each subject by number: the one that ends comes before the one that takes its place, and that
/// before the next one under way.
pub async fn save(tx: &mut Tx, tenant: TenantId, versions: &[VersionRow]) -> Result<(), StoreError> {
    let mut versions: Vec<_> = versions.iter().collect();
    versions.sort_by_key(|version| (version.subject, version.number));
    let subjects: Vec<_> = versions.iter().map(|version| version.subject.as_str()).collect();
    let numbers = versions
        .iter()
        .map(|version| stored_count("version.number", version.number))
        .collect::<Result<Vec<_>, _>>()?;
    let states: Vec<_> = versions.iter().map(|version| version.state.as_str()).collect();
    let contents: Vec<_> = versions.iter().map(|version| version.content.as_slice()).collect();
    let hashes: Vec<_> = versions.iter().map(|version| version.hash.as_bytes().as_slice()).collect();
    let drafted_by: Vec<_> = versions.iter().map(|version| version.drafted_by.as_str()).collect();
    let drafted_at: Vec<_> = versions.iter().map(|version| version.drafted_at).collect();
    let marketing_by: Vec<_> = versions.iter().map(|version| version.signed_by(Side::Marketing)).collect();
    let marketing_at: Vec<_> = versions.iter().map(|version| version.signed_at(Side::Marketing)).collect();
    let sales_by: Vec<_> = versions.iter().map(|version| version.signed_by(Side::Sales)).collect();
    let sales_at: Vec<_> = versions.iter().map(|version| version.signed_at(Side::Sales)).collect();
    let effective_from: Vec<_> = versions.iter().map(|version| version.effective_from).collect();
    let effective_until: Vec<_> = versions.iter().map(|version| version.effective_until).collect();
    let positions: Vec<_> = versions.iter().map(|version| version.position).collect();
    let done = sqlx::query!(
        r#"-- version::save
        insert into qualification.version as old (tenant_id, subject, number, state, content, content_hash, drafted_by,
            drafted_at, marketing_signed_by, marketing_signed_at, sales_signed_by, sales_signed_at, effective_from,
            effective_until, position)
        select $1, n.subject, n.number, n.state, n.content, n.content_hash, n.drafted_by, n.drafted_at,
            n.marketing_signed_by, n.marketing_signed_at, n.sales_signed_by, n.sales_signed_at, n.effective_from,
            n.effective_until, n.position
        from unnest($2::text[], $3::integer[], $4::text[], $5::bytea[], $6::bytea[], $7::text[], $8::timestamptz[],
            $9::text[], $10::timestamptz[], $11::text[], $12::timestamptz[], $13::timestamptz[], $14::timestamptz[],
            $15::bigint[])
            as n(subject, number, state, content, content_hash, drafted_by, drafted_at, marketing_signed_by,
                marketing_signed_at, sales_signed_by, sales_signed_at, effective_from, effective_until, position)
        on conflict (tenant_id, subject, number) do update
        set state = excluded.state, content = excluded.content, content_hash = excluded.content_hash,
            drafted_by = excluded.drafted_by, drafted_at = excluded.drafted_at,
            marketing_signed_by = excluded.marketing_signed_by, marketing_signed_at = excluded.marketing_signed_at,
            sales_signed_by = excluded.sales_signed_by, sales_signed_at = excluded.sales_signed_at,
            effective_from = excluded.effective_from, effective_until = excluded.effective_until,
            position = excluded.position
        where old.position < excluded.position"#,
        tenant.0,
        &subjects as &[&str],
        &numbers,
        &states as &[&str],
        &contents as &[&[u8]],
        &hashes as &[&[u8]],
        &drafted_by as &[&str],
        &drafted_at,
        &marketing_by as &[Option<&str>],
        &marketing_at as &[Option<DateTime<Utc>>],
        &sales_by as &[Option<&str>],
        &sales_at as &[Option<DateTime<Utc>>],
        &effective_from as &[Option<DateTime<Utc>>],
        &effective_until as &[Option<DateTime<Utc>>],
        &positions,
    )
    .execute(tx.connection())
    .await?;
    wrote("version", done.rows_affected(), versions.len())
}

fn subject(column: &str, text: &str) -> Result<Subject, StoreError> {
    word(column, text, |text| text.parse().ok())
}

fn hash(bytes: &[u8]) -> Result<ContentHash, StoreError> {
    let bytes: [u8; 32] =
        bytes.try_into().map_err(|_| StoreError::defect("version.content_hash is no SHA-256"))?;
    Ok(bytes.into())
}

fn signature(
    side: Side,
    hash: ContentHash,
    signed_by: Option<String>,
    signed_at: Option<DateTime<Utc>>,
) -> Option<Signature> {
    Some(Signature { side, signed_by: signed_by?, hash, signed_at: signed_at? })
}
