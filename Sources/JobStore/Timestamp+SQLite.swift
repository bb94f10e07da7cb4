package import JobModel
package import SQLite

extension Timestamp: Bindable {
    package var sqliteValue: SQLiteValue { .text(description) }
}

extension Row {
    func timestamp(_ column: Int) -> Timestamp? { read(column) { Timestamp(utf8: $0) } }
}
