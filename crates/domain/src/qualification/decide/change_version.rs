//! Taking a version of a criteria set or the scoring model a step further, or back (R16). What a step means for any
//! version is [`crate::version::decide`]; here is what a version of these subjects may say.

use crate::error::{Error, Violation};
use crate::profile::Catalogue;
use crate::qualification::command::{ChangeVersion, VersionStep};
use crate::qualification::decide::Answer;
use crate::qualification::decide::draft::Draft;
use crate::qualification::event::Event;
use crate::qualification::record::{Agreement, Content};
use crate::qualification::state::user_slug;
use crate::version::{self, DraftCause, Member, Subject, VersionDrafted};

pub(super) fn change_version(draft: &mut Draft<'_, '_>, command: &ChangeVersion) -> Result<Answer, Error> {
    draft.tenant()?;
    let subject = command.subject;
    let now = draft.now();
    let mut drafted = Content::default();
    let step = match &command.step {
        VersionStep::Draft(content) => {
            drafted = checked(content, subject, draft.state().catalogue())?;
            version::Command::Draft { document: drafted.document() }
        }
        VersionStep::Submit(version) => version::Command::Submit { version: *version },
        VersionStep::Sign { version, hash } => version::Command::Sign { version: *version, hash: *hash },
        VersionStep::WithdrawSignature(version) => version::Command::WithdrawSignature { version: *version },
        VersionStep::Withdraw(version) => version::Command::Withdraw { version: *version },
        VersionStep::Schedule { version, effective_from } => {
            version::Command::Schedule { version: *version, effective_from: effective_from.unwrap_or(now) }
        }
    };
    let nothing = Agreement::new(subject);
    let agreement = draft.state().agreement(subject).unwrap_or(&nothing);
    let context = version::Context { actor: draft.context.actor, member: member(draft), now };
    let decision = version::decide(&agreement.versions, &step, &context)?;
    // A version that is taken back says what it said.
    let said = |event: &VersionDrafted| match event.cause {
        DraftCause::Edit => drafted.clone(),
        DraftCause::Withdrawal => agreement.content(event.number).cloned().unwrap_or_default(),
    };
    let events: Vec<_> = decision.events.into_iter().map(|event| Event::of_version(event, said)).collect();
    for event in events {
        draft.emit(event);
    }
    Ok(Answer::Version { subject, number: decision.version, unchanged: decision.unchanged })
}

/// Notes which versions have taken effect because their time has come, without anybody's command.
pub(super) fn take_effect(draft: &mut Draft<'_, '_>) -> Result<Answer, Error> {
    draft.tenant()?;
    let now = draft.now();
    let due: Vec<_> = draft
        .state()
        .agreements()
        .flat_map(|agreement| version::take_effect(&agreement.versions, now))
        .collect();
    for event in due {
        // None of them drafts anything.
        draft.emit(Event::of_version(event, |_| Content::default()));
    }
    Ok(Answer::TookEffect)
}

/// The actor as the directory knows it.
fn member(draft: &Draft<'_, '_>) -> Option<Member> {
    let user = draft.state().user(user_slug(draft.context.actor)?)?;
    Some(Member { side: user.side, active: user.active })
}

/// The content in its one form, if it may be said of the subject by a tenant with these attributes.
fn checked(content: &Content, subject: Subject, catalogue: &Catalogue) -> Result<Content, Error> {
    if !content.fits(subject) {
        return Err(Error::invalid("content", fitting(subject)));
    }
    match content {
        Content::Nothing => Ok(Content::Nothing),
        Content::Criteria(set) => {
            within("content.criteria_set", set.check(catalogue))?;
            Ok(Content::Criteria(set.clone()))
        }
        Content::Model(model) => {
            within("content.scoring_model", model.validate())?;
            Ok(Content::Model(model.clone().canonical()))
        }
    }
}

/// What a version of the subject may say.
fn fitting(subject: Subject) -> String {
    match subject {
        Subject::CriteriaSet(kind) => format!("is a criteria set for {kind} leads, or nothing"),
        Subject::ScoringModel => "is a scoring model, or nothing".to_owned(),
        Subject::Contract => "is none of ours: contracts are sla's".to_owned(),
    }
}

/// What is wrong with a content, by its path in the request.
fn within(path: &str, judged: Result<(), Error>) -> Result<(), Error> {
    judged.map_err(|error| match error {
        Error::Invalid(violations) => Error::Invalid(
            violations
                .into_iter()
                .map(|found| Violation { field: format!("{path}.{}", found.field), ..found })
                .collect(),
        ),
        other => other,
    })
}
