//! Dice that fall the same way for the same seed.

/// One roll: `seed` and `number` of the roll in, 64 even bits out (splitmix64, Steele, Lea and Flood 2014).
pub(super) fn roll(seed: u64, number: u64) -> u64 {
    let mut state = seed.wrapping_add(number.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15));
    state = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    state = (state ^ (state >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    state ^ (state >> 31)
}

/// Whether a roll strikes with that probability.
pub(super) fn strikes(roll: u64, probability: f64) -> bool {
    #[expect(clippy::cast_precision_loss, reason = "53 bits are what a double holds exactly")]
    let (point, whole) = ((roll >> 11) as f64, (1_u64 << 53) as f64);
    point < probability * whole
}

/// The place that a roll picks among weights; `None` when all are zero.
pub(super) fn pick(roll: u64, weights: impl Iterator<Item = u32> + Clone) -> Option<usize> {
    let total: u64 = weights.clone().map(u64::from).sum();
    let mut left = roll.checked_rem(total)?;
    for (place, weight) in weights.map(u64::from).enumerate() {
        match left.checked_sub(weight) {
            None => return Some(place),
            Some(rest) => left = rest,
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_falls_alike_and_another_does_not() {
        let rolls = |seed| (0..32).map(|number| roll(seed, number)).collect::<Vec<_>>();
        assert_eq!(rolls(7), rolls(7));
        assert_ne!(rolls(7), rolls(8));
    }

    #[test]
    fn half_of_the_rolls_strike_at_one_half_none_at_zero_and_all_at_one() {
        let struck = |probability| (0..10_000).filter(|n| strikes(roll(1, *n), probability)).count();
        assert_eq!((struck(0.0), struck(1.0)), (0, 10_000));
        assert!((4_800..5_200).contains(&struck(0.5)), "{}", struck(0.5));
    }

    #[test]
    fn a_pick_follows_the_weights() {
        let picks = |weights: [u32; 3]| {
            let mut counts = [0; 3];
            for number in 0..9_000 {
                counts[pick(roll(3, number), weights.into_iter()).expect("a weight")] += 1;
            }
            counts
        };
        let [none, one, two] = picks([0, 1, 2]);
        assert_eq!(none, 0);
        assert!((2_700..3_300).contains(&one) && one + two == 9_000, "{one}");
        assert_eq!(pick(5, [0, 0].into_iter()), None);
    }
}
