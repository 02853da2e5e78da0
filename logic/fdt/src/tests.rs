//! Real blobs of QEMU's `virt` machine, blobs made here, and damaged ones.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test that cannot go on should stop here"
)]
extern crate std;

use core::num::NonZeroU32;
use proptest::prelude::{any, prop, prop_assert_eq, proptest};
use std::vec;
use std::vec::Vec;

use crate::blob::{Blob, MAX_DEPTH};
use crate::{Error, HartStatus, Machine, Mmu, Range};

/// `qemu-system-riscv64 -M virt,dumpdtb=FILE -smp 4 -m 512M` (7.2), cut to the length in its header.
const VIRT_4: &[u8] = include_bytes!("../tests/data/virt-smp4.dtb");
const VIRT_1: &[u8] = include_bytes!("../tests/data/virt-smp1.dtb");
/// The same with `-kernel … -initrd … -append "quiet init=/bin/sh"`.
const VIRT_INITRD: &[u8] = include_bytes!("../tests/data/virt-initrd.dtb");

#[test]
fn the_virt_machine() {
    let machine = Machine::parse(VIRT_4).unwrap();
    assert_eq!(machine.blob_bytes, VIRT_4.len());
    assert_eq!(machine.memory.as_slice(), [Range { start: 0x8000_0000, size_bytes: 512 << 20 }]);
    assert_eq!(machine.timebase_hz, 10_000_000);
    let harts: Vec<_> = machine.harts.iter().map(|hart| (hart.id, hart.plic_context)).collect();
    assert_eq!(harts, [(0, Some(1)), (1, Some(3)), (2, Some(5)), (3, Some(7))]);
    let hart = &machine.harts[0];
    assert_eq!((hart.status, hart.mmu), (HartStatus::Okay, Mmu::Sv48));
    assert!(hart.has_extension("sstc") && hart.has_extension("c") && !hart.has_extension("svadu") && !hart.has_extension("v"));
    let plic = machine.plic.unwrap();
    assert_eq!((plic.registers.start, plic.registers.size_bytes, plic.sources), (0xc00_0000, 0x60_0000, 96));
    let uart = machine.uart.unwrap();
    assert_eq!((uart.registers.start, uart.irq, uart.clock_hz), (0x1000_0000, NonZeroU32::new(10), NonZeroU32::new(3_686_400)));
    assert_eq!(machine.finisher.unwrap().registers.start, 0x10_0000);
    assert_eq!((machine.rtc.unwrap().registers.start, machine.rtc.unwrap().irq), (0x10_1000, NonZeroU32::new(11)));
    let virtio: Vec<_> = machine.virtio.iter().map(|device| (device.registers.start, device.irq.unwrap().get())).collect();
    assert_eq!(virtio, (1..=8).rev().map(|n| (0x1000_0000 + n * 0x1000, n as u32)).collect::<Vec<_>>());
    assert_eq!(machine.chosen.rng_seed.map(<[u8]>::len), Some(32));
    assert_eq!(machine.chosen.stdout_path, Some("/soc/serial@10000000"));
}

#[test]
fn one_hart_and_longer_buffers() {
    let mut bytes = VIRT_1.to_vec();
    bytes.resize(1 << 20, 0);
    let machine = Machine::parse(&bytes).unwrap();
    assert_eq!(machine.harts.len(), 1);
    assert_eq!(machine.blob_bytes, VIRT_1.len());
}

#[test]
fn command_line_and_initrd() {
    let machine = Machine::parse(VIRT_INITRD).unwrap();
    assert_eq!(machine.chosen.bootargs, Some("quiet init=/bin/sh"));
    assert_eq!(machine.chosen.initrd.unwrap().size_bytes, 5000);
}

#[test]
fn reserved_memory_aliases_and_disabled_harts() {
    let mut tree = odd_machine();
    add_buses(&mut tree);
    tree.end();
    let blob = tree.finish();
    let machine = Machine::parse(&blob).unwrap();
    let reserved: Vec<_> = machine.reserved.iter().map(|range| (range.start, range.size_bytes)).collect();
    assert_eq!(reserved, [(0x8000_0000, 0x1000), (0x8000_0000, 0x8_0000)]);
    assert_eq!(machine.memory[1], Range { start: 1 << 32, size_bytes: 0x2000 });
    assert_eq!((machine.harts[0].id, machine.harts[0].status), (3, HartStatus::Disabled));
    assert_eq!(machine.chosen.initrd, Some(Range { start: 0x8400_0000, size_bytes: 0x2000 }));
    assert_eq!((machine.uart.unwrap().registers.start, machine.uart.unwrap().reg_shift), (0x2_0000, 2));
    assert_eq!(machine.rtc, None, "behind a bus that translates");
}

