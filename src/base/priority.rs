//! Threads that give way to others.

/// The calling thread, and those that it starts, get less than others where all want to run: a third of
/// their share at 5 steps, a tenth at 10. Elsewhere than on Linux nothing changes.
#[allow(unsafe_code, reason = "std offers no thread priorities")]
pub fn give_way(steps: u8) {
    #[cfg(not(target_os = "linux"))]
    let _ = steps;
    #[cfg(target_os = "linux")]
    {
        use std::ffi::{c_int, c_uint};
        unsafe extern "C" {
            fn setpriority(which: c_int, who: c_uint, priority: c_int) -> c_int;
        }
        const PRIO_PROCESS: c_int = 0;
        // SAFETY: takes integers only; on Linux, process 0 is the calling thread. Refusal is harmless.
        unsafe { setpriority(PRIO_PROCESS, 0, steps.into()) };
    }
}
