//! Threads that give way to others.

/// The calling thread, and those that it starts, get less than others where all want to run: a third of
/// their share at 5 steps, a tenth at 10. Elsewhere than on Linux nothing changes.
#[allow(unsafe_code, reason = "std offers no thread priorities")]
pub fn give_way(steps: u8) {
    #[cfg(not(target_os = "linux"))]
    let _ = steps;
    #[cfg(target_os = "linux")]
    {
        use std::ffi::c_int;
        unsafe extern "C" {
            fn nice(increment: c_int) -> c_int;
        }
        // SAFETY: takes and gives integers; on Linux it means the calling thread. Refusal is harmless.
        unsafe { nice(steps.into()) };
    }
}
