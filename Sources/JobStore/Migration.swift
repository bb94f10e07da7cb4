/// One numbered step of the schema, from `migrations/`.
struct Migration: Sendable {
    let number: Int
    let script: String

    /// All steps in order. A test holds this list against the folder.
    static let all = [
        Migration(number: 1, bytes: PackageResources._001_initial_sql),
        Migration(number: 2, bytes: PackageResources._002_origin_sql),
        Migration(number: 3, bytes: PackageResources._003_guards_sql),
        Migration(number: 4, bytes: PackageResources._004_claims_sql),
    ]

    init(number: Int, script: String) {
        self.number = number
        self.script = script
    }

    private init(number: Int, bytes: [UInt8]) {
        self.init(number: number, script: String(decoding: bytes, as: UTF8.self))
    }
}
