//! [`Machine`]: the parts of the tree that the kernel uses, with their meaning.
//!
//! Only devices whose addresses need no translation are seen: those below the root and below buses with an empty `ranges` (section 2.3.8).

use arrayvec::ArrayVec;
use core::num::NonZeroU32;

use crate::Error;
use crate::blob::{Blob, MAX_DEPTH, Node, be32};

/// Interrupt 9 of a hart's own controller: external, for S-mode (RISC-V privileged architecture, `scause`).
const SUPERVISOR_EXTERNAL: u32 = 9;

/// A piece of the physical address space.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Range {
    /// First byte.
    pub start: u64,
    /// Length in bytes, above 0; `start + size_bytes` does not overflow.
    pub size_bytes: u64,
}

impl Range {
    fn new(start: u64, size_bytes: u64) -> Option<Range> {
        start.checked_add(size_bytes)?;
        (size_bytes > 0).then_some(Range { start, size_bytes })
    }

    /// One past the last byte.
    #[must_use]
    pub fn end(&self) -> u64 {
        self.start.saturating_add(self.size_bytes)
    }
}

/// A device with registers in memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Device<'a> {
    /// The node's name with unit address.
    pub name: &'a [u8],
    /// Its registers.
    pub registers: Range,
    /// Its interrupt at the PLIC, which counts from 1.
    pub irq: Option<NonZeroU32>,
    /// The frequency of its clock, Hz.
    pub clock_hz: Option<NonZeroU32>,
    /// Registers stand `1 << reg_shift` bytes apart (UARTs).
    pub reg_shift: u32,
}

/// Whether firmware offers a hart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HartStatus {
    /// `okay`, or no status.
    Okay,
    /// Anything else.
    Disabled,
}

/// The widest translation that a hart has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mmu {
    /// No translation.
    None,
    /// Three levels.
    Sv39,
    /// Four levels, and Sv39.
    Sv48,
    /// Five levels, and Sv48 and Sv39.
    Sv57,
}

/// One hart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hart<'a> {
    /// Its id, as SBI counts.
    pub id: u64,
    /// Whether it may be started.
    pub status: HartStatus,
    /// The extensions, such as `rv64imafdc_zicsr_sstc`.
    pub isa: &'a str,
    /// Its translation.
    pub mmu: Mmu,
    /// The PLIC's context for its S-mode.
    pub plic_context: Option<u32>,
    /// The phandle of its own interrupt controller, by which the PLIC names it.
    intc: Option<u32>,
}

impl Hart<'_> {
    /// Whether the isa string names a multi-letter extension (`"sstc"`), or a single letter among those before the first `_`.
    #[must_use]
    pub fn has_extension(&self, wanted: &str) -> bool {
        let mut parts = self.isa.split('_');
        let letters = parts.next().unwrap_or("");
        let letters = letters.strip_prefix("rv64").or_else(|| letters.strip_prefix("rv32")).unwrap_or(letters);
        (wanted.len() == 1 && letters.bytes().any(|letter| wanted.as_bytes() == [letter])) || parts.any(|part| part == wanted)
    }
}

/// The platform-level interrupt controller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Plic {
    /// Its registers.
    pub registers: Range,
    /// How many sources it has; they count from 1.
    pub sources: u32,
}

/// What `/chosen` says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Chosen<'a> {
    /// The kernel's command line, if there is one.
    pub bootargs: Option<&'a str>,
    /// The initial file system.
    pub initrd: Option<Range>,
    /// Randomness from the firmware, if there is any.
    pub rng_seed: Option<&'a [u8]>,
    /// Path or alias of the console, options after a colon included.
    pub stdout_path: Option<&'a str>,
}

