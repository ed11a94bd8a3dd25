import API
import Core
import DeliveryEngine

/// The delivery engine, as the API needs it.
struct EnginePort: CampaignEngine {
    let engine: Engine

    func wake() { engine.wake() }

    func deliverMessages() { engine.deliverMessages() }

    var accountStatuses: [AccountStatus] {
        engine.board.all.map { lane in
            let trouble: String? = switch lane.breaker {
            case .closed: nil
            case .open(_, let detail), .halfOpen(let detail): detail
            }
            return AccountStatus(account: lane.account, trouble: trouble, ratePerSecond: lane.ratePerSecond, waitsUntil: lane.waitsUntil)
        }
    }
}
