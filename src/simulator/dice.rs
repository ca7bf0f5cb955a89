//! Deterministic randomness: the same seed gives the same organization on every machine.
//!
//! `seed`, `days` and `activity` use it. The running server does not.

/// A seeded source of choices and identifiers.
pub(super) struct Dice {
    rng: fastrand::Rng,
}

impl Dice {
    pub fn new(seed: u64) -> Self {
        Self { rng: fastrand::Rng::with_seed(seed) }
    }

    /// Returns a number below `end`; 0 if `end` is 0.
    pub fn below(&mut self, end: usize) -> usize {
        if end == 0 { 0 } else { self.rng.usize(..end) }
    }

    /// Returns a number below `end`, preferring small ones.
    pub fn skewed(&mut self, end: usize) -> usize {
        let share = self.rng.f64();
        ((share * share * end as f64) as usize).min(end.saturating_sub(1))
    }

    /// Returns true with the given chance in percent.
    pub fn percent(&mut self, chance: usize) -> bool {
        self.below(100) < chance
    }

    /// Returns one of the items.
    pub fn pick<'a, T: ?Sized>(&mut self, items: &'a [&'a T]) -> &'a T {
        items[self.below(items.len())]
    }

    /// Returns lower-case hexadecimal digits.
    pub fn hex(&mut self, digits: usize) -> String {
        (0..digits).map(|_| char::from(b"0123456789abcdef"[self.below(16)])).collect()
    }

    /// Returns lower-case letters and digits, as in the ids of roots and OUs.
    pub fn word(&mut self, length: usize) -> String {
        let letters = b"abcdefghijklmnopqrstuvwxyz0123456789";
        (0..length).map(|_| char::from(letters[self.below(letters.len())])).collect()
    }

    /// Returns a version 4 UUID.
    pub fn uuid(&mut self) -> String {
        uuid_of(self.rng.u64(..), self.rng.u64(..))
    }

    /// Returns a twelve-digit account id.
    pub fn account_id(&mut self) -> String {
        format!("{:012}", self.rng.u64(100_000_000_000..1_000_000_000_000))
    }
}

/// Returns a stable hash of texts. Unlike the standard hasher it never changes between releases.
pub(super) fn hash(seed: u64, parts: &[&str]) -> u64 {
    let mut state = mix(seed ^ 0x9e37_79b9_7f4a_7c15);
    for part in parts {
        for chunk in part.as_bytes().chunks(8) {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            state = mix(state ^ u64::from_le_bytes(word));
        }
        state = mix(state ^ part.len() as u64);
    }
    state
}

/// Returns the UUID that follows from texts.
pub(super) fn uuid_from(seed: u64, parts: &[&str]) -> String {
    let high = hash(seed, parts);
    uuid_of(high, mix(high))
}

/// Splitmix64's finalizer (<https://prng.di.unimi.it/splitmix64.c>).
pub(super) fn mix(value: u64) -> u64 {
    let mut z = value.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

fn uuid_of(high: u64, low: u64) -> String {
    format!(
        "{:08x}-{:04x}-4{:03x}-{:x}{:03x}-{:012x}",
        high >> 32,
        (high >> 16) & 0xffff,
        high & 0xfff,
        8 + (low >> 62),
        (low >> 48) & 0xfff,
        low & 0xffff_ffff_ffff
    )
}
