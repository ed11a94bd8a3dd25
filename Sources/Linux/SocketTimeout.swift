import Glibc

/// How long a blocking socket waits for the other end, each time. For clients and control sockets on threads of their own.
package enum SocketTimeout {
    package static func set(_ descriptor: Int32, seconds: Int) {
        var limit = timeval(tv_sec: seconds, tv_usec: 0)
        for option in [SO_RCVTIMEO, SO_SNDTIMEO] {
            setsockopt(descriptor, SOL_SOCKET, option, &limit, socklen_t(MemoryLayout<timeval>.size))
        }
    }
}
