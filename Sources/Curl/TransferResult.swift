/// What became of one transfer.
package enum TransferResult: Sendable {
    /// The peer answered. What the status means is for the channel to say.
    case reply(Reply)
    case failed(TransferFailure)
}

/// An answer whose head has been read in full.
package struct Reply: Sendable {
    /// 200 to 999; redirects are not followed.
    package let status: Int
    package let headers: ResponseHeaders
    package let body: [UInt8]
    /// False if the body was cut: by the limit, by the peer, or by the clock.
    package let isWhole: Bool
}

/// A transfer that has ended, with the token it was added under.
package struct Completion: Sendable {
    package let token: UInt64
    package let result: TransferResult
}
