//! The page of code that the kernel gives every program (vdso(7)).

use super::region::{Prot, Region, Traits};
use super::space::{AddressSpace, MapRequest, Placement};
use abi::Errno;
use mem::{Frame, NoMemory, PteFlags};
use sync::Once;

/// Where the signal return trampoline is.
pub(crate) const SIGRETURN_OFFSET: usize = 0x800;

static PAGE: Once<Frame> = Once::new();

/// Makes the page.
pub(crate) fn init() -> Result<(), NoMemory> {
    let frame = Frame::try_zeroed()?;
    // li a7, 139 (rt_sigreturn); ecall
    let code: [u32; 2] = [0x08b0_0893, 0x0000_0073];
    for (i, word) in code.iter().enumerate() {
        frame.write(SIGRETURN_OFFSET + i * 4, &word.to_le_bytes());
    }
    let _ = PAGE.set(frame);
    Ok(())
}

/// Maps the page into an address space.
pub(crate) fn map(space: &AddressSpace) -> Result<u64, Errno> {
    let prot = Prot::READ | Prot::EXEC;
    let region = Region { max_prot: prot, ..Region::anonymous(prot, Traits::VDSO) };
    let at = space.map(MapRequest {
        addr: 0,
        len: mem::PAGE as u64,
        placement: Placement::Anywhere,
        region,
        limit_bytes: u64::MAX,
    })?;
    let mut inner = space.lock();
    if let Some(frame) = PAGE.get() {
        inner.tables.map_special(at as usize, frame, PteFlags::READ | PteFlags::EXECUTE).map_err(|NoMemory| Errno::ENOMEM)?;
    }
    inner.layout.vdso = at;
    Ok(at)
}
