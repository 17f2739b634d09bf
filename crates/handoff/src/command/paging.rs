//! Lists, page after page, up to as many rows as were asked for.

use clap::Args;

use crate::output::Output;

/// The API's largest page.
const PAGE_SIZE_MAX: usize = 1_000;

/// How much of a list is wanted.
#[derive(Debug, Args)]
pub(crate) struct Paging {
    /// At most so many rows.
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..))]
    limit: u32,
    /// Go on where an earlier list stopped.
    #[arg(long, default_value = "")]
    page_token: String,
}

/// A page of a list.
pub(crate) struct Page<T> {
    pub(crate) items: Vec<T>,
    pub(crate) next: String,
}

impl Paging {
    /// Reads pages until there are enough rows: these, and the token of the page after them.
    pub(crate) async fn collect<T>(
        &self,
        mut read: impl AsyncFnMut(i32, String) -> anyhow::Result<Page<T>>,
    ) -> anyhow::Result<(Vec<T>, String)> {
        let limit = self.limit as usize;
        let mut items = Vec::new();
        let mut token = self.page_token.clone();
        loop {
            let wanted = (limit - items.len()).min(PAGE_SIZE_MAX);
            let page = read(i32::try_from(wanted).unwrap_or(i32::MAX), token).await?;
            items.extend(page.items);
            token = page.next;
            if token.is_empty() || items.len() >= limit {
                return Ok((items, token));
            }
        }
    }

    /// Says that there is more.
    pub(crate) fn tell(&self, next: &str, output: &mut Output<'_>) {
        if !next.is_empty() {
            output.say(&format!("There is more: a larger --limit, or --page-token {next}"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reads numbers from 0 to 2,499 in the largest pages the caller allows.
    async fn read(limit: u32) -> (Vec<usize>, String, Vec<i32>) {
        let mut sizes = Vec::new();
        let paging = Paging { limit, page_token: String::new() };
        let read = async |size: i32, token: String| {
            sizes.push(size);
            let from = token.parse().unwrap_or(0);
            let until = (from + usize::try_from(size)?).min(2_500);
            let next = if until == 2_500 { String::new() } else { until.to_string() };
            Ok(Page { items: (from..until).collect(), next })
        };
        let (items, next) = paging.collect(read).await.unwrap();
        (items, next, sizes)
    }

    #[tokio::test]
    async fn pages_add_up_to_the_limit() {
        let (items, next, sizes) = read(1_200).await;
        assert_eq!((items, next.as_str(), sizes), ((0..1_200).collect(), "1200", vec![1_000, 200]));
    }

    #[tokio::test]
    async fn the_list_may_end_before_the_limit() {
        let (items, next, sizes) = read(9_000).await;
        assert_eq!((items.len(), next.as_str(), sizes), (2_500, "", vec![1_000, 1_000, 1_000]));
    }
}
