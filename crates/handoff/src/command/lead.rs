//! `handoff lead show|explain|adjust|reset-score|qualify|duplicates|merge|unmerge`.

use clap::{Args, Subcommand};
use handoff_proto::common::v1::Side;
use handoff_proto::qualification::v1::decay::Decay as Kind;
use handoff_proto::qualification::v1::{
    AdjustScoreRequest, Decay, ExplainScoreRequest, FindDuplicatesRequest, GetLeadRequest, LeadRef,
    MergeLeadsRequest, QualifyLeadRequest, RecordId, ResetScoreRequest, UnmergeLeadRequest, lead_ref,
};

use crate::arguments::Format;
use crate::session::{Session, is_uuid, request_id};
use crate::view::explanation_page;

/// What is to be done with a lead.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Show who it is, where it stands and the way it came.
    Show(Which),
    /// Explain why it stands there: its fit, its behaviour, what it lacks and what time will change.
    Explain(Explain),
    /// Give it points by hand, or take some; they are a line of their own in every explanation.
    Adjust(Adjust),
    /// Count its behaviour anew from now on; its fit stays.
    ResetScore(Which),
    /// Make it an MQL and hand it over to sales.
    Qualify(Qualify),
    /// List leads that may be the same person, and what speaks for it.
    Duplicates(Which),
    /// Say that two leads are one person: the first goes on, and what hangs on either counts for it.
    Merge(Merge),
    /// Take a lead out again that was merged by mistake.
    Unmerge(Unmerge),
}

/// Which lead.
#[derive(Debug, Args)]
pub(crate) struct Which {
    /// `leads/{uuid}`, an e-mail address, the id in your own system (`external-id:…` where that is ambiguous), or the one
    /// in another, `record-id:SYSTEM:ID`.
    pub(super) lead: String,
}

/// Of when.
#[derive(Debug, Args)]
pub(crate) struct Explain {
    #[command(flatten)]
    which: Which,
    /// How it stood at the end of this local date, `2026-03-27`; how it stands now unless it is given.
    #[arg(long, default_value = "")]
    day: String,
    /// The product line; the only one where there is one.
    #[arg(long, default_value = "")]
    product_line: String,
}

/// Points by hand.
#[derive(Debug, Args)]
pub(crate) struct Adjust {
    #[command(flatten)]
    which: Which,
    /// How many; with a minus they are taken.
    #[arg(long, allow_hyphen_values = true)]
    points: String,
    /// Why: whoever reads an explanation later may ask.
    #[arg(long)]
    note: String,
    /// Half of them is left after so many days; they do not fade unless it is given.
    #[arg(long, conflicts_with = "window_days")]
    half_life_days: Option<i32>,
    /// All of them for so many days, then none.
    #[arg(long)]
    window_days: Option<i32>,
}

/// Two leads that are one person.
#[derive(Debug, Args)]
pub(crate) struct Merge {
    /// Who goes on: `leads/{uuid}`, an e-mail address, the id in your own system, or `record-id:SYSTEM:ID`.
    survivor: String,
    /// Who is merged into it, named in the same way.
    duplicate: String,
}

/// A lead that was merged.
#[derive(Debug, Args)]
pub(crate) struct Unmerge {
    #[command(flatten)]
    which: Which,
    /// Refuse if the lead has changed since you saw this etag.
    #[arg(long, default_value = "")]
    etag: String,
}

/// A hand-over.
#[derive(Debug, Args)]
pub(crate) struct Qualify {
    #[command(flatten)]
    which: Which,
    /// The product line; the only one where there is one.
    #[arg(long, default_value = "")]
    product_line: String,
    /// An automation rule says so, not a person.
    #[arg(long)]
    sales_ready: bool,
}

