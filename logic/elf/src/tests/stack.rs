//! Writes stacks into a small memory and reads them back as a C library's start-up code does.

use proptest::prelude::{any, prop, prop_assert, prop_assert_eq, proptest};
use std::string::String;
use std::vec;
use std::vec::Vec;

use crate::{AuxFacts, Counts, RANDOM_BYTES, Secure, StackLayout, WriteError};

const TOP: u64 = 0x3f_ffff_0000;
const LIMIT: u64 = 1 << 20;
const FACTS: AuxFacts = AuxFacts {
    vdso: 0x1000,
    hwcap: 0x112d,
    min_signal_stack_bytes: 2048,
    table: 0x10040,
    table_entries: 7,
    interpreter_base: 0x2000,
    entry: 0x10568,
    uid: 1,
    euid: 2,
    gid: 3,
    egid: 4,
    secure: Secure::Yes,
};

/// The top `LIMIT` bytes of user memory.
struct Memory(Vec<u8>);

impl Memory {
    fn new() -> Memory {
        Memory(vec![0; LIMIT as usize])
    }

    fn index(address: u64) -> usize {
        (address + LIMIT - TOP) as usize
    }

    fn put(&mut self, address: u64, bytes: &[u8]) {
        let start = Memory::index(address);
        self.0[start..start + bytes.len()].copy_from_slice(bytes);
    }

    fn word(&self, address: u64) -> u64 {
        let start = Memory::index(address);
        u64::from_le_bytes(self.0[start..start + 8].try_into().unwrap())
    }

    fn string(&self, address: u64) -> Vec<u8> {
        self.0[Memory::index(address)..].iter().copied().take_while(|&byte| byte != 0).collect()
    }

    /// Words up to a zero one, and the address after it.
    fn list(&self, mut at: u64) -> (Vec<u64>, u64) {
        let mut words = Vec::new();
        while self.word(at) != 0 {
            words.push(self.word(at));
            at += 8;
        }
        (words, at + 8)
    }
}

fn joined(strings: &[String]) -> Vec<u8> {
    strings.iter().flat_map(|string| string.bytes().chain([0])).collect()
}

fn counts(args: &[String], envs: &[String], path: &str) -> Counts {
    Counts {
        args: args.len() as u64,
        arg_bytes: joined(args).len() as u64,
        envs: envs.len() as u64,
        env_bytes: joined(envs).len() as u64,
        path_bytes: path.len() as u64,
    }
}

fn write(layout: &StackLayout, bytes: &[u8], chunk: usize, path: &str) -> Result<Memory, WriteError<()>> {
    let mut memory = Memory::new();
    layout.write(bytes.chunks(chunk), path.as_bytes(), &[7; RANDOM_BYTES], &FACTS, |address, bytes| {
        memory.put(address, bytes);
        Ok(())
    })?;
    Ok(memory)
}

