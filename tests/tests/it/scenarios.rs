//! Stories in YAML that read like the requirements (`tests/scenarios`), told to the real processes: who does what and when,
//! and what must come of it. A new story is a file there; a new word is one in `step.rs`.

mod act;
mod expect;
mod fields;
mod stage;
mod step;
mod story;

use std::fs;

use anyhow::Context;
use handoff::yaml::Unusable;
use handoff_tests::sources;

use story::Story;

/// A story of `tests/scenarios`; an unknown word in it is an error that names the place.
fn read(name: &str, text: &str) -> anyhow::Result<Story> {
    let file = format!("tests/scenarios/{name}");
    Story::read(text)?.map_err(|faults| Unusable { file, faults }.into())
}

#[tokio::test]
async fn every_story_goes_as_it_is_told() -> anyhow::Result<()> {
    let folder = sources::root().join("tests/scenarios");
    let mut names = Vec::new();
    for entry in fs::read_dir(&folder)? {
        names.push(entry?.file_name().into_string().ok().context("a name in UTF-8")?);
    }
    names.sort();
    assert!(!names.is_empty(), "no story was found in {}", folder.display());
    // All of them are read before any is told.
    let read = |name: &String| read(name, &fs::read_to_string(folder.join(name))?);
    let stories = names.iter().map(read).collect::<anyhow::Result<Vec<Story>>>()?;
    for (name, story) in names.iter().zip(stories) {
        stage::tell(&story).await.with_context(|| format!("{name}: {}", story.title))?;
    }
    Ok(())
}

/// What is wrong with a story of these steps, without the name of its file.
fn faults(steps: &str) -> Vec<String> {
    let text = format!("story: A\ntime_zone: Europe/Rome\npeople: {{mia: MARKETING}}\nsteps:\n{steps}");
    let told = read("it.yaml", &text).map(drop).expect_err("must be refused").to_string();
    told.lines().map(|line| line.trim_start_matches("tests/scenarios/it.yaml:").to_owned()).collect()
}

#[test]
fn a_word_that_nobody_knows_is_told_with_its_place() {
    let sings = "  - {at: Thu 2026-03-26 09:00, by: mia, sings: criteria-sets/b2b/versions/1}\n";
    assert_eq!(
        faults(sings),
        ["5:6: is no step: it has one of draft, submit, read, sign, schedule, capture, record, accept, \
          expect_version, expect_lead"]
    );
    let steps = "  - {at: Thu 2026-03-26 09:00, by: mia, submit: it, loudly: true}
  - {by: max, submit: it, refused: BECAUSE}
  - {by: mia, draft: it, document: sketch}
  - {at: Mon 2026-03-26 09:00, by: mia, submit: it}
  - {at: Wed 2026-03-25 09:00, submit: it}
  - {expect_lead: ada, stage: MAYBE, fits: 3}
documents:
  criteria: {kind: B2B, weight: 3}
";
    assert_eq!(
        faults(steps),
        [
            "5:53: loudly: is no word here; what is: at, by, refused, submit",
            "6:6: by: max is none of the people: mia",
            "6:27: refused: BECAUSE is no word of ErrorReason",
            "7:26: document: sketch is none of the documents",
            "8:6: at: is a weekday, date and time that go together: Mon 2026-03-30 08:00",
            "9:6: at: lies before a step above",
            "9:6: by: is missing",
            "10:24: stage: MAYBE is no word of Stage",
            "10:38: fits: is no word here; what is: at, expect_lead, stage, since, trigger, verdict, lacks, fit, \
             behaviour",
            "12:25: documents.criteria.weight: is no field here; what is: kind, criteria",
        ]
    );
}
