//! TLS on the wire: a real server and real clients on loopback, with certificates made here.

mod admission;
mod authority;
mod files;
mod patience;
mod reload;
mod wire;
