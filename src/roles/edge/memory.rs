//! How the process's allocator treats pictures.
//!
//! glibc raises the size from which it maps memory of its own, and so gives it back when freed, up to
//! 32 MB as soon as it meets large blocks. Pictures of 3 MB then come from its heaps, one a thread, and
//! what a clip needed for seconds stays with the process: 290 to 350 MB with one 1080p stream instead
//! of 240. Fixing the size, and two heaps for all threads, cost no CPU time that could be measured.

/// Call it before the first thread; other allocators are left alone.
#[allow(unsafe_code, reason = "std cannot tell glibc how to allocate")]
pub fn give_pictures_back() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    {
        use std::ffi::c_int;
        unsafe extern "C" {
            fn mallopt(parameter: c_int, value: c_int) -> c_int;
        }
        const M_MMAP_THRESHOLD: c_int = -3;
        const M_ARENA_MAX: c_int = -8;
        // SAFETY: takes integers only and may be called at any time. A refusal changes nothing.
        unsafe {
            mallopt(M_MMAP_THRESHOLD, 1 << 20);
            mallopt(M_ARENA_MAX, 2);
        }
    }
}
