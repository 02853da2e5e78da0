//! Shared references with fallible creation: strong [`Ref`] and [`Weak`].
//!
//! Like `alloc::sync::Arc` (whose fallible constructor is not stable), with one addition: [`Ref::unsize`] turns a
//! `Ref<T>` into a `Ref<dyn Trait>` without the unstable coercion traits.

use crate::boxed::NoMemory;
use crate::tags::tagged;
use core::alloc::Layout;
use core::marker::PhantomData;
use core::ops::Deref;
use core::ptr::NonNull;
use core::sync::atomic::{AtomicU32, Ordering, fence};

/// The shared allocation.
#[repr(C)]
struct Shared<T: ?Sized> {
    strong: AtomicU32,
    /// Weak references, plus one that all strong ones hold together.
    weak: AtomicU32,
    value: T,
}

/// A counted reference.
pub struct Ref<T: ?Sized> {
    p: NonNull<Shared<T>>,
    owns: PhantomData<Shared<T>>,
}

/// A counted reference that does not keep the value alive.
pub struct Weak<T: ?Sized> {
    p: NonNull<Shared<T>>,
}

// SAFETY: as for Arc: sharing gives `&T`, the last drop may happen on any thread.
unsafe impl<T: ?Sized + Send + Sync> Send for Ref<T> {}
// SAFETY: see above.
unsafe impl<T: ?Sized + Send + Sync> Sync for Ref<T> {}
// SAFETY: see above.
unsafe impl<T: ?Sized + Send + Sync> Send for Weak<T> {}
// SAFETY: see above.
unsafe impl<T: ?Sized + Send + Sync> Sync for Weak<T> {}

const MAX_REFS: u32 = u32::MAX / 2;

impl<T> Ref<T> {
    /// A new reference; the value is lost when memory is refused.
    pub fn try_new(value: T) -> Result<Self, NoMemory> {
        Self::try_new_with(|| value)
    }

    /// A new reference to a value that is made in its place, once the memory is there.
    #[inline(always)]
    pub fn try_new_with(make: impl FnOnce() -> T) -> Result<Self, NoMemory> {
        let layout = Layout::new::<Shared<T>>();
        // SAFETY: the layout is not empty (it holds the counts).
        let p = tagged::<T, _>(|| unsafe { alloc::alloc::alloc(layout) }).cast::<Shared<T>>();
        let p = NonNull::new(p).ok_or(NoMemory)?;
        // SAFETY: fresh memory of this layout.
        unsafe { p.write(Shared { strong: AtomicU32::new(1), weak: AtomicU32::new(1), value: make() }) };
        Ok(Ref { p, owns: PhantomData })
    }

    /// A new reference whose value may keep a weak one to itself.
    pub fn try_new_cyclic(make: impl FnOnce(&Weak<T>) -> T) -> Result<Self, NoMemory> {
        let layout = Layout::new::<Shared<T>>();
        // SAFETY: the layout is not empty.
        let p = tagged::<T, _>(|| unsafe { alloc::alloc::alloc(layout) }).cast::<Shared<T>>();
        let p = NonNull::new(p).ok_or(NoMemory)?;
        // SAFETY: fresh memory; the counts are initialised before anyone can look at them. With strong = 0 an upgrade
        // fails until the value is there.
        unsafe {
            (&raw mut (*p.as_ptr()).strong).write(AtomicU32::new(0));
            (&raw mut (*p.as_ptr()).weak).write(AtomicU32::new(1));
        }
        let weak = Weak { p };
        let value = make(&weak);
        // SAFETY: nobody reads the value while strong is 0.
        unsafe { (&raw mut (*p.as_ptr()).value).write(value) };
        // SAFETY: the counts are initialised.
        unsafe { (*p.as_ptr()).strong.store(1, Ordering::Release) };
        core::mem::forget(weak);
        Ok(Ref { p, owns: PhantomData })
    }
}

impl<T> Ref<T> {
    /// The same value as what it coerces to, `r.unsize(|v| v)` with the target known from the context, e.g. `Ref<dyn File>`; or
    /// as a type that is all around it. Panics if `view` gives something else than all of the value.
    #[inline(always)]
    pub fn unsize<U: ?Sized>(self, view: fn(&T) -> &U) -> Ref<U> {
        let seen = view(&self);
        let all = core::ptr::addr_eq(seen, &*self) && Layout::for_value(seen) == Layout::new::<T>();
        assert!(all, "unsize must coerce, not replace");
        let seen = core::ptr::from_ref(seen);
        core::mem::forget(self);
        // SAFETY: the value of a live allocation, inside which the counts stand before it, and whose reference is handed over; what
        // is dropped in the end is all that it is.
        let p = unsafe { NonNull::new_unchecked(seen.byte_sub(core::mem::offset_of!(Shared<T>, value)) as *mut Shared<U>) };
        Ref { p, owns: PhantomData }
    }
}