proptest! {
    #[test]
    fn a_program_finds_everything(
        args in prop::collection::vec("[a-z]{0,40}", 0..40),
        envs in prop::collection::vec("[A-Z]{1,5}=[a-z]{0,60}", 0..40),
        path in "/[a-z/]{0,30}",
        chunk in 1..200_usize,
    ) {
        let layout = StackLayout::new(TOP, LIMIT, counts(&args, &envs, &path)).unwrap();
        let bytes = [joined(&args), joined(&envs)].concat();
        let memory = write(&layout, &bytes, chunk, &path).unwrap();

        prop_assert_eq!(layout.sp % 16, 0);
        prop_assert_eq!(memory.word(layout.sp), args.len() as u64);
        let (argv, after_argv) = memory.list(layout.sp + 8);
        let (envp, after_envp) = memory.list(after_argv);
        let strings = |pointers: &[u64]| pointers.iter().map(|&at| String::from_utf8(memory.string(at)).unwrap()).collect::<Vec<_>>();
        prop_assert_eq!(strings(&argv), args);
        prop_assert_eq!(strings(&envp), envs);
        prop_assert_eq!(layout.auxv().0, after_envp);

        let pairs: Vec<(u64, u64)> = (0..).map(|n| after_envp + 16 * n).map(|at| (memory.word(at), memory.word(at + 8))).take_while(|pair| pair.0 != 0).collect();
        prop_assert_eq!(layout.auxv().1, 16 * (pairs.len() as u64 + 1));
        let value = |key| pairs.iter().find(|pair| pair.0 == key).map(|pair| pair.1).unwrap();
        prop_assert_eq!(memory.string(value(31)), path.as_bytes());
        prop_assert_eq!((value(25), memory.word(value(25)), memory.word(value(25) + 8)), (layout.random, 0x0707_0707_0707_0707, 0x0707_0707_0707_0707));
        prop_assert_eq!((value(3), value(4), value(5), value(9)), (0x10040, 56, 7, 0x10568));
        prop_assert_eq!((value(6), value(7), value(16), value(17), value(23), value(33), value(51)), (4096, 0x2000, 0x112d, 100, 1, 0x1000, 2048));
        prop_assert_eq!([value(11), value(12), value(13), value(14)], [1, 2, 3, 4]);
        prop_assert_eq!(memory.word(TOP - 8), 0);
    }

    /// Every write stays within the stack that was promised.
    #[test]
    fn nothing_below_sp_or_above_the_top(args in prop::collection::vec("[a-z]{0,9}", 0..80)) {
        let layout = StackLayout::new(TOP, LIMIT, counts(&args, &[], "p")).unwrap();
        let bytes = joined(&args);
        let result: Result<(), WriteError<()>> = layout.write([bytes.as_slice()], b"p", &[0; RANDOM_BYTES], &FACTS, |address, bytes| {
            assert!(address >= layout.sp && address + bytes.len() as u64 <= TOP - 8);
            Ok(())
        });
        prop_assert_eq!(result, Ok(()));
    }

    #[test]
    fn any_counts(top in any::<u64>(), limit in any::<u64>(), counts in any::<[u64; 5]>()) {
        let [args, arg_bytes, envs, env_bytes, path_bytes] = counts;
        let counts = Counts { args, arg_bytes, envs, env_bytes, path_bytes };
        if let Some(layout) = StackLayout::new(top, limit, counts) {
            prop_assert!(layout.sp <= top && top - layout.sp <= limit);
        }
    }

    /// Strings that are not what was counted are found out, and never written outside of their place.
    #[test]
    fn wrong_strings(counts in any::<[u8; 4]>(), bytes in prop::collection::vec(0..2_u8, 0..300), chunk in 1..50_usize) {
        let [args, arg_bytes, envs, env_bytes] = counts.map(u64::from);
        let layout = StackLayout::new(TOP, LIMIT, Counts { args, arg_bytes, envs, env_bytes, path_bytes: 0 }).unwrap();
        let nuls = |part: &[u8]| part.iter().filter(|&&byte| byte == 0).count() as u64;
        let split = bytes.len().min(arg_bytes as usize);
        let ends = |part: &[u8]| part.last().is_none_or(|&byte| byte == 0);
        let right = bytes.len() as u64 == arg_bytes + env_bytes && nuls(&bytes[..split]) == args && nuls(&bytes[split..]) == envs && ends(&bytes[..split]) && ends(&bytes);
        let result = layout.write(bytes.chunks(chunk), b"", &[0; RANDOM_BYTES], &FACTS, |address, bytes| {
            assert!(address >= layout.sp && address + bytes.len() as u64 <= TOP);
            Ok::<(), ()>(())
        });
        prop_assert_eq!(result.is_ok(), right);
    }
}

#[test]
fn the_limit_is_exact() {
    let counts = Counts { args: 1, arg_bytes: 2, envs: 0, env_bytes: 0, path_bytes: 1 };
    let used = TOP - StackLayout::new(TOP, LIMIT, counts).unwrap().sp;
    assert!(StackLayout::new(TOP, used, counts).is_some());
    assert!(StackLayout::new(TOP, used - 1, counts).is_none());
}

#[test]
fn a_refusing_sink_stops_the_writing() {
    let layout = StackLayout::new(TOP, LIMIT, Counts { args: 1, arg_bytes: 2, envs: 0, env_bytes: 0, path_bytes: 1 }).unwrap();
    for allowed in 0..5 {
        let mut left = allowed;
        let result = layout.write([b"a\0".as_slice()], b"p", &[0; RANDOM_BYTES], &FACTS, |_, _| {
            if left == 0 {
                return Err("no");
            }
            left -= 1;
            Ok(())
        });
        assert_eq!(result, Err(WriteError::Sink("no")), "{allowed} writes");
    }
    let result = layout.write([b"a\0".as_slice()], b"other", &[0; RANDOM_BYTES], &FACTS, |_, _| Ok::<(), ()>(()));
    assert_eq!(result, Err(WriteError::Mismatch));
}
