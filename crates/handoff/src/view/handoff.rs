//! Hand-overs.

use chrono_tz::Tz;
use handoff_proto::qualification::v1::{
    AcceptHandoffResponse, AssignHandoffResponse, DisputeHandoffResponse, Handoff, HandoffState,
    ListHandoffsResponse, QualifyLeadResponse, RejectHandoffResponse, RejectionAttribution,
    ResolveDisputeResponse, WatchHandoffsResponse, WithdrawHandoffResponse,
};

use super::{Cell, Column, Grid, View, quantity};
use crate::word;

macro_rules! views {
    ($($response:ty),+ $(,)?) => {
        $(impl View for $response {
            fn grid(&self, zone: Tz) -> Grid {
                handoffs(self.handoff.as_slice(), zone)
            }
        })+
    };
}

views!(
    QualifyLeadResponse,
    AssignHandoffResponse,
    AcceptHandoffResponse,
    RejectHandoffResponse,
    WithdrawHandoffResponse,
    DisputeHandoffResponse,
    ResolveDisputeResponse,
);

impl View for ListHandoffsResponse {
    fn grid(&self, zone: Tz) -> Grid {
        handoffs(&self.handoffs, zone)
    }
}

impl View for WatchHandoffsResponse {
    fn grid(&self, zone: Tz) -> Grid {
        handoffs(&self.handoffs, zone)
    }

    fn notes(&self, _zone: Tz) -> Vec<String> {
        self.others.iter().map(|name| format!("Not here any more: {name}")).collect()
    }
}

fn handoffs(handoffs: &[Handoff], zone: Tz) -> Grid {
    let rejected = handoffs.iter().any(|handoff| !handoff.rejection_reason.is_empty());
    let several_lines = handoffs.iter().any(|handoff| handoff.product_line != "default");
    let mut grid = Grid::new(vec![
        Column::text("Handoff", "name"),
        Column::text("State", "state"),
        Column::text(format!("MQL\n{zone}"), "mql_time"),
        Column::text("Owner", "owner"),
        Column::text("Team", "team").shown_if(false),
        Column::text("Decided", "decide_time"),
        Column::text("By", "decided_by").shown_if(false),
        Column::text("Reason", "rejection_reason").shown_if(rejected),
        Column::text("Blames", "rejection_attribution").shown_if(rejected),
        Column::text("Source", "source"),
        Column::text("Product line", "product_line").shown_if(several_lines),
        Column::text("Lead", "lead"),
        Column::text("Etag", "etag").shown_if(false),
    ]);
    for handoff in handoffs {
        grid.push(vec![
            Cell::text(&handoff.name),
            Cell::text(word::show::<HandoffState>(handoff.state)),
            quantity::time(handoff.mql_time.as_ref(), zone),
            Cell::text(&handoff.owner),
            Cell::text(&handoff.team),
            quantity::time(handoff.decide_time.as_ref(), zone),
            Cell::text(&handoff.decided_by),
            Cell::text(&handoff.rejection_reason),
            Cell::text(word::show::<RejectionAttribution>(handoff.rejection_attribution)),
            Cell::text(handoff.origin.as_ref().map(|origin| origin.source.as_str()).unwrap_or_default()),
            Cell::text(&handoff.product_line),
            Cell::text(&handoff.lead),
            Cell::text(&handoff.etag),
        ]);
    }
    grid
}
