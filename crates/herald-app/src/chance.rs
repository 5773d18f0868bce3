//! Chance, so that what was held up together does not come back together.

use herald_core::clock::Entropy;
use jiff::SignedDuration;

/// A time from nothing to `most`, every millisecond as likely as any other.
pub(crate) fn up_to(most: SignedDuration, entropy: &dyn Entropy) -> SignedDuration {
    let mut bytes = [0; 8];
    entropy.fill(&mut bytes);
    let millis = u128::try_from(most.as_millis()).unwrap_or(0);
    // A share of the range, not a remainder: the greatest number is the longest time.
    let share = (u128::from(u64::from_le_bytes(bytes)) * (millis + 1)) >> 64;
    SignedDuration::from_millis(i64::try_from(share).unwrap_or(i64::MAX))
}

/// A part of a whole, from 0 to 1.
pub(crate) fn part(entropy: &dyn Entropy) -> f64 {
    let mut bytes = [0; 4];
    entropy.fill(&mut bytes);
    f64::from(u32::from_be_bytes(bytes)) / f64::from(u32::MAX)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// Bytes that are all the same: 0 for the least, 255 for the most.
    #[derive(Debug)]
    pub(crate) struct Always(pub(crate) u8);

    impl Entropy for Always {
        fn fill(&self, bytes: &mut [u8]) {
            bytes.fill(self.0);
        }
    }

    #[test]
    fn the_bounds_are_reached_and_not_passed() {
        let most = SignedDuration::from_secs(900);
        assert_eq!(up_to(most, &Always(0)), SignedDuration::ZERO);
        assert_eq!(up_to(most, &Always(255)), most);
        assert_eq!(up_to(SignedDuration::ZERO, &Always(255)), SignedDuration::ZERO);
        assert_eq!(up_to(SignedDuration::from_secs(-1), &Always(255)), SignedDuration::ZERO);
    }
}
