//! How failures add up to a wait.

use std::time::Duration;

use crate::server::security::address::Network;

/// The longest wait.
pub const LONGEST_WAIT: Duration = Duration::from_secs(900);

/// How failures add up to a wait.
#[derive(Debug)]
pub struct Curve {
    /// How many failures cause no wait.
    free: f64,
    /// The time in which a count falls to half.
    half_life: Duration,
}

/// Three typos cause no wait. The fourth failure causes a wait of one second, the fifth two, the sixth four.
pub const ACCOUNT: Curve = Curve { free: 3.0, half_life: Duration::from_secs(24 * 60 * 60) };
/// An IPv4 address or an IPv6 /64. Many people may share it. An attacker may also have an account of their own, so no
/// success clears the count.
const ADDRESS: Curve = Curve { free: 20.0, half_life: Duration::from_secs(10 * 60) };
/// An IPv6 /56: 256 of the addresses above, often one household.
const HOUSEHOLD: Curve = Curve { free: 40.0, half_life: Duration::from_secs(10 * 60) };
/// An IPv6 /48: 65,536 of the addresses above, often one site or one customer of a hoster.
const SITE: Curve = Curve { free: 160.0, half_life: Duration::from_secs(10 * 60) };

/// Sign-ups of an IPv4 address or an IPv6 /64: a school or a company may be behind one.
const SIGN_UPS: Curve = Curve { free: 60.0, half_life: Duration::from_secs(60 * 60) };
/// Sign-ups of an IPv6 /56.
const SIGN_UPS_OF_HOUSEHOLD: Curve = Curve { free: 120.0, half_life: Duration::from_secs(60 * 60) };
/// Sign-ups of an IPv6 /48.
const SIGN_UPS_OF_SITE: Curve = Curve { free: 480.0, half_life: Duration::from_secs(60 * 60) };

impl Curve {
    /// What is left of `count` after this time.
    pub fn faded(&self, count: f64, after: Duration) -> f64 {
        count * (-after.as_secs_f64() / self.half_life.as_secs_f64()).exp2()
    }

    /// The time in which `count` falls to `left`. None if it is there already.
    pub fn time_until(&self, count: f64, left: f64) -> Duration {
        self.half_life.mul_f64((count / left).log2().max(0.0))
    }

    /// The wait after this many failures: none at first, then one second, and twice as long after each further failure.
    pub fn wait_after(&self, count: f64) -> Duration {
        let beyond = count - self.free;
        if beyond <= 0.0 {
            return Duration::ZERO;
        }
        Duration::from_secs_f64((beyond - 1.0).exp2().min(LONGEST_WAIT.as_secs_f64()))
    }
}

/// How the failures of guesses from a network add up.
pub fn of_guesses(network: &Network) -> &'static Curve {
    match network {
        Network::Address(_) => &ADDRESS,
        Network::Household(_) => &HOUSEHOLD,
        Network::Site(_) => &SITE,
    }
}

/// How sign-ups from a network add up.
pub fn of_sign_ups(network: &Network) -> &'static Curve {
    match network {
        Network::Address(_) => &SIGN_UPS,
        Network::Household(_) => &SIGN_UPS_OF_HOUSEHOLD,
        Network::Site(_) => &SIGN_UPS_OF_SITE,
    }
}
