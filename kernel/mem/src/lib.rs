//! Memory of the kernel: frames, the heap with its fallible containers, page tables, kernel stacks, user copies.
//!
//! * [`Frame`] – one owned reference to a page frame; the last one frees it and gives back its charge.
//! * [`Heap`] – what a budget's kernel objects are allocated from; the running thread's heap pays ([`charged_to`]).
//! * [`try_box`], [`Ref`], [`Weak`] – memory that may be refused instead of panicking.
//! * [`UserTables`] – the page table of an address space; [`Gather`] collects what was unmapped until the TLBs know.
//! * [`user`] – copies from and to user memory.
//! * [`Task`] – stack and context of a thread, and the switch between them.
#![no_std]
extern crate alloc;

mod addr;
mod boxed;
mod frame;
mod frame_cache;
mod gather;
mod heap;
mod heaps;
mod kernel_table;
mod refs;
mod slab;
mod stack;
mod tables;
mod tags;
mod task;

pub use addr::{PAGE, Paddr, Vaddr, page_down, page_up};
pub use boxed::{NoMemory, try_box};
pub use frame::{Frame, FrameCounts, frame_counts, init_frames, release_boot_range, zero_frame};
pub use gather::Gather;
pub use heap::{HartStocks, Heap, HeapAccount, LARGE_PAGES, charged_to, current_heap, take_refusal};
pub use heaps::{FIXED as FIXED_HEAPS, FOREST, Heaps, INIT_HEAP, ROOT_HEAP, SESSION_HEAP, close_heap, heap_by_index, open_heap};
pub use kernel_table::{init_hart, init_kernel_table};
pub use logic_budget::OpenError;
pub use logic_pagetable::{Access, Permit, PteFlags, permits};
pub use logic_slab::CLASSES;
pub use refs::{Ref, Weak};
pub use stack::{KernelStack, StackCounts, drain_stacks, stack_counts};
pub use tables::{Leaf, Sharing, SpaceHandle, UserTables, table_pages};
pub use tags::each_tag;
pub use task::{Task, Threaded, end_current, start_hart, start_on_idle, switch_to, with_current};
pub use tlb::{fence_i_everywhere, serve_shootdowns};
pub use uaccess as user;
