//! The runtime on the wire: real servers and clients on loopback.
