import Core
import Sandbox

/// What goes wrong at the simulated providers during the campaign: dead addresses, and a little of everything that
/// calls for another attempt.
enum DemoFaults {
    static func install(in sandbox: Sandbox, for audience: DemoAudience, receiptAddress: (DemoAddress) -> String) {
        for address in audience.people.flatMap(\.addresses) where address.isDead {
            sandbox.faults.add(Fault(.refuse(.gone), channel: address.channel, address: receiptAddress(address)))
        }
        for fault in troubles { sandbox.faults.add(fault) }
    }

    /// Connections are cut only where the message may be sent again. A pause that holds up a whole account is asked
    /// for a few times at most: each lasts a second.
    private static let troubles = [
        Fault(.refuse(.named("Shutdown")), channel: .apns, share: 0.01),
        Fault(.cutAfterReading, channel: .apns, share: 0.003),
        Fault(.cutBeforeReading, channel: .apns, share: 0.002),
        Fault(.cutAfterReading, channel: .fcm, share: 0.005),
        Fault(.refuse(.throttled(retryAfterSeconds: 1)), channel: .webpush, share: 0.002, times: 3),
        Fault(.cutAfterReading, channel: .webpush, share: 0.003),
        Fault(.refuse(.unavailable(retryAfterSeconds: 1)), channel: .messenger, share: 0.02),
        Fault(.refuse(.throttled(retryAfterSeconds: 1)), channel: .sms, share: 0.01, times: 3),
    ]
}
