//! Files that are made up when they are read (procfs): the text is made at the first read from the start.

use super::buffer::Buffer;
use super::file::{File, Io, OpenFile};
use super::inode::{Inode, Virtual};
use super::regular::seek_without_end;
use crate::linux::Stop;
use abi::Errno;
use alloc::vec::Vec;
use core::sync::atomic::Ordering;
use mem::{NoMemory, Ref};
use sync::{Mutex, levels};

/// An open virtual file with the text it shows.
pub(crate) struct VirtualFile {
    node: Ref<dyn Virtual>,
    text: Mutex<Option<Vec<u8>>, levels::PipeMutex>,
}

impl VirtualFile {
    /// Opens a virtual inode.
    pub(crate) fn open(_inode: &Ref<Inode>, node: &Ref<dyn Virtual>) -> Result<Ref<dyn File>, Errno> {
        if let Some(own) = node.open() {
            return own;
        }
        let file = Ref::try_new(Self::of(node.clone())).map_err(|NoMemory| Errno::ENOMEM)?;
        Ok(file.unsize(|p| p))
    }
    /// The text of a node.
    pub(crate) fn of(node: Ref<dyn Virtual>) -> VirtualFile {
        VirtualFile { node, text: Mutex::new(None) }
    }
}

impl File for VirtualFile {
    fn read(&self, io: &Io<'_>, to: &mut Buffer<'_>) -> Result<usize, Stop> {
        let at = io.at.unwrap_or_else(|| io.of.position.load(Ordering::Acquire));
        let mut chunk = [0u8; 512];
        let mut done = 0;
        let fresh = at == 0;
        if fresh {
            let text = self.node.read()?;
            *self.text.lock() = Some(text);
        }
        loop {
            let n = {
                let mut text = self.text.lock();
                if text.is_none() {
                    drop(text);
                    let made = self.node.read()?;
                    text = self.text.lock();
                    *text = Some(made);
                }
                let all = text.as_deref().unwrap_or_default();
                let from = all.get((at as usize).saturating_add(done)..).unwrap_or_default();
                let n = from.len().min(chunk.len()).min(to.left());
                if let (Some(c), Some(f)) = (chunk.get_mut(..n), from.get(..n)) {
                    c.copy_from_slice(f);
                }
                n
            };
            if n == 0 {
                break;
            }
            let moved = to.put(chunk.get(..n).unwrap_or_default());
            done += moved;
            if moved < n {
                break;
            }
        }
        if io.at.is_none() {
            io.of.position.store(at.saturating_add(done as u64), Ordering::Release);
        }
        Ok(to.result()?)
    }
    fn write(&self, io: &Io<'_>, from: &mut Buffer<'_>) -> Result<usize, Stop> {
        let _ = io;
        let mut text = [0u8; 256];
        let n = from.left().min(text.len());
        let n = from.take(text.get_mut(..n).unwrap_or_default());
        from.result()?;
        let used = self.node.write(text.get(..n).unwrap_or_default())?;
        Ok(used)
    }
    fn seek(&self, of: &OpenFile, offset: i64, whence: u32) -> Result<u64, Errno> {
        seek_without_end(of, offset, whence)
    }
    fn seekable(&self) -> bool {
        true
    }
}
