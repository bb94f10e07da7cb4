import JobModel
import Testing

@Suite struct MoneyTests {
    @Test func `sums are shown without the noise of binary fractions`() {
        let sum = Array(repeating: 0.09, count: 6).reduce(0, +)
        #expect("\(sum)" == "0.5399999999999999")
        #expect("\(Money.rounded(sum))" == "0.54")
        #expect(Money.text(sum) == "$0.54")
        #expect(Money.rounded(.infinity) == .infinity)
    }

    @Test(arguments: [
        (0, "$0.00"), (0.00125, "$0.0013"), (0.005, "$0.005"), (0.00994, "$0.0099"), (0.00996, "$0.01"),
        (0.1, "$0.10"), (0.126, "$0.13"), (1.25, "$1.25"), (0.999, "$1.00"), (12, "$12.00"),
        (999.996, "$1,000.00"), (1_234_567.5, "$1,234,567.50"),
    ])
    func `an amount is in cents from a cent up, and more exact below`(dollars: Double, text: String) {
        #expect(Money.text(dollars) == text)
    }

    @Test func `the price of a unit keeps its digits`() {
        #expect(Money.unitPrice(0.0125) == "$0.0125")
        #expect(Money.unitPrice(0.1) == "$0.10")
    }
}
