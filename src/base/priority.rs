//! Threads that give way to others.

/// The calling thread, and those that it starts, run when the others leave something over: a tenth of
/// what they get. Elsewhere than on Linux nothing changes.
#[allow(unsafe_code, reason = "std offers no thread priorities")]
pub fn give_way() {
    #[cfg(target_os = "linux")]
    {
        use std::ffi::{c_int, c_uint};
        unsafe extern "C" {
            fn setpriority(which: c_int, who: c_uint, priority: c_int) -> c_int;
        }
        const PRIO_PROCESS: c_int = 0;
        // SAFETY: takes integers only; on Linux, process 0 is the calling thread. Refusal is harmless.
        unsafe { setpriority(PRIO_PROCESS, 0, 10) };
    }
}
