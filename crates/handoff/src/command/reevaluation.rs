//! `handoff reevaluation`: what follows for the leads of today when a version takes effect. Nobody asks for it; it can be
//! followed, and nothing here changes anything.

mod follow;

use clap::{Args, Subcommand};
use handoff_proto::common::v1::Side;
use handoff_proto::qualification::v1::{
    GetReevaluationRequest, GetReevaluationResponse, ListReevaluatedLeadsRequest,
    ListReevaluatedLeadsResponse, ListReevaluationsRequest, ListReevaluationsResponse,
};
use handoff_runtime::shutdown::Shutdown;

use crate::command::paging::{Page, Paging};
use crate::session::Session;
use follow::{EVERY, Following};

/// What is to be seen of re-evaluations.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// List all re-evaluations, the latest first.
    List(List),
    /// Show how far the re-evaluation of a version has come, and how many leads change.
    Show(Show),
    /// List the leads that change, those with the most points of behaviour first.
    Leads(Leads),
}

/// Which re-evaluations.
#[derive(Debug, Args)]
pub(crate) struct List {
    #[command(flatten)]
    paging: Paging,
}

/// Which re-evaluation.
#[derive(Debug, Args)]
pub(crate) struct Show {
    #[command(flatten)]
    version: Version,
    /// Tell how it goes on until it has ended, and show it then.
    #[arg(long)]
    follow: bool,
}

/// Whose leads.
#[derive(Debug, Args)]
pub(crate) struct Leads {
    #[command(flatten)]
    version: Version,
    #[command(flatten)]
    paging: Paging,
}

/// The version that took effect.
#[derive(Debug, Args)]
pub(crate) struct Version {
    /// As `scoring-model/versions/3`.
    #[arg(value_name = "VERSION")]
    name: String,
}

impl Version {
    /// The name of its re-evaluation, which will do as well.
    fn reevaluation(&self) -> String {
        let version = self.name.strip_suffix("/reevaluation").unwrap_or(&self.name);
        format!("{version}/reevaluation")
    }
}

/// Does it.
pub(crate) async fn run(command: Command, session: &mut Session<'_>) -> anyhow::Result<()> {
    let service = session.reevaluations(Side::Marketing).await?;
    match command {
        Command::List(List { paging }) => {
            let (reevaluations, next_page_token) = paging
                .collect(async |page_size, page_token| {
                    let request = ListReevaluationsRequest { page_size, page_token };
                    let answer = service.clone().list_reevaluations(request).await?.into_inner();
                    Ok(Page { items: answer.reevaluations, next: answer.next_page_token })
                })
                .await?;
            paging.tell(&next_page_token, &mut session.output);
            session.show(&ListReevaluationsResponse { reevaluations, next_page_token }).await
        }
        Command::Show(Show { version, follow }) => {
            let name = version.reevaluation();
            let mut answer = read(&service, &name).await?;
            if follow {
                // Whoever has seen enough ends the program.
                let (mut following, nobody) = (Following::new(), Shutdown::new());
                while following.tell(&answer, &mut session.output) {
                    nobody.pause(EVERY).await;
                    answer = read(&service, &name).await?;
                }
            }
            session.show(&answer).await
        }
        Command::Leads(Leads { version, paging }) => {
            let parent = version.reevaluation();
            let (leads, next_page_token) = paging
                .collect(async |page_size, page_token| {
                    let request =
                        ListReevaluatedLeadsRequest { parent: parent.clone(), page_size, page_token };
                    let answer = service.clone().list_reevaluated_leads(request).await?.into_inner();
                    Ok(Page { items: answer.leads, next: answer.next_page_token })
                })
                .await?;
            paging.tell(&next_page_token, &mut session.output);
            session.show(&ListReevaluatedLeadsResponse { leads, next_page_token }).await
        }
    }
}

type Service = handoff_proto::qualification::v1::reevaluation_service_client::ReevaluationServiceClient<
    handoff_runtime::client::Peer,
>;

async fn read(service: &Service, name: &str) -> anyhow::Result<GetReevaluationResponse> {
    let request = GetReevaluationRequest { name: name.to_owned() };
    Ok(service.clone().get_reevaluation(request).await?.into_inner())
}