/// A root with two ranges of memory, a disabled hart, a reservation of each kind, and a console behind an alias; devices and its end are still to come.
fn odd_machine() -> Tree {
    let mut tree = Tree { reservations: vec![(0x8000_0000, 0x1000)], ..Tree::default() };
    tree.begin("");
    tree.cells("#address-cells", &[2]).cells("#size-cells", &[2]);
    tree.begin("aliases").prop("serial0", b"/soc/serial@20000\0").end();
    tree.begin("chosen").prop("stdout-path", b"serial0:115200n8\0").cells("linux,initrd-start", &[0, 0x8400_0000]);
    tree.cells("linux,initrd-end", &[0, 0x8400_2000]).end();
    tree.begin("memory@80000000")
        .prop("device_type", b"memory\0")
        .cells("reg", &[0, 0x8000_0000, 0, 0x1000_0000, 1, 0, 0, 0x2000])
        .end();
    tree.begin("cpus").cells("#address-cells", &[1]).cells("#size-cells", &[0]);
    tree.begin("cpu@3").cells("reg", &[3]).prop("status", b"disabled\0").cells("timebase-frequency", &[1000]).end();
    tree.end();
    tree.begin("reserved-memory").cells("#address-cells", &[2]).cells("#size-cells", &[2]).prop("ranges", b"");
    tree.begin("mmode@80000000").cells("reg", &[0, 0x8000_0000, 0, 0x8_0000]).end();
    tree.end();
    tree
}

/// Two UARTs behind a bus that translates nothing, and a clock behind one that does.
fn add_buses(tree: &mut Tree) {
    tree.begin("soc").cells("#address-cells", &[1]).cells("#size-cells", &[1]).prop("ranges", b"");
    tree.begin("serial@10000").prop("compatible", b"ns16550\0").cells("reg", &[0x10000, 0x100]).end();
    tree.begin("serial@20000").prop("compatible", b"ns16550\0").cells("reg", &[0x20000, 0x100]).cells("reg-shift", &[2]).end();
    tree.end();
    tree.begin("bus").cells("#address-cells", &[1]).cells("#size-cells", &[1]).cells("ranges", &[0, 1, 0, 0x1000]);
    tree.begin("rtc@0").prop("compatible", b"google,goldfish-rtc\0").cells("reg", &[0, 0x100]).end();
    tree.end();
}

#[test]
fn refusals() {
    let mut machine = Machine::parse(VIRT_4).unwrap();
    assert_eq!(machine.read(&[]), Err(Error::Truncated));
    assert!(machine.harts.is_empty() && machine.uart.is_none(), "nothing of an earlier blob remains");
    assert_eq!(Machine::parse(&[]).unwrap_err(), Error::Truncated);
    assert_eq!(Machine::parse(&[0; 64]).unwrap_err(), Error::BadMagic);
    assert_eq!(Machine::parse(&VIRT_4[..VIRT_4.len() - 1]).unwrap_err(), Error::Truncated);
    let mut old = VIRT_4.to_vec();
    old[20..24].copy_from_slice(&16_u32.to_be_bytes());
    assert_eq!(Machine::parse(&old).unwrap_err(), Error::BadVersion);

    let mut empty = Tree::default();
    empty.begin("").end();
    assert_eq!(Machine::parse(&empty.finish()).unwrap_err(), Error::Missing("memory"));

    let mut deep = Tree::default();
    for _ in 0..=MAX_DEPTH {
        deep.begin("a");
    }
    for _ in 0..=MAX_DEPTH {
        deep.end();
    }
    assert_eq!(Machine::parse(&deep.finish()).unwrap_err(), Error::TooDeep);

    let mut open = Tree::default();
    open.begin("");
    assert_eq!(Machine::parse(&open.finish()).unwrap_err(), Error::BadStructure);

    let mut crowd = Tree::default();
    crowd.begin("").cells("#address-cells", &[1]).cells("#size-cells", &[1]);
    crowd.begin("memory").prop("device_type", b"memory\0").cells("reg", &[1; 34]).end();
    crowd.end();
    assert_eq!(Machine::parse(&crowd.finish()).unwrap_err(), Error::TooMany);
}