/// A whole machine. Strings point into the blob. At about 10 KiB it is too large for a kernel stack: keep it in a static, made of [`Machine::EMPTY`],
/// and fill it in place.
#[derive(Clone, Debug)]
pub struct Machine<'a> {
    /// Length of the blob in memory, bytes.
    pub blob_bytes: usize,
    /// RAM.
    pub memory: ArrayVec<Range, 16>,
    /// Parts of it that nobody may use: the reservation block and `/reserved-memory`. They may overlap.
    pub reserved: ArrayVec<Range, 32>,
    /// The harts, in the order of the tree; those beyond the capacity are left out.
    pub harts: ArrayVec<Hart<'a>, 64>,
    /// Ticks of the `time` register in a second.
    pub timebase_hz: u32,
    /// The interrupt controller.
    pub plic: Option<Plic>,
    /// The ns16550 that `stdout-path` names, else the first.
    pub uart: Option<Device<'a>>,
    /// The test finisher (`sifive,test0`): power-off, reset, exit status.
    pub finisher: Option<Device<'a>>,
    /// The goldfish real-time clock.
    pub rtc: Option<Device<'a>>,
    /// The virtio-mmio windows, in the order of the tree.
    pub virtio: ArrayVec<Device<'a>, 64>,
    /// The node `/chosen`.
    pub chosen: Chosen<'a>,
}

impl<'a> Machine<'a> {
    /// Nothing read yet: all zeroes, which take no place in a program's file.
    pub const EMPTY: Machine<'a> = Machine {
        blob_bytes: 0,
        memory: ArrayVec::new_const(),
        reserved: ArrayVec::new_const(),
        harts: ArrayVec::new_const(),
        timebase_hz: 0,
        plic: None,
        uart: None,
        finisher: None,
        rtc: None,
        virtio: ArrayVec::new_const(),
        chosen: Chosen { bootargs: None, initrd: None, rng_seed: None, stdout_path: None },
    };

    /// Reads a blob; `bytes` may be longer than it. What stood here before is gone.
    ///
    /// # Errors
    /// A damaged blob; too many items; no memory, no hart or no timebase. What was read up to there remains.
    pub fn read(&mut self, bytes: &'a [u8]) -> Result<(), Error> {
        self.clear();
        let blob = Blob::new(bytes)?;
        self.blob_bytes = blob.total_bytes();
        for (start, size) in blob.reservations() {
            push(&mut self.reserved, Range::new(start, size))?;
        }
        let mut builder =
            Builder { machine: self, parents: Default::default(), uarts: ArrayVec::new(), aliases: None, contexts: &[] };
        let mut walk = blob.walk();
        while let Some((depth, node)) = walk.next_node()? {
            builder.node(depth, node)?;
        }
        builder.finish()
    }

    /// [`Machine::read`] into a new value, for those with a large stack.
    ///
    /// # Errors
    /// As `read`.
    pub fn parse(bytes: &'a [u8]) -> Result<Machine<'a>, Error> {
        let mut machine = Machine::EMPTY;
        machine.read(bytes)?;
        Ok(machine)
    }

    /// Field by field: assigning a whole `EMPTY` might put one on the stack.
    fn clear(&mut self) {
        self.blob_bytes = 0;
        self.memory.clear();
        self.reserved.clear();
        self.harts.clear();
        self.timebase_hz = 0;
        self.plic = None;
        self.uart = None;
        self.finisher = None;
        self.rtc = None;
        self.virtio.clear();
        self.chosen = Chosen::default();
    }
}

