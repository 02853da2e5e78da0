//! [`Usage`]: processor time per period, for a budget that may use only so much (`cpu.max` of cgroup v2).
//!
//! Time is charged after it was used, so a budget can use more than its quota; what is too much counts
//! in the periods that follow. What is not used is not saved up.

/// How much time a budget may use in each period.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cap {
    /// The time, on all harts together.
    pub quota_ns: u64,
    /// The period.
    pub period_ns: u64,
}

/// What a capped budget has used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// When the present period began.
    start_ns: u64,
    /// Charged to the present period.
    used_ns: u64,
    /// Periods in which something was charged.
    pub periods: u64,
    /// Those of them in which the quota was used up.
    pub throttled: u64,
    /// How long it had nothing left, up to the last moment that was waited for.
    pub throttled_ns: u64,
    /// The last period that counts as throttled, by its beginning.
    throttled_start_ns: Option<u64>,
    /// The moment up to which `throttled_ns` is counted.
    throttled_until_ns: u64,
}

/// What a thread of the budget is to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Go on: so much is left in this period.
    Run {
        /// Time left, not 0.
        left_ns: u64,
    },
    /// Not before this moment.
    Wait {
        /// When a period begins that has something left.
        until_ns: u64,
    },
}

impl Usage {
    /// Charges `ran_ns` and says how it goes on. `now_ns` never goes back.
    pub fn charge(&mut self, cap: Cap, now_ns: u64, ran_ns: u64) -> Verdict {
        let (quota, period) = (cap.quota_ns.max(1), cap.period_ns.max(1));
        let passed = now_ns.saturating_sub(self.start_ns).checked_div(period).unwrap_or(0);
        if passed != 0 || self.periods == 0 {
            self.used_ns = self.used_ns.saturating_sub(passed.saturating_mul(quota));
            self.start_ns = self.start_ns.saturating_add(passed.saturating_mul(period));
            self.periods = self.periods.saturating_add(1);
        }
        self.used_ns = self.used_ns.saturating_add(ran_ns);
        if self.used_ns < quota {
            return Verdict::Run { left_ns: quota.saturating_sub(self.used_ns) };
        }
        if self.throttled_start_ns != Some(self.start_ns) {
            self.throttled_start_ns = Some(self.start_ns);
            self.throttled = self.throttled.saturating_add(1);
        }
        let paid_for = self.used_ns.checked_div(quota).unwrap_or(1);
        let until_ns = self.start_ns.saturating_add(paid_for.saturating_mul(period));
        self.throttled_ns = self.throttled_ns.saturating_add(until_ns.saturating_sub(now_ns.max(self.throttled_until_ns)));
        self.throttled_until_ns = self.throttled_until_ns.max(until_ns);
        Verdict::Wait { until_ns }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::arithmetic_side_effects, reason = "a test may panic")]
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// Hogs that look when they are told to, and a little late, get the quota in the long run, and
        /// never more than it by more than that little.
        #[test]
        fn the_quota_holds(quota_ms in 1u64..400, period_ms in 20u64..200, late_ns in 0u64..3_000_000, hogs in 1u64..5) {
            let cap = Cap { quota_ns: quota_ms * 1_000_000, period_ns: period_ms * 1_000_000 };
            prop_assume!(quota_ms <= period_ms * hogs * 9 / 10);
            let (mut usage, mut now, mut got) = (Usage::default(), 0u64, 0u64);
            let (mut ran, mut waited) = (0, 0);
            let end = cap.period_ns * 200;
            while now < end {
                match usage.charge(cap, now, ran) {
                    // All hogs run side by side.
                    Verdict::Run { left_ns } => {
                        let step = left_ns.div_ceil(hogs) + late_ns;
                        now += step;
                        ran = step * hogs;
                        got += ran;
                    }
                    Verdict::Wait { until_ns } => {
                        prop_assert!(until_ns > now || until_ns + cap.period_ns > now);
                        waited += until_ns.saturating_sub(now);
                        now = now.max(until_ns);
                        ran = 0;
                    }
                }
            }
            let wanted = cap.quota_ns * now.div_ceil(cap.period_ns);
            let slack = cap.quota_ns + (late_ns + 1) * hogs + wanted / 100;
            prop_assert!(got <= wanted + slack, "{got} of {wanted}");
            prop_assert!(got + slack >= wanted, "{got} of {wanted}");
            prop_assert!(usage.throttled > 0 && usage.throttled <= usage.periods);
            prop_assert_eq!(usage.throttled_ns, waited);
        }

        /// A debt is waited for, however large it is.
        #[test]
        fn a_debt_is_paid(ran in 0u64..1_000_000, quota in 1u64..1000, period in 1u64..1000) {
            let cap = Cap { quota_ns: quota, period_ns: period };
            let mut usage = Usage::default();
            if let Verdict::Wait { until_ns } = usage.charge(cap, 0, ran) {
                prop_assert_eq!(until_ns, ran / quota * period);
                prop_assert!(matches!(usage.charge(cap, until_ns, 0), Verdict::Run { .. }), "{:?}", usage);
            } else {
                prop_assert!(ran < quota);
            }
        }
    }

    #[test]
    fn nothing_is_saved_up() {
        let cap = Cap { quota_ns: 10, period_ns: 100 };
        let mut usage = Usage::default();
        assert_eq!(usage.charge(cap, 10_000, 0), Verdict::Run { left_ns: 10 });
        assert_eq!(usage.charge(cap, 10_050, 10), Verdict::Wait { until_ns: 10_100 });
    }
}
