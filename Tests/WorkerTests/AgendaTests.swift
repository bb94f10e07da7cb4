import Scratch
import Testing

@testable import Worker

@Suite struct AgendaTests {
    /// All that is due, in the order of taking.
    private func take(_ agenda: inout Agenda, at now: Int64) -> [Int64] {
        var taken: [Int64] = []
        while let job = agenda.takeDue(now) { taken.append(job) }
        return taken
    }

    @Test func `lists of their own let others pass and hold a job once`() {
        var agenda = Agenda()
        agenda.put(1, at: 10, in: .troubled)
        agenda.put(2, at: 20)
        #expect(agenda.takeDue(30) == 2)
        #expect(agenda.takeDue(30) == nil && agenda.next(in: .troubled) == 10)
        agenda.put(1, at: 5)
        #expect(agenda.count == 1)
        #expect(agenda.takeDue(30, in: .troubled) == nil)
        #expect(agenda.takeDue(30) == 1)
        #expect(agenda.count == 0)
    }

    @Test func `what is due is taken in the order of its time and nothing else`() {
        var agenda = Agenda()
        var chance = SeededNumbers(7)
        let times = (1...200).map { Int64($0) }.shuffled(using: &chance)
        for time in times { agenda.put(time, at: time) }
        #expect(agenda.next() == 1)
        #expect(take(&agenda, at: 150) == Array(1...150))
        #expect(agenda.next() == 151 && agenda.count == 50)
        #expect(take(&agenda, at: 1000) == Array(151...200))
        #expect(agenda.count == 0 && agenda.next() == nil)
    }

    @Test func `a job is there once by its last time`() {
        var agenda = Agenda()
        agenda.put(1, at: 10)
        agenda.put(1, at: 30)
        agenda.put(2, at: 20)
        #expect(agenda.count == 2)
        #expect(take(&agenda, at: 20) == [2])
        #expect(agenda.count == 1)
        agenda.put(1, at: 5)
        #expect(take(&agenda, at: 5) == [1])
        #expect(take(&agenda, at: 100) == [])
        #expect(agenda.count == 0)
    }

    @Test func `a job put twice at one time is taken once`() {
        var agenda = Agenda()
        agenda.put(1, at: 10)
        agenda.put(1, at: 10)
        #expect(take(&agenda, at: 10) == [1])
        #expect(agenda.count == 0)
    }

    @Test func `a random life agrees with a plain table`() {
        var agenda = Agenda()
        var table: [Int64: Int64] = [:]
        var chance = SeededNumbers(99)
        for now in Int64(1)...2000 {
            for _ in 0..<Int.random(in: 0...3, using: &chance) {
                let job = Int64.random(in: 1...40, using: &chance)
                let time = now + Int64.random(in: 0...60, using: &chance)
                agenda.put(job, at: time)
                table[job] = time
            }
            let due = table.filter { $0.value <= now }
            let taken = take(&agenda, at: now)
            #expect(Set(taken) == Set(due.keys) && taken.count == due.count)
            for job in taken { table[job] = nil }
            #expect(agenda.count == table.count)
            // It may name an earlier time that no longer counts, and never a later one.
            if let first = table.values.min() { #expect(agenda.next().map { $0 <= first } == true) }
        }
    }
}
