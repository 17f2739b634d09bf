//! Any CRM's export, read by a mapping file, as items of the Import RPC.
//!
//! Reading is pure: a mapping and a header make a [`Plan`], a plan and a row make an [`Item`] or the [`Problem`]s of
//! that row. Nothing here talks to a service, guesses a format or repairs a value: what the mapping does not say is
//! refused, with the line and the column.

mod amount;
mod date;
mod encoding;
mod entry;
mod field;
mod file;
mod format;
mod header;
mod key;
mod lead;
mod lookup;
mod mapping;
mod plan;
mod record;
mod row;
#[cfg(test)]
mod tests;

pub(crate) use amount::{NumberFormat, parse_amount};
pub use file::{Read, Reader, ReaderError};
pub use mapping::{Kind, Mapping, MappingError};
pub use plan::{Item, Plan};
pub use row::Problem;
