//! What a commit has to wait for: how often a second the disk says that a page is on it.

use std::fs::File;
use std::io::{Seek, Write};
use std::path::Path;
use std::time::{Duration, Instant};

/// One page of Postgres's log.
const PAGE: [u8; 8192] = [0x5a; 8192];

/// Writes a page and waits for it (fdatasync), again and again for a second, in a file of `folder`.
pub(crate) fn syncs_per_second(folder: &Path) -> std::io::Result<f64> {
    let path = folder.join("syncs");
    let mut file = File::create(&path)?;
    let started = Instant::now();
    let mut syncs = 0_u32;
    while started.elapsed() < Duration::from_secs(1) {
        // In place, as Postgres does in a log file that it uses again: the size of the file stays out of it.
        file.rewind()?;
        file.write_all(&PAGE)?;
        file.sync_data()?;
        syncs += 1;
    }
    let rate = f64::from(syncs) / started.elapsed().as_secs_f64();
    std::fs::remove_file(path)?;
    Ok(rate)
}
