//! The one place where the operating system's randomness enters. Everything else takes randomness as an argument, so
//! that a simulation can give its own.

use std::cell::RefCell;

/// What a UUIDv7 holds besides its instant.
type Ten = [u8; 10];

/// So many are asked for at once: a system call for each id was a hundredth of what a write costs.
const STOCK: usize = 64;

struct Stock {
    bytes: [Ten; STOCK],
    left: usize,
}

thread_local! {
    static STOCKED: RefCell<Stock> = const { RefCell::new(Stock { bytes: [[0; 10]; STOCK], left: 0 }) };
}

/// Ten random bytes of the operating system that nobody was given before.
///
/// # Panics
/// When the operating system has no randomness; nothing could go on without.
#[expect(clippy::disallowed_methods, reason = "this is the place that may")]
pub fn ten_bytes() -> Ten {
    STOCKED.with_borrow_mut(|stock| {
        if stock.left == 0 {
            getrandom::fill(stock.bytes.as_flattened_mut()).expect("the operating system has randomness");
            stock.left = STOCK;
        }
        stock.left -= 1;
        // Taken, not copied: what was given away is not kept.
        std::mem::take(&mut stock.bytes[stock.left])
    })
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn nothing_is_given_twice_by_no_thread() {
        let draw = || (0..3 * STOCK + 1).map(|_| ten_bytes()).collect::<Vec<_>>();
        let mut drawn = draw();
        drawn.extend(std::thread::spawn(draw).join().expect("it ends well"));
        assert_eq!(drawn.iter().collect::<HashSet<_>>().len(), drawn.len());
        assert!(!drawn.contains(&[0; 10]));
    }
}
