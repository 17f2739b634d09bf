//! The cells of rollups. What they count is the domain's (`rollup`); here they are arrays of keys and of counts.

use chrono::NaiveDate;

use handoff_domain::id::TenantId;
use handoff_domain::metric::dimension::Dimension;
use handoff_domain::rollup::cell::{CellKey, Cells, Counters, Grain, Part};

use crate::column::wrote;
use crate::error::StoreError;
use crate::tx::Tx;

/// Cells that a report reads, of one generation.
#[derive(Debug, Clone)]
pub struct Wanted<'w> {
    /// Of which generation.
    pub generation: i32,
    /// The dimension; none for the total.
    pub dimension: Option<Dimension>,
    /// One value of it, empty for records without one; none for all values.
    pub value: Option<&'w str>,
    /// Which parts.
    pub parts: &'w [Part],
    /// Days or months.
    pub grain: Grain,
    /// The first date of the first cell.
    pub from: NaiveDate,
    /// The date before which cells begin.
    pub to: NaiveDate,
}

/// A cell as a report reads it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// What it counts.
    pub part: Part,
    /// Its first date.
    pub start: NaiveDate,
    /// The dimension's value.
    pub value: String,
    /// What else tells it from others.
    pub detail: String,
    /// The keys of its counters, ascending.
    pub keys: Vec<i32>,
    /// The counters.
    pub counts: Vec<i64>,
}

/// The cells of some parts in a range of days or months, in no order.
pub async fn load_range(tx: &mut Tx, tenant: TenantId, wanted: &Wanted<'_>) -> Result<Vec<Row>, StoreError> {
    let names: Vec<String> = wanted.parts.iter().map(|part| part.name()).collect();
    let rows = sqlx::query!(
        r#"-- rollup_cell::load_range
        select c.part, c.start_day, c.value, c.detail, c.keys, c.counts
        from unnest($4::text[]) as wanted(part)
        cross join lateral (
            select part, start_day, value, detail, keys, counts
            from reporting.rollup_cell
            where tenant_id = $1 and generation = $2 and dimension = $3 and part = wanted.part and grain = $5
                and start_day >= $6 and start_day < $7 and ($8::text is null or value = $8)
            offset 0
        ) as c"#,
        tenant.0,
        wanted.generation,
        CellKey::dimension_name(wanted.dimension),
        &names,
        wanted.grain.as_str(),
        wanted.from,
        wanted.to,
        wanted.value,
    )
    .fetch_all(tx.connection())
    .await?;
    let read = rows.into_iter().map(|row| {
        let part = names.iter().position(|name| *name == row.part);
        let part =
            part.ok_or_else(|| StoreError::defect("rollup_cell.part is one that was not asked for"))?;
        Ok(Row {
            part: wanted.parts[part],
            start: row.start_day,
            value: row.value,
            detail: row.detail,
            keys: row.keys,
            counts: row.counts,
        })
    });
    read.collect()
}

/// Adds to cells: reads those that are there and writes them as they are now. The caller holds the tenant's log row.
pub async fn add(tx: &mut Tx, tenant: TenantId, generation: i32, deltas: Cells) -> Result<(), StoreError> {
    let deltas: Vec<(CellKey, Counters)> = deltas.compact().into_iter().collect();
    if deltas.is_empty() {
        return Ok(());
    }
    let mut cells: Vec<(CellKey, Vec<i32>, Vec<i64>)> = Vec::with_capacity(deltas.len());
    let mut was = load(tx, tenant, generation, &deltas).await?.into_iter().peekable();
    for (index, (key, delta)) in deltas.into_iter().enumerate() {
        let old = was.next_if(|(place, ..)| *place == index).map(|(_, keys, counts)| (keys, counts));
        let (keys, counts) = merge(&old.unwrap_or_default(), &delta);
        cells.push((key, keys, counts));
    }
    save(tx, tenant, generation, &cells).await
}

/// Two ascending lists of counters as one; what comes to zero is left out.
fn merge((keys, counts): &(Vec<i32>, Vec<i64>), delta: &Counters) -> (Vec<i32>, Vec<i64>) {
    let mut sum =
        (Vec::with_capacity(keys.len() + delta.len()), Vec::with_capacity(keys.len() + delta.len()));
    let mut push = |key: i32, count: i64| {
        if count != 0 {
            sum.0.push(key);
            sum.1.push(count);
        }
    };
    let mut old = keys.iter().copied().zip(counts.iter().copied()).peekable();
    for (key, n) in delta {
        while let Some((before, count)) = old.next_if(|(before, _)| before < key) {
            push(before, count);
        }
        let count = old.next_if(|(same, _)| same == key).map_or(0, |(_, count)| count);
        push(*key, count + n);
    }
    old.for_each(|(key, count)| push(key, count));
    sum
}

