//! RISC-V 64-bit, supervisor mode over SBI (RISC-V privileged specification 1.12, SBI 1.0).

pub(crate) mod boot;
pub(crate) mod csr;
pub(crate) mod fpu;
pub(crate) mod hart;
pub(crate) mod irq;
pub(crate) mod layout;
pub(crate) mod mmio;
pub(crate) mod page;
pub mod sbi;
pub(crate) mod switch;
pub(crate) mod trap;
pub(crate) mod usercopy;
pub(crate) mod vdso;
