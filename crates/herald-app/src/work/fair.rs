//! Who may take how many places: tenants share what is free by their weights, and none waits behind another's backlog.
//!
//! Deficit round robin (Shreedhar and Varghese, 1995) over places that all cost the same: in every round a tenant may take as
//! many as its weight, and the next call goes on where this one ran out of places.

use herald_core::id::TenantId;

/// What one tenant would take.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Want {
    /// Who.
    pub(crate) tenant: TenantId,
    /// Its part of a round.
    pub(crate) weight: u32,
    /// How many places it has already.
    pub(crate) has: usize,
    /// How many more it has a use for.
    pub(crate) places: usize,
}

/// Of how many places the last part is kept for those who have few: one part in so many.
const KEPT_BACK: usize = 8;
/// Who has fewer than this has few.
const FEW: usize = 100;

/// Whose turn it is.
#[derive(Debug, Default)]
pub(crate) struct Turns {
    /// Who is next, and how many it may take before the turn goes on.
    next: Option<(TenantId, usize)>,
}

impl Turns {
    /// Shares `free` of `all` places: who gets how many, everybody at most once, nobody with none.
    ///
    /// Whoever wants little gets all of it before others get much. The last of the places go only to tenants that have few, so
    /// that one that took everything while it was alone does not keep out who comes later.
    pub(crate) fn share(&mut self, mut wants: Vec<Want>, free: usize, all: usize) -> Vec<(TenantId, usize)> {
        wants.sort_by(|one, other| one.tenant.cmp(&other.tenant));
        let mut given = vec![0; wants.len()];
        let kept_back = all / KEPT_BACK;
        let everybodys = free.saturating_sub(kept_back);
        let dealt = self.deal(&wants, everybodys, &mut given, |want| want.places);
        self.deal(&wants, free - dealt, &mut given, |want| want.places.min(FEW.saturating_sub(want.has)));
        let shares = wants.into_iter().zip(given).map(|(want, given)| (want.tenant, given));
        shares.filter(|(_, given)| *given > 0).collect()
    }

    /// Deals out up to `free` places, up to `most` to each, and says how many it dealt.
    fn deal(
        &mut self,
        wants: &[Want],
        free: usize,
        given: &mut [usize],
        most: impl Fn(&Want) -> usize,
    ) -> usize {
        if free == 0 {
            return 0;
        }
        let mut left = free;
        let (mut at, mut carried) = self.resume(wants);
        // Goes round until the places, or those who want one, run out.
        let mut idle = 0;
        while left > 0 && idle < wants.len() {
            let (Some(want), Some(has)) = (wants.get(at), given.get_mut(at)) else { break };
            let turn = carried.take().unwrap_or(want.weight.max(1) as usize);
            let wanted = most(want).saturating_sub(*has);
            let taken = wanted.min(turn).min(left);
            *has += taken;
            left -= taken;
            idle = if taken == 0 { idle + 1 } else { 0 };
            if left == 0 && taken < turn.min(wanted) {
                self.next = Some((want.tenant.clone(), turn - taken));
                return free;
            }
            at = (at + 1) % wants.len();
        }
        self.next = wants.get(at).map(|want| (want.tenant.clone(), want.weight.max(1) as usize));
        free - left
    }

    /// Where the last call stopped: at this tenant, or, when it wants nothing any more, at the one behind it.
    fn resume(&self, wants: &[Want]) -> (usize, Option<usize>) {
        let Some((tenant, turn)) = &self.next else { return (0, None) };
        let at = wants.partition_point(|want| want.tenant < *tenant);
        match wants.get(at) {
            Some(want) if want.tenant == *tenant => (at, Some(*turn)),
            Some(_) => (at, None),
            None => (0, None),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tenant(name: &str) -> TenantId {
        TenantId::parse(name).unwrap()
    }

    fn want(name: &str, weight: u32, has: usize, places: usize) -> Want {
        Want { tenant: tenant(name), weight, has, places }
    }

    fn shares(wants: Vec<Want>, free: usize, all: usize) -> Vec<(String, usize)> {
        let given = Turns::default().share(wants, free, all);
        given.into_iter().map(|(tenant, given)| (tenant.as_str().to_owned(), given)).collect()
    }

    fn expected(shares: &[(&str, usize)]) -> Vec<(String, usize)> {
        shares.iter().map(|(tenant, given)| ((*tenant).to_owned(), *given)).collect()
    }

    #[test]
    fn everybody_gets_what_they_want_while_there_is_enough() {
        let wants = vec![want("a", 1, 0, 500), want("b", 1, 0, 3)];
        assert_eq!(shares(wants, 1_000, 1_000), expected(&[("a", 500), ("b", 3)]));
    }

    #[test]
    fn who_wants_little_gets_it_though_another_wants_everything() {
        let wants = vec![want("a", 1, 0, 100_000), want("b", 1, 0, 10)];
        assert_eq!(shares(wants, 1_000, 0), expected(&[("a", 990), ("b", 10)]));
    }

    #[test]
    fn places_are_shared_by_weight() {
        let wants = vec![want("a", 3, 0, 9_999), want("b", 1, 0, 9_999)];
        assert_eq!(shares(wants, 400, 0), expected(&[("a", 300), ("b", 100)]));
    }

    #[test]
    fn places_that_one_does_not_use_go_to_the_others() {
        let wants = vec![want("a", 100, 0, 5), want("b", 1, 0, 9_999)];
        assert_eq!(shares(wants, 400, 0), expected(&[("a", 5), ("b", 395)]));
    }

    #[test]
    fn with_one_place_at_a_time_everybody_has_a_turn_by_weight() {
        let mut turns = Turns::default();
        let mut order = String::new();
        for _ in 0..10 {
            let wants = vec![want("a", 3, 0, 99), want("b", 1, 0, 99), want("c", 1, 0, 99)];
            for (tenant, given) in turns.share(wants, 1, 0) {
                order.push_str(&tenant.as_str().repeat(given));
            }
        }
        assert_eq!(order, "aaabcaaabc");
    }

    #[test]
    fn a_turn_passes_on_when_its_tenant_has_gone() {
        let mut turns = Turns::default();
        turns.share(vec![want("a", 1, 0, 9), want("b", 1, 0, 9)], 1, 0);
        let given = turns.share(vec![want("a", 1, 0, 9), want("c", 1, 0, 9)], 1, 0);
        assert_eq!(given, [(tenant("c"), 1)]);
    }

    #[test]
    fn the_last_places_are_for_those_who_have_few() {
        let wants = || vec![want("a", 1, 7_000, 9_999), want("b", 1, 0, 10), want("c", 1, 99, 10)];
        assert_eq!(shares(wants(), 1_000, 8_000), expected(&[("b", 10), ("c", 1)]));
        assert_eq!(shares(wants(), 1_600, 8_000), expected(&[("a", 580), ("b", 10), ("c", 10)]));
    }

    #[test]
    fn nothing_is_shared_among_nobody_or_when_nothing_is_free() {
        assert_eq!(shares(vec![], 10, 10), []);
        assert_eq!(shares(vec![want("a", 1, 0, 5)], 0, 10), []);
        assert_eq!(shares(vec![want("a", 1, 0, 0)], 10, 10), []);
    }
}
