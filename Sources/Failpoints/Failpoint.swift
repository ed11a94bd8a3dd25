#if FAILPOINTS
import Glibc
import Linux

/// A place where a crash test lets the process end as `kill -9` does. The environment chooses one: `CLAIRON_FAILPOINT=name:nth`
/// ends it when the place is passed for the nth time. In debug builds only: `failpoint` of a release build is nothing at all.
private enum Failpoint {
    static let chosen = getenv("CLAIRON_FAILPOINT").map { Chosen(String(cString: $0)) }

    struct Chosen: Sendable {
        let name: String
        let left: Lock<Int>

        init(_ text: String) {
            let parts = text.split(separator: ":", maxSplits: 1)
            name = parts.first.map(String.init) ?? ""
            left = Lock(parts.count == 2 ? Int(parts[1]) ?? 1 : 1)
        }

        func pass() {
            let isNow = left.withLock { left in
                left -= 1
                return left == 0
            }
            if isNow { kill(getpid(), SIGKILL) }
        }
    }
}

package func failpoint(_ name: StaticString) {
    guard let chosen = Failpoint.chosen, chosen.name == name.description else { return }
    chosen.pass()
}

/// Whether the environment asks for a fault that is no end of the process.
package func failpointIsSet(_ name: StaticString) -> Bool { Failpoint.chosen?.name == name.description }
#else
@inlinable @inline(__always) package func failpoint(_ name: StaticString) {}

@inlinable @inline(__always) package func failpointIsSet(_ name: StaticString) -> Bool { false }
#endif
