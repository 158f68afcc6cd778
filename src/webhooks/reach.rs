//! What a webhook may reach. Whoever declares one names an address that this server then asks; it must not
//! become a way to what only this server can reach. So an address is looked at when it is connected to, not
//! before: a name may stand for another address by then.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::redirect::Policy;
use reqwest::{Client, Url};

/// Addresses of IPv4 that are nobody's on the public net (IANA's special-purpose registry, multicast,
/// reserved).
const SPECIAL_V4: [Ipv4Net; 15] = [
    Ipv4Net::new_assert(Ipv4Addr::UNSPECIFIED, 8),
    Ipv4Net::new_assert(Ipv4Addr::new(10, 0, 0, 0), 8),
    Ipv4Net::new_assert(Ipv4Addr::new(100, 64, 0, 0), 10),
    Ipv4Net::new_assert(Ipv4Addr::new(127, 0, 0, 0), 8),
    Ipv4Net::new_assert(Ipv4Addr::new(169, 254, 0, 0), 16),
    Ipv4Net::new_assert(Ipv4Addr::new(172, 16, 0, 0), 12),
    Ipv4Net::new_assert(Ipv4Addr::new(192, 0, 0, 0), 24),
    Ipv4Net::new_assert(Ipv4Addr::new(192, 0, 2, 0), 24),
    Ipv4Net::new_assert(Ipv4Addr::new(192, 88, 99, 0), 24),
    Ipv4Net::new_assert(Ipv4Addr::new(192, 168, 0, 0), 16),
    Ipv4Net::new_assert(Ipv4Addr::new(198, 18, 0, 0), 15),
    Ipv4Net::new_assert(Ipv4Addr::new(198, 51, 100, 0), 24),
    Ipv4Net::new_assert(Ipv4Addr::new(203, 0, 113, 0), 24),
    Ipv4Net::new_assert(Ipv4Addr::new(224, 0, 0, 0), 4),
    Ipv4Net::new_assert(Ipv4Addr::new(240, 0, 0, 0), 4),
];

/// Where addresses of IPv6 on the public net are.
const PUBLIC_V6: Ipv6Net = Ipv6Net::new_assert(Ipv6Addr::new(0x2000, 0, 0, 0, 0, 0, 0, 0), 3);

/// Parts of it that are not, or that lead to an address of IPv4: Teredo and others, documentation, 6to4.
const SPECIAL_V6: [Ipv6Net; 4] = [
    Ipv6Net::new_assert(Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, 0, 0), 23),
    Ipv6Net::new_assert(Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0), 32),
    Ipv6Net::new_assert(Ipv6Addr::new(0x2002, 0, 0, 0, 0, 0, 0, 0), 16),
    Ipv6Net::new_assert(Ipv6Addr::new(0x3fff, 0, 0, 0, 0, 0, 0, 0), 20),
];

/// Why an address may not be reached.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unreachable {
    /// It is no URL.
    #[error("the address is no URL with a host")]
    NoUrl,
    /// It is for another protocol.
    #[error("the address is of {0}; webhooks go by https, or by http within the networks of `webhooks.networks`")]
    Scheme(String),
    /// It has a name and password in it.
    #[error("the address has a name or password in it; deliveries are signed instead")]
    Credentials,
    /// It is not public.
    #[error("{0} is neither public nor within `webhooks.networks`, or is to be reached by plain http")]
    Address(IpAddr),
}

/// What may be reached, and the ways there.
pub(super) struct Reach {
    inner: Networks,
    open: Client,
    plain: Client,
}

/// The networks of the city's own.
#[derive(Debug, Clone)]
struct Networks(Arc<[IpNet]>);

impl Networks {
    /// Whether an address may be reached, by plain HTTP or not.
    fn permit(&self, address: IpAddr, is_plain: bool) -> bool {
        let address = address.to_canonical();
        self.0.iter().any(|net| net.contains(&address)) || (!is_plain && is_public(address))
    }
}

fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => !SPECIAL_V4.iter().any(|net| net.contains(&address)),
        IpAddr::V6(address) => PUBLIC_V6.contains(&address) && !SPECIAL_V6.iter().any(|net| net.contains(&address)),
    }
}

/// Finds the addresses of a name, and leaves out those that may not be reached.
struct Guarded {
    inner: Networks,
    is_plain: bool,
}

