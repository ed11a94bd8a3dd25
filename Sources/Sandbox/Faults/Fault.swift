package import Core

/// A failure that a simulated provider is told to show.
package struct Fault: Sendable, Equatable {
    /// An answer in the provider's own words. Given only to a request that would have been accepted, so that a fault
    /// never hides a sender's mistake.
    package enum Refusal: Sendable, Equatable {
        /// The address is dead: APNs 410 `Unregistered`, FCM `UNREGISTERED`, web push 410, no matching user.
        case gone
        /// Too many requests, with the wait where the provider gives one.
        case throttled(retryAfterSeconds: Int?)
        case internalError
        case unavailable(retryAfterSeconds: Int?)
        /// An error of the provider by its own name: an APNs reason, an FCM error code, an autopush errno,
        /// a Graph `code` or `code/subcode`, a Twilio code.
        case named(String)
    }

    package enum Kind: Sendable, Equatable {
        case refuse(Refusal)
        /// Answers only after that time.
        case stall(seconds: Double)
        /// Closes the connection instead of reading the body: the message is lost.
        case cutBeforeReading
        /// Takes the message and closes the connection instead of answering.
        case cutAfterReading
        /// Takes the message, and reports later that it could not be delivered.
        case undelivered
    }

    package var kind: Kind
    /// Nil for every channel.
    package var channel: Channel?
    /// Nil for every address.
    package var address: String?
    /// Which part of the requests is hit, 0...1. A `gone` address stays gone: the share is of addresses then.
    package var share: Double
    /// How many requests at most; nil for no end.
    package var times: Int?

    package init(_ kind: Kind, channel: Channel? = nil, address: String? = nil, share: Double = 1, times: Int? = nil) {
        self.kind = kind
        self.channel = channel
        self.address = address
        self.share = share
        self.times = times
    }
}