/// What an open node means for its children.
#[derive(Clone, Copy, Debug, Default)]
struct Parent {
    place: Place,
    address_cells: u32,
    size_cells: u32,
    /// Whether addresses of children are addresses of the machine.
    direct: Direct,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Direct {
    Yes,
    #[default]
    No,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Place {
    Root,
    Cpus,
    Cpu,
    ReservedMemory,
    #[default]
    Elsewhere,
}

/// A machine under construction.
struct Builder<'m, 'a> {
    machine: &'m mut Machine<'a>,
    parents: [Parent; MAX_DEPTH],
    uarts: ArrayVec<Device<'a>, 4>,
    aliases: Option<Node<'a>>,
    /// The PLIC's list of (phandle of a hart's controller, interrupt there): its contexts, in order.
    contexts: &'a [u8],
}

impl<'a> Builder<'_, 'a> {
    fn node(&mut self, depth: usize, node: Node<'a>) -> Result<(), Error> {
        let parent = match depth.checked_sub(1) {
            None => Parent { place: Place::Elsewhere, address_cells: 0, size_cells: 0, direct: Direct::Yes },
            Some(above) => self.parents.get(above).copied().ok_or(Error::TooDeep)?,
        };
        let place = match (depth, parent.place, node.base_name()) {
            (0, ..) => Place::Root,
            (_, Place::Root, b"cpus") => Place::Cpus,
            (_, Place::Root, b"reserved-memory") => Place::ReservedMemory,
            (_, Place::Cpus, b"cpu") => Place::Cpu,
            _ => Place::Elsewhere,
        };
        let passes_on = depth == 0 || node.prop("ranges").is_some_and(<[u8]>::is_empty);
        let entry = self.parents.get_mut(depth).ok_or(Error::TooDeep)?;
        *entry = Parent {
            place,
            // Section 2.3.5: 2 and 1 where a node says nothing.
            address_cells: node.u32("#address-cells").unwrap_or(2),
            size_cells: node.u32("#size-cells").unwrap_or(1),
            direct: if parent.direct == Direct::Yes && passes_on { Direct::Yes } else { Direct::No },
        };
        match (parent.place, place) {
            (_, Place::Cpus) => self.machine.timebase_hz = node.u32("timebase-frequency").unwrap_or(self.machine.timebase_hz),
            (_, Place::Cpu) => self.hart(&parent, node)?,
            (Place::Cpu, _) if node.base_name() == b"interrupt-controller" => {
                if let Some(hart) = self.machine.harts.last_mut() {
                    hart.intc = node.u32("phandle");
                }
            }
            (Place::ReservedMemory, _) => {
                registers(&parent, node).try_for_each(|range| push(&mut self.machine.reserved, Some(range)))?
            }
            (Place::Root, _) if node.text("device_type") == Some("memory") => {
                registers(&parent, node).try_for_each(|range| push(&mut self.machine.memory, Some(range)))?;
            }
            (Place::Root, _) if node.name() == b"chosen" => self.machine.chosen = chosen(node),
            (Place::Root, _) if node.name() == b"aliases" => self.aliases = Some(node),
            _ if parent.direct == Direct::Yes => self.device(&parent, node)?,
            _ => {}
        }
        Ok(())
    }

    fn hart(&mut self, parent: &Parent, node: Node<'a>) -> Result<(), Error> {
        // A frequency common to all harts may also stand in each of them (section 3.8.1).
        if let Some(hz) = node.u32("timebase-frequency") {
            self.machine.timebase_hz = hz;
        }
        let reg = node.prop("reg").ok_or(Error::Missing("reg of a hart"))?;
        let id = cells(reg, 0, parent.address_cells).ok_or(Error::Missing("reg of a hart"))?;
        let status = match node.text("status") {
            None | Some("okay" | "ok") => HartStatus::Okay,
            Some(_) => HartStatus::Disabled,
        };
        let mmu = match node.text("mmu-type") {
            Some("riscv,sv39") => Mmu::Sv39,
            Some("riscv,sv48") => Mmu::Sv48,
            Some("riscv,sv57") => Mmu::Sv57,
            _ => Mmu::None,
        };
        let isa = node.text("riscv,isa").unwrap_or("");
        // More than there is room for are not used, as Linux leaves those beyond NR_CPUS alone.
        let _ = self.machine.harts.try_push(Hart { id, status, isa, mmu, plic_context: None, intc: None });
        Ok(())
    }

    fn device(&mut self, parent: &Parent, node: Node<'a>) -> Result<(), Error> {
        if !matches!(node.text("status"), None | Some("okay" | "ok")) {
            return Ok(());
        }
        let Some(registers) = registers(parent, node).next() else {
            return Ok(());
        };
        let device = Device {
            name: node.name(),
            registers,
            irq: node.prop("interrupts").and_then(|list| NonZeroU32::new(be32(list, 0)?)),
            clock_hz: node.u32("clock-frequency").and_then(NonZeroU32::new),
            reg_shift: node.u32("reg-shift").unwrap_or(0).min(3),
        };
        let is = |name| node.is_compatible(name);
        if is("virtio,mmio") {
            push(&mut self.machine.virtio, Some(device))?;
        } else if is("ns16550a") || is("ns16550") {
            push(&mut self.uarts, Some(device))?;
        } else if is("sifive,test0") || is("sifive,test1") {
            self.machine.finisher = Some(device);
        } else if is("google,goldfish-rtc") {
            self.machine.rtc = Some(device);
        } else if is("riscv,plic0") || is("sifive,plic-1.0.0") {
            let sources = node.u32("riscv,ndev").ok_or(Error::Missing("riscv,ndev"))?;
            self.machine.plic = Some(Plic { registers, sources });
            self.contexts = node.prop("interrupts-extended").unwrap_or(&[]);
        }
        Ok(())
    }

    fn finish(mut self) -> Result<(), Error> {
        self.find_contexts();
        self.machine.uart = self.console();
        if self.machine.memory.is_empty() {
            return Err(Error::Missing("memory"));
        }
        if self.machine.harts.is_empty() {
            return Err(Error::Missing("cpus"));
        }
        if self.machine.timebase_hz == 0 {
            return Err(Error::Missing("timebase-frequency"));
        }
        Ok(())
    }

    /// The n-th pair of `interrupts-extended` is the PLIC's n-th context (binding `sifive,plic-1.0.0`).
    fn find_contexts(&mut self) {
        for (context, pair) in (0_u32..).zip(self.contexts.chunks_exact(8)) {
            let (phandle, irq) = (be32(pair, 0), be32(pair, 4));
            if irq != Some(SUPERVISOR_EXTERNAL) {
                continue;
            }
            for hart in &mut self.machine.harts {
                if hart.intc.is_some() && hart.intc == phandle {
                    hart.plic_context = Some(context);
                }
            }
        }
    }

    /// Section 3.6: `stdout-path` is a path or an alias, with options after a colon. The last name of the path decides.
    fn console(&self) -> Option<Device<'a>> {
        let named = self.machine.chosen.stdout_path.and_then(|text| {
            let path = text.split(':').next()?;
            let full = if path.starts_with('/') { path } else { self.aliases?.text(path)? };
            let last = full.rsplit('/').next()?;
            self.uarts.iter().find(|uart| uart.name == last.as_bytes())
        });
        named.or(self.uarts.first()).copied()
    }
}

