//! Memory for the state of engines: zeroed, and on huge pages where the system gives them on request (Linux).
//!
//! An event reads a few lines of the cache that are far from each other. With pages of 4 KiB each costs a walk through the page tables
//! besides: a fifth to a third of the time at 1e8 sites.

use bytemuck::Pod;
use memmap2::MmapMut;
use std::marker::PhantomData;

/// State [bytes] above which it pays to touch memory ahead of time (measured: benches/README.md).
pub const LARGE: usize = 45_000_000;

/// `T`s in one block, aligned to a page.
#[derive(Debug)]
pub struct Block<T> {
    map: MmapMut,
    of: PhantomData<T>,
}

impl<T: Pod> Block<T> {
    /// So many zeros (at least one). Like a `Vec`, it ends the program if there is no memory.
    pub fn zeroed(n: usize) -> Block<T> {
        let bytes = n.max(1) * std::mem::size_of::<T>();
        let map = MmapMut::map_anon(bytes).unwrap_or_else(|_| match std::alloc::Layout::array::<T>(n.max(1)) {
            Ok(layout) => std::alloc::handle_alloc_error(layout),
            Err(_) => std::process::abort(),
        });
        // Only advice: without it everything works, slower.
        #[cfg(target_os = "linux")]
        let _ = map.advise(memmap2::Advice::HugePage);
        Block { map, of: PhantomData }
    }

    #[inline]
    pub fn all(&self) -> &[T] {
        bytemuck::cast_slice(&self.map)
    }

    #[inline]
    pub fn all_mut(&mut self) -> &mut [T] {
        bytemuck::cast_slice_mut(&mut self.map)
    }
}

impl<T: Pod> Clone for Block<T> {
    fn clone(&self) -> Block<T> {
        let mut copy = Block::zeroed(self.all().len());
        copy.all_mut().copy_from_slice(self.all());
        copy
    }
}
