import CLinux

/// The C library's heap.
package enum Heap {
    /// Gives back to the system what was freed: after something large and rare, such as the audience of a campaign.
    package static func trim() { malloc_trim(0) }
}
