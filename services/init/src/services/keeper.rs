//! What is to be started, when, and in which order it is stopped. Pure: the time comes from outside, as do ends and wishes.
//!
//! A service is down until somebody connects. Then what it needs is started before it. One that ends soon has to rest, twice
//! as long each time; meanwhile connections wait in its queue, also those of services that need it.

use std::time::Duration;

/// A service that runs this long is in order.
pub(super) const IN_ORDER: Duration = Duration::from_secs(5);
/// The first rest after an end that came sooner, and the longest.
pub(super) const RESTS: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(10));

/// What may happen to a service next. Times are since some moment before all of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Life {
    /// It is started when somebody connects, but not before then.
    Down(Duration),
    /// It runs, since then.
    Up(Duration),
}

struct Service {
    needs: Vec<usize>,
    life: Life,
    rest: Duration,
}

/// All services, by their places in the manifest.
pub(super) struct Keeper(Vec<Service>);

impl Keeper {
    /// Services that are down, each with those that it needs; there must be no circle.
    pub(super) fn new(needs: impl IntoIterator<Item = Vec<usize>>) -> Self {
        let service = |needs| Service { needs, life: Life::Down(Duration::ZERO), rest: RESTS.0 };
        Self(needs.into_iter().map(service).collect())
    }

    /// How it is with a service.
    pub(super) fn life(&self, place: usize) -> Option<Life> {
        self.0.get(place).map(|service| service.life)
    }

    /// Somebody connected to a service: which ones are to be started now, in this order.
    pub(super) fn wanted(&self, place: usize, now: Duration) -> Vec<usize> {
        let mut order = Vec::new();
        self.add_with_needs(place, &mut order);
        order.retain(|at| matches!(self.life(*at), Some(Life::Down(from)) if from <= now));
        order
    }

    /// A service was started.
    pub(super) fn started(&mut self, place: usize, now: Duration) {
        if let Some(service) = self.0.get_mut(place) {
            service.life = Life::Up(now);
        }
    }

    /// A service ended, or could not be started; how long it rests.
    pub(super) fn ended(&mut self, place: usize, now: Duration) -> Duration {
        let Some(service) = self.0.get_mut(place) else { return RESTS.0 };
        if matches!(service.life, Life::Up(since) if now.saturating_sub(since) >= IN_ORDER) {
            service.rest = RESTS.0;
        }
        let rest = service.rest;
        service.life = Life::Down(now.saturating_add(rest));
        service.rest = rest.saturating_mul(2).min(RESTS.1);
        rest
    }

    /// Those that run, each before all that it needs.
    pub(super) fn stop_order(&self) -> Vec<usize> {
        let mut order = Vec::new();
        for place in 0..self.0.len() {
            self.add_with_needs(place, &mut order);
        }
        order.retain(|at| matches!(self.life(*at), Some(Life::Up(_))));
        order.reverse();
        order
    }

    /// Appends a service behind all that it needs, each once.
    fn add_with_needs(&self, place: usize, order: &mut Vec<usize>) {
        if order.contains(&place) {
            return;
        }
        for need in self.0.get(place).iter().flat_map(|service| &service.needs) {
            self.add_with_needs(*need, order);
        }
        order.push(place);
    }
}

#[cfg(test)]
mod tests {
    use super::{IN_ORDER, Keeper, Life, RESTS};
    use proptest::prelude::{any, prop, prop_assert, prop_assert_eq, proptest};
    use std::time::Duration;

    const MS: Duration = Duration::from_millis(1);

    /// 0 needs 1 and 2, which both need 3.
    fn diamond() -> Keeper {
        Keeper::new([vec![1, 2], vec![3], vec![3], vec![]])
    }

    #[test]
    fn what_is_needed_comes_first_and_goes_last() {
        let mut keeper = diamond();
        assert_eq!(keeper.wanted(0, MS), [3, 1, 2, 0]);
        assert_eq!(keeper.wanted(2, MS), [3, 2]);
        for place in keeper.wanted(0, MS) {
            keeper.started(place, MS);
        }
        assert!(keeper.wanted(0, MS).is_empty());
        assert_eq!(keeper.stop_order(), [0, 2, 1, 3]);
        keeper.ended(2, MS);
        assert_eq!(keeper.stop_order(), [0, 1, 3]);
    }

    #[test]
    fn one_that_ends_at_once_rests_longer_each_time() {
        let mut keeper = Keeper::new([vec![]]);
        let mut now = Duration::ZERO;
        let mut rests = Vec::new();
        for _ in 0..10 {
            assert_eq!(keeper.wanted(0, now), [0]);
            keeper.started(0, now);
            let rest = keeper.ended(0, now + MS);
            rests.push(rest.as_millis());
            assert!(keeper.wanted(0, now + rest).is_empty(), "not before the rest is over");
            now += MS + rest;
        }
        assert_eq!(rests, [100, 200, 400, 800, 1600, 3200, 6400, 10_000, 10_000, 10_000]);
        keeper.started(0, now);
        assert_eq!(keeper.ended(0, now + IN_ORDER), RESTS.0, "it was in order");
    }

    #[test]
    fn one_that_rests_is_left_alone_by_those_who_need_it() {
        let mut keeper = diamond();
        keeper.started(3, MS);
        keeper.ended(3, 2 * MS);
        assert_eq!(keeper.wanted(1, 3 * MS), [1]);
        assert_eq!(keeper.wanted(1, 200 * MS), [3, 1]);
    }

    proptest! {
        /// Whatever happens: nothing that runs is started, nothing that rests, and nothing before what it needs.
        #[test]
        fn orders_hold(
            edges in prop::collection::vec((0..8_usize, 0..8_usize), 0..20),
            steps in prop::collection::vec((0..8_usize, any::<bool>(), 0..8000_u64), 0..60),
        ) {
            let needs: Vec<Vec<usize>> =
                (0..8).map(|n| edges.iter().filter(|(a, b)| *a == n && *b < n).map(|(_, b)| *b).collect()).collect();
            let mut keeper = Keeper::new(needs.clone());
            let mut now = Duration::ZERO;
            for (place, wish, ms) in steps {
                now += Duration::from_millis(ms);
                if wish {
                    for at in keeper.wanted(place, now) {
                        let is_free = matches!(keeper.life(at), Some(Life::Down(from)) if from <= now);
                        prop_assert!(is_free);
                        let rests = |need: &usize| matches!(keeper.life(*need), Some(Life::Down(from)) if from > now);
                        let runs = |need: &usize| matches!(keeper.life(*need), Some(Life::Up(_)));
                        prop_assert!(needs[at].iter().all(|need| rests(need) || runs(need)));
                        keeper.started(at, now);
                    }
                } else if matches!(keeper.life(place), Some(Life::Up(_))) {
                    let rest = keeper.ended(place, now);
                    prop_assert!(rest >= RESTS.0 && rest <= RESTS.1);
                }
                let order = keeper.stop_order();
                let up = (0..8).filter(|n| matches!(keeper.life(*n), Some(Life::Up(_)))).count();
                prop_assert_eq!(order.len(), up);
                for (at, place) in order.iter().enumerate() {
                    prop_assert!(needs[*place].iter().all(|need| !order[..at].contains(need)));
                }
            }
        }
    }
}
