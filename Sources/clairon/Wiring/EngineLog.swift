import Core
import DeliveryEngine
import Logging

/// What the engine tells the operator, as log lines.
enum EngineLog {
    static func write(_ event: EngineEvent, to log: Logger) {
        switch event {
        case .campaignStarted(let id, let audience):
            log.info("campaign_started", metadata: ["campaign": "\(id)", "audience": "\(audience)"])
        case .campaignFinished(let id): log.info("campaign_finished", metadata: ["campaign": "\(id)"])
        case .campaignExpired(let id): log.warning("campaign_expired", metadata: ["campaign": "\(id)"])
        case .campaignPaused(let id, let reason):
            log.error("campaign_paused", metadata: ["campaign": "\(id)", "reason": "\(reason)"])
        case .campaignFailed(let id, let reason):
            log.error("campaign_failed", metadata: ["campaign": "\(id)", "reason": "\(reason)"])
        case .accountStopped(let account, let reason):
            log.error("account_stopped", metadata: ["account": "\(account.name)", "reason": "\(reason)"])
        case .inconsistent(let run, let counted, let audience):
            log.critical("ledger_inconsistent", metadata: ["run": "\(run)", "counted": "\(counted)", "audience": "\(audience)"])
        case .clockJumped(let change):
            log.warning("clock_jumped", metadata: ["seconds": "\(change.components.seconds)"])
        case .roundFailed(let error): log.error("scheduler_round_failed", metadata: ["error": "\(error)"])
        }
    }
}
