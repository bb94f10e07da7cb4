import JobModel
import Testing

@Suite("Ids as people type them")
struct JobIDsTests {
    @Test(
        arguments: [
            ([], [], nil), ([7], ["7"], "7"), ([1, 2, 3], ["1-3"], "1-3"),
            ([1, 2, 5, 7, 8], ["1-2", "5", "7-8"], "1-2 5 7-8"), ([3, 2, 1], ["3", "2", "1"], "3 2 1"),
            ([1, 3, 5, 7, 9, 11], ["1", "3", "5", "7", "9", "11"], nil),
        ] as [([Int64], [String], String?)])
    func `neighbours are ranges, and a text has few words`(
        _ ids: [Int64], _ ranges: [String], _ text: String?
    ) {
        #expect(JobIDs.ranges(of: ids) == ranges)
        #expect(JobIDs.text(of: ids) == text)
    }
}