/// Does it.
pub(crate) async fn run(command: Command, session: &mut Session<'_>) -> anyhow::Result<()> {
    match command {
        Command::Show(which) => {
            let request = GetLeadRequest { lead: Some(lead_ref(&which.lead)) };
            let answer = session.qualification(Side::Marketing).await?.get_lead(request).await?.into_inner();
            session.show(&answer).await
        }
        Command::Explain(Explain { which, day, product_line }) => {
            let request = ExplainScoreRequest { lead: Some(lead_ref(&which.lead)), day, product_line };
            explain(request, session).await
        }
        Command::Adjust(Adjust { which, points, note, half_life_days, window_days }) => {
            let kind = half_life_days.map(Kind::HalfLifeDays).or(window_days.map(Kind::WindowDays));
            let lead = Some(lead_ref(&which.lead));
            let decay = kind.map(|kind| Decay { decay: Some(kind) });
            let request =
                AdjustScoreRequest { request_id: request_id(), lead: lead.clone(), points, decay, note };
            session.scores(Side::Marketing).await?.adjust_score(request).await?;
            explain(ExplainScoreRequest { lead, ..ExplainScoreRequest::default() }, session).await
        }
        Command::ResetScore(which) => {
            let lead = Some(lead_ref(&which.lead));
            let request = ResetScoreRequest { request_id: request_id(), lead: lead.clone() };
            session.scores(Side::Marketing).await?.reset_score(request).await?;
            explain(ExplainScoreRequest { lead, ..ExplainScoreRequest::default() }, session).await
        }
        Command::Qualify(qualify) => {
            let request = QualifyLeadRequest {
                request_id: request_id(),
                lead: Some(lead_ref(&qualify.which.lead)),
                product_line: qualify.product_line,
                sales_ready: qualify.sales_ready,
            };
            let answer =
                session.qualification(Side::Marketing).await?.qualify_lead(request).await?.into_inner();
            session.show(&answer).await
        }
        Command::Duplicates(which) => {
            let request = FindDuplicatesRequest { lead: Some(lead_ref(&which.lead)) };
            let answer =
                session.qualification(Side::Marketing).await?.find_duplicates(request).await?.into_inner();
            session.show(&answer).await
        }
        Command::Merge(Merge { survivor, duplicate }) => {
            let request = MergeLeadsRequest {
                request_id: request_id(),
                survivor: Some(lead_ref(&survivor)),
                duplicate: Some(lead_ref(&duplicate)),
                ..MergeLeadsRequest::default()
            };
            let answer =
                session.qualification(Side::Marketing).await?.merge_leads(request).await?.into_inner();
            session.show(&answer).await
        }
        Command::Unmerge(Unmerge { which, etag }) => {
            let lead = Some(lead_ref(&which.lead));
            let request = UnmergeLeadRequest { request_id: request_id(), lead, etag };
            let answer =
                session.qualification(Side::Marketing).await?.unmerge_lead(request).await?.into_inner();
            session.show(&answer).await
        }
    }
}

/// Shows why a lead stands where it stands.
pub(crate) async fn explain(request: ExplainScoreRequest, session: &mut Session<'_>) -> anyhow::Result<()> {
    let answer = session.scores(Side::Sales).await?.explain_score(request).await?.into_inner();
    if session.global.format != Format::Table {
        return session.show(&answer).await;
    }
    let zone = session.zone().await?;
    Ok(session.output.line(&explanation_page(&answer, zone))?)
}

pub(super) fn lead_ref(text: &str) -> LeadRef {
    let lead = if let Some(id) = text.strip_prefix("external-id:") {
        lead_ref::Lead::ExternalId(id.to_owned())
    } else if let Some(named) = text.strip_prefix("record-id:") {
        // Without an id the service says that it is required.
        let (system, id) = named.split_once(':').unwrap_or((named, ""));
        lead_ref::Lead::RecordId(RecordId { system: system.to_owned(), id: id.to_owned() })
    } else if text.starts_with("leads/") {
        lead_ref::Lead::Name(text.to_owned())
    } else if is_uuid(text) && text.len() == 36 {
        lead_ref::Lead::Name(format!("leads/{}", text.to_lowercase()))
    } else if text.contains('@') {
        lead_ref::Lead::Email(text.to_owned())
    } else {
        lead_ref::Lead::ExternalId(text.to_owned())
    };
    LeadRef { lead: Some(lead) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: lead_ref::Lead) {
        assert_eq!(lead_ref(text).lead, Some(expected), "{text}");
    }

    #[test]
    fn a_lead_is_named_in_four_ways() {
        const NAME: &str = "leads/00000000-0000-0000-0000-000000000007";
        check(NAME, lead_ref::Lead::Name(NAME.into()));
        check("00000000-0000-0000-0000-000000000007", lead_ref::Lead::Name(NAME.into()));
        check("ada@example.com", lead_ref::Lead::Email("ada@example.com".into()));
        // Ids of 32 hexadecimal digits are common in other systems, and no names of ours.
        check(
            "dac32acd4db4c29c230538b72f8dd87d",
            lead_ref::Lead::ExternalId("dac32acd4db4c29c230538b72f8dd87d".into()),
        );
        check("external-id:a@b", lead_ref::Lead::ExternalId("a@b".into()));
        let by = |system: &str, id: &str| {
            lead_ref::Lead::RecordId(RecordId { system: system.into(), id: id.into() })
        };
        check("record-id:billing:B:1", by("billing", "B:1"));
        check("record-id:billing", by("billing", ""));
    }
}
