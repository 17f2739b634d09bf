//! A model that both sides sign, step by step.

use handoff_domain::qualification::command::{ChangeVersion, Command, VersionStep};
use handoff_domain::qualification::record::Content;
use handoff_domain::version::Subject;

use super::{Model, command};
use crate::simulation::agreement;
use crate::simulation::operation::Publishing;
use crate::simulation::told::Told;

impl Model {
    /// Drafted, signed and in effect at once.
    pub(super) fn publish(&mut self, publishing: Publishing) -> Told {
        self.models += 1;
        let version = self.models;
        let content = Content::Model(agreement::model(version, publishing));
        let hash = content.document().hash();
        let (marketing, sales) = (command::marketing(), command::sales(0));
        for (actor, step) in [
            (&marketing, VersionStep::Draft(content)),
            (&marketing, VersionStep::Submit(version)),
            (&marketing, VersionStep::Sign { version, hash }),
            (&sales, VersionStep::Sign { version, hash }),
            (&sales, VersionStep::Schedule { version, effective_from: None }),
        ] {
            let change = ChangeVersion { subject: Subject::ScoringModel, step };
            self.run(actor, &Command::ChangeVersion(Box::new(change)))?;
        }
        Ok(())
    }
}
