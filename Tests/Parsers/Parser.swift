/// Everything that reads bytes from outside, each behind one door: for the fuzzer, and for the seeded share
/// of it in the tests. A parser may refuse whatever it is given; what it takes must keep its promises, and
/// nothing may trap or hang.
package enum Parser: String, CaseIterable, Sendable {
    case json, answer, media, configuration, arguments, template, schema, time, address, text, storage

    /// Feeds the parser. Answers which promise was broken; nil for none.
    package func brokenPromise(_ bytes: [UInt8]) -> String? {
        switch self {
        case .json: JSONPromises.broken(bytes)
        case .answer: AnswerPromises.broken(bytes)
        case .media: MediaPromises.broken(bytes)
        case .configuration: ConfigurationPromises.broken(bytes)
        case .arguments: ArgumentPromises.broken(bytes)
        case .template: TemplatePromises.broken(bytes)
        case .schema: SchemaPromises.broken(bytes)
        case .time: TimePromises.broken(bytes)
        case .address: AddressPromises.broken(bytes)
        case .text: TextPromises.broken(bytes)
        case .storage: StoragePromises.broken(bytes)
        }
    }
}
