import JobModel
import Testing

@Suite struct MoneyTests {
    @Test func `sums are shown without the noise of binary fractions`() {
        let sum = Array(repeating: 0.09, count: 6).reduce(0, +)
        #expect("\(sum)" == "0.5399999999999999")
        #expect("\(Money.rounded(sum))" == "0.54")
        #expect(Money.text(sum) == "$0.54")
        #expect(Money.text(0.00125) == "$0.0013")
        #expect(Money.text(12) == "$12.00")
        #expect(Money.rounded(.infinity) == .infinity)
    }
}
