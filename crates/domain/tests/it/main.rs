//! The laws of the domain, checked from outside: golden vectors, tables of data and properties.

