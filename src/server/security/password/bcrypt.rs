//! bcrypt hashes, which users bring along from other services. They are checked only: a new hash is an argon2id one.

use std::{
    hint::black_box,
    ops::{Range, RangeInclusive},
};

use ::bcrypt::HashParts;

/// The costs that are checked. Cost 12 takes a quarter of a second, and each more doubles that.
const COSTS: RangeInclusive<u32> = 4..=15;

/// The cost of a bcrypt hash. `None` if the text is anything else, or if it would take too long.
pub fn cost(hash: &str) -> Option<u32> {
    // `$2x$` marks hashes of a broken implementation.
    let rest = ["$2a$", "$2b$", "$2y$"].iter().find_map(|version| hash.strip_prefix(version))?;
    let parts: HashParts = hash.parse().ok()?;
    // The crate reads the cost `+4` too.
    Some(parts.get_cost()).filter(|cost| COSTS.contains(cost) && !rest.starts_with('+'))
}

/// Whether `password` fits the bcrypt hash. Without a hash the answer is no. With a hash or without, it is as much work as
/// one hash of the cost `top`, which is at most 15.
pub fn verify(password: &str, hash: Option<&str>, top: u32) -> bool {
    let hash = hash.and_then(|hash| Some((hash, cost(hash)?)));
    // The crate compares in constant time.
    let fits = hash.is_some_and(|(hash, _)| ::bcrypt::verify(password, hash).unwrap_or(false));
    for cost in padding(hash.map(|(_, cost)| cost), top.min(*COSTS.end())) {
        // The result is not needed. Without `black_box` the compiler could leave the work out.
        let _ = black_box(::bcrypt::hash_with_salt(password, cost, [0; 16]));
    }
    // bcrypt hashes a password again and again, with a NUL after each: `a\0a` would fit the hash of `a`.
    fits && !password.contains('\0')
}

/// The costs of the hashes that make a hash of this cost, or none, as much work as one of the cost `top`. Each cost is
/// twice the work of the one below, so 2^c + (2^c + 2^(c+1) + … + 2^(top-1)) = 2^top.
fn padding(cost: Option<u32>, top: u32) -> Range<u32> {
    cost.map_or(top..top + 1, |cost| cost..top)
}

#[cfg(test)]
mod tests;
