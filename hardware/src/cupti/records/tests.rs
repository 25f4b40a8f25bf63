//! That the fields which are read lie where the binding, made from NVIDIA's headers, has them.

use std::mem::offset_of;

use cudarc::cupti::sys;

use super::sys::{Api, Kernel, Memcpy, Memset};

macro_rules! alike {
    ($own:ty, $theirs:ty, $($field:ident = $their_field:ident),+) => {
        let own = [$(offset_of!($own, $field)),+];
        let theirs = [$(offset_of!($theirs, $their_field)),+];
        assert_eq!(own, theirs, "{}", stringify!($theirs));
        assert!(size_of::<$own>() <= size_of::<$theirs>(), "{}", stringify!($theirs));
    };
}

#[test]
fn kernels_of_cuda_11_8_to_13_begin_alike() {
    macro_rules! kernels {
        ($($theirs:ty),+) => {$(
            alike!(Kernel, $theirs, kind = kind, start = start, end = end, device = deviceId, stream = streamId,
                   correlation = correlationId, name = name);
        )+};
    }
    kernels!(
        sys::CUpti_ActivityKernel8,
        sys::CUpti_ActivityKernel9,
        sys::CUpti_ActivityKernel10
    );
}

#[test]
fn copies_begin_alike() {
    macro_rules! copies {
        ($($theirs:ty),+) => {$(
            alike!(Memcpy, $theirs, kind = kind, way = copyKind, bytes = bytes, start = start, end = end,
                   device = deviceId, stream = streamId, correlation = correlationId);
        )+};
    }
    copies!(sys::CUpti_ActivityMemcpy5, sys::CUpti_ActivityMemcpy6);
}

#[test]
fn fills_and_calls_begin_alike() {
    macro_rules! fills {
        ($($theirs:ty),+) => {$(
            alike!(Memset, $theirs, kind = kind, bytes = bytes, start = start, end = end, device = deviceId,
                   stream = streamId, correlation = correlationId);
        )+};
    }
    fills!(sys::CUpti_ActivityMemset3, sys::CUpti_ActivityMemset4);
    alike!(
        Api,
        sys::CUpti_ActivityAPI,
        kind = kind,
        start = start,
        end = end,
        thread = threadId,
        correlation = correlationId
    );
    assert_eq!(size_of::<Api>(), size_of::<sys::CUpti_ActivityAPI>());
}

#[test]
fn kinds_have_the_numbers_of_the_header() {
    use super::super::library::Kind;
    use sys::CUpti_ActivityKind as Theirs;
    let pairs = [
        (Kind::Memcpy, Theirs::CUPTI_ACTIVITY_KIND_MEMCPY),
        (Kind::Memset, Theirs::CUPTI_ACTIVITY_KIND_MEMSET),
        (Kind::Driver, Theirs::CUPTI_ACTIVITY_KIND_DRIVER),
        (Kind::Runtime, Theirs::CUPTI_ACTIVITY_KIND_RUNTIME),
        (
            Kind::ConcurrentKernel,
            Theirs::CUPTI_ACTIVITY_KIND_CONCURRENT_KERNEL,
        ),
    ];
    for (own, theirs) in pairs {
        assert_eq!(own as u32, theirs as u32, "{own:?}");
    }
}
