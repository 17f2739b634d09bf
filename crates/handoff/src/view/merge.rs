//! Leads that are one person, or may be.

use chrono_tz::Tz;
use handoff_proto::qualification::v1::{
    FindDuplicatesResponse, Lead, Likeness, MergeLeadsResponse, UnmergeLeadResponse,
};

use super::{Cell, Column, Grid, View, quantity};
use crate::word;

impl View for FindDuplicatesResponse {
    fn grid(&self, zone: Tz) -> Grid {
        let alike = |likenesses: &[i32]| {
            likenesses.iter().map(|likeness| word::show::<Likeness>(*likeness)).collect::<Vec<_>>().join(", ")
        };
        let found = self.duplicates.iter().map(|found| (found.lead.as_ref(), alike(&found.likenesses)));
        leads(found, zone)
    }

    fn notes(&self, _zone: Tz) -> Vec<String> {
        if self.more { vec!["There are more than these.".to_owned()] } else { Vec::new() }
    }
}

macro_rules! views {
    ($($response:ty),+ $(,)?) => {
        $(impl View for $response {
            fn grid(&self, zone: Tz) -> Grid {
                leads(self.lead.iter().map(|lead| (Some(lead), String::new())), zone)
            }
        })+
    };
}

views!(MergeLeadsResponse, UnmergeLeadResponse);

fn leads<'a>(leads: impl Iterator<Item = (Option<&'a Lead>, String)>, zone: Tz) -> Grid {
    let leads: Vec<_> = leads.filter_map(|(lead, alike)| Some((lead?, alike))).collect();
    let (is_alike, are_merged) = (
        leads.iter().any(|(_, alike)| !alike.is_empty()),
        leads.iter().any(|(it, _)| !it.merged_leads.is_empty()),
    );
    let mut grid = Grid::new(vec![
        Column::text("Lead", "name"),
        Column::text("Alike in", "likenesses").shown_if(is_alike),
        Column::text("Stage", "stage"),
        Column::text(format!("Captured\n{zone}"), "capture_time"),
        Column::text("Name", "person_name"),
        Column::text("E-mail", "email"),
        Column::text("Phone", "phone"),
        Column::text("Organisation", "organisation"),
        Column::text("Merged", "merged_leads").shown_if(are_merged),
        Column::text("Etag", "etag").shown_if(false),
    ]);
    for (lead, alike) in leads {
        let person = lead.person.clone().unwrap_or_default();
        let name = [person.given_name, person.family_name].join(" ");
        grid.push(vec![
            Cell::text(&lead.name),
            Cell::text(alike),
            Cell::stage(lead.stage),
            quantity::time(lead.capture_time.as_ref(), zone),
            Cell::text(name.trim()),
            Cell::text(&person.email),
            Cell::text(&person.phone),
            Cell::text(&person.organisation),
            Cell::text(lead.merged_leads.join(" ")),
            Cell::text(&lead.etag),
        ]);
    }
    grid
}
