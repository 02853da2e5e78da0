//! [`StackLayout`]: the first stack of a program, as Linux lays it out (execve(2), getauxval(3); RISC-V psABI, "Process Initialization").
//!
//! ```text
//! stack_top   8 zero bytes
//!             path of the program (AT_EXECFN)
//!             environment strings
//!             argument strings
//!             16 random bytes (AT_RANDOM), at a multiple of 16
//!             auxiliary vector, ends with AT_NULL
//!             pointers to the environment strings, NULL
//!             pointers to the argument strings, NULL
//! sp          argc; sp is a multiple of 16
//! ```
//!
//! The strings come in chunks of any size, since the kernel collects them page by page; the caller's function writes them to user memory.
//! Linux gives riscv64 programs neither AT_PLATFORM nor AT_HWCAP2.

/// Bytes behind AT_RANDOM.
pub const RANDOM_BYTES: usize = 16;

const AUX_ENTRIES: usize = 21;
const WORD_BYTES: u64 = 8;
const STACK_ALIGN: u64 = 16;
/// A multiple of the word size, small because it stands on the kernel's stack.
const WORDS_BUFFER_BYTES: usize = 128;

/// How much there is to place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counts {
    /// Number of arguments. Linux makes an empty argv into one empty string; that is the caller's to do.
    pub args: u64,
    /// Bytes of all arguments, each with its NUL.
    pub arg_bytes: u64,
    /// Number of environment strings.
    pub envs: u64,
    /// Bytes of all environment strings, each with its NUL.
    pub env_bytes: u64,
    /// Bytes of the program's path, without NUL.
    pub path_bytes: u64,
}

/// Whether the program runs with more rights than its caller (set-id), so that its C library must mistrust the environment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Secure {
    /// It does not.
    No,
    /// It does.
    Yes,
}

/// What the auxiliary vector tells the program, besides what the layout knows. Addresses include the bias.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AuxFacts {
    /// The vDSO's ELF header (AT_SYSINFO_EHDR).
    pub vdso: u64,
    /// Extensions that the program may use, bit n for the n-th letter (AT_HWCAP).
    pub hwcap: u64,
    /// Smallest signal stack, bytes (AT_MINSIGSTKSZ).
    pub min_signal_stack_bytes: u64,
    /// The program headers (AT_PHDR), 0 when they are not in memory.
    pub table: u64,
    /// Their number (AT_PHNUM).
    pub table_entries: u16,
    /// Where the interpreter was put, 0 without one (AT_BASE).
    pub interpreter_base: u64,
    /// The program's own first instruction, not the interpreter's (AT_ENTRY).
    pub entry: u64,
    /// Real user (AT_UID).
    pub uid: u32,
    /// Effective user (AT_EUID).
    pub euid: u32,
    /// Real group (AT_GID).
    pub gid: u32,
    /// Effective group (AT_EGID).
    pub egid: u32,
    /// AT_SECURE.
    pub secure: Secure,
}

/// Why the stack could not be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WriteError<E> {
    /// The caller's function refused.
    Sink(E),
    /// The strings are not those that were counted.
    Mismatch,
}

/// Where everything goes. Addresses are user addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StackLayout {
    /// The first stack pointer, a multiple of 16; argc stands there.
    pub sp: u64,
    /// First byte of the argument strings (`arg_start` of /proc/PID/stat).
    pub arg_start: u64,
    /// One past the argument strings, and the first byte of the environment strings.
    pub arg_end: u64,
    /// One past the environment strings, and the program's path.
    pub env_end: u64,
    /// The random bytes.
    pub random: u64,
    counts: Counts,
}

impl StackLayout {
    /// Places everything below `stack_top`, a multiple of 16, in at most `limit_bytes`. `None` when it does not fit (E2BIG).
    #[must_use]
    pub fn new(stack_top: u64, limit_bytes: u64, counts: Counts) -> Option<StackLayout> {
        let env_end = stack_top.checked_sub(WORD_BYTES)?.checked_sub(counts.path_bytes.checked_add(1)?)?;
        let arg_end = env_end.checked_sub(counts.env_bytes)?;
        let arg_start = arg_end.checked_sub(counts.arg_bytes)?;
        let random = align_down(arg_start.checked_sub(RANDOM_BYTES as u64)?);
        // argc and two NULLs besides the pointers.
        let words = counts.args.checked_add(counts.envs)?.checked_add(3)?.checked_add((AUX_ENTRIES as u64).checked_mul(2)?)?;
        let sp = align_down(random.checked_sub(words.checked_mul(WORD_BYTES)?)?);
        (stack_top.checked_sub(sp)? <= limit_bytes).then_some(StackLayout { sp, arg_start, arg_end, env_end, random, counts })
    }

    /// Where /proc/PID/auxv starts, and its length in bytes.
    #[must_use]
    pub fn auxv(&self) -> (u64, u64) {
        let pointers = self.counts.args.saturating_add(self.counts.envs).saturating_add(3);
        let start = self.sp.saturating_add(pointers.saturating_mul(WORD_BYTES));
        (start, (AUX_ENTRIES as u64).saturating_mul(2 * WORD_BYTES))
    }

