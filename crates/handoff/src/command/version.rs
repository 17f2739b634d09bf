//! `handoff version`: what both sides agree on, from draft to signature to effect (R16). Nothing here goes around the two
//! keys: each step is the service's, and it says who may.

pub(crate) mod apply;
pub(crate) mod at;
pub(crate) mod show;

use anyhow::bail;
use clap::builder::PossibleValuesParser;
use clap::{Args, Subcommand};
use handoff_proto::common::v1::Side;
use handoff_proto::qualification::v1::{
    GetVersionRequest, ListVersionsRequest, ListVersionsResponse, ScheduleVersionRequest, SignVersionRequest,
    SubmitVersionRequest, VersionContent, WithdrawSignatureRequest, WithdrawVersionRequest,
};

use crate::command::paging::{Page, Paging};
use crate::session::{Session, request_id};
use at::At;

/// What is to be done with versions.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// List the versions of a subject, by number.
    List(List),
    /// Show where a version stands, who has to sign it, and what it changes.
    Show(Which),
    /// Put a draft before both sides.
    Submit(Which),
    /// Sign a version for your side. Without --hash it shows what it would sign, and asks.
    Sign(Sign),
    /// Take a version back: it is a draft again, without signatures.
    Withdraw(Which),
    /// Take your own signature back: the version is a draft again.
    WithdrawSignature(Which),
    /// Put a version that both sides have signed in effect, now or later.
    Schedule(Schedule),
    /// Draft the agreement that nothing of a subject is in effect any more; it takes both signatures, as any other.
    End(End),
}

/// Of what.
#[derive(Debug, Args)]
pub(crate) struct Subject {
    #[arg(value_parser = PossibleValuesParser::new(["criteria-sets/b2b", "criteria-sets/b2c", "scoring-model"]))]
    subject: String,
}

/// Which versions.
#[derive(Debug, Args)]
pub(crate) struct List {
    #[command(flatten)]
    subject: Subject,
    #[command(flatten)]
    paging: Paging,
}

/// Which version.
#[derive(Debug, Args)]
pub(crate) struct Which {
    /// As `criteria-sets/b2b/versions/3`; to be shown, a subject alone will do.
    name: String,
}

/// A signature.
#[derive(Debug, Args)]
pub(crate) struct Sign {
    #[command(flatten)]
    which: Which,
    /// The hash of what you have read; another content is not signed.
    #[arg(long)]
    hash: Option<String>,
}

/// When a version takes effect.
#[derive(Debug, Args)]
pub(crate) struct Schedule {
    #[command(flatten)]
    which: Which,
    /// A time such as 2026-03-30T10:00:00+02:00, or a date, which is its midnight in the tenant's time zone; now unless
    /// given.
    #[arg(long, value_name = "TIME", value_parser = at::parse)]
    at: Option<At>,
}

/// The end of an agreement.
#[derive(Debug, Args)]
pub(crate) struct End {
    #[command(flatten)]
    subject: Subject,
    /// Put it before both sides at once.
    #[arg(long)]
    submit: bool,
}

/// Does it.
pub(crate) async fn run(command: Command, session: &mut Session<'_>) -> anyhow::Result<()> {
    // Only a signature depends on the side, and the service knows which one a user may speak for.
    let mut service = session.versions(Side::Marketing).await?;
    let request_id = request_id();
    match command {
        Command::List(List { subject: Subject { subject }, paging }) => {
            let (versions, next_page_token) = paging
                .collect(async |page_size, page_token| {
                    let request = ListVersionsRequest { subject: subject.clone(), page_size, page_token };
                    let answer = service.clone().list_versions(request).await?.into_inner();
                    Ok(Page { items: answer.versions, next: answer.next_page_token })
                })
                .await?;
            paging.tell(&next_page_token, &mut session.output);
            session.show(&ListVersionsResponse { versions, next_page_token }).await
        }
        Command::Show(Which { name }) => {
            let answer = service.get_version(GetVersionRequest { name }).await?.into_inner();
            session.show(&answer).await
        }
        Command::Submit(Which { name }) => {
            let request = SubmitVersionRequest { request_id, name };
            let answer = service.submit_version(request).await?.into_inner();
            session.show(&answer).await
        }
        Command::Sign(Sign { which, hash }) => {
            let (name, content_hash) = match hash {
                Some(hash) => (which.name, hash),
                None => read_and_agree(which.name, session).await?,
            };
            let request = SignVersionRequest { request_id, name, content_hash };
            let answer = service.sign_version(request).await?.into_inner();
            session.show(&answer).await
        }
        Command::Withdraw(Which { name }) => {
            let request = WithdrawVersionRequest { request_id, name };
            let answer = service.withdraw_version(request).await?.into_inner();
            session.show(&answer).await
        }
        Command::WithdrawSignature(Which { name }) => {
            let request = WithdrawSignatureRequest { request_id, name };
            let answer = service.withdraw_signature(request).await?.into_inner();
            session.show(&answer).await
        }
        Command::Schedule(Schedule { which, at }) => {
            let effective_time = match at {
                Some(at) => Some(at.instant(session).await?),
                None => None,
            };
            let request = ScheduleVersionRequest { request_id, name: which.name, effective_time };
            let answer = service.schedule_version(request).await?.into_inner();
            session.show(&answer).await
        }
        Command::End(End { subject, submit }) => {
            apply::draft(subject.subject, VersionContent { content: None }, submit, session).await
        }
    }
}

/// Shows what would be signed, and asks. What is signed is what was shown, whatever happens to the version meanwhile.
async fn read_and_agree(name: String, session: &mut Session<'_>) -> anyhow::Result<(String, String)> {
    let mut service = session.versions(Side::Marketing).await?;
    let answer = service.get_version(GetVersionRequest { name }).await?.into_inner();
    session.show(&answer).await?;
    let version = answer.version.unwrap_or_default();
    let question = format!("Sign {} with the hash {}? yes or no:", version.name, version.content_hash);
    match session.output.ask(&question)? {
        Some(answer) if answer == "yes" => Ok((version.name, version.content_hash)),
        Some(_) => bail!("nothing was signed"),
        None => bail!(
            "nothing was signed: nobody can be asked here, so say what you have read with --hash {}",
            version.content_hash
        ),
    }
}
