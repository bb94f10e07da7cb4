import Catalogue
import Configuration
import JSON
import JobModel
import Testing

@testable import Policy

@Suite struct ModelCatalogueTests {
    private let sequential = "bytedance/seedream-4-0/sequential"
    private let priced =
        #"{"base_price_usd":0.5,"input_schema":{"properties":{"n":{"type":"integer"}},"required":["n"]}}"#

    private func job(_ model: String, _ input: String, _ validation: Job.Validation = .pending) -> Job {
        var job = Job(
            id: 1, state: .queued, model: model, input: input, createdAt: Timestamp(milliseconds: 0))
        job.validation = validation
        return job
    }

    @Test func `a schema is looked up once and the stored one counts first`() throws {
        var asked: [String] = []
        var unreadable: [String] = []
        let models = ModelCatalogue(nil, isUnreadable: { unreadable.append($0) }) { model in
            asked.append(model)
            return model == "m" ? priced : model == "none" ? nil : "no json"
        }
        for _ in 0..<2 {
            #expect(try models.schema(of: "m")?["n"] != nil)
            #expect(try models.schema(of: "none") == nil)
            #expect(try models.schema(of: sequential)?.document == Schema.builtIn(sequential)?.document)
        }
        #expect(asked == ["m", "none", sequential] && unreadable == [sequential])
    }

    @Test func `a price is the configuration's, then the schema's, times what is asked for`() throws {
        var configuration = Configuration()
        configuration.models["dear"] = Configuration.ModelLimits()
        configuration.models["dear"]?.priceUSD = 2
        let models = ModelCatalogue(configuration) { $0 == "none" ? nil : priced }
        #expect(try models.price(of: job("m", #"{"n":3}"#)) == 1.5)
        #expect(try models.price(of: job("dear", #"{"n":3}"#)) == 6)
        #expect(try models.price(of: job("none", #"{"n":3}"#)) == nil)
        #expect(try models.price(of: job("m", "no json")) == nil)
    }

    @Test func `what came by SQL is held against its schema and nothing else is`() throws {
        let models = ModelCatalogue(nil) { _ in priced }
        #expect(try models.faults(in: job("m", #"{"n":1}"#), isUTF8: true).isEmpty)
        #expect(try models.faults(in: job("m", #"{"n":"x","k":1}"#), isUTF8: true).count == 2)
        #expect(try models.faults(in: job("m", "{}", .waived), isUTF8: true).isEmpty)
        #expect(try models.faults(in: job("m", "{}", .passed), isUTF8: false) == ["the input is not UTF-8"])
        let malformed = try models.faults(in: job("m", #"{"n":1,}"#), isUTF8: true)
        #expect(malformed.first?.hasPrefix("the input is malformed JSON: ") == true)
    }
}
