//! From which peers a mesh's headers are believed: addresses of this machine, where a sidecar comes from (Istio's from
//! 127.0.0.6), and configured networks, for a sidecar that comes from the pod's own address and for a proxy of the node.
//!
//! A network is refused if it can be meant in two ways: with bits set behind its prefix, or with a prefix that is written
//! unusually. An IPv4 address counts as itself also where it is written as an IPv6 one (`::ffff:192.0.2.7`), as a
//! listener on both sees it; so `::/0` is no IPv4 address.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::str::FromStr;

/// An address, or all that begin with the same bits: `192.0.2.7`, `10.0.0.0/8`, `fd00::/8`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Network {
    address: IpAddr,
    prefix: u8,
}

impl Network {
    /// Whether `address` is of it.
    pub fn contains(&self, address: IpAddr) -> bool {
        match (self.address, address.to_canonical()) {
            (IpAddr::V4(own), IpAddr::V4(other)) => {
                (own.to_bits() ^ other.to_bits()) & mask_v4(self.prefix) == 0
            }
            (IpAddr::V6(own), IpAddr::V6(other)) => {
                (own.to_bits() ^ other.to_bits()) & mask_v6(self.prefix) == 0
            }
            _ => false,
        }
    }
}

/// The first `prefix` bits. A shift by all bits is none to Rust, hence the checked one.
fn mask_v4(prefix: u8) -> u32 {
    u32::MAX.checked_shl(Ipv4Addr::BITS.saturating_sub(prefix.into())).unwrap_or(0)
}

fn mask_v6(prefix: u8) -> u128 {
    u128::MAX.checked_shl(Ipv6Addr::BITS.saturating_sub(prefix.into())).unwrap_or(0)
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.prefix)
    }
}

impl FromStr for Network {
    type Err = NetworkError;

    fn from_str(text: &str) -> Result<Self, NetworkError> {
        let (address, prefix) = text.split_once('/').map_or((text, None), |(a, p)| (a, Some(p)));
        let address: IpAddr = address.parse().map_err(|_| NetworkError::Address)?;
        let bits = if address.is_ipv4() { 32 } else { 128 };
        let prefix = match prefix {
            None => bits,
            Some(text) => {
                let plain =
                    text.bytes().all(|b| b.is_ascii_digit()) && (text == "0" || !text.starts_with('0'));
                let prefix: u8 = text.parse().ok().filter(|_| plain).ok_or(NetworkError::Prefix(bits))?;
                if prefix > bits {
                    return Err(NetworkError::Prefix(bits));
                }
                prefix
            }
        };
        let network = match (address, address.to_canonical()) {
            // The same network, in the form that addresses are compared in.
            (IpAddr::V6(_), IpAddr::V4(mapped)) if prefix >= 96 => {
                Self { address: mapped.into(), prefix: prefix - 96 }
            }
            _ => Self { address, prefix },
        };
        let first: IpAddr = match network.address {
            IpAddr::V4(v4) => Ipv4Addr::from_bits(v4.to_bits() & mask_v4(network.prefix)).into(),
            IpAddr::V6(v6) => Ipv6Addr::from_bits(v6.to_bits() & mask_v6(network.prefix)).into(),
        };
        if first != network.address {
            return Err(NetworkError::Beyond(Self { address: first, prefix: network.prefix }));
        }
        Ok(network)
    }
}

/// Why a text is not a network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NetworkError {
    /// Not an address.
    #[error("a proxy is an address such as 192.0.2.7 or a network such as 10.0.0.0/8 or fd00::/8")]
    Address,
    /// Not a number of bits, or too large a one.
    #[error("the prefix of a network is a number of bits from 0 to {0}")]
    Prefix(u8),
    /// The address is one within the network.
    #[error("the address has bits behind its prefix; {0} would be the network")]
    Beyond(Network),
}

/// The peers whose forwarded headers are believed. Those of this machine always are.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Proxies {
    networks: Vec<Network>,
}

impl Proxies {
    /// The proxies of this machine and of `networks`.
    pub fn new(networks: impl IntoIterator<Item = Network>) -> Self {
        Self { networks: networks.into_iter().collect() }
    }

