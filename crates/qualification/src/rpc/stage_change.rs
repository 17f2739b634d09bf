//! What the RPCs that tell changes of stage share: which ones, and the page behind a position.

use std::collections::BTreeMap;

use handoff_domain::id::TenantId;
use handoff_domain::qualification::Stage;
use handoff_domain::qualification::record::ProductLine;
use handoff_domain::qualification::state::StageChange;
use handoff_proto::name::Collection;
use handoff_proto::qualification::v1 as pb;
use handoff_runtime::violations::Violations;
use handoff_store::error::StoreError;
use handoff_store::qualification::{person, stage_change, tenant};
use handoff_store::tx::Tx;

use super::fields;
use crate::convert;
use crate::feed;

/// Which changes.
#[derive(Debug, Clone, Default)]
pub(super) struct Filter {
    line: Option<ProductLine>,
    /// A segment of nurture; the inner none is no segment.
    segment: Option<Option<String>>,
}

/// Changes behind a position.
pub(super) struct Changes {
    pub(super) changes: Vec<pb::LeadStageChange>,
    /// Up to where they are complete.
    pub(super) position: i64,
    /// The end of the log in the same snapshot.
    pub(super) head: i64,
}

impl Filter {
    pub(super) fn of(check: &mut Violations, filter: Option<&pb::StageChangeFilter>) -> Self {
        let Some(filter) = filter else { return Self::default() };
        Self {
            line: fields::line_if_given(check, "filter.product_line", &filter.product_line),
            segment: segment(check, "filter.segment", filter.segment.as_deref()),
        }
    }

    /// In the words that a page token is bound to.
    pub(super) fn words(&self) -> [&str; 2] {
        let line = self.line.as_ref().map_or("", ProductLine::as_str);
        [line, segment_word(self.segment.as_ref())]
    }

    fn takes(&self, change: &StageChange) -> bool {
        let is_of_line = self.line.as_ref().is_none_or(|line| *line == change.line);
        let is_of_segment = self.segment.as_ref().is_none_or(|segment| {
            let left = change.from == Some(Stage::Nurture) && change.from_segment == *segment;
            let entered = change.to == Stage::Nurture && change.to_segment == *segment;
            left || entered
        });
        is_of_line && is_of_segment
    }
}

/// A segment as a filter has it: absent is all, empty is none.
pub(super) fn segment(check: &mut Violations, field: &str, given: Option<&str>) -> Option<Option<String>> {
    given.map(|segment| check.text(field, segment, fields::LABEL_LENGTH))
}

/// The same for a page token: no segment has a name of blanks.
pub(super) fn segment_word(segment: Option<&Option<String>>) -> &str {
    match segment {
        None => " ",
        Some(segment) => segment.as_deref().unwrap_or_default(),
    }
}

/// The changes behind `after` that pass the filter, of at most `limit` that are looked through.
pub(super) async fn page(
    tx: &mut Tx,
    id: TenantId,
    after: i64,
    limit: i64,
    filter: &Filter,
) -> Result<Changes, StoreError> {
    let head = feed::head(tx, id).await?;
    let mut changes = stage_change::list_after(tx, id, after, limit).await?;
    let is_full = i64::try_from(changes.len()).is_ok_and(|found| found == limit);
    let last = changes.last().filter(|_| is_full).map(|change| change.position);
    changes.retain(|change| filter.takes(change));
    let leads: Vec<_> = changes.iter().map(|change| change.lead).collect();
    let labels = tenant::load(tx, id).await?.map(|tenant| tenant.labels).unwrap_or_default();
    let external_ids: BTreeMap<_, _> = person::load_external_ids(tx, id, &leads).await?.into_iter().collect();
    let changes = changes.iter().map(|change| pb::LeadStageChange {
        position: change.position,
        lead: Collection::Leads.name(change.lead.0),
        external_id: external_ids.get(&change.lead).cloned().unwrap_or_default(),
        change: Some(convert::lead::stage_change(change)),
        field: labels.crm_field().to_owned(),
        old_value: change.from.map(|stage| labels.crm_value(stage).to_owned()).unwrap_or_default(),
        new_value: labels.crm_value(change.to).to_owned(),
    });
    Ok(Changes { changes: changes.collect(), position: last.unwrap_or(head), head })
}
