/// What a terminal would show of the sequences that our programs use.
struct TerminalModel {
    private(set) var rows: [[Character]]
    private var columns: Int
    private var cursor = (row: 0, column: 0)
    private var pending: [UInt8] = []
    /// What stood there before the alternate screen.
    private var ordinary: (rows: [[Character]], cursor: (row: Int, column: Int))?
    /// The private modes that were set and not reset: 1049 is the alternate screen.
    private(set) var modes: Set<Int> = []
    private(set) var resets: Set<Int> = []
    /// What was written that this does not know.
    private(set) var unknown: [String] = []

    init(columns: Int, rows: Int) {
        self.columns = columns
        self.rows = Array(repeating: Array(repeating: " ", count: columns), count: rows)
    }

    var lines: [String] { rows.map { row in String(row.reversed().drop { $0 == " " }.reversed()) } }

    var text: String { lines.joined(separator: "\n") }

    /// The ordinary screen, a cursor that is seen, lines that wrap.
    var isOrdinary: Bool { modes.isDisjoint(with: [1049, 2004]) && resets.isDisjoint(with: [7, 25]) }

    mutating func resize(columns: Int, rows: Int) {
        self = {
            var other = TerminalModel(columns: columns, rows: rows)
            (other.modes, other.resets, other.pending) = (modes, resets, pending)
            return other
        }()
    }

    mutating func take(_ bytes: some Sequence<UInt8>) {
        pending += bytes
        while let length = next() { pending.removeFirst(length) }
    }

    private mutating func next() -> Int? {
        guard let first = pending.first else { return nil }
        switch first {
        case 0x1B: return sequence()
        case 0x0D: cursor.column = 0
        case 0x0A: cursor.row = min(cursor.row + 1, rows.count - 1)
        case 0x20..<0x7F: put(Character(Unicode.Scalar(first)))
        case 0xC0...:
            let length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2
            guard pending.count >= length else { return nil }
            for character in String(decoding: pending[..<length], as: UTF8.self) { put(character) }
            return length
        default: unknown.append("byte \(first)")
        }
        return 1
    }

    private mutating func put(_ character: Character) {
        if rows.indices.contains(cursor.row), cursor.column < columns {
            rows[cursor.row][cursor.column] = character
        }
        cursor.column += 1
    }

    private mutating func sequence() -> Int? {
        guard pending.count > 2 else { return nil }
        // A picture, which is not drawn.
        if pending[1] == UInt8(ascii: "_") {
            let end = pending.indices.dropFirst(3).first { pending[$0 - 1] == 0x1B && pending[$0] == 0x5C }
            return end.map { $0 + 1 }
        }
        guard let end = pending.dropFirst(2).firstIndex(where: { 0x40...0x7E ~= $0 }) else { return nil }
        let words = String(decoding: pending[2..<end], as: UTF8.self)
        let numbers = words.filter { $0 != "?" }.split(separator: ";").map { Int($0) ?? 0 }
        switch pending[end] {
        case UInt8(ascii: "H"): cursor = ((numbers.first ?? 1) - 1, (numbers.last ?? 1) - 1)
        case UInt8(ascii: "A"): cursor.row = max(0, cursor.row - (numbers.first ?? 1))
        case UInt8(ascii: "K"): clear(cursor.row, from: cursor.column)
        case UInt8(ascii: "J"):
            if numbers.first == 2 { for row in rows.indices { clear(row, from: 0) } }
            if numbers.isEmpty {
                clear(cursor.row, from: cursor.column)
                for row in rows.indices.dropFirst(cursor.row + 1) { clear(row, from: 0) }
            }
        case UInt8(ascii: "m"): break
        case UInt8(ascii: "h"):
            if numbers == [1049] { ordinary = (rows, cursor) }
            modes.formUnion(numbers)
            resets.subtract(numbers)
        case UInt8(ascii: "l"):
            if numbers == [1049], let ordinary { (rows, cursor) = ordinary }
            resets.formUnion(numbers)
            modes.subtract(numbers)
        default: unknown.append(words)
        }
        return end + 1
    }

    private mutating func clear(_ row: Int, from column: Int) {
        guard rows.indices.contains(row) else { return }
        for place in rows[row].indices.dropFirst(column) { rows[row][place] = " " }
    }
}