proptest! {
    #[test]
    fn any_bytes(bytes in prop::collection::vec(any::<u8>(), 0..4096)) {
        let _ = Machine::parse(&bytes);
    }

    /// A valid header over noise gets further in.
    #[test]
    fn noise_behind_a_header(words in prop::collection::vec(prop::sample::select(vec![0, 1, 2, 3, 4, 9, 16, 0x6100_0000, u32::MAX]), 0..64)) {
        let tree = Tree { structure: words.iter().flat_map(|word| word.to_be_bytes()).collect(), ..Tree::default() };
        let _ = Machine::parse(&tree.finish());
    }

    #[test]
    fn damaged_blobs(at in prop::collection::vec((0..VIRT_4.len(), any::<u8>()), 1..8)) {
        let mut bytes = VIRT_4.to_vec();
        for (index, byte) in at {
            bytes[index] = byte;
        }
        if let Ok(machine) = Machine::parse(&bytes) {
            for range in machine.memory.iter().chain(&machine.reserved) {
                assert!(range.size_bytes > 0 && range.end() > range.start);
            }
        }
    }

    /// Every property that a blob was made with is found again.
    #[test]
    fn properties_round_trip(values in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..40), 1..20)) {
        let names: Vec<_> = (0..values.len()).map(|index| std::format!("p{index}")).collect();
        let mut tree = Tree::default();
        tree.begin("");
        for (name, value) in names.iter().zip(&values) {
            tree.prop(name, value);
        }
        tree.begin("child").prop("p0", b"other").end();
        tree.end();
        let blob = tree.finish();
        let (_, root) = Blob::new(&blob).unwrap().walk().next_node().unwrap().unwrap();
        for (name, value) in names.iter().zip(&values) {
            prop_assert_eq!(root.prop(name), Some(value.as_slice()));
        }
        prop_assert_eq!(root.prop("absent"), None);
    }
}

/// Writes blobs (chapter 5 of the specification).
#[derive(Default)]
struct Tree {
    structure: Vec<u8>,
    strings: Vec<u8>,
    reservations: Vec<(u64, u64)>,
}

impl Tree {
    fn word(&mut self, word: u32) {
        self.structure.extend(word.to_be_bytes());
    }

    fn pad(&mut self) {
        self.structure.resize(self.structure.len().next_multiple_of(4), 0);
    }

    fn begin(&mut self, name: &str) -> &mut Tree {
        self.word(1);
        self.structure.extend(name.bytes());
        self.structure.push(0);
        self.pad();
        self
    }

    fn end(&mut self) -> &mut Tree {
        self.word(2);
        self
    }

    fn prop(&mut self, name: &str, value: &[u8]) -> &mut Tree {
        let name_at = self.strings.len() as u32;
        self.strings.extend(name.bytes());
        self.strings.push(0);
        self.word(3);
        self.word(value.len() as u32);
        self.word(name_at);
        self.structure.extend(value);
        self.pad();
        self
    }

    fn cells(&mut self, name: &str, cells: &[u32]) -> &mut Tree {
        let value: Vec<u8> = cells.iter().flat_map(|cell| cell.to_be_bytes()).collect();
        self.prop(name, &value)
    }

    fn finish(mut self) -> Vec<u8> {
        self.word(9);
        self.reservations.push((0, 0));
        let reservations: Vec<u8> =
            self.reservations.iter().flat_map(|(at, size)| [at.to_be_bytes(), size.to_be_bytes()].concat()).collect();
        let structure_at = 40 + reservations.len();
        let strings_at = structure_at + self.structure.len();
        let total = strings_at + self.strings.len();
        let header = [0xd00d_feed, total, structure_at, strings_at, 40, 17, 16, 0, self.strings.len(), self.structure.len()];
        let header: Vec<u8> = header.iter().flat_map(|&word| (word as u32).to_be_bytes()).collect();
        [header, reservations, self.structure, self.strings].concat()
    }
}