    /// Writes the whole stack through `put(address, bytes)`, in no particular order and each byte once but for alignment gaps and zeros at the top, which are left
    /// to the fresh page. `strings` gives the arguments and then the environment, each ending in NUL, cut into chunks anywhere.
    ///
    /// # Errors
    /// `Sink` with the first error of `put`; `Mismatch` when `strings` or `path` are not what was counted. Some of the stack may have been written.
    pub fn write<'s, E>(
        &self,
        strings: impl IntoIterator<Item = &'s [u8]>,
        path: &[u8],
        random: &[u8; RANDOM_BYTES],
        facts: &AuxFacts,
        mut put: impl FnMut(u64, &[u8]) -> Result<(), E>,
    ) -> Result<(), WriteError<E>> {
        if path.len() as u64 != self.counts.path_bytes {
            return Err(WriteError::Mismatch);
        }
        put(self.env_end, path).map_err(WriteError::Sink)?;
        let nul_at = self.env_end.saturating_add(self.counts.path_bytes);
        put(nul_at, &[0]).map_err(WriteError::Sink)?;
        put(self.random, random).map_err(WriteError::Sink)?;

        let mut words = Words { at: self.sp, buffer: [0; WORDS_BUFFER_BYTES], used: 0, put };
        words.add(self.counts.args)?;
        self.write_strings(strings, &mut words)?;
        for (key, value) in self.aux_entries(facts) {
            words.add(key)?;
            words.add(value)?;
        }
        words.flush()
    }

    /// Copies the strings and pushes a pointer to each, with a NULL after the arguments and one after the environment.
    fn write_strings<'s, E, P: FnMut(u64, &[u8]) -> Result<(), E>>(
        &self,
        strings: impl IntoIterator<Item = &'s [u8]>,
        words: &mut Words<P>,
    ) -> Result<(), WriteError<E>> {
        let Counts { args, envs, .. } = self.counts;
        let total = args.checked_add(envs).ok_or(WriteError::Mismatch)?;
        let (mut at, mut started, mut inside) = (self.arg_start, 0_u64, Inside::Gap);
        if args == 0 {
            words.add(0)?;
        }
        for chunk in strings {
            let end = at.checked_add(chunk.len() as u64).filter(|&end| end <= self.env_end).ok_or(WriteError::Mismatch)?;
            (words.put)(at, chunk).map_err(WriteError::Sink)?;
            for piece in chunk.split_inclusive(|&byte| byte == 0) {
                if inside == Inside::Gap {
                    // The first environment string must start where the arguments end.
                    if started == total || (started == args && at != self.arg_end) {
                        return Err(WriteError::Mismatch);
                    }
                    words.add(at)?;
                    started = started.saturating_add(1);
                }
                inside = if piece.last() == Some(&0) { Inside::Gap } else { Inside::String };
                if inside == Inside::Gap && started == args {
                    words.add(0)?;
                }
                at = at.saturating_add(piece.len() as u64);
            }
            at = end;
        }
        if started != total || inside == Inside::String || at != self.env_end {
            return Err(WriteError::Mismatch);
        }
        // With no environment the NULL of the arguments was pushed above; this is the other one.
        words.add(0)
    }

    /// In Linux's order (`create_elf_tables`, with riscv's own entries first).
    fn aux_entries(&self, facts: &AuxFacts) -> [(u64, u64); AUX_ENTRIES] {
        [
            (33, facts.vdso),                             // AT_SYSINFO_EHDR
            (51, facts.min_signal_stack_bytes),           // AT_MINSIGSTKSZ
            (16, facts.hwcap),                            // AT_HWCAP
            (6, crate::PAGE_BYTES),                       // AT_PAGESZ
            (17, 100),                                    // AT_CLKTCK: USER_HZ
            (3, facts.table),                             // AT_PHDR
            (4, crate::PROGRAM_HEADER_BYTES as u64),      // AT_PHENT
            (5, u64::from(facts.table_entries)),          // AT_PHNUM
            (7, facts.interpreter_base),                  // AT_BASE
            (8, 0),                                       // AT_FLAGS
            (9, facts.entry),                             // AT_ENTRY
            (11, u64::from(facts.uid)),                   // AT_UID
            (12, u64::from(facts.euid)),                  // AT_EUID
            (13, u64::from(facts.gid)),                   // AT_GID
            (14, u64::from(facts.egid)),                  // AT_EGID
            (23, u64::from(facts.secure == Secure::Yes)), // AT_SECURE
            (25, self.random),                            // AT_RANDOM
            (31, self.env_end),                           // AT_EXECFN
            (27, 28),                                     // AT_RSEQ_FEATURE_SIZE: up to and with mm_cid
            (28, 32),                                     // AT_RSEQ_ALIGN
            (0, 0),                                       // AT_NULL
        ]
    }
}

/// Whether the last chunk ended within a string.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Inside {
    String,
    Gap,
}

/// Words that go to ascending addresses, written some dozens at a time.
struct Words<P> {
    /// Where the first word of the buffer goes.
    at: u64,
    buffer: [u8; WORDS_BUFFER_BYTES],
    used: usize,
    put: P,
}

impl<P> Words<P> {
    #[inline]
    fn add<E>(&mut self, word: u64) -> Result<(), WriteError<E>>
    where
        P: FnMut(u64, &[u8]) -> Result<(), E>,
    {
        if self.used >= WORDS_BUFFER_BYTES {
            self.flush()?;
        }
        if let Some(slot) = self.buffer.get_mut(self.used..).and_then(<[u8]>::first_chunk_mut) {
            *slot = word.to_le_bytes();
            self.used = self.used.saturating_add(size_of::<u64>());
        }
        Ok(())
    }

    fn flush<E>(&mut self) -> Result<(), WriteError<E>>
    where
        P: FnMut(u64, &[u8]) -> Result<(), E>,
    {
        let bytes = self.buffer.get(..self.used).unwrap_or(&[]);
        (self.put)(self.at, bytes).map_err(WriteError::Sink)?;
        self.at = self.at.saturating_add(self.used as u64);
        self.used = 0;
        Ok(())
    }
}

fn align_down(address: u64) -> u64 {
    address & !STACK_ALIGN.saturating_sub(1)
}
