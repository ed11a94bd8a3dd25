import CLinux
import Glibc

/// The processors of the machine.
package enum Cores {
    /// How many of them this process may use: `taskset`, `CPUAffinity=` and cpusets count, quotas do not.
    package static var usable: Int {
        var set = cpu_set_t()
        guard sched_getaffinity(0, MemoryLayout<cpu_set_t>.size, &set) == 0 else {
            return max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN)))
        }
        return max(1, withUnsafeBytes(of: &set) { $0.reduce(0) { $0 + $1.nonzeroBitCount } })
    }
}
