//! How much one visitor and one network may ask for.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use axum::http::HeaderMap;
use governor::clock::{Clock, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use serde::Deserialize;
use uuid::Uuid;

use super::error::ApiError;

/// Keys remembered at most; beyond it, the ones that are full again are dropped at once instead of on the next round.
const KEYS_MAX: usize = 100_000;
const FORGET_EVERY: Duration = Duration::from_secs(60);
const FORWARDED_FOR: &str = "x-forwarded-for";

/// Limits on citizens. A limit is so many at once, refilled evenly over a minute.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LimitsConfig {
    /// Messages a minute in one conversation. Default 30.
    pub messages_per_conversation_per_minute: NonZeroU32,
    /// Messages a minute from one network (an IPv4 address, an IPv6 /64). Default 600: mobile networks put many people behind one.
    pub messages_per_network_per_minute: NonZeroU32,
    /// New conversations a minute from one network. Default 60.
    pub conversations_per_network_per_minute: NonZeroU32,
    /// Proxies in front of this program whose `X-Forwarded-For` is believed. Default: none.
    pub trusted_proxies: Vec<IpAddr>,
}

impl Default for LimitsConfig {
    fn default() -> LimitsConfig {
        let number = |n| NonZeroU32::new(n).unwrap_or(NonZeroU32::MIN);
        LimitsConfig {
            messages_per_conversation_per_minute: number(30),
            messages_per_network_per_minute: number(600),
            conversations_per_network_per_minute: number(60),
            trusted_proxies: Vec::new(),
        }
    }
}

/// The limiters, shared by all requests of this process.
#[derive(Clone)]
pub struct Limits {
    messages_by_conversation: Arc<DefaultKeyedRateLimiter<Uuid>>,
    messages_by_network: Arc<DefaultKeyedRateLimiter<IpAddr>>,
    conversations_by_network: Arc<DefaultKeyedRateLimiter<IpAddr>>,
    trusted_proxies: Arc<[IpAddr]>,
}

impl Limits {
    /// Starts the timer that forgets idle keys; must be called inside a runtime.
    pub fn new(config: &LimitsConfig) -> Limits {
        let limits = Limits {
            messages_by_conversation: Arc::new(RateLimiter::keyed(Quota::per_minute(config.messages_per_conversation_per_minute))),
            messages_by_network: Arc::new(RateLimiter::keyed(Quota::per_minute(config.messages_per_network_per_minute))),
            conversations_by_network: Arc::new(RateLimiter::keyed(Quota::per_minute(config.conversations_per_network_per_minute))),
            trusted_proxies: config.trusted_proxies.clone().into(),
        };
        let forgetting = limits.clone();
        tokio::spawn(async move {
            loop {
                tokio::time::sleep(FORGET_EVERY).await;
                forgetting.messages_by_conversation.retain_recent();
                forgetting.messages_by_network.retain_recent();
                forgetting.conversations_by_network.retain_recent();
            }
        });
        limits
    }

    /// Counts one message.
    pub(super) fn message(&self, conversation: Uuid, network: IpAddr) -> Result<(), ApiError> {
        check(&self.messages_by_conversation, &conversation)?;
        check(&self.messages_by_network, &network)
    }

    /// Counts one request that belongs to no conversation, a calculation or a search for places: as a message, of the network alone.
    pub(super) fn request(&self, network: IpAddr) -> Result<(), ApiError> {
        check(&self.messages_by_network, &network)
    }

    /// Counts one new conversation.
    pub(super) fn conversation(&self, network: IpAddr) -> Result<(), ApiError> {
        check(&self.conversations_by_network, &network)
    }

    /// The network that a request comes from. A proxy is believed only when it is one of ours, and then the nearest address that is not.
    pub(crate) fn network(&self, peer: SocketAddr, headers: &HeaderMap) -> IpAddr {
        let trusted = |address: &IpAddr| self.trusted_proxies.contains(address);
        let mut address = peer.ip().to_canonical();
        if trusted(&address) {
            let forwarded = headers.get_all(FORWARDED_FOR).iter().filter_map(|value| value.to_str().ok());
            let hops: Vec<IpAddr> = forwarded.flat_map(|value| value.split(',')).filter_map(|hop| hop.trim().parse().ok()).collect();
            if let Some(client) = hops.into_iter().rev().find(|hop| !trusted(hop)) {
                address = client.to_canonical();
            }
        }
        match address {
            IpAddr::V4(_) => address,
            // A household gets a /64 and could use every address in it.
            IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX))),
        }
    }
}

fn check<K: std::hash::Hash + Eq + Clone>(limiter: &DefaultKeyedRateLimiter<K>, key: &K) -> Result<(), ApiError> {
    if limiter.len() > KEYS_MAX {
        limiter.retain_recent();
    }
    limiter.check_key(key).map_err(|denied| {
        let wait = denied.wait_time_from(DefaultClock::default().now());
        ApiError::RateLimited { retry_after_s: wait.as_secs() + 1 }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_forwarded_address_counts_only_behind_our_own_proxy() {
        let config = LimitsConfig { trusted_proxies: vec!["10.0.0.1".parse().unwrap()], ..LimitsConfig::default() };
        let limits = Limits::new(&config);
        let check = |peer: &str, forwarded: &str, want: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(FORWARDED_FOR, forwarded.parse().unwrap());
            let network = limits.network(SocketAddr::new(peer.parse().unwrap(), 1), &headers);
            assert_eq!(network, want.parse::<IpAddr>().unwrap(), "{peer} {forwarded}");
        };
        check("192.0.2.7", "198.51.100.1", "192.0.2.7");
        check("10.0.0.1", "203.0.113.9, 198.51.100.1", "198.51.100.1");
        check("10.0.0.1", "198.51.100.1, 10.0.0.1", "198.51.100.1");
        check("10.0.0.1", "not an address", "10.0.0.1");
        check("2001:db8::1:2:3:4", "", "2001:db8::");
        check("::ffff:192.0.2.7", "", "192.0.2.7");
    }
}