impl Resolve for Guarded {
    fn resolve(&self, name: Name) -> Resolving {
        let (inner, is_plain) = (self.inner.clone(), self.is_plain);
        Box::pin(async move {
            let found: Vec<SocketAddr> = tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
            let (permitted, others): (Vec<_>, Vec<_>) =
                found.into_iter().partition(|address| inner.permit(address.ip(), is_plain));
            if permitted.is_empty() {
                let nowhere = || Box::new(io::Error::other("the name has no address")).into();
                return Err(others.first().map_or_else(nowhere, |other| Unreachable::Address(other.ip()).into()));
            }
            Ok(Box::new(permitted.into_iter()) as Addrs)
        })
    }
}

impl Reach {
    /// With networks beyond what is public, and so much patience.
    pub(super) fn new(networks: &[IpNet], patience: Duration) -> Result<Self, reqwest::Error> {
        // Another part of the program may have chosen the cryptography already, which is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let inner = Networks(networks.into());
        let client = |is_plain| {
            let resolver = Guarded { inner: inner.clone(), is_plain };
            let client = Client::builder().redirect(Policy::none()).no_proxy().timeout(patience);
            client.user_agent(concat!("Platbook/", env!("CARGO_PKG_VERSION"))).dns_resolver(resolver).build()
        };
        Ok(Self { open: client(false)?, plain: client(true)?, inner })
    }

    /// An address, if it is one that may be reached as far as it says.
    pub(super) fn parse(&self, url: &str) -> Result<Url, Unreachable> {
        let url = Url::parse(url).map_err(|_| Unreachable::NoUrl)?;
        if !["http", "https"].contains(&url.scheme()) {
            return Err(Unreachable::Scheme(url.scheme().to_owned()));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(Unreachable::Credentials);
        }
        let host = url.host_str().filter(|host| !host.is_empty()).ok_or(Unreachable::NoUrl)?;
        // No name is looked up for an address in numbers.
        if let Ok(address) = host.trim_matches(['[', ']']).parse()
            && !self.inner.permit(address, url.scheme() == "http")
        {
            return Err(Unreachable::Address(address));
        }
        Ok(url)
    }

    /// The way to an address.
    pub(super) fn client(&self, url: &Url) -> &Client {
        if url.scheme() == "http" { &self.plain } else { &self.open }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn reach(networks: &[&str]) -> Reach {
        let networks: Vec<IpNet> = networks.iter().map(|net| net.parse().unwrap()).collect();
        Reach::new(&networks, Duration::from_secs(1)).unwrap()
    }

    #[test]
    fn what_only_this_server_can_reach_is_refused() {
        let reach = reach(&[]);
        for host in [
            "127.0.0.1",
            "2130706433",
            "0x7f.1",
            "0.0.0.0",
            "10.0.0.1",
            "169.254.169.254",
            "192.168.1.1",
            "172.31.255.255",
            "100.64.0.1",
            "[::1]",
            "[::]",
            "[::ffff:10.0.0.1]",
            "[fd00::1]",
            "[fe80::1]",
            "[2002:7f00:1::]",
            "[64:ff9b::7f00:1]",
        ] {
            let refused = reach.parse(&format!("https://{host}/hook"));
            assert!(matches!(refused, Err(Unreachable::Address(_))), "{host}: {refused:?}");
        }
        assert!(reach.parse("https://8.8.8.8/hook").is_ok());
        assert!(reach.parse("https://[2400:3200::1]/hook").is_ok());
        assert_eq!(reach.parse("http://8.8.8.8/"), Err(Unreachable::Address("8.8.8.8".parse().unwrap())));
    }

    #[test]
    fn what_is_no_address_for_a_webhook_is_refused() {
        let reach = reach(&["10.20.0.0/16"]);
        assert!(reach.parse("http://10.20.1.2:8080/hook").is_ok());
        assert!(reach.parse("http://10.21.1.2:8080/hook").is_err());
        assert_eq!(reach.parse("ftp://example.org/"), Err(Unreachable::Scheme("ftp".to_owned())));
        assert_eq!(reach.parse("file:///etc/passwd"), Err(Unreachable::Scheme("file".to_owned())));
        assert_eq!(reach.parse("https://a:b@example.org/"), Err(Unreachable::Credentials));
        assert_eq!(reach.parse("example.org"), Err(Unreachable::NoUrl));
    }

    #[tokio::test]
    async fn a_name_is_looked_at_where_it_leads() {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let reach = reach(&[]);
        let url = reach.parse("https://localhost:9/").unwrap();
        let error = reach.client(&url).get(url).send().await.unwrap_err();
        assert!(crate::error::chain(&error).contains("neither public"), "{}", crate::error::chain(&error));
    }
}
