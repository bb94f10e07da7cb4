import Catalogue
import CommandLineTool
import JSON
import JobModel
import JobStore
import Orders
import Testing

/// Orders from templates to quotes, without a store or a screen.
@Suite struct PipelineTests {
    /// Whose only model takes a whole number `n`, anything as `m`, a file and a seed, and costs a dollar.
    private struct OneModel: ModelSource {
        func schema(of model: String) throws -> Schema? {
            let whole = #"{"type": "integer"}"#
            let file = #"{"type": "string", "format": "image_uri"}"#
            let properties = #"{"n": \#(whole), "m": {}, "file": \#(file), "seed": \#(whole)}"#
            return try Schema(
                modelID: model, document: JSON(parsing: #"{"input_schema": {"properties": \#(properties)}}"#))
        }
        func knownModels() -> [String] { [] }
        func nearModel(to typed: String) -> String? { nil }
        func fullName(of typed: String) -> String { typed }
        func price(of order: Order) -> Double? { 1 }
        func source(of reference: Reference) -> Source? { nil }
        func holder(of key: String) -> Int64? { nil }
    }

    private func expansion(
        _ matrix: [String], repetitions: Int64? = nil, terms: Terms = Terms(),
        note: @escaping (String) -> Void = { _ in }
    ) throws -> Expansion {
        var words = InputWords(standardInputIsTaken: false)
        return try Expansion(
            [Template(model: "a/b", input: ["seed": .integer(7)])],
            Matrix(matrix, repetitions: repetitions, &words), terms,
            Checker(OneModel(), LocalFiles(nil) { FileRoutes(isInline: true, hasStorage: false) }, note: note)
        )
    }

    @Test func `every value meets every other, the first key varies slowest, as often as it is visited`()
        throws
    {
        var terms = Terms()
        terms.key = "k"
        let orders = try expansion(["n=1,2", "m=x,y"], repetitions: 2, terms: terms)
        let inputs = [1, 2].flatMap { n in
            ["x", "y"].flatMap { m in [7, 8].map { #"{"seed":\#($0),"n":\#(n),"m":"\#(m)"}"# } }
        }
        for _ in 0..<2 {
            var seen: [NewJob] = []
            let sum = try orders.quote(OneModel(), in: nil) { order, _, _ in
                seen.append(try order.job { _ in nil })
            }
            #expect(seen.map(\.input) == inputs && seen.map(\.key) == (1...8).map { "k-\($0)" })
            #expect(sum.dollars == 8 && sum.unpriced == 0)
        }
    }

    @Test func `a product beyond all counting is refused`() {
        let values = (0..<100).map(String.init).joined(separator: ",")
        let refusal = #expect(throws: Failure.self) { try expansion((0..<10).map { "k\($0)=\(values)" }) }
        #expect(refusal?.code == .usage)
    }

    @Test func `what breaks the schema is refused, and only noted if it is to be sent anyway`() throws {
        let refusal = #expect(throws: Failure.self) { try expansion(["n=1,x"]) }
        #expect(refusal?.text.contains("job 2 (n=x): $.n") == true)
        var (terms, notes) = (Terms(), [String]())
        terms.validates = false
        let orders = try expansion(["n=1,x"], terms: terms) { notes.append($0) }
        try orders.forEach { order in
            let job = try order.job { _ in nil }
            #expect(job.validation == .waived)
        }
        #expect(notes.count == 2 && notes[1].contains("job 2 (n=x): $.n"))
    }

    @Test func `what cannot be made is said so whether or not schemas are waived`() throws {
        for validates in [true, false] {
            var terms = Terms()
            terms.validates = validates
            let refusal = #expect(throws: Failure.self) {
                try expansion(["file=job:98,job:99"], terms: terms)
            }
            #expect(refusal?.text.contains("cannot be made from these jobs") == true)
            #expect(refusal?.text.contains("there is no job 98") == true && refusal?.hint == nil)
        }
    }

    @Test func `a sum is objected to above the limit, or if it is not known`() {
        var sum = Estimate()
        sum.add(2)
        #expect(ConfirmationLimit.above(2).objection(to: sum) == nil)
        #expect(ConfirmationLimit.above(1.9).objection(to: sum)?.asks == true)
        #expect(ConfirmationLimit.unknown("broken").objection(to: sum)?.asks == false)
        sum.add(nil)
        #expect(ConfirmationLimit.above(2).objection(to: sum)?.asks == true)
        #expect(ConfirmationLimit.unknown("broken").objection(to: sum)?.asks == true)
    }
}