impl<T: ?Sized> Ref<T> {
    #[inline(always)]
    fn shared(&self) -> &Shared<T> {
        // SAFETY: a `Ref` keeps the allocation and the value alive.
        unsafe { self.p.as_ref() }
    }
    /// A weak reference to the same value.
    pub fn downgrade(this: &Self) -> Weak<T> {
        let n = this.shared().weak.fetch_add(1, Ordering::Relaxed);
        assert!(n < MAX_REFS);
        Weak { p: this.p }
    }
    /// Whether both refer to one value.
    pub fn ptr_eq(a: &Self, b: &Self) -> bool {
        core::ptr::addr_eq(a.p.as_ptr(), b.p.as_ptr())
    }
    /// The value's address as a number, for use as a key.
    pub fn address(this: &Self) -> usize {
        this.p.as_ptr().cast::<u8>() as usize
    }
    /// How many strong references exist at this moment.
    pub fn strong_count(this: &Self) -> u32 {
        this.shared().strong.load(Ordering::Acquire)
    }
    /// Exclusive access, when this is the only reference of any kind.
    pub fn get_mut(this: &mut Self) -> Option<&mut T> {
        let s = this.shared();
        if s.weak.load(Ordering::Acquire) != 1 || s.strong.load(Ordering::Acquire) != 1 {
            return None;
        }
        // SAFETY: no other strong or weak reference exists, and `&mut self` keeps it so.
        Some(unsafe { &mut this.p.as_mut().value })
    }
}

impl<T: ?Sized> Clone for Ref<T> {
    #[inline]
    fn clone(&self) -> Self {
        let n = self.shared().strong.fetch_add(1, Ordering::Relaxed);
        assert!(n < MAX_REFS);
        Ref { p: self.p, owns: PhantomData }
    }
}

impl<T: ?Sized> Deref for Ref<T> {
    type Target = T;
    #[inline(always)]
    fn deref(&self) -> &T {
        &self.shared().value
    }
}

impl<T: ?Sized> Drop for Ref<T> {
    #[inline]
    fn drop(&mut self) {
        if self.shared().strong.fetch_sub(1, Ordering::Release) == 1 {
            fence(Ordering::Acquire);
            drop_value(self.p);
        }
    }
}

#[inline(never)]
fn drop_value<T: ?Sized>(p: NonNull<Shared<T>>) {
    // SAFETY: the last strong reference is gone; the strong references' common weak one still holds the memory.
    unsafe { core::ptr::drop_in_place(&raw mut (*p.as_ptr()).value) };
    drop(Weak { p });
}

impl<T: ?Sized> Weak<T> {
    /// A strong reference, if the value still lives.
    #[inline]
    pub fn upgrade(&self) -> Option<Ref<T>> {
        // SAFETY: a weak reference keeps the counts alive.
        let strong = unsafe { &(*self.p.as_ptr()).strong };
        let mut n = strong.load(Ordering::Relaxed);
        loop {
            if n == 0 {
                return None;
            }
            assert!(n < MAX_REFS);
            match strong.compare_exchange_weak(n, n + 1, Ordering::Acquire, Ordering::Relaxed) {
                Ok(_) => return Some(Ref { p: self.p, owns: PhantomData }),
                Err(now) => n = now,
            }
        }
    }
    /// A strong reference to a value that somebody is using, and which therefore has another. Panics if it has none.
    #[inline(always)]
    pub fn of_living(&self) -> Ref<T> {
        // SAFETY: a weak reference keeps the counts alive.
        let n = unsafe { (*self.p.as_ptr()).strong.fetch_add(1, Ordering::Relaxed) };
        assert!(n.wrapping_sub(1) < MAX_REFS - 1);
        Ref { p: self.p, owns: PhantomData }
    }
    /// The value's address as a number, equal to [`Ref::address`].
    pub fn address(&self) -> usize {
        self.p.as_ptr().cast::<u8>() as usize
    }
}

impl<T: ?Sized> Clone for Weak<T> {
    fn clone(&self) -> Self {
        // SAFETY: a weak reference keeps the counts alive.
        let n = unsafe { (*self.p.as_ptr()).weak.fetch_add(1, Ordering::Relaxed) };
        assert!(n < MAX_REFS);
        Weak { p: self.p }
    }
}

impl<T: ?Sized> Drop for Weak<T> {
    fn drop(&mut self) {
        // SAFETY: as above; the layout is read before the last weak reference lets the memory go.
        unsafe {
            let layout = Layout::for_value(&*self.p.as_ptr());
            if (*self.p.as_ptr()).weak.fetch_sub(1, Ordering::Release) == 1 {
                fence(Ordering::Acquire);
                alloc::alloc::dealloc(self.p.as_ptr().cast(), layout);
            }
        }
    }
}

impl<T> Ref<T> {
    /// Gives up the handle but not the reference: the value lives for ever, unless that is taken back.
    pub(crate) fn leak(r: Self) -> &'static T {
        let p = r.p;
        core::mem::forget(r);
        // SAFETY: the reference is never dropped.
        unsafe { &(*p.as_ptr()).value }
    }
    /// Takes back a reference whose handle was forgotten.
    ///
    /// # Safety
    /// `value` is that of a `Ref<T>`; each forgotten handle is taken back once.
    #[inline(always)]
    pub(crate) unsafe fn from_value(value: *const T) -> Self {
        // SAFETY: by contract inside a live allocation of this type.
        let p = unsafe { value.byte_sub(core::mem::offset_of!(Shared<T>, value)) }.cast_mut().cast::<Shared<T>>();
        // SAFETY: as above.
        Ref { p: unsafe { NonNull::new_unchecked(p) }, owns: PhantomData }
    }
}
