//! Address spaces: regions over memory objects, demand paging, copy-on-write.
//!
//! * [`space::AddressSpace`] – regions and page table behind one sleeping lock.
//! * [`region::Region`] – what a range of addresses means.
//! * [`object`] – pages by index, shared between mappings and files.
//! * `fault` – how a page comes to be there; `fork`, `change` (protect, advise), `remap` (brk, mremap),
//!   `populate` (pages ahead of their use), `foreign` (another process's memory), `shrink` (truncation).

pub(crate) mod change;
pub(crate) mod exec;
pub(crate) mod fault;
mod foreign;
pub(crate) mod fork;
pub(crate) mod object;
mod populate;
pub(crate) mod region;
pub(crate) mod remap;
pub(crate) mod shrink;
pub(crate) mod space;
pub(crate) mod vdso;

pub(crate) use space::AddressSpace;
