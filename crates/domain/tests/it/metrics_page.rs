//! docs/METRICS.md says what the code computes: it is written from the definitions (`HANDOFF_BLESS=1`) and compared.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use handoff_domain::metric::{Metric, describe};

fn page() -> String {
    let mut page = String::from(
        "# Metrics\n\nEvery figure that Handoff reports, with its formula. Written from the definitions in \
         `crates/domain/src/metric/definition.rs`,\nwhich every answer carries too: change it there, then run \
         `./x generate`.\n\nA ratio keeps both of its counts, and has no value where there is nothing to divide by. \
         Percentiles are linear (type 7).\n`R` and `F` numbers are the requirements that a metric answers.\n\n\
         Compared with the period before, a change is current ÷ previous − 1, and has no value where one of the two has\n\
         none or the previous one is zero. It is relative for shares too: from 50 % to 40 % is −20 %. Both periods are as\n\
         of the same instant, so an older cohort had longer to come to something; `matured` ones can be compared. A period\n\
         that is not over is marked `running`: it is a part that is held against a whole.\n",
    );
    for metric in Metric::ALL {
        let it = describe(metric);
        write!(page, "\n## {} {}\n\n", it.id, it.name).expect("a string takes everything");
        writeln!(page, "- **Formula:** {}", it.formula).expect("a string takes everything");
        writeln!(page, "- **Unit:** {}", it.unit).expect("a string takes everything");
        writeln!(page, "- **Answers:** {}", it.requirements.join(", ")).expect("a string takes everything");
        if !it.note.is_empty() {
            writeln!(page, "- **Note:** {}", it.note).expect("a string takes everything");
        }
    }
    page
}

#[test]
fn the_page_of_metrics_is_fresh() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/METRICS.md");
    if std::env::var_os("HANDOFF_BLESS").is_some() {
        fs::write(&path, page()).expect("docs/ can be written");
    }
    let committed = fs::read_to_string(&path).unwrap_or_default();
    assert!(committed == page(), "docs/METRICS.md is stale: run ./x generate and commit it");
}