/// The cells that are there, each with its place among those asked for, in that order.
async fn load(
    tx: &mut Tx,
    tenant: TenantId,
    generation: i32,
    wanted: &[(CellKey, Counters)],
) -> Result<Vec<(usize, Vec<i32>, Vec<i64>)>, StoreError> {
    let names = Names::of(wanted.iter().map(|(key, _)| key));
    let rows = sqlx::query!(
        r#"-- rollup_cell::load
        select wanted.place as "place!", c.keys as "keys!", c.counts as "counts!"
        from unnest($3::text[], $4::text[], $5::text[], $6::date[], $7::text[], $8::text[]) with ordinality
            as wanted(dimension, part, grain, start_day, value, detail, place)
        cross join lateral (
            select keys, counts
            from reporting.rollup_cell
            where tenant_id = $1 and generation = $2 and dimension = wanted.dimension and part = wanted.part
                and grain = wanted.grain and start_day = wanted.start_day and value = wanted.value
                and detail = wanted.detail
            offset 0
        ) as c
        order by wanted.place"#,
        tenant.0,
        generation,
        &names.dimensions as &[&str],
        &names.parts,
        &names.grains as &[&str],
        &names.starts,
        &names.values as &[&str],
        &names.details as &[&str],
    )
    .fetch_all(tx.connection())
    .await?;
    let read = rows.into_iter().map(|row| {
        let place = usize::try_from(row.place - 1);
        let place = place.map_err(|_| StoreError::defect("an ordinal is not positive"))?;
        Ok((place, row.keys, row.counts))
    });
    read.collect()
}

async fn save(
    tx: &mut Tx,
    tenant: TenantId,
    generation: i32,
    cells: &[(CellKey, Vec<i32>, Vec<i64>)],
) -> Result<(), StoreError> {
    let names = Names::of(cells.iter().map(|(key, ..)| key));
    // One array for all, of which each cell takes its slice: there are no arrays of arrays of different lengths.
    let (mut keys, mut counts) = (Vec::new(), Vec::new());
    let (mut first, mut last) = (Vec::with_capacity(cells.len()), Vec::with_capacity(cells.len()));
    for (_, of_keys, of_counts) in cells {
        first.push(ordinal(keys.len() + 1)?);
        keys.extend_from_slice(of_keys);
        counts.extend_from_slice(of_counts);
        last.push(ordinal(keys.len())?);
    }
    let done = sqlx::query!(
        r#"-- rollup_cell::save
        insert into reporting.rollup_cell (tenant_id, generation, dimension, part, grain, start_day, value, detail, keys,
            counts)
        select $1, $2, n.dimension, n.part, n.grain, n.start_day, n.value, n.detail,
            ($11::integer[])[n.first_place:n.last_place], ($12::bigint[])[n.first_place:n.last_place]
        from unnest($3::text[], $4::text[], $5::text[], $6::date[], $7::text[], $8::text[], $9::integer[],
            $10::integer[])
            as n(dimension, part, grain, start_day, value, detail, first_place, last_place)
        on conflict (tenant_id, generation, dimension, part, grain, start_day, value, detail) do update
        set keys = excluded.keys, counts = excluded.counts"#,
        tenant.0,
        generation,
        &names.dimensions as &[&str],
        &names.parts,
        &names.grains as &[&str],
        &names.starts,
        &names.values as &[&str],
        &names.details as &[&str],
        &first,
        &last,
        &keys,
        &counts,
    )
    .execute(tx.connection())
    .await?;
    wrote("rollup_cell", done.rows_affected(), cells.len())
}

fn ordinal(place: usize) -> Result<i32, StoreError> {
    i32::try_from(place)
        .map_err(|_| StoreError::defect("a batch writes more counters than a statement takes"))
}

/// Removes at most `limit` cells of generations that are neither served nor built; says how many those were.
pub async fn sweep(tx: &mut Tx, tenant: TenantId, kept: &[i32], limit: i64) -> Result<u64, StoreError> {
    let done = sqlx::query!(
        r#"-- rollup_cell::sweep
        delete from reporting.rollup_cell as gone
        using (
            select generation, dimension, part, grain, start_day, value, detail
            from reporting.rollup_cell
            where tenant_id = $1 and generation <> all ($2)
            limit $3
        ) as old
        where gone.tenant_id = $1 and gone.generation = old.generation and gone.dimension = old.dimension
            and gone.part = old.part and gone.grain = old.grain and gone.start_day = old.start_day
            and gone.value = old.value and gone.detail = old.detail"#,
        tenant.0,
        kept,
        limit,
    )
    .execute(tx.connection())
    .await?;
    Ok(done.rows_affected())
}

/// The names of cells, a column each.
struct Names<'c> {
    dimensions: Vec<&'static str>,
    parts: Vec<String>,
    grains: Vec<&'static str>,
    starts: Vec<NaiveDate>,
    values: Vec<&'c str>,
    details: Vec<&'c str>,
}

impl<'c> Names<'c> {
    fn of(cells: impl Iterator<Item = &'c CellKey> + Clone) -> Self {
        Self {
            dimensions: cells.clone().map(|cell| CellKey::dimension_name(cell.dimension)).collect(),
            parts: cells.clone().map(|cell| cell.part.name()).collect(),
            grains: cells.clone().map(|cell| cell.grain.as_str()).collect(),
            starts: cells.clone().map(|cell| cell.start).collect(),
            values: cells.clone().map(|cell| cell.value.as_str()).collect(),
            details: cells.map(|cell| cell.detail.as_str()).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(keys: &[i32], counts: &[i64], delta: &[(i32, i64)], expected: &[(i32, i64)]) {
        let (keys, counts) = merge(&(keys.to_vec(), counts.to_vec()), &delta.iter().copied().collect());
        assert_eq!(keys.into_iter().zip(counts).collect::<Vec<_>>(), expected);
    }

    #[test]
    fn counters_are_added_in_order_and_none_of_zero_is_kept() {
        check(&[], &[], &[(3, 1)], &[(3, 1)]);
        check(&[1, 3, 7], &[1, 1, 1], &[(2, 5), (3, -1), (9, 2)], &[(1, 1), (2, 5), (7, 1), (9, 2)]);
        check(&[1], &[4], &[(1, -4)], &[]);
    }
}