    /// Whether what `peer` forwards is believed; never that of a peer nobody knows.
    pub fn is_trusted(&self, peer: Option<SocketAddr>) -> bool {
        peer.map(|peer| peer.ip().to_canonical()).is_some_and(|address| {
            address.is_loopback() || self.networks.iter().any(|network| network.contains(address))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn proxies(networks: &[&str]) -> Proxies {
        Proxies::new(networks.iter().map(|text| text.parse().unwrap()))
    }

    fn check(networks: &[&str], address: &str, expected: bool) {
        let peer = SocketAddr::new(address.parse().unwrap(), 4143);
        assert_eq!(proxies(networks).is_trusted(Some(peer)), expected, "{address} of {networks:?}");
    }

    fn check_refused(text: &str, expected: NetworkError) {
        assert_eq!(text.parse::<Network>().expect_err(text), expected, "{text}");
    }

    #[test]
    fn loopback_is_always_trusted_and_nothing_else_without_being_told() {
        for address in ["127.0.0.1", "127.0.0.6", "127.255.255.255", "::1", "::ffff:127.0.0.1"] {
            check(&[], address, true);
        }
        for address in ["126.255.255.255", "128.0.0.0", "0.0.0.0", "::", "::2", "10.0.0.1", "::ffff:10.0.0.1"]
        {
            check(&[], address, false);
        }
        assert!(!proxies(&["0.0.0.0/0", "::/0"]).is_trusted(None), "a peer without an address");
    }

    #[test]
    fn a_network_ends_where_its_prefix_says() {
        let eight = &["10.0.0.0/8"];
        for (address, expected) in [
            ("10.0.0.0", true),
            ("10.255.255.255", true),
            ("::ffff:10.1.2.3", true),
            ("9.255.255.255", false),
            ("11.0.0.0", false),
            ("fd00::a00:1", false),
        ] {
            check(eight, address, expected);
        }
        check(&["192.0.2.128/25"], "192.0.2.128", true);
        check(&["192.0.2.128/25"], "192.0.2.127", false);
        check(&["192.0.2.6/31"], "192.0.2.7", true);
        check(&["192.0.2.6/31"], "192.0.2.8", false);
        check(&["fd00::/8"], "fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", true);
        check(&["fd00::/8"], "fe00::", false);
        check(&["2001:db8::/127"], "2001:db8::1", true);
        check(&["2001:db8::/127"], "2001:db8::2", false);
    }

    #[test]
    fn an_address_is_only_itself() {
        for network in ["192.0.2.7", "192.0.2.7/32", "::ffff:192.0.2.7", "::ffff:192.0.2.7/128"] {
            check(&[network], "192.0.2.7", true);
            check(&[network], "::ffff:192.0.2.7", true);
            check(&[network], "192.0.2.6", false);
            check(&[network], "192.0.2.8", false);
        }
        check(&["2001:db8::7"], "2001:db8::7", true);
        check(&["2001:db8::7/128"], "2001:db8::6", false);
    }

    #[test]
    fn everything_is_everything_of_its_kind() {
        check(&["0.0.0.0/0"], "255.255.255.255", true);
        check(&["0.0.0.0/0"], "2001:db8::1", false);
        check(&["::/0"], "2001:db8::1", true);
        check(&["::/0"], "192.0.2.7", false);
        check(&["::/0"], "::ffff:192.0.2.7", false);
        check(&["::ffff:0.0.0.0/96"], "192.0.2.7", true);
        check(&["fd00::/8", "192.0.2.7"], "192.0.2.7", true);
    }

    #[test]
    fn what_is_no_network_is_refused() {
        for text in
            ["", "/8", "10.0.0/8", "10.0.0.0.0", "010.0.0.1", "proxy", "10.0.0.1:80", "[::1]", "fe80::1%1"]
        {
            check_refused(text, NetworkError::Address);
        }
        for text in ["10.0.0.0/", "10.0.0.0/33", "10.0.0.0/08", "10.0.0.0/+8", "10.0.0.0/8/8", "10.0.0.0/256"]
        {
            check_refused(text, NetworkError::Prefix(32));
        }
        check_refused("fd00::/129", NetworkError::Prefix(128));
        check_refused(" 10.0.0.0/8", NetworkError::Address);
    }

    #[test]
    fn bits_behind_the_prefix_are_refused_with_what_is_meant() {
        for (text, meant) in [
            ("10.1.2.3/8", "10.0.0.0/8"),
            ("192.0.2.7/31", "192.0.2.6/31"),
            ("1.0.0.0/0", "0.0.0.0/0"),
            ("fd00::1/8", "fd00::/8"),
            ("::ffff:10.1.2.3/104", "10.0.0.0/8"),
        ] {
            let meant: Network = meant.parse().unwrap();
            check_refused(text, NetworkError::Beyond(meant));
            let sentence = NetworkError::Beyond(meant).to_string();
            assert!(sentence.contains(&meant.to_string()), "{sentence}");
        }
    }
}
