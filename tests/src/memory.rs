//! What a process holds in memory, as the kernel says it: now, and at most since it was last asked to forget its highest.

use std::fs;

use anyhow::Context;
use rustix::process::Pid;

/// Bytes of a process that lie in memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Resident {
    /// Now.
    pub now: u64,
    /// At most, since its start or the last [`forget_highest`].
    pub highest: u64,
}

/// What the process holds.
///
/// # Errors
/// When there is no such process, or the system does not say.
pub fn resident(process: Pid) -> anyhow::Result<Resident> {
    let status = fs::read_to_string(format!("/proc/{}/status", process.as_raw_nonzero()))?;
    Ok(Resident { now: bytes(&status, "VmRSS:")?, highest: bytes(&status, "VmHWM:")? })
}

/// From now on its highest is counted anew.
///
/// # Errors
/// When it is not ours to say so.
pub fn forget_highest(process: Pid) -> anyhow::Result<()> {
    // What 5 stands for is in proc(5), under clear_refs.
    fs::write(format!("/proc/{}/clear_refs", process.as_raw_nonzero()), "5")?;
    Ok(())
}

/// A size that the kernel gives in units of 1,024 bytes.
fn bytes(status: &str, name: &str) -> anyhow::Result<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix(name));
    let size = line.and_then(|rest| rest.split_whitespace().next()?.parse::<u64>().ok());
    Ok(size.with_context(|| format!("the kernel tells no {name}"))? * 1_024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_size_is_told_in_kibibytes() -> anyhow::Result<()> {
        let status = "Name:\tx\nVmHWM:\t    2048 kB\nVmRSS:\t    1024 kB\n";
        assert_eq!((bytes(status, "VmRSS:")?, bytes(status, "VmHWM:")?), (1 << 20, 2 << 20));
        assert!(bytes(status, "VmSwap:").is_err());
        Ok(())
    }
}
