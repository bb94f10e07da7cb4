/// Who waits, in the order of arrival, and how many wait before each: a Fenwick tree over the arrivals.
struct WaitingLine {
    /// `sums[i - 1]` counts the waiting among the arrivals `i - (i & -i) ..< i`.
    private var sums: [Int32] = []

    /// The next arrival starts to wait; its place is the number of arrivals before it.
    mutating func arrive() {
        let index = sums.count + 1
        var waiting: Int32 = 1
        var below = index - 1
        let end = index - (index & -index)
        while below > end {
            waiting += sums[below - 1]
            below -= below & -below
        }
        sums.append(waiting)
    }

    /// Must be called once for each arrival.
    mutating func leave(_ arrival: Int) {
        var index = arrival + 1
        while index <= sums.count {
            sums[index - 1] -= 1
            index += index & -index
        }
    }

    func waiting(before arrival: Int) -> Int {
        var index = arrival
        var count: Int32 = 0
        while index > 0 {
            count += sums[index - 1]
            index -= index & -index
        }
        return Int(count)
    }
}
