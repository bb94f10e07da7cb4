import HTTP
import JSON
import JobModel
import Testing

@testable import Provider

/// Cancels, the catalogue, the balance.
@Suite struct OtherAnswerTests {
    @Test func `a cancels outcome decides and not the status beside it`() throws {
        #expect(CancelAnswer.read(try Fixture.answer(202, "cancel-cancelled.json")) == .cancelled)
        #expect(CancelAnswer.read(try Fixture.answer(202, "cancel-not-cancellable.json")) == .notCancellable)
        #expect(CancelAnswer.read(try Fixture.answer(200, #"{"outcome":"CANCELED"}"#)) == .cancelled)
    }

    @Test(arguments: ["status-cancelled.json", #"{"outcome":"maybe"}"#, "gateway-timeout.html", "{}"])
    func `an unclear cancel is asked again`(_ body: String) throws {
        #expect(CancelAnswer.read(try Fixture.answer(202, body)).isAskedAgain)
    }

    @Test func `a cancel meets the same obstacles`() throws {
        guard case .stopped(.gone) = CancelAnswer.read(try Fixture.answer(404, "error-not-found.json")),
            case .stopped(.account(.token, _)) = CancelAnswer.read(
                try Fixture.answer(202, "error-account.json"))
        else { return #expect(Bool(false)) }
        #expect(CancelAnswer.read(try Fixture.answer(503, "cancel-cancelled.json")).isAskedAgain)
    }

    @Test func `a page of the catalogue gives its entries as they came`() throws {
        guard
            case .models(let models, let total) = CatalogueAnswer.readPage(
                try Fixture.answer(200, "catalogue-page.json"))
        else { return #expect(Bool(false)) }
        #expect(total == 731)
        #expect(
            models.map { $0["model_id"]?.string } == [
                "bytedance/seedream-4-0/edit", "bytedance/seedance-2.0",
            ])
        #expect(models[0]["base_price_usd"] == .number("0.03"))
    }

    @Test func `one model's entry is read by its id`() throws {
        guard
            case .models(let models, nil) = CatalogueAnswer.readModel(
                try Fixture.answer(200, "catalogue-model.json"))
        else { return #expect(Bool(false)) }
        #expect(models.count == 1)
        for body in ["catalogue-page.json", "{}", "gateway-timeout.html"] {
            guard case .stopped(.tryLater) = CatalogueAnswer.readModel(try Fixture.answer(200, body)) else {
                return #expect(Bool(false))
            }
        }
        guard
            case .stopped(.gone) = CatalogueAnswer.readModel(try Fixture.answer(404, "error-not-found.json"))
        else { return #expect(Bool(false)) }
    }

    @Test func `the balance is read from either unit`() throws {
        func read(_ body: String) throws -> BalanceAnswer {
            BalanceAnswer.read(try Fixture.answer(200, body))
        }
        #expect(try read("balance.json") == .balance(12.5, currency: "USD"))
        #expect(try read(#"{"balance_usd":"3.25","currency":"USD"}"#) == .balance(3.25, currency: "USD"))
        #expect(try read(#"{"balance_microdollars":1500000}"#) == .balance(1.5, currency: "USD"))
        guard case .stopped(.tryLater) = try read(#"{"currency":"USD"}"#) else { return #expect(Bool(false)) }
    }
}