fn chosen(node: Node<'_>) -> Chosen<'_> {
    let initrd = node.u64("linux,initrd-start").zip(node.u64("linux,initrd-end"));
    Chosen {
        bootargs: node.text("bootargs"),
        initrd: initrd.and_then(|(start, end)| Range::new(start, end.checked_sub(start)?)),
        rng_seed: node.prop("rng-seed"),
        stdout_path: node.text("stdout-path"),
    }
}

/// The ranges of `reg`; empty ones and those that wrap are left out.
fn registers<'a>(parent: &Parent, node: Node<'a>) -> impl Iterator<Item = Range> + use<'a> {
    let reg = node.prop("reg").unwrap_or(&[]);
    let (address_cells, size_cells) = (parent.address_cells, parent.size_cells);
    let entry_bytes = address_cells.checked_add(size_cells).and_then(|sum| sum.checked_mul(4)).map_or(0, |bytes| bytes as usize);
    reg.chunks_exact(entry_bytes.max(1)).filter_map(move |entry| {
        let start = cells(entry, 0, address_cells)?;
        let size = cells(entry, address_cells.checked_mul(4)? as usize, size_cells)?;
        Range::new(start, size)
    })
}

/// A number of one or two cells; nothing here needs more.
fn cells(bytes: &[u8], at: usize, count: u32) -> Option<u64> {
    match count {
        1 => be32(bytes, at).map(u64::from),
        2 => crate::blob::be64(bytes, at),
        _ => None,
    }
}

fn push<T, const N: usize>(list: &mut ArrayVec<T, N>, item: Option<T>) -> Result<(), Error> {
    match item {
        Some(item) => list.try_push(item).map_err(|_| Error::TooMany),
        None => Ok(()),
    }
}
