//! `Handles` beside a plain number. The races are in `models`.
#![allow(clippy::arithmetic_side_effects, reason = "a test may panic")]

use logic_shim::Core;
use proptest::prelude::*;

use crate::{Close, Handles, Refused};

proptest! {
    #[test]
    fn like_a_number(ops in prop::collection::vec(0u8..4, 0..200)) {
        let handles = Handles::<Core>::new();
        let mut count = 1u32;
        for op in ops {
            match op {
                0 if count > 0 => {
                    prop_assert_eq!(handles.dup(), Ok(()));
                    count += 1;
                }
                1 => {
                    let wanted = if count > 0 { Ok(()) } else { Err(Refused::Closed) };
                    prop_assert_eq!(handles.try_dup(), wanted);
                    count += u32::from(count > 0);
                }
                _ if count > 0 => {
                    count -= 1;
                    let wanted = if count == 0 { Close::Last } else { Close::Open };
                    prop_assert_eq!(handles.close(), wanted);
                }
                _ => {}
            }
            prop_assert_eq!(handles.is_open(), count > 0);
        }
    }
}
