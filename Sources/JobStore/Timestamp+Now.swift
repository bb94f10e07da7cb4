package import JobModel

#if canImport(Glibc)
    internal import Glibc
#endif

extension Timestamp {
    /// The wall clock. It may jump; nothing that decides about money compares two readings of it.
    package static var now: Timestamp {
        var time = timespec()
        unsafe clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(milliseconds: Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000)
    }
}
