import Glibc
import Linux
import Testing

@Suite struct CoresTests {
    @Test func `no more cores are usable than the machine has`() {
        #expect((1...sysconf(Int32(_SC_NPROCESSORS_CONF))).contains(Cores.usable))
    }
}
