import Core
import Segmentation
import Testing

/// The compiled SQL against an evaluator that knows only the grammar.
@Suite struct DifferentialTests {
    static let now: Int64 = 1_773_144_000_000  // 2026-03-10T12:00:00Z

    @Test(arguments: [1, 2, 3, 4] as [UInt64])
    func `random conditions select exactly the profiles that the grammar says`(seed: UInt64) throws {
        var world = RandomWorld(seed: seed, now: DifferentialTests.now)
        let people = (1...300).map { world.person(Int64($0)) }
        let database = try TestDatabase(people)
        var evaluator = ReferenceEvaluator(now: DifferentialTests.now)
        var segments: [SegmentID: Condition] = [:]
        for number in 1...3 {
            let json = world.condition(segments: number - 1)
            evaluator.segments["seg_\(number)"] = json
            segments[SegmentID(rawValue: Int64(number))] = try condition(json)
        }
        var context = CompilationContext(now: Timestamp(milliseconds: DifferentialTests.now), segments: segments)
        var mixed = 0
        for round in 0..<700 {
            let json = world.condition(segments: 3)
            let condition = try condition(json)
            context.purpose = round.isMultiple(of: 3) ? .profile : .audience
            let found = try database.select(compile(condition, context))
            let wanted = Set(people.filter { evaluator.holds(json, for: $0) }.map(\.id))
            let wrong = found.symmetricDifference(wanted).sorted()
            #expect(wrong.isEmpty, "\(json.text): differs for \(wrong.prefix(3)): \(wrong.prefix(1).map { people[Int($0) - 1] })")
            if !wrong.isEmpty { break }
            if !wanted.isEmpty, wanted.count < people.count { mixed += 1 }
            #expect(try SegmentationTests.condition(condition.normalizedJSON) == condition, "\(json.text)")
        }
        // A generator whose conditions are all true or all false would prove nothing.
        #expect(mixed > 400)
    }

    @Test func `no statement is ever null`() throws {
        var world = RandomWorld(seed: 9, now: DifferentialTests.now)
        let database = try TestDatabase((1...40).map { world.person(Int64($0)) })
        let context = CompilationContext(now: Timestamp(milliseconds: DifferentialTests.now))
        for _ in 0..<400 {
            let json = world.condition(depth: 4)
            let verdicts = try database.verdicts(compile(condition(json), context))
            #expect(verdicts.allSatisfy { $0 == 0 || $0 == 1 }, "\(json.text)")
        }
    }
}
